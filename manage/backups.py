"""Backups from the browser: made by the same verb as the command makes them, one at a time, listed and taken out.

A backup holds everything, secrets' digests included: administrators of the city alone, and the trail has each act.
"""

import time
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.archive import back_up, count_rows
from core.audit import record
from core.context import AppContext
from core.errors import Refusal, conflict, not_found
from core.languages import N_
from core.models import ArchiveMade
from core.private_files import private_folder
from manage.backup_models import BackupRun, BackupState
from people.policy import Act, Caller, require_city, require_unlimited

log = structlog.get_logger()
SILENT = timedelta(minutes=10)  # one not heard of for so long has died with its process
SHOWN = 50
WRITE_SECONDS = 1.0


class BackupMade(msgspec.Struct, frozen=True):
    """A backup that was made, by the browser or the command. ``here``: its file lies on this machine."""

    id: UUID
    made_at: datetime
    name: str
    bytes: int
    worker: str
    here: bool


class BackupProgress(msgspec.Struct, frozen=True):
    """How far the backup is that was asked for last: rows in the file of all there are."""

    id: UUID
    state: BackupState
    name: str
    done: int
    total: int
    error: str


class BackupsMade(msgspec.Struct, frozen=True):
    """What is being made, or was asked for last, and what was made, the newest first."""

    run: BackupProgress | None
    made: list[BackupMade]


def folder_of(context: AppContext) -> Path:
    """Where the files lie: beside the database's own, for their owner alone."""
    return context.settings.var_dir / "backups"


def require_administrator(caller: Caller) -> None:
    """Refuse (403) everybody else; a limited token as well: what it took out would outlive it."""
    require_city(caller, Act.ADMINISTER)
    require_unlimited(caller)


def backups(session: Session, context: AppContext, caller: Caller) -> BackupsMade:
    """What is being made and what was made. Two queries."""
    require_administrator(caller)
    newest = select(BackupRun).order_by(BackupRun.asked_at.desc(), BackupRun.id.desc()).limit(1)
    made = select(ArchiveMade).order_by(ArchiveMade.made_at.desc(), ArchiveMade.id.desc()).limit(SHOWN)
    rows = [
        BackupMade(one.id, one.made_at, one.name, one.bytes, one.worker, _path(context, one).exists())
        for one in session.execute(made).scalars()
    ]
    run = session.execute(newest).scalar_one_or_none()
    return BackupsMade(None if run is None else _progress(run, context.clock.now()), rows)


def _progress(run: BackupRun, now: datetime) -> BackupProgress:
    has_died = run.state == BackupState.RUNNING and run.told_at < now - SILENT  # its process
    state = BackupState.FAILED if has_died else run.state
    return BackupProgress(run.id, state, run.name, run.done, run.total, run.error)


def _path(context: AppContext, made: ArchiveMade) -> Path:
    return folder_of(context) / Path(made.name).name


def begin(session: Session, caller: Caller, now: datetime) -> UUID:
    """Claim the making of a backup. Refuses (409) while another is being made, by whichever process."""
    require_administrator(caller)
    session.execute(
        update(BackupRun)
        .where(BackupRun.state == BackupState.RUNNING, BackupRun.told_at < now - SILENT)
        .values(state=BackupState.FAILED)
    )
    run = BackupRun(
        asked_by_id=caller.person_id, asked_at=now, told_at=now, name=f"readyshelf-{now:%Y%m%dT%H%M%S}.tar.gz"
    )
    session.add(run)
    try:
        session.flush()
    except IntegrityError:
        raise conflict("not-now", N_("a backup is being made already; wait until it is done")) from None
    record(session, caller.person_id, now, "backup-asked-for", "backup", run.name)
    return run.id


def carry_out(context: AppContext, run_id: UUID) -> None:
    """Make a claimed backup. Slow: in a thread. What goes wrong is written to the run and logged."""
    with context.database.transaction(writes=False) as session:
        name = session.get_one(BackupRun, run_id).name
    progress = _ProgressWriter(context, run_id)
    try:
        private_folder(context.settings.var_dir)
        private_folder(folder_of(context))
        progress.total = count_rows(context.database)
        manifest = back_up(context, folder_of(context) / name, progress=progress)
    except (Refusal, OSError) as reason:
        log.error("backup failed", file=name, exc_info=reason)
        context.database.run(_end, run_id, context.clock.now(), BackupState.FAILED, str(reason)[:300], 0)
    except BaseException as error:
        log.error("backup failed", file=name, exc_info=error)
        context.database.run(_end, run_id, context.clock.now(), BackupState.FAILED, type(error).__name__, 0)
        raise
    else:
        rows = sum(table["rows"] for table in manifest["tables"].values())
        context.database.run(_end, run_id, context.clock.now(), BackupState.DONE, "", rows)


class _ProgressWriter:
    """Writes down about once a second how many rows are in the file."""

    def __init__(self, context: AppContext, run_id: UUID) -> None:
        self.context, self.run_id = context, run_id
        self.done, self.total, self._written_at = 0, 0, 0.0

    def __call__(self, rows: int) -> None:
        self.done += rows
        if time.monotonic() - self._written_at >= WRITE_SECONDS:
            self._written_at = time.monotonic()
            self.context.database.run(_write_progress, self.run_id, self.context.clock.now(), self.done, self.total)


def _write_progress(session: Session, run_id: UUID, now: datetime, done: int, total: int) -> None:
    session.execute(update(BackupRun).where(BackupRun.id == run_id).values(done=done, total=total, told_at=now))


def _end(session: Session, run_id: UUID, now: datetime, state: BackupState, error: str, rows: int) -> None:
    run = session.get_one(BackupRun, run_id)
    run.state, run.error, run.told_at = state, error, now
    if state == BackupState.DONE:
        run.done = run.total = rows
        record(session, run.asked_by_id, now, "backup-made", "backup", run.name, after={"rows": rows})


def take_out(session: Session, context: AppContext, caller: Caller, backup_id: UUID, now: datetime) -> Path:
    """The file of a backup, to be sent to who asks; the trail says who took everything out. 404 where it is not."""
    path = _file_here(session, context, caller, backup_id)
    record(session, caller.person_id, now, "backup-taken-out", "backup", path.name)
    return path


def remove(session: Session, context: AppContext, caller: Caller, backup_id: UUID, now: datetime) -> None:
    """Delete the file of a backup from this machine. Refuses (409) the newest: there must be one to go back to."""
    path = _file_here(session, context, caller, backup_id)
    newest = select(ArchiveMade.id).order_by(ArchiveMade.made_at.desc(), ArchiveMade.id.desc()).limit(1)
    if session.execute(newest).scalar() == backup_id:
        raise conflict("not-now", N_("this is the newest backup; make another before you delete it"))
    path.unlink(missing_ok=True)
    record(session, caller.person_id, now, "backup-deleted", "backup", path.name)


def _file_here(session: Session, context: AppContext, caller: Caller, backup_id: UUID) -> Path:
    require_administrator(caller)
    made = session.get(ArchiveMade, backup_id)
    if made is None or not _path(context, made).is_file():
        raise not_found(N_("the file of this backup is not on this machine"))
    return _path(context, made)
