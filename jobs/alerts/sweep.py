"""The sweep: asks every finder what somebody must know (``jobs/causes/register.py``), and brings the alerts in line.

One alert per cause. A cause that goes further (30 days, then 7) moves its alert to the next step, reported anew;
a cause that is gone resolves its alert. Sweeping twice changes nothing.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.database import Database
from core.ids import new_id
from core.upsert import upsert
from depots.models import Depot, DepotStatus
from jobs.alerts.models import Alert
from jobs.causes.cause import Cause
from jobs.causes.register import ENDINGS, WHOLE, FinderGroup, ended

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
    *,
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


def sweep(
    session: Session,
    depot_ids: Collection[UUID],
    today: date,
    now: datetime,
    report: SweepReport,
    part: FinderGroup = WHOLE,
) -> None:
    """Bring the alerts of these depots in line with the facts of a date. Closed depots keep none (T91).

    ``part``: only those that these finders find, which are all of these kinds.
    """
    open_depots = list(
        session.execute(select(Depot.id).where(Depot.id.in_(depot_ids), Depot.status == DepotStatus.OPEN)).scalars()
    )
    causes = {cause.cause: cause for find in part.finders for cause in find(session, open_depots, today, now)}
    table = table_of(Alert)
    standing = {
        alert.cause: alert
        for alert in session.execute(
            select(table).where(
                table.c.depot_id.in_(depot_ids),
                table.c.resolved_at.is_(None),
                *([table.c.kind.in_(part.kinds)] if part.kinds else []),
            )
        )
    }
    _open([cause for key, cause in causes.items() if key not in standing], session, now, report)
    over = ended(session, standing.values())
    for key, alert in standing.items():
        gone = key not in causes and (alert.kind not in ENDINGS or key in over)
        changes = _resolved(now, report) if gone else _changes_today(alert, causes.get(key), today, now, report)
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
            "details": _details_of(cause),
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


def _resolved(now: datetime, report: SweepReport) -> dict[str, Any]:
    report.resolved += 1
    return {"resolved_at": now, "changed_at": now}


def _changes_today(alert: Any, cause: Cause | None, today: date, now: datetime, report: SweepReport) -> dict[str, Any]:
    """How a standing alert changes today: with its cause, or awake after a snooze."""
    changes: dict[str, Any] = {}
    if cause is not None:
        report.standing += 1
        changes = _follow(alert, cause, now)
        report.raised += "step" in changes
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
    details = _details_of(cause)
    if alert.details != details or alert.due != cause.due:
        changes |= {"details": details, "due": cause.due}
    return changes


def _details_of(cause: Cause) -> str:
    return msgspec.json.encode(cause.details, order="sorted").decode()
