"""Whether documents say what the movements say: what is closed is empty, who is two is two, and one is one."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from core import guards
from core.quantities import write_quantity
from depots.models import STORAGE, Depot, DepotStatus, Place, PlaceKind
from inventory.booking.keeping import HANDED_OUT
from inventory.booking.models import MovementWitness
from inventory.catalogue.models import Item, Tracking
from inventory.documents.models import Loan, Transfer, TransferState
from inventory.finding.models import Reservation
from inventory.readiness.counting import refresh, work_out
from inventory.readiness.models import DepotReadiness
from inventory.stock.count_models import Count, CountState
from inventory.stock.lots import serial_key
from inventory.stock.models import DepotItem, Lot, Movement, Stock
from inventory.stock.verify import SHOWN, Check, Mended, Wrong, rows_of

BATCH = 100
CARRIERS = frozenset({PlaceKind.VEHICLE, PlaceKind.KIT})
KEPT = (*(STORAGE - CARRIERS), PlaceKind.HOLD, PlaceKind.WORKSHOP, PlaceKind.DISCREPANCY)


def _find_guards_off(session: Session) -> Wrong:
    missing = guards.missing(session.connection())
    return Wrong(len(missing), missing[:SHOWN])


def _find_breaches(session: Session) -> Wrong:
    found = guards.breaches(session.connection())
    return Wrong(sum(one.number for one in found), [one.sentence() for one in found])


def _wrong_readiness(session: Session) -> Iterator[tuple[UUID, str]]:
    """Depots whose written readiness is not what comes out for the same day, though nothing has moved since."""
    moved = exists().where(DepotItem.depot_id == DepotReadiness.depot_id, DepotItem.dirty)
    open_ = select(Depot.id).where(Depot.status == DepotStatus.OPEN)
    rows = session.execute(
        select(DepotReadiness).where(~moved, DepotReadiness.depot_id.in_(open_)).order_by(DepotReadiness.day)
    ).scalars()
    for day, of_day in groupby(list(rows), key=lambda row: row.day):
        kept = list(of_day)
        for start in range(0, len(kept), BATCH):
            batch = {row.depot_id: row for row in kept[start : start + BATCH]}
            for right in work_out(session, day, list(batch)):
                row = batch[right["depot_id"]]
                off = [f"{name} {getattr(row, name)} for {right[name]}" for name in right if _differs(row, right, name)]
                if off:
                    yield row.depot_id, "; ".join(off)


def _differs(row: DepotReadiness, right: dict[str, Any], name: str) -> bool:
    return name not in ("day", "good_through", "ends") and getattr(row, name) != right[name]


def _find_readiness(session: Session) -> Wrong:
    found = [f"{depot}: {what[:300]}" for depot, what in _wrong_readiness(session)]
    return Wrong(len(found), found[:SHOWN])


def _mend_readiness(session: Session) -> list[Mended]:
    mended = []
    for depot_id, what in list(_wrong_readiness(session)):
        day = session.get_one(DepotReadiness, depot_id).day
        session.expire_all()
        refresh(session, day, [depot_id])
        mended.append(Mended(str(depot_id), what[:500], "worked out anew"))
    return mended


def _wrong_keys(session: Session) -> tuple[list[tuple[UUID, str, str]], list[str]]:
    """Pieces whose key is not that of their number: those that can have it, and those whose number another has."""
    rows = session.execute(
        select(Lot.id, Lot.item_id, Lot.maker, Lot.serial, Lot.natural_key)
        .join(Item, Item.id == Lot.item_id)
        .where(Item.tracking == Tracking.SERIAL, Lot.serial.is_not(None))
        .order_by(Lot.received_at, Lot.id)
    ).all()
    taken = {row.natural_key for row in rows}
    free, doubled = [], []
    for row in rows:
        key = serial_key(row.item_id, row.maker, row.serial)
        if key is None or key == row.natural_key:
            continue
        if key in taken:
            doubled.append(f"{row.id}: {row.maker or ''} {row.serial}")
        else:
            taken.add(key)
            free.append((row.id, row.natural_key, key))
    return free, doubled


def _find_keys(session: Session) -> Wrong:
    free, _ = _wrong_keys(session)
    return Wrong(len(free), [f"{lot_id}: {kept}" for lot_id, kept, _ in free[:SHOWN]])


def _mend_keys(session: Session) -> list[Mended]:
    mended = []
    for lot_id, kept, key in _wrong_keys(session)[0]:
        session.get_one(Lot, lot_id).natural_key = key
        mended.append(Mended(str(lot_id), kept, key))
    session.flush()
    return mended


def _find_doubles(session: Session) -> Wrong:
    _, doubled = _wrong_keys(session)
    return Wrong(len(doubled), doubled[:SHOWN])


def _find_unemptied(session: Session) -> Wrong:
    """What still lies with a loan or on a transfer that is over. A rejected one is over once its goods are back."""
    over = Transfer.closed_at.is_not(None) | Transfer.state.in_((TransferState.CLOSED, TransferState.CANCELLED))
    closed = select(Loan.id).where(Loan.closed_at.is_not(None)).union(select(Transfer.id).where(over))
    statement = select(Stock.place_id, Stock.lot_id, Stock.quantity).where(
        Stock.place_id.in_(closed), ~Stock.outside, Stock.quantity > 0
    )
    return rows_of(session, statement, lambda row: f"{row[0]} / {row[1]}: {write_quantity(row[2])}")


def _find_counts(session: Session) -> Wrong:
    ended, is_open = Count.closed_at.is_not(None), Count.state == CountState.OPEN
    statement = select(Count.id, Count.state).where((ended & is_open) | (~ended & ~is_open))
    return rows_of(session, statement, lambda row: f"{row[0]}: {row[1]}")


def _find_reservations(session: Session) -> Wrong:
    statement = (
        select(Reservation.id, Depot.code)
        .join(Depot, Depot.id == Reservation.depot_id)
        .where((Reservation.until < Reservation.made_at) | (Reservation.ended_at < Reservation.made_at))
    )
    return rows_of(session, statement, lambda row: f"{row[0]} at {row[1]}")


def unwitnessed() -> Any:
    """Movements by which controlled gear left a depot's keeping without a second name (T96, B4).

    What was taken out of a vehicle or kit left with it, if that was out already.
    """
    carried, ground = aliased(Movement), aliased(Place)
    lay_on = (
        select(ground.kind)
        .join(carried, carried.to_place_id == ground.id)
        .where(carried.lot_id == Movement.from_place_id, carried.recorded_at < Movement.recorded_at)
        .order_by(carried.recorded_at.desc(), carried.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(Movement.id, Item.code, Movement.quantity, Movement.happened_at)
        .join(Item, Item.id == Movement.item_id)
        .join(Place, Place.id == Movement.from_place_id)
        .outerjoin(MovementWitness, MovementWitness.movement_id == Movement.id)
        .where(
            Item.controlled,
            Movement.kind.in_(HANDED_OUT),
            Place.kind.in_(KEPT) | (Place.kind.in_(CARRIERS) & lay_on.in_(KEPT)),
            MovementWitness.movement_id.is_(None),
        )
        .order_by(Movement.id)
    )


DOCUMENTS: tuple[Check, ...] = (
    Check("a guard of the database is missing", _find_guards_off, "put back on by: readyshelf migrate"),
    Check(
        "stands against a guard that came later",
        _find_breaches,
        "correct the row where it was entered; what can be derived: readyshelf verify --repair",
    ),
    Check(
        "key of a piece is not that of its serial number",
        _find_keys,
        "derived from the number: readyshelf verify --repair",
        _mend_keys,
    ),
    Check(
        "two pieces with one serial number of one maker",
        _find_doubles,
        "look at both: if it is one piece, write the second off as entered twice; else correct a number",
    ),
    Check(
        "readiness differs from what is there",
        _find_readiness,
        "worked out anew: readyshelf verify --repair",
        _mend_readiness,
    ),
    Check(
        "gear lies with a loan or transfer that is over",
        _find_unemptied,
        "look for it: give it back from the loan, take it back by the transfer; what is missing, count as lost then",
    ),
    Check("count is open and over at once", _find_counts, "cancel the count and count again"),
    Check("reservation ends before it was made", _find_reservations, "call it off"),
)
