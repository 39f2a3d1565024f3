"""Gear that is given away and may still come back for some months: a relief tent (T62).

An item is used up when it is taken (``consumable``), is expected back (neither), or is reclaimed if in time
(``reclaim_months`` from the day on which it was given out); after that day it counts as used up, and is booked so.
"""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from core.database import date_in
from core.paging import Page, page_of, read_cursor, typed_bound
from core.quantities import write_quantity
from depots.models import Depot, Place, PlaceKind
from inventory.catalogue.measures import Measure
from inventory.catalogue.models import Item
from inventory.stock.models import Lot, Movement, Stock
from inventory.stock.rules import add_months
from people.policy import Act, Caller, reach

_OUT = (PlaceKind.HOLDER, PlaceKind.INCIDENT)


class Reclaim(msgspec.Struct, frozen=True):
    """So much of a lot is out, and may come back until a day (the last one). Quantity in base units."""

    depot: str
    depot_zh: str
    depot_en: str
    item: str
    item_zh: str
    item_en: str
    unit_zh: str
    unit_en: str
    lot: UUID
    number: str
    place: UUID
    place_zh: str
    place_en: str
    quantity: str
    measure: Measure | None
    since: date
    until: date
    in_time: bool
    phone: str  # of the depot
    label: str | None = None  # the code on it


_ORDER: tuple[Any, ...] = (Depot.code, Item.code, Stock.lot_id, Stock.place_id)


def _given_out(depot_ids: Any) -> Any:
    """Of these depots. Looked up depot by depot under the few items that may come back, whatever else they hold."""
    reclaimed = select(Item.id).where(Item.reclaim_months.is_not(None))
    given = (
        select(func.max(Movement.happened_at))
        .where(Movement.lot_id == Stock.lot_id, Movement.to_place_id == Stock.place_id)
        .correlate_except(Movement)
        .scalar_subquery()
    )
    return (
        select(Depot, Item, Lot, Place, Stock.quantity, given.label("given_at"))
        .select_from(Stock)
        .join(Place, Place.id == Stock.place_id)
        .join(Item, Item.id == Stock.item_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(Stock.depot_id.in_(depot_ids), Stock.item_id.in_(reclaimed), Place.kind.in_(_OUT), Stock.quantity > 0)
        .order_by(*_ORDER)
    )


def reclaims(
    session: Session, caller: Caller, today: date, depot: str | None, limit: int, cursor: str | None = None
) -> Page[Reclaim]:
    """A page of what is out and may come back, within the caller's reach. One query."""
    within = select(Depot.id).where(reach(caller, Act.SEE, Depot.id, Depot.district_code))
    if depot is not None:
        within = within.where(Depot.code == depot)
    statement = _given_out(within)
    after = read_cursor(cursor, tuple[str, str, UUID, UUID])
    if after is not None:
        statement = statement.where(tuple_(*_ORDER) > typed_bound(after, _ORDER))
    rows = list(session.execute(statement.limit(limit + 1)))
    return page_of(
        rows,
        limit,
        lambda row: (row.Depot.code, row.Item.code, row.Lot.id, row.Place.id),
        lambda row: _reclaim(session, row, today),
    )


def reclaims_at(session: Session, depot_ids: Collection[UUID], today: date) -> list[tuple[UUID, UUID, Reclaim]]:
    """What is out of these depots and may come back: (depot, item, what). One query."""
    rows = session.execute(_given_out(depot_ids))
    return [(row.Depot.id, row.Item.id, _reclaim(session, row, today)) for row in rows]


def _reclaim(session: Session, row: Any, today: date) -> Reclaim:
    depot, item, lot, place = row.Depot, row.Item, row.Lot, row.Place
    since = date_in(session, row.given_at)
    until = add_months(since, item.reclaim_months)
    return Reclaim(
        depot=depot.code,
        depot_zh=depot.name_zh,
        depot_en=depot.name_en,
        item=item.code,
        item_zh=item.name_zh,
        item_en=item.name_en,
        unit_zh=item.unit_zh,
        unit_en=item.unit_en,
        lot=lot.id,
        number=lot.serial or lot.number or "",
        place=place.id,
        place_zh=place.path_zh,
        place_en=place.path_en,
        quantity=write_quantity(row.quantity),
        measure=item.measured(row.quantity),
        since=since,
        until=until,
        in_time=today <= until,
        phone=depot.phone,
    )
