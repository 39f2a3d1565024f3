"""Lists of lots and of what stands where, each with whether it is ready and, if not, why."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import True_

from core.errors import not_found
from core.paging import PAGE_LARGEST, Page, page_of, read_cursor, typed_bound
from core.quantities import write_quantity
from depots.models import Depot, Place, PlaceKind
from inventory.catalogue.measures import Measure, measured
from inventory.catalogue.models import MEASURE, Item
from inventory.catalogue.naming import is_called
from inventory.fitness.judging import why_column
from inventory.fitness.rules import READY, Why
from inventory.stock.labelled import labelled
from inventory.stock.models import Condition, Expiry, Lot, Stock
from inventory.stock.reaching import lots_reached
from people.policy import Act, Caller, reach

ZERO = Decimal(0)
# What some of a lot is ready for comes first, then the reasons in their order
RANK: dict[str, int] = {READY: -1} | {why.value: rank for rank, why in enumerate(Why)}


class Judged(NamedTuple):
    """How much is ready, and the reason that is shown."""

    ready: Decimal
    why: str | None


class LotRow(msgspec.Struct, frozen=True):
    """A lot at a depot: how much of it the depot holds, how much of that is ready, and why none is (``why``)."""

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
    size: str | None  # one of the item's sizes (T49)
    measure: Measure | None  # the quantity in the second measure (T60)
    ready: str
    why: str  # one of ``Why``; empty where some of it is ready
    item_zh: str
    item_en: str
    unit_zh: str
    unit_en: str
    depot_zh: str
    depot_en: str
    label: str | None = None  # the code on it


class LotView(msgspec.Struct, frozen=True):
    """A lot or a piece, and what the depots within reach hold of it; none, once it is used up or away."""

    id: UUID
    item: str
    item_zh: str
    item_en: str
    number: str | None
    serial: str | None
    condition: Condition
    expiry: Expiry
    usable_through: date | None
    held: list[LotRow]


class StockRow(msgspec.Struct, frozen=True):
    """A balance inside a depot, and why it does not count as ready (``why``)."""

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
    why: str  # one of ``Why``; empty where it is ready
    place_kind: PlaceKind
    maker: str | None
    made_on: date | None
    size: str | None  # one of the item's sizes (T49)
    measure: Measure | None  # the quantity in the second measure (T60)
    label: str | None = None  # the code on it


# In the order of a LotRow's fields, up to the size; the quantity stands between them
_LOT_COLUMNS: tuple[Any, ...] = (Lot.id, Depot.code, Item.code, Lot.number, Lot.serial)
_LOT_DATES: tuple[Any, ...] = (
    *(Lot.expiry, Lot.usable_through, Lot.condition, Lot.maker, Lot.made_on, Lot.made_precision),
    *(Lot.expires_on, Lot.expiry_precision, Lot.opened_on, Lot.size),
)
_PAIR = (Stock.lot_id, Stock.depot_id)
_LOT_NAMES: tuple[Any, ...] = (Item.name_zh, Item.name_en, Item.unit_zh, Item.unit_en, Depot.name_zh, Depot.name_en)


def _held(caller: Caller, depot: str | None, item: str | None) -> Any:
    """Lots and depots of balances alone, in the order of an index, so that a page reads itself alone."""
    near = reach(caller, Act.SEE, Depot.id, Depot.district_code)
    held = select(*_PAIR, func.sum(Stock.quantity).label("quantity")).where(~Stock.outside, Stock.quantity > 0)
    if depot is not None:
        near = near & (Depot.code == depot)
    if not isinstance(near, True_):
        held = held.where(Stock.depot_id.in_(select(Depot.id).where(near)))
    if item is not None:
        held = held.where(Stock.item_id.in_(select(Item.id).where(is_called(item))))
    return held.group_by(*_PAIR).order_by(*_PAIR)


def lots(
    session: Session,
    caller: Caller,
    depot: str | None,
    item: str | None,
    today: date,
    *,
    limit: int,
    cursor: str | None = None,
    lot_id: UUID | None = None,
) -> Page[LotRow]:
    """A page of lots held, by lot and depot; of the lot that is named, if any. Two queries."""
    held = _held(caller, depot, item)
    if lot_id is not None:
        held = held.where(Stock.lot_id == lot_id)
    after = read_cursor(cursor, tuple[UUID, UUID])
    if after is not None:
        held = held.where(tuple_(*_PAIR) > typed_bound(after, _PAIR))
    page = held.limit(limit + 1).subquery()
    statement = (
        select(*_LOT_COLUMNS, page.c.quantity, *_LOT_DATES, *_LOT_NAMES, Depot.id.label("depot_id"), *MEASURE)
        .select_from(page)
        .join(Lot, Lot.id == page.c.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Depot, Depot.id == page.c.depot_id)
        .order_by(page.c.lot_id, page.c.depot_id)
    )
    rows = list(session.execute(statement))
    judged = _judged(session, {(row[0], row.depot_id) for row in rows}, today)
    return page_of(rows, limit, lambda row: (row[0], row.depot_id), lambda row: _lot_row(row, judged))


def lot_view(session: Session, caller: Caller, lot_id: UUID, today: date) -> LotView:
    """A lot within reach; 404 of another."""
    found = lots_reached(session, caller, [lot_id]).get(lot_id)
    if found is None:
        raise not_found()
    lot, item = found
    held = labelled(lots, "id")(session, caller, None, None, today, limit=PAGE_LARGEST, lot_id=lot_id).items
    return LotView(
        lot.id,
        *(item.code, item.name_zh, item.name_en, lot.number, lot.serial),
        *(lot.condition, lot.expiry, lot.usable_through, held),
    )


def _judged(session: Session, pairs: Collection[tuple[UUID, UUID]], today: date) -> dict[tuple[UUID, UUID], Judged]:
    """Of each lot at a depot how much is ready, and why none is: what is said of it first, wherever it lies there."""
    found: dict[tuple[UUID, UUID], Judged] = {}
    why = why_column(today).label("why")
    statement = (
        select(Stock.lot_id, Stock.depot_id, Stock.quantity, why)
        .join(Place, Place.id == Stock.place_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .where(
            Stock.lot_id.in_({lot_id for lot_id, _ in pairs}),
            Stock.depot_id.in_({depot_id for _, depot_id in pairs}),
            ~Stock.outside,
            Stock.quantity > 0,
        )
    )
    for lot_id, depot_id, quantity, reason in session.execute(statement) if pairs else ():
        ready, first = found.get((lot_id, depot_id), (ZERO, None))
        ready += quantity if reason == READY else ZERO
        first = reason if first is None else min(first, reason, key=RANK.__getitem__)
        found[lot_id, depot_id] = Judged(ready, first)
    return found


def _lot_row(row: Any, judged: dict[tuple[UUID, UUID], Judged]) -> LotRow:
    ready, why = judged.get((row[0], row.depot_id), (ZERO, READY))
    values: list[Any] = [*row[:16], measured(row[5], *row[-len(MEASURE) :]), write_quantity(ready), why or READY]
    values[5] = write_quantity(row[5])
    return LotRow(*values, *row[16 : 16 + len(_LOT_NAMES)])


def stock(
    session: Session,
    depot_id: UUID,
    today: date,
    *,
    limit: int,
    cursor: str | None = None,
    place_id: UUID | None = None,
    item: str | None = None,
) -> Page[StockRow]:
    """A page of what stands where in a depot, in shelf order. The caller's right to see it has been checked."""
    statement = (
        select(  # in the order of a StockRow's fields, up to the size
            *(Place.id, Place.path_zh, Place.path_en),
            *(Item.code, Item.name_zh, Item.name_en, Item.unit_zh, Item.unit_en),
            *(Lot.id, Lot.number, Lot.serial, Stock.quantity, Lot.condition, Lot.expiry, Lot.usable_through),
            *(Place.in_reach, why_column(today), Place.kind, Lot.maker, Lot.made_on, Lot.size),
            *(Place.position, *MEASURE),
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
        statement = statement.where(is_called(item))
    after = read_cursor(cursor, tuple[int, UUID, str, UUID])
    if after is not None:
        columns = (Place.position, Place.id, Item.code, Lot.id)
        statement = statement.where(tuple_(*columns) > typed_bound(after, columns))
    rows = list(session.execute(statement.limit(limit + 1)))
    return page_of(rows, limit, lambda row: (row.position, row[0], row.code, row[8]), _stock_row)


def _stock_row(row: Any) -> StockRow:
    values = [*row[:21], measured(row.quantity, *row[-len(MEASURE) :])]
    values[11] = write_quantity(row.quantity)
    return StockRow(*values)
