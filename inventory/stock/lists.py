"""Lists of the catalogue, of lots and of what stands where."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session

from core.inputs import like
from core.paging import Page, page_of, read_cursor, typed_bound
from core.quantities import write_quantity
from depots.models import Depot, Place, PlaceKind
from inventory.catalogue.measures import Measure, measured
from inventory.catalogue.models import MEASURE, Item, Tracking
from inventory.stock.models import Condition, Expiry, Lot, Stock
from people.policy import Act, Caller, reach


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


class LotRow(msgspec.Struct, frozen=True):
    """A lot at a depot, with how much of it the depot holds."""

    id: UUID
    depot: str
    item: str
    number: str | None
    serial: str | None
    quantity: str
    expiry: Expiry
    usable_through: date | None
    condition: Condition
    maker: str | None
    made_on: date | None
    made_precision: str  # "month": the stamp names a month only
    expires_on: date | None
    expiry_precision: str  # "day" or "month" as printed, "calc": made on + shelf life
    opened_on: date | None
    measure: Measure | None  # the quantity in the second measure (T60)
    size: str | None  # one of the item's sizes (T49)


class StockRow(msgspec.Struct, frozen=True):
    """A balance inside a depot."""

    place: UUID
    place_zh: str
    place_en: str
    item: str
    item_zh: str
    item_en: str
    unit_zh: str
    unit_en: str
    lot: UUID
    number: str | None
    serial: str | None
    quantity: str
    condition: Condition
    expiry: Expiry
    usable_through: date | None
    in_reach: bool
    place_kind: PlaceKind
    maker: str | None
    made_on: date | None
    measure: Measure | None  # the quantity in the second measure (T60)
    size: str | None  # one of the item's sizes (T49)


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


def lots(
    session: Session, caller: Caller, depot: str | None, item: str | None, limit: int, cursor: str | None
) -> Page[LotRow]:
    """A page of lots held, by lot and depot."""
    total = func.sum(Stock.quantity)
    statement = (
        select(
            Lot.id,
            Depot.code,
            Item.code,
            Lot.number,
            Lot.serial,
            total,
            Lot.expiry,
            Lot.usable_through,
            Lot.condition,
            Depot.id.label("depot_id"),
            Lot.maker,
            Lot.made_on,
            Lot.made_precision,
            Lot.expires_on,
            Lot.expiry_precision,
            Lot.opened_on,
            *MEASURE,
            Lot.size,
        )
        .select_from(Stock)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(~Stock.outside, Stock.quantity > 0, reach(caller, Act.SEE, Depot.id, Depot.district_code))
        .group_by(Lot.id, Depot.id, Item.code, *MEASURE)
        .order_by(Lot.id, Depot.id)
    )
    if depot is not None:
        statement = statement.where(Depot.code == depot)
    if item is not None:
        statement = statement.where(Item.code == item)
    after = read_cursor(cursor, tuple[UUID, UUID])
    if after is not None:
        statement = statement.where(tuple_(Lot.id, Depot.id) > typed_bound(after, (Lot.id, Depot.id)))
    rows = list(session.execute(statement.limit(limit + 1)))
    return page_of(rows, limit, lambda row: (row[0], row.depot_id), _lot_row)


def _lot_row(row: Any) -> LotRow:
    lot_id, depot, item, number, serial, total, expiry, through, condition, _, *more, size = row
    facts, per = more[: -len(MEASURE)], more[-len(MEASURE) :]
    amounts = [write_quantity(total), expiry, through, condition]
    values: list[Any] = [lot_id, depot, item, number, serial, *amounts, *facts, measured(total, *per), size]
    return LotRow(*values)


def stock(
    session: Session,
    depot_id: UUID,
    limit: int,
    cursor: str | None = None,
    place_id: UUID | None = None,
    item: str | None = None,
) -> Page[StockRow]:
    """A page of what stands where in a depot, in shelf order. The caller's right to see it has been checked."""
    statement = (
        select(
            Place.id,
            Place.path_zh,
            Place.path_en,
            Item.code,
            Item.name_zh,
            Item.name_en,
            Item.unit_zh,
            Item.unit_en,
            Lot.id,
            Lot.number,
            Lot.serial,
            Stock.quantity,
            Lot.condition,
            Lot.expiry,
            Lot.usable_through,
            Place.in_reach,
            Place.kind,
            Lot.maker,
            Lot.made_on,
            Place.position,
            Lot.size,
            *MEASURE,
        )
        .select_from(Stock)
        .join(Place, Place.id == Stock.place_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .where(Stock.depot_id == depot_id, ~Stock.outside, Stock.quantity > 0)
        .order_by(Place.position, Place.id, Item.code, Lot.id)
    )
    if place_id is not None:
        statement = statement.where(Stock.place_id == place_id)
    if item is not None:
        statement = statement.where(Item.code == item)
    after = read_cursor(cursor, tuple[int, UUID, str, UUID])
    if after is not None:
        columns = (Place.position, Place.id, Item.code, Lot.id)
        statement = statement.where(tuple_(*columns) > typed_bound(after, columns))
    rows = list(session.execute(statement.limit(limit + 1)))
    return page_of(rows, limit, lambda row: (row.position, row[0], row.code, row[8]), _stock_row)


def _stock_row(row: Any) -> StockRow:
    values = [*row[:19], measured(row.quantity, *row[-len(MEASURE) :]), row.size]
    values[11] = write_quantity(row.quantity)
    return StockRow(*values)
