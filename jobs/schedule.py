"""Which jobs there are, and one run of one of them."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import and_, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.house import House
from core.ids import new_id
from core.limits import forget_hits
from core.upsert import upsert
from inventory.documents.loans import write_off_overdue
from inventory.readiness import refresh
from jobs.calendar_feeds import forget_entries
from jobs.digests import write_digests, write_urgent_mails
from jobs.endpoint_messages import write_to_endpoints
from jobs.models import JobRun
from jobs.outbox import deliver, deliver_to_endpoints
from jobs.sweep import sweep_city
from people.sign_in import forget_credentials

INTERRUPTED = "the process was stopped half way"
log = structlog.get_logger()


@dataclass(frozen=True)
class Job:
    """A job: daily (recorded, caught up after downtime) or every so many seconds."""

    name: str
    run: Callable[[House], dict[str, Any]]
    every_seconds: int | None = None  # None: daily at the settings' time


def sweep_and_write(house: House) -> dict[str, Any]:
    """The daily sweep, and the digests of what is new."""
    now, today = house.clock.now(), house.clock.today()
    lost = house.database.run(write_off_overdue, now, house.settings.zone)
    report = sweep_city(house.database, today, now)
    return {**asdict(report), "loans_lost": lost, "digests": write_digests(house.database, house.settings, today, now)}


def tell_urgent(house: House) -> dict[str, Any]:
    """The mails that cannot wait for the next digest, and what robots and webhooks are told."""
    today, now = house.clock.today(), house.clock.now()
    mails = write_urgent_mails(house.database, house.settings, today, now)
    return {"mails": mails, "messages": write_to_endpoints(house.database, house.settings, now)}


def send_mails(house: House) -> dict[str, Any]:
    """One pass over the outbox."""
    if house.settings.smtp is None:
        return {}
    return asdict(deliver(house.database, house.clock, house.settings.smtp, house.settings.mail_from))


def call_endpoints(house: House) -> dict[str, Any]:
    """One pass over what waits for robots and webhooks: a slow one holds up no mail."""
    return asdict(deliver_to_endpoints(house))


def refresh_figures(house: House) -> dict[str, Any]:
    """Write down the readiness figures that have gone stale."""
    done = 0
    while batch := house.database.run(refresh, house.clock.today()):
        done += batch
    return {"depots": done}


def tidy(house: House) -> dict[str, Any]:
    """Forget sessions and sign-in tries that no longer matter."""
    house.database.run(_tidy, house.clock.now())
    return {}


def _tidy(session: Session, now: datetime) -> None:
    forget_hits(session, now - timedelta(days=1))
    forget_credentials(session, now - timedelta(days=7))
    forget_entries(session, now - timedelta(days=400))


JOBS = {
    job.name: job
    for job in (
        Job("sweep", sweep_and_write),
        Job("tidy", tidy),
        Job("urgent", tell_urgent, every_seconds=30),
        Job("mail", send_mails, every_seconds=15),
        Job("hooks", call_endpoints, every_seconds=15),
        Job("readiness", refresh_figures, every_seconds=5),
    )
}


def last_due(house: House) -> datetime:
    """When the daily jobs were last due, at the settings' time of day in the depots' time zone."""
    local = house.clock.now().astimezone(house.settings.zone)
    at = house.settings.sweep_at
    due = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return due if due <= local else due - timedelta(days=1)


def run_job(house: House, job: Job, due: datetime | None = None) -> dict[str, Any] | None:
    """Run a job now. With ``due``, at most one process ever does it for that time; None if it was done already.

    What goes wrong is logged, recorded, and raised.
    """
    run_id = house.database.run(_begin, job.name, due, house.clock.now()) if due is not None else None
    if due is not None and run_id is None:
        return None
    try:
        outcome = job.run(house)
    except Exception as error:
        log.error("job failed", job=job.name, exc_info=error)
        if due is not None:
            house.database.run(_end, run_id, house.clock.now(), {}, f"{type(error).__name__}: {error}")
        raise
    if due is not None:
        house.database.run(_end, run_id, house.clock.now(), outcome, "")
    log.debug("job done", job=job.name, **outcome)
    return outcome


def note_interrupted(session: Session) -> None:
    """Mark the runs that nobody can be at any more: called by the process that leads from now on.

    Without it a job whose process was killed half way would count as begun, and its day would be skipped for good.
    """
    session.execute(update(JobRun).where(JobRun.finished_at.is_(None), JobRun.error == "").values(error=INTERRUPTED))


def _begin(session: Session, name: str, due: datetime, now: datetime) -> UUID | None:
    """The id of the run, or None if somebody did it or is at it."""
    table = table_of(JobRun)
    row = {"id": new_id(), "name": name, "due": due, "started_at": now, "outcome": "{}", "error": ""}
    statement = (
        upsert(session, table)
        .values(row)
        .on_conflict_do_update(
            index_elements=["name", "due"],
            set_={"started_at": now, "error": ""},
            where=and_(table.c.finished_at.is_(None), table.c.error == INTERRUPTED),
        )
        .returning(table.c.id)
    )
    return session.execute(statement).scalar_one_or_none()


def _end(session: Session, run_id: Any, now: datetime, outcome: dict[str, Any], error: str) -> None:
    session.execute(
        update(JobRun)
        .where(JobRun.id == run_id)
        .values(finished_at=now, outcome=json.dumps(outcome), error=error[:1000])
    )
