"""In which order the rows of the book are locked, by every verb, so that none waits for another in a circle.

1. The document that decides (a count, a transfer, a closing): ``session.get(Model, id, with_for_update=True)``.
2. Depots, by id: shared by whatever arrives there, alone by what closes them.
3. Items, by id: shared by whatever enters a lot, alone by a recall and by what changes the catalogue's meaning.
4. Lots, by id: shared by every movement (and by the foreign keys of its row), alone by a change of their condition.
5. Balances, by (lot, place), then the depots' figures, by (depot, item): ``ledger.post`` writes in that order.

Whatever decides by the state of a row reads it locked: what was read before the lock may be of yesterday. On SQLite
writers come one after the other and these locks cost nothing.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from depots.models import Depot, DepotStatus
from inventory.catalogue.models import Item
from inventory.stock.models import Lot


def status_of_depot(session: Session, depot_id: UUID) -> DepotStatus:
    """Whether a depot is open, and stays so until the transaction ends (B40)."""
    statement = select(Depot.status).where(Depot.id == depot_id).with_for_update(read=True)
    return session.execute(statement).scalar_one()


def lock_items(session: Session, item_ids: Collection[UUID], alone: bool) -> None:
    """Hold back recalls of these items while lots are entered or, ``alone``, the other way round."""
    statement = select(Item.id).where(Item.id.in_(item_ids)).order_by(Item.id)
    session.execute(statement.with_for_update(key_share=True) if alone else statement.with_for_update(read=True)).all()


def lock_lots_of(session: Session, lot_ids: Select[Any]) -> None:
    """Hold back changes of the condition of these lots, as every movement does."""
    statement = select(Lot.id).where(Lot.id.in_(lot_ids)).order_by(Lot.id)
    session.execute(statement.with_for_update(read=True, key_share=True)).all()


def lock_for_change(session: Session, lot_ids: Collection[UUID]) -> None:
    """Wait for the movements of these lots that are under way, and hold back others until the transaction ends."""
    session.execute(select(Lot.id).where(Lot.id.in_(lot_ids)).order_by(Lot.id).with_for_update()).all()
