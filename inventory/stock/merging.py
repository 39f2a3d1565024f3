"""The lots and balances of a line of the catalogue that is merged into another. Movements stay as they were told.

Every lot stays itself, with its label, its checks and its loans; only its line of the catalogue is another one. No
quantity moves, so nothing is posted: ``ItemChange`` says beside the ledger what changed its line, where and when.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.ids import new_id
from depots.models import PlaceKind
from depots.places import standing_place_id
from inventory.catalogue.models import Item, Tracking
from inventory.stock.dating import free_key, rewrite
from inventory.stock.depot_items import add_depot_figures
from inventory.stock.locks import lock_for_change
from inventory.stock.lots import facts_of, natural_key
from inventory.stock.models import DepotItem, Expiry, ItemChange, Lot, Stock


def move_stock(session: Session, item: Item, into: Item, person_id: UUID, now: datetime) -> int:
    """Let every lot of ``item`` be one of ``into``, wherever it lies; returns how many lots there were.

    Both lines are locked alone (``locks.lock_items``), and here every lot as for a change of its condition, so that no
    booking is under way.
    """
    lot_ids = list(session.execute(select(Lot.id).where(Lot.item_id == item.id)).scalars())
    lock_for_change(session, lot_ids)
    _note_changes(session, item, into, person_id, now)
    for lot in list(session.execute(select(Lot).where(Lot.item_id == item.id).order_by(Lot.id)).scalars()):
        _become(session, lot, into)
    session.execute(
        update(Stock).where(Stock.item_id == item.id).values(item_id=into.id).execution_options(
            synchronize_session="fetch"
        )
    )  # fmt: skip
    _move_figures(session, item, into)
    return len(lot_ids)


def _become(session: Session, lot: Lot, into: Item) -> None:
    """The dates that follow from the other line's ages, and the key by which a receipt finds the lot again.

    Where the other line has a lot of the same facts both stay, each its own line (T18).
    """
    facts = facts_of(lot)
    if into.tracking == Tracking.LOT and lot.expiry != Expiry.KNOWN:
        facts = replace(facts, expiry_unknown=into.expires)
    lot.item_id = into.id
    session.flush()
    if into.tracking == Tracking.SERIAL or lot.opened_on is not None:
        lot.natural_key = free_key(session, natural_key(into, facts, lot.id), lot.id)
    rewrite(session, into, lot, facts)


def _note_changes(session: Session, item: Item, into: Item, person_id: UUID, now: datetime) -> None:
    balances = select(Stock.lot_id, Stock.place_id, Stock.depot_id, Stock.quantity).where(
        Stock.item_id == item.id, ~Stock.outside, Stock.quantity > 0
    )
    rows = []
    for lot_id, place_id, depot_id, quantity in session.execute(balances).all():
        edge = standing_place_id(depot_id, PlaceKind.REPACKED)
        for item_id, source, target in ((item.id, place_id, edge), (into.id, edge, place_id)):
            rows.append(
                {
                    "id": new_id(),
                    "item_id": item_id,
                    "lot_id": lot_id,
                    "quantity": quantity,
                    "from_place_id": source,
                    "to_place_id": target,
                    "depot_id": depot_id,
                    "person_id": person_id,
                    "recorded_at": now,
                    "reason": f"{item.code} → {into.code}",
                }
            )
    for start in range(0, len(rows), 5000):
        session.execute(insert(table_of(ItemChange)), rows[start : start + 5000])


def _move_figures(session: Session, item: Item, into: Item) -> None:
    statement = select(DepotItem.depot_id, DepotItem.held, DepotItem.in_reach).where(DepotItem.item_id == item.id)
    changes: dict[tuple[UUID, UUID], tuple[Decimal, Decimal]] = {}
    for depot_id, held, in_reach in session.execute(statement.with_for_update()):
        changes[depot_id, item.id] = (-held, -in_reach)
        changes[depot_id, into.id] = (held, in_reach)
    add_depot_figures(session, changes)


def held_of(session: Session, item_id: UUID) -> tuple[int, int, Decimal]:
    """How many lots of an item are inside depots, in how many depots, and how much together."""
    row = session.execute(
        select(
            func.count(Stock.lot_id.distinct()), func.count(Stock.depot_id.distinct()), func.sum(Stock.quantity)
        ).where(Stock.item_id == item_id, ~Stock.outside, Stock.quantity > 0)
    ).one()
    return row[0], row[1], row[2] or Decimal(0)
