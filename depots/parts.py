"""The parts of a city: districts, sub-districts, kinds of depots, points to be covered; those out of use as well."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from core.audit import record
from core.errors import bad_field, conflict, not_found
from core.inputs import clean_text
from core.languages import N_
from depots.city import MOST, read_point
from depots.city_models import CoverPoint
from depots.models import Depot, DepotProfile, DepotStatus, District, Profile, Subdistrict
from people.policy import Act, Caller, require_city

_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]*")


class DistrictSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A district. ``active`` false: no depot is entered there any more."""

    name_zh: str
    name_en: str = ""
    active: bool = True


class SubdistrictSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sub-district with its centre, a point to be covered. Degrees are WGS84."""

    district: str
    name_zh: str
    lat: float
    lon: float
    name_en: str = ""
    spread_km: str = "1"
    active: bool = True


class KindSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of depot: its type, or an add-on (a specialty). ``announced``: how many the city says it has."""

    name_zh: str
    kind: str = "type"
    name_en: str = ""
    note: str = ""
    note_zh: str | None = None  # null: stays as it is
    announced: int | None = None
    active: bool = True


class PointSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A point to be covered, besides depots and the centres of sub-districts. Degrees are WGS84."""

    district: str
    name_zh: str
    lat: float
    lon: float
    name_en: str = ""
    active: bool = True


Said = DistrictSaid | SubdistrictSaid | KindSaid | PointSaid


@dataclass(frozen=True)
class Part:
    """A kind of part: what it is called, its table, what is sent of one, and what that is in the table."""

    name: str  # in addresses
    title: str
    table: type[SQLModel]
    said: type[Any]
    columns: Mapping[str, str]  # from what is sent to the column, where they differ
    values: Callable[[Session, Any], dict[str, Any]]
    longest: int  # of a code
    used_by: Callable[[str], Any] | None = None  # the depots that stand against taking one out of use


def _names(said: Any, most_zh: int = 50, most_en: int = 50) -> dict[str, Any]:
    zh = clean_text(said.name_zh, "name_zh", most_zh, required=True)
    return {"name_zh": zh, "name_en": clean_text(said.name_en, "name_en", most_en) or zh, "active": said.active}


def _district(session: Session, code: str) -> str:
    if session.get(District, code.strip()) is None:
        raise bad_field("district", N_("there is no district with the code {code}"), code=code[:20])
    return code.strip()


def _place(session: Session, said: Any) -> dict[str, Any]:
    lat, lon = read_point(said.lat, said.lon)
    return {"district_code": _district(session, said.district), "lat": lat, "lon": lon}


def _subdistrict(session: Session, said: SubdistrictSaid) -> dict[str, Any]:
    try:
        spread = Decimal(said.spread_km.strip() or "1")
    except InvalidOperation:
        spread = Decimal(-1)
    if not spread.is_finite() or not 0 < spread <= 100 or spread != round(spread, 3):
        raise bad_field("spread_km", N_("write kilometres such as 0.8, at most 100"))
    return {**_names(said), **_place(session, said), "spread_km": spread}


def _kind(_session: Session, said: KindSaid) -> dict[str, Any]:
    if said.kind not in ("type", "add-on"):
        raise bad_field("kind", N_("choose whether this is a type or a specialty"))
    if said.announced is not None and not 0 <= said.announced <= MOST:
        raise bad_field("announced", N_("write a whole number from 0"))
    told = {"kind": said.kind, "note": clean_text(said.note, "note", 500), "headline_count": said.announced}
    if said.note_zh is not None:
        told["note_zh"] = clean_text(said.note_zh, "note_zh", 500)
    return {**_names(said, 50, 100), **told}


def _depots(*conditions: Any) -> Any:
    return select(func.count()).select_from(Depot).where(Depot.status == DepotStatus.OPEN, *conditions)


def _of_kind(code: str) -> Any:
    carries = select(DepotProfile.depot_id).where(DepotProfile.profile_code == code)
    return _depots((Depot.type_code == code) | Depot.id.in_(carries))


PARTS = {
    part.name: part
    for part in (
        Part(
            "districts",
            N_("Districts"),
            District,
            DistrictSaid,
            {},
            lambda _session, said: _names(said),
            8,
            lambda code: _depots(Depot.district_code == code),
        ),
        Part(
            "subdistricts",
            N_("Sub-districts"),
            Subdistrict,
            SubdistrictSaid,
            {"district": "district_code"},
            _subdistrict,
            16,
        ),
        Part(
            "station-types",
            N_("Types and specialties"),
            Profile,
            KindSaid,
            {"announced": "headline_count"},
            _kind,
            8,
            _of_kind,
        ),
        Part(
            "cover-points",
            N_("Points to be covered"),
            CoverPoint,
            PointSaid,
            {"district": "district_code"},
            lambda session, said: {**_names(said, 50, 100), **_place(session, said)},
            16,
        ),
    )
}


def is_code(text: str) -> bool:
    """Whether a text can be a code: it stands in addresses and on labels."""
    return _CODE.fullmatch(text) is not None


def part_called(name: str) -> Part:
    """The kind of part with this name in addresses; 404 if there is none."""
    if name not in PARTS:
        raise not_found(N_("there is nothing of this kind in a city"))
    return PARTS[name]


def rows_of(session: Session, part: Part) -> list[Any]:
    """All of a kind, by code, those out of use as well."""
    code: Any = part.table.code  # type: ignore[attr-defined]  # every part has one
    return list(session.execute(select(part.table).order_by(code)).scalars())


def told(part: Part, row: Any) -> dict[str, Any]:
    """A part as programs see it."""
    names = part.said.__struct_fields__
    plain = {name: getattr(row, part.columns.get(name, name)) for name in names}
    return {"code": row.code} | {k: str(v) if isinstance(v, Decimal) else v for k, v in plain.items()}


def _uses(session: Session, part: Part, code: str) -> int:
    """How many open depots stand against taking a part out of use."""
    return 0 if part.used_by is None else int(session.execute(part.used_by(code)).scalar_one())


def put_part(session: Session, caller: Caller, part: Part, code: str, said: Any, now: datetime) -> bool:
    """Enter a part of the city, or change the one with this code; whether it is new."""
    require_city(caller, Act.ADMINISTER)
    code = clean_text(code, "code", part.longest, required=True)
    if not is_code(code):
        raise bad_field("code", N_("a code has letters, digits and hyphens only"))
    values = part.values(session, said)
    row: Any = session.get(part.table, code, with_for_update=True)
    if row is None:
        session.add(part.table(code=code, **values))
        session.flush()
        record(session, caller.person_id, now, f"{part.name[:-1]}-added", part.name[:-1], code, after=values)
        return True
    if isinstance(row, Profile) and row.kind != values["kind"]:
        raise conflict("in-use", N_("a type does not become a specialty, nor the other way round; enter a new one"))
    if row.active and not values["active"] and (count := _uses(session, part, code)):
        raise conflict("in-use", N_("{count} open depots use it; change or close these first"), count=count)
    before = {name: getattr(row, name) for name in values}
    if before != values:
        for name, value in values.items():
            setattr(row, name, value)
        session.flush()
        record(
            session,
            caller.person_id,
            now,
            f"{part.name[:-1]}-changed",
            part.name[:-1],
            code,
            before=before,
            after=values,
        )
    return False
