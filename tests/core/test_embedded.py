"""The embedded database's one writer: commits what waits together; one that fails harms no neighbour."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import Refusal, conflict
from core.faults import trouble
from core.languages import N_
from core.prepared import Prepared, write_all
from core.schema import changing_schema

pytestmark = pytest.mark.anyio


class Commits:
    """What a database has committed, counted at its engine."""

    def __init__(self, database: Database) -> None:
        self.number = 0
        self.fails = 0  # so many commits to come fail, as on a full disk

        @event.listens_for(database.engine, "commit")
        def _commit(connection: Any) -> None:
            if self.fails:
                self.fails -= 1
                raise sqlite3.OperationalError("database or disk is full")
            self.number += 1


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'book.db'}", pool_seconds=1.0)
    with database.transaction() as session:
        session.execute(text("CREATE TABLE act (name TEXT PRIMARY KEY, note TEXT)"))
    return database


def enter(session: Session, name: str, note: str = "") -> str:
    session.execute(text("INSERT INTO act VALUES (:name, :note)"), {"name": name, "note": note})
    return name


def names(database: Database) -> list[str]:
    with database.transaction(writes=False) as session:
        return list(session.execute(text("SELECT name FROM act ORDER BY name")).scalars())


class _Hold:
    """A verb that others wait for."""

    def __init__(self) -> None:
        self.begun, self.over = threading.Event(), threading.Event()

    def __call__(self, session: Session) -> None:
        self.begun.set()
        self.over.wait(10)


async def together(database: Database, *verbs: Callable[[Session], Any]) -> list[Any]:
    """Run verbs that arrive while the writer is busy, and so are committed together; their results or errors."""
    hold = _Hold()
    held = asyncio.ensure_future(database.write(hold))
    await asyncio.to_thread(hold.begun.wait, 10)
    waiting = [asyncio.ensure_future(database.write(verb)) for verb in verbs]
    await anyio.sleep(0)  # all are in the queue
    hold.over.set()
    await held
    return list(await asyncio.gather(*waiting, return_exceptions=True))


async def test_what_waits_is_committed_together_and_answered_afterwards(database: Database) -> None:
    commits = Commits(database)
    results = await together(database, *(lambda s, n=n: enter(s, f"{n:02}") for n in range(20)))
    assert commits.number == 2  # of the one that was waited for, and of all that waited
    assert results == names(database) == [f"{n:02}" for n in range(20)]


async def test_one_that_fails_harms_no_neighbour(database: Database) -> None:
    def refuse(session: Session) -> None:
        enter(session, "b")
        raise conflict("no", N_("say where it goes"))

    def clash(session: Session) -> None:
        enter(session, "c")
        session.execute(text("INSERT INTO act VALUES ('a', '')"))

    results = await together(database, lambda s: enter(s, "a"), refuse, clash, lambda s: enter(s, "d"))
    assert names(database) == ["a", "d"]
    assert results[0] == "a" and results[3] == "d"
    assert isinstance(results[1], Refusal) and isinstance(results[2], Refusal | IntegrityError)


async def test_a_commit_that_fails_answers_nobody_and_each_is_tried_by_itself(database: Database) -> None:
    commits = Commits(database)
    tries: list[str] = []

    def arm(session: Session) -> str:
        tries.append("arm")
        commits.fails = 2 if len(tries) == 1 else commits.fails  # the common one, and this verb's own
        return enter(session, "a")

    results = await together(database, arm, lambda s: enter(s, "b"), lambda s: enter(s, "c"))
    assert isinstance(results[0], Exception) and results[1:] == ["b", "c"]
    assert names(database) == ["b", "c"] and tries == ["arm", "arm"]


async def test_a_commit_that_fails_in_a_thread_leaves_no_transaction_open(database: Database) -> None:
    """SQLite keeps it open and SQLAlchemy takes it for ended: the next one, and all who write, would find the lock."""
    with database.transaction() as session:
        session.execute(text("CREATE TABLE part (act TEXT REFERENCES act DEFERRABLE INITIALLY DEFERRED)"))
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.execute(text("INSERT INTO part VALUES ('no such act')"))
    with database.transaction() as session:
        enter(session, "next")
    assert await database.write(enter, "after") == "after"
    assert names(database) == ["after", "next"]


async def test_a_change_of_the_schema_that_is_not_committed_leaves_foreign_keys_on(database: Database) -> None:
    commits = Commits(database)
    commits.fails = 1
    with pytest.raises(sqlite3.OperationalError, match="full"), changing_schema(database) as connection:
        connection.execute(text("CREATE TABLE part (act TEXT REFERENCES act)"))
    with database.transaction() as session:
        assert session.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        assert session.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'part'")).scalar_one() == 0


async def test_a_transaction_that_sqlite_has_undone_takes_no_neighbour_with_it(database: Database) -> None:
    tries: list[str] = []

    def lose(session: Session) -> None:
        tries.append("lose")
        enter(session, "lost")
        driver: Any = session.connection().connection.driver_connection
        driver.rollback()  # as SQLite does by itself when the disk is full
        full = sqlite3.OperationalError("database or disk is full")
        full.sqlite_errorname = "SQLITE_FULL"
        raise OperationalError("", None, full)

    results = await together(database, lambda s: enter(s, "a"), lose, lambda s: enter(s, "b"))
    assert names(database) == ["a", "b"] and results[0] == "a" and results[2] == "b"
    assert isinstance(results[1], OperationalError) and "disk is full" in str(results[1]) and tries == ["lose", "lose"]


class _Panic(BaseException):
    """What native code raises when it has lost its way."""


@pytest.mark.parametrize("error", [_Panic, StopIteration, SystemExit, asyncio.CancelledError])
async def test_a_verb_that_ends_in_no_ordinary_way_stops_neither_writer_nor_server(
    database: Database, error: type[BaseException]
) -> None:
    def end(session: Session) -> None:
        enter(session, "ended")
        raise error

    with anyio.fail_after(10):
        results = await together(database, lambda s: enter(s, "a"), end, lambda s: enter(s, "b"))
        assert isinstance(results[1], RuntimeError) and [results[0], results[2]] == ["a", "b"]
        assert await database.write(enter, "c") == "c"
    assert names(database) == ["a", "b", "c"]


async def test_a_full_disk_is_told_as_that_though_sqlite_has_undone_the_savepoints_too(database: Database) -> None:
    def fill(session: Session) -> None:
        enter(session, "first")
        driver: Any = session.connection().connection.driver_connection
        driver.execute(f"PRAGMA max_page_count={driver.execute('PRAGMA page_count').fetchone()[0]}")
        try:
            enter(session, "full", "x" * 100_000)
        finally:
            driver.execute("PRAGMA max_page_count=1000000")

    results = await together(database, lambda s: enter(s, "a"), fill, lambda s: enter(s, "b"))
    refusal = trouble(results[1])
    assert refusal is not None and refusal.kind == "disk-full"
    assert [results[0], results[2]] == names(database) == ["a", "b"]


async def test_a_counter_that_cannot_be_read_fails_as_other_reads_do(database: Database) -> None:
    with pytest.raises(DBAPIError):
        await database.version("SELECT version FROM nosuch")


async def test_readers_wait_neither_for_the_writer_nor_for_its_commit(database: Database) -> None:
    hold = _Hold()
    held = asyncio.ensure_future(database.write(hold))
    await asyncio.to_thread(hold.begun.wait, 10)
    assert await database.read(lambda s: s.execute(text("SELECT count(*) FROM act")).scalar_one()) == 0
    assert not held.done()
    hold.over.set()
    await held


async def test_each_waits_for_a_lock_no_longer_than_its_own_time(database: Database) -> None:
    other = sqlite3.connect(str(database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    results = await asyncio.gather(*(database.write(enter, n) for n in "ab"), return_exceptions=True)
    assert all(isinstance(result, OperationalError) for result in results)
    assert time.monotonic() - begun < 5
    other.execute("ROLLBACK")
    assert await database.write(enter, "c") == "c"
    assert names(database) == ["c"]


async def test_who_has_gone_away_before_the_turn_is_not_booked_for(database: Database) -> None:
    hold = _Hold()
    held = asyncio.ensure_future(database.write(hold))
    await asyncio.to_thread(hold.begun.wait, 10)
    gone, there = (asyncio.ensure_future(database.write(enter, name)) for name in ("gone", "there"))
    await anyio.sleep(0)
    gone.cancel()
    await anyio.sleep(0)
    hold.over.set()
    assert (await there, await held) == ("there", None)
    assert names(database) == ["there"]


async def test_a_nested_undoing_undoes_prepared_statements_too(database: Database) -> None:
    insert = Prepared(text("INSERT INTO act VALUES (:name, '')"))

    def verb(session: Session) -> None:
        write_all(session, [(insert, [{"name": "kept"}])])
        with pytest.raises(RuntimeError), session.begin_nested():
            write_all(session, [(insert, [{"name": "undone"}])])
            raise RuntimeError

    await database.write(verb)
    assert names(database) == ["kept"]
