"""My day: every group has what needs the caller, nobody else's, and costs the same whatever the city holds."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.columns import table_of
from inventory.documents.models import Proposal, Transfer, TransferState
from inventory.faults.models import Defect
from inventory.upkeep.models import Scrap
from jobs.alerts.models import Alert
from jobs.causes.kinds import AlertKind
from jobs.channels.models import Mail, MailState
from jobs.running.models import JobState
from jobs.running.wishes import SWEEP
from office.today import Day, my_day
from people.policy import Caller
from tests.clock import SetClock
from tests.conftest import Town
from tests.query_count import QueryCount

QUERIES = 9  # survey, names of what is missed, alerts, approvals, faults, transfers, messages, jobs, wishes


def day_of(town: Town, caller: Caller) -> Day:
    clock = town.context.clock
    return town.run(my_day, caller, clock.now(), clock.today())


def trouble_at(session: Session, town: Town, there: bool, lot: Any, times: int = 1) -> None:
    """One of everything that My day shows, at the town's depot or (not ``there``) at the other."""
    now, today = town.context.clock.now(), town.context.clock.today()
    depot = town.depot if there else town.other
    who = town.callers["keeper" if there else "keeper2"].person_id
    for _ in range(times):
        cause = str(uuid4())
        session.add(
            Alert(
                cause=cause,
                kind=AlertKind.EXPIRED,
                urgent=there,
                depot_id=depot.id,
                due=today - timedelta(days=9),
                opened_at=now,
                changed_at=now,
            )
        )
        session.add(
            Defect(depot_id=depot.id, description=f"fault at {depot.code}", reported_at=now - timedelta(hours=2))
        )
        session.add(
            Proposal(
                id=uuid4(), depot_id=depot.id, name=f"new at {depot.code}", unit="个", contains=1, by_id=who, at=now
            )
        )
        late = now - timedelta(days=5)
        session.add(
            Transfer(
                id=uuid4(),
                from_depot_id=depot.id,
                to_depot_id=depot.id,
                state=TransferState.SENT,
                asked_by_id=who,
                asked_at=late,
                sent_at=late,
            )
        )
    if lot is not None:
        session.add(
            Scrap(id=uuid4(), depot_id=depot.id, lot_id=lot, reason="worn", proposed_by_id=who, proposed_at=now)
        )


def test_each_group_has_what_needs_the_caller_with_its_next_step(town: Town, clock: SetClock) -> None:
    lot = town.stock("BRK-014", "2", expires_on=clock.today() + timedelta(days=2))

    def fill(session: Session) -> None:
        trouble_at(session, town, True, lot)
        session.add(JobState(name=SWEEP, known_since=clock.now(), succeeded_at=clock.now()))
        session.add(
            JobState(name="mail", known_since=clock.now(), failures_in_row=2, failed_at=clock.now(), error="no")
        )
        facts = {
            "kind": "urgent",
            "day": clock.today(),
            "address": "a@b.example",
            "subject": "s",
            "body_text": "",
            "body_html": "",
        }
        session.add(
            Mail(
                **facts,
                person_id=town.keeper.person_id,
                message_id="1",
                state=MailState.FAILED,
                next_try_at=clock.now(),
                created_at=clock.now(),
            )
        )

    town.run(fill)
    day = day_of(town, town.callers["admin"])
    groups = {group.name: group for group in day.groups}
    assert set(groups) == {"not-ready", "overdue", "approve", "broken", "stuck", "ending", "bounced", "jobs"}
    assert day.empty == [] and day.looked == clock.now()
    assert all(line.next and line.to.startswith("/") for group in day.groups for line in group.lines)
    assert [groups[name].count for name in ("overdue", "approve", "broken", "stuck", "bounced", "jobs")] == [
        1,
        2,
        1,
        1,
        1,
        1,
    ]
    assert groups["overdue"].lines[0].urgent and groups["overdue"].lines[0].to == "/alerts?kind=expired&urgent=yes"
    assert groups["ending"].count == 1 and groups["ending"].lines[0].due == clock.today() + timedelta(days=2)
    # who decides nothing is shown neither approvals nor messages nor jobs
    assert {"approve", "bounced", "jobs"}.isdisjoint(group.name for group in day_of(town, town.keeper).groups)


async def test_nothing_of_another_depot_is_shown(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("BRK-014", "2", shelf=town.other_shelf, expires_on=date(2026, 11, 24))
    town.run(trouble_at, town, False, lot)
    mine = day_of(town, town.keeper)
    assert {group.name for group in mine.groups} <= {"not-ready"}
    body = (await client.get("/", headers=town.auth("keeper"))).text
    for word in (town.other.code, town.other.name_zh, town.other.name_en, str(lot)):
        assert word not in body
    # a scope narrows it as well
    await client.post("/scope", data={"depot": town.depot.code}, headers=town.auth("admin"))
    narrowed = (await client.get("/", headers=town.auth("admin"))).text.partition("<main")[2]
    assert town.other.name_zh not in narrowed
    await client.post("/scope", headers=town.auth("admin"))
    assert f"fault at {town.other.code}" in (await client.get("/", headers=town.auth("admin"))).text


def test_it_costs_the_same_however_much_there_is(town: Town) -> None:
    counter = QueryCount(town.context.database)
    day_of(town, town.callers["admin"])
    counter.during()
    day_of(town, town.callers["admin"])
    few = len(counter)
    town.run(trouble_at, town, True, None, 12)
    counter.during()
    day = day_of(town, town.callers["admin"])
    counter.stop()
    assert few <= QUERIES and len(counter) <= QUERIES, counter.statements
    shown = {group.name: (group.count, len(group.lines)) for group in day.groups}
    assert shown["broken"] == (12, 6) and shown["approve"] == (12, 6) and shown["stuck"] == (12, 6)


async def test_empty_is_said_with_when_it_was_last_looked_at(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    before = (await client.get("/", headers=town.auth("officer"))).text
    assert "notice warn" in before and 'action="/alerts/look"' in before
    row = {"name": SWEEP, "known_since": clock.now(), "succeeded_at": clock.now(), "outcome": "{}"}
    town.run(
        lambda session: session.execute(
            insert(table_of(JobState)).values(
                row
                | dict.fromkeys(("failures_in_row", "runs", "failures", "seconds", "seconds_in_all"), 0)
                | {"error": "", "worker": ""}
            )
        )
    )
    body = (await client.get("/", headers=town.auth("officer"))).text
    assert "notice good" in body and "2026-11-23 10:00" in body
    answer = await client.post("/alerts/look", data={"next": "/"}, headers=town.auth("officer"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert 'action="/alerts/look"' not in (await client.get("/", headers=town.auth("officer"))).text
