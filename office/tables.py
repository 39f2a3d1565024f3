"""What a list is: one declaration (``Table``) of its rows within reach, columns, chips, order and acts.

A list is a file in ``office/lists/`` and its line in ``register.py`` there. ``reading.py`` reads any of them,
``list_pages.py`` shows it, ``as_file.py`` writes it: none of them has a word about a certain list.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from core.clock import Moment
from core.errors import bad_field
from core.languages import N_
from office.along import Way
from people.policy import Act as May
from people.policy import Caller

LONGEST = 60  # characters that are searched for
MOST_AT_ONCE = 1000  # rows of one act
_BETWEEN = "~"  # the parts of a row's key
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Reader:
    """Who reads a list, and when."""

    caller: Caller
    moment: Moment

    @property
    def now(self) -> datetime:
        return self.moment.now

    @property
    def today(self) -> date:
        return self.moment.today


@dataclass(frozen=True)
class Column:
    """A column. ``kind``: text, code, date, moment, number, badge, or word (a text id).

    ``sort``: what it is ordered by, never null, of the type ``shape``; a tuple of both where one does not do. Without
    it the list is not sorted by the column.
    """

    name: str
    title: str
    cell: Callable[[Any], Any]  # for a text a value or a pair (zh, en)
    kind: str = "text"
    link: Callable[[Any], str | None] = lambda _row: None
    mood: Callable[[Any], str] = lambda _row: ""
    sort: Callable[[Reader], Any] | None = None
    shape: Any = str
    along: Way | None = None  # where an index has this order
    # of an order worked out from several columns: the values of the first, in order, each with its condition
    bands: Callable[[Reader], Mapping[str, ColumnElement[bool]]] | None = None
    extra: bool = False  # shown only to who chooses it
    width: int = 14  # letters, in a file
    none: str = ""  # what a page says where there is nothing, as a text id


@dataclass(frozen=True)
class Chip:
    """A filter by one of a few values. ``words``: text ids by value; None where ``names`` reads them (zh, en).

    ``many``: more values than can be counted at once (depots, items): filtered and grouped by, not offered as chips.
    ``where``: the filter, where an index serves it better than ``value``, or where a row may have several of the
    values; ``value`` is then None: it is not grouped by.
    """

    name: str
    title: str
    value: Callable[[Reader], Any] | None
    words: Mapping[str, str] | None = None
    names: Callable[[Session, Sequence[str]], Mapping[str, tuple[str, str]]] | None = None
    many: bool = False
    where: Callable[[Reader, Sequence[str]], ColumnElement[bool]] | None = None
    known: Callable[[Session, Reader], Sequence[str]] | None = None  # all values, where there are no ``words``
    of_day: bool = False  # its value is a day, chosen in a calendar
    ordered: bool = False  # offered in the order of ``words``, as days are, in place of the most frequent first

    def fits(self, reader: Reader, values: Sequence[str]) -> ColumnElement[bool]:
        """The condition that a row has one of these values."""
        if self.where is not None:
            return self.where(reader, values)
        assert self.value is not None
        clause: ColumnElement[bool] = self.value(reader).in_(values)
        return clause


@dataclass(frozen=True)
class Join:
    """A table beside the list's own. It is joined only where a column, a filter or the order looks at it: thousands of
    rows are counted and ordered in few tables. An inner one must neither add nor take away rows.
    """

    to: Any
    on: Any
    outer: bool = False
    # that a row of the list belongs to such rows of this table, where no index leads there by ``on`` alone
    few: Callable[[Any], ColumnElement[bool]] | None = None


@dataclass(frozen=True)
class Words:
    """What the search looks at: columns of a table, whose rows the list names by ``of``. None: the list's own row."""

    columns: Sequence[Any]
    of: Any = None
    key: Any = None


Verb = Callable[[Session, Reader, Sequence[Key], Mapping[str, str]], Any]


@dataclass(frozen=True)
class Act:
    """What can be done to the chosen rows. ``do``: a verb, in one transaction; it returns how many it has changed.

    ``then``: goes on with what the verb returned, after the transaction, and returns the address to go to.
    ``asks``: the fields that it needs: until, day, account, reason, size (of a label).
    """

    name: str
    title: str
    do: Verb
    may: May
    asks: tuple[str, ...] = ()
    key: str = ""
    then: Callable[[Request[Any, Any, Any], Any, Mapping[str, str]], Awaitable[str]] | None = None


async def _nothing(_request: Request[Any, Any, Any]) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Table:
    """A list. ``within``: the conditions that its rows lie within the caller's reach; nothing is read without them."""

    name: str
    title: str
    path: str
    base: Any  # the table whose rows these are
    key: Sequence[Any]  # the columns that name a row
    joins: Sequence[Join]  # each may look at those before it
    within: Callable[[Reader], Sequence[ColumnElement[bool]]]
    values: Callable[[Reader], Sequence[Any]]  # what a row is read with
    columns: Sequence[Column]
    chips: Sequence[Chip]
    words: Sequence[Words]
    order: str  # a column's name, with a minus for the greatest first
    acts: Sequence[Act] = ()
    may: May = May.SEE
    acts_may: May = May.ANSWER  # the least that any of its acts needs
    options: Mapping[str, Any] = field(default_factory=dict)  # of its routes, such as of_account
    key_shape: tuple[type, ...] = (UUID,)
    shown: Callable[[Any], Any] = lambda row: row  # what the cells are made of
    # what one more query finds beside some rows, by their keys: a cell's ``row.beside``
    gather: Callable[[Session, Reader, Sequence[Key]], Mapping[Key, Any]] | None = None
    # where a row's button posts, and its word: of its id and the row
    per_row: Callable[[str, Any], tuple[str, str] | None] = lambda _id, _row: None
    beside: Callable[[Request[Any, Any, Any]], Awaitable[Mapping[str, Any]]] = _nothing  # what its own parts show
    above: str = ""  # templates of its own parts
    below: str = ""
    empty: str = N_("Nothing waits.")
    # what is chosen where an address asks for nothing
    opens: Callable[[Reader], Mapping[str, tuple[str, ...]]] = lambda _reader: {}
    old: Callable[[Mapping[str, str]], str | None] = lambda _query: None  # where an address of before leads

    def chip(self, name: str) -> Chip:
        return next(chip for chip in self.chips if chip.name == name)

    def column(self, name: str) -> Column:
        return next(one for one in self.columns if one.name == name.removeprefix("-"))

    @property
    def groups(self) -> list[Chip]:
        return [chip for chip in self.chips if chip.value is not None]


def id_of(key: Key) -> str:
    """A row's key as a form sends it."""
    return _BETWEEN.join(str(part) for part in key)


def key_of(table: Table, text: str) -> Key:
    """A row's key from a form; refuses what is none of this list's."""
    parts = text.split(_BETWEEN)
    try:
        return tuple(shape(part[:64]) for shape, part in zip(table.key_shape, parts, strict=True))
    except ValueError:
        raise bad_field("id", N_("this is not an id")) from None


@dataclass(frozen=True)
class Wanted:
    """What somebody asks of a list: as it stands in its address."""

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    q: str = ""
    sort: str = ""
    group: str = ""
    hidden: tuple[str, ...] = ()
    added: tuple[str, ...] = ()  # columns that are shown only to who chooses them
    cursor: str | None = None

    def query(self, **changes: Any) -> str:
        """The address with something changed; a page further on is not kept."""
        new = replace(self, **{"cursor": None, **changes})
        return urlencode([*new.pairs(), *([("cursor", new.cursor)] if new.cursor else [])])

    def pairs(self, *but: str) -> list[tuple[str, str]]:
        """What a form sends to ask for the same from the beginning, without some fields."""
        chosen = {name: ",".join(values) for name, values in self.chosen.items()}
        columns = {"hide": ",".join(self.hidden), "show": ",".join(self.added)}
        said = {**chosen, "q": self.q, "sort": self.sort, "group": self.group, **columns}
        return [(name, value) for name, value in said.items() if value and name not in but]

    def toggled(self, name: str, value: str) -> str:
        """The address with a chip's value put on or taken off."""
        return self.query(chosen={**self.chosen, name: _switched(self.chosen.get(name, ()), value)})

    def shows(self, column: Column) -> bool:
        """Whether a column is shown."""
        return column.name in self.added if column.extra else column.name not in self.hidden

    def with_column(self, column: Column) -> str:
        """The address with a column shown or hidden."""
        if column.extra:
            return self.query(added=_switched(self.added, column.name))
        return self.query(hidden=_switched(self.hidden, column.name))


def _switched(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(one for one in values if one != value) if value in values else (*values, value)


def wanted_of(table: Table, query: Mapping[str, str]) -> Wanted:
    """What an address asks of a list. Names that the list does not know are no concern of its."""
    chosen = {
        chip.name: tuple(dict.fromkeys(value for value in query.get(chip.name, "")[:500].split(",") if value))
        for chip in table.chips
    }
    sort, group = query.get("sort", ""), query.get("group", "")
    if sort.removeprefix("-") not in {column.name for column in table.columns if column.sort}:
        sort = ""
    plain, extra = ({one.name for one in table.columns if one.extra is kind} for kind in (False, True))
    return Wanted(
        {name: values for name, values in chosen.items() if values},
        " ".join(query.get("q", "").split())[:LONGEST],
        sort,
        group if group in {chip.name for chip in table.groups} else "",
        tuple(name for name in query.get("hide", "").split(",") if name in plain),
        tuple(name for name in query.get("show", "").split(",") if name in extra),
        query.get("cursor") or None,
    )
