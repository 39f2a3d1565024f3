"""``readyshelf verify --seals``: every sealed day hashed anew and compared with the chain, and with outside heads."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory.stock.seal_models import DaySeal
from inventory.stock.seals import BEGINNING, SEALED, extent_of, head_of, mark_of, marks_of, sealed_rows

SHOWN = 20


@dataclass
class SealVerdict:
    """What was checked, and from which day on something differs."""

    entries: int = 0
    movements: int = 0
    acts: int = 0  # of the audit trail
    late: int = 0  # recorded after their day had been sealed
    up_to: date | None = None
    head: str | None = None
    differs_from: date | None = None
    faults: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.faults

    def fault(self, day: date | None, what: str) -> None:
        if day is not None and (self.differs_from is None or day < self.differs_from):
            self.differs_from = day
        self.faults.append(f"{day}: {what}" if day else what)


def check_seals(
    session: Session, heads: Sequence[str] = (), progress: Callable[[int], object] = lambda _days: None
) -> SealVerdict:
    """Recompute the whole chain. Reads only; in memory is one day at a time.

    ``heads`` were kept outside (64 digits, or ``DAY:`` and the digits): a chain that was made anew does not have them.
    """
    verdict = SealVerdict()
    previous: DaySeal | None = None
    days: dict[str, list[int]] = {}
    for number, day in session.execute(select(DaySeal.number, DaySeal.day).order_by(DaySeal.number)):
        days.setdefault(str(day), []).append(number)
    seen: dict[str, date] = {}
    for number in sorted(number for numbers in days.values() for number in numbers):
        seal = session.execute(select(DaySeal).where(DaySeal.number == number)).scalar_one()
        _check_link(verdict, seal, previous)
        if not seal.late:
            _check_day(session, verdict, seal, days[str(seal.day)])
            progress(1)
        verdict.entries, verdict.up_to, verdict.head = verdict.entries + 1, seal.day, seal.head
        verdict.movements += seal.movements
        verdict.acts += seal.acts or 0
        verdict.late += seal.movements + (seal.acts or 0) if seal.late else 0
        seen[seal.head] = seal.day
        session.expunge(seal)
        previous = seal
    _check_outside(verdict, seen, heads)
    _check_before(session, verdict)
    return verdict


def _check_link(verdict: SealVerdict, seal: DaySeal, previous: DaySeal | None) -> None:
    number, head = (previous.number + 1, previous.head) if previous else (1, BEGINNING)
    if seal.number != number:
        verdict.fault(seal.day, f"entries {number} to {seal.number - 1} of the chain are missing")
    elif seal.previous != head:
        verdict.fault(seal.day, "the chain is broken: the entry does not follow the one before it")
    if seal.head != head_of(seal):
        verdict.fault(seal.day, "the entry of the chain was changed")


def _check_day(session: Session, verdict: SealVerdict, seal: DaySeal, numbers: list[int]) -> None:
    """The day's rows against all its entries: each belongs to one of them, and they add up to its digest."""
    of_day = select(DaySeal).where(DaySeal.number.in_(numbers), DaySeal.starts_at == seal.starts_at)
    entries = list(session.execute(of_day.order_by(DaySeal.number)).scalars())
    open_marks = [Counter(marks_of(entry)) for entry in entries]
    digests = [hashlib.sha256() for _ in entries]
    strange = 0
    for row in sealed_rows(session, seal.starts_at, seal.ends_at, extent_of(seal)):
        mark = mark_of(row.line)
        home = next((index for index, marks in enumerate(open_marks) if marks[mark]), None)
        if home is None:
            strange += 1
            if strange <= SHOWN:
                verdict.fault(seal.day, f"{row.named()} was changed or put in afterwards")
            continue
        open_marks[home][mark] -= 1
        digests[home].update(row.line)
    missing = sum(marks.total() for marks in open_marks)
    if missing or strange > SHOWN:
        verdict.fault(seal.day, f"{missing} sealed rows are not there as they were, {strange} were not sealed so")
    for entry, digest in zip(entries, digests, strict=True):
        if not missing and not strange and entry.digest != digest.hexdigest():
            verdict.fault(seal.day, "the rows do not have the digest that was sealed")


def _check_outside(verdict: SealVerdict, seen: dict[str, date], heads: Sequence[str]) -> None:
    """A head that was kept outside must be in the chain; its day says by when at the latest it was made anew."""
    for given in heads:
        day, _, head = given.strip().lower().rpartition(":")
        if head not in seen:
            known = date.fromisoformat(day) if day else None
            verdict.fault(known, f"the head {head[:16]}… that was kept outside is not in the chain: it was made anew")


def _check_before(session: Session, verdict: SealVerdict) -> None:
    """What was put in before the first sealed day; of acts, before the first day whose seal covers them."""
    first, first_of_acts, end = session.execute(
        select(
            func.min(DaySeal.starts_at),
            func.min(DaySeal.starts_at).filter(DaySeal.act_columns.is_not(None)),
            func.max(DaySeal.ends_at),
        )
    ).one()
    for table, since in zip(SEALED, (first, first_of_acts or end), strict=True):
        if since is None:
            continue
        early = select(func.count()).select_from(table).where(table.c.recorded_at < since)
        if number := session.execute(early).scalar_one():
            what = "movements" if table is SEALED[0] else "acts"
            verdict.fault(since.date(), f"{number} {what} were put in before the first sealed day")
