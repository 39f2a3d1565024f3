"""What each depot has of each item: kept with every movement, in its transaction."""

from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.columns import table_of
from core.prepared import Prepared, each_column, write_all
from core.upsert import upsert_for
from inventory.stock.models import DepotItem

_depot_item = table_of(DepotItem)


@cache
def _add_to_figures(dialect: str) -> Prepared:
    statement = upsert_for(dialect, _depot_item).values(each_column(_depot_item))
    changes = {
        "held": _depot_item.c.held + statement.excluded.held,
        "in_reach": _depot_item.c.in_reach + statement.excluded.in_reach,
        "dirty": True,
        "changes": _depot_item.c.changes + 1,
    }
    return Prepared(statement.on_conflict_do_update(index_elements=["depot_id", "item_id"], set_=changes))


def add_depot_figures(session: Session, changes: dict[tuple[UUID, UUID], tuple[Decimal, Decimal]]) -> None:
    """Add to what depots hold and have in reach: ``{(depot_id, item_id): (held, in_reach)}``.

    Only for what changes together with the ledger: ``post``, and a lot's condition.
    """
    write_all(session, [figures_to_add(session, changes)])


def figures_to_add(
    session: Session, changes: dict[tuple[UUID, UUID], tuple[Decimal, Decimal]]
) -> tuple[Prepared, list[dict[str, Any]]]:
    """As ``add_depot_figures``, to be written together with other rows."""
    rows = [
        {"depot_id": depot_id, "item_id": item_id, "held": held, "in_reach": in_reach, "dirty": True, "changes": 1}
        for (depot_id, item_id), (held, in_reach) in sorted(changes.items())
        if held or in_reach
    ]
    return _add_to_figures(session.get_bind().dialect.name), rows
