"""Listeners of the jobs room to events of the rooms below, in the transaction in which they happen."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.events import Subscription
from inventory.stock.events import DatesRead, DepotClosed, ItemMerged
from jobs.alerts.models import Alert
from jobs.alerts.sweep import SweepReport, open_alert, sweep
from jobs.causes.kinds import AlertKind
from jobs.causes.register import NEWS, OF_DATES
from jobs.causes.shortages import low_cause


def _open_at_once(session: Session, event: Any) -> None:
    for cause in NEWS[type(event)](session, event):
        open_alert(session, cause, event.at)


def _hush(session: Session, event: DepotClosed) -> None:
    """Of a closed depot nobody is notified any more: its alerts end with it (T91)."""
    session.execute(
        update(Alert)
        .where(Alert.depot_id == event.depot_id, Alert.resolved_at.is_(None))
        .values(resolved_at=event.at, changed_at=event.at)
    )


def _dates(session: Session, event: DatesRead) -> None:
    """End the task once a missing date is set."""
    sweep(session, event.depot_ids, event.today, event.at, SweepReport(), OF_DATES)


def _follow_item(session: Session, event: ItemMerged) -> None:
    """What is open about a line that was merged is about the line that it became; one alert of a cause is enough."""
    open_now = select(Alert).where(Alert.item_id == event.item_id, Alert.resolved_at.is_(None)).order_by(Alert.id)
    for alert in list(session.execute(open_now).scalars()):
        alert.item_id = event.into_id
        if alert.kind != AlertKind.BELOW_MINIMUM:
            continue
        cause = low_cause(alert.depot_id, event.into_code)
        same = select(Alert.id).where(Alert.cause == cause, Alert.resolved_at.is_(None))
        if session.execute(same).first():
            alert.resolved_at = alert.changed_at = event.at
        else:
            alert.cause = cause
        session.flush()


SUBSCRIPTIONS: list[Subscription] = [
    *((event, _open_at_once) for event in NEWS),
    (DepotClosed, _hush),
    (DatesRead, _dates),
    (ItemMerged, _follow_item),
]
