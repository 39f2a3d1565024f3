"""What a depot keeps, and which lines take controlled gear out of its keeping: by themselves or inside a carrier.

Kept is what lies in a storage place or in the hold, in a vehicle or kit that lies there too. In somebody's hands, at a
call-out, on the way to another depot and in a workshop outside it is not kept any more: two people saw it leave (T96).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.digests import digest_of_content
from core.quantities import write_quantity
from depots.models import STORAGE, Place, PlaceKind
from inventory.catalogue.models import Item
from inventory.stock.carrying import inner_places
from inventory.stock.lines import Line
from inventory.stock.models import Kind, Stock

HANDED_OUT = frozenset({Kind.ISSUE, Kind.CONSUME})
_WRITTEN_OFF = frozenset({Kind.DISPOSE, Kind.ADJUST})
_CARRIERS = frozenset({PlaceKind.VEHICLE, PlaceKind.KIT})
_KEPT = (STORAGE - _CARRIERS) | {PlaceKind.HOLD}
# Whence it leaves: what is in the workshop comes back; what the book has lost sight of, a late fact takes from there
_ANSWERED_FOR = _KEPT | {PlaceKind.WORKSHOP, PlaceKind.DISCREPANCY, PlaceKind.LOST}


def leaving(session: Session, lines: Sequence[Line]) -> list[Line]:
    """Those of these lines by which controlled gear leaves the depot's keeping, so that two people must have seen it.

    What a document moves that two people have signed is not among them; what comes back, or is used up by who has it
    already, was witnessed when it left. No query where nothing is controlled and nothing carries.
    """
    asked = [line for line in lines if (line.controlled or line.holds) and not line.signed and line.kind != Kind.OPEN]
    if not asked:
        return []
    ends = {place for line in asked for place in (line.source.place_id, line.target.place_id)}
    kinds = _ground(session, ends)
    return [line for line in asked if _leaves(line, kinds) and (line.controlled or load_of(session, line.lot_id))]


def _leaves(line: Line, kinds: Mapping[UUID, PlaceKind]) -> bool:
    source, target = kinds[line.source.place_id], kinds[line.target.place_id]
    if source in _ANSWERED_FOR:
        return line.kind in HANDED_OUT or target not in _KEPT
    return line.kind in _WRITTEN_OFF and not line.source.outside


def _ground(session: Session, place_ids: Collection[UUID]) -> dict[UUID, PlaceKind]:
    """What sort of place each of these is, or lies in: a vehicle or kit is where its piece is."""
    where = {place_id: place_id for place_id in place_ids}
    found: dict[UUID, PlaceKind] = {}
    for _ in range(8):  # a kit in a kit in a vehicle on a shelf; deeper than that nobody packs
        asked = set(where.values()) - found.keys()
        found |= _kinds(session, asked)
        carriers = {place for place in where.values() if found.get(place) in _CARRIERS}
        if not carriers:
            break
        lies: Mapping[UUID, UUID] = dict(
            session.execute(
                select(Stock.lot_id, Stock.place_id).where(
                    Stock.lot_id.in_(carriers), Stock.quantity > 0, ~Stock.outside
                )
            ).all()  # type: ignore[arg-type]  # rows of two
        )
        where = {place: lies.get(last, last) for place, last in where.items()}
        if not carriers & lies.keys():
            break
    return {place: found[last] for place, last in where.items()}


def _kinds(session: Session, place_ids: Collection[UUID]) -> dict[UUID, PlaceKind]:
    rows = session.execute(select(Place.id, Place.kind).where(Place.id.in_(place_ids)))
    return {place_id: kind for place_id, kind in rows}


def load_of(session: Session, carrier_id: UUID) -> list[Any]:
    """The controlled gear in a vehicle or kit and in what lies in it: (lot, quantity). Empty for any other piece."""
    return list(
        session.execute(
            select(Stock.lot_id, Stock.quantity)
            .join(Item, Item.id == Stock.item_id)
            .where(Stock.place_id.in_(inner_places(session, carrier_id)), Stock.quantity > 0, Item.controlled)
            .order_by(Stock.lot_id, Stock.place_id)
        ).all()
    )


def load_digest(session: Session, carrier_id: UUID) -> str:
    """What a second person signs for when a vehicle or kit with controlled gear in it leaves: another load, another
    digest."""
    return digest_of_content([[lot_id, write_quantity(quantity)] for lot_id, quantity in load_of(session, carrier_id)])
