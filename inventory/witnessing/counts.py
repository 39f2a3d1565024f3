"""Controlled gear is counted every month (T96)."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from depots.models import STORAGE, Place
from inventory.catalogue.models import Item
from inventory.stock.count_models import Count, CountLine, CountState
from inventory.stock.models import Lot, Stock

COUNTED_WITHIN = timedelta(days=31)


def uncounted(session: Session, depot_ids: Collection[UUID], now: datetime) -> dict[UUID, int]:
    """Per depot the lines of controlled gear on its shelves that no finished count has seen for a month. One query."""
    since = now - COUNTED_WITHIN
    counted = exists().where(
        CountLine.place_id == Stock.place_id,
        CountLine.lot_id == Stock.lot_id,
        CountLine.counted_at >= since,
        Count.id == CountLine.count_id,
        Count.state == CountState.CLOSED,
    )
    rows = session.execute(
        select(Stock.depot_id, func.count())
        .join(Item, Item.id == Stock.item_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Place, Place.id == Stock.place_id)
        .where(
            Stock.depot_id.in_(depot_ids),
            Item.controlled,
            Stock.quantity > 0,
            Place.kind.in_(STORAGE),
            Lot.received_at < since,
            ~counted,
        )
        .group_by(Stock.depot_id)
    )
    return {depot_id: number for depot_id, number in rows}
