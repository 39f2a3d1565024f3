"""Rows of opening stock that were understood, and whether what they were judged by still holds as they are entered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.languages import N_
from core.quantities import write_quantity
from depots.models import Depot, DepotStatus, Place
from inventory.assets.models import AssetFact
from inventory.catalogue.models import Item, Tracking
from inventory.exchange.known import BRINGS_IN, Shelves
from inventory.exchange.preview import NEW, Preview
from inventory.exchange.stock_assets import Facts
from inventory.stock.lines import Spot
from inventory.stock.lots import LotFacts, serial_key
from inventory.stock.models import Lot, Movement, Stock
from people.policy import Caller, reach


@dataclass(frozen=True)
class Taken:
    """A row that was understood: so much of an item with these facts onto a place."""

    item: Item
    facts: LotFacts
    quantity: Decimal
    spot: Spot
    entered: str
    note: str
    asset: Facts
    row: int = 0
    where: str = ""

    @property
    def apart(self) -> bool:
        """Whether it is several pieces without serial numbers, each booked by itself."""
        return self.item.tracking == Tracking.SERIAL and not self.facts.serial

    @property
    def movements(self) -> int:
        """How many it makes."""
        return int(self.quantity) if self.apart else 1


@dataclass(frozen=True)
class Mark:
    """What is remembered of the rows of a run that stand: figures, how many asset facts, and what of which batch."""

    figures: dict[str, int]
    asset_facts: int
    batches: dict[str, Facts]


def show(session: Session, preview: Preview, taken: Sequence[Taken]) -> None:
    """What lies there now of the item, and what will after each row (X15)."""
    if not taken:
        return
    rows = session.execute(
        select(Stock.place_id, Stock.item_id, func.sum(Stock.quantity))
        .where(
            Stock.place_id.in_({one.spot.place_id for one in taken}),
            Stock.item_id.in_({one.item.id for one in taken}),
        )
        .group_by(Stock.place_id, Stock.item_id)
    )
    there = {(place_id, item_id): quantity for place_id, item_id, quantity in rows}
    for one in taken:
        key = (one.spot.place_id, one.item.id)
        before = there.get(key, Decimal(0))
        there[key] = before + one.quantity
        what = f"{one.item.code} {one.facts.serial or one.facts.number or ''} → {one.where}".replace("  ", " ")
        fields = [(N_("Quantity"), write_quantity(before), write_quantity(there[key]))]
        if one.facts.expires_on:
            fields.append((N_("Use by"), "", one.facts.expires_on.isoformat()))
        preview.show(one.row, what, NEW, fields)


def still_so(
    session: Session, caller: Caller, taken: Sequence[Taken], shelves: Mapping[UUID, Shelves], new: Collection[Place]
) -> bool:
    """Whether the depots, items and places of these rows are as they were judged, and no piece has come in since.

    The depots and items stay so until the transaction ends.
    ``shelves``: as they were read, by depot; ``new``: places to be made.
    """
    depots = {one.spot.depot_id for one in taken} & shelves.keys()
    places = {place_id: place for depot_id in depots for place_id, place in shelves[depot_id].rows.items()}
    return (
        _depots_stand(session, caller, {one.spot.depot_id for one in taken})
        and _items_stand(session, {one.item.id: one.item for one in taken})
        and _places_stand(session, taken, places, new)
        and not _came_in(session, taken)
    )


def _depots_stand(session: Session, caller: Caller, ids: Collection[UUID]) -> bool:
    within = reach(caller, BRINGS_IN, Depot.id, Depot.district_code)
    open_ones = select(Depot.id).where(Depot.id.in_(ids), Depot.status == DepotStatus.OPEN, within)
    return len(session.execute(open_ones.order_by(Depot.id).with_for_update(read=True)).all()) == len(ids)


def _items_stand(session: Session, items: Mapping[UUID, Item]) -> bool:
    table = table_of(Item)
    rows = session.execute(select(table).where(table.c.id.in_(items)).order_by(table.c.id).with_for_update(read=True))
    found = rows.mappings().all()
    return len(found) == len(items) and all(
        getattr(items[row["id"]], name) == value for row in found for name, value in row.items()
    )


def _places_stand(
    session: Session, taken: Sequence[Taken], places: Mapping[UUID, Place], new: Collection[Place]
) -> bool:
    made = {place.id for place in new}
    ids = ({one.spot.place_id for one in taken} | {place.parent_id for place in new}) & places.keys() - made
    told = (Place.id, Place.depot_id, Place.path_zh, Place.path_en, Place.in_reach, Place.retired_at)
    rows = session.execute(select(*told).where(Place.id.in_(ids))).all()
    if len(rows) != len(ids) or any(
        getattr(places[row.id], name) != value for row in rows for name, value in row._mapping.items()
    ):
        return False
    paths = Place.path_zh.in_({place.path_zh for place in new})
    there = select(Place.id).where(Place.depot_id.in_({place.depot_id for place in new}), paths)
    return not new or session.execute(there.where(Place.retired_at.is_(None)).limit(1)).first() is None


def _came_in(session: Session, taken: Sequence[Taken]) -> bool:
    """Whether a piece with one of these serial or asset numbers is on the book."""
    keys = {serial_key(one.item.id, one.facts.maker, one.facts.serial) for one in taken if one.facts.serial} - {None}
    here = select(Lot.id).join(Stock, Stock.lot_id == Lot.id).where(Lot.natural_key.in_(keys))
    if keys and session.execute(here.where(~Stock.outside, Stock.quantity > 0).limit(1)).first() is not None:
        return True
    numbers = {one.asset["number"] for one in taken if "number" in one.asset}
    borne = select(AssetFact.lot_id).where(AssetFact.number.in_(numbers)).limit(1)
    return bool(numbers) and session.execute(borne).first() is not None


def next_line(session: Session, run_id: UUID) -> int:
    """The number of a run's next movement: what was booked and taken back before keeps its own."""
    last = session.execute(select(func.max(Movement.line)).where(Movement.request_id == run_id)).scalar()
    return 0 if last is None else last + 1
