"""How clocks follow gear: what comes in gets its clocks, what moves takes them along, what was used is to be seen to.

Called by the ledger, in the movement's own transaction. What merely changes its shelf, or is taken, costs nothing here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.columns import among
from core.database import date_in
from depots.models import Depot
from inventory.catalogue.models import Item, Tracking
from inventory.clocks.anchors import BY_USE
from inventory.clocks.clocks import (
    Plans,
    clock_of,
    due_row,
    facts_of,
    figures_changed,
    plans_of,
    put_rows,
    rule_of,
    set_clock,
)
from inventory.clocks.models import Due, MaintenancePlan
from inventory.clocks.rules import rebase, used
from inventory.clocks.terms import Clock, Rule
from inventory.stock.carrying import inner_places
from inventory.stock.lines import Line
from inventory.stock.models import Kind, Lot, Stock


@dataclass(frozen=True)
class Arrival:
    """A lot that came to a depot."""

    lot_id: UUID
    item_id: UUID
    depot_id: UUID
    day: date


def follow(session: Session, lines: Sequence[Line]) -> None:
    """Bring the clocks in line with movements that were just booked."""
    arrivals = [
        Arrival(line.lot_id, line.item_id, line.target.depot_id, _day(session, line.happened_at))
        for line in lines
        if not line.target.outside and (line.source.outside or line.source.depot_id != line.target.depot_id)
    ]
    for line in lines:
        if line.holds and not line.target.outside and line.source.depot_id != line.target.depot_id:
            arrivals += _aboard(session, line.lot_id, line.target.depot_id, _day(session, line.happened_at))
    if arrivals:
        arrive(session, arrivals)
    back = {line.lot_id: line for line in lines if line.kind == Kind.RETURN and not line.target.outside}
    if back:
        _came_back(session, list(back.values()))


def _day(session: Session, instant: datetime) -> date:
    return date_in(session, instant)


def _aboard(session: Session, lot_id: UUID, depot_id: UUID, day: date) -> list[Arrival]:
    """What came along on a vehicle or in a kit."""
    places = inner_places(session, lot_id)
    rows = session.execute(
        select(Stock.lot_id, Stock.item_id).where(Stock.place_id.in_(places), Stock.quantity > 0).distinct()
    )
    return [Arrival(lot, item, depot_id, day) for lot, item in rows]


def arrive(session: Session, arrivals: Collection[Arrival]) -> None:
    """Give what came its clocks. A piece that was elsewhere brings its own: it is due when it was, by the rule that
    holds here (T24). What has clocks here already keeps them (T37)."""
    plans = plans_of(session, {one.item_id for one in arrivals})
    coming = {(one.lot_id, one.depot_id): one for one in arrivals if plans.of(one.item_id)}
    if coming:
        coming = _without_clocks(session, coming, plans)
    if not coming:
        return
    lot_ids = {lot_id for lot_id, _ in coming}
    known = _clocks(session, lot_ids)
    left = {row.depot_id for clocks in known.values() for row in clocks}
    types = _types(session, left | {depot_id for _, depot_id in coming})
    rows: list[dict[str, Any]] = []
    elsewhere: set[tuple[UUID, UUID]] = set()
    lots = session.execute(
        select(Lot, Item.tracking).join(Item, Item.id == Lot.item_id).where(Lot.id.in_(lot_ids))
    ).all()
    tracked = {lot.id: (lot, tracking) for lot, tracking in lots}
    for (lot_id, depot_id), one in coming.items():
        lot, tracking = tracked[lot_id]
        facts = facts_of(lot, plans.scrap_months.get(one.item_id), one.day)
        there = {(row.depot_id, row.plan_code): row for row in known.get(lot_id, ())}
        for plan in plans.of(one.item_id):
            if (depot_id, plan.code) in there:
                continue
            before = [row for (_, code), row in there.items() if code == plan.code and tracking == Tracking.SERIAL]
            own = before[0].anchor_on if before else None
            rule = rule_of(plan, types[depot_id], own)
            clock = _moved(plan, rule, before[0], types) if before else Clock()
            elsewhere |= {(lot_id, row.depot_id) for row in before}
            since = _since(plan, rule, before[0], types, one.day) if before else one.day
            rows.append(due_row(lot_id, depot_id, plan.code, rule, replace(facts, since=since), clock, anchor_on=own))
    if elsewhere:
        session.execute(delete(Due).where(among((Due.lot_id, Due.depot_id), elsewhere)))
        for row in (row for clocks in known.values() for row in clocks if (row.lot_id, row.depot_id) in elsewhere):
            session.expunge(row)
    put_rows(session, rows)


def _without_clocks(
    session: Session, coming: dict[tuple[UUID, UUID], Arrival], plans: Plans
) -> dict[tuple[UUID, UUID], Arrival]:
    """Those that lack a clock of one of their plans here."""
    lot_ids = {lot_id for lot_id, _ in coming}
    rows = session.execute(select(Due.lot_id, Due.depot_id, Due.plan_code).where(Due.lot_id.in_(lot_ids)))
    there = {tuple(row) for row in rows}
    return {
        key: one for key, one in coming.items() if any((*key, plan.code) not in there for plan in plans.of(one.item_id))
    }


def _moved(plan: MaintenancePlan, rule: Rule, row: Due, types: dict[UUID, str]) -> Clock:
    """A piece's clock at another depot: as it was where the same rule holds, else counted from the last act."""
    clock = clock_of(row)
    return clock if _same(plan, rule, row, types) else rebase(rule, clock)


def _since(plan: MaintenancePlan, rule: Rule, row: Due, types: dict[UUID, str], day: date) -> date:
    """Since when a piece is under its plan: what was never done is not due anew because it has moved (T24)."""
    return min(row.since_on, day) if _same(plan, rule, row, types) else day


def _same(plan: MaintenancePlan, rule: Rule, row: Due, types: dict[UUID, str]) -> bool:
    return rule_of(plan, types[row.depot_id], row.anchor_on) == rule


def _types(session: Session, depot_ids: Collection[UUID]) -> dict[UUID, str]:
    rows = session.execute(select(Depot.id, Depot.type_code).where(Depot.id.in_(depot_ids)))
    return {depot_id: type_code for depot_id, type_code in rows}


def _clocks(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, list[Due]]:
    found: dict[UUID, list[Due]] = {}
    for row in session.execute(select(Due).where(Due.lot_id.in_(lot_ids))).scalars():
        found.setdefault(row.lot_id, []).append(row)
    return found


def _came_back(session: Session, lines: Sequence[Line]) -> None:
    """Plans that ask for something after each use: it is due now (T40)."""
    rows = session.execute(
        select(Due, MaintenancePlan, Lot, Depot.type_code)
        .join(MaintenancePlan, MaintenancePlan.code == Due.plan_code)
        .join(Lot, Lot.id == Due.lot_id)
        .join(Depot, Depot.id == Due.depot_id)
        .where(
            among((Due.lot_id, Due.depot_id), {(line.lot_id, line.target.depot_id) for line in lines}),
            MaintenancePlan.anchor.in_(BY_USE),
        )
    ).all()
    if not rows:
        return
    stale: set[tuple[UUID, UUID]] = set()
    days = {line.lot_id: _day(session, line.happened_at) for line in lines}
    for row, plan, lot, type_code in rows:
        rule, day = rule_of(plan, type_code, row.anchor_on), days[row.lot_id]
        facts = facts_of(lot, None, row.since_on)
        stale |= set_clock(row, lot.item_id, rule, facts, used(clock_of(row), day), day)
    figures_changed(session, stale)
    session.flush()


def dates_moved(session: Session, lot_ids: Collection[UUID], today: date) -> None:
    """The date of manufacture of these lots is another: clocks that count from it are worked out anew."""
    rows = session.execute(
        select(Due, MaintenancePlan, Lot, Depot.type_code)
        .join(MaintenancePlan, MaintenancePlan.code == Due.plan_code)
        .join(Lot, Lot.id == Due.lot_id)
        .join(Depot, Depot.id == Due.depot_id)
        .where(Due.lot_id.in_(lot_ids))
        .order_by(Due.lot_id, Due.plan_code, Due.depot_id)
        .with_for_update(of=Due)
    ).all()
    if not rows:
        return
    months = plans_of(session, {lot.item_id for _, _, lot, _ in rows}).scrap_months
    stale: set[tuple[UUID, UUID]] = set()
    for row, plan, lot, type_code in rows:
        rule, facts = rule_of(plan, type_code, row.anchor_on), facts_of(lot, months.get(lot.item_id), row.since_on)
        stale |= set_clock(row, lot.item_id, rule, facts, clock_of(row), today)
    figures_changed(session, stale)
    session.flush()
