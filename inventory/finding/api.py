"""JSON routes of the finder and of what is put aside."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import Body, FromPath, QueryParameter

from core.bodies import shaped
from core.context import context_of
from core.openapi.answers import REPEATED
from core.paging import the_one
from inventory.finding.cover import Ability, Cover, WhatIf, abilities, cover, what_if
from inventory.finding.reserving import Aside, ToPutAside, end_reservation, reservations, reserve
from inventory.finding.search import Found, Question, find
from inventory.finding.travel import roads_of
from people.policy import Act

Words = Annotated[str, QueryParameter(max_length=200, description="Chinese, pinyin, English, or what the trouble is")]
Near = Annotated[str | None, QueryParameter(max_length=60, description="latitude,longitude in degrees")]
Code = Annotated[str | None, QueryParameter(max_length=32)]
Amount = Annotated[str, QueryParameter(max_length=20, description="how many at one depot")]
Most = Annotated[int, QueryParameter(ge=1, le=50, description="offers in the answer")]


@get("/api/find", operation_id="find", may=Act.SEE, summary="Who near me has it, ready now")
async def find_it(
    request: Request[Any, Any, Any],
    *,
    q: Words = "",
    near: Near = None,
    from_depot: Code = None,
    quantity: Amount = "1",
    item: Code = None,
    limit: Most = 10,
) -> Found:
    """Offers, the nearest first, from `near`, else from the depot named, else from one's own.

    Ready means there, fit, in date, in reach, and not put aside for somebody else. Depots with less than `quantity`
    follow those with enough. `item` names the item by its code in place of words.
    """
    context = context_of(request)
    question = Question(q, near, from_depot, quantity, item, limit)
    roads = roads_of(context.settings)
    return await context.database.read(find, request.user, question, context.clock.now(), context.clock.today(), roads)


@post(
    "/api/reservations",
    may=Act.TAKE,
    before_request=shaped(ToPutAside),
    operation_id="reserve",
    answers=REPEATED,
    summary="Put something aside for oneself, for half an hour",
)
async def put_aside_for_me(
    request: Request[Any, Any, Any], data: Annotated[ToPutAside, Body(title="What to put aside")]
) -> Response[Aside]:
    """201 when it is new, 200 for an exact repeat, 409 with what is free otherwise. It ends by itself."""
    context = context_of(request)
    minutes = context.settings.reserve_minutes
    aside, fresh = await context.database.write(
        reserve, request.user, data, context.clock.now(), context.clock.today(), minutes
    )
    return Response(aside, status_code=201 if fresh else 200)


@get("/api/reservations", may=Act.SEE, summary="What is put aside for me, and at the depots that I keep")
async def list_reservations(request: Request[Any, Any, Any]) -> list[Aside]:
    """Those that stand, the soonest to end first; what was taken of them already is gone."""
    context = context_of(request)
    return await context.database.read(reservations, request.user, context.clock.now())


@post(
    "/api/reservations/{reservation_id:uuid}/end",
    operation_id="endReservation",
    may=Act.TAKE,
    summary="Call it off, or say it was handed over",
    status_code=204,
)
async def end_it(request: Request[Any, Any, Any], reservation_id: FromPath[UUID]) -> None:
    """By whom it is for, or by who keeps the depot. Twice is harmless."""
    context = context_of(request)
    await context.database.write(end_reservation, request.user, reservation_id, context.clock.now())


Minutes = Annotated[float | None, QueryParameter(gt=0, le=120, description="in place of the setting")]
Capability = Annotated[str, QueryParameter(max_length=24)]
Piece = Annotated[str, QueryParameter(max_length=64, description="a lot's id, a serial number or a lot number")]


@get("/api/capabilities", may=Act.SEE, summary="What depots can do: what cover can be asked about")
async def list_capabilities(request: Request[Any, Any, Any]) -> list[Ability]:
    """By code."""
    return await context_of(request).database.read(abilities)


@get(
    "/api/cover",
    operation_id="getCover",
    may=Act.SEE,
    summary="Which points of the city a capability reaches in time, and the holes",
)
async def city_cover(request: Request[Any, Any, Any], capability: Capability, minutes: Minutes = None) -> Cover:
    """Points are depots and sub-district centres within reach; help may come from any depot of the city."""
    context = context_of(request)
    within = minutes or context.settings.cover_minutes
    today = context.clock.today()
    return await context.database.survey(cover, request.user, capability, today, roads_of(context.settings), within)


@get(
    "/api/cover/what-if",
    operation_id="getCoverWithout",
    refuses=(409,),
    may=Act.SEE,
    summary="What loses cover without a piece, and which loaner restores it",
)
async def without_a_piece(
    request: Request[Any, Any, Any], piece: Piece, depot: Code = None, minutes: Minutes = None
) -> WhatIf:
    """All that is in a vehicle or kit goes along. A loaner leaves nobody worse covered than before."""
    context = context_of(request)
    within = minutes or context.settings.cover_minutes
    roads = roads_of(context.settings)
    return await context.database.survey(
        what_if, request.user, piece, depot, context.clock.today(), roads, minutes=within
    )


@get("/api/reservations/{reservation_id:uuid}", may=Act.SEE, summary="What is put aside")
async def get_reservation(request: Request[Any, Any, Any], reservation_id: FromPath[UUID]) -> Aside:
    """A reservation that stands, within reach."""
    context = context_of(request)
    return the_one(await context.database.read(reservations, request.user, context.clock.now()), "id", reservation_id)


@get("/api/capabilities/{capability_code:str}", may=Act.SEE, summary="A capability")
async def get_capability(request: Request[Any, Any, Any], capability_code: FromPath[str]) -> Ability:
    """That can be asked about."""
    return the_one(await context_of(request).database.read(abilities), "code", capability_code)


ROUTES = [
    get_reservation,
    get_capability,
    find_it,
    put_aside_for_me,
    list_reservations,
    end_it,
    list_capabilities,
    city_cover,
    without_a_piece,
]
