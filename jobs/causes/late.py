"""What a phone reported late: book and shelf differ, or it could not be booked."""

from typing import Any

from sqlalchemy import exists, select
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


def recounted(session: Session, alert: Any) -> bool:
    """Whether somebody has counted and adjusted the item at the depot since the discrepancy showed."""
    counted = exists().where(
        Movement.from_depot_id == alert.depot_id,
        Movement.item_id == alert.item_id,
        Movement.kind == Kind.ADJUST,
        Movement.recorded_at > alert.opened_at,
    )
    return bool(session.execute(select(counted)).scalar())


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
