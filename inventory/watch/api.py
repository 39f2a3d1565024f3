"""JSON routes of watches: declare one, end it early, read what they raise."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Body, FromPath, QueryParameter

from core.bodies import shaped
from core.context import context_of
from core.paging import the_one
from inventory.watch.declaring import DeclareWatch, WatchRow, declare, end_early, watches
from inventory.watch.raising import RaisedLine, under_watch
from people.policy import Act

Code = Annotated[str | None, QueryParameter(name="depot", max_length=16)]


class EndWatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a watch is ended before its last day."""

    reason: str


@get("/api/watches", may=Act.SEE, summary="Declared watches, those in force first")
async def list_watches(request: Request[Any, Any, Any]) -> list[WatchRow]:
    """The last hundred."""
    context = context_of(request)
    return await context.database.read(watches, context.clock.today())


@post("/api/watches", may=Act.APPROVE, summary="Declare a watch", status_code=201, before_request=shaped(DeclareWatch))
async def declare_watch(
    request: Request[Any, Any, Any], data: Annotated[Any, Body(title="A watch")]
) -> Response[dict[str, str]]:
    """Minimums are raised from its first day through its last; sent again with its id nothing happens twice."""
    context = context_of(request)
    wish = msgspec.convert(data, DeclareWatch)
    watch = await context.database.write(declare, request.user, wish, context.clock.now(), context.clock.today())
    return Response({"id": str(watch.id), "ends_on": watch.ends_on.isoformat()}, status_code=201)


@post(
    "/api/watches/{watch_id:uuid}/end",
    may=Act.APPROVE,
    summary="End a watch early",
    status_code=200,
    before_request=shaped(EndWatch),
)
async def end_watch(
    request: Request[Any, Any, Any], watch_id: FromPath[UUID], data: Annotated[Any, Body(title="Why")]
) -> dict[str, str]:
    """From today on it is not in force."""
    context = context_of(request)
    reason = msgspec.convert(data, EndWatch).reason
    watch = await context.database.write(end_early, request.user, watch_id, reason, context.clock.today())
    return {"id": str(watch.id), "ended_on": context.clock.today().isoformat()}


@get(
    "/api/watches/lines",
    operation_id="listRaisedMinimums",
    may=Act.SEE,
    summary="What the watches in force raise, and what of it is ready",
)
async def list_raised(request: Request[Any, Any, Any], depot: Code = None) -> list[RaisedLine]:
    """Within the caller's reach, what is short first; of one depot or of all."""
    context = context_of(request)
    return await context.database.survey(under_watch, request.user, context.clock.today(), depot)


@get("/api/watches/{watch_id:uuid}", may=Act.SEE, summary="A watch")
async def get_watch(request: Request[Any, Any, Any], watch_id: FromPath[UUID]) -> WatchRow:
    """One of the last hundred."""
    context = context_of(request)
    return the_one(await context.database.read(watches, context.clock.today()), "id", watch_id)


ROUTES = [get_watch, list_watches, declare_watch, end_watch, list_raised]
