"""One run of one job: begun at most once for its time, and written down whatever comes of it.

Each run of a daily job is a row. A job that runs every few seconds is written down in sums: its last run, its last
success and its counts per day, at most every PAUSE unless it failed, did something, or runs again after a failure.
"""

import json
import os
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from core.clock import local_date
from core.columns import table_of
from core.context import AppContext
from core.ids import new_id
from core.settings import Settings
from core.upsert import upsert
from jobs.running.alarms import FAILED, raise_alarm, resolve_alarm
from jobs.running.models import JobDay, JobRun, JobState
from jobs.running.schedule import JOBS, Job

INTERRUPTED = "the process was stopped half way"
RETRY_AFTER = timedelta(minutes=10)  # a daily job that failed is tried again so long after
FAILURES_BORNE = 3  # a frequent job that fails so often in a row raises an alarm; a daily one at its first failure
PAUSE = timedelta(seconds=20)
log = structlog.get_logger()


def this_process() -> str:
    """Host and number of this process, as pages and mails name it."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


@dataclass
class Runs:
    """Successful runs of a job that are written down together, or one that failed."""

    count: int
    started_at: datetime
    finished_at: datetime
    seconds: float
    longest: float
    last: float
    figures: Counter[str] = field(default_factory=Counter)
    outcome: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    def __add__(self, later: "Runs") -> "Runs":
        """Both together; what is only known of the last run is the later one's."""
        return Runs(
            self.count + later.count,
            later.started_at,
            later.finished_at,
            self.seconds + later.seconds,
            max(self.longest, later.longest),
            later.last,
            self.figures + later.figures,
            later.outcome,
        )


class Recorder:
    """Holds the runs of frequent jobs until it is worth writing them down. One per process that leads."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.waiting: dict[str, Runs] = {}
        self.written_at: dict[str, datetime] = {}
        self.failed: set[str] = set()

    def note(self, job: Job, runs: Runs) -> None:
        """Take note of a run, and write it down if it matters or the last writing is long ago."""
        before = self.waiting.pop(job.name, None)
        if runs.error:
            if before is not None:
                self._write(job, before)
            self.failed.add(job.name)
            self._write(job, runs)
            return
        runs = before + runs if before is not None else runs
        last = self.written_at.get(job.name)
        if job.name in self.failed or runs.figures.total() or last is None or runs.finished_at - last >= PAUSE:
            self.failed.discard(job.name)
            self._write(job, runs)
        else:
            self.waiting[job.name] = runs

    def flush(self) -> None:
        """Write down what waits: this process stops leading."""
        for name in list(self.waiting):
            self._write(JOBS[name], self.waiting.pop(name))

    def _write(self, job: Job, runs: Runs) -> None:
        self.written_at[job.name] = runs.finished_at
        self.context.database.run(note_runs, job, runs, self.context.settings)


def run_job(
    context: AppContext,
    job: Job,
    due: datetime | None = None,
    recorder: Recorder | None = None,
    *,
    by_hand: bool = False,
) -> dict[str, Any] | None:
    """Run a job now. With ``due``, at most one process ever does it for that time; None if it was done already.

    ``by_hand``: somebody asked for it, at ``due`` or right now.

    What goes wrong is logged, recorded, raised, and alarms the administrators.
    """
    started_at = context.clock.now()
    due = started_at if by_hand and due is None else due
    run_id = context.database.run(_begin, job.name, due, started_at, by_hand=by_hand) if due is not None else None
    if due is not None and run_id is None:
        return None
    begun = time.perf_counter()
    try:
        outcome = job.run(context)
    except Exception as error:
        log.error("job failed", job=job.name, exc_info=error)
        runs = _runs_of(context, job, started_at, begun, {}, f"{type(error).__name__}: {error}"[:1000])
        _write_down(context, job, run_id, runs, recorder)
        raise
    runs = _runs_of(context, job, started_at, begun, outcome, "")
    _write_down(context, job, run_id, runs, recorder)
    log.debug("job done", job=job.name, **outcome)
    return outcome


def _runs_of(
    context: AppContext, job: Job, started_at: datetime, begun: float, outcome: dict[str, Any], error: str
) -> Runs:
    seconds = time.perf_counter() - begun
    figures = Counter(
        {
            "found": sum(int(outcome.get(name, 0)) for name in job.found),
            "sent": sum(int(outcome.get(name, 0)) for name in job.sent),
            "failed": sum(int(outcome.get(name, 0)) for name in job.failed),
        }
    )
    return Runs(1, started_at, context.clock.now(), seconds, seconds, seconds, figures, outcome, error)


def _write_down(context: AppContext, job: Job, run_id: UUID | None, runs: Runs, recorder: Recorder | None) -> None:
    if run_id is not None:
        context.database.run(_end, run_id, job, runs, context.settings)
    elif recorder is not None:
        recorder.note(job, runs)
    else:
        context.database.run(note_runs, job, runs, context.settings)


def note_interrupted(session: Session) -> None:
    """Mark the runs that nobody can be at any more: called by the process that leads from now on.

    Without it a job whose process was killed half way would count as begun, and its day would be skipped for good.
    """
    session.execute(update(JobRun).where(JobRun.finished_at.is_(None), JobRun.error == "").values(error=INTERRUPTED))


def all_done(session: Session, due: datetime) -> bool:
    """Whether every daily job has succeeded for a time at which it was due."""
    daily = [job.name for job in JOBS.values() if job.daily]
    done = select(func.count()).where(
        JobRun.due == due, JobRun.name.in_(daily), JobRun.finished_at.is_not(None), JobRun.error == ""
    )
    return bool(session.execute(done).scalar_one() == len(daily))


def _begin(session: Session, name: str, due: datetime, now: datetime, *, by_hand: bool) -> UUID | None:
    """The id of the run, or None if somebody did it, is at it, or has failed just now."""
    table = table_of(JobRun)
    row = {
        "id": new_id(),
        "name": name,
        "due": due,
        "started_at": now,
        "outcome": "{}",
        "error": "",
        "worker": this_process(),
        "by_hand": by_hand,
    }
    cut_off = and_(table.c.finished_at.is_(None), table.c.error == INTERRUPTED)
    failed = and_(table.c.error != "", table.c.finished_at <= now - RETRY_AFTER)
    anew = {"started_at": now, "finished_at": None, "error": "", "worker": this_process(), "tries": table.c.tries + 1}
    statement = (
        upsert(session, table)
        .values(row)
        .on_conflict_do_update(index_elements=["name", "due"], set_=anew, where=or_(cut_off, failed))
        .returning(table.c.id)
    )
    return session.execute(statement).scalar_one_or_none()


def _end(session: Session, run_id: UUID, job: Job, runs: Runs, settings: Settings) -> None:
    session.execute(
        update(JobRun)
        .where(JobRun.id == run_id)
        .values(
            finished_at=runs.finished_at,
            seconds=runs.last,
            outcome=json.dumps(runs.outcome, default=str),
            error=runs.error,
        )
    )
    note_runs(session, job, runs, settings)


def note_runs(session: Session, job: Job, runs: Runs, settings: Settings) -> None:
    """Write runs into the job's state and day; raise an alarm if it fails, resolve it if it works again."""
    in_row = _note_state(session, job, runs)
    _note_day(session, job, runs, settings)
    if not runs.error:
        resolve_alarm(session, job.name, runs.finished_at)
    elif job.daily or in_row >= FAILURES_BORNE:
        raise_alarm(session, settings, job.name, FAILED, runs.error, runs.finished_at)


def _note_state(session: Session, job: Job, runs: Runs) -> int:
    table = table_of(JobState)
    good = not runs.error
    told: dict[str, Any] = {
        "started_at": runs.started_at,
        "finished_at": runs.finished_at,
        "seconds": runs.last,
        "worker": this_process(),
        **({"succeeded_at": runs.finished_at, "outcome": json.dumps(runs.outcome, default=str)} if good else {}),
        **({} if good else {"failed_at": runs.finished_at, "error": runs.error}),
    }
    first = {
        "name": job.name,
        "known_since": runs.started_at,
        "outcome": "{}",
        "error": "",
        "failures_in_row": 0 if good else 1,
        "runs": runs.count,
        "failures": 0 if good else 1,
        "seconds_in_all": runs.seconds,
        **told,
    }
    statement = (
        upsert(session, table)
        .values(first)
        .on_conflict_do_update(
            index_elements=["name"],
            set_={
                **told,
                "failures_in_row": 0 if good else table.c.failures_in_row + 1,
                "runs": table.c.runs + runs.count,
                "failures": table.c.failures + (0 if good else 1),
                "seconds_in_all": table.c.seconds_in_all + runs.seconds,
            },
        )
        .returning(table.c.failures_in_row)
    )
    return int(session.execute(statement).scalar_one())


def _note_day(session: Session, job: Job, runs: Runs, settings: Settings) -> None:
    table = table_of(JobDay)
    sums = {
        "runs": runs.count,
        "failures": 1 if runs.error else 0,
        "found": runs.figures["found"],
        "sent": runs.figures["sent"],
        "failed": runs.figures["failed"],
        "seconds": runs.seconds,
    }
    row = {"name": job.name, "day": local_date(runs.finished_at, settings.zone), **sums, "longest": runs.longest}
    more = {name: table.c[name] + value for name, value in sums.items()}
    more["longest"] = (
        func.max(table.c.longest, runs.longest) if _is_sqlite(session) else func.greatest(table.c.longest, runs.longest)
    )
    session.execute(upsert(session, table).values(row).on_conflict_do_update(index_elements=["name", "day"], set_=more))


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
