"""Who calls is remembered by each process, and forgotten at once everywhere when something about it changes."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from depots.models import Depot
from people.looking_after import RoleAt, give
from people.models import Credential, Person, Role
from people.recognising import VERSION, Callers
from people.sign_in import _CALLER, forget_credentials, issue_token, open_session, revoke
from tests.conftest import NOW, Town
from tests.query_count import QueryCount

pytestmark = pytest.mark.anyio


async def known(town: Town, callers: Callers, who: str = "keeper", days: float = 0) -> Any:
    at = NOW + timedelta(days=days)
    return await callers.caller(town.context.database, town.tokens[who], "token", at)


async def test_who_has_called_is_not_looked_up_again(town: Town) -> None:
    callers = Callers()
    first = await known(town, callers)
    counted = QueryCount(town.context.database)
    assert await known(town, callers) == first
    counted.stop()
    assert [one for one in counted.statements if one != VERSION] == []


CHANGES: dict[str, Callable[[Session, Town], Any]] = {
    "a token is ended": lambda s, t: revoke(s, t.keeper.person_id, _token(s, t), NOW),
    "an account is closed": lambda s, t: s.execute(
        update(Person).where(Person.id == t.keeper.person_id).values(active=False)
    ),
    "a role is given": lambda s, t: give(
        s, t.callers["admin"], t.keeper.person_id, RoleAt(Role.KEEPER, "depot", "IND-0002"), NOW
    ),
    "a name changes": lambda s, t: s.execute(update(Person).where(Person.account == "keeper").values(name="other")),
    "a depot moves": lambda s, t: s.execute(
        update(Depot).where(Depot.code == "STR-0001").values(district_code="440309")
    ),
}


def _token(session: Session, town: Town) -> Any:
    of_keeper = select(Credential.id).where(Credential.person_id == town.keeper.person_id)
    return session.execute(of_keeper).scalars().first()


@pytest.mark.parametrize("change", CHANGES)
async def test_every_process_sees_a_change_with_the_next_request(town: Town, change: str) -> None:
    processes = [Callers(), Callers()]
    for callers in processes:
        await known(town, callers)
    town.run(CHANGES[change], town)
    fresh = await known(town, Callers())
    counted = QueryCount(town.context.database)
    assert [await known(town, callers) for callers in processes] == [fresh, fresh]
    counted.stop()
    assert len([one for one in counted.statements if one != VERSION]) == len(processes)


async def test_what_the_clock_ends_is_remembered_no_longer(town: Town) -> None:
    today = date(2026, 11, 23)
    wanted = RoleAt(Role.KEEPER, "depot", "IND-0002", today + timedelta(days=2), today + timedelta(days=3))
    town.run(give, town.callers["admin"], town.keeper.person_id, wanted, NOW)
    callers = Callers()
    depots = [len((await known(town, callers, days=days)).own_depots()) for days in (0, 1.5, 1.6, 3.5, 3.6, 0)]
    assert depots == [1, 1, 2, 2, 1, 1]
    secret = town.run(open_session, town.keeper.person_id, NOW, 1)
    asked = [
        await callers.caller(town.context.database, secret, "session", NOW + timedelta(minutes=minutes))
        for minutes in (0, 59, 60)
    ]
    assert [one is not None for one in asked] == [True, True, False]


async def test_signing_in_makes_nobody_forgotten(town: Town) -> None:
    before = await town.context.database.version(VERSION)
    town.run(open_session, town.keeper.person_id, NOW, 1)
    town.run(issue_token, "keeper", "another", NOW)
    assert await town.context.database.version(VERSION) == before
    town.run(forget_credentials, NOW + timedelta(days=9))
    assert await town.context.database.version(VERSION) > before


def test_what_is_emptied_at_once_is_counted_too(town: Town) -> None:
    emptied = "DELETE FROM" if town.context.database.is_sqlite else "TRUNCATE"
    with town.context.database.engine.connect() as connection:
        for table in ("assignment", "credential"):
            before = connection.execute(text(VERSION)).scalar_one()
            connection.execute(text(f"{emptied} {table}"))
            assert connection.execute(text(VERSION)).scalar_one() > before, table
        connection.rollback()


def test_every_table_that_a_caller_is_read_from_is_watched(town: Town) -> None:
    """Should a migration make one of them anew, its triggers must come back."""
    with town.context.database.transaction(writes=False) as session:
        text_of = str(_CALLER.statement.compile(dialect=session.get_bind().dialect))
        tables = set(re.findall(r"(?:FROM|JOIN) (\w+)", text_of))
        watched = "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'access%'"
        if not town.context.database.is_sqlite:
            watched = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE 'access%'"
        found = session.execute(text(watched))
        assert tables == set(found.scalars()) and "assignment" in tables
