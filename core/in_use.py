"""Whether anybody uses a database: whoever serves or runs a command holds a shared lock, a restore needs it alone.

A lock ends with its process: on SQLite one beside the file, on PostgreSQL an advisory lock on a connection of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import structlog
from filelock import ReadWriteLock, Timeout
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from core.background import alongside
from core.database import Database
from core.errors import Refusal, conflict
from core.languages import N_
from core.private_files import private_folder

USE_KEY = 0x5E20  # of PostgreSQL's advisory lock; the jobs' leader has another
PATIENCE = 2.0  # seconds: a command that is just ending is waited for
CHECK_SECONDS = 5.0
log = structlog.get_logger()


def _lock_beside(database: Database) -> ReadWriteLock:
    path = Path(str(database.url.database))
    private_folder(path.parent)
    # a lock of its own for each holder: the shared instance would take a second holder for the first
    return ReadWriteLock(f"{path}.use.lock", is_singleton=False)


def _being_restored() -> Refusal:
    return conflict("being-restored", N_("this database is being restored just now; try again when that is done"))


@contextmanager
def in_use(database: Database) -> Iterator[None]:
    """Use the database; a restore waits or refuses meanwhile. Refuses (409) while one is under way."""
    if database.is_sqlite:
        lock = _lock_beside(database)
        try:
            lock.acquire_read(PATIENCE)
        except Timeout:
            lock.close()
            raise _being_restored() from None
        try:
            yield
        finally:
            lock.release()
            lock.close()
        return
    connection = _share(database)
    if connection is None:
        raise _being_restored()
    try:
        yield
    finally:
        _give_back(connection)


@contextmanager
def alone(database: Database, connection: Connection | None = None) -> Iterator[None]:
    """Have the database to oneself; on PostgreSQL until the end of the connection's transaction. 409 if it is used."""
    used = conflict("in-use", N_("a server or a command uses this database; stop it first"))
    if connection is not None:
        if not connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": USE_KEY}).scalar():
            raise used
        yield
        return
    lock = _lock_beside(database)
    try:
        lock.acquire_write(PATIENCE)
    except Timeout:
        lock.close()
        raise used from None
    try:
        yield
    finally:
        lock.release()
        lock.close()


@asynccontextmanager
async def while_serving(database: Database) -> AsyncIterator[None]:
    """Hold the shared lock while the application lives; on PostgreSQL take it again when its connection was lost."""
    if database.is_sqlite:
        with in_use(database):
            yield
        return
    async with alongside(_keep_sharing(database)):
        yield


async def _keep_sharing(database: Database) -> None:
    connection: Connection | None = None
    try:
        while True:
            try:
                connection = await asyncio.to_thread(_share_still, database, connection)
            except SQLAlchemyError as error:
                connection = None
                log.warning("the lock of those who use the database waits for it", why=type(error).__name__)
            await asyncio.sleep(CHECK_SECONDS)
    finally:
        if connection is not None:
            _give_back(connection)


def _share_still(database: Database, connection: Connection | None) -> Connection | None:
    if connection is None:
        return _share(database)
    try:
        connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        connection.invalidate()
        connection.close()
        return _share(database)
    return connection


def _share(database: Database) -> Connection | None:
    connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    if connection.execute(text("SELECT pg_try_advisory_lock_shared(:key)"), {"key": USE_KEY}).scalar():
        return connection
    connection.close()
    return None


def _give_back(connection: Connection) -> None:
    connection.invalidate()  # the pool would keep the connection, and the lock with it
    connection.close()
