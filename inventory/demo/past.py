"""The past of the demo's gear: when each task was last done, most in time, a few percent not."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.ids import new_id
from core.prepared import enter
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.clocks.anchors import ANCHORINGS, BY_SHIFT
from inventory.clocks.clocks import (
    SCRAP,
    clock_of,
    due_row,
    facts_of,
    figures_changed,
    put_rows,
    rule_of,
    set_clock,
)
from inventory.clocks.models import Check, Due, MaintenancePlan, Outcome
from inventory.clocks.rules import close, open_date, rebase
from inventory.clocks.terms import Clock, Facts, Rule
from inventory.demo.gear import RECEIVED, Piece, Shelf
from inventory.stock.models import Lot
from inventory.telling.scene import shift_day

LATE, LATE_AND_BLOCKED = 0.05, 0.012  # shares of the clocks that are overdue
SHIFT_AT = time(8, 30)


def enter_past(session: Session, shelves: Sequence[Shelf], keeper_id: UUID) -> None:
    """Give the pieces that depots are about to receive their clocks, and the record of the last act of each."""
    dues: list[dict[str, Any]] = []
    done: list[dict[str, Any]] = []
    for shelf in shelves:
        _past_of_depot(shelf, keeper_id, dues, done)
    put_rows(session, dues)
    enter(session, table_of(Check), done)


def _past_of_depot(shelf: Shelf, keeper_id: UUID, dues: list[dict[str, Any]], done: list[dict[str, Any]]) -> None:
    plans = shelf.catalogue.plans
    there = [*((item, lot) for item, lot, _, _ in shelf.stocked), *shelf.in_kits]
    pieces = list({lot.id: (item, lot) for item, lot in there if plans.of(item.id)}.values())
    rng = random.Random(f"past/{'/'.join(lot.mark for _, lot in pieces[:3])}")
    since = shelf.today - RECEIVED
    rules: dict[str, Rule] = {}
    for item, lot in pieces:
        facts = facts_of(lot.made, plans.scrap_months.get(item.id), since)
        for plan in plans.of(item.id):
            rule = rules.get(plan.code) or rules.setdefault(plan.code, rule_of(plan, shelf.type_code))
            clock = Clock() if plan.kind == SCRAP else past_of(rule, facts, shelf.today, rng)
            dues.append(due_row(lot.id, shelf.depot_id, plan.code, rule, facts, clock))
            if clock.last_done_on is not None:
                done.append(_record(shelf, plan, lot, clock, keeper_id))


def past_of(rule: Rule, facts: Facts, today: date, rng: random.Random) -> Clock:
    """A clock of which the open date lies ahead, but for a few that are overdue."""
    late = rng.random() < (LATE_AND_BLOCKED if rule.blocks else LATE)
    anchoring = ANCHORINGS[rule.anchor]
    if anchoring.by_use:
        return Clock(last_done_on=today - timedelta(days=rng.randint(10, 200)))
    if anchoring.from_birth:
        return _served(rule, facts, today, late=late)
    span = max(1, (rule.every or 1) * {"month": 30, "week": 7}.get(rule.unit, 1))
    missed = span * (2 if anchoring.fixed else 1)  # of a calendar's period the whole next one passes in time
    ago = missed + rng.randint(1, max(2, span // 3)) if late else rng.randint(0, span - 1)
    clock = rebase(rule, Clock(last_done_on=today - timedelta(days=ago)))
    due = open_date(rule, Facts(date(1990, 1, 1)), clock)
    if late or due is None or due >= today:
        return clock
    return rebase(rule, Clock(last_done_on=today))


def _served(rule: Rule, facts: Facts, today: date, *, late: bool) -> Clock:
    """Served at every point so far; if late, all but the last."""
    clocks = [Clock()]
    while rule.every is not None:
        due = open_date(rule, facts, clocks[-1])
        if due is None or due >= today:
            break
        clocks.append(close(rule, facts, clocks[-1], due).clock)
    return clocks[-2] if late and len(clocks) > 1 else clocks[-1]


def _record(shelf: Shelf, plan: MaintenancePlan, lot: Piece, clock: Clock, keeper_id: UUID) -> dict[str, Any]:
    day = clock.last_done_on or shelf.today
    at = min(datetime.combine(day, time(10, 0), shelf.now.tzinfo), shelf.now)
    return _row(plan.code, plan.version, lot.id, shelf.depot_id, lot.home_place_id, day=day, at=at, keeper_id=keeper_id)


def _row(
    plan_code: str,
    version: int,
    lot_id: UUID,
    depot_id: UUID,
    place_id: UUID | None,
    *,
    day: date,
    at: datetime,
    keeper_id: UUID,
) -> dict[str, Any]:
    return {
        "id": new_id(),
        "plan_code": plan_code,
        "plan_version": version,
        "lot_id": lot_id,
        "depot_id": depot_id,
        "place_id": place_id,
        "outcome": Outcome.PASSED,
        "done_on": day,
        "answers": "{}",
        "note": "演示",
        "scanned": True,
        "person_id": keeper_id,
        "happened_at": at,
        "recorded_at": at,
    }


def keep_shifts(session: Session, now: datetime, zone: ZoneInfo, keeper_id: UUID) -> int:
    """The shift checks of the demo city's present shift, so that a demo started on another day is not all overdue."""
    day = shift_day(now, zone, SHIFT_AT)
    rows = session.execute(
        select(Due, MaintenancePlan, Lot, Item.retire_age_months, Depot.type_code)
        .join(MaintenancePlan, MaintenancePlan.code == Due.plan_code)
        .join(Lot, Lot.id == Due.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Depot, Depot.id == Due.depot_id)
        .where(MaintenancePlan.anchor.in_(BY_SHIFT), Due.due_on < day)
    ).all()
    done, stale = [], set()
    for due, plan, lot, retire_age, type_code in rows:
        rule, facts = rule_of(plan, type_code), facts_of(lot, retire_age, due.since_on)
        clock = close(rule, facts, clock_of(due), day).clock
        stale |= set_clock(due, lot.item_id, rule, facts, clock, day)
        done.append(_row(plan.code, plan.version, lot.id, due.depot_id, None, day=day, at=now, keeper_id=keeper_id))
    if done:
        session.flush()
        enter(session, table_of(Check), done)
        figures_changed(session, stale)
    return len(done)
