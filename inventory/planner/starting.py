"""Starting a plan from a request: entered in its transaction, made in a thread of its own."""

import asyncio
from typing import Any
from uuid import UUID

from core.context import AppContext
from inventory.planner.making import PlanWish, make_plan, start_plan, terms_of
from people.policy import Caller

_tasks: set[asyncio.Task[Any]] = set()  # a task that nobody holds may be forgotten half-way


async def begin_plan(context: AppContext, caller: Caller, wish: PlanWish) -> UUID:
    """Enter a plan and let it be made; returns its id at once."""
    terms = terms_of(wish, context.settings)
    plan_id = await context.database.write(start_plan, caller, wish, terms, context.clock.now())
    task = asyncio.create_task(asyncio.to_thread(make_plan, context, caller, plan_id))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return plan_id
