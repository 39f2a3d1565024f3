"""How the jobs fare, for the page, the interface, the command and Prometheus: all read from the database alone."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Literal

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import local_date
from core.languages import N_
from core.settings import Settings
from jobs.alerts.models import Alert
from jobs.channels.models import Mail, MailState
from jobs.channels.register import Way
from jobs.running.alarms import open_alarms
from jobs.running.models import JobAlarm, JobDay, JobRun, JobSign, JobState
from jobs.running.schedule import JOBS, Job, next_run
from jobs.running.watching import HEARTBEAT, LEADER, signs
from jobs.running.wishes import SWEEP, waiting

DAYS_SHOWN = 14
RUNS_SHOWN = 30
NEED_MAIL = ("mail",)
LEADER_SILENT = timedelta(minutes=2)
State = Literal["good", "failed", "late", "waiting", "off"]
STATE_WORDS = {
    "good": N_("in order"),
    "failed": N_("fails"),
    "late": N_("does not run any more"),
    "waiting": N_("has not run yet"),
    "off": N_("switched off"),
}
OUTCOME_WORDS = {
    "depots": N_("depots gone through"),
    "items": N_("items worked out"),
    "opened": N_("newly open"),
    "raised": N_("a step nearer"),
    "resolved": N_("resolved"),
    "standing": N_("standing open"),
    "loans_lost": N_("loans written off"),
    "digests": N_("digests written"),
    "days": N_("days tidied away"),
    "mails": N_("mails written"),
    "messages": N_("messages written"),
    "sent": N_("sent"),
    "refused": N_("refused"),
    "put_off": N_("put off"),
}


class DayFigures(msgspec.Struct, frozen=True):
    """What a job did on one date in the depots' time zone."""

    day: date
    runs: int = 0
    failures: int = 0
    found: int = 0
    sent: int = 0
    failed: int = 0
    seconds: float = 0
    longest: float = 0


class JobRow(msgspec.Struct, frozen=True):
    """How one job fares. ``every_seconds`` is absent for a daily one; ``seconds`` is how long the last run took."""

    name: str
    title: str
    every_seconds: int | None
    state: State
    last_run_at: datetime | None
    last_success_at: datetime | None
    last_failure_at: datetime | None
    seconds: float
    outcome: dict[str, Any]
    error: str
    next_at: datetime
    worker: str
    runs: int
    failures: int
    alarm_since: datetime | None
    asked_at: datetime | None  # somebody has asked for it, and it waits for the process that runs the jobs
    days: list[DayFigures]


class RunRow(msgspec.Struct, frozen=True):
    """One run of a daily job, or one by hand."""

    name: str
    due: datetime
    started_at: datetime
    finished_at: datetime | None
    seconds: float | None
    outcome: dict[str, Any]
    error: str
    worker: str
    tries: int
    by_hand: bool


class Sign(msgspec.Struct, frozen=True):
    """A sign of life. Of the leader: which process, since when, last seen. Of the heartbeat: when it last arrived."""

    worker: str
    since: datetime
    seen_at: datetime | None
    tried_at: datetime
    error: str


class JobsView(msgspec.Struct, frozen=True):
    """All of it. ``leader`` is absent while no process leads (or none has said so for two minutes).

    ``mail_on``: whether mail is sent at all; ``unsent``: mails that wait.
    """

    jobs: list[JobRow]
    runs: list[RunRow]
    leader: Sign | None
    heartbeat: Sign | None
    mail_on: bool
    unsent: int


def overview(session: Session, settings: Settings, now: datetime) -> JobsView:
    """How all jobs fare now."""
    today = local_date(now, settings.zone)
    states = {state.name: state for state in session.execute(select(JobState)).scalars()}
    alarms = open_alarms(session)
    days = _days(session, today)
    found = signs(session)
    leader = found.get(LEADER)
    if leader is not None and now - leader.tried_at > LEADER_SILENT:
        leader = None
    asked = waiting(session)
    rows = [
        _row(job, states.get(job.name), alarms.get(job.name), days=days, settings=settings, today=today, now=now)
        for job in JOBS.values()
    ]
    return JobsView(
        [msgspec.structs.replace(row, asked_at=asked.get(row.name)) for row in rows],
        _runs(session),
        _shown(leader),
        _shown(found.get(HEARTBEAT)),
        settings.smtp is not None,
        unsent_mails(session),
    )


def unsent_mails(session: Session) -> int:
    """How many mails wait."""
    waits = (Mail.channel == Way.MAIL, Mail.state.in_((MailState.WAITING, MailState.SENDING)))
    return int(session.execute(select(func.count()).select_from(Mail).where(*waits)).scalar_one())


def looked_at(session: Session) -> datetime | None:
    """When a sweep last looked at the whole city; None if none ever did."""
    return session.execute(select(JobState.succeeded_at).where(JobState.name == SWEEP)).scalar_one_or_none()


def _row(
    job: Job,
    state: JobState | None,
    alarm: JobAlarm | None,
    *,
    days: dict[tuple[str, date], DayFigures],
    settings: Settings,
    today: date,
    now: datetime,
) -> JobRow:
    state = state or JobState(name=job.name, known_since=now)
    shown = [today - timedelta(days=back) for back in range(DAYS_SHOWN)]
    return JobRow(
        name=job.name,
        title=job.title,
        every_seconds=job.every_seconds,
        state=_state_of(job, state, alarm, settings),
        last_run_at=state.started_at,
        last_success_at=state.succeeded_at,
        last_failure_at=state.failed_at,
        seconds=round(state.seconds, 3),
        outcome=json.loads(state.outcome),
        error=state.error if state.failures_in_row else "",
        next_at=next_run(job, settings, state.started_at, now),
        worker=state.worker,
        runs=state.runs,
        failures=state.failures,
        alarm_since=alarm.opened_at if alarm else None,
        asked_at=None,
        days=[days.get((job.name, day), DayFigures(day)) for day in shown],
    )


def _state_of(job: Job, state: JobState, alarm: JobAlarm | None, settings: Settings) -> State:
    if job.name in NEED_MAIL and settings.smtp is None:
        return "off"  # it runs, and does nothing: that is not in order (C6)
    if state.failures_in_row:
        return "failed"
    if alarm is not None:
        return "late"
    return "good" if state.succeeded_at else "waiting"


def _days(session: Session, today: date) -> dict[tuple[str, date], DayFigures]:
    rows = session.execute(select(JobDay).where(JobDay.day > today - timedelta(days=DAYS_SHOWN))).scalars()
    return {
        (row.name, row.day): DayFigures(
            row.day,
            row.runs,
            row.failures,
            row.found,
            row.sent,
            row.failed,
            round(row.seconds, 3),
            round(row.longest, 3),
        )
        for row in rows
    }


def _runs(session: Session) -> list[RunRow]:
    rows = session.execute(
        select(JobRun).order_by(JobRun.started_at.desc(), JobRun.id.desc()).limit(RUNS_SHOWN)
    ).scalars()
    return [
        RunRow(
            run.name,
            run.due,
            run.started_at,
            run.finished_at,
            None if run.seconds is None else round(run.seconds, 3),
            json.loads(run.outcome),
            run.error,
            run.worker,
            run.tries,
            run.by_hand,
        )
        for run in rows
    ]


def _shown(sign: JobSign | None) -> Sign | None:
    return Sign(sign.worker, sign.since, sign.seen_at, sign.tried_at, sign.error) if sign is not None else None


def job_figures(session: Session) -> Iterator[Metric]:
    """For Prometheus: the same from every process, whichever runs the jobs."""
    states = list(session.execute(select(JobState).order_by(JobState.name)).scalars())
    runs = CounterMetricFamily("readyshelf_job_runs", "Runs of a job, failed ones included", labels=["job"])
    failures = CounterMetricFamily("readyshelf_job_failures", "Runs of a job that failed", labels=["job"])
    seconds = CounterMetricFamily("readyshelf_job_seconds", "Time spent in a job", labels=["job"])
    last = GaugeMetricFamily("readyshelf_job_last_run_seconds", "How long the last run took", labels=["job"])
    success = GaugeMetricFamily(
        "readyshelf_job_last_success_timestamp_seconds", "When a job last succeeded", labels=["job"]
    )
    for state in states:
        runs.add_metric([state.name], state.runs)
        failures.add_metric([state.name], state.failures)
        seconds.add_metric([state.name], state.seconds_in_all)
        last.add_metric([state.name], state.seconds)
        if state.succeeded_at is not None:
            success.add_metric([state.name], state.succeeded_at.timestamp())
    yield from (runs, failures, seconds, last, success, *_alarm_figures(session, states))


def _alarm_figures(session: Session, states: list[JobState]) -> Iterator[Metric]:
    open_ones = open_alarms(session)
    alarm = GaugeMetricFamily("readyshelf_job_alarm", "1 while an alarm about a job stands open", labels=["job"])
    for state in states:
        alarm.add_metric([state.name], 1 if state.name in open_ones else 0)
    yield alarm
    sums = session.execute(
        select(JobDay.name, func.sum(JobDay.found), func.sum(JobDay.sent), func.sum(JobDay.failed))
        .group_by(JobDay.name)
        .order_by(JobDay.name)
    ).all()
    things = GaugeMetricFamily(
        "readyshelf_job_things", "What a job found, sent and failed at, in the days kept", labels=["job", "what"]
    )
    for name, *counts in sums:
        for what, count in zip(("found", "sent", "failed"), counts, strict=True):
            things.add_metric([name, what], int(count))
    yield things
    yield from _outbox_figures(session)
    yield _open_alerts(session)


def _open_alerts(session: Session) -> Metric:
    found = session.execute(
        select(Alert.kind, Alert.urgent, func.count())
        .where(Alert.resolved_at.is_(None))
        .group_by(Alert.kind, Alert.urgent)
    )
    alerts = GaugeMetricFamily("readyshelf_alerts_open", "Alerts that stand open", labels=["kind", "urgent"])
    for kind, urgent, number in found:
        alerts.add_metric([str(kind), "yes" if urgent else "no"], number)
    return alerts


def _outbox_figures(session: Session) -> Iterator[Metric]:
    """What waits, also while mail is off: a watcher sees it grow."""
    waits = Mail.state.in_((MailState.WAITING, MailState.SENDING))
    found = session.execute(
        select(Mail.channel, func.count(), func.min(Mail.created_at)).where(waits).group_by(Mail.channel)
    ).all()
    depth = GaugeMetricFamily("readyshelf_outbox_waiting", "Messages that wait to be sent", labels=["channel"])
    oldest = GaugeMetricFamily(
        "readyshelf_outbox_oldest_timestamp_seconds",
        "When the oldest message that waits was written",
        labels=["channel"],
    )
    for way, number, since in found:
        depth.add_metric([str(way)], number)
        oldest.add_metric([str(way)], since.timestamp())
    yield from (depth, oldest)
