"""Measure the planner on the whole city: see README.md beside this file."""

import argparse
import resource
import statistics
import time
from typing import Any
from uuid import uuid4

import msgspec

from benchmarks.run import prepare
from core.clock import SystemClock
from core.context import AppContext
from core.database import Database
from core.settings import Settings
from inventory.planner.making import Figures, PlanWish, make_plan, start_plan, terms_of
from inventory.planner.models import Plan, PlanState
from inventory.watch.declaring import DeclareWatch, declare, end_early
from inventory.watch.models import WatchKind, WatchLevel
from people.accounts import caller_called
from people.policy import Caller
from rooms import LISTENERS

ROUNDS = 3


def measure(context: AppContext, caller: Caller, wish: PlanWish) -> float:
    """Make one plan as the page does and print what it found; returns the seconds from start to written."""
    began = time.monotonic()
    terms = terms_of(wish, context.settings)
    plan_id = context.database.run(start_plan, caller, wish, terms, context.clock.now())
    make_plan(context, caller, plan_id)
    took = time.monotonic() - began
    with context.database.transaction(writes=False) as session:
        plan = session.get_one(Plan, plan_id)
        if plan.state is not PlanState.DONE:
            raise SystemExit(f"the plan failed: {plan.error}")
        told = msgspec.json.decode(plan.figures, type=Figures)
    gaps, closed = sum(told.gaps.values()), sum(told.closed.values())
    print(
        f"  {took:.1f} s ({told.reading_seconds:.1f} reading, {told.solving_seconds:.1f} solving): "
        f"{closed} of {gaps} gaps close; at most {told.gap_closing:.2%} fewer than possible, "
        f"{told.gap_cost:.2%} dearer than the cheapest",
        flush=True,
    )
    return took


def main() -> None:
    """Three plans of each kind on a city that is entered if it is not there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--depots", type=int, default=1001)
    parser.add_argument("--watch", default="", help="a watch in force meanwhile raises the minimums by this factor")
    parser.add_argument("--category", default="", help="the watch's category of gear")
    arguments = parser.parse_args()
    settings = Settings(database_url=arguments.database_url)
    context = AppContext(settings, Database(arguments.database_url, listeners=LISTENERS), SystemClock(settings.zone))
    prepare(context.database, arguments.depots)
    caller = context.database.run(caller_called, "admin", context.clock.now())
    watch = None
    if arguments.watch:
        wish: dict[str, Any] = {
            "id": uuid4(),
            "kind": WatchKind.TYPHOON,
            "level": WatchLevel.RED,
            "reason": "benchmark",
            "days": 1,
        }
        watch = DeclareWatch(**wish, factor=arguments.watch, category=arguments.category)
        context.database.run(declare, caller, watch, context.clock.now(), context.clock.today())
    try:
        measure_all(context, caller)
    finally:
        if watch:
            context.database.run(end_early, caller, watch.id, "benchmark", context.clock.today())


def measure_all(context: AppContext, caller: Caller) -> None:
    """Three plans of each kind."""
    for name, wish in {
        "transfers and purchases": PlanWish(),
        "transfers only": PlanWish(buy=False),
        "purchases for a million yuan at most": PlanWish(budget=1_000_000),
    }.items():
        print(name, flush=True)
        print(f"  median {statistics.median(measure(context, caller, wish) for _ in range(ROUNDS)):.1f} s", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of the process {peak:.0f} MB")


if __name__ == "__main__":
    main()
