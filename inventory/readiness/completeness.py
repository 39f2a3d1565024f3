"""Whether kits are complete: a kit is ready only if every part of its list is in it, fit and in date (T43, T48)."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import aliased

from core.columns import THOUSANDTHS
from depots.models import Place, PlaceKind
from inventory.catalogue.models import KitLine
from inventory.clocks.blocking import is_blocked
from inventory.stock.models import Condition, Expiry, Lot, Stock

SEAL_ROLE = "seal"  # the seal itself stands in a kit's list; it is no content
_part: Any = aliased(Lot)
_content: Any = aliased(Stock)
_where: Any = aliased(Place)


def sound(lot: Any, depot_id: Any, today: date) -> Any:
    """The condition that a lot is fit, in date, its date known, and no check that blocks its use overdue."""
    return and_(
        lot.condition == Condition.FIT,
        lot.expiry != Expiry.UNKNOWN,
        or_(lot.usable_through.is_(None), lot.usable_through >= today),
        ~is_blocked(lot.id, depot_id, today),
    )


def incomplete_kits(today: date, depot_ids: Collection[UUID] | None) -> Select[UUID, UUID, int]:
    """How many kits in reach, fit and in date themselves, lack a part: (depot, item of the kit, how many thousandths,
    as quantities are kept)."""
    content = (
        select(_content.place_id, _content.item_id, func.sum(_content.quantity).label("quantity"))
        .join(_part, _part.id == _content.lot_id)
        .join(Place, and_(Place.id == _content.place_id, Place.kind == PlaceKind.KIT))
        .where(_content.quantity > 0, sound(_part, _content.depot_id, today))
        .group_by(_content.place_id, _content.item_id)
    )
    if depot_ids is not None:
        # said of the place as well, or a few depots' kits are looked up among the whole city's
        content = content.where(_content.depot_id.in_(depot_ids), Place.depot_id.in_(depot_ids))
    have = content.subquery()
    statement = (
        select(Stock.depot_id, Lot.item_id, func.count(Lot.id.distinct()) * THOUSANDTHS)
        .select_from(Place)
        .join(Lot, Lot.id == Place.id)
        .join(Stock, and_(Stock.lot_id == Lot.id, Stock.quantity > 0, ~Stock.outside))
        .join(_where, and_(_where.id == Stock.place_id, _where.in_reach))
        .join(KitLine, and_(KitLine.kit_item_id == Lot.item_id, KitLine.role != SEAL_ROLE))
        .outerjoin(have, and_(have.c.place_id == Lot.id, have.c.item_id == KitLine.item_id))
        .where(
            Place.kind == PlaceKind.KIT,
            sound(Lot, Stock.depot_id, today),
            func.coalesce(have.c.quantity, 0) < KitLine.quantity,
        )
        .group_by(Stock.depot_id, Lot.item_id)
    )
    return statement if depot_ids is None else statement.where(Stock.depot_id.in_(depot_ids))
