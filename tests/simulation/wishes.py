"""A wish read against the model: who, when, how much, and which lots and places it names."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.simulation.model import Item, Model
from tests.simulation.people import visible
from tests.simulation.verdict import Refused

ABSENT = {404, 422}  # what is out of reach, and what was never there
OUT = ("hands", "loan", "incident")
SLACK = timedelta(minutes=5)
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")


@dataclass
class Told:
    """A wish read against the model: reasons against it are gathered, not raised, for any of them may be answered."""

    model: Model
    who: str
    wish: dict[str, Any]
    now: datetime
    today: date
    right: str = ""
    reasons: list[tuple[set[int], str]] = field(default_factory=list)
    blind: str = ""  # the field that names what does not exist
    leave: set[int] = field(default_factory=set)  # refusals that would be right as well

    def no(self, statuses: set[int] | int, why: str, blind: str = "") -> None:
        self.reasons.append(({statuses} if isinstance(statuses, int) else statuses, why))
        self.blind = self.blind or blind

    def refused(self) -> Refused | None:
        if not self.reasons:
            return None
        statuses = self.leave.union(*(statuses for statuses, _ in self.reasons))
        return Refused(
            statuses, "; ".join(why for _, why in self.reasons), self.blind if len(self.reasons) == 1 else ""
        )

    def symbol(self, name: str) -> str | None:
        text = self.wish.get(name)
        return text.removeprefix("@").removeprefix("code:") if text else None

    def place(self, name: str) -> str | None:
        """A place that is named, if it exists for this person."""
        symbol = self.symbol(name)
        if symbol is None:
            return None
        if symbol not in self.model.names:
            self.no(ABSENT, f"{name} is not in the book yet")
            return None
        place = self.model.places.get(symbol)
        if place is None or place.depot not in visible(self.who):
            self.no(ABSENT, f"{name} does not exist for {self.who}", blind=name)
            return None
        return symbol

    def mind_loan(self, place: str) -> None:
        """Nothing more goes into a loan that is over."""
        doc = self.model.docs.get(place)
        if doc is not None and doc.kind == "loan" and doc.state == "closed":
            self.no(409, "the loan is over")

    @property
    def late(self) -> bool:
        return bool(self.wish.get("late"))

    def near(self, target: str | None) -> str | None:
        """The depot of the place or call-out that it goes to, or that is named where nothing goes to one."""
        aim = self.symbol("to")
        known = aim in self.model.places and self.model.places[aim].depot in visible(self.who)
        place = target or (aim if known else None) or self.symbol("incident")
        return self.model.places[place].depot if place in self.model.places else None


def lot_named(told: Told) -> str | None:
    """The lot that a wish names by id or label, if it exists for this person."""
    symbol = told.symbol("lot") or told.symbol("label")
    if symbol is None:
        return None
    named = f"code:{symbol}" if told.wish.get("label") else symbol
    if named not in told.model.names:
        told.no(ABSENT, "the book has no such lot yet")
        return None
    if symbol not in told.model.lots or not told.model.in_reach(told.who, symbol):
        blind = "lot" if told.wish.get("lot") else "" if told.model.is_coming(told.who, symbol) else "label"
        told.no(ABSENT, f"the lot does not exist for {told.who}", blind=blind)
        return None
    return symbol


def happened(text: str | None, now: datetime) -> datetime:
    """An instant as steps name it: "@-600" is ten minutes ago."""
    return now if text is None else min(now, now + timedelta(seconds=float(text[1:])))


def amount(told: Told, item: Item, lot: str | None) -> Decimal:
    text = told.wish["quantity"]
    if not _NUMBER.fullmatch(text) or Decimal(text) == 0:
        told.no(422, "no plain number above zero")
        return Decimal(1)
    quantity = Decimal(text)
    if told.wish.get("unit") == "box":
        if item.pack is None:
            told.no(422, "no box is known")
        quantity *= item.pack or 1
    if quantity != quantity.quantize(Decimal(1).scaleb(-item.decimals)):
        told.no(422, "more decimals than the unit has")
    if item.tracking == "serial" and quantity != 1:
        told.no({409, 422} if lot is None else 422, "a single piece is one")
    return quantity
