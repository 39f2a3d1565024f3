"""Dangerous goods over HTTP: the classes, a depot's breaches, the caps of its places (T99)."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import bad_field
from core.languages import N_
from core.pages import form_of, page
from core.paging import the_one
from depots.places import shelves_of, visible_depot
from inventory.desk.hazards import Dangerous, HazardRow, dangerous, hazards, set_cap
from inventory.stock.within import DEPOT_FIRST, PLACE_FIRST
from people.policy import Act, Caller


class Cap(msgspec.Struct, forbid_unknown_fields=True):
    """How much of a hazard a place may hold, in the hazard's unit; null: as the hazard says."""

    hazard: str
    cap: str | None = None


@get("/api/hazards", may=Act.SEE, summary="Storage classes of dangerous goods")
async def list_hazards(request: Request[Any, Any, Any]) -> list[HazardRow]:
    """How much of each may be in one place, beside what it does not stand, and how it is disposed of."""
    return await context_of(request).database.read(hazards)


@get(
    "/api/depots/{depot_code:str}/hazards",
    operation_id="getDepotHazards",
    may=Act.SEE,
    summary="Dangerous goods that are not stored as they should",
)
async def depot_hazards(request: Request[Any, Any, Any], depot_code: FromPath[str]) -> Dangerous:
    """Places of a depot over their cap, or with what is kept apart."""
    return await context_of(request).database.read(dangerous, request.user, depot_code)


@put(
    "/api/places/{place_id:uuid}/caps",
    operation_id="setPlaceCap",
    may=Act.APPROVE,
    guards=[PLACE_FIRST],
    status_code=204,
    summary="Set the cap of a place",
)
async def put_cap(request: Request[Any, Any, Any], place_id: FromPath[UUID], data: JSONBody[Cap]) -> None:
    """How much of a hazard a place may hold, with all that is in it."""
    await context_of(request).database.write(set_cap, request.user, place_id, data.hazard, data.cap or "")


def _shown(session: Session, caller: Caller, code: str) -> dict[str, Any]:
    return {
        "told": dangerous(session, caller, code),
        "places": shelves_of(session, [visible_depot(session, caller, code).id]),
    }


@get("/depots/{code:str}/hazards", may=Act.SEE, include_in_schema=False)
async def hazards_page(
    request: Request[Any, Any, Any],
    code: FromPath[str],
    done: Annotated[str | None, QueryParameter(max_length=8)] = None,
) -> Response[str]:
    """What of the dangerous goods is not stored as it should be, and the caps."""
    shown = await context_of(request).database.read(_shown, request.user, code)
    return page(request, "inventory/desk/hazards.html", **shown, done=done, may_set=request.user.approves)


@post("/depots/{code:str}/hazards", may=Act.APPROVE, guards=[DEPOT_FIRST], include_in_schema=False, status_code=303)
async def cap_form(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Set the cap of a place by form."""
    form = await form_of(request)
    try:
        place_id = UUID(form.get("place", ""))
    except ValueError:
        raise bad_field("place", N_("no place has this id or label")) from None
    database = context_of(request).database
    await database.write(set_cap, request.user, place_id, form.get("hazard", ""), form.get("cap", "").strip())
    return Redirect(f"/depots/{code}/hazards?done=cap", status_code=303)


@get("/api/hazards/{hazard_code:str}", may=Act.SEE, summary="A storage class of dangerous goods")
async def get_hazard(request: Request[Any, Any, Any], hazard_code: FromPath[str]) -> HazardRow:
    """As it is listed."""
    return the_one(await context_of(request).database.read(hazards), "code", hazard_code)


ROUTES = [get_hazard, list_hazards, depot_hazards, put_cap, hazards_page, cap_form]
