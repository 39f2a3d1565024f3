"""Items by the codes that people write; the code of a line that was merged names the line that it became."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from inventory.catalogue.models import Item

_written = aliased(Item)


def items_named(session: Session, codes: Collection[str]) -> dict[str, Item]:
    """The items that these codes mean today, by the code as it was written."""
    statement = select(_written.code, Item).join(Item, Item.id == func.coalesce(_written.merged_into_id, _written.id))
    return {code: item for code, item in session.execute(statement.where(_written.code.in_(codes)))}


def item_named(session: Session, code: str) -> Item | None:
    """The item that a code means today."""
    return items_named(session, [code]).get(code)


def is_called(code: str) -> ColumnElement[bool]:
    """The condition that a row of Item is what a code means today."""
    columns: Any = Item
    meant = select(func.coalesce(_written.merged_into_id, _written.id)).where(_written.code == code)
    found: ColumnElement[bool] = columns.id == meant.scalar_subquery()
    return found


def codes_of_today(session: Session, codes: Collection[str]) -> dict[str, str]:
    """Of those codes whose lines were merged, the code of the line that each became."""
    statement = select(_written.code, Item.code).join(Item, Item.id == _written.merged_into_id)
    return {old: new for old, new in session.execute(statement.where(_written.code.in_(codes)))}
