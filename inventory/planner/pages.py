"""Pages of plans: ask for one, watch it being made, edit it, turn it into transfer requests."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import bad_field
from core.languages import N_
from core.pages import form_of, page
from depots.models import District, Profile
from inventory.planner.carrying_out import Change, ask_for_transfers, edit
from inventory.planner.making import PlanWish
from inventory.planner.proposal import PlanRow, plan_row, plan_view, plans
from inventory.planner.rules import prices_from
from inventory.planner.starting import begin_plan
from inventory.planner.words import KIND_WORDS, STAGE_WORDS, STATE_WORDS
from people.policy import Act

Number = Annotated[int, QueryParameter(name="page", ge=1, le=100_000)]
Done = Annotated[str | None, QueryParameter(max_length=20)]


def choices(session: Session) -> dict[str, Any]:
    """What a plan may be narrowed to."""
    types = select(Profile).where(Profile.kind == "type", Profile.active).order_by(Profile.code)
    return {
        "districts": list(session.execute(select(District).order_by(District.code)).scalars()),
        "types": list(session.execute(types).scalars()),
    }


@get("/supply-plans", may=Act.APPROVE, include_in_schema=False)
async def plans_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The plans made so far, and the form for a new one."""
    context = context_of(request)
    rows = await context.database.read(plans, request.user, context.clock.now())
    found = await context.database.read(choices)
    return page(
        request, "inventory/planner/plans.html", plans=rows, states=STATE_WORDS, settings=context.settings, **found
    )


@post("/supply-plans", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def make_plan_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Enter a plan and show how far it is."""
    plan_id = await begin_plan(context_of(request), request.user, _wish(await form_of(request)))
    return Redirect(f"/supply-plans/{plan_id}", status_code=303)


def _wish(form: dict[str, str]) -> PlanWish:
    """The form's fields as a wish. Refuses (422) what is no number, naming the field."""
    known = {field.name for field in msgspec.structs.fields(PlanWish)}
    given: dict[str, Any] = {name: value for name, value in form.items() if name in known and value.strip()}
    given |= {name: form.get(name) == "yes" for name in ("buy", "recommended")}
    for name, value in given.items():
        try:
            msgspec.convert({name: value}, PlanWish, strict=False)
        except msgspec.ValidationError:
            raise bad_field(name, N_("this number is not possible here")) from None
    return msgspec.convert(given, PlanWish, strict=False)


@get("/supply-plans/{plan_id:uuid}", may=Act.APPROVE, include_in_schema=False)
async def plan_page(
    request: Request[Any, Any, Any], plan_id: FromPath[UUID], number: Number = 1, done: Done = None
) -> Response[str]:
    """One plan: how far it is, or what it proposes."""
    context = context_of(request)
    view = await context.database.read(plan_view, request.user, plan_id, number, context.clock.now())
    return page(
        request,
        "inventory/planner/plan.html",
        view=view,
        plan=view.plan,
        number=number,
        done=done,
        kinds=KIND_WORDS,
        states=STATE_WORDS,
        stages=STAGE_WORDS,
        prices=prices_from(context.settings.plan_prices),
    )


@get("/supply-plans/{plan_id:uuid}/progress", may=Act.APPROVE, include_in_schema=False)
async def plan_progress(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> dict[str, Any]:
    """How far a plan is, for its page."""
    context = context_of(request)
    row: PlanRow = await context.database.read(plan_row, request.user, plan_id, context.clock.now())
    stages = list(STAGE_WORDS)
    done = stages.index(row.stage) if row.stage in stages else 0
    return {"state": row.state, "stage": row.stage, "done": done, "total": len(stages)}


@post("/supply-plans/{plan_id:uuid}/lines", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def edit_page(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Response[Any]:
    """Save the quantities of a page's lines; an empty one strikes its line out."""
    context, form = context_of(request), await form_of(request)
    changes = [Change(_id(name[2:]), value) for name, value in form.items() if name.startswith("q-")]
    now, today = context.clock.now(), context.clock.today()
    await context.database.offload(edit, request.user, plan_id, changes, now, today)
    number = form.get("page", "1")
    return Redirect(f"/supply-plans/{plan_id}?done=kept&page={number if number.isdecimal() else 1}", status_code=303)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise bad_field("line", N_("there is no such line in this plan")) from None


@post("/supply-plans/{plan_id:uuid}/requests", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def ask_page(request: Request[Any, Any, Any], plan_id: FromPath[UUID]) -> Response[Any]:
    """Turn the plan's trips into transfer requests."""
    context = context_of(request)
    await context.database.offload(ask_for_transfers, request.user, plan_id, context.moment())
    return Redirect(f"/supply-plans/{plan_id}?done=asked", status_code=303)


ROUTES = [plans_page, make_plan_page, plan_page, plan_progress, edit_page, ask_page]
