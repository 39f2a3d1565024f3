"""The city's readiness as ``counting.refresh`` wrote it down last, with the names of depots and parts."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from core.columns import table_of
from depots.city_models import City
from depots.models import Depot, DepotStatus, District, Level, Profile
from inventory.readiness.figures import DepotFigures, DepotNames, figures_of
from inventory.readiness.models import DepotReadiness

_DEPOT = (Depot.id, Depot.code, Depot.name_zh, Depot.name_en, Depot.type_code, Depot.district_code)
_FIGURES = [f"{level.value}{kind}" for level in Level for kind in ("", "_held", "_ready")] + ["low", "missing", "ends"]
_COLUMNS = [table_of(DepotReadiness).c[name] for name in _FIGURES]
_DISTRICT, _TYPE, _CITY = range(3)


def _used(column: Any, part: Any) -> Any:
    """A part that is in use, or that a depot still has."""
    depots = select(Depot.id).where(column == part.code, Depot.status == DepotStatus.OPEN)
    return or_(part.active, depots.exists())


_PARTS: Any = union_all(
    select(
        literal(_DISTRICT).label("part"), District.code.label("code"), District.name_zh, District.name_en, null()
    ).where(_used(Depot.district_code, District)),
    select(literal(_TYPE), Profile.code, Profile.name_zh, Profile.name_en, Profile.headline_count).where(
        Profile.kind == "type", _used(Depot.type_code, Profile)
    ),
    select(literal(_CITY), literal(""), func.min(City.name_zh), func.min(City.name_en), func.min(City.announced)),
).order_by("part", "code")


@dataclass(frozen=True)
class WrittenDepot:
    """A depot as last written down; ``figures`` is None where nothing is written yet."""

    depot: DepotNames
    figures: DepotFigures | None
    day: date
    good_through: date

    def holds(self, today: date) -> bool:
        """Whether no date has passed that changes the figures."""
        return self.figures is not None and self.day <= today <= self.good_through


@dataclass(frozen=True)
class Part:
    """A district or a type of depots, with how many of the type the city announced (T90)."""

    code: str
    name_zh: str
    name_en: str
    headline_count: int | None


@dataclass(frozen=True)
class WrittenCity:
    """All open depots, by code, and the parts of the city that they are grouped by."""

    depots: list[WrittenDepot]
    districts: list[Part]
    types: list[Part]
    announced: int | None  # stations in all, in the city's own announcement (T90)


def read_city(session: Session) -> WrittenCity:
    """The written figures of the city. Two queries."""
    rows = session.execute(
        select(DepotReadiness.day, DepotReadiness.good_through, *_DEPOT, *_COLUMNS)
        .select_from(Depot)
        .outerjoin(DepotReadiness, DepotReadiness.depot_id == Depot.id)
        .where(Depot.status == DepotStatus.OPEN)
        .order_by(Depot.code)
    )
    depots = []
    for day, good_through, *values in rows:
        depot, figures = DepotNames(*values[: len(_DEPOT)]), values[len(_DEPOT) :]
        found = None if day is None else figures_of(depot, dict(zip(_FIGURES, figures, strict=True)))
        depots.append(WrittenDepot(depot, found, day or date.max, good_through or date.min))
    parts: dict[int, list[Part]] = {_DISTRICT: [], _TYPE: [], _CITY: []}
    for which, *part in session.execute(_PARTS):
        parts[which].append(Part(*part))
    return WrittenCity(depots, parts[_DISTRICT], parts[_TYPE], parts[_CITY][0].headline_count)
