"""The sweep: finds what has expired, expires soon, has no date, runs low or is faulty, and keeps the alerts in line.

One alert per cause. A cause that goes further (30 days, then 7) moves its alert to the next step, which is told anew;
a cause that is gone resolves its alert. Sweeping twice changes nothing.
"""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.database import Database
from core.ids import new_id
from core.quantities import write_quantity
from core.upsert import upsert
from depots.models import Depot, DepotRequirement, DepotStatus
from inventory.dashboard import subject_names
from inventory.models import Defect, DefectState, Expiry, Item, Kind, Lot, Movement, Stock
from inventory.readiness import amount_for, amounts, group_members
from jobs.causes import Cause
from jobs.documents import document_causes
from jobs.label_causes import label_causes
from jobs.models import Alert, AlertKind
from jobs.recall_causes import recall_causes
from jobs.rules import is_urgent, step_reached, warning_steps
from jobs.upkeep_causes import check_causes, service_causes

BATCH = 10  # depots in one transaction: bounds memory, and how long a take may have to wait on SQLite


@dataclass
class SweepReport:
    """What a sweep did."""

    depots: int = 0
    opened: int = 0
    raised: int = 0  # moved to a nearer step
    resolved: int = 0
    standing: int = 0


def sweep_city(
    database: Database,
    today: date,
    now: datetime,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda done: None,
) -> SweepReport:
    """Sweep every depot, some at a time, each lot of them in a transaction of its own."""
    with database.transaction(writes=False) as session:
        depot_ids = list(session.execute(select(Depot.id).order_by(Depot.id)).scalars())
    report = SweepReport()
    for start in range(0, len(depot_ids), BATCH):
        batch = depot_ids[start : start + BATCH]
        if dry_run:
            with database.transaction() as session:
                sweep(session, batch, today, now, report)
                session.rollback()
        else:
            database.run(sweep, batch, today, now, report)
        progress(len(batch))
    return report


def sweep(session: Session, depot_ids: Collection[UUID], today: date, now: datetime, report: SweepReport) -> None:
    """Bring the alerts of these depots in line with the facts of a date. Closed depots keep none (T91)."""
    open_depots = list(
        session.execute(select(Depot.id).where(Depot.id.in_(depot_ids), Depot.status == DepotStatus.OPEN)).scalars()
    )
    causes = {
        cause.cause: cause
        for find in (_dates, _undated, _shortages, _defects, check_causes, service_causes, recall_causes, label_causes)
        for cause in find(session, open_depots, today)
    }
    causes |= {cause.cause: cause for cause in document_causes(session, open_depots, today, now)}
    standing = {
        alert.cause: alert
        for alert in session.execute(
            select(Alert).where(Alert.depot_id.in_(depot_ids), Alert.resolved_at.is_(None))
        ).scalars()
    }
    _open([cause for key, cause in causes.items() if key not in standing], session, now, report)
    for key, alert in standing.items():
        if key in causes:
            _follow(alert, causes[key], now, report)
        elif _is_gone(session, alert):
            alert.resolved_at = alert.changed_at = now
            report.resolved += 1
        if alert.resolved_at is None and alert.snoozed_until is not None and alert.snoozed_until <= today:
            _wake(alert, now)
    report.depots += len(depot_ids)
    session.flush()


def _open(causes: list[Cause], session: Session, now: datetime, report: SweepReport) -> None:
    rows = [
        {
            "id": new_id(),
            "cause": cause.cause,
            "kind": cause.kind,
            "step": cause.step,
            "urgent": cause.urgent,
            "depot_id": cause.depot_id,
            "item_id": cause.item_id,
            "lot_id": cause.lot_id,
            "due": cause.due,
            "details": json.dumps(cause.details, sort_keys=True),
            "opened_at": now,
            "changed_at": now,
        }
        for cause in causes
    ]
    if rows:
        # Another process may open the same one at the same moment: one of the two stands
        session.execute(upsert(session, table_of(Alert)).on_conflict_do_nothing(), rows)
    report.opened += len(rows)


def open_alert(session: Session, cause: Cause, now: datetime) -> None:
    """Open an alert at once, outside the sweep; harmless if it stands already."""
    _open([cause], session, now, SweepReport())


def _follow(alert: Alert, cause: Cause, now: datetime, report: SweepReport) -> None:
    report.standing += 1
    details = json.dumps(cause.details, sort_keys=True)
    if alert.step != cause.step or alert.kind != cause.kind:
        alert.step, alert.kind, alert.changed_at = cause.step, cause.kind, now
        alert.acknowledged_at = alert.acknowledged_by_id = alert.snoozed_until = None
        report.raised += 1
    if alert.details != details or alert.due != cause.due:
        alert.details, alert.due = details, cause.due


def _wake(alert: Alert, now: datetime) -> None:
    """The snooze is over: told once more, and up the ladder from the start."""
    alert.snoozed_until = alert.acknowledged_at = alert.acknowledged_by_id = None
    alert.told_round += 1
    alert.changed_at = now


def _is_gone(session: Session, alert: Alert) -> bool:
    """Whether the cause of an alert that no finder names is gone: events are not found again, they are dealt with."""
    if alert.kind == AlertKind.DISCREPANCY:
        return _recounted(session, alert)
    if alert.kind == AlertKind.REFUSED_ENTRY:
        return alert.acknowledged_at is not None
    return True


def _recounted(session: Session, alert: Alert) -> bool:
    """Whether somebody has counted and adjusted the item at the depot since the discrepancy showed."""
    counted = exists().where(
        Movement.from_depot_id == alert.depot_id,
        Movement.item_id == alert.item_id,
        Movement.kind == Kind.ADJUST,
        Movement.recorded_at > alert.opened_at,
    )
    return bool(session.execute(select(counted)).scalar())


def _lots(session: Session, depot_ids: Collection[UUID], *conditions: Any) -> Any:
    return session.execute(
        select(
            Stock.depot_id,
            Lot.id,
            Lot.usable_through,
            Item.id,
            Item.code,
            Item.category_code,
            Item.controlled,
            Item.warn_days,
            func.sum(Stock.quantity),
        )
        .select_from(Lot)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Item, Item.id == Lot.item_id)
        .where(Stock.depot_id.in_(depot_ids), ~Stock.outside, Stock.quantity > 0, *conditions)
        .group_by(Stock.depot_id, Lot.id, Item.id)
    )


def _dates(session: Session, depot_ids: Collection[UUID], today: date) -> list[Cause]:
    """Lots past or near their last usable day, by each item's own warning days."""
    words = session.execute(select(Item.warn_days).distinct()).scalars()
    furthest = max((step for word in words for step in warning_steps(word)), default=0)
    causes = []
    rows = _lots(session, depot_ids, Lot.usable_through <= today + timedelta(days=furthest))
    for depot_id, lot_id, through, item_id, code, category, controlled, warn_days, quantity in rows:
        step = step_reached(through, today, warn_days)
        if step is not None:
            causes.append(
                Cause(
                    f"date:{lot_id}:{depot_id}",
                    AlertKind.EXPIRED if step == 0 else AlertKind.EXPIRING,
                    depot_id,
                    step,
                    is_urgent(code, category, controlled),
                    item_id,
                    lot_id,
                    through,
                    {"quantity": write_quantity(quantity)},
                )
            )
    return causes


def _undated(session: Session, depot_ids: Collection[UUID], _today: date) -> list[Cause]:
    """Lots whose date should be there and is not (T09)."""
    return [
        Cause(
            f"undated:{lot_id}:{depot_id}",
            AlertKind.DATE_MISSING,
            depot_id,
            urgent=is_urgent(code, category, controlled),
            item_id=item_id,
            lot_id=lot_id,
            details={"quantity": write_quantity(quantity)},
        )
        for depot_id, lot_id, _, item_id, code, category, controlled, _, quantity in _lots(
            session, depot_ids, Lot.expiry == Expiry.UNKNOWN
        )
    ]


def _shortages(session: Session, depot_ids: Collection[UUID], today: date) -> list[Cause]:
    """Required items of which less is ready than the low-stock line."""
    have = amounts(session, today, depot_ids)
    members = group_members(session)
    lines = session.execute(
        select(DepotRequirement, Item.code, Item.category_code, Item.controlled)
        .outerjoin(Item, Item.id == DepotRequirement.item_id)
        .where(DepotRequirement.depot_id.in_(depot_ids))
    ).all()
    short = []
    for line, code, category, controlled in lines:
        amount = amount_for(line.item_id, line.group_code, have.get(line.depot_id, {}), members)
        if amount.ready < line.low_below:
            short.append((line, amount.ready, code is not None and is_urgent(code, category, controlled)))
    names = subject_names(session, {line.subject for line, _, _ in short})
    return [
        Cause(
            f"low:{line.depot_id}:{line.subject}",
            AlertKind.BELOW_MINIMUM,
            line.depot_id,
            urgent=urgent,
            item_id=line.item_id,
            details={
                "subject": line.subject,
                "name_zh": names.get(line.subject, (line.subject,) * 2)[0],
                "name_en": names.get(line.subject, (line.subject,) * 2)[1],
                "ready": write_quantity(ready),
                "minimum": write_quantity(line.low_below),
                "level": line.level.value,
            },
        )
        for line, ready, urgent in short
    ]


def _defects(session: Session, depot_ids: Collection[UUID], _today: date) -> list[Cause]:
    """Faults that nobody has closed, passers-by's reports among them."""
    rows = session.execute(
        select(Defect, Item)
        .outerjoin(Lot, Lot.id == Defect.lot_id)
        .outerjoin(Item, Item.id == Lot.item_id)
        .where(Defect.depot_id.in_(depot_ids), Defect.state != DefectState.CLOSED)
    )
    return [
        Cause(
            f"defect:{defect.id}",
            AlertKind.DEFECT,
            defect.depot_id,
            urgent=item is not None and is_urgent(item.code, item.category_code, item.controlled),
            item_id=item.id if item else None,
            lot_id=defect.lot_id,
            details={"description": defect.description, "reported": defect.state == DefectState.REPORTED},
        )
        for defect, item in rows
    ]
