"""The sweep: finds what has expired, expires soon, has no date, runs low or is faulty, and keeps the alerts in line.

One alert per cause. A cause that goes further (30 days, then 7) moves its alert to the next step, which is told anew;
a cause that is gone resolves its alert. Sweeping twice changes nothing.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.database import Database
from core.ids import new_id
from core.quantities import write_quantity
from core.upsert import upsert
from depots.models import Depot, DepotRequirement, DepotStatus
from inventory.catalogue.models import Item
from inventory.faults.models import Defect, DefectState
from inventory.readiness.counting import amount_for, amounts, group_members
from inventory.readiness.dashboard import subject_names
from inventory.stock.models import Expiry, Kind, Lot, Movement, Stock
from jobs.alerts.models import Alert
from jobs.causes.cause import Cause
from jobs.causes.documents import document_causes
from jobs.causes.kinds import AlertKind
from jobs.causes.labels import label_causes
from jobs.causes.recalls import recall_causes
from jobs.causes.rules import is_urgent, step_reached, warning_steps
from jobs.causes.upkeep import check_causes, service_causes

# Depots in one transaction: bounds memory; on SQLite also how long a take may have to wait. By fifties PostgreSQL takes
# twice as long: it looks stock up piece by piece rather than reading it through
BATCH, BATCH_SQLITE = 200, 10


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
    size = BATCH_SQLITE if database.is_sqlite else BATCH
    for start in range(0, len(depot_ids), size):
        batch = depot_ids[start : start + size]
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
        for find in (_dates, _shortages, _defects, check_causes, service_causes, recall_causes, label_causes)
        for cause in find(session, open_depots, today)
    }
    causes |= {cause.cause: cause for cause in document_causes(session, open_depots, today, now)}
    table = table_of(Alert)
    standing = {
        alert.cause: alert
        for alert in session.execute(
            select(table).where(table.c.depot_id.in_(depot_ids), table.c.resolved_at.is_(None))
        )
    }
    _open([cause for key, cause in causes.items() if key not in standing], session, now, report)
    for key, alert in standing.items():
        cause = causes.get(key)
        changes = _life(session, alert, cause, today, now, report)
        if changes:
            session.execute(update(table).where(table.c.id == alert.id).values(changes))
    report.depots += len(depot_ids)


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
            "details": _told(cause),
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


def _life(
    session: Session, alert: Any, cause: Cause | None, today: date, now: datetime, report: SweepReport
) -> dict[str, Any]:
    """How a standing alert changes today: with its cause, away with it, or awake after a snooze."""
    changes: dict[str, Any] = {}
    if cause is not None:
        report.standing += 1
        changes = _follow(alert, cause, now)
        report.raised += "step" in changes
    elif _is_gone(session, alert):
        report.resolved += 1
        return {"resolved_at": now, "changed_at": now}
    snoozed_until = changes.get("snoozed_until", alert.snoozed_until)
    if snoozed_until is not None and snoozed_until <= today:  # told once more, and up the ladder from the start
        changes |= {
            "snoozed_until": None,
            "acknowledged_at": None,
            "acknowledged_by_id": None,
            "told_round": alert.told_round + 1,
            "changed_at": now,
        }
    return changes


def _follow(alert: Any, cause: Cause, now: datetime) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if alert.step != cause.step or alert.kind != cause.kind:
        changes = {
            "step": cause.step,
            "kind": cause.kind,
            "changed_at": now,
            "acknowledged_at": None,
            "acknowledged_by_id": None,
            "snoozed_until": None,
        }
    if alert.urgent != cause.urgent:  # a check that was coming and is overdue now: it cannot wait any more
        changes["urgent"] = cause.urgent
    details = _told(cause)
    if alert.details != details or alert.due != cause.due:
        changes |= {"details": details, "due": cause.due}
    return changes


def _told(cause: Cause) -> str:
    return msgspec.json.encode(cause.details, order="sorted").decode()


def _is_gone(session: Session, alert: Any) -> bool:
    """Whether the cause of an alert that no finder names is gone: events are not found again, they are dealt with."""
    if alert.kind == AlertKind.DISCREPANCY:
        return _recounted(session, alert)
    if alert.kind in (AlertKind.REFUSED_ENTRY, AlertKind.UNWITNESSED):
        return alert.acknowledged_at is not None
    return True


def _recounted(session: Session, alert: Any) -> bool:
    """Whether somebody has counted and adjusted the item at the depot since the discrepancy showed."""
    counted = exists().where(
        Movement.from_depot_id == alert.depot_id,
        Movement.item_id == alert.item_id,
        Movement.kind == Kind.ADJUST,
        Movement.recorded_at > alert.opened_at,
    )
    return bool(session.execute(select(counted)).scalar())


def _dates(session: Session, depot_ids: Collection[UUID], today: date) -> list[Cause]:
    """Lots past or near their last usable day, by each item's own warning days; and those whose date should be there
    and is not (T09)."""
    words = session.execute(select(Item.warn_days).distinct()).scalars()
    near = [
        and_(Item.warn_days == word, Lot.usable_through <= today + timedelta(days=max(warning_steps(word), default=-1)))
        for word in words
    ]
    rows = session.execute(
        select(
            Stock.depot_id,
            Lot.id.label("lot_id"),
            Lot.usable_through,
            Item.id.label("item_id"),
            Item.code,
            Item.category_code,
            Item.controlled,
            Item.warn_days,
            Lot.expiry,
            func.sum(Stock.quantity).label("quantity"),
        )
        .select_from(Lot)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Item, Item.id == Lot.item_id)
        .where(
            Stock.depot_id.in_(depot_ids),
            ~Stock.outside,
            Stock.quantity > 0,
            or_(Lot.expiry == Expiry.UNKNOWN, *near),
        )
        .group_by(Stock.depot_id, Lot.id, Item.id)
    )
    return [cause for row in rows for cause in _date_causes(row, today)]


def _date_causes(row: Any, today: date) -> Iterator[Cause]:
    urgent = is_urgent(row.code, row.category_code, row.controlled)
    details = {"quantity": write_quantity(row.quantity)}
    if row.expiry == Expiry.UNKNOWN:
        name = f"undated:{row.lot_id}:{row.depot_id}"
        yield Cause(
            name,
            AlertKind.DATE_MISSING,
            row.depot_id,
            urgent=urgent,
            item_id=row.item_id,
            lot_id=row.lot_id,
            details=details,
        )
    step = step_reached(row.usable_through, today, row.warn_days) if row.usable_through is not None else None
    if step is not None:
        kind = AlertKind.EXPIRED if step == 0 else AlertKind.EXPIRING
        name = f"date:{row.lot_id}:{row.depot_id}"
        yield Cause(name, kind, row.depot_id, step, urgent, row.item_id, row.lot_id, row.usable_through, details)


def _shortages(session: Session, depot_ids: Collection[UUID], today: date) -> list[Cause]:
    """Required items of which less is ready than the low-stock line."""
    lines = session.execute(
        select(DepotRequirement, Item.code, Item.category_code, Item.controlled)
        .outerjoin(Item, Item.id == DepotRequirement.item_id)
        .where(DepotRequirement.depot_id.in_(depot_ids))
    ).all()
    if not lines:
        return []
    have = amounts(session, today, {line.depot_id for line, *_ in lines})
    members = group_members(session)
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
