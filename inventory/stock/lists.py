"""The list of the catalogue."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.inputs import like
from core.paging import Page, page_of, read_cursor
from inventory.catalogue.measures import Measure, measured
from inventory.catalogue.models import MEASURE, Item, Tracking


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
    sizes: list[str]  # in order; one does not stand in for another (T49)
    hazard: str | None  # its storage class, if it is dangerous: see /api/hazards (T99)
    reclaim_months: int | None  # given away, it may come back so long (T62)
    measure: Measure | None  # what a base unit is in the second measure (T60)


def items(
    session: Session,
    category: str | None,
    q: str | None,
    limit: int,
    cursor: str | None,
    called: Collection[str] = (),
) -> Page[ItemRow]:
    """A page of the catalogue, by code. ``called``: the codes of items that ``q`` names by another word."""
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
        Item.sizes,
        Item.hazard_code,
        Item.reclaim_months,
        *MEASURE,
    ).order_by(Item.code)
    if category is not None:
        statement = statement.where(Item.category_code == category)
    if q:
        pattern = like(q)
        statement = statement.where(
            or_(
                Item.code.in_(called),
                *(column.ilike(pattern, escape="\\") for column in (Item.name_zh, Item.name_en, Item.code)),
            )
        )
    after = read_cursor(cursor, tuple[str])
    if after is not None:
        statement = statement.where(Item.code > after[0])
    rows = list(session.execute(statement.limit(limit + 1)))
    return page_of(rows, limit, lambda row: (row.code,), _item_row)


def _item_row(row: Any) -> ItemRow:
    values = [*row[:-3], measured(Decimal(1), *row[-3:])]
    values[11] = row.sizes.split()
    return ItemRow(*values)
