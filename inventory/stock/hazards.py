"""Dangerous goods: how much of a hazard a place may hold, and what does not stand beside what (T99).

An item has one hazard at most, a storage class such as petrol, aerosol or medicine. A cap holds for a place with all
that is in it: the place's own cap, else the hazard's. What must be kept apart is apart if it stands in another place.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from depots.models import STORAGE, Place
from inventory.catalogue.models import Hazard, Item, PlaceCap
from inventory.stock.models import Stock

ZERO = Decimal(0)
Amounts = dict[UUID, dict[str, Decimal]]  # place -> hazard -> so much of it, in the hazard's own unit


@dataclass(frozen=True)
class Breach:
    """A place holds more of a hazard than its cap, or two that do not stand together (``other``)."""

    place_id: UUID
    hazard: Hazard
    quantity: Decimal
    cap: Decimal | None = None
    other: Hazard | None = None


@dataclass
class Stored:
    """The dangerous goods of some depots: what stands where, in which places, under which caps."""

    hazards: Mapping[str, Hazard]
    amounts: Amounts = field(default_factory=dict)
    around: dict[UUID, UUID | None] = field(default_factory=dict)  # place -> the place that it is in
    caps: dict[tuple[UUID, str], Decimal] = field(default_factory=dict)

    def put(self, place_id: UUID, code: str, quantity: Decimal) -> None:
        """Count so much more as standing there."""
        there = self.amounts.setdefault(place_id, {})
        there[code] = there.get(code, ZERO) + quantity

    def cap_of(self, place_id: UUID, hazard: Hazard) -> Decimal | None:
        return self.caps.get((place_id, hazard.code), hazard.cap)

    def breaches(self) -> list[Breach]:
        """Everything that should not be so: pure."""
        return [*self._over(), *self._together()]

    def breaches_by(self, place_id: UUID, code: str) -> list[Breach]:
        """What more of a hazard in a place has a part in."""
        above = set(self._up(place_id))
        return [
            one
            for one in self.breaches()
            if one.place_id in above and code in (one.hazard.code, one.other.code if one.other else "")
        ]

    def _up(self, place_id: UUID | None) -> list[UUID]:
        """A place and those around it, from the inside out."""
        found: list[UUID] = []
        while place_id is not None and place_id not in found:
            found.append(place_id)
            place_id = self.around.get(place_id)
        return found

    def _over(self) -> list[Breach]:
        inside: Amounts = defaultdict(lambda: defaultdict(Decimal))
        for place_id, of_place in self.amounts.items():
            for outer in self._up(place_id):
                for code, quantity in of_place.items():
                    inside[outer][code] += quantity
        found = [
            Breach(place_id, hazard, quantity, cap)
            for place_id, of_place in inside.items()
            for code, quantity in of_place.items()
            if (cap := self.cap_of(place_id, hazard := self.hazards[code])) is not None and quantity > cap
        ]
        # what is too much on a shelf is not reported again of the room around it, unless more of it stands there
        told = {
            (outer, one.hazard.code, one.quantity, one.cap) for one in found for outer in self._up(one.place_id)[1:]
        }
        return [one for one in found if (one.place_id, one.hazard.code, one.quantity, one.cap) not in told]

    def _together(self) -> list[Breach]:
        return [
            Breach(place_id, self.hazards[code], quantity, other=self.hazards[other])
            for place_id, of_place in self.amounts.items()
            for code, quantity in sorted(of_place.items())
            for other in sorted(of_place)
            if quantity > 0 and of_place[other] > 0 and code < other and self._apart(code, other)
        ]

    def _apart(self, code: str, other: str) -> bool:
        return other in self.hazards[code].apart.split() or code in self.hazards[other].apart.split()


def stored(session: Session, depot_ids: Collection[UUID]) -> Stored:
    """The dangerous goods on the shelves of these depots. Four queries, and one for each step upwards."""
    found = Stored({hazard.code: hazard for hazard in session.execute(select(Hazard)).scalars()})
    rows = session.execute(
        select(Stock.place_id, Item.hazard_code, Item.hazard_per, func.sum(Stock.quantity))
        .join(Item, Item.id == Stock.item_id)
        .join(Place, Place.id == Stock.place_id)
        .where(
            Stock.depot_id.in_(depot_ids),
            Stock.quantity > 0,
            Item.hazard_code.is_not(None),
            Place.kind.in_(STORAGE),
        )
        .group_by(Stock.place_id, Item.id)
    )
    for place_id, code, per, quantity in rows:
        if code is not None and code in found.hazards:
            found.put(place_id, code, quantity * (per or 1))
    read_places(session, found, set(found.amounts))
    return found


def read_places(session: Session, found: Stored, place_ids: set[UUID]) -> None:
    """Add these places, those around them, and their own caps."""
    waiting: Any = place_ids - found.around.keys()
    while waiting:
        rows = session.execute(select(Place.id, Place.parent_id).where(Place.id.in_(waiting))).all()
        found.around |= {place_id: parent_id for place_id, parent_id in rows}
        waiting = {parent_id for _, parent_id in rows if parent_id is not None} - found.around.keys()
    caps = session.execute(select(PlaceCap).where(PlaceCap.place_id.in_(found.around))).scalars()
    found.caps |= {(cap.place_id, cap.hazard_code): cap.cap for cap in caps}
