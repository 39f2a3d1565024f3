"""What is off, amiss or about to be, and what follows from it: a pure function of the settings and of a few facts."""

from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from core.addresses import is_trial
from core.languages import N_
from core.settings import Settings

Level = Literal["bad", "warn", "note"]
BACKUP_OLD = timedelta(days=2)
MAIL_STUCK = timedelta(hours=1)  # a mail goes within a minute; one that a server puts off comes within this
LITTLE_DISK, NO_DISK = 5_000_000_000, 500_000_000  # bytes


class Facts(msgspec.Struct, frozen=True):
    """What the settings do not say."""

    schema_right: bool = True
    leader: bool = True
    late_jobs: tuple[str, ...] = ()
    endpoints: int = 0
    administrators_reached: int = 1
    unsent: int = 0
    oldest_unsent: datetime | None = None
    heartbeat_error: str = ""
    last_backup: datetime | None = None
    disk_free: int = LITTLE_DISK
    embedded: bool = False


class Finding(msgspec.Struct, frozen=True):
    """One thing to know. ``kind`` stays the same for programs; ``message`` is a text id, filled by ``params``."""

    level: Level
    kind: str
    message: str
    params: dict[str, Any] = {}


def findings(settings: Settings, facts: Facts, now: datetime) -> list[Finding]:
    """All of it, the worst first."""
    found = [*_of_jobs(facts), *_of_mail(settings, facts, now), *_of_storage(settings, facts, now), *_of_way(settings)]
    ranks = ("bad", "warn", "note")
    return sorted(found, key=lambda one: ranks.index(one.level))


def worst(found: list[Finding]) -> Literal["bad", "warn", "good"]:
    """How it all stands."""
    levels = {one.level for one in found}
    return "bad" if "bad" in levels else "warn" if "warn" in levels else "good"


def _of_jobs(facts: Facts) -> list[Finding]:
    found = []
    if not facts.schema_right:
        found.append(Finding("bad", "schema", N_("The schema is not the one of this program: run readyshelf migrate.")))
    if not facts.leader:
        text = N_("No process runs the jobs: nothing is looked for and nothing is sent (READYSHELF_RUN_JOBS).")
        found.append(Finding("bad", "no-leader", text))
    found += [
        Finding("bad", "job", N_("The job {job} fails or does not run any more."), {"job": job})
        for job in facts.late_jobs
    ]
    if facts.heartbeat_error:
        text = N_("The heartbeat did not arrive: {error}")
        found.append(Finding("warn", "heartbeat", text, {"error": facts.heartbeat_error}))
    return found


def _of_mail(settings: Settings, facts: Facts, now: datetime) -> list[Finding]:
    found = []
    if settings.smtp is None:
        text = N_("Mail is off: nobody is told anything by mail (READYSHELF_SMTP_URL).")
        found.append(Finding("bad", "mail-off", text))
        if not facts.endpoints:
            text = N_("No robot and no webhook is set up either: alerts reach only who opens them.")
            found.append(Finding("bad", "nobody-told", text))
    else:
        if settings.mail_host == "localhost":
            text = N_("Mails come from {sender}, which most mail servers refuse (READYSHELF_MAIL_FROM).")
            found.append(Finding("warn", "mail-from", text, {"sender": settings.mail_from}))
        if facts.oldest_unsent is not None and now - facts.oldest_unsent > MAIL_STUCK:
            text = N_("{number} messages wait to be sent, the oldest for {hours} hours.")
            hours = int((now - facts.oldest_unsent) / timedelta(hours=1))
            found.append(Finding("bad", "outbox", text, {"number": facts.unsent, "hours": hours}))
    if not facts.administrators_reached:
        text = N_("No administrator of the city can be reached by mail: alarms about the jobs reach nobody.")
        found.append(Finding("warn", "no-administrator", text))
    if settings.heartbeat_url is None:
        text = N_("Nobody outside notices when this server stops (READYSHELF_HEARTBEAT_URL).")
        found.append(Finding("note", "no-heartbeat", text))
    return found


def _of_storage(settings: Settings, facts: Facts, now: datetime) -> list[Finding]:
    found = []
    if facts.last_backup is None:
        text = N_("No backup has been made yet: make one on the page Backups, or by readyshelf backup FILE.")
        found.append(Finding("note" if settings.demo else "warn", "no-backup", text))
    elif now - facts.last_backup > BACKUP_OLD:
        days = (now - facts.last_backup).days
        found.append(Finding("warn", "backup-old", N_("The last backup is {days} days old."), {"days": days}))
    if facts.disk_free < LITTLE_DISK:
        level: Level = "bad" if facts.disk_free < NO_DISK else "warn"
        text = N_("Only {gigabytes} GB are free where photos and the embedded database lie.")
        found.append(Finding(level, "disk", text, {"gigabytes": f"{facts.disk_free / 1e9:.1f}"}))
    if facts.embedded and not settings.demo:
        text = N_("The embedded database serves one process on one machine; a city uses PostgreSQL.")
        found.append(Finding("note", "embedded", text))
    return found


def _of_way(settings: Settings) -> list[Finding]:
    found = []
    if settings.demo:
        text = N_("This is the demo city: its passwords are published. Never use it for a real one.")
        found.append(Finding("note", "demo", text))
    if is_trial(settings.label_base):
        text = N_("Labels are stamped TEST: {address} opens on this machine alone (READYSHELF_BASE_URL).")
        found.append(Finding("warn", "trial-address", text, {"address": settings.label_base}))
    elif urlsplit(settings.base_url).scheme != "https":
        text = N_("The address begins with http: phones then give no camera and no use without signal.")
        found.append(Finding("warn", "no-tls", text))
    return found
