"""JSON routes of plans: make one, read it, edit it, turn it into transfer requests."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import Body, FromPath, QueryParameter

from core.bodies import shaped
from core.context import context_of
from inventory.planner.carrying_out import Change, ask_for_transfers, edit
from inventory.planner.making import PlanWish
from inventory.planner.proposal import NamedLine, PlanRow, Totals, plan_row, plan_view, plans
from inventory.planner.starting import begin_plan
from people.policy import Act

Number = Annotated[int, QueryParameter(name="page", ge=1, le=100_000)]


class PlanTold(msgspec.Struct, frozen=True):
    """A plan, what it comes to, and one page (100) of its lines."""

    plan: PlanRow
    totals: Totals
    lines: list[NamedLine]
    page: int
    pages: int


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """New quantities of some lines; ``0`` strikes a line out."""

    changes: Annotated[list[Change], msgspec.Meta(max_length=500)]


@get(
    "/api/supply-plans",
    operation_id="listSupplyPlans",
    may=Act.APPROVE,
    summary="The newest plans: what to move and buy",
)
async def list_plans(request: Request[Any, Any, Any]) -> list[PlanRow]:
    """One's own; everybody's for who answers for the city. The last thirty."""
    context = context_of(request)
    return await context.database.read(plans, request.user, context.clock.now())


@post(
    "/api/supply-plans",
    operation_id="makeSupplyPlan",
    may=Act.APPROVE,
    summary="Make a plan for the open gaps",
    status_code=202,
    before_request=shaped(PlanWish),
)
async def make_plan_here(request: Request[Any, Any, Any], data: Annotated[Any, Body(title="A plan")]) -> PlanRow:
    """It is made in the background: ask for it again until its state is done."""
    context = context_of(request)
    plan_id = await begin_plan(context, request.user, msgspec.convert(data, PlanWish))
    return await context.database.read(plan_row, request.user, plan_id, context.clock.now())


@get(
    "/api/supply-plans/{plan_id:uuid}",
    operation_id="getSupplyPlan",
    may=Act.APPROVE,
    summary="A plan with a page of its lines",
)
async def get_plan(request: Request[Any, Any, Any], plan_id: FromPath[UUID], number: Number = 1) -> PlanTold:
    """Trips together, purchases last."""
    context = context_of(request)
    view = await context.database.read(plan_view, request.user, plan_id, number, context.clock.now())
    return PlanTold(view.plan, view.totals, view.lines, number, view.pages)


@post(
    "/api/supply-plans/{plan_id:uuid}/lines",
    operation_id="editSupplyPlan",
    may=Act.APPROVE,
    summary="Change quantities, strike lines out",
    status_code=200,
    before_request=shaped(Changes),
)
async def edit_plan(
    request: Request[Any, Any, Any], plan_id: FromPath[UUID], data: Annotated[Any, Body(title="Changes")]
) -> dict[str, int]:
    """All or none; how many lines were changed. 409 where a depot would give more than it can do without."""
    context = context_of(request)
    changes = msgspec.convert(data, Changes).changes
    now, today = context.clock.now(), context.clock.today()
    return {"changed": await context.database.offload(edit, request.user, plan_id, changes, now, today)}


@post(
    "/api/supply-plans/{plan_id:uuid}/requests",
    operation_id="requestTransfers",
    may=Act.APPROVE,
    summary="Turn the plan's trips into transfer requests",
    status_code=200,
)
async def ask_plan(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Response[dict[str, int]]:
    """All in one transaction; a second time nothing happens. How many transfers it has asked for."""
    context = context_of(request)
    asked = await context.database.offload(ask_for_transfers, request.user, plan_id, context.moment())
    return Response({"transfers": asked})


ROUTES = [list_plans, make_plan_here, get_plan, edit_plan, ask_plan]
