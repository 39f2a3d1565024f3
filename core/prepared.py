"""Statements that many wait for, run as text: what SQLAlchemy would work out each time is worked out once.

The statement is written in SQLAlchemy as any other, for both databases. For each kind of database (and number of values
in its lists) its text, the order of its values and the conversions by the columns' types are stored; a run hands them
to the driver. It happens on the session's connection, in its transaction; faults are SQLAlchemy's own as elsewhere, and
whoever listens to the engine's statements hears of these.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache, partial
from itertools import chain, repeat
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Table, Uuid, bindparam, event, insert
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.exchanges import Order, exchange, later, waiting

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]
LONGEST_LIST = 8  # with more values than this in a list SQLAlchemy runs the statement: each length is a text of its own
VARIANTS = 256  # texts of one statement
# So many rows in one INSERT, the largest number first. Before each INSERT that a trigger may refuse SQLite copies every
# page that it is about to change: of 100 at once a movement takes 17 us, one by one 57
BLOCKS = (100, 10, 1)
# The values of one row in an INSERT; casts may have brackets of their own
_NUMBER = re.compile(r"\$(\d+)")
_ROW = re.compile(r"(?<= VALUES )\((?:[^()]|\([^()]*\))*\)")


class _Text:
    """One text of a statement: for a kind of database and for so many values in each list."""

    def __init__(self, connection: Connection, statement: Any, values: Values) -> None:
        dialect = connection.dialect
        compiled = statement.compile(dialect=dialect if dialect.name == "sqlite" else _numbered(dialect))
        state = compiled.construct_expanded_state({**values})
        self.sql: str = state.statement
        lists = {
            name: (of, number) for of, names in state.parameter_expansion.items() for number, name in enumerate(names)
        }
        self._constants: list[Any] = [None] * len(state.positiontup)
        self._single: list[tuple[int, str, Convert | None]] = []
        self._listed: list[tuple[int, str, int, Convert | None]] = []
        for at, name in enumerate(state.positiontup):
            key, number = lists.get(name, (name, None))
            convert = _binding(compiled.binds[key].type, dialect)
            if key in values and number is not None:
                self._listed.append((at, key, number, convert))
            elif key in values:
                self._single.append((at, key, convert))
            else:
                constant = state.parameters[name]
                self._constants[at] = constant if convert is None else convert(constant)
        columns = [(entry.keyname, entry.type) for entry in compiled._result_columns]
        self._reads = [(at, read) for at, (_, of) in enumerate(columns) if (read := _reading(of, dialect)) is not None]
        row: Any = namedtuple("Row", [name for name, _ in columns], rename=True)  # type: ignore[misc]
        self._row = row._make
        self._many: dict[int, str] = {}
        self._row_ends = self._end_of_row()

    def _end_of_row(self) -> int:
        """How many values an INSERT has up to the end of its row; 0 where the row cannot be repeated."""
        row = _ROW.search(self.sql)
        if row is None or self._listed:
            return 0
        end = row.group().count("?") or row.group().count("$")
        return end if all(at < end for at, _, _ in self._single) else 0

    def bound(self, values: Values) -> list[Any]:
        """The values as the driver takes them."""
        bound = self._constants.copy()
        for at, key, convert in self._single:
            bound[at] = values[key] if convert is None else convert(values[key])
        for at, key, number, convert in self._listed:
            bound[at] = values[key][number] if convert is None else convert(values[key][number])
        return bound

    def blocks(self, rows: Sequence[Values]) -> Iterator[tuple[str, list[Sequence[Any]]]]:
        """An INSERT of these rows as few INSERTs of many: each text, with the values of each of its runs."""
        if len(rows) < BLOCKS[-2]:
            yield self.sql, [self.bound(row) for row in rows]
            return
        bound, start = self._all_bound(rows), 0
        for size in BLOCKS if self._row_ends else (1,):
            runs = range(start, start + (len(bound) - start) // size * size, size)
            start += len(runs) * size
            if runs and size == 1:
                yield self.sql, bound[runs.start : runs.stop]
            elif runs:
                yield self._of_many(size), [self._joined(bound[at : at + size]) for at in runs]

    def _all_bound(self, rows: Sequence[Values]) -> list[Sequence[Any]]:
        """As ``bound``, column by column: an object that stands in many rows is converted once."""
        columns: list[Iterable[Any]] = [repeat(constant, len(rows)) for constant in self._constants]
        for at, key, convert in self._single:
            values = [row[key] for row in rows]
            columns[at] = values if convert is None else _converted(values, convert)
        return list(zip(*columns, strict=True))

    def _joined(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """The values of one run of many rows; those that stand behind the rows come once."""
        width = self._row_ends
        return [*chain.from_iterable(row[:width] for row in rows), *rows[0][width:]]

    def _of_many(self, size: int) -> str:
        """The text with its row so many times."""
        text = self._many.get(size)
        if text is None:
            row = _ROW.search(self.sql)
            assert row is not None
            width = self._row_ends
            rows = (_NUMBER.sub(partial(_shifted, number * width), row.group()) for number in range(size))
            behind = _NUMBER.sub(partial(_shifted, (size - 1) * width), self.sql[row.end() :])
            text = self._many[size] = f"{self.sql[: row.start()]}{', '.join(rows)}{behind}"
        return text

    def rows(self, found: Iterable[Sequence[Any]]) -> list[Any]:
        """The rows with the values that the columns' types mean."""
        made = []
        for row in found:
            values = list(row)
            for at, read in self._reads:
                values[at] = read(values[at])
            made.append(self._row(values))
        return made


def _converted(values: Sequence[Any], convert: Convert) -> Iterable[Any]:
    each = dict(zip(map(id, values), values, strict=True))
    made = {at: convert(value) for at, value in each.items()}
    return map(made.__getitem__, map(id, values))


def _shifted(by: int, number: re.Match[str]) -> str:
    return f"${int(number[1]) + by}"


def _numbered(dialect: Any) -> Any:
    """PostgreSQL's dialect with values as the server itself numbers them."""
    numbered: Any = psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
    numbered.server_version_info = dialect.server_version_info
    numbered._backslash_escapes = dialect._backslash_escapes
    return numbered


def _binding(of: Any, dialect: Any) -> Convert | None:
    bind: Convert | None = of.dialect_impl(dialect).bind_processor(dialect)
    return _text_of if bind is not None and dialect.name == "sqlite" and isinstance(of, Uuid) else bind


def _text_of(value: UUID | None) -> str | None:
    return None if value is None else f"{value.int:032x}"


def _reading(of: Any, dialect: Any) -> Convert | None:
    read: Convert | None = of.dialect_impl(dialect).result_processor(dialect, None)
    return _uuid_of if read is not None and isinstance(of, Uuid) else read


@lru_cache(maxsize=16_384)  # the same depots, places and items again and again, each some 2 us to take apart
def _uuid_of(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


class Prepared:
    """A statement that is run as text."""

    def __init__(self, statement: Any, lists: Sequence[str] = ()) -> None:
        """``lists``: the names of its expanding parameters."""
        self.statement, self._lists = statement, lists
        self._texts: dict[tuple[Any, ...], _Text] = {}

    def all(self, where: Session | Connection, values: Values) -> list[Any]:
        """The rows that a SELECT finds; each a tuple whose fields have the columns' names."""
        connection = where if isinstance(where, Connection) else where.connection()
        lengths = [len(values[name]) for name in self._lists]
        if any(length > LONGEST_LIST for length in lengths):
            return list(connection.execute(self.statement, values).all())
        text = self.text(connection, values, lengths)
        bound = text.bound(values)
        connection.dispatch.before_cursor_execute(connection, None, text.sql, bound, None, False)
        try:
            found = _fetch(connection, text.sql, bound)
        except connection.dialect.loaded_dbapi.Error as error:
            raise _as_ours(connection, text.sql, error) from error
        return text.rows(found)

    def first(self, where: Session | Connection, values: Values) -> Any:
        """The first row, or None."""
        rows = self.all(where, values)
        return rows[0] if rows else None

    def text(self, connection: Connection, values: Values, lengths: Sequence[int] = ()) -> _Text:
        """Its text for this connection."""
        key = (connection.dialect.name, *lengths)
        text = self._texts.get(key)
        if text is None:
            if len(self._texts) >= VARIANTS:
                self._texts.clear()
            text = self._texts[key] = _Text(connection, self.statement, values)
        return text


def each_column(table: Table) -> dict[str, BindParameter[Any]]:
    """A value for each column of a table, named as the column, for an INSERT that names them all."""
    return {column.name: bindparam(column.name, type_=column.type) for column in table.columns}


def write_all(session: Session, writes: Sequence[tuple[Prepared, Sequence[Values]]]) -> None:
    """Run each INSERT for its rows, in this order; of many rows many at once (``BLOCKS``).

    On PostgreSQL in one way there and back, which may be that of the next statement or of the COMMIT: a fault may come
    out only there.
    """
    connection = session.connection()
    orders = [block for prepared, rows in writes if rows for block in prepared.text(connection, rows[0]).blocks(rows)]
    for sql, bound in orders:
        connection.dispatch.before_cursor_execute(connection, None, sql, bound, None, len(bound) > 1)
    with faults(connection, "; ".join(sql for sql, _ in orders)):
        if connection.dialect.name != "sqlite":
            later(connection, [Order(sql, values) for sql, bound in orders for values in bound])
            return
        driver: Any = connection.connection.driver_connection
        for sql, bound in orders:
            driver.executemany(sql, bound)


@cache
def _entering(table: Table) -> tuple[Prepared, Values]:
    """The INSERT of a table, and a row of what its columns have where nothing else is said."""
    said: dict[str, Any] = {column.name: column.default for column in table.columns}
    blank = {name: default.arg if default is not None and default.is_scalar else None for name, default in said.items()}
    return Prepared(insert(table).values(each_column(table))), blank


def enter(session: Session, table: Table, rows: Iterable[Values]) -> None:
    """Insert rows, any number of them; what one leaves out has its column's default, or is null."""
    prepared, blank = _entering(table)
    write_all(session, [(prepared, [{**blank, **row} for row in rows])])


def send_waiting(connection: Connection, *, commit: bool = False) -> None:
    """Send to PostgreSQL what waits; with its COMMIT, if that is what comes next."""
    with faults(connection, "; ".join(order.sql for order in waiting(connection))):
        exchange(connection, [Order("COMMIT")] if commit else [])


@event.listens_for(Session, "before_commit")
def _before_a_savepoint_ends(session: Session) -> None:
    """What the database refuses of what waits comes out while the way back to the savepoint is open."""
    if session.in_nested_transaction() and (connection := session.connection()).dialect.is_async:
        send_waiting(connection)


def commit(session: Session) -> None:
    """Commit a session's transaction, together with what waits."""
    if session.in_transaction():
        connection = session.connection()
        if connection.dialect.is_async and waiting(connection):
            send_waiting(connection, commit=True)
    session.commit()


def _fetch(connection: Connection, sql: str, bound: list[Any]) -> Any:
    if connection.dialect.name != "sqlite":
        return exchange(connection, [Order(sql, bound)])
    driver: Any = connection.connection.driver_connection
    return driver.execute(sql, bound).fetchall()


@contextmanager
def faults(connection: Connection, sql: str) -> Iterator[None]:
    """The driver's faults as SQLAlchemy's, so that one place judges them; a connection that has died is given up."""
    try:
        yield
    except connection.dialect.loaded_dbapi.Error as error:
        raise _as_ours(connection, sql, error) from error


def _as_ours(connection: Connection, sql: str, error: Any) -> Any:
    dialect = connection.dialect
    lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    raised = DBAPIError.instance(
        sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
    if lost:
        # As SQLAlchemy does where it runs a statement itself: what cut this connection off has cut off the others of
        # its pool, too, and one attempt more would meet the next dead one
        connection.engine.pool._invalidate(connection.connection)
        connection.invalidate(error)
    return raised
