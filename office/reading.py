"""Reading a list: the page that is wanted, how many rows each chip would leave, the rows that were chosen.

It costs the same few queries whatever the list: the keys of the page, its rows, one count over all chips, the names
of their values. Each begins with what the caller may see, and none costs by more rows than ``MOST_COUNTED``.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnClause, ColumnElement, FromClause, Select, func, inspect, or_, outerjoin, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import coercions, roles, visitors

from core.columns import among
from core.errors import bad_field
from core.inputs import like
from core.languages import N_
from core.paging import page_of
from office.along import Along, Way
from office.counting import Cube, lately
from office.ordering import order_of, sorted_by
from office.tables import Act, Chip, Join, Key, Reader, Table, Wanted, Words, id_of
from people.policy import may_in_city

PER_PAGE = 20  # of the tallest rows (checks due, in English): a page stays within four screens of a desk
GROUPS_SHOWN = 200
MOST_COUNTED = 50_000  # rows; of a longer list the counts say "at least"
AT_ONCE = 1000  # rows of a file that are read at a time


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
    counted: bool = True


@dataclass(frozen=True)
class TableView:
    """A page of a list. ``groups``: in place of rows, where the list is grouped. ``more``: than were counted."""

    rows: list[tuple[str, Any]]
    total: int
    chips: list[ChipView]
    next: str | None
    groups: list[Option]
    more: bool = False


def read_table(session: Session, table: Table, reader: Reader, wanted: Wanted) -> TableView:
    """The page that is wanted."""
    counted = _cube(session, table, reader, wanted)
    counting = [chip for chip in table.chips if not chip.many]
    more = sum(counted.values()) >= MOST_COUNTED
    known = {chip.name: _known(session, reader, chip) if more else () for chip in counting}
    chips = [
        _chip_view(session, chip, place, counting=counting, counted=counted, wanted=wanted, known=known[chip.name])
        for place, chip in enumerate(counting)
    ]
    chips += [_uncounted(chip, wanted) for chip in table.chips if chip.many and chip.words]
    total = sum(number for key, number in counted.items() if _fits(key, counting, wanted))
    if wanted.group:
        return TableView([], total, chips, None, _groups(session, table, reader, wanted), more)
    course = _course(table, reader, wanted, total, sum(counted.values()))
    rows, following = _page(session, table, reader, wanted, course)
    return TableView(rows, total, chips, following, [], more)


@dataclass(frozen=True)
class _Course:
    """How a page is found: along a ``way`` in the order of an index, or (``few``) by what only few rows fulfil."""

    way: Way | None = None
    few: bool = False


def _course(table: Table, reader: Reader, wanted: Wanted, total: int, whole: int) -> _Course:
    """The way that passes fewer rows, where ``total`` rows of ``whole`` fulfil the conditions.

    Who sees a part of the city, or names what it is about, is led there by these conditions themselves.
    """
    if wanted.q or any(table.chip(name).many for name in wanted.chosen) or not may_in_city(reader.caller, table.may):
        return _Course()
    if wanted.chosen and total * total < PER_PAGE * whole:
        return _Course(few=True)
    return _Course(sorted_by(table, wanted).along)


def _select(
    table: Table, reader: Reader, columns: Sequence[Any], conditions: Sequence[Any], way: Way | None = None
) -> Select[Any]:
    """Columns of the rows within reach that fulfil the conditions, from no more tables than these look at."""
    conditions = [*table.within(reader), *conditions]
    used = _tables_in([*columns, *conditions, *(way.tables if way else ())])
    needed: list[Join] = []
    for join in reversed(table.joins):
        if inspect(join.to).selectable in used:
            needed.insert(0, join)
            used |= _tables_in([join.on])
    statement = select(*columns)
    if way is None:
        statement = statement.select_from(table.base)
        for join in needed:
            statement = statement.join(join.to, join.on, isouter=join.outer)
        return statement.where(*conditions)
    start = way.to(table.base, [join.on for join in needed if way.passes(join.to)])
    for join in needed:
        if not way.passes(join.to):
            start = outerjoin(start, join.to, join.on) if join.outer else Along(start, join.to, join.on)
    return statement.select_from(start).where(*conditions)


def _tables_in(clauses: Sequence[Any]) -> set[Any]:
    found: set[Any] = set()
    for clause in clauses:
        for part in visitors.iterate(coercions.expect(roles.ColumnsClauseRole, clause)):
            if isinstance(part, ColumnClause) and part.table is not None:
                found.add(part.table)
            elif isinstance(part, FromClause):
                found.add(part)
    return found


def conditions_of(
    table: Table, reader: Reader, wanted: Wanted, *, counted_too: bool = True
) -> list[ColumnElement[bool]]:
    """What the chips and the words ask for. ``counted_too``: also the chips that are counted."""
    clauses: list[ColumnElement[bool]] = []
    for name, values in wanted.chosen.items():
        chip = table.chip(name)
        if counted_too or chip.many:
            clauses.append(chip.fits(reader, values))
    if wanted.q:
        clauses.append(or_(*(_called(words, like(wanted.q)) for words in table.words)))
    return clauses


def _called(words: Words, pattern: str) -> Any:
    """That a row, or what it names, is called so. What is named is looked through once, not again with each row."""
    called = or_(*(column.ilike(pattern, escape="\\") for column in words.columns))
    return called if words.of is None else words.of.in_(select(words.key).where(called))


def _cube(session: Session, table: Table, reader: Reader, wanted: Wanted) -> Cube:
    """How many rows there are of each combination of the counted chips' values. The chips chosen leave it as it is, so
    that a long list that was just counted is filtered without being counted again.
    """
    uncounted = {name: values for name, values in wanted.chosen.items() if table.chip(name).many}
    asked = (*_asked_by(session, reader), tuple(sorted(uncounted.items())), wanted.q)
    return lately.counted(table.name, asked, lambda: _count(session, table, reader, wanted))


def _asked_by(session: Session, reader: Reader) -> tuple[Any, ...]:
    """What counts are remembered for: a database, a person with what they may see, a day."""
    return str(session.get_bind().engine.url), reader.caller.person_id, reader.caller.duties, reader.today


def _count(session: Session, table: Table, reader: Reader, wanted: Wanted) -> Cube:
    """Count now. One query."""
    values = [chip.value(reader).label(f"chip_{chip.name}") for chip in table.chips if chip.value and not chip.many]
    statement = _select(table, reader, values, conditions_of(table, reader, wanted, counted_too=False))
    counted = statement.limit(MOST_COUNTED).subquery()
    found: Cube = Counter()
    for *key, number in session.execute(select(*counted.c, func.count()).group_by(*counted.c)):
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
    *,
    counting: Sequence[Chip],
    counted: Cube,
    wanted: Wanted,
    known: Sequence[str],
) -> ChipView:
    """How many rows each of a chip's values would leave, the other chips being as they are. ``known``: values that are
    offered though none was counted.
    """
    numbers: Counter[str] = Counter()
    for key, number in counted.items():
        numbers[key[place]] += number if _fits(key, counting, wanted, chip.name) else 0
    on = wanted.chosen.get(chip.name, ())
    shown = [value for value, number in numbers.most_common() if number or value in on]
    shown += [value for value in dict.fromkeys([*on, *known]) if value not in shown]
    if chip.ordered:
        places = {value: number for number, value in enumerate(chip.words or ())}
        shown.sort(key=lambda value: places.get(value, len(places)))  # an address may name what is no value
    labels = _labels(session, chip, shown)
    return ChipView(
        chip.name, chip.title, [Option(one, labels.get(one, one), numbers[one], one in on) for one in shown if one]
    )


def _uncounted(chip: Chip, wanted: Wanted) -> ChipView:
    """A chip of which a row may have several values: offered without numbers."""
    on = wanted.chosen.get(chip.name, ())
    return ChipView(
        chip.name, chip.title, [Option(one, word, 0, one in on) for one, word in (chip.words or {}).items()], False
    )


def _known(session: Session, reader: Reader, chip: Chip) -> Sequence[str]:
    """The values that a chip may have, for a list too long to be counted: those not met may be there all the same."""
    return list(chip.words) if chip.words else chip.known(session, reader) if chip.known else ()


def _labels(session: Session, chip: Chip, values: Sequence[str]) -> Mapping[str, Any]:
    if chip.words is not None:
        return chip.words
    return chip.names(session, values) if chip.names and values else {}


def _groups(session: Session, table: Table, reader: Reader, wanted: Wanted) -> list[Option]:
    chip = table.chip(wanted.group)
    asked = (*_asked_by(session, reader), chip.name, tuple(sorted(wanted.chosen.items())), wanted.q)
    counted = lately.counted(table.name, asked, lambda: _count_groups(session, table, reader, wanted))
    rows = [(value, number) for (value,), number in counted.items()]
    values = [value for value, _ in rows]
    labels = _labels(session, chip, values)
    on = wanted.chosen.get(chip.name, ())
    return [Option(value, labels.get(value, value), number, value in on) for value, number in rows]


def _count_groups(session: Session, table: Table, reader: Reader, wanted: Wanted) -> Cube:
    """How many rows there are of each value of the chip that a list is grouped by, the most frequent first."""
    chip = table.chip(wanted.group)
    assert chip.value is not None
    value = chip.value(reader).label("value")
    statement = _select(table, reader, [value, func.count()], conditions_of(table, reader, wanted)).group_by(value)
    found: Cube = Counter()
    for one, number in session.execute(statement.order_by(func.count().desc(), value).limit(GROUPS_SHOWN)):
        found[(_plain(one),)] += number
    return found


def _page(
    session: Session, table: Table, reader: Reader, wanted: Wanted, course: _Course
) -> tuple[list[tuple[str, Any]], str | None]:
    """The keys of a page in their order from the few tables, then its rows from all."""
    order, size = order_of(table, reader, wanted), len(table.key)
    conditions = conditions_of(table, reader, wanted)
    if course.few:
        conditions = [_of_few(table, one) for one in conditions]
    found: list[Any] = []
    for step in order.steps(wanted.cursor, banded=course.way is not None):
        named = [column.label(f"by_{number}") for number, column in enumerate(step.columns)]
        statement = _select(table, reader, named, [*conditions, *step.conditions], course.way)
        found += session.execute(statement.order_by(*step.by).limit(PER_PAGE + 1 - len(found)))
        if len(found) > PER_PAGE:
            break
    page = page_of(found, PER_PAGE, tuple, tuple)
    keys = [row[-size:] for row in page.items]
    rows = _rows(session, table, reader, keys)
    return [(id_of(key), rows[key]) for key in keys if key in rows], page.next


def _of_few(table: Table, condition: Any) -> Any:
    """The same condition, asked of the rows of another table by themselves: they are few, and lead to the list's."""
    tables = _tables_in([condition])
    join = next((join for join in table.joins if tables == {inspect(join.to).selectable}), None)
    if join is None or join.outer:
        return condition
    if join.few is not None:
        return join.few(condition)
    key, here = join.on.left, join.on.right
    return here.in_(select(key).where(condition)) if here.table is inspect(table.base).selectable else condition


def _rows(session: Session, table: Table, reader: Reader, keys: Sequence[Key]) -> dict[Key, Any]:
    if not keys:
        return {}
    size = len(table.key)
    named = [column.label(f"key_{number}") for number, column in enumerate(table.key)]
    statement = _select(table, reader, [*table.values(reader), *named], [_among(table, keys)])
    return _shown(session, table, reader, {tuple(row[-size:]): row for row in session.execute(statement)})


class _Beside:
    """A row with what was found beside it."""

    def __init__(self, row: Any, beside: Any) -> None:
        self._row, self.beside = row, beside

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def _shown(session: Session, table: Table, reader: Reader, rows: Mapping[Key, Any]) -> dict[Key, Any]:
    if table.gather is None:
        return {key: table.shown(row) for key, row in rows.items()}
    beside = table.gather(session, reader, list(rows))
    return {key: _Beside(table.shown(row), beside.get(key)) for key, row in rows.items()}


def _among(table: Table, keys: Sequence[Key]) -> Any:
    if len(table.key) == 1:
        return table.key[0].in_([key[0] for key in keys])
    return among(table.key, keys)


def all_rows(session: Session, table: Table, reader: Reader, wanted: Wanted) -> Iterator[Any]:
    """Every row that fits, in its order: one statement, read as it is written to a file."""
    order = order_of(table, reader, wanted)
    named = [column.label(f"by_{number}") for number, column in enumerate(order.columns)]
    statement = _select(table, reader, [*table.values(reader), *named], conditions_of(table, reader, wanted))
    statement = statement.order_by(*order.by).execution_options(yield_per=AT_ONCE)
    size = len(table.key)
    for rows in session.execute(statement).partitions(AT_ONCE):
        yield from _shown(session, table, reader, {tuple(row[-size:]): row for row in rows}).values()


def chosen_keys(
    session: Session, table: Table, reader: Reader, wanted: Wanted, keys: Sequence[Key], *, every: bool, most: int
) -> list[Key]:
    """The rows that somebody has chosen, or every row that fits: within reach, by their keys."""
    if not (keys or every):
        raise bad_field("ids", N_("choose what this is about"))
    conditions = conditions_of(table, reader, wanted) if every else [_among(table, keys)]
    statement = _select(table, reader, table.key, conditions).order_by(*table.key).limit(most + 1)
    found = [tuple(row) for row in session.execute(statement)]
    if len(found) > most:
        raise bad_field("ids", N_("choose at most {most} at once; filter the list further"), most=most)
    if not found and keys:
        raise bad_field("ids", N_("nothing that you chose is in this list any more; load it again"))
    if not found:
        raise bad_field("ids", N_("choose what this is about"))
    return found


def act_called(table: Table, name: str) -> Act:
    """What is to be done to the chosen rows."""
    act = next((act for act in table.acts if act.name == name), None)
    if act is None:
        raise bad_field("act", N_("choose what is to be done"))
    return act
