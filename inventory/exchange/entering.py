"""The rows of a file entered portion by portion, each in a transaction of its own (``portions.py``).

Rows are judged outside of the writer's lock by what is there at that moment. Under the lock what they were judged by is
looked at once more; where it has changed, they are judged anew, there and then.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.context import AppContext
from inventory.exchange.findings import Fault, Findings
from inventory.exchange.into_stock import IntoStock
from inventory.exchange.models import ImportRun, ImportState
from inventory.exchange.portions import BOOKING, CHECKING, Pace, Stopped, advance
from inventory.exchange.reading import Row, WrongField
from inventory.exchange.stock_taken import Mark

Opens = Callable[[Session], IntoStock]  # what takes the rows, on what is there now


class FaultsFound(Exception):
    """The file does not fit what is there: nothing of it stays."""

    def __init__(self, findings: Findings) -> None:
        super().__init__(f"{findings.count} faults")
        self.findings = findings


def begin(session: Session, run_id: Any, rows: int, now: datetime) -> None:
    """From here on something of a run may stand. Raises Stopped where it was stopped."""
    here = (ImportRun.id == run_id, ImportRun.state == ImportState.RUNNING, ImportRun.stage == CHECKING)
    values = {"stage": BOOKING, "rows_done": 0, "rows_total": rows, "told_at": now}
    begun: Any = session.execute(
        update(ImportRun).where(*here).values(**values).execution_options(synchronize_session=False)
    )
    if begun.rowcount != 1:
        raise Stopped


class InPortions:
    """Takes the rows of a file as an importer does, and enters them as it goes. Use it as a context manager."""

    def __init__(self, context: AppContext, run: ImportRun, opens: Opens) -> None:
        self._context, self._run, self._opens = context, run, opens
        self._pace = Pace(context.database)
        self._inner: IntoStock | None = None
        self._looks: AbstractContextManager[Session] | None = None  # what the rows are judged by, of this portion
        self._rows: list[Row] = []  # of this portion
        self._mark: Mark | None = None  # of the portions that stand
        self._faulty = False
        self.rows = 0  # that stand

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._look_away()

    def take(self, row: Row) -> None:
        """Judge a row by what is there; enter the portion when it is full."""
        importer = self._look()
        try:
            importer.take(row)
        except WrongField:
            self._faulty = True
            raise
        self._rows.append(row)
        if importer.pieces >= self._pace.size and not self._faulty:
            self.write()

    def write(self) -> None:
        """Enter what was taken since the last time."""
        importer = self._look()
        self._look_away()
        if self._faulty or not self._rows:
            return self.drop()
        tries = iter((True,))  # what a transaction has left half done, the next one does not go on with
        self._inner = self._pace.run(lambda session: self._enter(session, importer, untouched=next(tries, False)))
        self._mark = self._inner.mark()
        self.rows += len(self._rows)
        self._rows = []
        return None

    def drop(self) -> None:
        """Forget what was taken since the last time: there are faults."""
        if self._inner is not None:
            self._inner.forget()
        self._rows = []

    def finish(self, session: Session, now: datetime) -> dict[str, Any]:
        """What was entered, in figures; in the last transaction."""
        advance(session, self._run.id, (BOOKING, self.rows), (BOOKING, self.rows), now)
        importer = self._inner or self._opens(session)
        importer.use(session, now)
        return importer.finish()

    def _look(self) -> IntoStock:
        """The importer, on what is there as the portion begins."""
        if self._looks is None:
            self._looks = self._context.database.transaction(writes=False)
            session = self._looks.__enter__()
            if self._inner is None:
                self._inner = self._opens(session)
            self._inner.use(session, self._context.clock.now())
        assert self._inner is not None
        return self._inner

    def _look_away(self) -> None:
        """Give the connection back: what is held open would keep the database's log from being emptied."""
        if self._looks is not None:
            looks, self._looks = self._looks, None
            looks.__exit__(None, None, None)

    def _enter(self, session: Session, importer: IntoStock, *, untouched: bool) -> IntoStock:
        now = self._context.clock.now()
        done = self.rows + len(self._rows)
        advance(session, self._run.id, (BOOKING, self.rows), (BOOKING, done), now)
        importer.use(session, now)
        if not (untouched and importer.still_so()):
            importer = self._judge_anew(session, now)
        importer.write()
        return importer

    def _judge_anew(self, session: Session, now: datetime) -> IntoStock:
        importer = self._opens(session)
        importer.use(session, now)
        if self._mark is not None:
            importer.follow(self._mark)
        findings = Findings()
        for row in self._rows:
            try:
                importer.take(row)
            except WrongField as wrong:
                findings.note(fault_of(row, wrong))
        if findings.count:
            raise FaultsFound(findings)
        return importer


def fault_of(row: Row, wrong: WrongField) -> Fault:
    """What is wrong in a row, by what could be read of it."""
    header = row.headers.get(wrong.field, "")
    said = row.get(wrong.field)
    value = said if isinstance(said, str) else ""
    return Fault(row.sheet, row.number, "", header, value, wrong.message, wrong.mend, wrong.params)
