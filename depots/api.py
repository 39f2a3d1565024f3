"""JSON routes of the depots room."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get
from litestar.params import FromPath, QueryParameter

from core.context import context_of
from core.errors import not_found
from core.paging import PAGE_DEFAULT, Cursor, Limit, Page, the_one
from depots.lists import DepotRow, PlaceRow, depot_filters, depots, places
from depots.models import Depot, PlaceKind
from people.policy import Act

Text = Annotated[str | None, QueryParameter(max_length=100)]
Type = Annotated[str | None, QueryParameter(name="type", max_length=8)]
Kind = Annotated[PlaceKind | None, QueryParameter()]


@get("/api/depots", may=Act.SEE, summary="Depots within reach")
async def list_depots(
    request: Request[Any, Any, Any],
    *,
    district: Text = None,
    type_code: Type = None,
    tag: Text = None,
    q: Text = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: Cursor = None,
) -> Page[DepotRow]:
    """By code; filtered by district, type, add-on profile, and words of the name, code or address."""
    conditions = depot_filters(district, type_code, tag, q)
    return await context_of(request).database.read(depots, request.user, conditions, limit, cursor)


@get("/api/depots/{depot_code:str}", may=Act.SEE, summary="One depot")
async def get_depot(request: Request[Any, Any, Any], depot_code: FromPath[str]) -> DepotRow:
    """A depot by its code."""
    found = await context_of(request).database.read(depots, request.user, [Depot.code == depot_code], 1)
    if not found.items:
        raise not_found()
    return found.items[0]


@get("/api/places", may=Act.SEE, summary="Places within reach")
async def list_places(
    request: Request[Any, Any, Any],
    depot: Text = None,
    kind: Kind = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: Cursor = None,
) -> Page[PlaceRow]:
    """By depot, in shelf order."""
    return await context_of(request).database.read(places, request.user, depot, kind, limit=limit, cursor=cursor)


@get("/api/places/{place_id:uuid}", may=Act.SEE, summary="A place")
async def get_place(request: Request[Any, Any, Any], place_id: FromPath[UUID]) -> PlaceRow:
    """A place by its id, within reach."""
    found = await context_of(request).database.read(places, request.user, None, None, limit=1, place_id=place_id)
    return the_one(found.items, "id", place_id)


ROUTES = [list_depots, get_depot, list_places, get_place]
