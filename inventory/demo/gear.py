"""The gear of one demo depot: its shelves, vehicles and kits, and what stands there."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.columns import table_of
from core.events import publish
from core.ids import new_id
from depots.models import Place, PlaceKind
from depots.places import add_places, holder_place, new_place
from inventory.catalogue.models import Item, KitLine, Tracking
from inventory.clocks.clocks import Plans
from inventory.faults.models import Defect, DefectState
from inventory.stock.events import LotsCreated
from inventory.stock.ledger import post
from inventory.stock.lines import Line, Spot, outside
from inventory.stock.lots import LotFacts, make_lot
from inventory.stock.models import Condition, Kind, Lot
from inventory.stock.rules import add_months

BAYS = (
    ("A", "消防区", "Fire", ("EXT", "HYD", "PMP", "FUE")),
    ("B", "破拆救援区", "Rescue", ("BRK", "SAR", "RPE", "DET", "BIO", "FOR")),
    ("C", "防护区", "Protection", ("PPE", "RSP", "RIO")),
    ("D", "水域三防区", "Water and flood", ("WTR", "FLD", "TRF", "LOG")),
    ("E", "通信照明区", "Radio and light", ("COM", "LGT")),
    ("F", "急救便民柜", "First aid and convenience", ("MED", "CNV")),
)
SHELVES = 3
MISSING_FROM_KITS = 0.005  # of the lines of all kits
MAKERS = ("安盾", "捷安", "南海救援", "众安消防", "恒安医疗", "深蓝")


@dataclass
class Catalogue:
    """What the demo needs of the reference, read once."""

    items: dict[UUID, Item]
    kit_lines: dict[UUID, list[KitLine]]
    batches: dict[UUID, list[Lot]]  # the city's deliveries: batches that many depots share
    bulk: dict[UUID, Lot]
    plans: Plans


@dataclass
class Shelf:
    """A depot being filled: its places and the lines that fill it."""

    session: Session
    depot_id: UUID
    number: int  # the depot's: no serial number is given twice
    rng: random.Random
    today: date
    now: datetime
    catalogue: Catalogue
    shelves: dict[str, list[Place]] = field(default_factory=dict)
    garage: Place | None = None
    lots: list[Lot] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    stocked: list[tuple[Item, Lot, Spot, Decimal]] = field(default_factory=list)
    in_kits: list[tuple[Item, Lot]] = field(default_factory=list)  # pieces that came with a kit
    position: int = 0


def fill(
    shelf: Shelf,
    wanted: dict[UUID, Decimal],
    keeper_id: UUID,
    keeper_name: str,
    before_receipt: Callable[[], None] = lambda: None,
) -> int:
    """Build the depot's places and receive its gear, around the par quantities in ``wanted``; returns the movements.

    ``before_receipt`` is called once the pieces are entered, before the book has them.
    """
    _build_places(shelf)
    vehicles_last = sorted(wanted, key=lambda item_id: shelf.catalogue.items[item_id].carries)
    for item_id in vehicles_last:
        _stock(shelf, shelf.catalogue.items[item_id], _around(shelf.rng, wanted[item_id]))
    _enter_lots(shelf)
    load = list(_load_carriers(shelf, _make_carriers(shelf)))
    _enter_lots(shelf)
    before_receipt()
    post(shelf.session, shelf.lines, keeper_id, shelf.now - timedelta(days=40))
    if load:
        post(shelf.session, load, keeper_id, shelf.now - timedelta(days=40))
    _report_faults(shelf, keeper_id)
    life = list(_live(shelf, keeper_id, keeper_name))
    for line in life:
        post(shelf.session, [line], keeper_id, line.happened_at)
    return len(shelf.lines) + len(load) + len(life)


def _build_places(shelf: Shelf) -> None:
    places: list[Place] = []

    def add(kind: PlaceKind, zh: str, en: str, parent: Place | None = None) -> Place:
        shelf.position += 10
        place = new_place(shelf.depot_id, kind, zh, en, shelf.now, parent=parent, position=shelf.position)
        places.append(place)
        return place

    store = add(PlaceKind.ROOM, "器材库", "Store")
    for letter, zh, en, categories in BAYS:
        bay = add(PlaceKind.BAY, f"{letter}柜 {zh}", f"Bay {letter} {en}", store)
        levels = [add(PlaceKind.SHELF, f"{letter}{n}层", f"Shelf {letter}{n}", bay) for n in range(1, SHELVES + 1)]
        for category in categories:
            shelf.shelves[category] = levels
    shelf.garage = add(PlaceKind.ROOM, "车位", "Vehicle bay")
    add_places(shelf.session, places, shelf.now)


def _around(rng: random.Random, par: Decimal) -> Decimal:
    """Mostly at par, sometimes under it, now and then none or some over."""
    luck = rng.random()
    if par <= 1 or luck < 0.80:
        return par if luck < 0.985 else Decimal(0)
    if luck < 0.94:
        return max(Decimal(1), (par * Decimal(rng.randint(50, 95)) / 100).quantize(Decimal(1)))
    return par + 1 if luck < 0.99 else (par / 4).quantize(Decimal(1))


def _spot_for(shelf: Shelf, item: Item) -> Place:
    if item.holds == "vehicle" and shelf.garage is not None:
        return shelf.garage
    levels = shelf.shelves.get(item.category_code) or shelf.shelves["LOG"]
    return levels[sum(map(ord, item.code)) % len(levels)]


def _stock(shelf: Shelf, item: Item, quantity: Decimal) -> None:
    if quantity <= 0:
        return
    place = _spot_for(shelf, item)
    spot = Spot(place.id, shelf.depot_id, outside=False, in_reach=True)
    if item.tracking == Tracking.SERIAL:
        for _ in range(int(quantity)):
            _receive(shelf, item, _piece(shelf, item, place.id), spot, Decimal(1))
    elif item.tracking == Tracking.BULK:
        _receive(shelf, item, shelf.catalogue.bulk[item.id], spot, quantity)
    else:
        batches = shelf.rng.sample(shelf.catalogue.batches[item.id], k=2 if quantity >= 6 else 1)
        first = (quantity * 2 / 3).quantize(Decimal(1)) if len(batches) == 2 else quantity
        for batch, part in zip(batches, (first, quantity - first), strict=False):
            if part > 0:
                _receive(shelf, item, batch, spot, part)


def _piece(shelf: Shelf, item: Item, home_id: UUID) -> Lot:
    rng = shelf.rng
    age_months = int((item.retire_age_months or 60) * rng.triangular(0.02, 1.02, 0.35))
    made_on = add_months(shelf.today, -age_months) - timedelta(days=rng.randint(0, 27))
    facts = LotFacts(
        serial=f"{shelf.number:05d}{rng.randint(0, 99_999_999) % 1000:03d}{len(shelf.lots):04d}",
        maker=rng.choice(MAKERS),
        made_on=made_on,
        made_precision="month" if item.category_code == "EXT" else "day",  # extinguishers are stamped so
    )
    lot = make_lot(item, facts, shelf.now - timedelta(days=rng.randint(40, 700)))
    lot.home_place_id = home_id
    lot.in_service_on = min(made_on + timedelta(days=60), lot.received_at.date())
    # A faulty vehicle or kit would take its load out of reach; the demo's are whole
    if rng.random() < 0.012 and not item.carries:
        lot.condition, lot.condition_note = Condition.UNFIT, "演示故障"
    shelf.lots.append(lot)
    return lot


def _receive(shelf: Shelf, item: Item, lot: Lot, spot: Spot, quantity: Decimal) -> None:
    shelf.lines.append(
        _line(shelf, Kind.RECEIVE, item, lot, quantity, source=outside(shelf.depot_id, PlaceKind.SUPPLIER), target=spot)
    )
    shelf.stocked.append((item, lot, spot, quantity))


def _line(shelf: Shelf, kind: Kind, item: Item, lot: Lot, quantity: Decimal, *, source: Spot, target: Spot) -> Line:
    return Line(
        request_id=new_id(),
        line=0,
        digest="demo",
        kind=kind,
        item_id=item.id,
        item_code=item.code,
        lot_id=lot.id,
        condition=lot.condition,
        quantity=quantity,
        source=source,
        target=target,
        happened_at=shelf.now - timedelta(days=40),
        holds=False,  # the demo makes the places of vehicles and kits where their pieces are
        controlled=item.controlled,
    )


def _enter_lots(shelf: Shelf) -> None:
    if not shelf.lots:
        return
    rows = [lot.model_dump() for lot in shelf.lots]
    shelf.session.execute(insert(table_of(Lot)), rows)
    publish(shelf.session, LotsCreated([lot.id for lot in shelf.lots], shelf.now))
    shelf.lots = []


def _make_carriers(shelf: Shelf) -> list[tuple[Item, Spot]]:
    """Make a place of every vehicle and kit; it has its piece's id."""
    carriers, places = [], []
    counts: dict[str, int] = defaultdict(int)
    for item, lot, spot, _ in shelf.stocked:
        if not item.carries:
            continue
        counts[item.code] += 1
        kind = PlaceKind.VEHICLE if item.holds == "vehicle" else PlaceKind.KIT
        parent = shelf.session.get_one(Place, spot.place_id)
        shelf.position += 10
        number = counts[item.code]
        place = new_place(
            shelf.depot_id,
            kind,
            f"{item.name_zh} {number}号"[:100],
            f"{item.name_en} no. {number}"[:100],
            shelf.now,
            parent=parent,
            position=shelf.position,
            place_id=lot.id,
        )
        places.append(place)
        carriers.append((item, Spot(lot.id, shelf.depot_id, outside=False, in_reach=True)))
    add_places(shelf.session, places, shelf.now)
    return carriers


def _load_carriers(shelf: Shelf, carriers: list[tuple[Item, Spot]]) -> Iterator[Line]:
    """Fill kits from the supplier and load vehicles from the shelves, each by its list."""
    for item, spot in carriers:
        for kit_line in shelf.catalogue.kit_lines.get(item.id, []):
            part = shelf.catalogue.items[kit_line.item_id]
            if item.holds == "vehicle":
                yield from _take_from_shelves(shelf, part, kit_line.quantity, spot)
            elif shelf.rng.random() > MISSING_FROM_KITS:
                yield from _fill_kit(shelf, part, kit_line.quantity, spot)


def _fill_kit(shelf: Shelf, part: Item, quantity: Decimal, kit: Spot) -> Iterator[Line]:
    source = outside(shelf.depot_id, PlaceKind.SUPPLIER)
    if part.tracking == Tracking.SERIAL:
        for _ in range(int(quantity)):
            piece = _piece(shelf, part, kit.place_id)
            shelf.in_kits.append((part, piece))
            yield _line(shelf, Kind.RECEIVE, part, piece, Decimal(1), source=source, target=kit)
    else:
        lot = shelf.catalogue.bulk.get(part.id) or shelf.rng.choice(shelf.catalogue.batches[part.id])
        yield _line(shelf, Kind.RECEIVE, part, lot, quantity, source=source, target=kit)


def _take_from_shelves(shelf: Shelf, part: Item, quantity: Decimal, target: Spot) -> Iterator[Line]:
    for number, (item, lot, spot, there) in enumerate(shelf.stocked):
        if item is not part or quantity <= 0 or there <= 0 or item.carries:
            continue
        taken = min(there, quantity)
        quantity -= taken
        shelf.stocked[number] = (item, lot, spot, there - taken)
        yield _line(shelf, Kind.TRANSFER, item, lot, taken, source=spot, target=target)


def _report_faults(shelf: Shelf, keeper_id: UUID) -> None:
    faults: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "depot_id": shelf.depot_id,
            "lot_id": lot.id,
            "place_id": spot.place_id,
            "state": DefectState.OPEN,
            "description": shelf.rng.choice(("压力不足", "无法启动", "外壳破损", "电池鼓包", "密封老化")),
            "contact": "",
            "person_id": keeper_id,
            "reported_at": shelf.now - timedelta(days=shelf.rng.randint(1, 20)),
            "closing_note": "",
        }
        for _, lot, spot, _ in shelf.stocked
        if lot.condition == Condition.UNFIT
    ]
    if faults:
        shelf.session.execute(insert(table_of(Defect)), faults)


def _live(shelf: Shelf, keeper_id: UUID, keeper_name: str) -> Iterator[Line]:
    """Some weeks of use: supplies used up, a piece or two still out; what two persons hand out stays."""
    rng = shelf.rng
    free = [entry for entry in shelf.stocked if not entry[0].controlled]
    used = [entry for entry in free if entry[0].consumable and entry[3] >= 4]
    lent = [
        entry
        for entry in free
        if entry[0].tracking == Tracking.SERIAL
        and entry[3] == 1
        and not entry[0].carries
        and entry[1].condition == "fit"
    ]
    hands = Spot(
        holder_place(shelf.session, shelf.depot_id, keeper_id, keeper_name, shelf.now),
        shelf.depot_id,
        outside=False,
        in_reach=False,
    )
    away = outside(shelf.depot_id, PlaceKind.CONSUMED)
    events = [(entry, Kind.CONSUME, away) for entry in rng.sample(used, k=min(3, len(used)))]
    events += [(entry, Kind.ISSUE, hands) for entry in rng.sample(lent, k=min(1, len(lent)))]
    for (item, lot, spot, _), kind, target in events:
        line = _line(shelf, kind, item, lot, Decimal(1), source=spot, target=target)
        moment = shelf.now - timedelta(days=rng.randint(0, 20), minutes=rng.randint(1, 1400))
        yield Line(**{**line.__dict__, "happened_at": moment, "entered": "1 piece"})
