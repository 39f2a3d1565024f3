"""Statements that go to PostgreSQL together and come back together: libpq's pipeline, one way there and back.

A statement is prepared on a connection when it first runs there. In a transaction that has not begun, BEGIN goes along;
what a verb writes last waits for its COMMIT (``later``), and both go in one way. Whatever runs on that connection
before sends first what waits: the order of statements, and so of their locks, stays as the verbs have it. Of a
savepoint that is rolled back what waits is dropped, for it came after the savepoint was made.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from hashlib import sha256
from typing import Any

from psycopg import OperationalError, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.waiting import Ready, Wait
from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import await_only

_LINE = "readyshelf.line"
PREPARED = 100  # statements on one connection, as the driver has it
_SYNC, _FATAL, _ABORTED = pq.ExecStatus.PIPELINE_SYNC, pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED

_UNKNOWN_NAME = b"26000"
# After these the driver sends DEALLOCATE ALL (its ``PrepareManager``)
_FORGETS = re.compile(r"\s*(?:DROP|ALTER|ROLLBACK|DISCARD|DEALLOCATE)\b", re.IGNORECASE).match

Send = Callable[[], None]


@dataclass(frozen=True)
class Order:
    """A statement with ``$1``, ``$2`` … in it, and its values in that order."""

    sql: str
    values: Sequence[Any] = ()


@dataclass
class _Line:
    """What is known of one connection of the driver."""

    transformer: Any
    # What was prepared, the latest last; whether it is there for sure
    prepared: OrderedDict[bytes, bool] = field(default_factory=OrderedDict)
    waiting: list[Order] = field(default_factory=list)

    def doubt(self) -> None:
        """The server may have forgotten all that was prepared."""
        for name in self.prepared:
            self.prepared[name] = False


@lru_cache(maxsize=1024)
def _named(sql: str) -> tuple[bytes, bytes]:
    text = sql.encode()
    return b"r_" + sha256(text).hexdigest()[:32].encode(), text


def exchange(connection: Connection, orders: Sequence[Order]) -> list[tuple[Any, ...]]:
    """Send what waits, then these; gives the rows of the last."""
    line = _line_of(connection)
    orders, line.waiting = [*line.waiting, *orders], []
    return _exchanged(connection, line, orders) if orders else []


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


def _line_of(connection: Connection) -> _Line:
    info = connection.info
    line: _Line | None = info.get(_LINE)
    if line is None:
        driver: Any = connection.connection.driver_connection
        line = info[_LINE] = _Line(Transformer(driver))
    return line


def _exchanged(connection: Connection, line: _Line, orders: Sequence[Order]) -> list[tuple[Any, ...]]:
    driver: Any = connection.connection.driver_connection
    pgconn = driver.pgconn
    sends: list[Send] = []
    made: dict[int, bytes] = {}  # which of the sendings prepares what
    if not driver.autocommit and pgconn.transaction_status == pq.TransactionStatus.IDLE:
        sends.append(partial(pgconn.send_query_params, _begin(driver), None))
    for order in orders:
        _enqueue(pgconn, line, order, sends, made)
    talk = _talk(pgconn, sends)
    try:
        results = await_only(driver.wait(talk)) if connection.dialect.is_async else driver.wait(talk)
    except BaseException:
        if pgconn.status == pq.ConnStatus.OK and pgconn.pipeline_status != pq.PipelineStatus.OFF:
            pgconn.finish()  # left in the middle of a talk: nobody can go on with it
        raise
    for at, name in made.items():
        if at >= len(results) or results[at].status != pq.ExecStatus.COMMAND_OK:
            line.prepared[name] = False
    for result in results:
        if result.status == _FATAL:
            if result.error_field(pq.DiagnosticField.SQLSTATE) == _UNKNOWN_NAME:
                line.doubt()
            raise error_from_result(result, encoding="utf-8")
    if len(results) < len(sends) or any(result.status == _ABORTED for result in results):
        raise OperationalError("the connection was lost in the middle of a talk")
    line.transformer.set_pgresult(results[-1])
    return line.transformer.load_rows(0, results[-1].ntuples, tuple) if results[-1].nfields else []


def _begin(driver: Any) -> bytes:
    """How the driver itself would begin: a verb may have asked for a stricter isolation (``core/matching.py``)."""
    level = driver.isolation_level
    return b"BEGIN" if level is None else f"BEGIN ISOLATION LEVEL {level.name.replace('_', ' ')}".encode()


def _enqueue(pgconn: Any, line: _Line, order: Order, sends: list[Send], made: dict[int, bytes]) -> None:
    if not order.values:
        sends.append(partial(pgconn.send_query_params, order.sql.encode(), None))
        return
    name, sql = _named(order.sql)
    if not line.prepared.get(name):
        # Closing what is not there is no fault, unlike DEALLOCATE
        if name in line.prepared:
            sends.append(partial(pgconn.send_close_prepared, name))
        elif len(line.prepared) >= PREPARED:
            sends.append(partial(pgconn.send_close_prepared, line.prepared.popitem(last=False)[0]))
        made[len(sends)] = name
        sends.append(partial(pgconn.send_prepare, name, sql, None))
        line.prepared[name] = True
    line.prepared.move_to_end(name)
    # As text of no stated type: the casts in the statement and its columns say what each value is
    values = line.transformer.dump_sequence(order.values, [PyFormat.TEXT] * len(order.values))
    sends.append(partial(pgconn.send_query_prepared, name, values))


def _talk(pgconn: Any, sends: Sequence[Send]) -> Generator[Wait, Ready, list[Any]]:
    """Send all, then read a result for each, up to the mark that ends them."""
    pgconn.enter_pipeline_mode()
    for send in sends:
        send()
    pgconn.pipeline_sync()
    while pgconn.flush():
        if (yield Wait.RW) & Ready.R:
            pgconn.consume_input()
    results: list[Any] = []
    while True:
        while pgconn.is_busy():
            yield Wait.R
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is not None and result.status == _SYNC:
            break
        if result is not None:
            results.append(result)
        elif pgconn.status == pq.ConnStatus.BAD:
            return results  # the last one says why
    pgconn.exit_pipeline_mode()
    return results
