"""What hurt others who built such a thing: each trap a test (PEERS.md, 5)."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import SQLModel

from inventory.stock.models import Kind
from inventory.upkeep.readings import ReadMeter
from jobs.alerts.alerts import AlertFilters, alerts
from jobs.alerts.sweep import sweep_city
from jobs.causes.kinds import AlertKind
from jobs.channels.models import Mail
from jobs.digests.digests import write_digests
from jobs.digests.models import Notified
from jobs.running.models import JobRun
from jobs.running.running import run_job
from jobs.running.schedule import JOBS, last_due
from jobs.running.scheduler import _all_daily
from tests.clock import SetClock
from tests.conftest import Town, one
from tests.inventory.upkeep.conftest import GOOD, Upkeep

TODAY = date(2026, 11, 23)


def days_told(town: Town, clock: SetClock, days: int) -> list[int]:
    """On which of the coming days the keeper was written to."""
    found = []
    for day in range(days):
        sweep_city(town.context.database, clock.today(), clock.now())
        write_digests(town.context.database, town.context.settings, clock.today(), clock.now())
        mine = select(Mail.id).where(Mail.person_id == town.keeper.person_id, Mail.created_at == clock.now())
        if town.run(lambda session, mine=mine: session.execute(mine).first()):
            found.append(day)
        clock.instant += timedelta(days=1)
    return found


@pytest.mark.heavy
def test_trap_1_a_mail_neither_repeats_every_day_for_ever_nor_comes_once_and_never_again(
    town: Town, clock: SetClock
) -> None:
    lot = town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    assert days_told(town, clock, 30) == [0]  # not every day
    town.book(one(kind=Kind.DISPOSE, lot=lot, quantity="6", reason="expired"))
    town.stock("MED-013", "6", expires_on=clock.today() - timedelta(1), number="NEXT")
    assert days_told(town, clock, 3) == [0]  # the same trouble again is told again
    told = town.run(lambda session: session.execute(select(Notified.person_id, Notified.alert_id)).all())
    assert max(Counter(told).values()) == 1
    # and while it stands, it goes on to others instead of falling silent
    assert len({person for person, _ in told}) == 3


@pytest.mark.heavy
@pytest.mark.parametrize("back_at", ["06:29", "06:31", "07:15", "12:00", "23:59"])
async def test_trap_2_a_process_that_is_down_at_the_hour_does_the_days_work_later_and_once(
    town: Town, clock: SetClock, back_at: str
) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    hour, minute = map(int, back_at.split(":"))
    clock.instant = datetime(2026, 11, 25, hour, minute, tzinfo=town.context.settings.zone).astimezone(UTC)
    for _ in range(3):  # restarted again and again within the hour
        await _all_daily(town.context)
        clock.instant += timedelta(minutes=7)
    runs = town.run(
        lambda session: session.execute(
            select(JobRun.due, JobRun.error).where(JobRun.name == "sweep").order_by(JobRun.due)
        ).all()
    )
    # started at 06:29, it first makes up for yesterday, and at 06:36 today's is due
    due = [at.astimezone(town.context.settings.zone).strftime("%d %H:%M") for at, _ in runs]
    assert due == (["24 06:30", "25 06:30"] if back_at == "06:29" else ["25 06:30"])
    assert {error for _, error in runs} == {""}
    mine = select(Mail.id).where(Mail.person_id == town.keeper.person_id)
    assert len(town.run(lambda session: session.execute(mine).all())) == 1


def test_trap_2_the_hour_is_not_asked_for_a_run_is_due_since_a_moment(town: Town, clock: SetClock) -> None:
    clock.instant = datetime(2026, 11, 25, 8, 59, tzinfo=town.context.settings.zone).astimezone(UTC)
    due = last_due(town.context)
    assert due.strftime("%d %H:%M") == "25 06:30"
    assert run_job(town.context, JOBS["sweep"], due) is not None
    clock.instant += timedelta(hours=5)
    assert last_due(town.context) == due
    assert run_job(town.context, JOBS["sweep"], last_due(town.context)) is None


def test_trap_3_nothing_stores_that_it_is_overdue_it_is_so_the_day_after_whether_jobs_run_or_not(
    town: Town, clock: SetClock
) -> None:
    columns = {column.name for table in SQLModel.metadata.tables.values() for column in table.columns}
    assert [name for name in columns if "overdue" in name] == []
    desk = Upkeep(town)
    lot = town.stock("EXT-001", "1")
    desk.check(lot, "MP-001", answers=GOOD)
    due = desk.due_on(lot, "MP-001")
    assert due is not None

    def overdue() -> bool:
        return "MP-001" in [row.plan for row in desk.open(state="overdue")]

    clock.instant += due - clock.today()
    assert not overdue()
    clock.instant += timedelta(days=1)
    assert overdue()
    desk.check(lot, "MP-001", answers=GOOD)
    assert not overdue()


def test_trap_4_a_meters_interval_is_read_and_told_though_its_months_are_far_from_over(
    town: Town, clock: SetClock
) -> None:
    desk = Upkeep(town)
    pump = town.stock("PMP-001", "1", serial="P-1")
    desk.check(pump, "MP-028", passed=True)

    def told() -> list[date | None]:
        sweep_city(town.context.database, clock.today(), clock.now())
        found = town.run(alerts, town.keeper, AlertFilters(kind=AlertKind.CHECK_DUE), 50).items
        return [alert.due for alert in found if alert.details["plan"] == "MP-028"]

    assert told() == []
    clock.instant += timedelta(days=1)
    desk.do(ReadMeter, thing=str(pump), meter="hours", value="99")
    assert told() == []
    desk.do(ReadMeter, thing=str(pump), meter="hours", value="101.5")
    assert told() == [clock.today()]


async def test_trap_5_the_exact_one_is_never_lost_behind_likenesses_and_a_limit(
    client: httpx.AsyncClient, town: Town
) -> None:
    for item in ("MED-004", "MED-005", "MED-006"):  # all have AED in their names, and are nearer
        town.stock(item, "5")
    town.stock("MED-003", "1", shelf=town.other_shelf)
    for words in ("MED-003", "med-003", "自动体外除颤器(AED)"):
        query = {"q": words, "limit": 1, "near": "22.53,113.94"}
        answer = await client.get("/api/find", params=query, headers=town.auth("admin"))
        assert [row["item"] for row in answer.json()["items"]] == ["MED-003"], words
    wanted = town.stock("MED-013", "1", number="AB1")
    for number in range(60):
        town.stock("MED-013", "1", number=f"XAB1{number:03}")
    code = town.code_of(wanted)
    exact = await client.get(f"/api/labels/{code}", headers=town.auth())
    assert str(wanted) in exact.text
    for part in (code[:4], code[:-1], code[1:]):  # a part of a code is no code
        assert (await client.get(f"/api/labels/{part}", headers=town.auth())).status_code in (404, 422)
