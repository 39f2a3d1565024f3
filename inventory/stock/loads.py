"""What vehicles and kits took along to other depots: written with the movement, and recomputable from movements."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from core.columns import table_of
from depots.models import Place, PlaceKind
from inventory.stock.carrying import Load
from inventory.stock.models import CarriedLoad, ItemChange, Movement

ZERO = Decimal(0)
AT_ONCE = 500  # ids in one statement
_carried = table_of(CarriedLoad)


def note_load(session: Session, movement_id: UUID, load: Sequence[Load], to_depot_id: UUID) -> None:
    """Record what a movement took along to another depot."""
    rows = [
        {
            "movement_id": movement_id,
            "place_id": row.place_id,
            "lot_id": row.lot_id,
            "item_id": row.item_id,
            "quantity": row.quantity,
            "from_depot_id": row.depot_id,
            "to_depot_id": to_depot_id,
        }
        for row in load
    ]
    if rows:
        session.connection().execute(insert(_carried), rows)


class Key(NamedTuple):
    """What a row of the table says of one movement."""

    movement_id: UUID
    place_id: UUID
    lot_id: UUID
    quantity: Decimal


def loads_off(session: Session) -> tuple[set[Key], set[Key]]:
    """Rows that the movements ask for and that are missing, and rows that are there and should not be."""
    there = {
        Key(*row)
        for row in session.execute(
            select(_carried.c.movement_id, _carried.c.place_id, _carried.c.lot_id, _carried.c.quantity)
        )
    }
    right = set(_by_movements(session))
    return right - there, there - right


def mend_loads(session: Session) -> int:
    """Write the rows anew where they differ from the movements; returns how many did."""
    missing, wrong = loads_off(session)
    for key in wrong:
        here = (CarriedLoad.movement_id == key.movement_id, CarriedLoad.place_id == key.place_id)
        session.execute(delete(CarriedLoad).where(*here, CarriedLoad.lot_id == key.lot_id))
    for key in missing:
        carrier = session.get_one(Movement, key.movement_id)
        item_id = _item_then(session, key.lot_id, carrier.recorded_at)
        ends = {"from_depot_id": carrier.from_depot_id, "to_depot_id": carrier.to_depot_id}
        session.execute(insert(_carried).values(**key._asdict(), item_id=item_id, **ends))
    return len(missing | wrong)


def _item_then(session: Session, lot_id: UUID, moment: datetime) -> UUID:
    """Of which item a lot was at an instant: as it was booked last, or as its line was merged last."""
    booked = select(Movement.recorded_at, Movement.item_id).where(Movement.lot_id == lot_id)
    became = select(ItemChange.recorded_at, ItemChange.item_id).join(Place, Place.id == ItemChange.from_place_id)
    became = became.where(ItemChange.lot_id == lot_id, Place.kind == PlaceKind.REPACKED)
    said = union_all(booked, became).subquery()
    last = select(said.c.item_id).where(said.c.recorded_at <= moment).order_by(said.c.recorded_at.desc()).limit(1)
    found: UUID = session.execute(last).scalar_one()
    return found


def _by_movements(session: Session) -> Iterator[Key]:
    """What each carrier had in it when it went to another depot: all that was recorded up to then, nested kits too."""
    moves = _moves_between_depots(session)
    changes = _changes_of(session, {move.lot_id for move in moves})
    for move in moves:
        yield from _load_at(changes, move.id, move.lot_id, move.recorded_at)


def _moves_between_depots(session: Session) -> list[Any]:
    target = aliased(Place)
    statement = (
        select(Movement.id, Movement.lot_id, Movement.recorded_at)
        .join(Place, Place.id == Movement.lot_id)
        .join(target, target.id == Movement.to_place_id)
        .where(Movement.from_depot_id != Movement.to_depot_id, ~target.outside)
    )
    return list(session.execute(statement))


Changes = dict[UUID, dict[UUID, list[tuple[datetime, Decimal]]]]


def _changes_of(session: Session, carriers: Collection[UUID]) -> Changes:
    """By place and lot what went in and out of these carriers, and of the kits that ever were in them."""
    changes: Changes = {}
    waiting = set(carriers)
    while waiting:
        ids = sorted(waiting)
        lots: set[UUID] = set()
        for place_id in ids:
            changes[place_id] = defaultdict(list)
        for start in range(0, len(ids), AT_ONCE):
            lots |= _read_changes(session, ids[start : start + AT_ONCE], changes)
        waiting = _carriers_among(session, lots) - changes.keys()
    return changes


def _read_changes(session: Session, ids: Sequence[UUID], changes: Changes) -> set[UUID]:
    known, lots = set(ids), set()
    rows = session.execute(
        select(
            Movement.from_place_id, Movement.to_place_id, Movement.lot_id, Movement.quantity, Movement.recorded_at
        ).where(or_(Movement.from_place_id.in_(ids), Movement.to_place_id.in_(ids)))
    )
    for source, target, lot_id, quantity, recorded_at in rows:
        lots.add(lot_id)
        for place_id, change in ((source, -quantity), (target, quantity)):
            if place_id in known:
                changes[place_id][lot_id].append((recorded_at, change))
    return lots


def _carriers_among(session: Session, lot_ids: Collection[UUID]) -> set[UUID]:
    found: set[UUID] = set()
    ids = sorted(lot_ids)
    for start in range(0, len(ids), AT_ONCE):
        found |= set(session.execute(select(Place.id).where(Place.id.in_(ids[start : start + AT_ONCE]))).scalars())
    return found


def _load_at(changes: Changes, movement_id: UUID, place_id: UUID, at: datetime) -> Iterator[Key]:
    for lot_id, parts in changes[place_id].items():
        quantity = sum((change for recorded_at, change in parts if recorded_at <= at), ZERO)
        if quantity > 0:
            yield Key(movement_id, place_id, lot_id, quantity)
            if lot_id in changes:
                yield from _load_at(changes, movement_id, lot_id, at)
