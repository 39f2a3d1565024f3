"""JSON routes of upkeep: what is due and what was done, plans and their versions."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, get, put
from litestar.params import Body, FromPath, QueryParameter

from core.bodies import shaped
from core.context import context_of
from core.paging import PAGE_DEFAULT, Cursor, Limit, Page, the_one
from inventory.clocks.plans import PlanEdit, PlanRow, Question, checklist_of, edit_plan, plan_rows, the_plan
from inventory.stock.labelled import labelled
from inventory.upkeep.lists import HORIZON, CheckFilters, CheckRow, checks
from people.policy import Act

Text = Annotated[str | None, QueryParameter(max_length=100)]
Type = Annotated[str | None, QueryParameter(name="type", max_length=8)]
Id = Annotated[UUID | None, QueryParameter()]
Days = Annotated[int, QueryParameter(ge=0, le=3660, description="days ahead, for `open`")]
Which = Annotated[Literal["open", "overdue", "blocked", "all", "done"], QueryParameter(name="state")]


@get("/api/checks", may=Act.SEE, summary="What must be looked at and when, and what was")
async def list_checks(
    request: Request[Any, Any, Any],
    *,
    which: Which = "open",
    depot: Text = None,
    district: Text = None,
    type_code: Type = None,
    item: Text = None,
    plan: Text = None,
    lot: Id = None,
    place: Id = None,
    within: Days = HORIZON,
    limit: Limit = PAGE_DEFAULT,
    cursor: Cursor = None,
) -> Page[CheckRow]:
    """``open``: overdue or due within so many days, the soonest first; ``overdue``; ``blocked``: not ready because of
    it; ``all`` that have a date; ``done``: the record, newest first. Filtered by depot, district, type, item, plan, lot
    and place."""
    context = context_of(request)
    filters = CheckFilters(which, depot, district, type_code, item, plan, lot, place, within)
    return await context.database.read(labelled(checks), request.user, filters, context.clock.today(), limit, cursor)


@get("/api/plans", operation_id="listCheckPlans", may=Act.SEE, summary="What is looked at, how often, and by whom")
async def list_plans(request: Request[Any, Any, Any], q: Text = None) -> list[PlanRow]:
    """All plans by item; with ``q`` those whose code, item or task has these letters."""
    return await context_of(request).database.read(plan_rows, q)


@get("/api/plans/{code:str}/checklist", operation_id="getChecklist", may=Act.SEE, summary="What a check of a plan asks")
async def plan_checklist(request: Request[Any, Any, Any], code: FromPath[str]) -> list[Question]:
    """Empty: only whether it is in order."""
    return await context_of(request).database.read(lambda session: checklist_of(the_plan(session, code)))


class VersionMade(msgspec.Struct, frozen=True):
    """A new version of a plan: how many due dates were worked out anew, and how many of them moved."""

    plan: str
    version: int
    recalculated: int
    moved: int


@put(
    "/api/plans/{code:str}",
    operation_id="editCheckPlan",
    may=Act.APPROVE,
    before_request=shaped(PlanEdit),
    summary="A new version of a plan",
)
async def put_plan(
    request: Request[Any, Any, Any], code: FromPath[str], data: Annotated[Any, Body(title="What changes, and why")]
) -> VersionMade:
    """Every due date of its item is worked out anew; what was done stays in the record."""
    context = context_of(request)
    edit = msgspec.convert(data, PlanEdit)
    version = await context.database.offload(edit_plan, request.user, code, edit, context.clock.now())
    return VersionMade(code, version.version, version.recalculated, version.moved)


@get("/api/plans/{code:str}", may=Act.SEE, summary="A plan of checks")
async def get_check_plan(request: Request[Any, Any, Any], code: FromPath[str]) -> PlanRow:
    """As it is listed."""
    return the_one(await context_of(request).database.read(plan_rows, None), "code", code)


ROUTES = [get_check_plan, list_checks, list_plans, plan_checklist, put_plan]
