"""The database and the one place that decides how a verb runs.

A verb is a plain function whose first argument is a ``Session``; it never commits. The edge runs it in one transaction:
on SQLite reads run straight on the event loop, and writes in one thread (``embedded.py``); on PostgreSQL both run
in greenlets over an asynchronous driver, as SQLAlchemy's own ``run_sync`` does it. Commands, jobs and long work use
``transaction()`` from a thread of their own.

The loop itself never waits for SQLite's lock: a job, a command or another program may hold it for long, and whoever
only reads is answered meanwhile. Threads that read have a pool of their own, which no writer that waits can fill.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from datetime import date, datetime
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session
from sqlalchemy.util import greenlet_spawn
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    Retrying,
    retry_if_exception,
    wait_random_exponential,
)

from core.clock import local_date
from core.conditions import WITHIN, condition_met, on_condition
from core.embedded import Reads, Writes
from core.engines import POOL_SECONDS, async_reader, async_writer, engine_url, sqlite_engine, sync_engine
from core.errors import Refusal, conflict
from core.events import Listeners
from core.exchanges import Order, exchange, keep_in_step
from core.faults import has_written, honest_commit, is_locked, is_lost
from core.guards import MARK
from core.languages import N_
from core.prepared import commit, faults, send_waiting
from core.shared import Shared

Params = ParamSpec("Params")
Result = TypeVar("Result")
Verb = Callable[Concatenate[Session, Params], Result]
Look = Callable[Concatenate[Connection, Params], Result]

# PostgreSQL: serialization failure, deadlock detected, a prepared statement that the server has forgotten
_RETRYABLE = ("40001", "40P01", "26000")
# what two who do the same at the same moment meet: a row that the other wrote, or a guard (PostgreSQL; SQLite)
_CLASHES = ("23505", "UNIQUE constraint failed", MARK, "below zero")
DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")
READERS = 4  # threads for what reads much


def _threads() -> ThreadPoolExecutor:
    """For long reads; its threads are made when they are needed."""
    return ThreadPoolExecutor(READERS, "reads")


class TryAgain(Exception):
    """Another transaction got in between: the verb must run anew, from its first line, in a new transaction.

    A row that another transaction has entered meanwhile (a unique key) needs no such word: it counts as one.
    """


class Database:
    """Engines of one database, and how verbs run on it."""

    def __init__(
        self,
        url: str,
        pool_size: int = 20,
        zone: ZoneInfo = DEFAULT_ZONE,
        listeners: Listeners | None = None,
        pool_seconds: float = POOL_SECONDS,
    ) -> None:
        # What every session is opened with: the depots' time zone (date_in), and who hears of events. Without listeners
        # a session can look but publish nothing: an event that nobody heard would leave gear without label or recall
        info = {"zone": zone} | ({} if listeners is None else {"listeners": listeners})
        self._ways: dict[str, Any] = {"expire_on_commit": False, "info": info}
        self.url = engine_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.async_engine: AsyncEngine | None = None
        self.async_reader: AsyncEngine | None = None
        if self.is_sqlite:
            self.engine = sqlite_engine(self.url)
        else:
            self.engine = sync_engine(self.url)
            self.async_engine = async_writer(self.url, pool_size // 2, pool_seconds)
            self.async_reader = async_reader(self.url, pool_size - pool_size // 2, pool_seconds)
            for engine in (self.engine, self.async_engine.sync_engine, self.async_reader.sync_engine):
                keep_in_step(engine, send_waiting)
        self._ways_in = {writes: self.engine.execution_options(writes=writes) for writes in (False, True)}
        self._reads = Reads(self.engine, self._ways)
        self._writes = Writes(self.engine, self._ways, pool_seconds)
        self._versions: dict[str, Shared[int]] = {}
        self._readers = _threads()

    def count_days_in(self, zone: ZoneInfo) -> None:
        """Open sessions with another time zone from now on."""
        self._ways["info"]["zone"] = zone

    @property
    def writes_waiting(self) -> int:
        """How many verbs wait for the embedded database's one writer."""
        return self._writes.waiting

    async def read(self, verb: Verb[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """Run a verb that only reads. If its connection turns out to be dead, once more with a fresh one."""
        if (within := WITHIN.get()) is not None:
            return verb(within, *args, **kwargs)
        try:
            return await self._run(lambda session: verb(session, *args, **kwargs), writes=False)
        except DBAPIError as error:
            if has_written(error):
                raise AssertionError("a verb that was to read has written") from error
            if not _worth_retrying(error):
                raise
        return await self._run(lambda session: verb(session, *args, **kwargs), writes=False)

    async def look(self, verb: Look[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """Run what asks one prepared statement, by the shortest way there is: without a session's frame around it.

        For what many wait for. Two statements would not see the same moment.
        """
        if (within := WITHIN.get()) is not None:
            return verb(within.connection(), *args, **kwargs)
        if self.is_sqlite:
            return await self._reads.look(lambda connection: verb(connection, *args, **kwargs))
        try:
            return await self._look(verb, *args, **kwargs)
        except DBAPIError as error:
            if not _worth_retrying(error):
                raise
        return await self._look(verb, *args, **kwargs)

    async def _look(self, verb: Look[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        assert self.async_reader is not None
        sync = self.async_reader.sync_engine

        def act() -> Result:
            with sync.connect() as connection:
                return verb(connection, *args, **kwargs)

        return await greenlet_spawn(act)

    async def write(self, verb: Verb[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """Run a verb in one transaction and commit it.

        Deadlocks, lost locks and connections that died before COMMIT are tried again: verbs bear that.
        """
        verb = on_condition(verb)
        with _clash_refused():
            try:
                result = await self._run(lambda session: verb(session, *args, **kwargs), writes=True)
            except Exception as error:
                if not _worth_retrying(error):
                    raise
                first = error
            else:
                condition_met()
                return result
            async for attempt in AsyncRetrying(**_patience(_worth_retrying, first)):
                with attempt:
                    result = await self._run(lambda session: verb(session, *args, **kwargs), writes=True)
                    condition_met()
                    return result
        raise AssertionError("unreachable: retrying either returns or raises")

    async def version(self, statement: str) -> int:
        """The number that a statement finds, by the shortest way: a counter that every request asks for.

        On PostgreSQL all who ask at the same time share one way there and back.
        """
        if (within := WITHIN.get()) is not None:
            return _number(within, statement)
        if self.is_sqlite:
            try:
                return self._reads.number(statement)
            except sqlite3.Error:  # a read like others waits for a lock, and its faults are judged
                return await self.read(_number, statement)
        shared = self._versions.get(statement)
        if shared is None:
            shared = self._versions[statement] = Shared(lambda: self.look(_number_there, statement))
        return await shared.answer()

    async def offload(self, verb: Verb[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """Run a long verb in a thread with a session of its own, so that a scan never waits for it."""
        return await asyncio.to_thread(lambda: self.run(verb, *args, **kwargs))

    async def survey(self, verb: Verb[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """Run a verb that reads much (a whole city) in a thread, so that a scan never waits for it.

        As ``read`` it is tried anew: what reads much meets a migration, and one of the two steps back.
        """
        if (within := WITHIN.get()) is not None:
            return verb(within, *args, **kwargs)

        def look() -> Result:
            for attempt in Retrying(**_patience(_worth_retrying_in_thread)):
                with attempt, self.transaction(writes=False) as session:
                    return verb(session, *args, **kwargs)
            raise AssertionError("unreachable: retrying either returns or raises")

        return await self.aside(look)

    async def aside(self, look: Callable[[], Result]) -> Result:
        """Run in a thread what reads, and nothing that waits for a lock."""
        context = copy_context()  # as ``to_thread`` does: what is logged there belongs to the request
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: context.run(look))

    def run(self, verb: Verb[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """Run a writing verb in one transaction, from a command, a job or a test."""
        verb = on_condition(verb)
        with _clash_refused():
            for attempt in Retrying(**_patience(_worth_retrying_in_thread)):
                with attempt:
                    with self.transaction() as session:
                        result = verb(session, *args, **kwargs)
                    condition_met()
                    return result
        raise AssertionError("unreachable: retrying either returns or raises")

    @contextmanager
    def transaction(self, *, writes: bool = True) -> Iterator[Session]:
        """A session in one transaction: committed at the end, undone by any exception."""
        with Session(self._ways_in[writes], **self._ways) as session:
            yield session
            session.flush()
            with honest_commit(writes=writes):
                session.commit()

    async def close(self) -> None:
        """Give all connections back."""
        for engine in (self.async_engine, self.async_reader):
            if engine is not None:
                await engine.dispose()
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._readers = _threads()  # like the engines it may be used again
        self.engine.dispose()

    async def _run(self, verb: Callable[[Session], Result], *, writes: bool) -> Result:
        engine = self.async_engine if writes else self.async_reader
        if engine is None:
            embedded = self._writes if writes else self._reads
            return await embedded.run(verb)
        sync = engine.sync_engine

        def act() -> Result:
            with Session(sync, **self._ways) as session:
                result = verb(session)
                session.flush()
                with honest_commit(writes=writes):
                    commit(session)
                return result

        return await greenlet_spawn(act)


def _number(session: Session, statement: str) -> int:
    return int(session.connection().exec_driver_sql(statement).scalar_one())


def _number_there(connection: Connection, statement: str) -> int:
    with faults(connection, statement):
        return int(exchange(connection, [Order(statement)])[0][0])


def date_in(session: Session, instant: datetime) -> date:
    """The calendar date of an instant in the depots' time zone, for what follows a movement."""
    return local_date(instant, session.info["zone"])


def _patience(worth: Callable[[BaseException], bool], first: BaseException | None = None) -> dict[str, Any]:
    """How often it is tried; ``first``: what has failed once already."""
    return {
        "retry": retry_if_exception(worth),
        "stop": partial(_enough, 0 if first is None else 1),
        "wait": wait_random_exponential(multiplier=0.02, max=0.5),
        "reraise": True,
    }


def _enough(before: int, state: RetryCallState) -> bool:
    """A dead connection is replaced once: when the next one fails too, the database is away, and that is the answer."""
    error = state.outcome.exception() if state.outcome else None
    return state.attempt_number + before >= (2 if is_lost(error) else 5)


def _clashes(error: BaseException) -> bool:
    """Whether the database refused a row for what others have written; tried anew, the verb sees it and says so."""
    if not isinstance(error, IntegrityError):
        return False
    return getattr(error.orig, "sqlstate", None) in _CLASHES or any(clash in str(error.orig) for clash in _CLASHES)


@contextmanager
def _clash_refused() -> Iterator[None]:
    """What the database refuses again and again, though the verb saw nothing against it, is a conflict (409)."""
    try:
        yield
    except (IntegrityError, TryAgain) as error:
        if isinstance(error, IntegrityError) and not _clashes(error):
            raise
        raise _does_not_fit() from error


def _does_not_fit() -> Refusal:
    return conflict("clash", N_("this does not fit what is in the book by now; look again, and repeat it"))


def _worth_retrying(error: BaseException) -> bool:
    if isinstance(error, TryAgain) or _clashes(error) or is_lost(error):
        return True
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _RETRYABLE


def _worth_retrying_in_thread(error: BaseException) -> bool:
    """On the loop a lock has been waited for already; a job or a command has longer."""
    return _worth_retrying(error) or is_locked(error)
