"""The order of a list: what its rows are sorted by, and in how many steps a page of them is read.

A column that has an index is sorted by that alone. One that is worked out from several (how urgent a check is) has
``bands``: the rows of each value follow one another, each band in an order that an index has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, literal, tuple_

from core.paging import read_cursor, typed_bound
from office.tables import Column, Reader, Table, Wanted


@dataclass(frozen=True)
class Step:
    """A statement of a page: the columns that name a row's place in the order, the conditions, the order itself."""

    columns: tuple[Any, ...]
    conditions: tuple[Any, ...]
    by: tuple[Any, ...]


@dataclass(frozen=True)
class Order:
    """What a list is ordered by: its column's expressions, then the row's key, which makes it whole."""

    columns: tuple[Any, ...]
    shape: Any
    falling: bool
    bands: tuple[tuple[int, Any], ...] = ()  # the first expression's values, each with the condition that a row has it

    @property
    def by(self) -> tuple[Any, ...]:
        """The order as a statement says it."""
        return self._by(self.columns)

    def steps(self, cursor: str | None, *, banded: bool) -> Iterator[Step]:
        """The statements that find the rows after a cursor, in turn until there are enough."""
        bound = read_cursor(cursor, self.shape)
        if not (banded and self.bands):
            yield Step(self.columns, tuple(self._after(bound, self.columns)), self.by)
            return
        rest = self.columns[1:]
        for value, condition in reversed(self.bands) if self.falling else self.bands:
            if bound is not None and (value > bound[0] if self.falling else value < bound[0]):
                continue
            after = self._after(bound[1:], rest) if bound is not None and value == bound[0] else ()
            yield Step((literal(value, Integer), *rest), (condition, *after), self._by(rest))

    def _by(self, columns: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(one.desc() for one in columns) if self.falling else columns

    def _after(self, bound: Any, columns: tuple[Any, ...]) -> list[Any]:
        if bound is None:
            return []
        here, there = tuple_(*columns), typed_bound(bound, columns)
        # the first column by itself too: SQLite looks no rows up by a comparison of several
        first, from_here = columns[0], typed_bound(bound[:1], columns[:1]).clauses[0]
        return [first <= from_here, here < there] if self.falling else [first >= from_here, here > there]


def order_of(table: Table, reader: Reader, wanted: Wanted) -> Order:
    """The order that is wanted."""
    column = sorted_by(table, wanted)
    assert column.sort is not None
    by = column.sort(reader)
    keys, shapes = (by, column.shape) if isinstance(by, tuple) else ((by,), (column.shape,))
    falling = (wanted.sort or table.order).startswith("-")
    chosen = wanted.chosen.get(column.name)
    bands = enumerate(column.bands(reader).items()) if column.bands else ()
    kept = tuple((place, condition) for place, (value, condition) in bands if not chosen or value in chosen)
    return Order((*keys, *table.key), _tuple_of((*shapes, *table.key_shape)), falling, kept)


def sorted_by(table: Table, wanted: Wanted) -> Column:
    """The column that a list is ordered by."""
    return table.column(wanted.sort or table.order)


def _tuple_of(shapes: tuple[Any, ...]) -> Any:
    return tuple.__class_getitem__(shapes)
