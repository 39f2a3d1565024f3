"""One item over all depots within reach: how much is ready, how fast it goes, how long it lasts, what ends unused."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import bad_field, not_found
from core.languages import N_
from depots.models import Depot
from depots.places import visible_depot
from inventory.catalogue.models import Category, Item
from inventory.lasting.holdings import DepotHolding, Holding, holdings_of, together, wasted
from inventory.lasting.rules import WINDOWS, ZERO
from people.policy import Caller


@dataclass(frozen=True)
class MonthEnd:
    """What of the ready stock ends in a month, and what of it will not have been used by then at the present rate."""

    month: date
    quantity: Decimal
    unused: Decimal


@dataclass(frozen=True)
class Outlook:
    """An item's page. ``whole``: all depots that were asked for as one shelf; ``depots``: the soonest empty first."""

    item: Item
    category: Category
    weeks: int
    depot: Depot | None
    whole: Holding
    depots: list[DepotHolding]
    prices: tuple[int, int] | None  # the lowest and the highest of a base unit, in fen

    @property
    def depot_ids(self) -> list[UUID]:
        return [one.id for one in self.depots]

    @property
    def wasted(self) -> Decimal:
        """What will end unused where it lies."""
        return wasted(self.depots)

    @property
    def saved_by_moving(self) -> Decimal:
        """What of it would be used if it were moved to where it is used: all depots as one shelf."""
        return max(self.wasted - self.whole.course.wasted, ZERO)

    @property
    def short_depots(self) -> int:
        return sum(one.short > 0 for one in self.depots)

    def months(self) -> list[MonthEnd]:
        """What ends month by month, where it lies."""
        ends: dict[date, Decimal] = defaultdict(lambda: ZERO)
        unused: dict[date, Decimal] = defaultdict(lambda: ZERO)
        for one in self.depots:
            for batch in one.batches:
                if batch.usable_through is not None:
                    ends[batch.usable_through.replace(day=1)] += batch.quantity
            for day, quantity in one.course.unused.items():
                unused[day.replace(day=1)] += quantity
        return [MonthEnd(month, quantity, min(unused[month], quantity)) for month, quantity in sorted(ends.items())]


def outlook(
    session: Session,
    caller: Caller,
    code: str,
    today: date,
    zone: ZoneInfo,
    *,
    weeks: int = WINDOWS[1],
    depot_code: str | None = None,
) -> Outlook:
    """How an item stands at the depots within reach, or at one of them. Six queries at most, whatever there is."""
    if weeks not in WINDOWS:
        raise bad_field("weeks", N_("choose 4, 13, 26 or 52 weeks"))
    row = session.execute(
        select(Item, Category).join(Category, Category.code == Item.category_code).where(Item.code == code)
    ).first()
    if row is None:
        raise not_found(N_("there is no item with the code {code}"), code=code[:32])
    item: Item = row[0]
    depot = None if depot_code is None else visible_depot(session, caller, depot_code)
    at = depot.id if depot is not None else None
    known = holdings_of(session, caller, [item.id], today, zone, weeks=weeks, depot_id=at)[item.id]
    known.sort(key=_urgency)
    prices = set[int]().union(*(one.prices for one in known))
    span = (min(prices), max(prices)) if prices else None
    return Outlook(item, row[1], weeks, depot, together(known, today, weeks), known, span)


def _urgency(one: DepotHolding) -> tuple[Any, ...]:
    """What is below its minimum first, then what will be soonest."""
    at = one.course
    return one.short == 0, at.low_on or date.max, at.empty_on or date.max, -one.course.wasted, one.code
