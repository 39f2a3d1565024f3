"""What gives an item's quantities their meaning does not change under lots: 1,233 tablets never become boxes (B37).

A box may change, for each lot remembers its own (T58); only a bulk item's one lot cannot hold two kinds of box.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal, conflict
from core.languages import N_, in_both
from inventory.catalogue.models import Item, Tracking
from inventory.stock.locks import lock_items
from inventory.stock.models import Lot

_MEANING = ("unit_zh", "unit_en", "decimals", "tracking", "holds")
WORDS = {
    "unit_zh": N_("Unit"),
    "unit_en": N_("English unit"),
    "decimals": N_("Decimals"),
    "tracking": N_("Tracking"),
    "holds": N_("Vehicle or kit"),
    "pack_size": N_("Pieces in a box"),
}
CANNOT_CHANGE = N_("there is stock of this item; what its quantities mean cannot change any more")
WAY_OUT = N_("leave it as it is ({value}), or enter a new item and move the stock over by adjusting both")


def changed_meaning(item: Item, values: Mapping[str, Any]) -> list[str]:
    """The columns by which these values would change what the item's quantities mean."""
    columns = (*_MEANING, "pack_size") if item.tracking == Tracking.BULK and item.pack_size else _MEANING
    changed = [name for name in columns if name in values and values[name] != getattr(item, name)]
    # a piece becomes a place once something is put into it (T41): what there is stays as it is
    return [name for name in changed if name != "holds" or (item.holds, values[name]) != (None, "device")]


def in_use(session: Session, item_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these items of which there are lots; none is entered for the others until the transaction ends."""
    wanted = list(item_ids)
    if not wanted:
        return set()
    lock_items(session, wanted, alone=True)
    return set(session.execute(select(Lot.item_id).where(Lot.item_id.in_(wanted)).distinct()).scalars())


def require_same_meaning(session: Session, changes: Iterable[tuple[Item, Mapping[str, Any]]]) -> None:
    """Refuse (409) what would change the meaning of quantities that there are."""
    changed = {item.id: (item, names) for item, values in changes if (names := changed_meaning(item, values))}
    for item_id in sorted(in_use(session, changed)):
        item, (name, *_) = changed[item_id]
        raise meaning_kept(item, name)


def meaning_kept(item: Item, name: str) -> Refusal:
    """What is said, with the way out."""
    return conflict(
        "in-use",
        N_("{code}: {column} cannot change while there is stock of it; enter a new item, and adjust the stock over"),
        code=item.code,
        column=in_both(WORDS[name]),
    )
