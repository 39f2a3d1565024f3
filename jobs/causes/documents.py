"""What the documents ask for: loans overdue, transfers that never arrive, draws unsigned."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.quantities import write_quantity
from inventory.documents.incidents import without_approval
from inventory.documents.loans import overdue
from inventory.documents.reclaiming import reclaims_at
from inventory.documents.transfers_view import stuck
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind

RECLAIM_DAYS = 30  # so long before its last day somebody is reminded to ask it back


def loan_causes(session: Session, depot_ids: Collection[UUID], _today: date, now: datetime) -> list[Cause]:
    """Loans that should be back."""
    return [
        Cause(
            f"loan:{loan.id}",
            AlertKind.OVERDUE_LOAN,
            loan.depot_id,
            due=loan.due_at.date(),
            details={
                "quantity": write_quantity(total),
                "description": " ".join(part for part in (loan.unit, loan.name, loan.phone) if part),
            },
        )
        for loan, total in overdue(session, list(depot_ids), now)
    ]


def reclaim_causes(session: Session, depot_ids: Collection[UUID], today: date, _now: datetime) -> list[Cause]:
    """What was given away and may come back for a month yet, or was to be back by now and is used up (T62)."""
    return [
        Cause(
            f"reclaim:{one.lot}:{one.place}",
            AlertKind.RECLAIM,
            depot_id,
            step=RECLAIM_DAYS if one.in_time else 0,
            item_id=item_id,
            lot_id=one.lot,
            due=one.until,
            details={"quantity": one.quantity, "description_zh": one.place_zh, "description_en": one.place_en},
        )
        for depot_id, item_id, one in reclaims_at(session, depot_ids, today)
        if one.until <= today + timedelta(days=RECLAIM_DAYS)
    ]


def transfer_causes(session: Session, depot_ids: Collection[UUID], _today: date, now: datetime) -> list[Cause]:
    """Transfers that never arrive, in the sender's name: until the receiver has signed, it is his (T64)."""
    return [
        Cause(
            f"transfer:{transfer.id}",
            AlertKind.STUCK_TRANSFER,
            transfer.from_depot_id,
            details={"name_zh": f"调往{receiver.name_zh}", "name_en": f"To {receiver.name_en}"},
        )
        for transfer, receiver in stuck(session, list(depot_ids), now)
    ]


def draw_causes(session: Session, depot_ids: Collection[UUID], _today: date, now: datetime) -> list[Cause]:
    """Drawn for an incident, and nobody has approved it for a day (T57)."""
    return [
        Cause(
            f"draw:{incident.id}",
            AlertKind.UNSIGNED_DRAW,
            incident.depot_id,
            details={"description": incident.place},
        )
        for incident in without_approval(session, list(depot_ids), now)
    ]
