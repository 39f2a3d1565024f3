"""How the jobs fare is seen from outside: every run is written down, and who fails or falls silent is told of."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import main
from core.context import AppContext
from core.settings import Settings, read_smtp_url
from jobs.channels.models import Mail
from jobs.channels.outbox import deliver
from jobs.running.alarms import open_alarms
from jobs.running.models import JobAlarm, JobDay, JobRun, JobState
from jobs.running.overview import JobRow, overview
from jobs.running.running import FAILURES_BORNE, PAUSE, RETRY_AFTER, Recorder, run_job
from jobs.running.schedule import JOBS, Job, last_due
from jobs.running.watching import Watchdog, note_leader, ping_heartbeat, signs
from tests.clock import SetClock
from tests.conftest import QueryCount, Town
from tests.mailbox import Mailbox, text_of

DAILY = [job for job in JOBS.values() if job.daily]


class Broken:
    """A job that fails while it is told to."""

    def __init__(self, name: str, every_seconds: int | None = None) -> None:
        self.fails = True
        self.job = Job(name, self.run, every_seconds, found=("things",))

    def run(self, _context: AppContext) -> dict[str, int]:
        if self.fails:
            raise RuntimeError("the shelf is on fire")
        return {"things": 3}


def state_of(town: Town, name: str) -> JobState:
    return town.run(lambda session: session.get_one(JobState, name))


def alarms(town: Town) -> list[tuple[str, str, bool]]:
    def look(session: Session) -> list[tuple[str, str, bool]]:
        rows = session.execute(select(JobAlarm).order_by(JobAlarm.opened_at)).scalars()
        return [(row.name, row.why, row.resolved_at is not None) for row in rows]

    return town.run(look)


def mails(town: Town) -> list[tuple[str, str]]:
    rows = town.run(lambda session: session.execute(select(Mail.address, Mail.kind)).all())
    return [tuple(row) for row in rows]


def row_of(town: Town, name: str) -> JobRow:
    view = town.run(overview, town.context.settings, town.context.clock.now())
    return next(row for row in view.jobs if row.name == name)


@pytest.mark.heavy
def test_a_failed_daily_job_alarms_the_administrator_once_is_tried_again_and_resolves(
    town: Town, clock: SetClock
) -> None:
    broken, due = Broken("tidy"), last_due(town.context)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            run_job(town.context, broken.job, due)
        assert run_job(town.context, broken.job, due) is None  # not at once again
        clock.instant += RETRY_AFTER
    assert alarms(town) == [("tidy", "failed", False)]
    assert mails(town) == [("admin@example.org", "jobs")]
    assert row_of(town, "tidy").state == "failed"
    broken.fails = False
    assert run_job(town.context, broken.job, due) == {"things": 3}
    assert alarms(town) == [("tidy", "failed", True)]
    assert row_of(town, "tidy").state == "good"
    [run] = town.run(lambda session: session.execute(select(JobRun)).scalars().all())
    assert (run.tries, run.error) == (3, "")


def test_the_alarm_is_a_mail_that_says_what_and_where(town: Town) -> None:
    with pytest.raises(RuntimeError):
        run_job(town.context, Broken("sweep").job, last_due(town.context))
    mailbox = Mailbox().open()
    deliver(town.context.database, town.context.clock, read_smtp_url(mailbox.url), "readyshelf@example.org")
    mailbox.close()
    [mail] = mailbox.received
    assert "每日巡查与汇总邮件" in mail["Subject"]  # by its title, as on the page of the jobs
    assert "执行失败" in mail["Subject"]
    for part in (text_of(mail), text_of(mail, "html")):
        assert "the shelf is on fire" in part
        assert "http://testserver.local/jobs" in part
    assert mail["List-Unsubscribe"] is None


@pytest.mark.heavy
def test_a_frequent_job_is_alarmed_about_when_it_fails_several_times_in_a_row(town: Town, clock: SetClock) -> None:
    broken, recorder = Broken("mail", 15), Recorder(town.context)
    for times in range(FAILURES_BORNE):
        assert alarms(town) == [], times
        with pytest.raises(RuntimeError):
            run_job(town.context, broken.job, recorder=recorder)
        clock.instant += timedelta(seconds=15)
    assert alarms(town) == [("mail", "failed", False)]
    broken.fails = False
    run_job(town.context, broken.job, recorder=recorder)
    assert alarms(town) == [("mail", "failed", True)]


def test_a_job_every_five_seconds_is_written_down_in_sums_and_none_is_lost(
    town: Town, clock: SetClock, queries: QueryCount
) -> None:
    recorder, quiet = Recorder(town.context), Job("readiness", lambda _context: {"depots": 0}, 5, found=("depots",))
    queries.during()
    for _ in range(120):  # ten minutes
        run_job(town.context, quiet, recorder=recorder)
        clock.instant += timedelta(seconds=5)
    written = sum("INSERT INTO job_state" in statement for statement in queries.statements)
    assert written <= 600 / PAUSE.total_seconds() + 1
    recorder.flush()
    state = state_of(town, "readiness")
    assert (state.runs, state.failures) == (120, 0)
    assert state.succeeded_at == clock.now() - timedelta(seconds=5)
    [day] = town.run(lambda session: session.execute(select(JobDay)).scalars().all())
    assert (day.day, day.runs, day.found) == (date(2026, 11, 23), 120, 0)
    assert town.run(lambda session: session.execute(select(JobRun)).all()) == []


def test_the_day_of_a_run_is_a_date_in_the_depots_time_zone(town: Town, clock: SetClock) -> None:
    broken = Broken("urgent", 30)
    broken.fails = False
    clock.instant = datetime(2026, 11, 23, 15, 59, tzinfo=UTC)
    run_job(town.context, broken.job)
    clock.instant += timedelta(minutes=2)
    run_job(town.context, broken.job)
    days = town.run(lambda session: session.execute(select(JobDay).order_by(JobDay.day)).scalars().all())
    assert [(day.day.day, day.runs, day.found) for day in days] == [(23, 1, 3), (24, 1, 3)]


@pytest.mark.heavy
def test_the_watchdog_sees_what_falls_silent_and_the_alarm_resolves_with_the_next_run(
    town: Town, clock: SetClock
) -> None:
    watchdog = Watchdog(town.context, clock.now())
    assert watchdog.look() == []
    for job in JOBS.values():
        run_job(town.context, job, last_due(town.context) if job.daily else None)
    clock.instant += timedelta(minutes=4)
    assert set(watchdog.look()) == {"readiness", "mail", "hooks"}
    assert ("mail", "late", False) in alarms(town)
    assert ("sweep", "late", False) not in alarms(town)
    assert watchdog.look() == []  # told once
    clock.instant += timedelta(days=1)
    daily = {"seal", "sweep", "history", "figures", "forget", "tidy"}
    assert daily | {"urgent", "forecasts", "imports"} == set(watchdog.look())
    for job in JOBS.values():
        run_job(town.context, job, last_due(town.context) if job.daily else None)
    assert [resolved for _, _, resolved in alarms(town)] == [True] * len(JOBS)


@pytest.mark.heavy
def test_a_watchdog_that_has_just_begun_gives_time_to_make_up_for_what_was_missed(town: Town, clock: SetClock) -> None:
    for job in JOBS.values():
        run_job(town.context, job, last_due(town.context) if job.daily else None)
    clock.instant += timedelta(days=3)  # nobody served
    watchdog = Watchdog(town.context, clock.now())
    assert watchdog.look() == []
    clock.instant += timedelta(hours=12)  # longer than a job of every half hour may be silent
    assert set(watchdog.look()) == set(JOBS)


def test_two_watchdogs_raise_one_alarm_and_the_one_that_does_sends_it_though_no_job_sends(
    town: Town, clock: SetClock
) -> None:
    mailbox = Mailbox().open()
    settings = town.context.settings.model_copy(update={"smtp_url": mailbox.url})
    watchdogs = [Watchdog(AppContext(settings, town.context.database, clock), clock.now()) for _ in range(2)]
    for watchdog in watchdogs:
        watchdog.look()
    clock.instant += timedelta(hours=1)
    raised: list[list[str]] = []
    threads = [threading.Thread(target=lambda dog=dog: raised.append(dog.look())) for dog in watchdogs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    mailbox.close()
    late = ["hooks", "imports", "mail", "readiness", "urgent"]
    assert sorted(name for names in raised for name in names) == late
    assert sorted(mail["To"] for mail in mailbox.received) == ["admin@example.org"] * len(late)
    assert len({mail["Message-ID"] for mail in mailbox.received}) == len(late)


class Watcher:
    """Somebody outside who waits for the heartbeat: a real HTTP server."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.status = 200
        watcher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                watcher.calls.append(self.path)
                self.send_response(watcher.status)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Nothing on the test's output."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/ping/depots/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    watcher = Watcher()
    yield watcher
    watcher.server.shutdown()
    watcher.server.server_close()


def test_the_heartbeat_is_sent_once_all_daily_jobs_have_succeeded(town: Town, watcher: Watcher) -> None:
    settings = town.context.settings.model_copy(update={"heartbeat_url": watcher.url})
    context = AppContext(settings, town.context.database, town.context.clock)
    due = last_due(context)
    *first, last = DAILY
    for job in first:
        run_job(context, job, due)
        assert ping_heartbeat(context, due) is None
    assert watcher.calls == []
    run_job(context, last, due)
    assert ping_heartbeat(context, due) is True
    assert watcher.calls == ["/ping/depots/"]
    assert ping_heartbeat(town.context, due) is None  # none is set


@pytest.mark.heavy
@pytest.mark.parametrize("how", ["it answers 500", "nobody is there"])
def test_a_heartbeat_that_does_not_arrive_is_shown_and_breaks_nothing(town: Town, watcher: Watcher, how: str) -> None:
    watcher.status = 500
    url = watcher.url if how == "it answers 500" else "http://127.0.0.1:9/"
    context = AppContext(
        town.context.settings.model_copy(update={"heartbeat_url": url}), town.context.database, town.context.clock
    )
    due = last_due(context)
    for job in DAILY:
        run_job(context, job, due)
    assert ping_heartbeat(context, due) is False
    view = town.run(overview, context.settings, context.clock.now())
    assert view.heartbeat is not None
    assert view.heartbeat.seen_at is None
    assert ("500" if how == "it answers 500" else "ConnectError") in view.heartbeat.error
    assert town.run(open_alarms) == {}


@pytest.mark.heavy
async def test_the_page_and_the_interface_show_state_runs_days_and_who_leads(
    client: httpx.AsyncClient, town: Town, clock: SetClock, queries: QueryCount
) -> None:
    town.stock("MED-013", "6", expires_on=date(2026, 11, 22))
    with pytest.raises(RuntimeError):
        run_job(town.context, Broken("tidy").job, last_due(town.context))
    run_job(town.context, JOBS["sweep"], last_due(town.context))
    town.run(note_leader, clock.now(), clock.now())
    body = (await client.get("/api/jobs", headers=town.auth("officer"))).json()
    jobs = {job["name"]: job for job in body["jobs"]}
    assert jobs["sweep"]["state"] == "good"
    assert jobs["sweep"]["outcome"]["opened"] == jobs["sweep"]["days"][0]["found"] >= 1
    assert jobs["sweep"]["next_at"] == "2026-11-23T22:30:00Z"
    assert (jobs["tidy"]["state"], jobs["tidy"]["error"]) == ("failed", "RuntimeError: the shelf is on fire")
    assert jobs["mail"]["state"] == "off"  # no mail server is set
    assert body["leader"]["worker"] == town.run(signs)["leader"].worker
    assert {run["name"] for run in body["runs"]} == {"sweep", "tidy"}
    queries.during()
    page = await client.get("/jobs", headers=town.auth("officer"))
    assert page.status_code == 200
    assert "每日巡查与汇总邮件" in page.text
    assert "the shelf is on fire" in page.text
    assert len(queries) <= 12
    clock.instant += timedelta(minutes=5)
    assert (await client.get("/api/jobs", headers=town.auth("admin"))).json()["leader"] is None
    assert (await client.get("/jobs", headers=town.auth("keeper"))).status_code == 403


@pytest.mark.heavy
async def test_metrics_tell_the_same_from_every_process(client: httpx.AsyncClient, town: Town, clock: SetClock) -> None:
    run_job(town.context, JOBS["sweep"], last_due(town.context))
    with pytest.raises(RuntimeError):
        run_job(town.context, Broken("mail", 15).job)
    told = (await client.get("/metrics")).text
    found = {
        (sample.name, sample.labels.get("job")): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
        if sample.name.startswith("readyshelf_job_") and "what" not in sample.labels
    }
    assert found["readyshelf_job_runs_total", "sweep"] == 1
    assert found["readyshelf_job_failures_total", "mail"] == 1
    assert found["readyshelf_job_last_success_timestamp_seconds", "sweep"] == clock.now().timestamp()
    assert ("readyshelf_job_last_success_timestamp_seconds", "mail") not in found
    assert found["readyshelf_job_last_run_seconds", "sweep"] > 0
    assert "process_cpu_seconds_total" in told


def test_by_hand_a_job_runs_now_is_recorded_and_its_failure_is_an_exit_code(
    town: Town, settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--database-url", settings.database_url]
    assert main([*arguments, "jobs", "run", "sweep", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["depots"] == 2
    assert main([*arguments, "jobs", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {job["name"]: job["state"] for job in told["jobs"]}["sweep"] == "good"
    assert [(run["name"], run["by_hand"]) for run in told["runs"]] == [("sweep", True)]
    assert main([*arguments, "jobs"]) == 0
    assert "sweep (daily): good" in capsys.readouterr().out
    assert main([*arguments, "jobs", "run", "nonsense"]) == 1
    monkeypatch.setitem(JOBS, "tidy", Broken("tidy").job)
    assert main([*arguments, "jobs", "run", "tidy"]) == 1
    assert "the shelf is on fire" in capsys.readouterr().err
