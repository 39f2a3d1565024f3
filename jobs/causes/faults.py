"""Faults that nobody has closed."""

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.catalogue.models import Item
from inventory.faults.models import Defect, DefectState
from inventory.stock.models import Lot
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind
from jobs.causes.rules import is_urgent


def fault_causes(session: Session, depot_ids: Collection[UUID], _today: date, _now: datetime) -> list[Cause]:
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
            urgent=item is not None and is_urgent(item.code, item.category_code, controlled=item.controlled),
            item_id=item.id if item else None,
            lot_id=defect.lot_id,
            details={"description": defect.description, "reported": defect.state == DefectState.REPORTED},
        )
        for defect, item in rows
    ]
