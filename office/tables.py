"""One table for every long list: filtered by typed chips with counts, sorted, grouped, searched, page by page.

A list is a declaration (``Table``); this reads any of them. It costs three queries: the rows of the page, one count
over the chips, and the reader's saved views. Each begins with what the caller may see.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, tuple_
from sqlalchemy.orm import Session

from core.errors import bad_field
from core.inputs import like
from core.languages import N_
from core.paging import Page, page_of, read_cursor, typed_bound
from people.policy import Caller

PER_PAGE = 50
GROUPS_SHOWN = 200
LONGEST = 60  # characters that are searched for


@dataclass(frozen=True)
class Reader:
    """Who reads a list, on which day, at which instant."""

    caller: Caller
    now: datetime
    today: date


@dataclass(frozen=True)
class Column:
    """A column. ``kind``: text, code, date, moment, number, badge, or word (a text id).

    ``sort``: what it is ordered by, never null, of the type ``shape``; without it the list is not sorted by it.
    """

    name: str
    title: str
    cell: Callable[[Any], Any]  # for a text a value or a pair (zh, en)
    kind: str = "text"
    link: Callable[[Any], str | None] = lambda _row: None
    mood: Callable[[Any], str] = lambda _row: ""
    sort: Callable[[Reader], Any] | None = None
    shape: type = str
    wide: bool = False  # its order needs the tables that only rows are shown with


@dataclass(frozen=True)
class Chip:
    """A filter by one of a few values. ``words``: text ids by value; None where ``names`` reads them (zh, en).

    ``many``: more values than can be counted at once (depots, items): filtered and grouped by, not offered as chips.
    """

    name: str
    title: str
    value: Callable[[Reader], Any]
    words: Mapping[str, str] | None = None
    names: Callable[[Session, Sequence[str]], Mapping[str, tuple[str, str]]] | None = None
    many: bool = False
    wide: bool = False  # as of a column


@dataclass(frozen=True)
class Act:
    """What can be done to the chosen rows. ``asks``: the field that it needs (date, account), or nothing."""

    name: str
    title: str
    asks: str = ""
    key: str = ""


@dataclass(frozen=True)
class Table:
    """A list. ``source``: the columns given, within the caller's reach, from the tables that chips and order need, or
    (``wide``) from all that rows are shown with: thousands are counted and ordered in the few, fifty shown from all.
    """

    name: str
    title: str
    path: str
    id: Any
    source: Callable[[Reader, Sequence[Any], bool], Select[Any]]
    values: Callable[[Reader], Sequence[Any]]  # what a row is read with
    columns: Sequence[Column]
    chips: Sequence[Chip]
    words: Sequence[Any]  # what the search looks at
    order: str  # a column's name, with a minus for the greatest first
    acts: Sequence[Act] = ()
    export: str = ""
    shown: Callable[[Any], Any] = lambda row: row  # what the cells are made of

    def chip(self, name: str) -> Chip:
        return next(chip for chip in self.chips if chip.name == name)


@dataclass(frozen=True)
class Wanted:
    """What somebody asks of a list: as it stands in its address."""

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    q: str = ""
    sort: str = ""
    group: str = ""
    hidden: tuple[str, ...] = ()
    cursor: str | None = None

    def query(self, **changes: Any) -> str:
        """The address with something changed; a page further on is not kept."""
        new = replace(self, **{"cursor": None, **changes})
        pairs = [(name, ",".join(values)) for name, values in new.chosen.items() if values]
        more = {"q": new.q, "sort": new.sort, "group": new.group, "hide": ",".join(new.hidden), "cursor": new.cursor}
        return urlencode([*pairs, *((name, value) for name, value in more.items() if value)])

    def toggled(self, name: str, value: str) -> str:
        """The address with a chip's value put on or taken off."""
        own = self.chosen.get(name, ())
        new = tuple(one for one in own if one != value) if value in own else (*own, value)
        return self.query(chosen={**self.chosen, name: new})


def wanted_of(table: Table, query: Mapping[str, str]) -> Wanted:
    """What an address asks of a list. Names that the list does not know are no concern of its."""
    chosen = {
        chip.name: tuple(dict.fromkeys(value for value in query.get(chip.name, "")[:500].split(",") if value))
        for chip in table.chips
    }
    sort, group = query.get("sort", ""), query.get("group", "")
    if sort.removeprefix("-") not in {column.name for column in table.columns if column.sort}:
        sort = ""
    known = {column.name for column in table.columns}
    return Wanted(
        {name: values for name, values in chosen.items() if values},
        " ".join(query.get("q", "").split())[:LONGEST],
        sort,
        group if group in {chip.name for chip in table.chips} else "",
        tuple(name for name in query.get("hide", "").split(",") if name in known),
        query.get("cursor") or None,
    )


@dataclass(frozen=True)
class Option:
    """A chip's value as the page shows it."""

    value: str
    label: str | tuple[str, str]  # a text id, or names (zh, en)
    count: int
    on: bool


@dataclass(frozen=True)
class ChipView:
    """A chip with those of its values that there are, the most frequent first."""

    name: str
    title: str
    options: list[Option]


@dataclass(frozen=True)
class TableView:
    """A page of a list. ``groups``: in place of rows, where the list is grouped."""

    rows: list[tuple[UUID, Any]]
    total: int
    chips: list[ChipView]
    next: str | None
    groups: list[Option]


def read_table(session: Session, table: Table, reader: Reader, wanted: Wanted) -> TableView:
    """The page that is wanted."""
    counted = _cube(session, table, reader, wanted)
    counting = [chip for chip in table.chips if not chip.many]
    chips = [_chip_view(session, chip, place, counting, counted, wanted) for place, chip in enumerate(counting)]
    total = sum(number for key, number in counted.items() if _fits(key, counting, wanted))
    if wanted.group:
        return TableView([], total, chips, None, _groups(session, table, reader, wanted))
    found = _rows(session, table, reader, wanted)
    return TableView(found.items, total, chips, found.next, [])


def _wide(table: Table, wanted: Wanted) -> bool:
    """Whether what is asked for looks at what only rows are shown with."""
    chosen = [table.chip(name) for name in wanted.chosen] + ([table.chip(wanted.group)] if wanted.group else [])
    order = next((one for one in table.columns if one.name == wanted.sort.removeprefix("-")), None)
    return bool(wanted.q) or any(chip.wide for chip in chosen) or (order is not None and order.wide)


def conditions_of(table: Table, reader: Reader, wanted: Wanted, counted_too: bool = True) -> list[ColumnElement[bool]]:
    """What the chips and the words ask for. ``counted_too``: also the chips that are counted."""
    clauses: list[ColumnElement[bool]] = []
    for name, values in wanted.chosen.items():
        chip = table.chip(name)
        if counted_too or chip.many:
            clauses.append(chip.value(reader).in_(values))
    if wanted.q:
        pattern = like(wanted.q)
        clauses.append(or_(*(column.ilike(pattern, escape="\\") for column in table.words)))
    return clauses


Cube = Counter[tuple[str, ...]]


def _cube(session: Session, table: Table, reader: Reader, wanted: Wanted) -> Cube:
    """How many rows there are of each combination of the counted chips' values. One query."""
    values = [chip.value(reader).label(f"chip_{chip.name}") for chip in table.chips if not chip.many]
    statement = table.source(reader, [*values, func.count().label("number")], _wide(table, wanted))
    statement = statement.where(*conditions_of(table, reader, wanted, counted_too=False)).group_by(*values)
    found: Cube = Counter()
    for *key, number in session.execute(statement):
        found[tuple(_plain(part) for part in key)] += number
    return found


def _plain(value: Any) -> str:
    return str(getattr(value, "value", value) if value is not None else "")


def _fits(key: tuple[str, ...], counting: Sequence[Chip], wanted: Wanted, but: str = "") -> bool:
    return all(
        chip.name == but or not wanted.chosen.get(chip.name) or part in wanted.chosen[chip.name]
        for chip, part in zip(counting, key, strict=True)
    )


def _chip_view(
    session: Session,
    chip: Chip,
    place: int,
    counting: Sequence[Chip],
    counted: Cube,
    wanted: Wanted,
) -> ChipView:
    """How many rows each of a chip's values would leave, the other chips being as they are."""
    numbers: Counter[str] = Counter()
    for key, number in counted.items():
        numbers[key[place]] += number if _fits(key, counting, wanted, chip.name) else 0
    on = wanted.chosen.get(chip.name, ())
    shown = [value for value, number in numbers.most_common() if number or value in on]
    shown += [value for value in on if value not in shown]
    labels = _labels(session, chip, shown)
    return ChipView(
        chip.name, chip.title, [Option(one, labels.get(one, one), numbers[one], one in on) for one in shown if one]
    )


def _labels(session: Session, chip: Chip, values: Sequence[str]) -> Mapping[str, Any]:
    if chip.words is not None:
        return chip.words
    return chip.names(session, values) if chip.names and values else {}


def _groups(session: Session, table: Table, reader: Reader, wanted: Wanted) -> list[Option]:
    chip = table.chip(wanted.group)
    value = chip.value(reader).label("value")
    statement = table.source(reader, [value, func.count().label("number")], _wide(table, wanted))
    statement = statement.where(*conditions_of(table, reader, wanted)).group_by(value)
    rows = session.execute(statement.order_by(func.count().desc(), value).limit(GROUPS_SHOWN)).all()
    values = [_plain(row[0]) for row in rows]
    labels = _labels(session, chip, values)
    on = wanted.chosen.get(chip.name, ())
    return [Option(one, labels.get(one, one), row[1], one in on) for one, row in zip(values, rows, strict=True)]


def _rows(session: Session, table: Table, reader: Reader, wanted: Wanted) -> Page[tuple[UUID, Any]]:
    named = wanted.sort or table.order
    column = next(one for one in table.columns if one.name == named.removeprefix("-"))
    assert column.sort is not None
    key, falling = column.sort(reader), named.startswith("-")
    first = table.source(reader, [table.id], _wide(table, wanted)).where(*conditions_of(table, reader, wanted))
    after = read_cursor(wanted.cursor, tuple[column.shape, UUID])  # type: ignore[name-defined]
    if after is not None:
        here, bound = tuple_(key, table.id), typed_bound(after, (key, table.id))
        first = first.where(here < bound if falling else here > bound)
    order = (key.desc(), table.id.desc()) if falling else (key, table.id)
    shown = table.source(reader, [*table.values(reader), key.label("sort_key"), table.id.label("row_id")], True)
    statement = shown.where(table.id.in_(first.order_by(*order).limit(PER_PAGE + 1))).order_by(*order)
    rows = list(session.execute(statement))
    return page_of(rows, PER_PAGE, lambda row: (row.sort_key, row.row_id), lambda row: (row.row_id, table.shown(row)))


def chosen_ids(
    session: Session, table: Table, reader: Reader, wanted: Wanted, ids: Sequence[UUID], every: bool, most: int
) -> list[UUID]:
    """The rows that somebody has chosen, or every row that fits: within reach, by their ids."""
    statement = table.source(reader, [table.id], _wide(table, wanted))
    statement = statement.where(*(conditions_of(table, reader, wanted) if every else [table.id.in_(ids)]))
    found = list(session.execute(statement.order_by(table.id).limit(most + 1)).scalars())
    if len(found) > most:
        raise bad_field("ids", N_("choose at most {most} at once; filter the list further"), most=most)
    if not found:
        raise bad_field("ids", N_("choose what this is about"))
    return found
