"""What runs out, as it was last worked out: what the list of the desk and the API read, within the caller's reach."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session

from core.paging import Page, page_of, read_cursor, typed_bound
from core.quantities import write_quantity
from depots.models import Depot, DepotStatus
from inventory.catalogue.models import Item
from inventory.lasting.models import Extent, Forecast, ForecastState, GoneBy
from people.policy import Act, Caller, reach

NO_DAY = date(9999, 12, 31)  # sorts behind every day
# Of a district as a whole its own, of a depot the depot's
district_of: Any = func.coalesce(Forecast.district_code, Depot.district_code)
empty_day: Any = func.coalesce(Forecast.empty_on, NO_DAY)
low_day: Any = func.coalesce(Forecast.low_on, NO_DAY)


def seen_forecasts(caller: Caller) -> list[ColumnElement[bool]]:
    """The conditions of a query over ``Forecast`` with its depot, where it has one: what lies within reach.

    What several depots have together sees who may see them all.
    """
    open_ones = or_(Forecast.depot_id.is_(None), Depot.status == DepotStatus.OPEN)  # type: ignore[union-attr]
    return [open_ones, reach(caller, Act.SEE, Forecast.depot_id, district_of)]


def widest(caller: Caller) -> Extent:
    """The widest part of the city that the caller sees as a whole."""
    duties = [duty for duty in caller.duties if duty.depot_id is None]
    if any(duty.district_code is None for duty in duties):
        return Extent.CITY
    return Extent.DISTRICT if duties else Extent.DEPOT


class LookedAt(msgspec.Struct, frozen=True):
    """What the forecasts rest on: how many items in how many depots at most, worked out when at the earliest."""

    items: int
    depots: int
    at: datetime | None


def looked_at(session: Session) -> LookedAt:
    """What was looked at; nothing yet, if it was never worked out. One query."""
    state = ForecastState
    counts = select(func.count(), func.max(state.depots), func.min(state.worked_at))
    items, depots, at = session.execute(counts.where(state.depots > 0)).one()
    if not items:
        at = session.execute(select(func.min(state.worked_at))).scalar_one()
    return LookedAt(items, depots or 0, at)


class ForecastRow(msgspec.Struct, frozen=True):
    """An item in a part of the city, as the day was worked out. Several depots together are taken as one shelf.

    A day: the first on which it is so; null: not within ten years. Quantities are decimal strings in base units.
    """

    item: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    part: Extent
    district: str | None
    depot: str | None
    ready: str
    minimum: str
    per_week: float
    at_least: float  # the range in which the true rate lies 8 times in 10
    at_most: float
    weeks_known: int
    empty_on: date | None
    soonest_on: date | None  # at the most use
    latest_on: date | None  # at the least
    below_minimum_on: date | None
    first_depot_on: date | None
    unused: str  # ends before it is used
    reason: GoneBy
    worked_at: datetime


@dataclass(frozen=True)
class Filters:
    """What is asked for. ``before`` and ``low_before``: what is out, or below its minimum, before a day."""

    part: Extent | None = None
    item: str | None = None
    category: str | None = None
    district: str | None = None
    depot: str | None = None
    before: date | None = None
    low_before: date | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """As conditions of a query over forecasts."""
        wanted: Collection[tuple[Any, Any]] = (
            (Forecast.part, self.part),
            (Item.code, self.item),
            (Item.category_code, self.category),
            (district_of, self.district),
            (Depot.code, self.depot),
        )
        clauses = [column == value for column, value in wanted if value is not None]
        clauses += [Forecast.empty_on < self.before] if self.before else []  # type: ignore[operator]
        clauses += [Forecast.low_on < self.low_before] if self.low_before else []  # type: ignore[operator]
        return clauses


def forecasts(
    session: Session, caller: Caller, filters: Filters, limit: int, cursor: str | None = None
) -> Page[ForecastRow]:
    """What runs out, the soonest first; of the widest part that the caller sees, unless another is asked for."""
    if filters.part is None and filters.depot is None:
        filters = replace(filters, part=widest(caller))
    key = (empty_day, Item.code, Forecast.id)
    after = read_cursor(cursor, tuple[date, str, UUID])
    statement = (
        select(Forecast, Item, district_of, Depot.code, ForecastState.worked_at)
        .join(Item, Item.id == Forecast.item_id)
        .join(ForecastState, ForecastState.item_id == Forecast.item_id)
        .outerjoin(Depot, Depot.id == Forecast.depot_id)
        .where(*seen_forecasts(caller), *filters.conditions())
        .order_by(*key)
    )
    if after is not None:
        statement = statement.where(tuple_(*key) > typed_bound(after, key))
    rows = list(session.execute(statement.limit(limit + 1)))
    return page_of(rows, limit, lambda row: (row[0].empty_on or NO_DAY, row[1].code, row[0].id), _answer)


def _answer(row: Any) -> ForecastRow:
    one, item, district, depot, worked_at = row
    return ForecastRow(
        item.code,
        item.name_zh,
        item.name_en,
        item.unit_zh,
        item.unit_en,
        one.part,
        district,
        depot,
        write_quantity(one.ready),
        write_quantity(one.minimum),
        one.per_week,
        one.at_least,
        one.at_most,
        one.weeks,
        one.empty_on,
        one.soonest_on,
        one.latest_on,
        one.low_on,
        one.first_on,
        write_quantity(one.unused),
        one.reason,
        worked_at,
    )
