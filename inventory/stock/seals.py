"""The seal on the ledger: each day's movements, in the order in which they were recorded, chained by SHA-256.

Who has the database's password can switch triggers off and make a consistent change of movement and balance; the chain
then no longer fits. Whoever could also make the whole chain anew is found by a head that was kept outside.

A day is sealed ``GRACE`` after its end, when no transaction is open that began before: a movement's time of recording
is set in the transaction that writes it. One that turns up in a sealed day all the same (a process that was stopped for
long) gets an entry of its own, for the days of ``LOOK_BACK``; what is sealed is never written again.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, literal_column, select, text
from sqlalchemy.orm import Session, defer

from core.columns import table_of
from core.database import Database
from core.rows import AT_ONCE, canonical, kind_of, to_line
from core.upsert import upsert
from inventory.stock.models import Movement
from inventory.stock.seal_models import DaySeal

GRACE = timedelta(minutes=15)
LOOK_BACK = timedelta(days=7)
BEGINNING = "0" * 64
_OLDEST = """SELECT clock_timestamp() - min(xact_start) FROM pg_stat_activity
    WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()"""
MARK = 8  # hexadecimal digits
_movement = table_of(Movement)
_COLUMNS = ",".join(sorted(column.name for column in _movement.columns))


def last_seal(session: Session) -> DaySeal | None:
    """The head of the chain."""
    found = seals(session, 1)
    return found[0] if found else None


def seals(session: Session, limit: int, before: int | None = None) -> list[DaySeal]:
    """Entries of the chain, the newest first."""
    found = select(DaySeal).options(defer(DaySeal.marks)).order_by(DaySeal.number.desc()).limit(limit)
    return list(session.execute(found if before is None else found.where(DaySeal.number < before)).scalars())


def seal_days(database: Database, now: datetime) -> int:
    """Seal every day that is over, and what turned up in sealed ones; returns the number of new entries."""
    entries = 0
    while True:
        # read outside the transaction that writes: a take on SQLite must not wait for the hashing
        with database.transaction(writes=False) as session:
            if not _quiet(session):
                return entries
            seal = _late_arrivals(session, now) or _next_day(session, now)
        if seal is None or not database.run(_append, seal):
            return entries
        entries += 1


def _append(session: Session, seal: DaySeal) -> bool:
    """Put an entry at the end of the chain; False if another process was faster."""
    last = last_seal(session)
    if (last.head if last else BEGINNING) != seal.previous:
        return False
    values = seal.model_dump()
    row = upsert(session, table_of(DaySeal)).values(values).on_conflict_do_nothing(index_elements=["number"])
    return session.execute(row.returning(table_of(DaySeal).c.number)).first() is not None


def _quiet(session: Session) -> bool:
    """No transaction is open that may still write into a day that is over; SQLite has one writer at a time."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    oldest = session.execute(text(_OLDEST)).scalar()
    return oldest is None or oldest < GRACE


def _next_day(session: Session, now: datetime) -> DaySeal | None:
    last = last_seal(session)
    zone = session.info["zone"]
    if last is None:
        first = session.execute(select(func.min(Movement.recorded_at))).scalar()
        if first is None:
            return None
        day = first.astimezone(zone).date()
        starts_at = datetime.combine(day, time(), zone).astimezone(UTC)
    else:
        starts_at = _end_of_chain(session)
        day = starts_at.astimezone(zone).date()
    ends_at = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    if ends_at + GRACE > now:
        return None
    return _entry(last, (day, starts_at, ends_at), movement_lines(session, starts_at, ends_at, _COLUMNS), False, now)


def _end_of_chain(session: Session) -> datetime:
    return session.execute(select(func.max(DaySeal.ends_at))).scalar_one()


def _late_arrivals(session: Session, now: datetime) -> DaySeal | None:
    """What is in a lately sealed day and in none of its entries."""
    recent = select(DaySeal).where(DaySeal.ends_at > now - LOOK_BACK).order_by(DaySeal.number)
    days: dict[tuple[date, datetime, datetime], list[DaySeal]] = {}
    for seal in session.execute(recent).scalars():
        days.setdefault((seal.day, seal.starts_at, seal.ends_at), []).append(seal)
    for bounds, entries in days.items():
        within = (Movement.recorded_at >= bounds[1], Movement.recorded_at < bounds[2])
        there = session.execute(select(func.count()).select_from(Movement).where(*within)).scalar_one()
        if there > sum(seal.movements for seal in entries):
            known = Counter(mark for seal in entries for mark in marks_of(seal))
            late = list(_not_among(known, movement_lines(session, *bounds[1:], entries[0].columns)))
            return _entry(last_seal(session), bounds, late, True, now, entries[0].columns)
    return None


def _not_among(known: Counter[str], lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        mark = mark_of(line)
        if known[mark]:
            known[mark] -= 1
        else:
            yield line


def _entry(
    last: DaySeal | None,
    bounds: tuple[date, datetime, datetime],
    lines: Iterable[bytes],
    late: bool,
    now: datetime,
    columns: str = _COLUMNS,
) -> DaySeal:
    digest, marks = hashlib.sha256(), []
    for line in lines:
        digest.update(line)
        marks.append(mark_of(line))
    seal = DaySeal(
        number=last.number + 1 if last else 1,
        day=bounds[0],
        starts_at=bounds[1],
        ends_at=bounds[2],
        columns=columns,
        movements=len(marks),
        late=late,
        marks="".join(marks),
        digest=digest.hexdigest(),
        previous=last.head if last else BEGINNING,
        head="",
        sealed_at=now,
    )
    seal.head = head_of(seal)
    return seal


def head_of(seal: DaySeal) -> str:
    """The hash that chains an entry to all before: of everything that it says."""
    said = {
        column.name: canonical(getattr(seal, column.name), kind_of(column))
        for column in table_of(DaySeal).columns
        if column.name != "head"
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def mark_of(line: bytes) -> str:
    """By what an entry knows one of its movements again."""
    return hashlib.sha256(line).hexdigest()[:MARK]


def marks_of(seal: DaySeal) -> list[str]:
    """The marks of an entry's movements, in their order."""
    return [seal.marks[start : start + MARK] for start in range(0, len(seal.marks), MARK)]


def movement_lines(session: Session, starts_at: datetime, ends_at: datetime, columns: str) -> Iterator[bytes]:
    """The movements recorded within bounds, in that order, as canonical text of the columns."""
    names = columns.split(",")
    kinds = [kind_of(_movement.c[name]) for name in names]
    statement: Any = (
        select(*(literal_column(f'movement."{name}"') for name in names))  # without types: as the driver gives them
        .select_from(_movement)
        .where(_movement.c.recorded_at >= starts_at, _movement.c.recorded_at < ends_at)
        .order_by(_movement.c.recorded_at, _movement.c.id)
    )
    rows: Any = session.connection().execute(statement, execution_options={"yield_per": AT_ONCE})
    for row in rows:
        yield to_line(row, kinds)
