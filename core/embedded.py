"""How a server works with the embedded database: its event loop reads, one thread writes for all who wait.

A commit costs a flush to the disk. So whatever arrives while one is under way is committed together with the next: each
verb in a savepoint of its own, answered once the commit has returned. One that fails harms no neighbour; a commit that
fails is no answer to anybody: each of its verbs runs again by itself, and gets a verdict of its own. The loop reads by
connections that stay open, and waits neither for the writer nor for the disk.
"""

import asyncio
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.faults import is_locked

Result = TypeVar("Result")
Act = Callable[[Session], Any]  # a verb with its arguments

READ_SECONDS = 1.5  # that a read on the loop waits, should SQLite ever lock readers out: a person hears within two
LOCK_PAUSE = (0.005, 0.04)  # seconds between two looks whether SQLite's lock is free
TOGETHER = 64  # verbs in one commit


class Reads:
    """Connections by which the event loop reads: opened once, and used by one verb at a time."""

    def __init__(self, engine: Engine, ways: dict[str, Any]) -> None:
        self._engine, self._ways = engine.execution_options(writes=False), ways
        self._idle: list[Connection] = []
        event.listen(engine, "engine_disposed", lambda _engine: self._close())

    async def run(self, act: Callable[[Session], Result]) -> Result:
        """Run a verb that reads, on the loop."""

        def in_session(connection: Connection) -> Result:
            with Session(connection, **self._ways) as session:
                result = act(session)
                session.commit()
                return result

        return await self.look(in_session)

    async def look(self, act: Callable[[Connection], Result]) -> Result:
        """Run what reads by a connection alone, on the loop."""
        until = time.monotonic() + READ_SECONDS
        while True:
            try:
                connection = self._idle.pop() if self._idle else self._open()
                try:
                    return act(connection)
                finally:
                    self._back(connection)
            except OperationalError as error:
                if not is_locked(error) or time.monotonic() >= until:
                    raise
            await asyncio.sleep(random.uniform(*LOCK_PAUSE))

    def number(self, statement: str) -> int:
        """One number by the shortest way there is."""
        connection = self._idle.pop() if self._idle else self._open()
        try:
            driver: Any = connection.connection.driver_connection
            return int(driver.execute(statement).fetchone()[0])
        finally:
            self._idle.append(connection)

    def _close(self) -> None:
        while self._idle:
            _end(self._idle.pop())

    def _back(self, connection: Connection) -> None:
        """Let the next one have a connection that has been used."""
        if connection.in_transaction():
            connection.rollback()
        self._idle.append(connection)

    def _open(self) -> Connection:
        connection = self._engine.connect()
        wait_for_lock(connection, 0)  # the loop waits for nobody
        return connection


@dataclass(frozen=True)
class _Failed:
    error: Exception


@dataclass(eq=False, slots=True)
class _Waiting:
    """A verb that somebody waits for on a loop."""

    act: Act
    until: float  # when it has waited for SQLite's lock long enough
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    answered: bool = False


def _answer(group: Sequence[_Waiting], outcomes: Sequence[Any]) -> None:
    """Hand the outcomes to whoever waits: their loop is woken once, however many they are."""
    pairs = list(zip(group, outcomes, strict=True))
    for one in group:
        one.answered = True
    for loop in {one.loop for one in group}:
        with suppress(RuntimeError):  # a loop that has been closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle, [(one.answer, outcome) for one, outcome in pairs if one.loop is loop])


def _settle(pairs: Sequence[tuple[asyncio.Future[Any], Any]]) -> None:
    for answer, outcome in pairs:
        if answer.done():  # whoever asked has gone away
            continue
        if isinstance(outcome, _Failed):
            answer.set_exception(outcome.error)
        else:
            answer.set_result(outcome)


class _GroupLost(Exception):
    """SQLite has undone the whole transaction (a full or broken disk), with what others had done in it."""


class Writes:
    """The thread that writes."""

    def __init__(self, engine: Engine, ways: dict[str, Any], lock_seconds: float) -> None:
        self._engine = engine.execution_options(writes=True)
        self._ways = {**ways, "join_transaction_mode": "create_savepoint"}
        self._lock_seconds = lock_seconds
        self._mutex = threading.Lock()  # of the two that follow
        self._waiting: deque[_Waiting] = deque()
        self._at_work = False
        self._thread = ThreadPoolExecutor(1, "writer")
        self._connection: Connection | None = None
        event.listen(engine, "engine_disposed", lambda _engine: self._close())

    @property
    def waiting(self) -> int:
        """How many verbs have not begun."""
        return len(self._waiting)

    async def run(self, act: Callable[[Session], Result]) -> Result:
        """Run a verb in a transaction, with others; returns once it is committed."""
        context = copy_context()  # who asks and from where belongs to the request
        waiting = self._asked(lambda session: context.run(act, session))
        with self._mutex:
            self._waiting.append(waiting)
            if not self._at_work:
                self._at_work = True
                self._thread.submit(self._work)
        result: Result = await waiting.answer
        return result

    def _asked(self, act: Act) -> _Waiting:
        loop = asyncio.get_running_loop()
        return _Waiting(act, time.monotonic() + self._lock_seconds, loop, loop.create_future())

    def _close(self) -> None:
        """Finish what waits, and close the connection."""
        self._thread.shutdown()
        self._thread = ThreadPoolExecutor(1, "writer")  # it may be used again
        if self._connection is not None:
            _end(self._connection)
            self._connection = None

    def _work(self) -> None:
        while group := self._next_group():
            try:
                # Whoever has gone away meanwhile is not booked for
                self._commit_together([one for one in group if not one.answer.cancelled()])
            except BaseException as error:  # a fault of ours here: nobody waits for ever
                left = [one for one in group if not one.answered]
                _answer(left, [_Failed(_ordinary(error))] * len(left))
                if self._connection is not None:
                    _undo(self._connection)

    def _next_group(self) -> list[_Waiting]:
        with self._mutex:
            group = [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
            self._at_work = bool(group)
            return group

    def _commit_together(self, group: list[_Waiting]) -> None:
        """Run verbs in one transaction. Where that fails as a whole, each runs in one of its own."""
        if not group:
            return
        try:
            connection = self._begun(group[0].until)
        except Exception as error:  # the lock could not be had in time, or the file cannot be opened
            now = time.monotonic()
            in_time = [one for one in group if is_locked(error) and one.until > now]
            late = group[: len(group) - len(in_time)]  # they stand in the order in which they came
            _answer(late, [_Failed(error)] * len(late))
            self._commit_together(in_time)
            return
        try:
            outcomes = [self._outcome(connection, one.act) for one in group]
            connection.commit()
        except Exception as error:
            _undo(connection)
            if len(group) == 1:
                cause = error.__cause__ if isinstance(error, _GroupLost) else error
                _answer(group, [_Failed(_ordinary(cause or error))])
            else:
                for one in group:
                    self._commit_together([one])
            return
        _answer(group, outcomes)

    def _begun(self, until: float) -> Connection:
        """The writer's connection in a transaction that holds SQLite's lock, waited for until an instant."""
        if self._connection is None:
            self._connection = self._engine.connect()
        wait_for_lock(self._connection, max(0.0, until - time.monotonic()))
        self._connection.begin()
        return self._connection

    def _outcome(self, connection: Connection, act: Act) -> Any:
        """What a verb returns, or how it failed: then nothing of it stands."""
        try:
            with Session(connection, **self._ways) as session:
                result = act(session)
                session.commit()
                return result
        except BaseException as error:  # whatever it is: it ends neither the thread nor the transaction of others
            driver: Any = connection.connection.driver_connection
            if not driver.in_transaction:
                raise _GroupLost from _ordinary(_first(error))
            return _Failed(_ordinary(error))


def _ordinary(error: BaseException) -> Exception:
    """The error as whoever waits may be given it: others would end the loop, or never arrive by a future."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    ordinary = RuntimeError(f"a verb ended by {type(error).__name__}")
    ordinary.__cause__ = error
    return ordinary


def _first(error: BaseException) -> BaseException:
    """For what SQLite has undone the transaction: the way back to a savepoint, gone with it, has failed after that."""
    while "no such savepoint" in str(error) and error.__context__ is not None:
        error = error.__context__
    return error


def wait_for_lock(connection: Connection, seconds: float) -> None:
    """Let this connection wait so long for SQLite's lock."""
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA busy_timeout={round(seconds * 1000)}")


def _end(connection: Connection) -> None:
    """Close a connection for good: the pool would hand it to whoever waits for locks in another way."""
    connection.invalidate()
    connection.close()


def _undo(connection: Connection) -> None:
    """End a transaction of which nothing is to stand, whoever takes it for ended already."""
    try:
        connection.rollback()
        driver: Any = connection.connection.driver_connection
        if driver.in_transaction:  # SQLite keeps it open when COMMIT fails, and SQLAlchemy does not know
            driver.rollback()
    except Exception:
        connection.invalidate()
