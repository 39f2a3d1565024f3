"""Which jobs there are, when each is due, and how long its silence is borne."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.context import AppContext
from core.languages import N_
from core.limits import forget_hits
from core.repeats import forget_answers
from core.settings import Settings
from depots.models import Depot
from inventory.desk.history import forget_days, record_day
from inventory.documents.loans import write_off_overdue
from inventory.exchange.returning import return_broken_off
from inventory.lasting.forecasting import renew_forecasts
from inventory.readiness.counting import refresh, renew_requirements
from inventory.stock.seals import seal_days
from inventory.stock.verify import check_figures
from inventory.verifying.verifying import repair
from jobs.alerts.sweep import sweep_city
from jobs.calendars.feeds import forget_entries
from jobs.channels.outbox import deliver_mails, deliver_to_endpoints
from jobs.digests.digests import write_digests, write_urgent_mails
from jobs.digests.endpoint_messages import write_to_endpoints
from jobs.running.forgetting import forget_residents
from jobs.running.models import JobDay
from people.sign_in import forget_credentials

DAILY_GRACE = timedelta(hours=2)  # a daily job that has not succeeded so long after its time is late
CATCH_UP_GRACE = timedelta(minutes=30)
LEAST_PATIENCE = timedelta(minutes=3)  # a killed leader is replaced within a minute; that alone alarms nobody
MISSED_RUNS = 10  # a frequent job that has not succeeded for so many of its intervals is late
SHARES = 7  # each depot's figures are looked over once in so many days
log = structlog.get_logger()
KEPT_DAYS = 400  # for so long the figures by day are stored


@dataclass(frozen=True)
class Job:
    """A job: daily (each run recorded, caught up after downtime) or every so many seconds (recorded in sums).

    ``found``, ``sent`` and ``failed`` name the counts of its outcome that say so.
    """

    name: str
    run: Callable[[AppContext], dict[str, Any]]
    every_seconds: int | None = None  # None: daily at the settings' time
    title: str = ""
    found: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def daily(self) -> bool:
        return self.every_seconds is None


def sweep_and_write(
    context: AppContext, day: date | None = None, progress: Callable[[int], None] = lambda done: None
) -> dict[str, Any]:
    """The daily sweep, of today if no other day is given, and the digests of what is new."""
    now, today = context.clock.now(), day or context.clock.today()
    lost = context.database.run(write_off_overdue, now, context.settings.zone)
    report = sweep_city(context.database, today, now, progress=progress)
    return {
        **asdict(report),
        "loans_lost": lost,
        "digests": write_digests(context.database, context.settings, today, now),
    }


def write_urgent(context: AppContext) -> dict[str, Any]:
    """Write the mails that cannot wait for the next digest, and the messages to robots and webhooks."""
    today, now = context.clock.today(), context.clock.now()
    mails = write_urgent_mails(context.database, context.settings, today, now)
    return {"mails": mails, "messages": write_to_endpoints(context.database, context.settings, now)}


def send_mails(context: AppContext) -> dict[str, Any]:
    """One pass over the outbox."""
    server = context.settings.smtp
    return {} if server is None else asdict(deliver_mails(context, server))


def call_endpoints(context: AppContext) -> dict[str, Any]:
    """One pass over what waits for robots and webhooks: a slow one holds up no mail."""
    return asdict(deliver_to_endpoints(context))


def refresh_figures(context: AppContext) -> dict[str, Any]:
    """Write down the readiness figures that have gone stale."""
    done = 0
    context.database.run(renew_requirements, context.clock.today())
    while batch := context.database.run(refresh, context.clock.today()):
        done += batch
    return {"depots": done}


def record_readiness(context: AppContext) -> dict[str, Any]:
    """The day's readiness figures, for the trend. A day on which this never ran stays missing."""
    refresh_figures(context)
    today = context.clock.today()
    depots = context.database.run(record_day, today)
    context.database.run(forget_days, today, context.settings.history_days)
    return {"depots": depots}


class FiguresRepaired(Exception):
    """Figures were wrong and are right again: the run counts as failed, so that administrators are notified."""


def look_over_figures(context: AppContext) -> dict[str, Any]:
    """Compare the figures of a seventh of the depots with their balances; repair what was wrong (B24)."""
    now, today = context.clock.now(), context.clock.today()
    with context.database.transaction(writes=False) as session:
        depots = sorted(session.execute(select(Depot.id)).scalars())[today.toordinal() % SHARES :: SHARES]
        check = check_figures(depots)
        wrong = check.find(session).number
    repaired = context.database.run(repair, now, "job figures", [check]) if wrong else []
    if repaired:
        rows = [f"{one.which}: {one.before} → {one.after}" for one in repaired]
        log.error("figures repaired", number=len(rows), rows=rows[:20])
        raise FiguresRepaired(f"{len(rows)} figures were wrong and were repaired: {'; '.join(rows[:3])}")
    return {"depots": len(depots)}


def tidy(context: AppContext) -> dict[str, Any]:
    """Forget sessions and sign-in tries that no longer matter, and the jobs' figures of long ago."""
    now, today = context.clock.now(), context.clock.today()
    return {"days": context.database.run(_tidy, now, today)}


def _tidy(session: Session, now: datetime, today: date) -> int:
    forget_hits(session, now - timedelta(days=1))
    forget_answers(session, now - timedelta(days=7))
    forget_credentials(session, now - timedelta(days=7))
    forget_entries(session, now - timedelta(days=400))
    old = delete(JobDay).where(JobDay.day < today - timedelta(days=KEPT_DAYS))
    return int(getattr(session.execute(old), "rowcount", 0))


def seal_ledger(context: AppContext) -> dict[str, Any]:
    """Chain the days that are over; see inventory/stock/seals.py."""
    return {"days": seal_days(context.database, context.clock.now())}


def work_out_forecasts(context: AppContext) -> dict[str, Any]:
    """How long every item lasts, anew each day and where stock has moved."""
    now, today = context.clock.now(), context.clock.today()
    return {"items": renew_forecasts(context.database, today, now, context.settings.zone)}


def return_imports(context: AppContext) -> dict[str, Any]:
    """Take back what stands of imports that broke off half-way with their process."""
    return {"imports": return_broken_off(context)}


JOBS = {
    job.name: job
    for job in (
        # before the sweep, whose digests carry the head
        Job("seal", seal_ledger, None, N_("Sealing the ledger"), found=("days",)),
        Job("sweep", sweep_and_write, None, N_("The daily sweep and its digests"), ("opened", "raised"), ("digests",)),
        Job("history", record_readiness, None, N_("Readiness figures of the day"), found=("depots",)),
        Job("figures", look_over_figures, None, N_("Looking over the depots' figures"), found=("depots",)),
        Job("forget", forget_residents, None, N_("Forgetting residents"), found=("forgotten",)),
        Job("tidy", tidy, None, N_("Tidying up")),
        Job("urgent", write_urgent, 30, N_("Writing urgent mails"), sent=("mails", "messages")),
        Job("mail", send_mails, 15, N_("Sending mail"), sent=("sent",), failed=("refused", "put_off")),
        Job(
            "hooks",
            call_endpoints,
            15,
            N_("Calling robots and webhooks"),
            sent=("sent",),
            failed=("refused", "put_off"),
        ),
        Job("forecasts", work_out_forecasts, 1800, N_("What runs out when"), found=("items",)),
        Job("imports", return_imports, 300, N_("Taking back imports that broke off"), found=("imports",)),
        Job("readiness", refresh_figures, 5, N_("Readiness figures"), found=("depots",)),
    )
}


def last_due(context: AppContext) -> datetime:
    """When the daily jobs were last due."""
    return due_before(context.clock.now(), context.settings)


def due_before(now: datetime, settings: Settings) -> datetime:
    """When the daily jobs were last due before an instant, at the settings' time of day in the depots' time zone."""
    local = now.astimezone(settings.zone)
    at = settings.sweep_at
    due = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return due if due <= local else due - timedelta(days=1)


def next_run(job: Job, settings: Settings, started_at: datetime | None, now: datetime) -> datetime:
    """When a job is to run next, as far as one can tell from outside the process that leads."""
    if job.every_seconds is not None:
        return max(now, (started_at or now) + timedelta(seconds=job.every_seconds))
    return (due_before(now, settings) + timedelta(days=1)).astimezone(UTC)


def is_late(job: Job, settings: Settings, good: datetime, watched_since: datetime, now: datetime) -> bool:
    """Whether a job has been silent for too long.

    ``good``: its last success, or since when it is known. ``watched_since``: when the watcher began; what was missed
    while nobody served is being made up for, and gets the time for it.
    """
    if job.every_seconds is None:
        return good < due_before(now - DAILY_GRACE, settings) and now - watched_since > CATCH_UP_GRACE
    patience = max(timedelta(seconds=job.every_seconds * MISSED_RUNS), LEAST_PATIENCE)
    return now - max(good, watched_since) > patience
