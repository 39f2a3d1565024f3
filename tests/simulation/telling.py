"""An entry read against the model: who, when, and which documents and things it names."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.simulation.model import Doc, Item, Place
from tests.simulation.people import REPORT, SEE, may, visible
from tests.simulation.verdict import Refused, Unsettled, unsettled
from tests.simulation.wishes import ABSENT, OUT, Told, amount, happened


class Out(Exception):
    """Nothing more can be said about an entry: it is refused."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.why)
        self.refused = refused


@dataclass
class Entry(Told):
    """``wish`` is the entry's body."""

    lines: list[Any] = field(default_factory=list)

    @property
    def key(self) -> str:
        """The symbol of the document that this entry opens."""
        return "doc:" + self.wish["id"].removeprefix("@id:")

    @property
    def at(self) -> datetime:
        return happened(self.wish.get("happened_at"), self.now)

    def stop(self) -> Any:
        """Give up reading: something that all the rest hangs on is wrong."""
        raise Out(self.refused() or Refused(set(), ""))

    def must(self, act: str, depot: str) -> None:
        """Need a right: what one may not even look at does not exist."""
        if not may(self.who, SEE, depot):
            self.no(ABSENT, f"{depot} does not exist for {self.who}")
            self.stop()
        if not may(self.who, act, depot):
            self.no(403, f"{self.who} may not {act} at {depot}")
        if depot in self.model.closed:  # what is late, and what only carries on, may be told there all the same
            if self.late or act in (REPORT, SEE):
                self.leave.add(409)
            else:
                self.no(409, f"{depot} is closed")

    def depot(self, act: str, name: str = "depot") -> str:
        depot = self.wish[name].removeprefix("@depot:")
        self.must(act, depot)
        return depot

    def doc(self, name: str, kind: str) -> Doc:
        """A document that an entry names, if it exists for this person."""
        symbol = self.wish[name].removeprefix("@")
        doc = self.model.docs.get(symbol)
        if doc is None or doc.kind != kind or not self.model.in_reach(self.who, symbol):
            self.no(ABSENT, f"there is no such {kind} for {self.who}", blind=name)
            self.stop()
        assert doc is not None
        return doc

    def thing(self, line: dict[str, Any], name: str = "thing") -> str:
        """The lot that a line names, if it exists for this person."""
        symbol = line[name].removeprefix("@").removeprefix("code:")
        named = f"code:{symbol}" if line[name].startswith("@code:") else symbol
        if named not in self.model.names or symbol not in self.model.lots:
            self.no(ABSENT | {409}, "no such lot")
            self.stop()
        if not self.model.in_reach(self.who, symbol):
            unsettled("B1")
            blind = "" if named != symbol and self.model.is_coming(self.who, symbol) else name
            self.no(ABSENT, "the lot does not exist", blind=blind)
            self.stop()
        return symbol

    def spot(self, text: str | None, name: str) -> Place | None:
        """A place that a line names, if it exists for this person."""
        if text is None:
            return None
        symbol = text.removeprefix("@").removeprefix("code:")
        place = self.model.places.get(symbol)
        if place is None or symbol not in self.model.names or place.depot not in visible(self.who):
            self.no(ABSENT | {409}, f"{name} does not exist for {self.who}", blind=name)
            self.stop()
        assert place is not None
        return place

    def number(self, text: str, item: Item, zero: bool = False) -> Decimal:
        """A quantity in base units."""
        if zero and text == "0":
            return Decimal(0)
        told = Told(self.model, self.who, {"quantity": text}, self.now, self.today)
        quantity = amount(told, Item(item.code, "lot", item.decimals), None)
        for statuses, why in told.reasons:
            self.no(statuses, why)
        return quantity

    def open_doc(self, kind: str, depot: str, place: str = "", **facts: Any) -> Doc:
        """A new document, and the place that it is; entered when the entry is booked."""
        doc = Doc(self.key, kind, depot, self.who, at=self.at, facts=facts)
        if place:
            doc.facts["place"] = Place(self.key, depot, place)
        return doc

    def enter(self, doc: Doc) -> None:
        """The document is in the book from now on."""
        self.model.docs[doc.key] = doc
        place = doc.facts.get("place")
        name = self.model.ids(doc.key)
        self.model.learn(doc.key, name)
        if doc.depot:  # a recall is told to the whole city
            self.model.tell_secret(name, doc.depot, doc.facts.get("receiver", doc.depot))
        if place:
            self.model.add_place(place)

    def open_task(self, depot: str, lot: str) -> None:
        """A fault under an id that the program makes: nobody names it here, and it stands against the gear."""
        key = f"{self.key} task"
        self.model.docs[key] = Doc(key, "task", depot, self.who, at=self.at, facts={"lot": lot})
        self.model.faults.setdefault(lot, set()).add(key)

    def seen_since(self, lot: str) -> str | None:
        """Of what is told late: the depot where somebody has seen a single piece since."""
        return self.model.seen_since(lot, self.at) if self.late else None

    def controlled_serial_gap(self, lot: str, short: bool) -> None:
        """A single piece that is not where a late fact takes it from."""
        if short and self.late and self.model.item_of(lot).tracking == "serial" and self.model.rows(lot):
            raise Unsettled("inexact")  # it comes from where the book has it, or not at all


__all__ = ["ABSENT", "OUT", "Entry", "Out"]
