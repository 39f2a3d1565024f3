"""Big print runs from the web: made in the background, page by page into a file, fetched when they are ready."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.apart import apart_over
from core.columns import table_of
from core.context import AppContext
from core.errors import Refusal, conflict, id_reused, not_found
from core.languages import N_
from labels.codes.rolls import make_roll
from labels.drawing.formats import of_size
from labels.drawing.sheet import Fit, check_fit, sheet_at
from labels.printing.addresses import addresses_of, settled_address
from labels.printing.choosing import Chosen, Pick, picks_of, texts_of
from labels.printing.models import LabelRun, RunState
from labels.printing.own_formats import own_formats
from labels.printing.printlog import note_prints
from people.policy import Caller

log = structlog.get_logger()
KEPT = timedelta(hours=24)
SILENT = timedelta(seconds=90)  # a run that has not been heard of for so long was stopped with its process
_TOLD_EVERY = 240  # labels
_TURN = threading.Lock()  # one run at a time in a process: scans go first


class Wish(msgspec.Struct, frozen=True):
    """What is to be printed: labels that are there (``chosen``), or ``blank`` new codes with a ``note``."""

    chosen: Chosen = Chosen()
    blank: int = 0
    note: str = ""
    size: str = "a4-24"
    language: str = "zh"
    start: int = 1
    right: float = 0
    down: float = 0

    @property
    def fit(self) -> Fit:
        """How it is put on paper."""
        return Fit(self.start, self.right, self.down)


class Progress(msgspec.Struct, frozen=True):
    """How far a run is. ``stopped``: its process ended before it did; start it again."""

    id: UUID
    state: str  # waiting, running, done, failed, stopped
    total: int
    done: int
    error: str
    created_at: datetime


def start_run(
    session: Session, caller: Caller, wish: Wish, run_id: UUID, base: str, now: datetime
) -> list[Pick] | None:
    """Enter a run; returns its labels, or None where it was begun before. Refuses what cannot be printed."""
    before = session.get(LabelRun, run_id)
    if before is not None:
        if before.person_id != caller.person_id:
            raise id_reused()
        return None
    settled_address(session, base, now)
    check_fit(wish.fit, of_size(wish.size, own_formats(session, wish.size)))
    if wish.blank:
        picks: list[Pick] = [(code, None) for code in make_roll(session, caller, wish.blank, wish.note, now)]
    else:
        picks = picks_of(session, wish.chosen, caller)
    if not picks:
        raise conflict("nothing", N_("there is no label to print here"))
    run = LabelRun(
        id=run_id,
        person_id=caller.person_id,
        what=msgspec.json.encode(wish).decode(),
        total=len(picks),
        created_at=now,
        touched_at=now,
    )
    session.add(run)
    session.flush()
    return picks


def make_file(context: AppContext, caller: Caller, run_id: UUID, wish: Wish, picks: list[Pick]) -> None:
    """Write the file of a run, in a thread of its own. What goes wrong is logged and shown on the run's page."""
    while not _TURN.acquire(timeout=SILENT.total_seconds() / 3):
        _write_progress(context, run_id, RunState.WAITING, 0)
    try:
        _write(context, run_id, wish, picks)
        context.database.run(_finished, context, caller, run_id, wish, [code for code, _ in picks])
    except Exception as fault:
        log.error("label run failed", run=str(run_id), exc_info=fault)
        said = str(fault) if isinstance(fault, Refusal | OSError) else type(fault).__name__
        context.database.run(_change, run_id, state=RunState.FAILED, error=said[:500], touched_at=context.clock.now())
    finally:
        _TURN.release()


def _write(context: AppContext, run_id: UUID, wish: Wish, picks: list[Pick]) -> None:
    forget_old_files(context)
    path = file_of(context, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with context.database.transaction(writes=False) as session:
        form = of_size(wish.size, own_formats(session, wish.size))
        texts = texts_of(session, picks, addresses_of(context.settings), wish.language)
        apart_over(texts, _progress_writer(context, run_id), sheet_at, part, form, wish.fit)
    part.rename(path)


def _progress_writer(context: AppContext, run_id: UUID) -> Callable[[int], None]:
    done = told = 0

    def note(number: int) -> None:
        nonlocal done, told
        done += number
        if done - told >= _TOLD_EVERY:
            told = done
            _write_progress(context, run_id, RunState.RUNNING, done)

    _write_progress(context, run_id, RunState.RUNNING, 0)
    return note


def _write_progress(context: AppContext, run_id: UUID, state: RunState, done: int) -> None:
    context.database.run(_change, run_id, state=state, done=done, touched_at=context.clock.now())


def _change(session: Session, /, run_id: UUID, **values: Any) -> None:
    session.execute(update(table_of(LabelRun)).where(LabelRun.id == run_id).values(**values))


def _finished(
    session: Session, context: AppContext, caller: Caller, run_id: UUID, wish: Wish, codes: list[str]
) -> None:
    now = context.clock.now()
    note_prints(session, codes, caller.person_id, now, of_size(wish.size, own_formats(session, wish.size)), "pdf")
    _change(session, run_id, state=RunState.DONE, done=len(codes), touched_at=now)


def file_of(context: AppContext, run_id: UUID) -> Path:
    """Where the file of a run is, once it is ready."""
    return context.settings.var_dir / "labels" / f"{run_id}.pdf"


def forget_old_files(context: AppContext) -> None:
    """Files are stored for a day; they can be made again."""
    oldest = (context.clock.now() - KEPT).timestamp()
    for path in (context.settings.var_dir / "labels").glob("*.p*"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def progress_of(session: Session, caller: Caller, run_id: UUID, now: datetime) -> Progress:
    """How far one's own run is. Refuses (404) somebody else's."""
    run = session.get(LabelRun, run_id)
    if run is None or run.person_id != caller.person_id:
        raise not_found(N_("there is no such print run"))
    return _progress(run, now)


def own_runs(session: Session, caller: Caller, now: datetime) -> list[Progress]:
    """One's own last runs, the newest first."""
    statement = select(LabelRun).where(LabelRun.person_id == caller.person_id)
    rows = session.execute(statement.order_by(LabelRun.created_at.desc(), LabelRun.id.desc()).limit(5)).scalars()
    return [_progress(run, now) for run in rows]


def _progress(run: LabelRun, now: datetime) -> Progress:
    going = run.state in (RunState.WAITING, RunState.RUNNING)
    state = "stopped" if going and now - run.touched_at > SILENT else run.state.value
    return Progress(run.id, state, run.total, run.done, run.error, run.created_at)
