"""JSON routes by which depots are made and edited, and their places arranged."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, post, put
from litestar.params import FromPath, JSONBody
from sqlalchemy.orm import Session

from core.context import context_of
from depots.arranging import (
    PlaceSaid,
    change_place,
    copy_layout,
    make_place,
    put_in_order,
    restore_place,
    retire_place,
)
from depots.editing import DepotSaid, edit_depot, make_depot
from people.policy import Act, Caller


class NewDepot(DepotSaid, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A depot with the code that it will have for ever."""

    code: str


class Made(msgspec.Struct, frozen=True):
    """What was made."""

    ids: list[UUID]


class PlaceChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place as it is to be: its names, what it stands in (null: in nothing), and whether it is in use."""

    name_zh: str
    name_en: str = ""
    parent: UUID | None = None
    active: bool = True


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The places that stand in the same place, all of them, in the order that they are to have."""

    places: list[UUID]


class CopyFrom(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"depot": "from"}):
    """The code of the depot whose layout is copied."""

    depot: str


@post("/api/depots", operation_id="enterDepot", may=Act.APPROVE, summary="Enter a depot", status_code=201)
async def post_depot(request: Request[Any, Any, Any], data: JSONBody[NewDepot]) -> Made:
    """In a district that the caller answers for. 409 where the code is taken."""
    context = context_of(request)
    said = DepotSaid(**{name: getattr(data, name) for name in DepotSaid.__struct_fields__})
    now, today = context.clock.now(), context.clock.today()
    depot = await context.database.write(make_depot, request.user, data.code, said, now, today)
    return Made([depot.id])


@put(
    "/api/depots/{depot_code:str}",
    operation_id="editDepot",
    sets=True,
    may=Act.APPROVE,
    summary="Edit a depot",
    status_code=204,
)
async def put_depot(request: Request[Any, Any, Any], depot_code: FromPath[str], data: JSONBody[DepotSaid]) -> None:
    """All its facts as they are to be. Its code stays; closing and opening again are entries."""
    context = context_of(request)
    now, today = context.clock.now(), context.clock.today()
    await context.database.write(edit_depot, request.user, depot_code, data, now, today)


@post(
    "/api/depots/{depot_code:str}/places",
    operation_id="makePlace",
    may=Act.KEEP,
    summary="Make a place in a depot",
    status_code=201,
)
async def post_place(request: Request[Any, Any, Any], depot_code: FromPath[str], data: JSONBody[PlaceSaid]) -> Made:
    """A room, bay, shelf or bin, the last in what it stands in."""
    context = context_of(request)
    place = await context.database.write(make_place, request.user, depot_code, data, context.clock.now())
    return Made([place.id])


@put(
    "/api/places/{place_id:uuid}",
    operation_id="editPlace",
    may=Act.KEEP,
    summary="Rename, move or retire a place",
    status_code=204,
)
async def put_place(request: Request[Any, Any, Any], place_id: FromPath[UUID], data: JSONBody[PlaceChange]) -> None:
    """Within its depot, with what lies in it. Only an empty place goes out of use."""
    context = context_of(request)
    await context.database.write(_change, request.user, place_id, data, context.clock.now())


def _change(session: Session, caller: Caller, place_id: UUID, said: PlaceChange, now: Any) -> None:
    if said.active:
        restore_place(session, caller, place_id, now)
    change_place(session, caller, place_id, said.name_zh, said.name_en, now, parent_id=said.parent)
    if not said.active:
        retire_place(session, caller, place_id, now)


@put(
    "/api/depots/{depot_code:str}/places/order",
    operation_id="orderPlaces",
    may=Act.KEEP,
    summary="Put places in order",
    status_code=204,
)
async def put_order(request: Request[Any, Any, Any], depot_code: FromPath[str], data: JSONBody[Order]) -> None:
    """409 where others stand there by now."""
    context = context_of(request)
    await context.database.write(put_in_order, request.user, depot_code, data.places, context.clock.now())


@post(
    "/api/depots/{depot_code:str}/places/copy",
    operation_id="copyLayout",
    may=Act.KEEP,
    summary="Copy another depot's layout",
    status_code=201,
)
async def post_copy(request: Request[Any, Any, Any], depot_code: FromPath[str], data: JSONBody[CopyFrom]) -> Made:
    """Its rooms, bays, shelves and bins; those of the same path are there already."""
    context = context_of(request)
    made = await context.database.write(copy_layout, request.user, depot_code, data.depot, context.clock.now())
    return Made([place.id for place in made])


ROUTES = [post_depot, put_depot, post_place, put_place, put_order, post_copy]
