"""What follows from a change of the catalogue: the dates of lots, the clocks and the readiness of what there is."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from inventory.catalogue.models import Item, Tracking
from inventory.clocks.clocks import figures_changed
from inventory.clocks.plans import recalculate
from inventory.stock.dating import rewrite
from inventory.stock.lots import facts_of
from inventory.stock.models import DepotItem, Expiry, Lot

_DATED = frozenset({"expires", "retire_age_months", "opened_life_days"})  # by these the last usable days are known
_JUDGED = _DATED | {"opened_counts"}
COLUMNS = tuple(sorted(_JUDGED))  # a change of these concerns the gear that there is


def follow(session: Session, item: Item, changed: Collection[str]) -> None:
    """Let what there is of an item follow a change of these columns. No query where none of them concerns it."""
    if _DATED & set(changed):
        _date_again(session, item, expires_changed="expires" in changed)
    if "retire_age_months" in changed:
        recalculate(session, item.id, ())
    if _JUDGED & set(changed):
        readiness_of_item(session, item.id)


def readiness_of_item(session: Session, item_id: UUID) -> None:
    """Let the readiness of every depot that has this item be worked out anew."""
    depots = session.execute(select(DepotItem.depot_id).where(DepotItem.item_id == item_id)).scalars()
    figures_changed(session, {(depot_id, item_id) for depot_id in depots})


def _date_again(session: Session, item: Item, *, expires_changed: bool) -> None:
    """Work out anew until when each lot is usable, and whether a date of it is missing (T09)."""
    statement = select(Lot).where(Lot.item_id == item.id).order_by(Lot.id).with_for_update(key_share=True)
    for lot in list(session.execute(statement.execution_options(populate_existing=True)).scalars()):
        facts = facts_of(lot)
        if expires_changed and item.tracking == Tracking.LOT and lot.expiry != Expiry.KNOWN:
            facts = replace(facts, expiry_unknown=item.expires)
        rewrite(session, item, lot, facts)
