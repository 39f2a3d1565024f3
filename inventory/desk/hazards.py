"""Dangerous goods at a depot: their classes, the caps of its places, and what should not be as it is (T99)."""

from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import bad_field, not_found
from core.languages import N_
from core.quantities import read_amount, write_quantity
from depots.models import Depot, Place
from depots.places import visible_depot
from inventory.catalogue.models import Hazard, PlaceCap
from inventory.stock.hazards import Breach, stored
from people.policy import Act, Caller, require_at


class HazardRow(msgspec.Struct, frozen=True):
    """A storage class of dangerous goods. ``apart``: the classes that do not stand beside it."""

    code: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    cap: str | None
    apart: list[str]
    disposal_zh: str
    disposal_en: str
    warns: bool  # it endangers people: labels and doors bear a warning sign


class BreachRow(msgspec.Struct, frozen=True):
    """A place holds more of a hazard than its cap, or two hazards that do not stand together (``other``)."""

    kind: Literal["over_cap", "together"]
    place: UUID
    place_zh: str
    place_en: str
    hazard: str
    hazard_zh: str
    hazard_en: str
    unit_zh: str
    unit_en: str
    quantity: str
    cap: str | None
    other: str | None
    other_zh: str
    other_en: str


class CapRow(msgspec.Struct, frozen=True):
    """How much of a hazard a place may hold, where that is its own cap."""

    place: UUID
    place_zh: str
    place_en: str
    hazard: str
    cap: str


class Dangerous(msgspec.Struct, frozen=True):
    """The dangerous goods of a depot."""

    depot: str
    depot_zh: str
    depot_en: str
    hazards: list[HazardRow]
    caps: list[CapRow]
    breaches: list[BreachRow]


def hazards(session: Session) -> list[HazardRow]:
    """Every storage class, by code."""
    rows = session.execute(select(Hazard).order_by(Hazard.code)).scalars()
    return [
        HazardRow(
            row.code,
            row.name_zh,
            row.name_en,
            row.unit_zh,
            row.unit_en,
            None if row.cap is None else write_quantity(row.cap),
            row.apart.split(),
            row.disposal_zh,
            row.disposal_en,
            row.warns,
        )
        for row in rows
    ]


def dangerous(session: Session, caller: Caller, code: str) -> Dangerous:
    """A depot's breaches and caps, with all classes."""
    depot = visible_depot(session, caller, code)
    caps = session.execute(
        select(PlaceCap, Place)
        .join(Place, Place.id == PlaceCap.place_id)
        .where(Place.depot_id == depot.id)
        .order_by(Place.position, PlaceCap.hazard_code)
    )
    return Dangerous(
        depot.code,
        depot.name_zh,
        depot.name_en,
        hazards(session),
        [CapRow(p.id, p.path_zh, p.path_en, cap.hazard_code, write_quantity(cap.cap)) for cap, p in caps],
        breaches(session, depot.id),
    )


def breaches(session: Session, depot_id: UUID, place_id: UUID | None = None) -> list[BreachRow]:
    """What should not be as it is at a depot, or in one place of it."""
    found = [one for one in stored(session, [depot_id]).breaches() if place_id in (None, one.place_id)]
    if not found:
        return []
    ids = {one.place_id for one in found}
    places = {place.id: place for place in session.execute(select(Place).where(Place.id.in_(ids))).scalars()}
    rows = [_row(one, places[one.place_id]) for one in found]
    return sorted(rows, key=lambda row: (row.place_zh, row.kind, row.hazard))


def _row(one: Breach, place: Place) -> BreachRow:
    hazard, other = one.hazard, one.other
    return BreachRow(
        "together" if other else "over_cap",
        place.id,
        place.path_zh,
        place.path_en,
        hazard.code,
        hazard.name_zh,
        hazard.name_en,
        hazard.unit_zh,
        hazard.unit_en,
        write_quantity(one.quantity),
        None if one.cap is None else write_quantity(one.cap),
        other.code if other else None,
        other.name_zh if other else "",
        other.name_en if other else "",
    )


def set_cap(session: Session, caller: Caller, place_id: UUID, hazard: str, cap: str) -> None:
    """Set how much of a hazard a place may hold; an empty ``cap`` gives it the hazard's own again."""
    row: Any = session.execute(
        select(Place, Depot).join(Depot, Depot.id == Place.depot_id).where(Place.id == place_id)
    ).first()
    if row is None:
        raise not_found()
    require_at(caller, Act.SEE, row.Depot.id, row.Depot.district_code)
    require_at(caller, Act.APPROVE, row.Depot.id, row.Depot.district_code)
    if session.get(Hazard, hazard) is None:
        raise bad_field("hazard", N_("there is no storage class {value}"), value=hazard)
    there = session.get(PlaceCap, (place_id, hazard))
    if not cap:
        if there is not None:
            session.delete(there)
        return
    quantity = read_amount(cap, "cap")
    if there is None:
        session.add(PlaceCap(place_id=place_id, hazard_code=hazard, cap=quantity))
    else:
        there.cap = quantity
