"""The clocks that an act is about, with all that it must know of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import local_date
from core.columns import among
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.clocks.anchors import ANCHORINGS
from inventory.clocks.clocks import (
    Plans,
    facts_of,
    plans_of,
    rule_of,
    set_clock,
)
from inventory.clocks.models import Due, MaintenancePlan
from inventory.clocks.terms import Clock, Facts, Rule
from inventory.stock.models import Lot, Stock
from inventory.telling.scene import Scene, shift_day
from people.policy import Act, may_at


@dataclass
class Subject:
    """A clock with everything that an act on it must know."""

    row: Due
    plan: MaintenancePlan
    lot: Lot
    item: Item
    depot: Depot
    place_id: UUID | None
    quantity: Decimal
    rule: Rule
    facts: Facts

    def set_clock(self, clock: Clock, today: date) -> set[tuple[UUID, UUID]]:
        """Put the clock; the (depot, item) whose figures change by it."""
        return set_clock(self.row, self.lot.item_id, self.rule, self.facts, clock, today)


def done_on(scene: Scene, rule: Rule) -> date:
    """The day that an act belongs to: the shift's for shift plans (T30), else the calendar's (T29)."""
    if ANCHORINGS[rule.anchor].by_shift:
        return shift_day(scene.happened_at, scene.moment.zone, scene.moment.shift_at)
    return local_date(scene.happened_at, scene.moment.zone)


def subjects_of(scene: Scene, keys: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], Subject]:
    """The clocks with these (lot, plan) at depots where the caller may act, locked. Three queries."""
    session = scene.session
    lot_ids = {lot_id for lot_id, _ in keys}
    rows = session.execute(
        select(Due, MaintenancePlan, Lot, Item, Depot)
        .join(MaintenancePlan, MaintenancePlan.code == Due.plan_code)
        .join(Lot, Lot.id == Due.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Depot, Depot.id == Due.depot_id)
        .where(among((Due.lot_id, Due.plan_code), keys))
        .order_by(Due.lot_id, Due.plan_code, Due.depot_id)
        .with_for_update(of=Due)
        .execution_options(populate_existing=True)
    ).all()
    plans = plans_of(session, {item.id for _, _, _, item, _ in rows})
    where = where_kept(session, lot_ids)
    found: dict[tuple[UUID, str], Subject] = {}
    for row, plan, lot, item, depot in rows:
        if not may_at(scene.caller, Act.TAKE, depot.id, depot.district_code):
            continue
        place_id, quantity = where.get((lot.id, depot.id), (None, Decimal(0)))
        key = (lot.id, plan.code)
        if key in found and quantity <= found[key].quantity:
            continue
        found[key] = Subject(row, plan, lot, item, depot, place_id, quantity, *_terms(plan, plans, lot, depot, row))
    return found


def _terms(plan: MaintenancePlan, plans: Plans, lot: Lot, depot: Depot, row: Due) -> tuple[Rule, Facts]:
    rule = rule_of(plan, depot.type_code, row.anchor_on)
    return rule, facts_of(lot, plans.scrap_months.get(lot.item_id), row.since_on)


def where_kept(session: Session, lot_ids: set[UUID]) -> dict[tuple[UUID, UUID], tuple[UUID, Decimal]]:
    """Where most of each lot lies in each depot."""
    rows = session.execute(
        select(Stock.lot_id, Stock.depot_id, Stock.place_id, Stock.quantity)
        .where(Stock.lot_id.in_(lot_ids), ~Stock.outside, Stock.quantity > 0)
        .order_by(Stock.quantity, Stock.place_id)
    )
    return {(lot_id, depot_id): (place_id, quantity) for lot_id, depot_id, place_id, quantity in rows}
