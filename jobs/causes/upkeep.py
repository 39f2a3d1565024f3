"""What upkeep asks for: checks overdue or coming, and pieces and loaners that should be back from the workshop."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from inventory.catalogue.models import Item
from inventory.clocks.clocks import SCRAP
from inventory.clocks.models import Due, MaintenancePlan
from inventory.stock.models import Lot, Stock
from inventory.upkeep.service_view import away, overdue_back
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind
from jobs.causes.rules import is_urgent

# Days ahead at which a coming check is told, by how long its interval is: a weekly run needs no warning, a service does
LEADS = ((180, (30, 7)), (28, (7,)))
FURTHEST = 30
BLOCKING = 0
OVERDUE = 1  # a day late, and nothing is taken out of service for it


def check_causes(
    session: Session, depot_ids: Collection[UUID], today: date, _now: datetime, lot_ids: Collection[UUID] | None = None
) -> list[Cause]:
    """One cause per piece and plan; its step goes from coming (days ahead) over overdue to blocking.

    ``lot_ids``: of these alone.
    """
    rows = session.execute(
        select(Due, MaintenancePlan, Item)
        .join(MaintenancePlan, MaintenancePlan.code == Due.plan_code)
        .join(Lot, Lot.id == Due.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(
            Due.depot_id.in_(depot_ids),
            true() if lot_ids is None else Due.lot_id.in_(lot_ids),
            Due.due_on <= today + timedelta(days=FURTHEST),
            # scrap is the piece's own last usable day, which is told as such
            MaintenancePlan.kind != SCRAP,
            select(Stock.lot_id)
            .where(Stock.lot_id == Due.lot_id, Stock.depot_id == Due.depot_id, ~Stock.outside, Stock.quantity > 0)
            .correlate_except(Stock)
            .exists(),
        )
        .order_by(Due.due_on, Due.lot_id, Due.plan_code)
    )
    causes = []
    for due, plan, item in rows:
        step = step_of(due, plan, today)
        if step is not None:
            causes.append(_cause(due, plan, item, step))
    return causes


def _cause(due: Due, plan: MaintenancePlan, item: Item, step: int) -> Cause:
    return Cause(
        f"check:{due.plan_code}:{due.lot_id}:{due.depot_id}",
        AlertKind.CHECK_DUE,
        due.depot_id,
        step,
        is_urgent(item.code, item.category_code, controlled=item.controlled) and step <= OVERDUE,
        item.id,
        due.lot_id,
        due.due_on,
        {
            "description_zh": plan.task_zh,
            "description_en": plan.task_en,
            "plan": plan.code,
            "never": due.last_done_on is None,
            "blocks": step == BLOCKING,
        },
    )


def step_of(due: Due, plan: MaintenancePlan, today: date) -> int | None:
    """How near a check is: 0 it keeps the piece from use, 1 overdue, else days ahead; None while it is not told."""
    if due.due_on is None:
        return None
    if due.blocked_from is not None and due.blocked_from <= today:
        return BLOCKING
    left = (due.due_on - today).days
    if left < 0:
        return OVERDUE
    days = (plan.every or plan.first_after_months or 0) * {"month": 30, "week": 7, "day": 1}.get(plan.unit, 0)
    leads = next((steps for least, steps in LEADS if days >= least), ())
    return min((step for step in leads if left <= step), default=None)


def service_causes(session: Session, depot_ids: Collection[UUID], today: date, _now: datetime) -> list[Cause]:
    """Pieces that should be back, and loaners that their owner wants back (T35)."""
    causes = []
    for service, lot, item, _place, _loaner in away(session, list(depot_ids), limit=10_000):
        if overdue_back(service, today):
            causes.append(
                Cause(
                    f"service:{service.id}",
                    AlertKind.CHECK_DUE,
                    service.depot_id,
                    item_id=item.id,
                    lot_id=lot.id,
                    due=service.due_back_on,
                    details={
                        "description_zh": f"送修未归还：{service.vendor}",
                        "description_en": f"Not back from {service.vendor}",
                    },
                )
            )
        wanted = service.loaner_back_on
        if service.loaner_gone_at is None and wanted is not None and wanted < today:
            causes.append(
                Cause(
                    f"loaner:{service.id}",
                    AlertKind.CHECK_DUE,
                    service.depot_id,
                    item_id=item.id,
                    lot_id=service.loaner_lot_id,
                    due=wanted,
                    details={
                        "description_zh": f"替代件待归还：{service.loaner_owner}",
                        "description_en": f"Loaner to go back to {service.loaner_owner}",
                    },
                )
            )
    return causes
