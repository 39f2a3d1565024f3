"""Readiness by day: written down once a day, equal to the live figures, with gaps shown as gaps."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database import Database
from depots.requirements import work_out_requirements
from inventory.desk.history import forget_days, history, record_day
from inventory.desk.models import ReadinessDay
from inventory.readiness.counting import refresh
from inventory.stock.models import Kind
from jobs.running.running import run_job
from jobs.running.schedule import JOBS, last_due
from tests.clock import SetClock
from tests.conftest import QueryCount, Town, one

TODAY = date(2026, 11, 23)


@pytest.fixture
def worked_out(town: Town) -> Town:
    town.run(work_out_requirements, TODAY)
    return town


def days_kept(session: Session) -> list[tuple[date, int]]:
    days = select(ReadinessDay.day, func.count()).group_by(ReadinessDay.day).order_by(ReadinessDay.day)
    return [tuple(row) for row in session.execute(days)]


async def told(client: httpx.AsyncClient, town: Town, who: str = "auditor", **asked: Any) -> Any:
    answer = await client.get("/api/readiness/history", params=asked, headers=town.auth(who))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def live(client: httpx.AsyncClient, town: Town, by: str) -> dict[str, Any]:
    answer = (await client.get(f"/api/readiness?by={by}", headers=town.auth("auditor"))).json()
    return {group["key"]: group["figures"] for group in answer["groups"]} or {"city": answer["total"]}


@pytest.mark.parametrize("by", ["city", "district", "type"])
async def test_a_days_figures_equal_the_live_ones(client: httpx.AsyncClient, worked_out: Town, by: str) -> None:
    worked_out.stock("TRF-001", "40")
    worked_out.stock("RSP-004", "4", expires_on=TODAY - timedelta(1))
    worked_out.run(refresh, TODAY)
    worked_out.stock("TRF-001", "3", shelf=worked_out.other_shelf)  # the other depot's kept figures no longer hold
    worked_out.run(record_day, TODAY)
    answer = await told(client, worked_out, by=by)
    assert answer["days"][-1] == answer["recorded_since"] == "2026-11-23"
    assert len(answer["days"]) == 90
    assert {group["key"]: group["figures"][-1] for group in answer["groups"]} == await live(client, worked_out, by)
    assert all(figures is None for group in answer["groups"] for figures in group["figures"][:-1])


def test_the_daily_job_writes_one_row_per_depot_and_day(worked_out: Town, clock: SetClock) -> None:
    context = worked_out.context
    assert run_job(context, JOBS["history"], last_due(context)) == {"depots": 2}
    assert run_job(context, JOBS["history"], last_due(context)) is None
    lot = worked_out.stock("HYD-006", "1")
    run_job(context, JOBS["history"])
    assert worked_out.run(days_kept) == [(TODAY, 2)]
    shown = worked_out.run(history, worked_out.callers["auditor"], TODAY, "depot", key=worked_out.depot.code)
    before = shown.groups[0].figures[-1]
    worked_out.book(one(kind=Kind.ISSUE, lot=lot))
    clock.instant += timedelta(days=1)
    run_job(context, JOBS["history"], last_due(context))
    assert worked_out.run(days_kept) == [(TODAY, 2), (TODAY + timedelta(1), 2)]
    shown = worked_out.run(history, worked_out.callers["auditor"], clock.today(), "depot", key=worked_out.depot.code)
    kept, after = shown.groups[0].figures[-2:]
    assert kept == before
    assert after.lines_ready == before.lines_ready - 1


def test_a_missed_day_stays_a_gap_and_old_days_are_forgotten(worked_out: Town) -> None:
    for offset in (0, 1, 4):
        worked_out.run(record_day, TODAY + timedelta(offset))
    last = TODAY + timedelta(4)
    shown = worked_out.run(
        history, worked_out.callers["auditor"], last, "city", key=None, since=TODAY - timedelta(2), until=last
    )
    assert [figures is not None for figures in shown.groups[0].figures] == [
        False,
        False,
        True,
        True,
        False,
        False,
        True,
    ]
    assert shown.gaps == [TODAY + timedelta(2), TODAY + timedelta(3)]
    assert shown.recorded_since == TODAY
    worked_out.run(forget_days, last, 4)
    assert [day for day, _ in worked_out.run(days_kept)] == [TODAY + timedelta(1), last]


async def test_one_sees_the_course_of_ones_own_depots_only(client: httpx.AsyncClient, worked_out: Town) -> None:
    worked_out.run(record_day, TODAY)
    assert {group["key"] for group in (await told(client, worked_out, by="district"))["groups"]} == {"440305", "440309"}
    own = await told(client, worked_out, "officer", by="district")
    assert {group["key"] for group in own["groups"]} == {"440305"}
    assert (await told(client, worked_out, "officer"))["groups"][0]["figures"][-1]["depots"] == 1
    hidden = await told(client, worked_out, "officer", by="district", key="440309")
    assert hidden["groups"][0]["figures"] == [None] * 90
    asked = {"by": "depot", "key": worked_out.other.code}
    answer = await client.get("/api/readiness/history", params=asked, headers=worked_out.auth("officer"))
    assert answer.status_code == 404


async def test_what_cannot_be_asked_is_refused_kindly(client: httpx.AsyncClient, worked_out: Town) -> None:
    for asked, status, field in (
        ({"by": "depot"}, 422, "key"),
        ({"by": "district", "key": "nowhere"}, 404, None),
        ({"by": "city", "key": "0"}, 404, None),
        ({"by": "city", "key": "city"}, 200, None),
        ({"since": "2026-11-24"}, 422, "since"),
        ({"since": "2020-01-01"}, 422, "since"),
        ({"until": "0001-01-01"}, 422, "until"),
    ):
        answer = await client.get("/api/readiness/history", params=asked, headers=worked_out.auth())
        assert answer.status_code == status, (asked, answer.text)
        assert field is None or answer.json()["errors"][0]["field"] == field
    page = await client.get("/trends?of=planet:mars", headers=worked_out.auth())
    assert page.status_code == 422


async def test_the_page_says_since_when_and_which_days_are_missing(
    client: httpx.AsyncClient, worked_out: Town, database: Database, queries: QueryCount
) -> None:
    headers = worked_out.auth("auditor")
    assert "尚无记录" in (await client.get("/trends", headers=headers)).text
    worked_out.run(record_day, TODAY - timedelta(3))
    worked_out.run(record_day, TODAY)
    for of in ("city:", "district:", "type:IND", "depot:STR-0001"):
        queries.during()
        page = await client.get("/trends", params={"of": of}, headers=headers)
        assert page.status_code == 200
        assert len(queries) <= 12, queries.statements
        assert "自 2026-11-20 起" in page.text
        assert "缺 2 天" in page.text
        assert "trend-data" in page.text
    assert page.text.count("无记录") == 2
