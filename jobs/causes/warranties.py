"""Warranties that end soon: while it runs, a fault is the supplier's."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.assets.models import AssetFact
from inventory.stock.models import Lot, Stock
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind

BEFORE = timedelta(days=30)


def warranty_causes(session: Session, depot_ids: Collection[UUID], today: date, _now: datetime) -> list[Cause]:
    """Gear of a depot whose warranty ends within thirty days, today included; after it there is nothing to do."""
    rows = session.execute(
        select(Stock.depot_id, Lot.id, Lot.item_id, AssetFact.warranty_until)
        .select_from(AssetFact)
        .join(Lot, Lot.id == AssetFact.lot_id)
        .join(Stock, Stock.lot_id == Lot.id)
        .where(
            Stock.depot_id.in_(depot_ids),
            ~Stock.outside,
            Stock.quantity > 0,
            AssetFact.warranty_until >= today,
            AssetFact.warranty_until <= today + BEFORE,
        )
        .distinct()
    )
    return [
        Cause(f"warranty:{lot}:{depot}", AlertKind.WARRANTY_ENDS, depot, item_id=item, lot_id=lot, due=until)
        for depot, lot, item, until in rows
    ]
