"""A decided line of a movement, as everybody who decides hands it to the ledger."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from core.ids import derived_id
from depots.models import PlaceKind
from depots.places import standing_place_id
from inventory.stock.models import Condition, Kind


@dataclass(frozen=True)
class Spot:
    """What the ledger must know of a place."""

    place_id: UUID
    depot_id: UUID
    outside: bool
    in_reach: bool


@dataclass(frozen=True)
class Line:
    """One movement, fully decided: this much of this lot from here to there."""

    request_id: UUID
    line: int
    digest: str
    kind: Kind
    item_id: UUID
    item_code: str
    lot_id: UUID
    condition: Condition
    quantity: Decimal
    source: Spot
    target: Spot
    happened_at: datetime
    holds: bool  # the piece is a vehicle or kit: what it holds comes along
    controlled: bool  # regulated gear: two people see it leave (T96)
    signed: bool = False  # two people have signed the document that moves it: no third is asked for
    late: bool = False
    reason: str = ""
    entered: str = ""
    incident_id: UUID | None = None

    @property
    def movement_id(self) -> UUID:
        """The request's own id for its first line, one derived from it for the others."""
        return self.request_id if self.line == 0 else derived_id(self.request_id, self.line)


def outside(depot_id: UUID, kind: PlaceKind) -> Spot:
    """The depot's edge to the outside world of a kind."""
    return Spot(standing_place_id(depot_id, kind), depot_id, outside=True, in_reach=False)
