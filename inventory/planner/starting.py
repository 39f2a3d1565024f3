"""Starting a plan from a request: entered in its transaction, made in a thread of its own."""

from uuid import UUID

from core.background import go_on
from core.context import AppContext
from inventory.planner.making import PlanWish, make_plan, start_plan, terms_of
from people.policy import Caller


async def begin_plan(context: AppContext, caller: Caller, wish: PlanWish) -> UUID:
    """Enter a plan and let it be made; returns its id at once."""
    terms = terms_of(wish, context.settings)
    plan_id = await context.database.write(start_plan, caller, wish, terms, context.clock.now())
    go_on(make_plan, context, caller, plan_id)
    return plan_id
