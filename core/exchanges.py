"""Statements that go to PostgreSQL together and come back together: libpq's pipeline, one way there and back.

A statement is prepared on a connection when it first runs there. In a transaction that has not begun, BEGIN goes along;
what a verb writes last waits for its COMMIT (``later``), and both go in one way. Whatever runs on that connection
before sends first what waits: the order of statements, and so of their locks, stays as the verbs have it. Of a
savepoint that is rolled back what waits is dropped, for it came after the savepoint was made.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, event

_LINE = "readyshelf.line"
# After these the driver sends DEALLOCATE ALL (its ``PrepareManager``)
_FORGETS = re.compile(r"\s*(?:DROP|ALTER|ROLLBACK|DISCARD|DEALLOCATE)\b", re.IGNORECASE).match


@dataclass(frozen=True)
class Order:
    """A statement with ``$1``, ``$2`` … in it, and its values in that order."""

    sql: str
    values: Sequence[Any] = ()


@dataclass
class Line:
    """What is known of one connection of the driver."""

    transformer: Any
    # What was prepared, the latest last; whether it is there for sure
    prepared: OrderedDict[bytes, bool] = field(default_factory=OrderedDict)
    waiting: list[Order] = field(default_factory=list)

    def doubt(self) -> None:
        """The server may have forgotten all that was prepared."""
        for name in self.prepared:
            self.prepared[name] = False


def exchange(connection: Connection, orders: Sequence[Order]) -> list[tuple[Any, ...]]:
    """Send what waits, then these; gives the rows of the last."""
    line = _line_of(connection)
    orders, line.waiting = [*line.waiting, *orders], []
    if not orders:
        return []
    from core.pipeline import exchanged  # and with it the driver, which no server on the embedded database needs: 8 MB

    return exchanged(connection, line, orders)


def later(connection: Connection, orders: Sequence[Order]) -> None:
    """Send these with whatever comes next on this connection, its COMMIT at the latest.

    Where a thread waits for each statement anyway (commands, jobs) they are sent now.
    """
    if connection.dialect.is_async:
        _line_of(connection).waiting += orders
    else:
        exchange(connection, orders)


def waiting(connection: Connection) -> Sequence[Order]:
    """What waits to be sent."""
    return _line_of(connection).waiting


def keep_in_step(engine: Engine, send: Callable[[Connection], None]) -> None:
    """See to it that on these connections what waits is sent before anything else is, or not at all.

    After a rollback or a change of the schema the driver lets the server forget all prepared statements, ours too, if
    it has prepared any itself.
    """

    def before(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        line = _line_of(connection)
        if line.waiting:
            send(connection)
        if _FORGETS(statement):
            line.doubt()

    def rolled_back(connection: Connection, *_: Any) -> None:
        if not connection.invalidated:
            line = _line_of(connection)
            line.waiting.clear()
            line.doubt()

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "rollback_savepoint", rolled_back)
    event.listen(engine, "rollback", rolled_back)


def _line_of(connection: Connection) -> Line:
    info = connection.info
    line: Line | None = info.get(_LINE)
    if line is None:
        from core.pipeline import transformer_of  # as above

        line = info[_LINE] = Line(transformer_of(connection.connection.driver_connection))
    return line
