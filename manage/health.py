"""How the installation stands: jobs, versions, schema, sizes, disk, backup, outbox; for the page and for a watcher."""

import platform
import shutil
from datetime import datetime
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.context import AppContext
from core.models import ArchiveMade
from core.schema import current_revision, is_usable, newest_revision
from jobs.channels.models import Endpoint, Mail, MailState
from jobs.digests.digests import readers
from jobs.running.overview import JobRow, JobsView, overview
from manage.findings import Facts, Finding, findings, worst
from people.policy import Act, Caller, may_in_city, require_city


class Backup(msgspec.Struct, frozen=True):
    """The newest archive that this installation knows of."""

    made_at: datetime
    name: str
    bytes: int
    worker: str


class Storage(msgspec.Struct, frozen=True):
    """What lies where, in bytes. The disk is the one of photos, secret and embedded database."""

    database_bytes: int
    disk_free: int
    disk_total: int
    backup: Backup | None


class Outbox(msgspec.Struct, frozen=True):
    """What waits to be sent, by all channels."""

    waiting: int
    oldest: datetime | None
    last_sent: datetime | None


class Health(msgspec.Struct, frozen=True):
    """All of it. ``status`` is the worst of the findings; ``schema_there`` may be of another program version."""

    status: Literal["bad", "warn", "good"]
    findings: list[Finding]
    checked_at: datetime
    versions: dict[str, str]
    schema_there: str
    schema_needed: str
    storage: Storage
    outbox: Outbox
    leader: str
    jobs: list[JobRow]


class _Read(msgspec.Struct, frozen=True):
    """What the database says, read in one transaction."""

    view: JobsView
    server: str
    database_bytes: int
    backup: Backup | None
    outbox: Outbox
    endpoints: int
    administrators_reached: int


async def health(context: AppContext, caller: Caller) -> Health:
    """How it stands now. Refuses (403) whoever does not answer for the whole city."""
    require_city(caller, Act.APPROVE)
    now, settings = context.clock.now(), context.settings
    read = await context.database.read(_look, context, now)
    there = await context.database.aside(partial(current_revision, context.database)) or ""
    disk = shutil.disk_usage(_existing(settings.var_dir))
    beat = read.view.heartbeat
    facts = Facts(
        schema_right=await context.database.aside(partial(is_usable, context.database)),
        leader=read.view.leader is not None,
        late_jobs=tuple(job.name for job in read.view.jobs if job.state in ("failed", "late")),
        endpoints=read.endpoints,
        administrators_reached=read.administrators_reached,
        unsent=read.outbox.waiting,
        oldest_unsent=read.outbox.oldest,
        heartbeat_error=beat.error if beat else "",
        last_backup=read.backup.made_at if read.backup else None,
        disk_free=disk.free,
        embedded=context.database.is_sqlite,
    )
    found = findings(settings, facts, now)
    return Health(
        worst(found),
        found,
        now,
        {**_versions(), "SQLite" if context.database.is_sqlite else "PostgreSQL": read.server},
        there,
        newest_revision(),
        Storage(read.database_bytes, disk.free, disk.total, read.backup),
        read.outbox,
        read.view.leader.worker if read.view.leader else "",
        read.view.jobs,
    )


def _look(session: Session, context: AppContext, now: datetime) -> _Read:
    sqlite = context.database.is_sqlite
    size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    archive = session.execute(select(ArchiveMade).order_by(ArchiveMade.made_at.desc(), ArchiveMade.id.desc()).limit(1))
    made = archive.scalar_one_or_none()
    open_ones = select(func.count()).select_from(Endpoint).where(Endpoint.ended_at.is_(None))
    return _Read(
        overview(session, context.settings, now),
        str(session.execute(text("SELECT sqlite_version()" if sqlite else "SHOW server_version")).scalar_one()),
        int(session.execute(text(size if sqlite else "SELECT pg_database_size(current_database())")).scalar_one()),
        Backup(made.made_at, made.name, made.bytes, made.worker) if made else None,
        _outbox(session),
        int(session.execute(open_ones).scalar_one()),
        sum(may_in_city(reader.caller, Act.ADMINISTER) for reader in readers(session, now)),
    )


def _outbox(session: Session) -> Outbox:
    waits = Mail.state.in_((MailState.WAITING, MailState.SENDING))
    number, oldest = session.execute(select(func.count(), func.min(Mail.created_at)).where(waits)).one()
    last = session.execute(select(func.max(Mail.sent_at)).where(Mail.state == MailState.SENT)).scalar_one()
    return Outbox(number, oldest, last)


@cache
def _versions() -> dict[str, str]:
    names = {"Readyshelf": "readyshelf", "Litestar": "litestar", "SQLAlchemy": "sqlalchemy"}
    return {**{shown: version(name) for shown, name in names.items()}, "Python": platform.python_version()}


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
