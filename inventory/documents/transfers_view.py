"""Transfers read: what became of their gear, which are open, which are stuck."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from depots.models import Depot, Place, PlaceKind
from inventory.documents.models import Transfer
from inventory.stock.models import Movement

STUCK_AFTER = timedelta(days=3)  # on the way for longer: somebody must ask (T64)


@dataclass(frozen=True)
class Tally:
    """What became of an item of a transfer, in base units. Sent is always the sum of the four others (T67)."""

    sent: Decimal
    received: Decimal
    held: Decimal
    on_the_way: Decimal
    lost: Decimal


def tally(session: Session, transfer: Transfer) -> dict[UUID, Tally]:
    """What became of each item sent, read off the ledger. Taken back counts as never sent."""
    place_id = transfer.id
    moved = session.execute(
        select(Movement.item_id, Movement.from_place_id, Place.kind, Place.depot_id, func.sum(Movement.quantity))
        .join(Place, Place.id == Movement.to_place_id)
        .where(or_(Movement.from_place_id == place_id, Movement.to_place_id == place_id))
        .group_by(Movement.item_id, Movement.from_place_id, Place.kind, Place.depot_id)
    ).all()
    sums: dict[UUID, dict[str, Decimal]] = {}
    for item_id, source_id, kind, depot_id, quantity in moved:
        leaves = source_id == place_id
        row = sums.setdefault(item_id, dict.fromkeys(("sent", "received", "held", "lost", "out"), Decimal(0)))
        row["out"] += -quantity if leaves else quantity
        if not leaves:
            row["sent"] += quantity
        elif depot_id == transfer.from_depot_id and kind != PlaceKind.LOST:
            row["sent"] -= quantity
        else:
            name = "lost" if kind == PlaceKind.LOST else "held" if kind == PlaceKind.HOLD else "received"
            row[name] += quantity
    return {
        item_id: Tally(row["sent"], row["received"], row["held"], row["out"], row["lost"])
        for item_id, row in sums.items()
    }


def open_transfers(session: Session, depot_id: UUID) -> list[Transfer]:
    """The transfers of a depot, either way, that are not closed; the oldest first."""
    statement = (
        select(Transfer)
        .where(
            or_(Transfer.from_depot_id == depot_id, Transfer.to_depot_id == depot_id),
            Transfer.closed_at.is_(None),
        )
        .order_by(Transfer.asked_at)
        .limit(50)
    )
    return list(session.execute(statement).scalars())


def stuck(session: Session, depot_ids: Collection[UUID], now: datetime) -> list[Any]:
    """Transfers sent by these depots that have been on the way for more than three days (T64)."""
    statement = (
        select(Transfer, Depot)
        .join(Depot, Depot.id == Transfer.to_depot_id)
        .where(
            Transfer.from_depot_id.in_(depot_ids),
            Transfer.closed_at.is_(None),
            Transfer.sent_at < now - STUCK_AFTER,
        )
        .order_by(Transfer.sent_at)
    )
    return list(session.execute(statement).all())
