"""How connections to the database are made: one address or several, private files, what only reads."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from core.prepared import faults
from core.private_files import private_file, private_folder

# Of each engine: errors end in logs, with no names and phones there (B19). A statement that is kept compiled takes
# 42 KB, and SQLAlchemy would keep up to 750 of them (half more than its size says). Those that people ask for all day
# are fewer; the others cost a millisecond to compile anew
COMMON: dict[str, Any] = {"hide_parameters": True, "query_cache_size": 150}
LOCK_SECONDS = 30  # that a thread waits for SQLite's lock
# Of each connection to SQLite while it is in use; beyond it the system's own cache of the file serves. In a server
# those of the loop and of the writer always are, and of the threads' others some two at a time
CACHE_KB = 2_048
LOAD_CACHE_KB = 65_536  # of a transaction that enters tens of thousands of rows: their indexes are written all over
KEPT_OPEN = 3  # of the threads' connections: each holds the schema, 2 MB; to open one more takes 10 ms
MORE = 37  # at once, for as long as they are used
POOL_SECONDS = 30.0  # that a request waits for a connection before it is answered that too many wait
# How a dead way to the database is noticed. A server that only hangs is still there to the network, and is waited for;
# of several hosts one may be gone without a farewell: then the next is asked within seconds
_ONE_HOST = {"connect_timeout": 30}
_SEVERAL_HOSTS = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 8000,
}


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
    user, _, password = (unquote(part) for part in login.partition(":"))
    query: dict[str, Any] = {"target_session_attrs": "read-write", **dict(parse_qsl(parts.query))}
    query["host"] = tuple(hosts.split(","))
    return URL.create("postgresql+psycopg", user or None, password or None, database=parts.path[1:], query=query)


def async_writer(url: URL, pool_size: int, patience: float) -> AsyncEngine:
    """Connections for what may write."""
    return _async_engine(url, pool_size, patience)


def async_reader(url: URL, pool_size: int, patience: float) -> AsyncEngine:
    """Connections that see what is committed, statement by statement; that they only read, the server sees to.

    With or without a transaction around them: without one each answer saves two ways to the server.
    """
    engine = _async_engine(url, pool_size, patience, isolation_level="AUTOCOMMIT")

    @event.listens_for(engine.sync_engine, "connect")
    def _only_reads(connection: Any, _record: object) -> None:
        # After connecting: as an option of the connection it would make each host look like one that takes no
        # writes, and none of several would be chosen (B9)
        cursor = connection.cursor()
        cursor.execute("SET default_transaction_read_only = on")
        cursor.close()
        connection.commit()

    return engine


def sync_engine(url: URL) -> Engine:
    """Connections for commands, jobs and long work, each in a thread."""
    return create_engine(
        url,
        pool_size=5,
        max_overflow=10,
        pool_timeout=POOL_SECONDS,
        pool_pre_ping=True,
        connect_args=_ways(url),
        **COMMON,
    )


def _async_engine(url: URL, pool_size: int, patience: float, **more: Any) -> AsyncEngine:
    # No ping before each use: a connection that has died is found out by its first statement, and tried anew
    return create_async_engine(
        url,
        pool_size=max(1, pool_size),
        max_overflow=0,
        pool_timeout=patience,
        pool_pre_ping=False,
        connect_args=_ways(url),
        **COMMON,
        **more,
    )


def _ways(url: URL) -> dict[str, Any]:
    """What the address leaves open of how a connection is made and watched."""
    several = isinstance(url.query.get("host"), tuple)
    ways = _SEVERAL_HOSTS if several else _ONE_HOST
    return {name: value for name, value in ways.items() if name not in url.query}


def sqlite_engine(url: URL) -> Engine:
    """Connections to the embedded database."""
    path = Path(url.database or "")
    connect = {"check_same_thread": False, "timeout": LOCK_SECONDS}
    # The connection that was used last is used next: it has the pages in its cache, and the others stay small
    pool = {"pool_size": KEPT_OPEN, "max_overflow": MORE, "pool_use_lifo": True}
    engine = create_engine(url, connect_args=connect, **pool, **COMMON)

    @event.listens_for(engine, "do_connect")
    def _make_private(*_: object) -> None:
        # before SQLite makes it: the log and the index beside it get the file's mode
        if not path.exists():
            private_folder(path.parent)
            private_file(path).close()

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy's "begin" below opens transactions, not the driver
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"cache_size=-{CACHE_KB}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "checkin")
    def _rest(connection: sqlite3.Connection | None, _record: object) -> None:
        if connection is not None:  # not a broken one
            if connection.in_transaction:  # SQLite keeps it open when COMMIT fails, and SQLAlchemy takes it for ended
                connection.rollback()
            connection.execute("PRAGMA shrink_memory")  # the pages that it has cached, up to 2 MB

    # As SQLAlchemy does it, without a statement object and a cursor of its own for each: every verb of a commit has one
    for act, sql in (
        ("do_savepoint", "SAVEPOINT"),
        ("do_rollback_to_savepoint", "ROLLBACK TO SAVEPOINT"),
        ("do_release_savepoint", "RELEASE SAVEPOINT"),
    ):
        setattr(engine.dialect, act, partial(_on_savepoint, sql))

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer takes the lock at once: two readers that both turn into writers would deadlock
        options = connection.get_execution_options()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes", True) else "BEGIN")

    return engine


@contextmanager
def roomy(connection: Connection) -> Iterator[None]:
    """Let a transaction that writes much keep its pages in memory; on SQLite alone, and only meanwhile."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA cache_size=-{LOAD_CACHE_KB}")
    try:
        yield
    finally:
        driver.execute(f"PRAGMA cache_size=-{CACHE_KB}")


def _on_savepoint(sql: str, connection: Connection, name: str) -> None:
    driver: Any = connection.connection.driver_connection
    with faults(connection, sql):
        driver.execute(f"{sql} {name}")
