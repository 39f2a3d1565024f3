"""What a booking must know of items, lots and places that are named to it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from depots.models import Depot, Place, PlaceKind
from inventory.catalogue.models import Item, Tracking, carries
from inventory.stock.lines import Spot
from inventory.stock.locks import read_settled
from inventory.stock.models import Condition, Expiry, Lot
from inventory.stock.reaching import in_own_hands
from people.policy import Act, Caller, reach


@dataclass(frozen=True)
class ItemFacts:
    """What a booking must know of an item."""

    item_id: UUID
    code: str
    name_zh: str
    name_en: str
    tracking: Tracking
    decimals: int
    pack_size: Decimal | None
    holds: str | None
    hard_stop: bool
    opened_counts: bool
    controlled: bool
    category: str
    hazard_code: str | None
    hazard_per: Decimal | None
    sizes: str

    @property
    def carries(self) -> bool:
        """Whether every piece is a place from the start: a vehicle or kit."""
        return carries(self.holds)


@dataclass(frozen=True)
class LotView:
    """What a booking must know of a lot."""

    lot_id: UUID
    condition: Condition
    expiry: Expiry
    usable_through: date | None
    opened_on: date | None
    received_at: datetime
    pack_size: Decimal | None
    home_place_id: UUID | None
    size: str | None
    is_place: bool  # a vehicle, kit or device with something in it: what lies in it comes along


_own: Any = aliased(Place)
ITEM_COLUMNS: tuple[Any, ...] = (
    Item.id,
    Item.code,
    Item.name_zh,
    Item.name_en,
    Item.tracking,
    Item.decimals,
    Item.pack_size,
    Item.holds,
    Item.hard_stop,
    Item.opened_counts,
    Item.controlled,
    Item.category_code,
    Item.hazard_code,
    Item.hazard_per,
    Item.sizes,
)
LOT_COLUMNS: tuple[Any, ...] = (
    Lot.id,
    Lot.condition,
    Lot.expiry,
    Lot.usable_through,
    Lot.opened_on,
    Lot.received_at,
    Lot.pack_size,
    Lot.home_place_id,
    Lot.size,
    exists().where(_own.id == Lot.id),
)
_I = len(ITEM_COLUMNS)
_around = aliased(Place)
_written = aliased(Item)
CARRIERS = frozenset({PlaceKind.VEHICLE, PlaceKind.KIT})


@dataclass(frozen=True)
class NamedPlace:
    """A place that a wish names."""

    spot: Spot
    kind: PlaceKind
    district_code: str
    person_id: UUID | None
    around: PlaceKind | None = None  # what sort of place it stands in

    @property
    def carried(self) -> bool:
        """Whether it is a vehicle or kit, or a part of one."""
        return bool({self.kind, self.around} & CARRIERS)


def named_places(session: Session, caller: Caller, place_ids: Collection[UUID]) -> dict[UUID, NamedPlace]:
    """The places with these ids that lie within the caller's reach, or are their own hands."""
    if not place_ids:
        return {}
    rows = session.execute(
        select(
            *(Place.id, Place.depot_id, Place.outside, Place.in_reach),
            *(Place.kind, Depot.district_code, Place.person_id, _around.kind),
        )
        .join(Depot, Depot.id == Place.depot_id)
        .outerjoin(_around, _around.id == Place.parent_id)
        .where(
            Place.id.in_(place_ids), or_(reach(caller, Act.SEE, Depot.id, Depot.district_code), in_own_hands(caller))
        )
    )
    return {row[0]: NamedPlace(Spot(*row[:4]), *row[4:]) for row in rows}


def item_facts(session: Session, codes: Collection[str]) -> dict[str, ItemFacts]:
    """The items that these codes mean, by code; the code of a merged line means the line that it became."""
    statement = select(*ITEM_COLUMNS, _written.code).join(
        _written, Item.id == func.coalesce(_written.merged_into_id, _written.id)
    )
    rows = session.execute(statement.where(_written.code.in_(codes)))
    return {row[-1]: ItemFacts(*row[:-1]) for row in rows}


def lot_facts(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, tuple[ItemFacts, LotView]]:
    """The lots with these ids, with their items; also lots that lie nowhere yet.

    Locked against a change of their condition until the transaction ends.
    """
    statement = (
        select(*ITEM_COLUMNS, *LOT_COLUMNS)
        .join(Lot, Lot.item_id == Item.id)
        .where(Lot.id.in_(lot_ids))
        .order_by(Lot.id)
        .with_for_update(of=Lot, read=True, key_share=True)
    )
    rows = read_settled(lambda: session.execute(statement).all(), lambda rows: len(rows) == len(set(lot_ids)))
    return {row[_I]: (ItemFacts(*row[:_I]), LotView(*row[_I:])) for row in rows}


def view_of(lot: Lot, *, is_place: bool = False) -> LotView:
    """A lot that was just made or found, as a booking looks at it."""
    return LotView(
        lot.id,
        lot.condition,
        lot.expiry,
        lot.usable_through,
        lot.opened_on,
        lot.received_at,
        lot.pack_size,
        lot.home_place_id,
        lot.size,
        is_place,
    )
