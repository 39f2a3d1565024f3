"""What serves instead of an item: others of a group of which any will do, and of a part of a capability."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from depots.models import ItemGroup, ItemGroupMember
from inventory.catalogue.models import Item
from inventory.finding.memory import remembered
from inventory.finding.ready import ready_amounts
from inventory.lasting.rules import ZERO


@dataclass
class Replacement:
    """Another item, what it serves for, and how much of it is ready at the depots that were asked for."""

    item: Item
    purposes: list[tuple[str, str]] = field(default_factory=list)  # (zh, en)
    ready: Decimal = ZERO


def replacements(session: Session, item: Item, depot_ids: Collection[UUID], today: date) -> list[Replacement]:
    """What serves instead of an item, the most ready first. Seven queries at most, none where there is nothing."""
    purposes = _of_groups(session, item.id)
    memory = remembered(session)
    for ability in memory.capabilities.values():
        for part in ability.parts:
            if item.id in part.item_ids:
                for other in part.item_ids:
                    purposes[other].append((ability.name_zh, ability.name_en))
    purposes.pop(item.id, None)
    if not purposes:
        return []
    items = session.execute(select(Item).where(Item.id.in_(purposes), Item.active)).scalars()
    found = {row.id: Replacement(row, list(dict.fromkeys(purposes[row.id]))) for row in items}
    ready = ready_amounts(session, today, list(found), memory.kits_among(found))
    for depot_id in depot_ids:
        for item_id, quantity in ready.get(depot_id, {}).items():
            found[item_id].ready += quantity
    return sorted(found.values(), key=lambda one: (-one.ready, one.item.code))


def _of_groups(session: Session, item_id: UUID) -> dict[UUID, list[tuple[str, str]]]:
    mine = aliased(ItemGroupMember)
    statement = (
        select(ItemGroupMember.item_id, ItemGroup.name_zh, ItemGroup.name_en)
        .join(mine, mine.group_code == ItemGroupMember.group_code)
        .join(ItemGroup, ItemGroup.code == ItemGroupMember.group_code)
        .where(mine.item_id == item_id)
        .order_by(ItemGroup.code, ItemGroupMember.item_id)
    )
    found: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for other, zh, en in session.execute(statement):
        found[other].append((zh, en))
    return found
