"""One item over all depots within reach: how much is ready, how fast it goes, how long it lasts, what ends unused."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.clock import local_date
from core.errors import bad_field, not_found
from core.languages import N_
from depots.models import Depot, DepotRequirement, DepotStatus, Place
from depots.places import visible_depot
from depots.requirements import holds_on
from inventory.assets.models import AssetFact
from inventory.catalogue.models import Category, Item
from inventory.fitness.judging import why_column
from inventory.fitness.rules import READY
from inventory.lasting.rules import WINDOWS, ZERO, Batch, Course, Rate, burn_rate, course, weeks_observed
from inventory.lasting.using import week_ends, weekly_use
from inventory.stock.models import Lot, Stock
from people.policy import Act, Caller, reach


@dataclass
class Holding:
    """What a depot, or several together, have of the item and use of it. Amounts in base units, money in fen."""

    today: date
    minimum: Decimal = ZERO
    since: date | None = None  # from when on its use is known
    ready: Decimal = ZERO
    lost: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))  # not ready, by reason
    batches: list[Batch] = field(default_factory=list)  # what is ready, by last usable day
    weekly: list[Decimal] = field(default_factory=list)
    value_fen: int = 0
    priced: Decimal = ZERO

    @property
    def held(self) -> Decimal:
        return self.ready + sum(self.lost.values(), ZERO)

    @property
    def short(self) -> Decimal:
        return max(self.minimum - self.ready, ZERO)

    @cached_property
    def rate(self) -> Rate:
        observed = weeks_observed(self.since, self.today, len(self.weekly))
        return burn_rate(self.weekly[len(self.weekly) - observed :])

    @cached_property
    def course(self) -> Course:
        return self._course(self.rate.per_week)

    @cached_property
    def soonest(self) -> Course:
        """If as much is used as may be, 8 times in 10."""
        return self._course(self.rate.high)

    @cached_property
    def latest(self) -> Course:
        """If as little is used as may be, 8 times in 10."""
        return self._course(self.rate.low)

    def _course(self, per_week: float) -> Course:
        return course(self.batches, per_week, self.today, self.minimum)


@dataclass(kw_only=True)
class DepotHolding(Holding):
    """The same of one depot."""

    id: UUID
    code: str
    name_zh: str
    name_en: str


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
        return sum((one.course.wasted for one in self.depots), ZERO)

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
    holdings = _required(session, caller, item.id, today, weeks=weeks, depot=depot)
    prices = _add_stock(session, caller, item.id, today, zone, holdings)
    ends = week_ends(today, weeks, zone)
    for depot_id, used in weekly_use(session, caller, item.id, ends).items():
        if depot_id in holdings:
            one = holdings[depot_id]
            one.weekly = [used.get(week, ZERO) for week in range(weeks)]
            one.since = one.since or today
    known = [one for one in holdings.values() if one.since is not None or one.minimum]
    known.sort(key=_urgency)
    span = (min(prices), max(prices)) if prices else None
    return Outlook(item, row[1], weeks, depot, _together(known, today, weeks), known, span)


def _required(
    session: Session, caller: Caller, item_id: UUID, today: date, *, weeks: int, depot: Depot | None
) -> dict[UUID, DepotHolding]:
    """The open depots within reach, each with its minimum of the item: required, or wished for by a par level."""
    asked = (DepotRequirement.depot_id == Depot.id) & (DepotRequirement.item_id == item_id) & holds_on(today)
    statement = (
        select(Depot.id, Depot.code, Depot.name_zh, Depot.name_en, func.max(DepotRequirement.low_below))
        .outerjoin(DepotRequirement, asked)
        .where(Depot.status == DepotStatus.OPEN, reach(caller, Act.SEE, Depot.id, Depot.district_code))
        .group_by(Depot.id)
    )
    if depot is not None:
        statement = statement.where(Depot.id == depot.id)
    return {
        depot_id: DepotHolding(
            today, minimum or ZERO, weekly=[ZERO] * weeks, id=depot_id, code=code, name_zh=name_zh, name_en=name_en
        )
        for depot_id, code, name_zh, name_en, minimum in session.execute(statement)
    }


def _add_stock(
    session: Session, caller: Caller, item_id: UUID, today: date, zone: ZoneInfo, holdings: dict[UUID, DepotHolding]
) -> set[int]:
    """Add what lies where and why it counts or not; returns the prices of a base unit. One query."""
    prices: set[int] = set()
    for depot_id, through, said, price, quantity, received_at in session.execute(_stock(caller, item_id, today)):
        one = holdings.get(depot_id)
        if one is None:
            continue
        received_on = local_date(received_at, zone)
        one.since = min(one.since or received_on, received_on)
        if quantity <= 0:
            continue
        if said == READY:
            one.ready += quantity
            one.batches.append(Batch(quantity, through))
        else:
            one.lost[said] += quantity
        if price is not None:
            prices.add(price)
            one.value_fen += int(price * quantity)
            one.priced += quantity
    return prices


def _stock(caller: Caller, item_id: UUID, today: date) -> Select[Any]:
    why = why_column(today).label("why")
    return (
        select(
            Stock.depot_id,
            Lot.usable_through,
            why,
            AssetFact.price_fen,
            func.sum(Stock.quantity),
            func.min(Lot.received_at),
        )
        .select_from(Lot)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Place, Place.id == Stock.place_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Depot, Depot.id == Stock.depot_id)
        .outerjoin(AssetFact, AssetFact.lot_id == Lot.id)
        .where(Lot.item_id == item_id, ~Stock.outside, reach(caller, Act.SEE, Depot.id, Depot.district_code))
        .group_by(Stock.depot_id, Lot.usable_through, why, AssetFact.price_fen)
    )


def _together(holdings: Iterable[DepotHolding], today: date, weeks: int) -> Holding:
    """Some depots as if they were one shelf."""
    whole = Holding(today, weekly=[ZERO] * weeks)
    for one in holdings:
        whole.minimum += one.minimum
        whole.ready += one.ready
        whole.batches += one.batches
        whole.value_fen += one.value_fen
        whole.priced += one.priced
        whole.weekly = [a + b for a, b in zip(whole.weekly, one.weekly, strict=True)]
        for why, quantity in one.lost.items():
            whole.lost[why] += quantity
        if one.since is not None:
            whole.since = min(whole.since or one.since, one.since)
    return whole


def _urgency(one: DepotHolding) -> tuple[Any, ...]:
    """What is below its minimum first, then what will be soonest."""
    at = one.course
    return one.short == 0, at.low_on or date.max, at.empty_on or date.max, -one.course.wasted, one.code
