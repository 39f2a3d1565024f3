"""The seal on the ledger and the audit trail: each day's movements, then its acts, as recorded, chained by SHA-256.

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
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Table, func, literal_column, select, text
from sqlalchemy.orm import Session, defer

from core.clock import day_begins
from core.columns import table_of
from core.database import Database
from core.models import AuditEntry
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
SEALED = (table_of(Movement), table_of(AuditEntry))  # the rows of a day, in this order


@dataclass(frozen=True)
class Extent:
    """What a seal covers: the columns of the movements and, unless it is older than the audit trail, of the acts."""

    columns: str
    act_columns: str | None

    def tables(self) -> list[tuple[Table, list[str]]]:
        texts = (self.columns, self.act_columns)
        return [(table, text.split(",")) for table, text in zip(SEALED, texts, strict=True) if text is not None]


class SealedRow(NamedTuple):
    """A row as it is sealed."""

    table: Table
    line: bytes
    place: int  # of the id among the columns

    def named(self) -> str:
        words = {"movement": "movement", "audit_entry": "act"}
        return f"{words[self.table.name]} {json.loads(self.line)[self.place]}"


_TODAYS = Extent(*(",".join(sorted(column.name for column in table.columns)) for table in SEALED))


def extent_of(seal: DaySeal) -> Extent:
    """What an entry of the chain covers."""
    return Extent(seal.columns, seal.act_columns)


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
        firsts = [session.execute(select(func.min(table.c.recorded_at))).scalar() for table in SEALED]
        if not any(firsts):
            return None
        day = min(first for first in firsts if first is not None).astimezone(zone).date()
        starts_at = day_begins(day, zone)
    else:
        starts_at = _end_of_chain(session)
        day = starts_at.astimezone(zone).date()
    ends_at = day_begins(day + timedelta(days=1), zone)
    if ends_at + GRACE > now:
        return None
    return _entry(
        last, (day, starts_at, ends_at), sealed_rows(session, starts_at, ends_at, _TODAYS), late=False, now=now
    )


def _end_of_chain(session: Session) -> datetime:
    return session.execute(select(func.max(DaySeal.ends_at))).scalar_one()


def _late_arrivals(session: Session, now: datetime) -> DaySeal | None:
    """What is in a lately sealed day and in none of its entries."""
    recent = select(DaySeal).where(DaySeal.ends_at > now - LOOK_BACK).order_by(DaySeal.number)
    days: dict[tuple[date, datetime, datetime], list[DaySeal]] = {}
    for seal in session.execute(recent).scalars():
        days.setdefault((seal.day, seal.starts_at, seal.ends_at), []).append(seal)
    for bounds, entries in days.items():
        extent = extent_of(entries[0])
        if _there(session, *bounds[1:], extent) > sum(seal.movements + (seal.acts or 0) for seal in entries):
            known = Counter(mark for seal in entries for mark in marks_of(seal))
            late = list(_not_among(known, sealed_rows(session, *bounds[1:], extent)))
            return _entry(last_seal(session), bounds, late, late=True, now=now, extent=extent)
    return None


def _there(session: Session, starts_at: datetime, ends_at: datetime, extent: Extent) -> int:
    return sum(
        session.execute(
            select(func.count()).where(table.c.recorded_at >= starts_at, table.c.recorded_at < ends_at)
        ).scalar_one()
        for table, _ in extent.tables()
    )


def _not_among(known: Counter[str], rows: Iterable[SealedRow]) -> Iterator[SealedRow]:
    for row in rows:
        mark = mark_of(row.line)
        if known[mark]:
            known[mark] -= 1
        else:
            yield row


def _entry(
    last: DaySeal | None,
    bounds: tuple[date, datetime, datetime],
    rows: Iterable[SealedRow],
    *,
    late: bool,
    now: datetime,
    extent: Extent = _TODAYS,
) -> DaySeal:
    digest, marks, acts = hashlib.sha256(), [], 0
    for row in rows:
        digest.update(row.line)
        marks.append(mark_of(row.line))
        acts += row.table is not SEALED[0]
    seal = DaySeal(
        number=last.number + 1 if last else 1,
        day=bounds[0],
        starts_at=bounds[1],
        ends_at=bounds[2],
        columns=extent.columns,
        movements=len(marks) - acts,
        act_columns=extent.act_columns,
        acts=None if extent.act_columns is None else acts,
        late=late,
        marks="".join(marks),
        digest=digest.hexdigest(),
        previous=last.head if last else BEGINNING,
        head="",
        sealed_at=now,
    )
    seal.head = head_of(seal)
    return seal


_NEWER = ("act_columns", "acts")  # what entries that were made before these columns do not say


def head_of(seal: DaySeal) -> str:
    """The hash that chains an entry to all before: of everything that it says."""
    said = {
        column.name: canonical(getattr(seal, column.name), kind_of(column))
        for column in table_of(DaySeal).columns
        if column.name != "head" and (column.name not in _NEWER or getattr(seal, column.name) is not None)
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def mark_of(line: bytes) -> str:
    """By what an entry knows one of its rows again."""
    return hashlib.sha256(line).hexdigest()[:MARK]


def marks_of(seal: DaySeal) -> list[str]:
    """The marks of an entry's rows, in their order."""
    return [seal.marks[start : start + MARK] for start in range(0, len(seal.marks), MARK)]


def sealed_rows(session: Session, starts_at: datetime, ends_at: datetime, extent: Extent) -> Iterator[SealedRow]:
    """What was recorded within bounds, in that order, as canonical text of the columns."""
    for table, names in extent.tables():
        kinds, place = [kind_of(table.c[name]) for name in names], names.index("id")
        statement: Any = (
            select(*(literal_column(f'{table.name}."{name}"') for name in names))  # untyped: as the driver gives them
            .select_from(table)
            .where(table.c.recorded_at >= starts_at, table.c.recorded_at < ends_at)
            .order_by(table.c.recorded_at, table.c.id)
        )
        rows: Any = session.connection().execute(statement, execution_options={"yield_per": AT_ONCE})
        for row in rows:
            yield SealedRow(table, to_line(row, kinds), place)
