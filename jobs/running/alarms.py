"""Alarms: a job fails or stands still, and whoever administers the city is notified by mail, once.

There is at most one open alarm per job; it resolves by itself with the job's next success.
"""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.clock import local_date
from core.columns import table_of
from core.database import TryAgain
from core.ids import new_id
from core.languages import N_, say
from core.pages import render
from core.settings import Settings
from core.upsert import upsert
from jobs.alerts.ladder import Reader
from jobs.channels.models import Mail, MailState
from jobs.digests.digests import readers
from jobs.running.models import JobAlarm
from jobs.running.schedule import JOBS
from people.policy import Act, may_in_city

FAILED, LATE = "failed", "late"
ALARM_WORDS = {FAILED: N_("fails"), LATE: N_("does not run any more")}
MAIL_KIND = "jobs"


def raise_alarm(session: Session, settings: Settings, job: str, why: str, details: str, now: datetime) -> bool:
    """Open an alarm and write the mails about it; False if one stands open already."""
    table = table_of(JobAlarm)
    row = {"id": new_id(), "name": job, "why": why, "details": details[:1000], "opened_at": now}
    opened = session.execute(upsert(session, table).values(row).on_conflict_do_nothing().returning(table.c.id)).first()
    if opened is None:
        return False
    for reader in readers(session, now):
        if may_in_city(reader.caller, Act.ADMINISTER):
            _write_mail(session, settings, reader, job=job, why=why, details=details, now=now)
    return True


def resolve_alarm(session: Session, job: str, now: datetime) -> None:
    """The job works: its alarm, if any, is over."""
    session.execute(
        update(JobAlarm).where(JobAlarm.name == job, JobAlarm.resolved_at.is_(None)).values(resolved_at=now)
    )


def open_alarms(session: Session) -> dict[str, JobAlarm]:
    """The open alarms by job."""
    rows = session.execute(select(JobAlarm).where(JobAlarm.resolved_at.is_(None))).scalars()
    return {alarm.name: alarm for alarm in rows}


def _write_mail(
    session: Session, settings: Settings, reader: Reader, *, job: str, why: str, details: str, now: datetime
) -> None:
    mail_id, language, today = new_id(), reader.caller.language, local_date(now, settings.zone)
    word = say(language, ALARM_WORDS[why])
    title = say(language, JOBS[job].title) if job in JOBS else job
    values = {"job": title, "word": word, "details": details, "now": now, "base_url": settings.base_url}
    mine = select(func.count()).where(
        Mail.person_id == reader.caller.person_id, Mail.kind == MAIL_KIND, Mail.day == today
    )
    row = {
        "id": mail_id,
        "person_id": reader.caller.person_id,
        "kind": MAIL_KIND,
        "day": today,
        "part": session.execute(mine).scalar_one(),
        "address": reader.address,
        "subject": say(language, N_("Readyshelf itself: the job {job} {word}"), job=title, word=word),
        "body_text": render("jobs/alarm.txt", language, settings.zone, **values),
        "body_html": render("jobs/alarm.html", language, settings.zone, **values),
        "message_id": f"<{mail_id}@{settings.mail_host}>",
        "state": MailState.WAITING,
        "tries": 0,
        "next_try_at": now,
        "last_error": "",
        "created_at": now,
    }
    table = table_of(Mail)
    written = upsert(session, table).values(row).on_conflict_do_nothing().returning(table.c.id)
    if session.execute(written).first() is None:
        raise TryAgain  # another process wrote this person a mail about another job at the same moment
