"""The database and the one place that decides how a verb runs.

A verb is a plain function whose first argument is a ``Session``; it never commits. The edge runs it in one transaction:
on SQLite straight on the event loop, one write after the other; on PostgreSQL inside ``AsyncSession.run_sync`` over an
asynchronous driver. Commands, jobs and long work use ``transaction()`` from a thread of their own.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session
from tenacity import (
    AsyncRetrying,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_random_exponential,
)

from core.clock import local_date
from core.errors import Refusal, conflict
from core.events import Listeners
from core.guards import MARK
from core.languages import N_
from core.private_files import private_file, private_folder

Params = ParamSpec("Params")
Result = TypeVar("Result")
Verb = Callable[Concatenate[Session, Params], Result]

# PostgreSQL: serialization failure, deadlock detected
_RETRYABLE = ("40001", "40P01")
# what two who do the same at the same moment meet: a row that the other wrote, or a guard (PostgreSQL; SQLite)
_CLASHES = ("23505", "UNIQUE constraint failed", MARK, "below zero")
HIDDEN: dict[str, Any] = {"hide_parameters": True}  # errors end in logs: no names and phones there (B19)
DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")


def engine_url(url: str) -> URL:
    """The address as SQLAlchemy wants it, with psycopg for PostgreSQL.

    Several hosts (``postgresql://user:pass@one:5432,two:5432/name``) are tried in turn for the one that takes writes.
    """
    if url.startswith("sqlite:"):
        return make_url(url)
    parts = urlsplit(url)
    login, _, hosts = parts.netloc.rpartition("@")
    if "," not in hosts:
        return make_url(url).set(drivername="postgresql+psycopg")
    user, _, password = login.partition(":")
    query: dict[str, Any] = {"target_session_attrs": "read-write", **dict(parse_qsl(parts.query))}
    query["host"] = tuple(hosts.split(","))
    return URL.create("postgresql+psycopg", user or None, password or None, database=parts.path[1:], query=query)


class TryAgain(Exception):
    """Another transaction got in between: the verb must run anew, from its first line, in a new transaction."""


class Database:
    """Engines of one database, and how verbs run on it."""

    def __init__(
        self, url: str, pool_size: int = 20, zone: ZoneInfo = DEFAULT_ZONE, listeners: Listeners | None = None
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
            self.engine = _sqlite_engine(self.url)
        else:
            self.engine = create_engine(self.url, pool_size=5, max_overflow=10, pool_pre_ping=True, **HIDDEN)
            self.async_engine = _async_engine(self.url, pool_size // 2)
            # A reader sees what is committed, statement by statement, with or without a transaction around them:
            # without one each answer saves two ways to the server. That it only reads, the server sees to.
            self.async_reader = _async_engine(
                self.url,
                pool_size - pool_size // 2,
                isolation_level="AUTOCOMMIT",
                connect_args={"options": f"{self.url.query.get('options', '')} -c default_transaction_read_only=on"},
            )
        self._reader = self.engine.execution_options(writes=False)
        self._writer = self.engine.execution_options(writes=True)

    async def read(self, verb: Verb[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """Run a verb that only reads."""
        return await self._run(self._reader, self.async_reader, verb, *args, **kwargs)

    async def write(self, verb: Verb[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """Run a verb in one transaction and commit it. Deadlocks and lost locks are tried again: verbs bear that."""
        with _clash_refused():
            async for attempt in AsyncRetrying(**_patience()):
                with attempt:
                    return await self._run(self._writer, self.async_engine, verb, *args, **kwargs)
        raise AssertionError("unreachable: retrying either returns or raises")

    async def offload(self, verb: Verb[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """Run a long verb in a thread with a session of its own, so that a scan never waits for it."""
        return await asyncio.to_thread(lambda: self.run(verb, *args, **kwargs))

    async def survey(self, verb: Verb[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """Run a verb that reads much (a whole city) in a thread, so that a scan never waits for it."""

        def look() -> Result:
            with self.transaction(writes=False) as session:
                return verb(session, *args, **kwargs)

        return await asyncio.to_thread(look)

    def run(self, verb: Verb[Params, Result], *args: Params.args, **kwargs: Params.kwargs) -> Result:
        """Run a writing verb in one transaction, from a command, a job or a test."""
        with _clash_refused():
            for attempt in Retrying(**_patience()):
                with attempt, self.transaction() as session:
                    return verb(session, *args, **kwargs)
        raise AssertionError("unreachable: retrying either returns or raises")

    @contextmanager
    def transaction(self, writes: bool = True) -> Iterator[Session]:
        """A session in one transaction: committed at the end, undone by any exception."""
        with (
            Session(self._writer if writes else self._reader, **self._ways) as session,
            session.begin(),
        ):
            yield session

    async def close(self) -> None:
        """Give all connections back."""
        for engine in (self.async_engine, self.async_reader):
            if engine is not None:
                await engine.dispose()
        self.engine.dispose()

    async def _run(
        self,
        engine: Engine,
        asynchronously: AsyncEngine | None,
        verb: Verb[Params, Result],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        if asynchronously is None:
            with Session(engine, **self._ways) as session, session.begin():
                return verb(session, *args, **kwargs)
        async with (
            AsyncSession(asynchronously, **self._ways) as asynchronous,
            asynchronous.begin(),
        ):
            return await asynchronous.run_sync(verb, *args, **kwargs)


def _async_engine(url: URL, pool_size: int, **more: Any) -> AsyncEngine:
    return create_async_engine(url, pool_size=max(1, pool_size), max_overflow=0, pool_pre_ping=False, **HIDDEN, **more)


def date_in(session: Session, instant: datetime) -> date:
    """The calendar date of an instant in the depots' time zone, for what follows a movement."""
    return local_date(instant, session.info["zone"])


def _sqlite_engine(url: URL) -> Engine:
    path = Path(url.database or "")
    connect = {"check_same_thread": False, "timeout": 30}
    engine = create_engine(url, connect_args=connect, pool_size=8, max_overflow=32, **HIDDEN)

    @event.listens_for(engine, "do_connect")
    def _make_private(*_: object) -> None:
        # before SQLite makes it: the log and the index beside it get the file's mode
        if not path.exists():
            private_folder(path.parent)
            private_file(path).close()

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's "begin" below opens transactions, not the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: two readers that both turn into writers would deadlock
        writes = connection.get_execution_options().get("writes", True)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _patience() -> dict[str, Any]:
    return {
        "retry": retry_if_exception(_worth_retrying),
        "stop": stop_after_attempt(5),
        "wait": wait_random_exponential(multiplier=0.02, max=0.5),
        "reraise": True,
    }


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
    if isinstance(error, TryAgain) or _clashes(error):
        return True
    if not isinstance(error, OperationalError):
        return False
    return getattr(error.orig, "sqlstate", None) in _RETRYABLE or "database is locked" in str(error.orig)
