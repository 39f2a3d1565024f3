"""Statements go to PostgreSQL together, in the order in which the verb ran them; what is undone was never sent."""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, bindparam, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from core.database import Database
from core.errors import Refusal
from core.pipeline import PREPARED
from core.prepared import Prepared, each_column, write_all
from tests.databases import fresh_postgresql

pytestmark = pytest.mark.anyio

ACT = Table("act", MetaData(), Column("name", String, primary_key=True), Column("note", Integer, nullable=False))
ENTER = Prepared(insert(ACT).values(each_column(ACT)))
NAMES = Prepared(select(ACT.c.name).order_by(ACT.c.name))
NOTE = Prepared(select(ACT.c.note).where(ACT.c.name == bindparam("name")))


@pytest.fixture
async def database(postgresql_server: str) -> AsyncIterator[Database]:
    with fresh_postgresql(postgresql_server) as url:
        database = Database(url, pool_size=2)  # one connection that writes, one that reads
        with database.transaction() as session:
            session.execute(text("CREATE TABLE act (name text PRIMARY KEY, note int NOT NULL CHECK (note >= 0))"))
        yield database
        await database.close()


def enter(session: Session, *names: str, note: int = 0) -> None:
    write_all(session, [(ENTER, [{"name": name, "note": note} for name in names])])


async def names(database: Database) -> list[str]:
    return [row[0] for row in await database.read(NAMES.all, {})]


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """One entry for each talk with the server for which its answer had to be waited."""
    waited: list[Any] = []
    wait = psycopg.AsyncConnection.wait

    def noted(talk: Any) -> Any:
        ready = None
        while True:
            try:
                asked = talk.send(ready)
            except StopIteration as end:
                return end.value
            if talk not in waited:
                waited.append(talk)
            ready = yield asked

    monkeypatch.setattr(
        psycopg.AsyncConnection, "wait", lambda self, talk, *more, **named: wait(self, noted(talk), *more, **named)
    )
    return waited


async def test_a_read_and_then_writes_are_two_ways_with_begin_and_commit(database: Database, ways: list[Any]) -> None:
    def act(session: Session) -> None:
        assert NAMES.all(session, {}) in ([], [("warm",)])
        enter(session, "b", "c")

    await database.write(enter, "warm")  # connects
    ways.clear()
    await database.write(act)
    assert len(ways) == 2
    assert await names(database) == ["b", "c", "warm"]


@pytest.mark.parametrize("by_text", [True, False])
async def test_who_reads_after_writing_sees_what_was_written(database: Database, by_text: bool) -> None:
    def act(session: Session) -> list[str]:
        enter(session, "one")
        return [row[0] for row in (session.execute(select(ACT.c.name)) if by_text else NAMES.all(session, {}))]

    assert await database.write(act) == ["one"]


async def test_a_savepoint_that_is_left_takes_what_waits_with_it(database: Database) -> None:
    def act(session: Session) -> None:
        enter(session, "before")
        try:
            with session.begin_nested():
                enter(session, "within")
                raise Refusal(409, "no", "no")
        except Refusal:
            enter(session, "after")

    await database.write(act)
    assert await names(database) == ["after", "before"]


async def test_what_the_database_refuses_comes_out_within_its_savepoint(database: Database) -> None:
    def act(session: Session) -> str:
        enter(session, "one")
        try:
            with session.begin_nested():
                enter(session, "two", note=-1)
        except IntegrityError:
            enter(session, "instead")
            return "refused"
        return "booked"

    assert await database.write(act) == "refused"
    assert await names(database) == ["instead", "one"]


async def test_a_refused_write_undoes_all_and_the_connection_serves_the_next(database: Database) -> None:
    with pytest.raises(DBAPIError, match="check constraint"):
        await database.write(lambda session: (enter(session, "good"), enter(session, "bad", note=-1)))
    with pytest.raises(ZeroDivisionError):
        await database.write(lambda session: (enter(session, "never"), 1 // 0))
    await database.write(enter, "next")  # prepared before: the server has forgotten it since
    assert await names(database) == ["next"]


async def test_the_server_forgets_statements_whatever_made_it_do_so(database: Database) -> None:
    await database.write(enter, "one")
    await database.write(lambda session: session.execute(text("DROP TABLE IF EXISTS nothing")))
    await database.write(enter, "two")
    await database.write(lambda session: session.execute(text("SELECT 1; DEALLOCATE ALL")))  # behind our back
    await database.write(enter, "three")
    assert len(await names(database)) == 3


async def test_more_statements_than_a_connection_has_room_for(database: Database) -> None:
    await database.write(enter, "one", note=7)
    many = [Prepared(NOTE.statement.where(ACT.c.note != -number)) for number in range(1, 4)]
    many += [
        Prepared(select(ACT.c.note.label(f"n{number}")).where(ACT.c.name == bindparam("name")))
        for number in range(PREPARED + 5)
    ]
    for one in (*many, *many[:5]):
        assert (await database.look(one.first, {"name": "one"}))[0] == 7
    with database.transaction(writes=False) as session:
        assert session.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one() <= PREPARED


async def test_who_is_cut_off_while_what_waited_is_committed_hears_that_the_outcome_is_not_known(
    database: Database,
) -> None:
    def act(session: Session) -> None:
        own = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        enter(session, "one")
        with psycopg.connect(database.url.set(drivername="postgresql").render_as_string(False)) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [own])

    with pytest.raises(Refusal) as refused:
        await database.write(act)
    assert refused.value.kind == "outcome-unknown"
    await database.write(enter, "next")
    assert await names(database) == ["next"]
