"""JSON routes for the phone app: what it keeps of a depot, and the report of a count."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.params import FromPath
from sqlalchemy.orm import Session

from core.compression import COMPRESSED
from core.context import context_of
from core.errors import not_found
from core.languages import N_
from depots.models import Depot
from inventory.documents.count_report import report, told_line
from inventory.stock.count_models import Count, CountPurpose, CountState
from labels.phone import Shelves, Work, shelves, work
from people.policy import Act, Caller, may_at, require_at


@get(
    "/api/phone/{depot_code:str}/shelves",
    may=Act.SEE,
    summary="A depot's stock with all codes, for a phone to keep",
    middleware=[COMPRESSED],
)
async def get_shelves(request: Request[Any, Any, Any], depot_code: FromPath[str]) -> Shelves:
    """Everything that the phone app needs to work without a signal."""
    context = context_of(request)
    return await context.database.read(shelves, request.user, depot_code, context.clock.now(), context.clock.today())


@get(
    "/api/phone/{depot_code:str}/work",
    may=Act.SEE,
    summary="A depot's open work, for a phone to keep",
    middleware=[COMPRESSED],
)
async def get_work(request: Request[Any, Any, Any], depot_code: FromPath[str]) -> Work:
    """Open loans, call-outs, transfers, counts, faults and proposals."""
    context = context_of(request)
    return await context.database.read(work, request.user, depot_code, context.clock.now())


class CountReport(msgspec.Struct, frozen=True):
    """A count line by line. To who may not approve it, an open stocktake is blind: without the book."""

    id: UUID
    purpose: CountPurpose
    state: CountState
    blind: bool
    lines: list[dict[str, Any]]


@get("/api/counts/{count_id:uuid}", may=Act.SEE, summary="The report of a count")
async def get_count(request: Request[Any, Any, Any], count_id: FromPath[UUID]) -> CountReport:
    """Counted, book and difference of each line; what waits for a recount; what nobody counted."""
    return await context_of(request).database.read(_report, request.user, count_id)


def _report(session: Session, caller: Caller, count_id: UUID) -> CountReport:
    count = session.get(Count, count_id)
    if count is None:
        raise not_found(N_("there is no count with this id"))
    depot = session.get_one(Depot, count.depot_id)
    require_at(caller, Act.SEE, depot.id, depot.district_code)
    blind = (
        count.purpose == CountPurpose.STOCKTAKE
        and count.state == CountState.OPEN
        and not may_at(caller, Act.APPROVE, depot.id, depot.district_code)
    )
    lines = [told_line(row, blind) for row in report(session, count)]
    return CountReport(count.id, count.purpose, count.state, blind, lines)


ROUTES = [get_shelves, get_work, get_count]
