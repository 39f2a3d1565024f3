"""What a phone reported late: book and shelf differ, or it could not be booked."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from inventory.stock.events import DiscrepancyBooked, EntryRefused, TimeDoubted
from inventory.stock.models import Kind, Movement
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind


def discrepancy(_session: Session, event: DiscrepancyBooked) -> list[Cause]:
    """A late fact showed that book and shelf differ (rule 5, T52)."""
    return [
        Cause(
            f"recount:{event.depot_id}:{event.lot_id}",
            AlertKind.DISCREPANCY,
            event.depot_id,
            urgent=True,
            item_id=event.item_id,
            lot_id=event.lot_id,
            details={"quantity": write_quantity(event.quantity)},
        )
    ]


def wrong_time(session: Session, event: TimeDoubted) -> list[Cause]:
    """A fact was booked at a time that cannot be right: one alert for all that was told with it (B22)."""
    local = event.happened_at.astimezone(session.info["zone"])
    return [
        Cause(
            f"time:{event.depot_id}:{event.happened_at.isoformat()}",
            AlertKind.WRONG_TIME,
            event.depot_id,
            item_id=event.item_id,
            lot_id=event.lot_id,
            details={"description": f"{local:%Y-%m-%d %H:%M}"},
        )
    ]


def recounted(session: Session, alerts: Collection[Any]) -> set[str]:
    """The causes of which somebody has counted and adjusted the item at the depot since the discrepancy showed."""
    if not alerts:
        return set()
    rows = session.execute(
        select(Movement.from_depot_id, Movement.item_id, func.max(Movement.recorded_at))
        .where(
            Movement.from_depot_id.in_({alert.depot_id for alert in alerts}),
            Movement.item_id.in_({alert.item_id for alert in alerts}),
            Movement.kind == Kind.ADJUST,
            Movement.recorded_at > min(alert.opened_at for alert in alerts),
        )
        .group_by(Movement.from_depot_id, Movement.item_id)
    )
    last = {(depot_id, item_id): at for depot_id, item_id, at in rows}
    return {
        alert.cause
        for alert in alerts
        if (at := last.get((alert.depot_id, alert.item_id))) is not None and at > alert.opened_at
    }


def refused_entry(_session: Session, event: EntryRefused) -> list[Cause]:
    """A late entry was stored as refused."""
    return [
        Cause(
            f"entry:{event.entry_id}",
            AlertKind.REFUSED_ENTRY,
            event.depot_id,
            urgent=True,
            details={
                "description_zh": event.why_zh,
                "description_en": event.why_en,
                "entry": str(event.entry_id),
                "lines": [{"zh": zh, "en": en} for zh, en in event.lines],
            },
        )
    ]
