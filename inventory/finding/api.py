"""JSON routes of the finder and of what is put aside."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import Body, FromPath, QueryParameter

from core.bodies import shaped
from core.house import house_of
from inventory.finding.reserving import Aside, Wanted, end_reservation, reservations, reserve
from inventory.finding.search import Found, Question, find
from inventory.finding.travel import roads_of
from people.policy import Act

Words = Annotated[str, QueryParameter(max_length=200, description="Chinese, pinyin, English, or what the trouble is")]
Near = Annotated[str | None, QueryParameter(max_length=60, description="latitude,longitude in degrees")]
Code = Annotated[str | None, QueryParameter(max_length=32)]
Amount = Annotated[str, QueryParameter(max_length=20, description="how many at one depot")]
Most = Annotated[int, QueryParameter(ge=1, le=50, description="offers in the answer")]


@get("/api/find", may=Act.SEE, summary="Who near me has it, ready now")
async def find_it(
    request: Request[Any, Any, Any],
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
    house = house_of(request)
    question = Question(q, near, from_depot, quantity, item, limit)
    roads = roads_of(house.settings)
    return await house.database.read(find, request.user, question, house.clock.now(), house.clock.today(), roads)


@post(
    "/api/reservations",
    may=Act.TAKE,
    before_request=shaped(Wanted),
    operation_id="Reserve",
    summary="Put something aside for oneself, for half an hour",
)
async def put_aside_for_me(
    request: Request[Any, Any, Any], data: Annotated[Wanted, Body(title="What to put aside")]
) -> Response[Aside]:
    """201 when it is new, 200 for an exact repeat, 409 with what is free otherwise. It ends by itself."""
    house = house_of(request)
    minutes = house.settings.reserve_minutes
    aside, fresh = await house.database.write(
        reserve, request.user, data, house.clock.now(), house.clock.today(), minutes
    )
    return Response(aside, status_code=201 if fresh else 200)


@get("/api/reservations", may=Act.SEE, summary="What is put aside for me, and at the depots that I keep")
async def list_reservations(request: Request[Any, Any, Any]) -> list[Aside]:
    """Those that stand, the soonest to end first; what was taken of them already is gone."""
    house = house_of(request)
    return await house.database.read(reservations, request.user, house.clock.now())


@post("/api/reservations/{reservation_id:uuid}/end", may=Act.TAKE, summary="Call it off, or say it was handed over")
async def end_it(request: Request[Any, Any, Any], reservation_id: FromPath[UUID]) -> Response[None]:
    """By whom it is for, or by who keeps the depot. Twice is harmless."""
    house = house_of(request)
    await house.database.write(end_reservation, request.user, reservation_id, house.clock.now())
    return Response(None, status_code=204)


ROUTES = [find_it, put_aside_for_me, list_reservations, end_it]
