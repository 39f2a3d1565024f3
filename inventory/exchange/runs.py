"""Imports as runs: a file is brought in, looked through, entered as a whole, and taken back if it was a mistake.

A run stands UPLOADED (``starting.bring_in``), what its columns mean is set (``arrange``), it is claimed (``claim``,
RUNNING) and carried out (``carry_out``): CHECKED or FAULTY where it was only looked through, else DONE, then perhaps
UNDONE (``undoing.undo``). ``starting.start`` arranges and claims in one transaction; pages and programs call it.
"""

import hashlib
import shutil
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import or_, select, true, update
from sqlalchemy.orm import Session

from core.audit import record
from core.context import AppContext
from core.errors import Refusal, bad_field, conflict, forbidden, not_found
from core.languages import N_
from inventory.exchange.columns import Choice, Layout, Said, rearranged, said_of
from inventory.exchange.findings import Fault, Findings
from inventory.exchange.habits import remember_layouts
from inventory.exchange.known import BRINGS_IN, answers_for_city
from inventory.exchange.models import ImportRun, ImportState
from inventory.exchange.reading import go_through
from inventory.exchange.sheets import CSV, EXCEL, LARGEST_FILE
from inventory.exchange.subjects import importer_for, subject_called
from inventory.readiness.counting import forget_figures
from people.policy import Caller, may

log = structlog.get_logger()
SILENT = timedelta(minutes=10)  # a run not heard of for so long has died with its process
PROGRESS_ROWS = 5000  # rows
_RESTS = (ImportState.UPLOADED, ImportState.FAULTY, ImportState.CHECKED, ImportState.FAILED)
OnProgress = Callable[[str, int, int], None]  # stage, rows done, rows in all

# Progress of the runs of this process. On the embedded database nobody can write beside the run that books,
# and only one process serves; elsewhere every process reads the table.
_alive: dict[UUID, tuple[str, int, int]] = {}
_lock = threading.Lock()


class FaultsFound(Exception):
    """The file does not fit what is there; everything is rolled back."""

    def __init__(self, findings: Findings) -> None:
        super().__init__(f"{findings.count} faults")
        self.findings = findings


def folder_of(context: AppContext) -> Path:
    """Where the files lie until they are a week old."""
    return context.settings.var_dir / "imports"


def file_of(context: AppContext, run: ImportRun) -> Path:
    """The file of a run."""
    return folder_of(context) / f"{run.id}{Path(run.file_name).suffix.lower()}"


def existing_file(context: AppContext, run: ImportRun) -> Path:
    """The file of a run; 404 where it was forgotten since."""
    path = file_of(context, run)
    if not path.exists():
        raise not_found(N_("the file of this import is gone; bring it in anew"))
    return path


def keep_upload(context: AppContext, run_id: UUID, file_name: str, source: IO[bytes]) -> tuple[Path, str]:
    """Store a file; returns where and its hash. Refuses (413, 422) what is too large or no table."""
    suffix = Path(file_name).suffix.lower()
    if suffix not in EXCEL | CSV:
        raise bad_field("file", N_("this is neither an Excel workbook nor a CSV file"))
    folder = folder_of(context)
    folder.mkdir(parents=True, exist_ok=True)
    _forget_old(folder, context.clock.now() - timedelta(days=7))
    path = folder / f"{run_id}{suffix}"
    with path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    if path.stat().st_size > LARGEST_FILE:
        path.unlink()
        raise Refusal(413, "too-large", N_("this file is larger than 50 MB; split it"))
    with path.open("rb") as file:
        return path, digest_of(file)


def digest_of(file: IO[bytes]) -> str:
    """The hash by which a file is known again."""
    digest = hashlib.sha256()
    while part := file.read(1 << 20):
        digest.update(part)
    return digest.hexdigest()


def _forget_old(folder: Path, before: datetime) -> None:
    for path in folder.iterdir():
        if path.is_file() and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)


def require_right(caller: Caller) -> None:
    """Refuse (403) who brings nothing in."""
    if not may(caller, BRINGS_IN):
        raise forbidden(N_("your role does not allow this"))


def run_of(session: Session, caller: Caller, run_id: UUID) -> ImportRun:
    """A run that the caller may see: one's own; everybody's for who answers for the city."""
    require_right(caller)
    run = session.get(ImportRun, run_id)
    if run is None or (run.person_id != caller.person_id and not answers_for_city(caller)):
        raise not_found(N_("there is no such import"))
    return run


def runs(session: Session, caller: Caller, limit: int = 30) -> list[ImportRun]:
    """The newest runs that the caller may see."""
    require_right(caller)
    visible = true() if answers_for_city(caller) else ImportRun.person_id == caller.person_id
    statement = select(ImportRun).where(visible).order_by(ImportRun.created_at.desc(), ImportRun.id.desc()).limit(limit)
    return list(session.execute(statement).scalars())


def layouts_of(run: ImportRun) -> list[Layout]:
    """How the sheets of a run's file are read."""
    return msgspec.json.decode(run.layout, type=list[Layout])


def faults_of(run: ImportRun) -> list[Fault]:
    """The faults that were found, the first thousand."""
    return msgspec.json.decode(run.faults, type=list[Fault])


def arrange(
    session: Session,
    caller: Caller,
    run_id: UUID,
    choices: Sequence[Choice],
    now: datetime,
    *,
    make_places: bool | None = None,
    said: Said | None = None,
) -> None:
    """Change which column is which field, and what is said of the whole file, before it is entered.

    Columns that somebody has set are remembered for the next file with the same header.
    """
    run = run_of(session, caller, run_id)
    if run.state not in _RESTS and not is_lost(run, now):
        raise conflict("not-now", N_("this import is running or done; its columns cannot change any more"))
    fields = subject_called(run.subject).fields
    before = layouts_of(run)
    layouts = rearranged(before, choices, {spec.name for spec in fields})
    skipped = said.skipped if said is not None else frozenset()
    # Of sheets with the same header the one that was looked at, not one that is left out or stands as it was guessed
    meant = [one for one, old in zip(layouts, before, strict=True) if one.columns != old.columns]
    remember_layouts(session, caller, run.subject, [one for one in meant if one.sheet not in skipped], now)
    if said is not None:
        layouts = said_of(layouts, said, {spec.name: spec.read for spec in fields if spec.given})
    run.layout = msgspec.json.encode(layouts).decode()
    if make_places is not None:
        run.make_places = make_places
    run.state, run.fault_count, run.faults = ImportState.UPLOADED, 0, "[]"


def claim(session: Session, caller: Caller, run_id: UUID, now: datetime, *, write: bool, again: bool = False) -> None:
    """Claim a run for looking it through or entering it; at most one claim holds.

    Refuses (409) a run that is under way or done, and, unless ``again``, a file that was entered before.
    """
    run = run_of(session, caller, run_id)
    if write and not again:
        _refuse_twin(session, run, now)
    claimed: Any = session.execute(
        update(ImportRun)
        .where(
            ImportRun.id == run_id,
            or_(
                ImportRun.state.in_(_RESTS),
                (ImportRun.state == ImportState.RUNNING) & (ImportRun.told_at < now - SILENT),
            ),
        )
        .values(
            state=ImportState.RUNNING,
            stage="checking",
            rows_done=0,
            told_at=now,
            fault_count=0,
            faults="[]",
            again=again,
        )
        .execution_options(synchronize_session=False)
    )
    if claimed.rowcount != 1:
        raise conflict("not-now", N_("this import is running or done already"))


def _refuse_twin(session: Session, run: ImportRun, now: datetime) -> None:
    """Refuse (409) a file that was entered before, or is being brought in from another tab at this moment (B33).

    The runs of this file are locked: of two that come here at once the second sees what became of the first.
    """
    twins = session.execute(
        select(ImportRun)
        .where(ImportRun.file_hash == run.file_hash, ImportRun.subject == run.subject)
        .order_by(ImportRun.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalars()
    for twin in twins:
        if twin.id == run.id:
            continue
        if twin.state == ImportState.DONE:
            raise conflict(
                "entered-before",
                N_("this very file was entered on {day} already; say so if it is to be entered again"),
                day=f"{twin.created_at:%Y-%m-%d}",
            )
        if twin.state == ImportState.RUNNING and run.state != ImportState.RUNNING and not is_lost(twin, now):
            raise conflict("entered-now", N_("this very file is being brought in at this moment, in another tab"))


def is_lost(run: ImportRun, now: datetime) -> bool:
    """Whether a run was not heard of for so long that its process must have died: it can be begun anew."""
    return run.state == ImportState.RUNNING and run.told_at < now - SILENT


def cancel(session: Session, caller: Caller, run_id: UUID, now: datetime) -> None:
    """Stop a run that is under way, or has died: nothing was entered. It can be begun anew."""
    run_of(session, caller, run_id)
    run = session.get_one(ImportRun, run_id, with_for_update=True, populate_existing=True)
    if run.state != ImportState.RUNNING:
        raise conflict("not-now", N_("this import is not running"))
    run.state, run.stage, run.finished_at = ImportState.FAILED, "", now


def carry_out(
    context: AppContext, caller: Caller, run_id: UUID, *, write: bool, on_progress: OnProgress = lambda *_: None
) -> ImportState:
    """Look a claimed run through, and enter it as a whole if ``write`` and nothing is wrong. Slow.

    Whatever happens is written to the run; a defect of ours is raised as well.
    """
    try:
        return _carry_out(context, caller, run_id, write=write, on_progress=on_progress)
    except FaultsFound as found:
        return _end(context, run_id, ImportState.FAULTY, found.findings, _said(found.findings))
    except Refusal as refusal:
        fault = Fault("", 0, "", "", "", refusal.message, N_("mend the file and bring it in anew"), refusal.params)
        return _end(context, run_id, ImportState.FAULTY, Findings(1, [fault]))
    except Exception as error:
        log.error("import failed", run=str(run_id), exc_info=error)
        _end(context, run_id, ImportState.FAILED, Findings())
        raise
    finally:
        with _lock:
            _alive.pop(run_id, None)


def _carry_out(
    context: AppContext, caller: Caller, run_id: UUID, *, write: bool, on_progress: OnProgress
) -> ImportState:
    with context.database.transaction(writes=False) as session:
        run = session.get_one(ImportRun, run_id)
        path = existing_file(context, run)
        importer = importer_for(session, caller, run, context.clock.now(), context.clock.today())
        findings = _go(context, run, path, importer, "checking", on_progress=on_progress, write=False)
        outcome = importer.finish()
    if findings.count:
        raise FaultsFound(findings)
    if not write:
        return _end(context, run_id, ImportState.CHECKED, findings, outcome | _said(findings))
    context.database.run(_enter, context, caller, run_id, path, on_progress)
    return ImportState.DONE


def _enter(
    session: Session, context: AppContext, caller: Caller, run_id: UUID, path: Path, on_progress: OnProgress
) -> None:
    """Everything in this one transaction: the rows, the movements, and that the run is done."""
    now = context.clock.now()
    run = session.get_one(ImportRun, run_id)
    if not run.again:
        _refuse_twin(session, run, now)
    session.refresh(run, with_for_update=True)
    if run.state != ImportState.RUNNING:
        raise conflict("stopped", N_("this import was stopped; nothing was entered"))
    importer = importer_for(session, caller, run, now, context.clock.today())
    findings = _go(context, run, path, importer, "booking", on_progress=on_progress, write=True)
    if findings.count:
        raise FaultsFound(findings)
    if run.subject in ("catalogue", "depots"):
        forget_figures(session)
    outcome = importer.finish() | _said(findings)
    figures = {name: number for name, number in outcome.items() if isinstance(number, int)}
    told = {"subject": run.subject, "file": run.file_name, **figures}
    record(session, caller.person_id, now, "import-entered", "import", str(run_id), after=told)
    session.execute(
        update(ImportRun)
        .where(ImportRun.id == run_id)
        .values(
            state=ImportState.DONE,
            stage="",
            outcome=msgspec.json.encode(outcome).decode(),
            finished_at=now,
            rows_done=findings.rows,
            rows_total=findings.rows,
        )
        .execution_options(synchronize_session=False)
    )


def _go(
    context: AppContext, run: ImportRun, path: Path, importer: Any, stage: str, *, on_progress: OnProgress, write: bool
) -> Findings:
    run_id, fields = run.id, subject_called(run.subject).fields
    # while it books, nobody else can write to the embedded database, this run's own progress included
    to_table = not (context.database.is_sqlite and stage == "booking")

    def progress(done: int, total: int) -> None:
        with _lock:
            _alive[run_id] = (stage, done, total)
        on_progress(stage, done, total)
        if to_table and done % PROGRESS_ROWS == 0:
            context.database.run(_note_progress, run_id, stage, done, total, context.clock.now())

    return go_through(path, layouts_of(run), fields, importer, progress, write=write)


def _said(findings: Findings) -> dict[str, Any]:
    """What is said of the rows beside the figures: what was left out, and how many faults there are of each kind."""
    kinds = [{"message": what, "header": header, "count": n} for (what, header), n in findings.kinds.most_common(50)]
    said = {"notes": findings.notes(), "kinds": kinds}
    return {name: told for name, told in said.items() if told}


def _note_progress(session: Session, run_id: UUID, stage: str, done: int, total: int, now: datetime) -> None:
    session.execute(
        update(ImportRun)
        .where(ImportRun.id == run_id)
        .values(stage=stage, rows_done=done, rows_total=total, told_at=now)
    )


def _end(
    context: AppContext, run_id: UUID, state: ImportState, findings: Findings, outcome: dict[str, Any] | None = None
) -> ImportState:
    values = {
        "state": state,
        "stage": "",
        "fault_count": findings.count,
        "faults": msgspec.json.encode(findings.faults, enc_hook=str).decode(),
        "outcome": msgspec.json.encode(outcome or {}).decode(),
        "finished_at": context.clock.now(),
    }
    context.database.run(
        lambda session: session.execute(
            update(ImportRun).where(ImportRun.id == run_id, ImportRun.state == ImportState.RUNNING).values(**values)
        )
    )
    return state


def state_of(run: ImportRun, now: datetime) -> ImportState:
    """The state that is shown: a run whose process died has failed, changed nothing, and can be begun anew."""
    return ImportState.FAILED if progress_of(run, now)[0] == "lost" else run.state


def progress_of(run: ImportRun, now: datetime) -> tuple[str, int, int]:
    """Stage, rows done and rows in all of a running import; the stage is "lost" when it is not heard of any more."""
    with _lock:
        if run.id in _alive:
            return _alive[run.id]
    stage = "lost" if is_lost(run, now) else run.stage
    return stage, run.rows_done, run.rows_total
