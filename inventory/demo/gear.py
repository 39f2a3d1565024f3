"""The gear of one demo depot: its shelves, vehicles and kits, and what stands there."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.ids import new_id
from depots.models import PlaceKind
from depots.places import Around, holder_place_id, place_row
from inventory.catalogue.models import Item, KitLine, Tracking
from inventory.clocks.clocks import Made, Plans
from inventory.faults.models import DefectState
from inventory.stock.lines import Line, Spot, outside
from inventory.stock.lots import LotFacts, lot_row
from inventory.stock.models import Condition, Kind
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
GARAGE = ""  # where vehicles stand, among the shelves by category
RECEIVED = timedelta(days=40)  # before the demo begins
MISSING_FROM_KITS = 0.005  # of the lines of all kits
MAKERS = ("安盾", "捷安", "南海救援", "众安消防", "恒安医疗", "深蓝")


@dataclass(frozen=True)
class Piece:
    """What the demo must know of a lot that it has entered."""

    id: UUID
    condition: Condition
    mark: str  # its serial or lot number
    home_place_id: UUID | None
    made: Made


@dataclass
class Catalogue:
    """What the demo needs of the reference, read once."""

    items: dict[UUID, Item]
    kit_lines: dict[UUID, list[KitLine]]
    batches: dict[UUID, list[Piece]]  # the city's deliveries: batches that many depots share
    bulk: dict[UUID, Piece]
    plans: Plans


@dataclass
class Shelf:
    """A depot being filled: its places and the lines that fill it."""

    depot_id: UUID
    type_code: str
    number: int  # the depot's: no serial number is given twice
    rng: random.Random
    today: date
    now: datetime
    catalogue: Catalogue
    shelves: dict[str, list[Around]] = field(default_factory=dict)
    places: list[dict[str, Any]] = field(default_factory=list)  # to be entered, as are the lots
    lots: list[dict[str, Any]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    load: list[Line] = field(default_factory=list)
    stocked: list[tuple[Item, Piece, Spot, Decimal]] = field(default_factory=list)
    in_kits: list[tuple[Item, Piece]] = field(default_factory=list)  # pieces that came with a kit
    around: dict[UUID, Around] = field(default_factory=dict)
    position: int = 0

    def __post_init__(self) -> None:
        self.received_at = self.now - RECEIVED
        self.supplier = outside(self.depot_id, PlaceKind.SUPPLIER)


def build_places(shelf: Shelf) -> None:
    def add(kind: PlaceKind, zh: str, en: str, parent: Around | None = None) -> Around:
        return _add_place(shelf, kind, (zh, en), parent)

    store = add(PlaceKind.ROOM, "器材库", "Store")
    for letter, zh, en, categories in BAYS:
        bay = add(PlaceKind.BAY, f"{letter}柜 {zh}", f"Bay {letter} {en}", store)
        levels = [add(PlaceKind.SHELF, f"{letter}{n}层", f"Shelf {letter}{n}", bay) for n in range(1, SHELVES + 1)]
        for category in categories:
            shelf.shelves[category] = levels
    shelf.shelves[GARAGE] = [add(PlaceKind.ROOM, "车位", "Vehicle bay")]


def _add_place(
    shelf: Shelf, kind: PlaceKind, names: tuple[str, str], parent: Around | None, place_id: UUID | None = None
) -> Around:
    shelf.position += 10
    row = place_row(shelf.depot_id, kind, *names, shelf.now, parent=parent, position=shelf.position, place_id=place_id)
    shelf.places.append(row)
    place = Around(row["id"], row["path_zh"], row["path_en"])
    shelf.around[place.id] = place
    return place


def around(rng: random.Random, par: Decimal) -> Decimal:
    """Mostly at par, sometimes under it, now and then none or some over."""
    luck = rng.random()
    if par <= 1 or luck < 0.80:
        return par if luck < 0.985 else Decimal(0)
    if luck < 0.94:
        return max(Decimal(1), (par * Decimal(rng.randint(50, 95)) / 100).quantize(Decimal(1)))
    return par + 1 if luck < 0.99 else (par / 4).quantize(Decimal(1))


def _spot_for(shelf: Shelf, item: Item) -> Around:
    if item.holds == "vehicle":
        return shelf.shelves[GARAGE][0]
    levels = shelf.shelves.get(item.category_code) or shelf.shelves["LOG"]
    return levels[sum(map(ord, item.code)) % len(levels)]


def stock(shelf: Shelf, item: Item, quantity: Decimal) -> None:
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


def _piece(shelf: Shelf, item: Item, home_id: UUID) -> Piece:
    rng = shelf.rng
    age_months = int((item.retire_age_months or 60) * rng.triangular(0.02, 1.02, 0.35))
    made_on = add_months(shelf.today, -age_months) - timedelta(days=rng.randint(0, 27))
    facts = LotFacts(
        serial=f"{shelf.number:05d}{rng.randint(0, 99_999_999) % 1000:03d}{len(shelf.lots):04d}",
        maker=rng.choice(MAKERS),
        made_on=made_on,
        made_precision="month" if item.category_code == "EXT" else "day",  # extinguishers are stamped so
    )
    row = lot_row(item, facts, shelf.now - timedelta(days=rng.randint(40, 700)))
    row["home_place_id"] = home_id
    row["in_service_on"] = in_service = min(made_on + timedelta(days=60), row["received_at"].date())
    condition = Condition.FIT
    # A faulty vehicle or kit would take its load out of reach; the demo's are whole
    if rng.random() < 0.012 and not item.carries:
        condition = Condition.UNFIT
        row |= {"condition": condition, "condition_note": "演示故障"}
    shelf.lots.append(row)
    return Piece(row["id"], condition, row["serial"], home_id, Made(made_on, facts.made_precision, in_service))


def _receive(shelf: Shelf, item: Item, lot: Piece, spot: Spot, quantity: Decimal) -> None:
    shelf.lines.append(_line(shelf, Kind.RECEIVE, item, lot, quantity, source=shelf.supplier, target=spot))
    shelf.stocked.append((item, lot, spot, quantity))


def _line(shelf: Shelf, kind: Kind, item: Item, lot: Piece, quantity: Decimal, *, source: Spot, target: Spot) -> Line:
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
        happened_at=shelf.received_at,
        holds=False,  # the demo makes the places of vehicles and kits where their pieces are
        controlled=item.controlled,
    )


def make_carriers(shelf: Shelf) -> list[tuple[Item, Spot]]:
    """Make a place of every vehicle and kit; it has its piece's id."""
    carriers = []
    counts: dict[str, int] = defaultdict(int)
    for item, lot, spot, _ in shelf.stocked:
        if not item.carries:
            continue
        counts[item.code] += 1
        kind = PlaceKind.VEHICLE if item.holds == "vehicle" else PlaceKind.KIT
        number = counts[item.code]
        names = (f"{item.name_zh} {number}号"[:100], f"{item.name_en} no. {number}"[:100])
        _add_place(shelf, kind, names, shelf.around[spot.place_id], lot.id)
        carriers.append((item, Spot(lot.id, shelf.depot_id, outside=False, in_reach=True)))
    return carriers


def load_carriers(shelf: Shelf, carriers: list[tuple[Item, Spot]]) -> Iterator[Line]:
    """Fill kits from the supplier and load vehicles from the shelves, each by its list."""
    for item, spot in carriers:
        for kit_line in shelf.catalogue.kit_lines.get(item.id, []):
            part = shelf.catalogue.items[kit_line.item_id]
            if item.holds == "vehicle":
                yield from _take_from_shelves(shelf, part, kit_line.quantity, spot)
            elif shelf.rng.random() > MISSING_FROM_KITS:
                yield from _fill_kit(shelf, part, kit_line.quantity, spot)


def _fill_kit(shelf: Shelf, part: Item, quantity: Decimal, kit: Spot) -> Iterator[Line]:
    if part.tracking == Tracking.SERIAL:
        for _ in range(int(quantity)):
            piece = _piece(shelf, part, kit.place_id)
            shelf.in_kits.append((part, piece))
            yield _line(shelf, Kind.RECEIVE, part, piece, Decimal(1), source=shelf.supplier, target=kit)
    else:
        lot = shelf.catalogue.bulk.get(part.id) or shelf.rng.choice(shelf.catalogue.batches[part.id])
        yield _line(shelf, Kind.RECEIVE, part, lot, quantity, source=shelf.supplier, target=kit)


def _take_from_shelves(shelf: Shelf, part: Item, quantity: Decimal, target: Spot) -> Iterator[Line]:
    for number, (item, lot, spot, there) in enumerate(shelf.stocked):
        if item is not part or quantity <= 0 or there <= 0 or item.carries:
            continue
        taken = min(there, quantity)
        quantity -= taken
        shelf.stocked[number] = (item, lot, spot, there - taken)
        yield _line(shelf, Kind.TRANSFER, item, lot, taken, source=spot, target=target)


def faults(shelf: Shelf, keeper_id: UUID) -> list[dict[str, Any]]:
    return [
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


def live(shelf: Shelf, keeper_id: UUID) -> Iterator[Line]:
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
    hands = Spot(holder_place_id(shelf.depot_id, keeper_id), shelf.depot_id, outside=False, in_reach=False)
    away = outside(shelf.depot_id, PlaceKind.CONSUMED)
    events = [(entry, Kind.CONSUME, away) for entry in rng.sample(used, k=min(3, len(used)))]
    events += [(entry, Kind.ISSUE, hands) for entry in rng.sample(lent, k=min(1, len(lent)))]
    for (item, lot, spot, _), kind, target in events:
        line = _line(shelf, kind, item, lot, Decimal(1), source=spot, target=target)
        moment = shelf.now - timedelta(days=rng.randint(0, 20), minutes=rng.randint(1, 1400))
        yield Line(**{**line.__dict__, "happened_at": moment, "entered": "1 piece"})
