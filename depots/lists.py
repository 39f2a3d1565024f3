"""Lists of depots and of their places, within what the caller may see."""

from collections import defaultdict
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from core.events import publish
from core.inputs import like
from core.paging import Page, page_of, read_cursor, typed_bound
from depots.events import PlaceCodesAsked
from depots.models import Depot, DepotProfile, DepotStatus, Place, PlaceKind
from depots.places import is_standing
from people.policy import Act, Caller, reach


class DepotRow(msgspec.Struct, frozen=True):
    """A depot as lists show it. Coordinates are WGS84 degrees."""

    code: str
    name_zh: str
    name_en: str
    type: str
    district: str
    subdistrict: str | None
    address_zh: str
    address_en: str
    lat: float | None
    lon: float | None
    phone: str
    hours: str
    crew: int | None
    status: DepotStatus
    area_m2: int | None
    add_ons: list[str]  # the specialties that it carries


COLUMNS: tuple[Any, ...] = (
    Depot.code,
    Depot.name_zh,
    Depot.name_en,
    Depot.type_code,
    Depot.district_code,
    Depot.subdistrict_code,
    Depot.address_zh,
    Depot.address_en,
    Depot.lat,
    Depot.lon,
    Depot.phone,
    Depot.hours,
    Depot.crew,
    Depot.status,
    Depot.area_m2,
)


class PlaceRow(msgspec.Struct, frozen=True):
    """A place inside a depot."""

    id: UUID
    depot: str
    parent: UUID | None
    kind: PlaceKind
    path_zh: str
    path_en: str
    in_reach: bool
    outside: bool
    depot_zh: str
    depot_en: str
    label: str | None = None  # the code on it


def depot_filters(
    district: str | None = None, type_code: str | None = None, tag: str | None = None, q: str | None = None
) -> list[Any]:
    """Conditions on depots: district code, type code, add-on profile, words of the name or code."""
    conditions: list[Any] = []
    if district:
        conditions.append(Depot.district_code == district)
    if type_code:
        conditions.append(Depot.type_code == type_code)
    if tag:
        tagged = select(DepotProfile.depot_id).where(DepotProfile.profile_code == tag)
        conditions.append(Depot.id.in_(tagged))
    if q:
        columns: tuple[Any, ...] = (Depot.name_zh, Depot.name_en, Depot.code, Depot.address_zh)
        conditions.append(or_(*(column.ilike(like(q), escape="\\") for column in columns)))
    return conditions


def depots(
    session: Session, caller: Caller, conditions: list[Any], limit: int, cursor: str | None = None
) -> Page[DepotRow]:
    """A page of depots, by code."""
    statement = (
        select(*COLUMNS)
        .where(reach(caller, Act.SEE, Depot.id, Depot.district_code), *conditions)
        .order_by(Depot.code)
        .limit(limit + 1)
    )
    after = read_cursor(cursor, tuple[str])
    if after is not None:
        statement = statement.where(Depot.code > after[0])
    rows = list(session.execute(statement))
    carried = _carried(session, [row.code for row in rows])
    return page_of(rows, limit, lambda row: (row.code,), lambda row: DepotRow(*(*row, carried[row.code])))


def _carried(session: Session, codes: list[str]) -> dict[str, list[str]]:
    """The specialties of depots, by the depots' codes."""
    found: dict[str, list[str]] = defaultdict(list)
    statement = select(Depot.code, DepotProfile.profile_code).join(DepotProfile, DepotProfile.depot_id == Depot.id)
    for code, add_on in session.execute(statement.where(Depot.code.in_(codes)).order_by(DepotProfile.profile_code)):
        found[code].append(add_on)
    return found


def places(
    session: Session,
    caller: Caller,
    depot: str | None,
    kind: PlaceKind | None,
    *,
    limit: int,
    cursor: str | None = None,
    place_id: UUID | None = None,
) -> Page[PlaceRow]:
    """A page of places, by depot and shelf order; the one that is named, if any. Two queries."""
    statement = (
        select(
            *(Place.id, Depot.code, Place.parent_id, Place.kind, Place.path_zh, Place.path_en),
            *(Place.in_reach, Place.outside, Depot.name_zh, Depot.name_en, Place.position),
        )
        .join(Depot, Depot.id == Place.depot_id)
        .where(reach(caller, Act.SEE, Depot.id, Depot.district_code), is_standing())
        .order_by(Depot.code, Place.position, Place.id)
        .limit(limit + 1)
    )
    if depot is not None:
        statement = statement.where(Depot.code == depot)
    if kind is not None:
        statement = statement.where(Place.kind == kind)
    if place_id is not None:
        statement = statement.where(Place.id == place_id)
    after = read_cursor(cursor, tuple[str, int, UUID])
    if after is not None:
        columns = (Depot.code, Place.position, Place.id)
        statement = statement.where(tuple_(*columns) > typed_bound(after, columns))
    rows = list(session.execute(statement))
    asked = PlaceCodesAsked({row.id for row in rows})
    if rows:
        publish(session, asked)
    return page_of(
        rows,
        limit,
        lambda row: (row.code, row.position, row.id),
        lambda row: _place_row(row, asked.codes),
    )


def _place_row(row: Any, codes: dict[UUID, str]) -> PlaceRow:
    values: list[Any] = [*row[:10], codes.get(row.id)]
    return PlaceRow(*values)
