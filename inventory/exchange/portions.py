"""Long work in many short transactions: whoever takes gear meanwhile waits for one of them at most (issue 18).

The embedded database has one writer. What is expensive (reading a file, judging its rows) happens while nobody is kept
from writing; a portion holds the lock for about ``PORTION_SECONDS``, and leaves it free for a while after that.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.database import Database
from inventory.exchange.models import ImportRun, ImportState

Result = TypeVar("Result")
PORTION_SECONDS = 0.05
# Whoever waits for SQLite's lock looks again after 25 ms at most, as long as they have not waited for 0.1 s
REST_SECONDS = 0.03
SMALLEST, FIRST, LARGEST = 10, 40, 1000  # movements or rows

# The stages of a run that enters its rows portion by portion, or takes them back
CHECKING, BOOKING = "checking", "booking"
RETURNING = "returning"  # broken off: what was entered goes back, and the run ends as if nothing had been
UNDOING = "undoing"  # somebody takes the whole import back
GOES_BACK = (RETURNING, UNDOING)


class Stopped(Exception):
    """The run is somebody else's to go on with by now: it was stopped, or begun anew. Nothing is left to do here."""


class Pace:
    """How much goes into one portion, and how long the lock is left free before the next."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._free_since = 0.0
        self.size = FIRST

    def run(self, verb: Callable[[Session], Result]) -> Result:
        """Run one portion in a transaction of its own; the next one is as large as fits into the time."""
        self.rest()
        seconds = 0.0

        def timed(session: Session) -> Result:
            nonlocal seconds
            session.connection()  # SQLite's lock is waited for here
            begun = time.monotonic()
            result = verb(session)
            session.flush()
            seconds = time.monotonic() - begun
            return result

        result = self._database.run(timed)
        self._free_since = time.monotonic()
        self.size = fitting(self.size, seconds)
        return result

    def rest(self) -> None:
        """Let others have the one writer: they look from time to time whether the lock is free."""
        if self._database.is_sqlite:
            time.sleep(max(0.0, self._free_since + REST_SECONDS - time.monotonic()))


def fitting(size: int, seconds: float) -> int:
    """How large the next portion is, after one of this size has taken so long."""
    wanted = size * PORTION_SECONDS / max(seconds, 0.001)
    return round(min(max(wanted, size / 2, SMALLEST), size * 2, LARGEST))


def advance(session: Session, run_id: UUID, was: tuple[str, int], becomes: tuple[str, int], now: datetime) -> None:
    """Note in this transaction how far a run is (stage, rows), and hold it until the end.

    Raises Stopped where it does not stand as whoever is at it has left it.
    """
    stage, rows_done = was
    here = (
        ImportRun.id == run_id,
        ImportRun.state == ImportState.RUNNING,
        ImportRun.stage == stage,
        ImportRun.rows_done == rows_done,
    )
    values = {"stage": becomes[0], "rows_done": becomes[1], "told_at": now}
    moved: Any = session.execute(
        update(ImportRun).where(*here).values(**values).execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:
        raise Stopped


def hold(session: Session, run_id: UUID) -> ImportRun:
    """The run as it stands now, locked until the end of the transaction."""
    statement = select(ImportRun).where(ImportRun.id == run_id).with_for_update()
    return session.execute(statement.execution_options(populate_existing=True)).scalar_one()
