"""What ends when: how many balances of the coming year reach their last usable day on which day, and which they are."""

from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from core.errors import bad_field
from core.languages import N_
from core.paging import Page, page_of, read_cursor, typed_bound
from core.quantities import write_quantity
from depots.lists import depot_filters
from depots.models import Depot, DepotStatus, Place
from inventory.catalogue.measures import Measure, measured
from inventory.catalogue.models import MEASURE, Item
from inventory.readiness.survey import depot_figures
from inventory.stock.models import Lot, Stock
from inventory.stock.rules import add_months
from people.policy import Act, Caller, reach

MONTHS = 12


class EndDay(msgspec.Struct, frozen=True):
    """A last usable day: so many balances end with it, at so many depots."""

    day: date
    lines: int
    depots: int


class Calendar(msgspec.Struct):
    """The answer of ``/api/expiry``: the days on which something ends, and what is past its last day already."""

    since: date
    until: date
    past_lines: int
    past_depots: int
    days: list[EndDay]


class Ending(msgspec.Struct, frozen=True):
    """A balance with its last usable day. Quantity in base units."""

    usable_through: date
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
    quantity: str
    place: UUID
    place_zh: str
    place_en: str
    measure: Measure | None  # the quantity in the second measure (T60)
    phone: str  # of the depot
    label: str | None = None  # the code on it


def calendar(
    session: Session, caller: Caller, today: date, district: str | None = None, type_code: str | None = None
) -> Calendar:
    """Balances by their last usable day for twelve months from today, from the figures of the depots within reach."""
    until = add_months(today, MONTHS) - timedelta(days=1)
    lines: Counter[date] = Counter()
    depots: Counter[date] = Counter()
    past_lines = past_depots = 0
    for row in depot_figures(session, caller, today, district, type_code):
        ends = {date.fromisoformat(day): number for day, number in row.ends.by_day.items()}
        past = sum(number for day, number in ends.items() if day < today)
        past_lines += past
        past_depots += past > 0
        coming = {day: number for day, number in ends.items() if today <= day <= until}
        lines.update(coming)
        depots.update(coming.keys())
    days = [EndDay(day, lines[day], depots[day]) for day in sorted(lines)]
    return Calendar(today, until, past_lines, past_depots, days)


def _balances(columns: Any, caller: Caller, district: str | None, type_code: str | None) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Lot)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(
            ~Stock.outside,
            Stock.quantity > 0,
            Depot.status == DepotStatus.OPEN,
            reach(caller, Act.SEE, Depot.id, Depot.district_code),
            *depot_filters(district, type_code),
        )
    )


_ORDER: tuple[Any, ...] = (Lot.usable_through, Depot.code, Item.code, Stock.lot_id, Stock.place_id)
_SHOWN: tuple[Any, ...] = (
    Lot.usable_through,
    Depot.code,
    Depot.name_zh,
    Depot.name_en,
    Item.code.label("item"),
    Item.name_zh,
    Item.name_en,
    Item.unit_zh,
    Item.unit_en,
    Stock.lot_id,
    func.coalesce(Lot.serial, Lot.number, ""),
    Stock.quantity,
    Stock.place_id,
    Place.path_zh,
    Place.path_en,
    *MEASURE,
    Depot.phone,
)


def ending(
    session: Session,
    caller: Caller,
    since: date | None,
    until: date,
    *,
    limit: int,
    cursor: str | None = None,
    district: str | None = None,
    type_code: str | None = None,
) -> Page[Ending]:
    """A page of the balances whose last usable day lies in a period, the earliest first. One query.

    Without ``since``: all that end by ``until``.
    """
    if since is not None and since > until:
        raise bad_field("until", N_("the period ends before it begins"))
    statement = (
        _balances(_SHOWN, caller, district, type_code)
        .join(Item, Item.id == Stock.item_id)
        .join(Place, Place.id == Stock.place_id)
        .where(Lot.usable_through.between(since or date.min, until))
        .order_by(*_ORDER)
        .limit(limit + 1)
    )
    after = read_cursor(cursor, tuple[date, str, str, UUID, UUID])
    if after is not None:
        statement = statement.where(tuple_(*_ORDER) > typed_bound(after, _ORDER))
    rows = list(session.execute(statement))
    return page_of(rows, limit, lambda row: (row[0], row[1], row[4], row[9], row[12]), _ending)


def _ending(row: Any) -> Ending:
    values = [*row[:15], measured(row.quantity, *row[15:18]), row.phone]
    values[11] = write_quantity(row.quantity)
    return Ending(*values)
