"""Kits and vehicles by their content: what should be in them, what is, what ends first, and whether it is sealed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from depots.models import Place
from inventory.catalogue.models import Item, KitLine
from inventory.documents.models import Seal
from inventory.fitness.judging import SEAL_ROLE, is_sound
from inventory.stock.models import Lot, Movement, Stock

ZERO = Decimal(0)


@dataclass
class Part:
    """A line of a kit: what should be in it, what is, and what of that is in date and fit."""

    item: Item
    should: Decimal
    role: str = ""
    ready: Decimal = ZERO
    ends: date | None = None  # the earliest last usable day among what is in it
    lots: list[tuple[Lot, Decimal]] = field(default_factory=list)

    @property
    def short(self) -> Decimal:
        return max(self.should - self.ready, ZERO)


@dataclass
class KitView:
    """A kit or vehicle as a keeper sees it. Ready: nothing is short, nothing is past its date (T43, T48)."""

    place: Place
    parts: list[Part]
    seal: Seal | None
    opened: bool  # something was taken or put in since it was sealed (T45)

    @property
    def short(self) -> list[Part]:
        return [part for part in self.parts if part.short > 0]

    @property
    def ready(self) -> bool:
        return not self.short

    @property
    def ends(self) -> date | None:
        """The kit's own date: that of the component that ends first (T43)."""
        return min((part.ends for part in self.parts if part.ends), default=None)


def kits_of(session: Session, today: date, places: Sequence[Place]) -> list[KitView]:
    """Kits and vehicles with their content. Four queries, however many there are."""
    ids = [place.id for place in places]
    if not ids:
        return []
    parts = _parts(session, today, ids)
    seals = {
        seal.place_id: seal
        for seal in session.execute(
            select(Seal).where(Seal.place_id.in_(ids), Seal.broken_at.is_(None)).order_by(Seal.put_at)
        ).scalars()
    }
    moved = last_moved(session, [(seal.place_id, seal.put_at) for seal in seals.values()])
    return [KitView(place, parts[place.id], seals.get(place.id), place.id in moved) for place in places]


def _parts(session: Session, today: date, place_ids: Collection[UUID]) -> dict[UUID, list[Part]]:
    """The lines of kits: by their list, and what else lies in them."""
    found: dict[UUID, dict[UUID, Part]] = {place_id: {} for place_id in place_ids}
    lists = session.execute(
        select(Lot.id, KitLine.quantity, KitLine.role, Item)
        .join(KitLine, KitLine.kit_item_id == Lot.item_id)
        .join(Item, Item.id == KitLine.item_id)
        .where(Lot.id.in_(place_ids), KitLine.role != SEAL_ROLE)
        .order_by(Item.code)
    )
    for place_id, quantity, role, item in lists:
        found[place_id][item.id] = Part(item, quantity, role)
    content = session.execute(
        select(Stock.place_id, Stock.quantity, Lot, Item, is_sound(Lot, Stock.depot_id, today))
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .where(Stock.place_id.in_(place_ids), Stock.quantity > 0)
        .order_by(Item.code)
    )
    for place_id, quantity, lot, item, sound in content:
        part = found[place_id].setdefault(item.id, Part(item, ZERO))
        part.lots.append((lot, quantity))
        if sound:
            part.ready += quantity
        if lot.usable_through is not None:
            part.ends = min(part.ends or date.max, lot.usable_through)
    return {place_id: list(parts.values()) for place_id, parts in found.items()}


def last_moved(session: Session, sealed: Collection[tuple[UUID, datetime]]) -> set[UUID]:
    """The kits into or out of which something moved after they were sealed."""
    if not sealed:
        return set()
    after = [
        and_(or_(Movement.from_place_id == place_id, Movement.to_place_id == place_id), Movement.happened_at > put_at)
        for place_id, put_at in sealed
    ]
    earliest = min(put_at for _, put_at in sealed)
    rows = session.execute(
        select(Movement.from_place_id, Movement.to_place_id).where(Movement.recorded_at > earliest, or_(*after))
    )
    ids = {place_id for place_id, _ in sealed}
    return {place_id for row in rows for place_id in row if place_id in ids}
