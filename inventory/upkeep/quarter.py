"""What the quarter rule counts: of a depot's extinguishers at most a quarter are away at once (T34)."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory.catalogue.models import Item, Tracking
from inventory.stock.models import Lot, Stock
from inventory.stock.rules import EXTINGUISHERS
from inventory.upkeep.models import Service


def extinguishers_of(session: Session, depot_id: UUID) -> tuple[int, int]:
    """How many of its own a depot holds, and how many are away with nothing in their place."""
    lent = select(Service.loaner_lot_id).where(
        Service.depot_id == depot_id, Service.loaner_owner != "", Service.loaner_gone_at.is_(None)
    )
    held = session.execute(
        select(func.count(Stock.lot_id.distinct()))
        .join(Item, Item.id == Stock.item_id)
        .where(
            Stock.depot_id == depot_id,
            ~Stock.outside,
            Stock.quantity > 0,
            Item.category_code == EXTINGUISHERS,
            Item.tracking == Tracking.SERIAL,
            Stock.lot_id.not_in(lent.where(Service.loaner_lot_id.is_not(None))),
        )
    ).scalar_one()
    away = session.execute(
        select(func.count())
        .select_from(Service)
        .join(Lot, Lot.id == Service.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(
            Service.depot_id == depot_id,
            Service.back_at.is_(None),
            Item.category_code == EXTINGUISHERS,
            (Service.loaner_lot_id.is_(None)) | (Service.loaner_gone_at.is_not(None)),
        )
    ).scalar_one()
    return held, away
