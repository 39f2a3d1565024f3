"""JSON routes of the city's own facts and of its parts."""

from typing import Any

import msgspec
from litestar import Request, get, put
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import bad_field
from core.languages import N_
from core.paging import the_one
from depots.city import CityFacts, city_of, facts_of, set_city
from depots.following import follow_city
from depots.parts import part_called, put_part, rows_of, told
from people.policy import Act


@get("/api/city", may=Act.SEE, summary="The city: name, language, time zone, announced count, outline")
async def get_city(request: Request[Any, Any, Any]) -> CityFacts:
    """What is null is not known, or left to the settings."""
    return await context_of(request).database.read(lambda session: facts_of(city_of(session)))


@put(
    "/api/city",
    operation_id="editCity",
    sets=True,
    may=Act.ADMINISTER,
    summary="Set the city's facts as a whole",
    status_code=204,
)
async def put_city(request: Request[Any, Any, Any], data: JSONBody[CityFacts]) -> None:
    """The outline is GeoJSON. Time zone and language hold at once."""
    context = context_of(request)
    await context.database.write(set_city, request.user, data, context.clock.now())
    await follow_city(context)


def _rows(session: Session, name: str) -> list[dict[str, Any]]:
    part = part_called(name)
    return [told(part, row) for row in rows_of(session, part)]


@get(
    "/api/city/{part:str}",
    operation_id="listCityParts",
    may=Act.SEE,
    summary="Districts, sub-districts, station types or cover points",
)
async def list_parts(request: Request[Any, Any, Any], part: FromPath[str]) -> list[dict[str, Any]]:
    """``part``: districts, subdistricts, station-types, cover-points. By code, those out of use as well."""
    return await context_of(request).database.read(_rows, part)


@get("/api/city/{part:str}/{code:str}", operation_id="getCityPart", may=Act.SEE, summary="A part of the city")
async def get_one(request: Request[Any, Any, Any], part: FromPath[str], code: FromPath[str]) -> dict[str, Any]:
    """As it is listed."""
    return the_one(await context_of(request).database.read(_rows, part), "code", code)


@put(
    "/api/city/{part:str}/{code:str}",
    operation_id="setCityPart",
    may=Act.ADMINISTER,
    summary="Enter or change a part of the city",
    status_code=204,
)
async def put_one(
    request: Request[Any, Any, Any],
    part: FromPath[str],
    code: FromPath[str],
    data: JSONBody[dict[str, Any]],
) -> None:
    """As it is listed, without its code. ``active`` false takes it out of use, if no open depot needs it."""
    kind = part_called(part)
    try:
        said = msgspec.convert(data, kind.said)
    except msgspec.ValidationError as error:
        raise bad_field("body", N_("this cannot be read: {fault}"), fault=str(error)) from None
    context = context_of(request)
    await context.database.write(put_part, request.user, kind, code, said, context.clock.now())


ROUTES = [get_city, put_city, list_parts, get_one, put_one]
