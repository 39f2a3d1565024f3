"""Statements that many wait for, run as text: what SQLAlchemy would work out each time is worked out once.

The statement is written in SQLAlchemy as any other, for both databases. For each kind of database (and number of values
in its lists) its text, the order of its values and the conversions by the columns' types are stored; a run hands them
to the driver. It happens on the session's connection, in its transaction; faults are SQLAlchemy's own as elsewhere, and
whoever listens to the engine's statements hears of these.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Table, Uuid, bindparam, event
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.exchanges import Order, exchange, later, waiting

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]
LONGEST_LIST = 8  # with more values than this in a list SQLAlchemy runs the statement: each length is a text of its own
VARIANTS = 256  # texts of one statement


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
            convert: Convert | None = compiled.binds[key].type.dialect_impl(dialect).bind_processor(dialect)
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

    def bound(self, values: Values) -> list[Any]:
        """The values as the driver takes them."""
        bound = self._constants.copy()
        for at, key, convert in self._single:
            bound[at] = values[key] if convert is None else convert(values[key])
        for at, key, number, convert in self._listed:
            bound[at] = values[key][number] if convert is None else convert(values[key][number])
        return bound

    def rows(self, found: Iterable[Sequence[Any]]) -> list[Any]:
        """The rows with the values that the columns' types mean."""
        made = []
        for row in found:
            values = list(row)
            for at, read in self._reads:
                values[at] = read(values[at])
            made.append(self._row(values))
        return made


def _numbered(dialect: Any) -> Any:
    """PostgreSQL's dialect with values as the server itself numbers them."""
    numbered: Any = psycopg.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]
    numbered.server_version_info = dialect.server_version_info
    numbered._backslash_escapes = dialect._backslash_escapes
    return numbered


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
    """Run each statement once for each of its rows, in this order.

    On PostgreSQL in one way there and back, which may be that of the next statement or of the COMMIT: a fault may come
    out only there.
    """
    connection = session.connection()
    texts = [(prepared.text(connection, rows[0]), rows) for prepared, rows in writes if rows]
    orders = [(text.sql, [text.bound(row) for row in rows]) for text, rows in texts]
    for sql, bound in orders:
        connection.dispatch.before_cursor_execute(connection, None, sql, bound, None, len(bound) > 1)
    with faults(connection, "; ".join(sql for sql, _ in orders)):
        if connection.dialect.name != "sqlite":
            later(connection, [Order(sql, values) for sql, bound in orders for values in bound])
            return
        driver: Any = connection.connection.driver_connection
        for sql, bound in orders:
            driver.executemany(sql, bound)


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
