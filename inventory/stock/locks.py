"""In which order the rows of the book are locked, by every verb, so that none waits for another in a circle.

1. The document that decides (a count, a transfer, a closing): ``session.get(Model, id, with_for_update=True)``.
2. Depots, by id: shared by whatever arrives there, alone by what closes them.
3. Items, by id: shared by whatever enters a lot, alone by a recall and by what changes the catalogue's meaning.
4. Lots, by id: shared by every movement (and by the foreign keys of its row), alone by a change of their condition.
   A vehicle or kit: shared by what is put into it, alone by what moves it or changes its condition (``share_carriers``,
   ``hold_load``), which shares the lots of its load and locks their balances: what is taken out waits for these.
5. Balances, by (lot, place), then the depots' figures, by (depot, item): ``ledger.post`` writes in that order.

Whatever decides by the state of a row reads it locked: what was read before the lock may be of yesterday. On SQLite
writers come one after the other and these locks cost nothing.
"""

from collections.abc import Callable, Collection
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from depots.models import Depot, DepotStatus
from depots.places import places_around
from inventory.catalogue.models import Item
from inventory.stock.models import Lot, Stock

Found = TypeVar("Found")


def status_of_depot(session: Session, depot_id: UUID) -> DepotStatus:
    """Whether a depot is open, and stays so until the transaction ends (B40)."""
    statement = select(Depot.status).where(Depot.id == depot_id).with_for_update(read=True)
    return session.execute(statement).scalar_one()


def lock_items(session: Session, item_ids: Collection[UUID], *, alone: bool) -> None:
    """Hold back recalls of these items while lots are entered or, ``alone``, the other way round."""
    statement = select(Item.id).where(Item.id.in_(item_ids)).order_by(Item.id)
    session.execute(statement.with_for_update(key_share=True) if alone else statement.with_for_update(read=True)).all()


def read_settled(read: Callable[[], Found], is_whole: Callable[[Found], bool]) -> Found:
    """What a read finds that locks lots or balances and joins them with their items; read anew if it is not whole.

    A merge gives lots another item. A read that has waited for one judges the changed rows by the items that it had
    found before (PostgreSQL, READ COMMITTED), and leaves them out: read once more, they stand under the other item.
    """
    found = read()
    return found if is_whole(found) else read()


def lock_lots_of(session: Session, lot_ids: Select[Any]) -> None:
    """Hold back changes of the condition of these lots, as every movement does."""
    statement = select(Lot.id).where(Lot.id.in_(lot_ids)).order_by(Lot.id)
    session.execute(statement.with_for_update(read=True, key_share=True)).all()


def share_carriers(session: Session, place_ids: Collection[UUID]) -> None:
    """Let the vehicles and kits that these places are, or are in, stay as they are while something is put into them."""
    statement = select(Lot.id).where(Lot.id.in_(select(places_around(place_ids).c.id))).order_by(Lot.id)
    session.execute(statement.with_for_update(read=True)).all()


def hold_load(session: Session, carrier_id: UUID, place_ids: Collection[UUID]) -> None:
    """Let nothing be put into a vehicle or kit, taken out of it or judged in it until the transaction ends.

    ``place_ids``: its place and all inside.
    """
    session.execute(select(Lot.id).where(Lot.id == carrier_id).with_for_update(key_share=True)).all()
    inside = (Stock.place_id.in_(place_ids), Stock.quantity > 0)
    lock_lots_of(session, select(Stock.lot_id).where(*inside))
    balances = select(Stock.lot_id).where(*inside).order_by(Stock.lot_id, Stock.place_id)
    session.execute(balances.with_for_update()).all()


def lock_for_change(session: Session, lot_ids: Collection[UUID]) -> None:
    """Wait for the movements of these lots that are under way, and hold back others until the transaction ends."""
    session.execute(select(Lot.id).where(Lot.id.in_(lot_ids)).order_by(Lot.id).with_for_update()).all()
