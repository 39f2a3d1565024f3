"""The city as it should be: places, lots, balances, documents. Plain Python that knows nothing of the program.

Everything is named by a symbol ("D1/s1", "lot:17", "doc:23"), so that a story can be told again on a fresh database;
what the program calls it is learnt from its answers (``names``).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from tests.simulation.people import DEPOTS, visible
from tests.simulation.shelves import ZERO as ZERO
from tests.simulation.shelves import Balances

ZONE = ZoneInfo("Asia/Shanghai")
SPACE = UUID("6f1c7a52-3a8e-4e52-9b7e-0d7a3f0c5a11")


def canary(word: str) -> str:
    """A word that stands nowhere else: seen where it may not be, it shows what leaked."""
    return f"zq{uuid5(SPACE, word).hex[:12]}qz"


OUTSIDE = ("supplier", "consumed", "disposed", "lost", "found", "discrepancy", "repacked")
STANDING = (*OUTSIDE, "hold", "workshop", "transit")
STORAGE = ("shelf", "kit", "vehicle")
CARRIERS = ("kit", "vehicle")


@dataclass(frozen=True)
class Item:
    """A line of the catalogue, as the reference data has it."""

    code: str
    tracking: str  # "bulk", "lot", "serial"
    decimals: int = 0
    pack: Decimal | None = None
    controlled: bool = False
    hard_stop: bool = False
    expires: bool = False
    opened_life: int | None = None
    holds: str = ""  # "kit" or "vehicle": each piece is a place too; "device": once something is in it
    sizes: tuple[str, ...] = ()


ITEMS = {
    item.code: item
    for item in (
        Item("BRK-014", "bulk"),
        Item("HYD-009", "bulk"),
        Item("FLD-008", "bulk", decimals=3),
        Item("MED-008", "lot", pack=Decimal(10), hard_stop=True, expires=True),
        Item("EXT-011", "lot", expires=True),
        Item("PPE-013", "serial"),
        Item("RIO-007", "lot", controlled=True, expires=True),
        Item("BRK-024", "serial", controlled=True),
        Item("MED-002", "serial", holds="kit"),
        Item("VEH-001", "serial", holds="vehicle"),
        Item("COM-001", "serial", holds="device"),
        Item("PPE-006", "serial", sizes=("S", "M", "L", "XL", "XXL")),
    )
}
# What belongs into a kit, vehicle or device: the city's own lists, as the ground enters them
PARTS = {
    "MED-002": {"MED-008": Decimal(2), "BRK-014": Decimal(1)},
    "VEH-001": {"MED-002": Decimal(1), "FLD-008": Decimal(2)},
    "COM-001": {"PPE-013": Decimal(1)},
}


@dataclass
class Place:
    """Anything that holds stock."""

    key: str
    depot: str
    kind: str  # "shelf", "hold", "hands", "loan", "incident", "way", or one of OUTSIDE
    person: str = ""  # whose hands
    at_hand: Callable[[], bool] = field(default=lambda: False, compare=False)  # of a carrier: whether it is in reach

    @property
    def outside(self) -> bool:
        return self.kind in OUTSIDE

    @property
    def stores(self) -> bool:
        return self.kind in STORAGE

    @property
    def in_reach(self) -> bool:
        return self.kind == "shelf" or (self.kind in CARRIERS and self.at_hand())


@dataclass
class Lot:
    """A batch, a single piece, or the one lot of a bulk item."""

    key: str
    item: str
    number: str = ""
    expires: date | None = None
    unknown: bool = False  # the date should be there and cannot be read
    condition: str = "fit"
    order: int = 0  # in which order lots entered the book
    facts: tuple[Any, ...] = ()  # what makes two receipts the same lot
    lain: set[str] = field(default_factory=set)  # the depots where it has ever had a balance
    size: str = ""
    due: date | None = None  # a check that blocks its use, by the papers
    shift: date | None = None  # the day on which it came: of a vehicle, each shift looks at it
    read: list[datetime] = field(default_factory=list)  # when somebody has read its dates


@dataclass
class Seal:
    """A numbered seal on a kit or vehicle."""

    number: str
    put: datetime
    broken: datetime | None = None


@dataclass(frozen=True)
class Line:
    """So much of a lot from place to place."""

    kind: str
    lot: str
    quantity: Decimal
    source: str
    target: str
    at: datetime | None = field(default=None, compare=False)  # when it happened


@dataclass
class Doc:
    """A document made of movements: loan, incident, transfer, count, hand-out, fault. It has its entry's id."""

    key: str
    kind: str
    depot: str
    by: str
    state: str = "open"
    at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


class Model:
    """The whole book, and what has been learnt of the program's names for it."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.places: dict[str, Place] = {}
        self.lots: dict[str, Lot] = {}
        self.stock = Balances()
        self.docs: dict[str, Doc] = {}
        self.names: dict[str, str] = {}  # symbol -> the program's id
        self.symbols: dict[str, str] = {}
        self.batches: dict[tuple[Any, ...], str] = {}  # what makes two receipts the same lot
        self.faults: dict[str, set[str]] = {}  # lot -> what is open against it
        self.used: dict[str, dict[str, Decimal]] = {}  # call-out -> item -> how much did not come back
        self.closed: set[str] = set()  # depots
        self.history: list[Line] = []
        self.counted: dict[tuple[str, str], list[tuple[datetime, Decimal]]] = {}  # closed counts: when, how much short
        self.stands: dict[str, str] = {}  # a vehicle or kit -> the place where it is
        self.corrections: set[int] = set()  # lines by which a count corrected the book: nothing moved then
        self.meters: dict[tuple[str, str], Decimal] = {}
        self.seals: dict[str, list[Seal]] = {}
        self.seen: dict[str, list[tuple[datetime, int, str, str]]] = {}  # lot -> when somebody saw it, and where
        self.secrets: dict[str, set[str]] = {}  # id or canary -> the depots where it may be known
        self.typed: dict[str, set[str]] = {}  # what late entries named -> the depots of who typed it
        for depot in DEPOTS:
            for kind in STANDING:
                self.add_place(Place(f"{depot}/{kind}", depot, kind))
            for shelf in ("s1", "s2"):
                self.add_place(Place(f"{depot}/{shelf}", depot, "shelf"))
        for item in ITEMS.values():
            if item.tracking == "bulk":
                self.lots[f"bulk:{item.code}"] = Lot(f"bulk:{item.code}", item.code)

    def ids(self, symbol: str) -> str:
        """The id that an act or document has: the device names it."""
        return str(uuid5(SPACE, f"{self.seed}/{symbol.split(':')[1]}"))

    def word(self, text: str) -> str:
        """A word as it is sent."""
        return canary(f"{self.seed}/{text[1:]}") if text.startswith("@canary:") else text

    def add_place(self, place: Place) -> None:
        self.places.setdefault(place.key, place)

    def add_carrier(self, lot: str, depot: str, kind: str) -> None:
        """A vehicle, kit or device is a place under its own name."""
        self.add_place(Place(lot, depot, kind, at_hand=lambda: self._carrier_in_reach(lot)))

    def _carrier_in_reach(self, lot: str) -> bool:
        where = self.stands.get(lot)
        return where is not None and self.lots[lot].condition == "fit" and self.places[where].in_reach

    def ground(self, place: str) -> str:
        """Where a place lies in the end: a kit is where its piece is."""
        while place in self.stands:
            place = self.stands[place]
        return place

    def sent_off(self, place: str, at: datetime) -> bool:
        """Whether a place is on the way to another depot, or in a vehicle or kit that was on it by then."""
        ground = self.ground(place)
        if place == ground or self.places[ground].kind != "way":
            return self.places[place].kind == "way"
        while self.stands[place] != ground:
            place = self.stands[place]
        onto = [line for line in self.history if line.lot == place and line.target == ground]
        return any(line.at is not None and line.at <= at for line in onto)

    def within(self, carrier: str, place: str) -> bool:
        """Whether a place is a carrier, or lies in it."""
        while place != carrier:
            if place not in self.stands:
                return False
            place = self.stands[place]
        return True

    def load(self, carrier: str) -> list[tuple[str, str]]:
        """What is in a vehicle or kit, and in what lies in it."""
        if carrier not in self.places or carrier not in self.lots:
            return []
        return [row for row in self.rows() if self.within(carrier, row[0])]

    def _carry(self, carrier: str, target: str | None) -> None:
        """A vehicle or kit has moved: what is in it has come along."""
        if target is None:
            self.stands.pop(carrier, None)
            return
        self.stands[carrier] = target
        depot = self.places[target].depot
        for place in [carrier, *(one for one in self.stands if self.within(carrier, one))]:
            self.places[place].depot = depot
        for _, lot in self.load(carrier):
            self.lots[lot].lain.add(depot)
            self.share_lot(lot, depot)

    def hands(self, depot: str, who: str) -> str:
        """The place that is a person's hands for gear of a depot."""
        key = f"{depot}/hands/{who}"
        self.add_place(Place(key, depot, "hands", who))
        return key

    def learn(self, symbol: str, name: str) -> None:
        """The program calls this so."""
        self.names[symbol] = name
        self.symbols[name] = symbol

    def add_lot(self, lot: Lot) -> None:
        self.lots[lot.key] = lot
        if ITEMS[lot.item].holds in CARRIERS:
            self.add_carrier(lot.key, "", ITEMS[lot.item].holds)
        if lot.facts:
            self.batches[lot.facts] = lot.key

    def balance(self, place: str, lot: str) -> Decimal:
        return self.stock.get((place, lot), ZERO)

    def rows(self, lot: str | None = None, depot: str | None = None, item: str | None = None) -> list[tuple[str, str]]:
        """(place, lot) with something there, inside depots."""
        return sorted(
            (place, one)
            for place, one in self.stock.filled(lot)
            if not self.places[place].outside
            and (depot is None or self.places[place].depot == depot)
            and (item is None or self.lots[one].item == item)
        )

    def post(self, lines: list[Line]) -> None:
        """Book lines; the one way in which stock changes here."""
        self.history += lines
        for line in lines:
            self._see(line)
            self.stock[line.source, line.lot] -= line.quantity
            self.stock[line.target, line.lot] += line.quantity
        for line in lines:
            if self.places[line.source].kind == "incident" and line.target.endswith(("consumed", "lost", "disposed")):
                used, item = self.used.setdefault(line.source, {}), self.lots[line.lot].item
                used[item] = used.get(item, ZERO) + line.quantity
            self._begin_shifts(line)
            loan = self.docs.get(line.source)
            if (
                loan is not None
                and loan.kind == "loan"
                and not any(place == line.source for place, _ in self.stock.filled())
            ):
                loan.state = "closed"  # whatever took the last of it
            for place in (line.source, line.target):
                depot = self.places[place].depot
                self.lots[line.lot].lain.add(depot)
                self.share_lot(line.lot, depot)
            if line.lot in self.places:
                self._carry(line.lot, self._lies(line.lot))
            ends = {self.places[line.source].depot, self.places[line.target].depot}
            for place in (line.source, line.target):  # either side of a line reads both ends
                self.tell_secret(self.names.get(place), *ends)
                self.tell_secret(canary(f"shelf {place.replace('/', ' ')}"), *ends)

    def _lies(self, lot: str) -> str | None:
        """Where a single piece is by now: lines of one moment have no order of their own in the book."""
        inside = [place for place, _ in self.stock.filled(lot) if not self.places[place].outside]
        return inside[0] if inside else None

    def _see(self, line: Line) -> None:
        """Who moves something out of a place has it before them; who misses it there has not."""
        source, target = self.places[line.source], self.places[line.target]
        corrected = line.kind == "adjust" and not target.outside
        if line.at and not (source.outside or corrected or target.kind in ("lost", "discrepancy")):
            self.seen.setdefault(line.lot, []).append((line.at, 0, source.depot, source.key))

    def seen_since(self, lot: str, at: datetime) -> str | None:
        """The depot where a single piece was seen first after this; None where nothing later is known of it."""
        later = self.lay_until_seen(lot, at)
        return later[0][0] if later else None

    def lay_until_seen(self, lot: str, at: datetime) -> list[tuple[str, str]]:
        """Where a single piece lay until it was seen first after this: depot and place, several of one moment.

        What a count moves lay where it was moved from.
        """
        later = [one for one in self.seen.get(lot, ()) if one[0] > at]
        if not later or self.item_of(lot).tracking != "serial":
            return []
        first = min(later)[:2]
        return sorted({(depot, place) for *turn, depot, place in later if tuple(turn) == first})

    def _begin_shifts(self, line: Line) -> None:
        """A vehicle is looked at from the day on which it came, wherever it goes after that."""
        lot = self.lots[line.lot]
        if lot.item == "VEH-001" and line.at and not self.places[line.target].outside:
            day = line.at.astimezone(ZONE).date()
            lot.shift = min(day, lot.shift or day)

    def tell_secret(self, text: str | None, *depots: str) -> None:
        """These depots may know this id or word."""
        if text:
            self.secrets.setdefault(text, set()).update(depots)

    def share_lot(self, lot: str, depot: str) -> None:
        """A depot may know a batch or piece; that a bulk item has its one lot everybody knows."""
        if self.item_of(lot).tracking != "bulk":
            self.tell_secret(self.names.get(lot), depot)
            self.tell_secret(self.lots[lot].number, depot)

    def in_reach(self, who: str, symbol: str) -> bool:
        """Whether a thing exists for a person at all (rule 10)."""
        seen = visible(who)
        if symbol in self.docs:
            return bool({self.docs[symbol].depot, self.docs[symbol].facts.get("receiver")} & seen)
        if symbol in self.lots:
            return bool(self.lots[symbol].lain & seen)
        return symbol in self.places and self.places[symbol].depot in seen

    def is_coming(self, who: str, lot: str) -> bool:
        """Whether it is or was on the way to a depot of theirs: the code on it is known there, to be received by."""
        seen = visible(who)
        sent = (doc.facts["receiver"] for doc in self.docs.values() if lot in doc.facts.get("sent", ()))
        return bool(self.secrets.get(self.names.get(lot, ""), set()) & seen) or any(depot in seen for depot in sent)

    def item_of(self, lot: str) -> Item:
        return ITEMS[self.lots[lot].item]

    def usable(self, lot: str, today: date) -> bool:
        """Sound, in date, and its date known; checked in time; a kit complete."""
        return self.sound(lot, today) and (self.lots[lot].item == "VEH-001" or self.complete(lot, today))

    def sound(self, lot: str, today: date) -> bool:
        """Whether it serves, whatever it holds."""
        row = self.lots[lot]
        overdue = any(day is not None and day < today for day in (row.due, row.shift))
        if row.condition != "fit" or row.unknown or overdue:
            return False
        return row.expires is None or row.expires >= today

    def complete(self, lot: str, today: date) -> bool:
        """Whether all of its list is in it, sound; of a device nobody asks until something was put into it."""
        return lot not in self.places or not self.short(lot, today)

    def short(self, lot: str, today: date) -> dict[str, Decimal]:
        """What of its list lacks in a vehicle or kit."""
        lacks = {}
        for item, wanted in PARTS[self.lots[lot].item].items():
            inside = [one for place, one in self.rows(item=item) if place == lot and self.sound(one, today)]
            there = sum((self.balance(lot, one) for one in inside), ZERO)
            if there < wanted:
                lacks[item] = wanted - there
        return lacks
