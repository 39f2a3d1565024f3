"""Why a piece that a depot has on its books does not count as ready. The same rule as readiness, piece by piece."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, literal, select, union_all
from sqlalchemy.orm import Session

from depots.models import Place, PlaceKind
from inventory.catalogue.models import Item
from inventory.clocks.blocking import is_blocked
from inventory.readiness.completeness import incomplete_kits
from inventory.stock.models import Condition, Expiry, Lot, Stock

COUNTS = ""
INCOMPLETE = "incomplete"


def reason(today: date) -> Any:
    """Why a balance does not count, as a column: one word, or ``COUNTS``. Kits are asked about apart."""
    return case(
        (Place.kind == PlaceKind.HOLDER, "lent"),
        (Place.kind == PlaceKind.WORKSHOP, "workshop"),
        (Place.kind == PlaceKind.TRANSIT, "transit"),
        (Place.kind == PlaceKind.HOLD, "hold"),
        (~Place.in_reach, "away"),
        (Lot.condition != Condition.FIT, "unfit"),
        (Lot.usable_through < today, "expired"),
        (Lot.expiry == Expiry.UNKNOWN, "undated"),
        (Lot.opened_on.is_not(None) & ~Item.opened_counts, "opened"),
        (is_blocked(Stock.lot_id, Stock.depot_id, today), "unchecked"),
        else_=COUNTS,
    )


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
    """Per item, how much a depot holds that does not count as ready, by reason. One query."""
    why = reason(today)
    _, kit_item, kits = incomplete_kits(today, [depot_id]).subquery().columns
    rows = session.execute(
        union_all(
            held((Stock.item_id, why, func.sum(Stock.quantity)), depot_id).group_by(Stock.item_id, why),
            select(kit_item, literal(INCOMPLETE), kits),
        )
    )
    found: dict[UUID, dict[str, Decimal]] = defaultdict(dict)
    for item_id, said, quantity in rows:
        if said != COUNTS:
            found[item_id][said] = quantity
    return found
