"""Why a piece that a depot has on its books does not count as ready. The same rule as readiness, piece by piece."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from depots.models import Place
from inventory.catalogue.models import Item
from inventory.fitness.judging import why_column
from inventory.fitness.rules import READY
from inventory.readiness.counting import size_id
from inventory.stock.models import Lot, Stock


def held(columns: Collection[Any], depot_id: UUID) -> Select[Any]:
    """What a depot has on its books, balance by balance."""
    return (
        select(*columns)
        .select_from(Stock)
        .join(Place, Place.id == Stock.place_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .where(Stock.depot_id == depot_id, ~Stock.outside, Stock.quantity > 0)
    )


def lost_amounts(session: Session, depot_id: UUID, today: date) -> dict[UUID, dict[str, Decimal]]:
    """Per item, and per size of an item, how much a depot holds that does not count as ready, by reason. One query."""
    why = why_column(today).label("why")
    columns = (Stock.item_id, Lot.size, why, func.sum(Stock.quantity))
    rows = session.execute(held(columns, depot_id).group_by(Stock.item_id, Lot.size, why))
    found: dict[UUID, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for item_id, size, said, quantity in rows:
        if said != READY:
            found[item_id][said] += quantity
        if said != READY and size:
            found[size_id(item_id, size)][said] += quantity
    return found
