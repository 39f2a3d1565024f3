"""Service read: what is away, how long, and what it cost."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from core.quantities import write_quantity
from depots.models import Place
from inventory.catalogue.models import Item
from inventory.stock.models import Lot
from inventory.upkeep.models import Service


def away(session: Session, depot_ids: Sequence[UUID], limit: int = 200) -> list[Any]:
    """What is away from these depots, and loaners not gone back: (service, lot, item, own place, loaner or None)."""
    loaner: Any = aliased(Lot)
    statement = (
        select(Service, Lot, Item, Place, loaner)
        .join(Lot, Lot.id == Service.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Place, Place.id == Service.own_place_id)
        .outerjoin(loaner, loaner.id == Service.loaner_lot_id)
        .where(
            Service.depot_id.in_(depot_ids),
            Service.back_at.is_(None) | ((Service.loaner_owner != "") & Service.loaner_gone_at.is_(None)),
        )
        .order_by(Service.due_back_on, Service.id)
        .limit(limit)
    )
    return list(session.execute(statement).all())


def services_of(session: Session, lot_id: UUID) -> list[Service]:
    """A piece's stays at workshops, the newest first."""
    statement = select(Service).where(Service.lot_id == lot_id).order_by(Service.sent_at.desc(), Service.id.desc())
    return list(session.execute(statement).scalars())


def overdue_back(service: Service, today: date) -> bool:
    """Whether it should be back by now."""
    return service.back_at is None and service.due_back_on < today


def costs(services: Sequence[Service]) -> str:
    """What these stays cost together, in yuan."""
    return write_quantity(sum((one.cost or Decimal(0) for one in services), Decimal(0)))
