"""A job that somebody asks for is run by the process that leads, once; and what is off does not look in order (C6)."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from core.clock import SystemClock
from core.context import AppContext
from core.errors import Refusal
from jobs.running.models import JobRun
from jobs.running.overview import overview
from jobs.running.running import INTERRUPTED, note_interrupted
from jobs.running.scheduler import run_jobs
from jobs.running.wishes import ask_for, carry_out_wishes, waiting
from people.policy import Duty, Role
from tests.clock import SetClock
from tests.conftest import ZONE, Town
from tests.waiting import until


def runs(town: Town) -> list[JobRun]:
    return town.run(lambda session: list(session.execute(select(JobRun).order_by(JobRun.due)).scalars()))


def test_two_who_ask_get_one_run_and_the_next_wish_another(town: Town, clock: SetClock) -> None:
    asked = clock.now()
    assert town.run(ask_for, town.callers["officer"], "sweep", asked)
    clock.instant += timedelta(seconds=1)
    assert not town.run(ask_for, town.callers["admin"], "sweep", clock.now())
    assert town.run(waiting) == {"sweep": asked}
    assert carry_out_wishes(town.context) == 1
    assert carry_out_wishes(town.context) == 0
    [run] = runs(town)
    assert (run.name, run.due, run.by_hand, run.error) == ("sweep", asked, True, "")
    assert town.run(ask_for, town.callers["admin"], "sweep", clock.now())


@pytest.mark.parametrize("who", ["keeper", "responder", "auditor"])
def test_who_answers_for_nothing_asks_for_nothing(town: Town, clock: SetClock, who: str) -> None:
    with pytest.raises(Refusal, match="whole city"):
        town.run(ask_for, town.callers[who], "sweep", clock.now())


def test_a_districts_officer_may_have_it_looked_for_what_is_due_and_no_more(town: Town, clock: SetClock) -> None:
    assert town.run(ask_for, town.callers["officer"], "sweep", clock.now())
    with pytest.raises(Refusal, match="whole city"):
        town.run(ask_for, town.callers["officer"], "tidy", clock.now())
    of_depot = town.person("local", Duty(Role.ADMINISTRATOR, depot_id=town.depot.id))
    with pytest.raises(Refusal, match="whole city"):
        town.run(ask_for, of_depot, "tidy", clock.now())
    with pytest.raises(Refusal, match="no job"):
        town.run(ask_for, town.callers["admin"], "nosuch", clock.now())


def test_a_run_that_was_cut_off_is_run_again_and_one_that_another_is_at_is_left(town: Town, clock: SetClock) -> None:
    asked = clock.now()
    town.run(ask_for, town.callers["admin"], "tidy", asked)
    begun = JobRun(name="tidy", due=asked, started_at=asked, by_hand=True)
    town.run(lambda session: session.add(begun))
    carry_out_wishes(town.context)  # the process that led until just now is at it
    assert list(town.run(waiting)) == ["tidy"]
    town.run(note_interrupted)
    assert runs(town)[0].error == INTERRUPTED
    carry_out_wishes(town.context)
    [run] = runs(town)
    assert (run.error, run.tries, run.finished_at is not None) == ("", 2, True)
    assert town.run(waiting) == {}


async def test_whichever_process_leads_carries_it_out(town: Town) -> None:
    """Asked for through one process, which runs no jobs, and carried out by another within seconds."""
    moving = SystemClock(ZONE)
    settings = town.context.settings.model_copy(update={"run_jobs": True})
    leader = AppContext(settings, town.context.database, moving)
    asked = moving.now()
    town.run(ask_for, town.callers["admin"], "readiness", asked)
    async with run_jobs(leader):
        await until(
            lambda: asyncio.to_thread(runs, town),
            lambda made: any(one.due == asked and one.finished_at for one in made),
        )
        await until(lambda: asyncio.to_thread(town.run, waiting), lambda left: not left)


async def test_the_pages_and_the_interface_ask_and_show_that_it_waits(client: httpx.AsyncClient, town: Town) -> None:
    page = (await client.get("/jobs", headers=town.auth("admin"))).text
    assert 'action="/jobs/tidy/run"' in page
    assert 'action="/jobs/tidy/run"' not in (await client.get("/jobs", headers=town.auth("officer"))).text
    answer = await client.post("/api/jobs/tidy/run", headers=town.auth("admin"))
    assert (answer.status_code, answer.json()) == (202, {"new": True})
    assert (await client.post("/api/jobs/tidy/run", headers=town.auth("admin"))).json() == {"new": False}
    assert (await client.post("/jobs/mail/run", headers=town.auth("admin"))).headers["location"] == "/jobs"
    shown = {job["name"]: job for job in (await client.get("/api/jobs", headers=town.auth("admin"))).json()["jobs"]}
    assert {name for name, job in shown.items() if job["asked_at"]} == {"tidy", "mail"}
    assert (await client.post("/api/jobs/tidy/run", headers=town.auth("officer"))).status_code == 403
    assert (await client.post("/jobs/nosuch/run", headers=town.auth("admin"))).status_code == 404


async def test_alerts_say_when_it_was_last_looked_and_offer_to_look(client: httpx.AsyncClient, town: Town) -> None:
    page = (await client.get("/alerts", headers=town.auth("officer"))).text
    assert "还没有巡查过" in page
    assert "notice good" not in page
    assert 'action="/alerts/look"' in page
    assert 'action="/alerts/look"' not in (await client.get("/alerts", headers=town.auth("keeper"))).text
    assert (await client.post("/alerts/look", headers=town.auth("officer"))).status_code == 303
    page = (await client.get("/alerts", headers=town.auth("officer"))).text
    assert 'action="/alerts/look"' not in page
    assert "已要求巡查" in page
    await asyncio.to_thread(carry_out_wishes, town.context)
    page = (await client.get("/alerts", headers=town.auth("officer"))).text
    assert "最近一次巡查：2026-11-23 10:00" in page


async def test_C6_mail_that_is_off_does_not_look_in_order(client: httpx.AsyncClient, town: Town) -> None:
    view = town.run(overview, town.context.settings, town.context.clock.now())
    assert {job.name: job.state for job in view.jobs}["mail"] == "off"
    assert not view.mail_on
    for path in ("/jobs", "/mails"):
        assert "邮件未启用" in (await client.get(path, headers=town.auth("officer"))).text
    on = town.context.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:1?tls=none"})
    view = town.run(overview, on, town.context.clock.now())
    assert {job.name: job.state for job in view.jobs}["mail"] == "waiting"
