"""Events that the inventory publishes to the rooms above it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True)
class CodesAsked:
    """Which label is on each of these lots is asked: whoever has labels enters the codes."""

    lot_ids: set[UUID]
    codes: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LotsCreated:
    """New lots (batches or single pieces) stand in the book."""

    lot_ids: list[UUID]
    at: datetime


@dataclass(frozen=True)
class DatesRead:
    """The dates of lots at these depots are others now."""

    depot_ids: list[UUID]
    today: date
    at: datetime


@dataclass(frozen=True)
class DrawnForIncident:
    """Gear was taken for a call-out."""

    incident_id: UUID


@dataclass(frozen=True)
class PutWithBorrower:
    """A movement puts gear into a place that is somebody's without being a colleague's hands: a loan."""

    place_id: UUID


@dataclass(frozen=True)
class LeftReach:
    """Movements take gear from places out of reach: hands, loans, call-outs, kits that are out."""

    place_ids: set[UUID]
    at: datetime


@dataclass(frozen=True)
class DiscrepancyBooked:
    """A late fact took more than the book had: the shelf wants a recount."""

    depot_id: UUID
    item_id: UUID
    lot_id: UUID
    quantity: Decimal
    at: datetime


@dataclass(frozen=True)
class TimeDoubted:
    """A fact was booked at a time that cannot be right: before the thing had come, or years ago."""

    depot_id: UUID
    item_id: UUID
    lot_id: UUID
    happened_at: datetime
    at: datetime


@dataclass(frozen=True)
class GearCalledBack:
    """A recall concerns these depots: somebody there must act at once (T72)."""

    recall_id: UUID
    depot_ids: list[UUID]
    at: datetime


@dataclass(frozen=True)
class EntryRefused:
    """A late fact could not be booked: somebody must look at what was reported."""

    entry_id: UUID
    depot_id: UUID
    why_zh: str
    why_en: str
    lines: list[tuple[str, str]]  # what it says (zh, en), all of it
    at: datetime


@dataclass(frozen=True)
class DepotClosed:
    """A depot is closed: nobody is to be notified of anything there any more (T91)."""

    depot_id: UUID
    at: datetime


@dataclass(frozen=True)
class UnwitnessedIssue:
    """A late fact took controlled gear without a second person: somebody else must look into it (T96)."""

    movement_id: UUID
    depot_id: UUID
    item_id: UUID
    lot_id: UUID
    quantity: Decimal
    person_id: UUID
    person: str
    at: datetime


@dataclass(frozen=True)
class ItemMerged:
    """A line of the catalogue became another one: what names it by its id or code follows."""

    item_id: UUID
    code: str
    into_id: UUID
    into_code: str
    at: datetime
