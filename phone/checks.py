"""The checks that are due at a depot, for a phone to store: each plan with its questions, each piece with its date."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from depots.models import Place
from depots.places import visible_depot
from inventory.clocks.clocks import SCRAP
from inventory.clocks.models import Due, MaintenancePlan
from inventory.clocks.plans import Question, checklist_of
from inventory.stock.models import Stock
from inventory.upkeep.lists import state_today
from people.policy import Act, Caller, may_at

AHEAD = timedelta(days=14)  # a check may be due before the phone has a signal again
MOST = 1000
Row = dict[str, Any]


class DueChecks(msgspec.Struct, frozen=True):
    """What must be looked at here within some days. ``due`` is in shelf order, a piece where most of it lies."""

    at: datetime
    plans: list[Row]
    due: list[Row]


def due_checks(session: Session, caller: Caller, code: str, now: datetime, today: date) -> DueChecks:
    """The checks that the caller may do at a depot. Two queries, with the depot's own."""
    depot = visible_depot(session, caller, code)
    keeps = may_at(caller, Act.KEEP, depot.id, depot.district_code)
    if not may_at(caller, Act.TAKE, depot.id, depot.district_code):
        return DueChecks(now, [], [])
    rows = session.execute(
        select(Due, MaintenancePlan, Place.id)
        .join(MaintenancePlan, MaintenancePlan.code == Due.plan_code)
        .join(Stock, (Stock.lot_id == Due.lot_id) & (Stock.depot_id == Due.depot_id))
        .join(Place, Place.id == Stock.place_id)
        .where(
            Due.depot_id == depot.id,
            or_(Due.due_on <= today + AHEAD, Due.blocked_from <= today),
            Due.due_on.is_not(None),
            MaintenancePlan.kind.in_(("check", "service") if keeps else ("check",)),
            MaintenancePlan.kind != SCRAP,
            ~Stock.outside,
            Stock.quantity > 0,
            Place.in_reach,
        )
        .order_by(Place.position, Place.path_zh, Due.plan_code, Due.due_on, Due.lot_id, Stock.quantity.desc())
        .limit(MOST)
    ).all()
    found: dict[tuple[UUID, str], Row] = {}
    plans: dict[str, MaintenancePlan] = {}
    for due, plan, place_id in rows:
        plans[plan.code] = plan
        row = {"lot": due.lot_id, "plan": plan.code, "place": place_id, "due_on": due.due_on}
        found.setdefault((due.lot_id, plan.code), row | {"state": state_today(due, today).value})
    return DueChecks(now, [_plan(plan) for _, plan in sorted(plans.items())], list(found.values()))


def _plan(plan: MaintenancePlan) -> Row:
    questions: list[Question] = checklist_of(plan)
    names = {"code": plan.code, "zh": plan.task_zh, "en": plan.task_en, "kind": plan.kind, "blocks": plan.blocks_use}
    return names | {"questions": questions}
