"""How statements go to PostgreSQL and come back in one way, in the words of its driver (libpq's pipeline)."""

from collections.abc import Callable, Generator, Sequence
from functools import lru_cache, partial
from hashlib import sha256
from typing import Any

from psycopg import OperationalError, pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.waiting import Ready, Wait
from sqlalchemy import Connection
from sqlalchemy.util import await_only

from core.exchanges import Line, Order

PREPARED = 100  # statements on one connection, as the driver has it
_SYNC, _FATAL, _ABORTED = pq.ExecStatus.PIPELINE_SYNC, pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED
_UNKNOWN_NAME = b"26000"
Send = Callable[[], None]


def transformer_of(driver: Any) -> Any:
    """What makes text of values and values of text, as this connection has them."""
    return Transformer(driver)


@lru_cache(maxsize=1024)
def _named(sql: str) -> tuple[bytes, bytes]:
    text = sql.encode()
    return b"r_" + sha256(text).hexdigest()[:32].encode(), text


def exchanged(connection: Connection, line: Line, orders: Sequence[Order]) -> list[tuple[Any, ...]]:
    """Send these in one way; gives the rows of the last."""
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


def _enqueue(pgconn: Any, line: Line, order: Order, sends: list[Send], made: dict[int, bytes]) -> None:
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
