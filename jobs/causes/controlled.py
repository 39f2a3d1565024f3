"""Controlled gear that nobody has counted, or that was taken without a second person (T96)."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.quantities import write_quantity
from inventory.stock.events import UnwitnessedIssue
from inventory.witnessing.counts import uncounted
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind


def count_causes(session: Session, depot_ids: Collection[UUID], _today: date, now: datetime) -> list[Cause]:
    """Controlled gear that nobody has counted for a month (T96)."""
    return [
        Cause(
            f"controlled-count:{depot_id}",
            AlertKind.CHECK_DUE,
            depot_id,
            details={
                "name_zh": "管控物资月度盘点",
                "name_en": "Monthly count of controlled gear",
                "description_zh": f"{number} 项待盘",
                "description_en": f"{number} lines to count",
            },
        )
        for depot_id, number in uncounted(session, list(depot_ids), now).items()
    ]


def unwitnessed(_session: Session, event: UnwitnessedIssue) -> list[Cause]:
    """A late fact took it without a second person."""
    return [
        Cause(
            f"unwitnessed:{event.movement_id}",
            AlertKind.UNWITNESSED,
            event.depot_id,
            urgent=True,
            item_id=event.item_id,
            lot_id=event.lot_id,
            details={
                "description": f"{event.person} × {write_quantity(event.quantity)}",
                "quantity": write_quantity(event.quantity),
                "person": str(event.person_id),
            },
        )
    ]
