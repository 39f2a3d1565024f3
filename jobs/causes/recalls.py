"""Recalls that depots have not answered, as causes of alerts."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from depots.models import Place, PlaceKind
from inventory.recalls.calling import unanswered
from inventory.recalls.models import RecallLot
from inventory.stock.events import GearCalledBack
from inventory.stock.models import Stock
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind


def called_back(session: Session, event: GearCalledBack) -> list[Cause]:
    """Called back while it is out at a call-out: the depot that drew it is notified at once, not next morning (T72)."""
    return recall_causes(session, event.depot_ids, event.at.date(), event.at)


def recall_causes(session: Session, depot_ids: Collection[UUID], _today: date, _now: datetime) -> list[Cause]:
    """Open recalls that these depots have not answered. ``out``: how much of it is at a call-out just now (T72)."""
    open_ones = unanswered(session, depot_ids)
    if not open_ones:
        return []
    held: dict[tuple[UUID, UUID], Decimal] = defaultdict(Decimal)
    out: dict[tuple[UUID, UUID], Decimal] = defaultdict(Decimal)
    rows = session.execute(
        select(RecallLot.recall_id, Stock.depot_id, Place.kind, func.sum(Stock.quantity))
        .join(Stock, Stock.lot_id == RecallLot.lot_id)
        .join(Place, Place.id == Stock.place_id)
        .where(
            RecallLot.recall_id.in_({recall_id for recall_id, _ in open_ones}),
            Stock.depot_id.in_(depot_ids),
            ~Stock.outside,
            Stock.quantity > 0,
        )
        .group_by(RecallLot.recall_id, Stock.depot_id, Place.kind)
    )
    for recall_id, depot_id, kind, quantity in rows:
        held[recall_id, depot_id] += quantity
        if kind == PlaceKind.INCIDENT:
            out[recall_id, depot_id] += quantity
    return [
        Cause(
            f"recall:{recall.id}:{depot_id}",
            AlertKind.RECALL,
            depot_id,
            urgent=True,
            item_id=recall.item_id,
            details={
                "quantity": write_quantity(held[recall.id, depot_id]),
                "out": write_quantity(out[recall.id, depot_id]),
                "description": " ".join(part for part in (recall.maker, recall.number, recall.reason) if part)[:300],
                "recall": str(recall.id),
            },
        )
        for (_, depot_id), recall in open_ones.items()
    ]
