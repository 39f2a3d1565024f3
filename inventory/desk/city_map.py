"""The depots on a map: where they are, how ready, and who has a capability ready now."""

from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy.orm import Session

from core.languages import N_
from inventory.finding.cover import Ability
from inventory.finding.memory import KnownDepot, remembered
from inventory.finding.reach import having
from inventory.finding.ready import ready_amounts
from inventory.readiness.figures import DepotFigures
from inventory.readiness.survey import depot_figures
from people.policy import Caller


class State(StrEnum):
    """How a depot stands: all required lines ready; all there on the books but not all ready; or something lacking."""

    READY = "ready"
    HELD = "held"
    SHORT = "short"


STATE_WORDS = {
    State.READY: N_("Ready"),
    State.HELD: N_("complete on the books, not all ready"),
    State.SHORT: N_("something is lacking"),
}


class MapDepot(msgspec.Struct, frozen=True):
    """A depot as the map shows it. WGS84 degrees, null where nobody knows. ``able``: null if nothing was asked."""

    code: str
    name_zh: str
    name_en: str
    district: str
    type: str
    lat: float | None
    lon: float | None
    state: State
    lines: int
    lines_ready: int
    able: bool | None


class CityMap(msgspec.Struct, frozen=True):
    """The answer of ``/api/map``: by code."""

    day: date
    capability: Ability | None
    depots: list[MapDepot]


def state_of(row: DepotFigures) -> State:
    """How a depot stands by its figures."""
    return State.READY if row.ready else State.HELD if row.lines_held == row.lines else State.SHORT


def city_map(
    session: Session,
    caller: Caller,
    today: date,
    capability: str | None = None,
    district: str | None = None,
    type_code: str | None = None,
) -> CityMap:
    """The depots within reach with their readiness and, if a capability is named, who has it ready now."""
    memory = remembered(session)
    able, asked = None, None
    if capability:
        one = memory.capability(capability)
        asked = Ability(one.code, one.name_zh, one.name_en)
        items = one.item_ids
        able = having(one, ready_amounts(session, today, items, memory.kits_among(items)))
    rows = depot_figures(session, caller, today, district, type_code)
    return CityMap(today, asked, [_row(row, memory.depots.get(row.code), able) for row in rows])


def _row(row: DepotFigures, known: KnownDepot | None, able: set[UUID] | None) -> MapDepot:
    point = known.point if known else None
    return MapDepot(
        row.code,
        row.name_zh,
        row.name_en,
        row.district,
        row.type,
        round(point.lat, 5) if point else None,
        round(point.lon, 5) if point else None,
        state_of(row),
        row.lines,
        row.lines_ready,
        None if able is None else known is not None and known.id in able,
    )
