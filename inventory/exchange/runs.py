"""Imports as runs: a file is brought in, looked through, entered as a whole, and taken back if it was a mistake.

A run stands UPLOADED (``starting.bring_in``), what its columns mean is set (``arrange``), it is claimed (``claim``,
RUNNING) and carried out (``carry_out``): CHECKED or FAULTY where it was only looked through, else DONE, then perhaps
UNDONE (``undoing.undo``). ``starting.start`` arranges and claims in one transaction; pages and programs call it.

Stock is entered portion by portion (``entering.py``), everything else in one transaction. What breaks off half-way, by
a fault, by somebody who stops it or with its process, goes back portion by portion (``returning.py``).
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import or_, select, true, update
from sqlalchemy.orm import Session

from core.audit import record
from core.context import AppContext
from core.errors import Refusal, conflict, forbidden, not_found
from core.languages import N_
from inventory.exchange.columns import Choice, Layout, Said, rearranged, said_of
from inventory.exchange.entering import FaultsFound, InPortions, begin
from inventory.exchange.findings import Fault, Findings
from inventory.exchange.habits import remember_layouts
from inventory.exchange.known import BRINGS_IN, answers_for_city
from inventory.exchange.models import ImportRun, ImportState
from inventory.exchange.portions import BOOKING, CHECKING, GOES_BACK, Stopped, hold
from inventory.exchange.reading import go_through
from inventory.exchange.returning import (
    SILENT,
    any_of,
    begin_return,
    go_back,
    is_broken_off,
    is_half_way,
    not_back,
)
from inventory.exchange.subjects import importer_for, subject_called
from inventory.exchange.uploads import existing_file
from inventory.readiness.counting import forget_figures
from people.policy import Caller, may

log = structlog.get_logger()
PROGRESS_ROWS = 5000  # rows
_RESTS = (ImportState.UPLOADED, ImportState.FAULTY, ImportState.CHECKED, ImportState.FAILED)
OnProgress = Callable[[str, int, int], None]  # stage, rows done, rows in all

# Progress of the runs of this process; others read the table
_alive: dict[UUID, tuple[str, int, int]] = {}
_lock = threading.Lock()


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
        _refuse_rest(session, run)
    if is_half_way(run):
        raise conflict("not-now", N_("what was entered of this import goes back first; begin it anew after that"))
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
            stage=CHECKING,
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


def _refuse_rest(session: Session, run: ImportRun) -> None:
    """Refuse (409) a file of which something stays in the book, since others had used it before it could go back."""
    if run.state in _RESTS and run.subject == "stock" and any_of(session, *not_back(run.id)):
        raise conflict(
            "entered-before",
            N_("some of this file was entered and used, and stays in the book; say so if it is to be entered again"),
        )


def is_lost(run: ImportRun, now: datetime) -> bool:
    """Whether a run was not heard of for so long that its process must have died: it can be begun anew."""
    return run.state == ImportState.RUNNING and run.told_at < now - SILENT and not is_half_way(run)


def cancel(session: Session, caller: Caller, run_id: UUID, now: datetime) -> bool:
    """Stop a run that is under way, or has died; it can be begun anew.

    Returns whether something of it stands that is to go back: whoever calls this lets it go (``go_back``).
    """
    run_of(session, caller, run_id)
    run = hold(session, run_id)
    if run.state != ImportState.RUNNING:
        raise conflict("not-now", N_("this import is not running"))
    if run.stage in GOES_BACK and not is_broken_off(run, now):
        raise conflict("not-now", N_("this import is going back already; that takes its time"))
    if begin_return(run, now):
        return True
    run.state, run.stage, run.finished_at = ImportState.FAILED, "", now
    return False


def carry_out(
    context: AppContext, caller: Caller, run_id: UUID, *, write: bool, on_progress: OnProgress = lambda *_: None
) -> ImportState:
    """Look a claimed run through, and enter it as a whole if ``write`` and nothing is wrong. Slow.

    Whatever happens is written to the run; a defect of ours is raised as well.
    """
    try:
        return _carry_out(context, caller, run_id, write=write, on_progress=on_progress)
    except Stopped:
        with context.database.transaction(writes=False) as session:
            return session.get_one(ImportRun, run_id).state
    except FaultsFound as found:
        return _end(context, run_id, ImportState.FAULTY, found.findings, found.findings.told())
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
        findings = _go(context, run, path, importer, CHECKING, on_progress=on_progress, write=False)
        outcome = importer.finish()
    if findings.count:
        raise FaultsFound(findings)
    if not write:
        return _end(context, run_id, ImportState.CHECKED, findings, outcome | findings.told())
    if run.subject == "stock":
        _enter_in_portions(context, caller, run, path, findings.rows, on_progress)
    else:
        context.database.run(_enter, context, caller, run_id, path, on_progress)
    return ImportState.DONE


def _enter_in_portions(
    context: AppContext, caller: Caller, run: ImportRun, path: Path, rows: int, on_progress: OnProgress
) -> None:
    def opens(session: Session) -> Any:
        return importer_for(session, caller, run, context.clock.now(), context.clock.today())

    def begins(session: Session) -> None:
        _refuse_twin_of(session, run, context.clock.now())
        begin(session, run.id, rows, context.clock.now())

    def ends(session: Session) -> None:
        now = context.clock.now()
        _refuse_twin_of(session, run, now)
        _done(session, caller, run, now, importer.finish(session, now), findings)

    context.database.run(begins)
    with InPortions(context, run, opens) as importer:
        findings = _go(context, run, path, importer, BOOKING, on_progress=on_progress, write=True)
        if findings.count:
            raise FaultsFound(findings)
    context.database.run(ends)


def _enter(
    session: Session, context: AppContext, caller: Caller, run_id: UUID, path: Path, on_progress: OnProgress
) -> None:
    """Everything in this one transaction: the rows, and that the run is done."""
    now = context.clock.now()
    run = session.get_one(ImportRun, run_id)
    _refuse_twin_of(session, run, now)
    session.refresh(run, with_for_update=True)
    if run.state != ImportState.RUNNING:
        raise conflict("stopped", N_("this import was stopped; nothing was entered"))
    importer = importer_for(session, caller, run, now, context.clock.today())
    findings = _go(context, run, path, importer, BOOKING, on_progress=on_progress, write=True)
    if findings.count:
        raise FaultsFound(findings)
    if run.subject in ("catalogue", "depots"):
        forget_figures(session)
    _done(session, caller, run, now, importer.finish(), findings)


def _refuse_twin_of(session: Session, run: ImportRun, now: datetime) -> None:
    if not run.again:
        _refuse_twin(session, run, now)


def _done(
    session: Session, caller: Caller, run: ImportRun, now: datetime, outcome: dict[str, Any], findings: Findings
) -> None:
    outcome = outcome | findings.told()
    figures = {name: number for name, number in outcome.items() if isinstance(number, int)}
    told = {"subject": run.subject, "file": run.file_name, **figures}
    record(session, caller.person_id, now, "import-entered", "import", str(run.id), after=told)
    session.execute(
        update(ImportRun)
        .where(ImportRun.id == run.id)
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
    # While it books in one transaction, nobody else can write to the embedded database, this run's own progress
    # included; what books in portions notes with each how far it is
    to_table = stage == CHECKING or not (context.database.is_sqlite or run.subject == "stock")

    def progress(done: int, total: int) -> None:
        with _lock:
            _alive[run_id] = (stage, done, total)
        on_progress(stage, done, total)
        if to_table and done % PROGRESS_ROWS == 0:
            context.database.run(_note_progress, run_id, stage, done, total, context.clock.now())

    return go_through(path, layouts_of(run), fields, importer, progress, write=write)


def _note_progress(session: Session, run_id: UUID, stage: str, done: int, total: int, now: datetime) -> None:
    session.execute(
        update(ImportRun)
        .where(ImportRun.id == run_id)
        .values(stage=stage, rows_done=done, rows_total=total, told_at=now)
    )


def _end(
    context: AppContext, run_id: UUID, state: ImportState, findings: Findings, outcome: dict[str, Any] | None = None
) -> ImportState:
    """Write down how a run ends, and let go back what was entered of it."""
    told = {
        "fault_count": findings.count,
        "faults": msgspec.json.encode(findings.faults, enc_hook=str).decode(),
        "outcome": msgspec.json.encode(outcome or {}).decode(),
    }
    if context.database.run(_note_end, run_id, state, told, context.clock.now()):
        with suppress(Stopped):
            go_back(context, run_id)
    return state


def _note_end(session: Session, run_id: UUID, state: ImportState, told: dict[str, Any], now: datetime) -> bool:
    """Whether something of the run goes back first; it ends after that."""
    run = hold(session, run_id)
    if run.state != ImportState.RUNNING or run.stage in GOES_BACK:
        return False  # somebody has stopped it
    for name, value in told.items():
        setattr(run, name, value)
    if begin_return(run, now):
        return True
    run.state, run.stage, run.finished_at = state, "", now
    return False


def state_of(run: ImportRun, now: datetime) -> ImportState:
    """The state that is shown: a run whose process died has failed, changed nothing, and can be begun anew."""
    return ImportState.FAILED if progress_of(run, now)[0] == "lost" else run.state


def progress_of(run: ImportRun, now: datetime) -> tuple[str, int, int]:
    """Stage, rows done and rows in all of a running import.

    The stage of one that is not heard of any more is "lost", or "broken" where something of it stands that goes back.
    """
    with _lock:
        if run.id in _alive:
            return _alive[run.id]
    stage = "lost" if is_lost(run, now) else "broken" if is_broken_off(run, now) else run.stage
    return stage, run.rows_done, run.rows_total
