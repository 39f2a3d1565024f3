"""The list of the catalogue."""

from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.inputs import like
from core.paging import Page, page_of, read_cursor
from inventory.catalogue.models import Item, Tracking


class ItemRow(msgspec.Struct, frozen=True):
    """A line of the catalogue."""

    id: UUID
    code: str
    name_zh: str
    name_en: str
    category: str
    unit_zh: str
    unit_en: str
    tracking: Tracking
    expires: bool
    consumable: bool
    controlled: bool


def items(session: Session, category: str | None, q: str | None, limit: int, cursor: str | None) -> Page[ItemRow]:
    """A page of the catalogue, by code."""
    statement = select(
        Item.id,
        Item.code,
        Item.name_zh,
        Item.name_en,
        Item.category_code,
        Item.unit_zh,
        Item.unit_en,
        Item.tracking,
        Item.expires,
        Item.consumable,
        Item.controlled,
    ).order_by(Item.code)
    if category is not None:
        statement = statement.where(Item.category_code == category)
    if q:
        pattern = like(q)
        statement = statement.where(
            or_(*(column.ilike(pattern, escape="\\") for column in (Item.name_zh, Item.name_en, Item.code)))
        )
    after = read_cursor(cursor, tuple[str])
    if after is not None:
        statement = statement.where(Item.code > after[0])
    rows = list(session.execute(statement.limit(limit + 1)))
    return page_of(rows, limit, lambda row: (row.code,), lambda row: ItemRow(*row))
