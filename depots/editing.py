"""Depots made and edited by who answers for their district: by page, by program, one at a time."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from core.audit import record
from core.errors import bad_field, conflict
from core.events import publish
from core.ids import new_id
from core.inputs import clean_text
from core.languages import N_
from depots.city import read_point
from depots.events import DepotsChanged
from depots.models import Depot, DepotProfile, DepotStatus, District, Profile, Subdistrict
from depots.parts import is_code
from depots.places import add_depots, visible_depot
from depots.requirements import work_out_requirements
from people.policy import Act, Caller, require_at, require_in

MOST_M2, MOST_CREW = 1_000_000, 1000
EDITS = Act.APPROVE  # officers and administrators, within their reach


class DepotSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A depot as it is sent. ``type``, ``add_ons``, ``district`` and ``subdistrict`` are codes; degrees are WGS84."""

    name_zh: str
    type: str
    district: str
    name_en: str = ""
    add_ons: list[str] = []
    subdistrict: str | None = None
    address_zh: str = ""
    address_en: str = ""
    lat: float | None = None
    lon: float | None = None
    phone: str = ""
    hours: str = "24 h"
    area_m2: int | None = None
    crew: int | None = None


def make_depot(session: Session, caller: Caller, code: str, said: DepotSaid, now: datetime, today: date) -> Depot:
    """Enter a new depot with the places that every depot has. Refuses (409) a code that is taken."""
    code = clean_text(code, "code", 16, required=True)
    if not is_code(code):
        raise bad_field("code", N_("a code has letters, digits and hyphens only"))
    values, add_ons = _checked(session, caller, said, None, ())
    if session.execute(select(Depot.id).where(Depot.code == code)).first() is not None:
        raise conflict("code-taken", N_("the code {code} is taken; choose another"), code=code)
    depot = Depot(id=new_id(), code=code, created_at=now, **values)
    add_depots(session, [depot], now)
    _put_add_ons(session, depot.id, [], add_ons)
    work_out_requirements(session, today, [depot.id])
    record(session, caller.person_id, now, "depot-added", "depot", code, after={**values, "add_ons": add_ons})
    return depot


def edit_depot(session: Session, caller: Caller, code: str, said: DepotSaid, now: datetime, today: date) -> Depot:
    """Give a depot these facts; with another type or specialty another gear is required of it from today on."""
    depot = visible_depot(session, caller, code)
    require_at(caller, EDITS, depot.id, depot.district_code)
    depot = session.get_one(Depot, depot.id, with_for_update=True, populate_existing=True)
    carried = add_ons_of(session, depot.id)
    values, add_ons = _checked(session, caller, said, depot, carried)
    before = {**{name: getattr(depot, name) for name in values}, "add_ons": carried}
    after = {**values, "add_ons": add_ons}
    if before == after:
        return depot
    for name, value in values.items():
        setattr(depot, name, value)
    _put_add_ons(session, depot.id, carried, add_ons)
    session.flush()
    required = any(before[name] != after[name] for name in ("type_code", "add_ons"))
    if required and depot.status == DepotStatus.OPEN:
        work_out_requirements(session, today, [depot.id])
    publish(session, DepotsChanged([depot.id], now))
    record(session, caller.person_id, now, "depot-changed", "depot", depot.code, before=before, after=after)
    return depot


def add_ons_of(session: Session, depot_id: UUID) -> list[str]:
    """The specialties that a depot carries, by code."""
    carried = select(DepotProfile.profile_code).where(DepotProfile.depot_id == depot_id)
    return list(session.execute(carried.order_by(DepotProfile.profile_code)).scalars())


def _checked(
    session: Session, caller: Caller, said: DepotSaid, depot: Depot | None, carried: Sequence[str]
) -> tuple[dict[str, Any], list[str]]:
    """The columns of a depot, and its specialties. What is out of use stays where it is, but comes nowhere anew.

    ``carried``: the specialties that the depot has.
    """
    values = {"name_zh": clean_text(said.name_zh, "name_zh", 100, required=True)}
    values["name_en"] = clean_text(said.name_en, "name_en", 150) or values["name_zh"]
    for name, longest in (("address_zh", 200), ("address_en", 200), ("phone", 32), ("hours", 100)):
        values[name] = clean_text(getattr(said, name), name, longest)
    district = _known(session, District, "district", said.district, depot.district_code if depot else None)
    if depot is None or depot.district_code != district.code:
        require_in(caller, EDITS, district.code)
    type_ = _known(session, Profile, "type", said.type, depot.type_code if depot else None)
    if type_.kind != "type":
        raise bad_field("type", N_("{code} is not known, or out of use"), code=said.type[:20])
    lat, lon = read_point(said.lat, said.lon)
    for name, most in (("area_m2", MOST_M2), ("crew", MOST_CREW)):
        number = getattr(said, name)
        if number is not None and not 0 <= number <= most:
            raise bad_field(name, N_("write a whole number from 0 to {most}"), most=most)
    codes = {"type_code": type_.code, "district_code": district.code}
    codes["subdistrict_code"] = _subdistrict(session, said, district.code, depot)
    figures = {"lat": lat, "lon": lon, "area_m2": said.area_m2, "crew": said.crew}
    return {**values, **codes, **figures}, _add_ons(session, said.add_ons, carried)


def _known(session: Session, table: type[SQLModel], field: str, code: str, now: str | None) -> Any:
    row: Any = session.get(table, code.strip())
    if row is None or not (row.active or row.code == now):
        raise bad_field(field, N_("{code} is not known, or out of use"), code=code[:20])
    return row


def _subdistrict(session: Session, said: DepotSaid, district: str, depot: Depot | None) -> str | None:
    if not (said.subdistrict or "").strip():
        return None
    row = _known(session, Subdistrict, "subdistrict", said.subdistrict or "", depot.subdistrict_code if depot else None)
    if row.district_code != district:
        raise bad_field("subdistrict", N_("{value} is not in this district"), value=row.code)
    return str(row.code)


def _add_ons(session: Session, codes: Sequence[str], carried: Sequence[str]) -> list[str]:
    wanted = sorted({code.strip() for code in codes if code.strip()})
    for code in wanted:
        row = _known(session, Profile, "add_ons", code, code if code in carried else None)
        if row.kind == "type":
            raise bad_field("add_ons", N_("{code} is not known, or out of use"), code=code[:20])
    return wanted


def _put_add_ons(session: Session, depot_id: UUID, carried: Sequence[str], wanted: Sequence[str]) -> None:
    for code in set(carried) - set(wanted):
        session.delete(session.get_one(DepotProfile, (depot_id, code)))
    session.add_all(DepotProfile(depot_id=depot_id, profile_code=code) for code in set(wanted) - set(carried))
    session.flush()
