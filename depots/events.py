"""Events that the depots room publishes to the rooms above it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class DepotsCreated:
    """New depots stand in the book."""

    depot_ids: list[UUID]
    at: datetime


@dataclass(frozen=True)
class PlaceCodesAsked:
    """Which label is on each of these places is asked: whoever has labels enters the codes."""

    place_ids: set[UUID]
    codes: dict[UUID, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PlacesCreated:
    """New places inside depots, without the outside ones, which nobody can put a label on."""

    place_ids: list[UUID]
    at: datetime


@dataclass(frozen=True)
class DepotsChanged:
    """Facts of depots are others: names, type, specialties, district."""

    depot_ids: list[UUID]
    at: datetime
