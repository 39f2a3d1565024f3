"""Plans and clocks between the tables and the rules: what a row says, and the row that a clock becomes."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.prepared import Prepared, each_column, write_all
from core.upsert import upsert_for
from inventory.catalogue.models import Item
from inventory.clocks.models import Due, MaintenancePlan
from inventory.clocks.rules import blocked_from, open_date, opens_on
from inventory.clocks.terms import CALENDAR_ANCHOR, Anchor, Clock, Facts, Rule, Season, scrap_from
from inventory.stock.models import DepotItem, Lot

SCRAP = "scrap"
_CLOCK = ("last_done_on", "base_on", "step", "closed_through", "used_on", "uses", "metered_on", "meter_base")


@dataclass(frozen=True)
class Plans:
    """The plans in force of some items."""

    by_item: dict[UUID, list[MaintenancePlan]]
    scrap_months: dict[UUID, int]

    def of(self, item_id: UUID) -> list[MaintenancePlan]:
        return self.by_item.get(item_id, [])


def plans_of(session: Session, item_ids: Collection[UUID]) -> Plans:
    """The plans in force of these items, with the age at which each item is scrap. One query."""
    found: dict[UUID, list[MaintenancePlan]] = defaultdict(list)
    months: dict[UUID, int] = {}
    rows = session.execute(
        select(MaintenancePlan, Item.retire_age_months)
        .join(Item, Item.id == MaintenancePlan.item_id)
        .where(MaintenancePlan.item_id.in_(item_ids), MaintenancePlan.active)
        .order_by(MaintenancePlan.code)
    )
    for plan, retire_age in rows:
        found[plan.item_id].append(plan)
        ages = [retire_age, plan.first_after_months if plan.kind == SCRAP else None, months.get(plan.item_id)]
        known = [age for age in ages if age]
        if known:
            months[plan.item_id] = min(known)
    return Plans(dict(found), months)


def rule_of(plan: MaintenancePlan, depot_type: str, anchor_on: date | None = None) -> Rule:
    """What a plan says for a thing at a depot of this type: where it is crowded another interval holds (T24).

    ``anchor_on``: the thing's own date of the calendar, such as that of a vehicle's insurance.
    """
    crowded = depot_type in plan.crowded_types.split() and plan.crowded_every is not None
    season = Season(_month_day(plan.season_from), _month_day(plan.season_to)) if plan.season_from else None
    return Rule(
        anchor=Anchor(plan.anchor),
        every=plan.crowded_every if crowded else plan.every,
        unit=plan.crowded_unit if crowded else plan.unit,
        first_after_months=plan.first_after_months,
        anchor_on=anchor_on or plan.anchor_on or CALENDAR_ANCHOR,
        season=season,
        off_every=plan.off_every,
        off_unit=plan.off_unit or "week",
        meter_every=plan.meter_every if plan.meter else None,
        blocks=plan.blocks_use,
        grace_days=plan.grace_days,
        retires=plan.kind == SCRAP,
    )


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)


@dataclass(frozen=True)
class Made:
    """What plans ask of a piece. A lot has it, too."""

    made_on: date | None
    made_precision: str
    in_service_on: date | None


def facts_of(lot: Lot | Made, scrap_months: int | None, since: date) -> Facts:
    """What the plans must know of a lot that came here on a day."""
    by_month = lot.made_precision == "month"
    return Facts(
        since=since,
        made_on=lot.made_on,
        made_by_month=by_month,
        in_service_on=lot.in_service_on,
        scrap_from=scrap_from(lot.made_on, scrap_months, by_month=by_month),
    )


def clock_of(row: Due) -> Clock:
    """How far a row's clock has come."""
    return Clock(**{name: getattr(row, name) for name in _CLOCK})


def due_row(
    lot_id: UUID,
    depot_id: UUID,
    plan_code: str,
    rule: Rule,
    facts: Facts,
    clock: Clock,
    *,
    anchor_on: date | None = None,
) -> dict[str, Any]:
    """The row of a clock."""
    due = open_date(rule, facts, clock)
    return {
        "lot_id": lot_id,
        "depot_id": depot_id,
        "plan_code": plan_code,
        "since_on": facts.since,
        "anchor_on": anchor_on,
        **_shown(rule, due),
        **{name: getattr(clock, name) for name in _CLOCK},
    }


def _shown(rule: Rule, due: date | None) -> dict[str, date | None]:
    opens = opens_on(rule, due) if due else None
    return {
        "due_on": due,
        "opens_on": None if opens == date.min else opens,
        "blocked_from": blocked_from(rule, due),
    }


def put_rows(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write the rows of clocks, in place of those that are there."""
    write_all(session, [(_put_due(session.get_bind().dialect.name), rows)])


@cache
def _put_due(dialect: str) -> Prepared:
    table = table_of(Due)
    statement = upsert_for(dialect, table).values(each_column(table))
    keys = ["lot_id", "depot_id", "plan_code"]
    changes = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    return Prepared(statement.on_conflict_do_update(index_elements=keys, set_=changes))


def set_clock(row: Due, item_id: UUID, rule: Rule, facts: Facts, clock: Clock, today: date) -> set[tuple[UUID, UUID]]:
    """Let a row's clock stand otherwise; returns the (depot, item) whose figures that changes, or none."""
    was = row.blocked_from
    for name, value in {**_shown(rule, open_date(rule, facts, clock)), **clock.__dict__}.items():
        setattr(row, name, value)
    now = row.blocked_from
    turned = (was is not None and was <= today) != (now is not None and now <= today)
    # An earlier day than the figures reckon with would pass unnoticed
    sooner = now is not None and (was is None or now < was)
    return {(row.depot_id, item_id)} if turned or sooner else set()


def figures_changed(session: Session, pairs: Collection[tuple[UUID, UUID]]) -> None:
    """Let the readiness of these (depot, item) be worked out anew."""
    for depot_id, item_id in sorted(pairs):
        session.execute(
            update(DepotItem)
            .where(DepotItem.depot_id == depot_id, DepotItem.item_id == item_id)
            .values(dirty=True, changes=DepotItem.changes + 1)
            .execution_options(synchronize_session=False)
        )
