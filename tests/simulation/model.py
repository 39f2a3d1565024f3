"""The city as it should be: places, lots, balances, documents. Plain Python that knows nothing of the program.

Everything is named by a symbol ("D1/s1", "lot:17", "doc:23"), so that a story can be told again on a fresh database;
what the program calls it is learnt from its answers (``names``).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.simulation.people import DEPOTS, visible

ZERO = Decimal(0)
OUTSIDE = ("supplier", "consumed", "disposed", "lost", "found", "discrepancy", "repacked")
STANDING = (*OUTSIDE, "hold", "workshop", "transit")
STORAGE = ("shelf", "kit", "vehicle")


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


ITEMS = {
    item.code: item
    for item in (
        Item("BRK-014", "bulk"),
        Item("HYD-009", "bulk"),
        Item("FUE-001", "bulk", decimals=3),
        Item("MED-008", "lot", pack=Decimal(10), hard_stop=True, expires=True),
        Item("EXT-011", "lot", expires=True),
        Item("PPE-013", "serial"),
        Item("RIO-007", "lot", controlled=True, expires=True),
        Item("BRK-024", "serial", controlled=True),
    )
}


@dataclass
class Place:
    """Anything that holds stock."""

    key: str
    depot: str
    kind: str  # "shelf", "hold", "hands", "loan", "incident", "way", or one of OUTSIDE
    person: str = ""  # whose hands

    @property
    def outside(self) -> bool:
        return self.kind in OUTSIDE

    @property
    def in_reach(self) -> bool:
        return self.kind in STORAGE


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


@dataclass(frozen=True)
class Line:
    """So much of a lot from place to place."""

    kind: str
    lot: str
    quantity: Decimal
    source: str
    target: str


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

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self.lots: dict[str, Lot] = {}
        self.stock: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.docs: dict[str, Doc] = {}
        self.names: dict[str, str] = {}  # symbol -> the program's id
        self.symbols: dict[str, str] = {}
        self.batches: dict[tuple[Any, ...], str] = {}  # what makes two receipts the same lot
        self.secrets: dict[str, set[str]] = {}  # id or canary -> the depots where it may be known
        for depot in DEPOTS:
            for kind in STANDING:
                self.add_place(Place(f"{depot}/{kind}", depot, kind))
            for shelf in ("s1", "s2"):
                self.add_place(Place(f"{depot}/{shelf}", depot, "shelf"))
        for item in ITEMS.values():
            if item.tracking == "bulk":
                self.lots[f"bulk:{item.code}"] = Lot(f"bulk:{item.code}", item.code)

    def add_place(self, place: Place) -> None:
        self.places.setdefault(place.key, place)

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
        if lot.facts:
            self.batches[lot.facts] = lot.key

    def balance(self, place: str, lot: str) -> Decimal:
        return self.stock.get((place, lot), ZERO)

    def rows(self, lot: str | None = None, depot: str | None = None, item: str | None = None) -> list[tuple[str, str]]:
        """(place, lot) with something there, inside depots."""
        return sorted(
            (place, one)
            for (place, one), quantity in self.stock.items()
            if quantity > 0
            and not self.places[place].outside
            and (lot is None or one == lot)
            and (depot is None or self.places[place].depot == depot)
            and (item is None or self.lots[one].item == item)
        )

    def post(self, lines: list[Line]) -> None:
        """Book lines; the one way in which stock changes here."""
        for line in lines:
            self.stock[line.source, line.lot] -= line.quantity
            self.stock[line.target, line.lot] += line.quantity
            for place in (line.source, line.target):
                depot = self.places[place].depot
                self.lots[line.lot].lain.add(depot)
                if self.item_of(line.lot).tracking != "bulk":
                    self.tell_secret(self.names.get(line.lot), depot)
                self.tell_secret(self.lots[line.lot].number, depot)
            ends = {self.places[line.source].depot, self.places[line.target].depot}
            for place in (line.source, line.target):  # either side of a line reads both ends
                for depot in ends:
                    self.tell_secret(self.names.get(place), depot)

    def tell_secret(self, text: str | None, *depots: str) -> None:
        """These depots may know this id or word."""
        if text:
            self.secrets.setdefault(text, set()).update(depots)

    def in_reach(self, who: str, symbol: str) -> bool:
        """Whether a thing exists for a person at all (rule 10)."""
        seen = visible(who)
        if symbol in self.places:
            return self.places[symbol].depot in seen
        if symbol in self.docs:
            return bool({self.docs[symbol].depot, self.docs[symbol].facts.get("receiver")} & seen)
        if symbol in self.lots:
            lot = self.lots[symbol]
            return ITEMS[lot.item].tracking == "bulk" or bool(lot.lain & seen)
        return False

    def item_of(self, lot: str) -> Item:
        return ITEMS[self.lots[lot].item]

    def usable(self, lot: str, today: date) -> bool:
        """Sound, in date, and its date known."""
        row = self.lots[lot]
        if row.condition != "fit" or row.unknown:
            return False
        return row.expires is None or row.expires >= today
