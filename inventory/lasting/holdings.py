"""What the depots within reach have of some items, what they must have, and what they used of it week by week."""

from collections import defaultdict
from collections.abc import Collection, Iterable
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
from depots.models import Depot, DepotRequirement, DepotStatus, Place
from depots.requirements import holds_on
from inventory.assets.models import AssetFact
from inventory.catalogue.models import Item
from inventory.fitness.judging import why_column
from inventory.fitness.rules import READY
from inventory.lasting.rules import ZERO, Batch, Course, Rate, burn_rate, course, weeks_observed
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
    prices: set[int] = field(default_factory=set)  # of a base unit, in fen

    @property
    def held(self) -> Decimal:
        return self.ready + sum(self.lost.values(), ZERO)

    @property
    def short(self) -> Decimal:
        return max(self.minimum - self.ready, ZERO)

    @property
    def wanted(self) -> bool:
        """Whether anybody has it here, uses it or must have it."""
        return bool(self.ready or self.minimum or self.rate.per_week)

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
    district: str


Holdings = dict[UUID, dict[UUID, DepotHolding]]  # by item and depot


def holdings_of(
    session: Session,
    caller: Caller,
    item_ids: Collection[UUID],
    today: date,
    zone: ZoneInfo,
    *,
    weeks: int,
    depot_id: UUID | None = None,
) -> dict[UUID, list[DepotHolding]]:
    """Of each item the open depots within reach, or one of them, that had it or must have it. Four queries."""
    gathered = _Gathered(session, caller, today, weeks, depot_id)
    gathered.add_minimums(session, item_ids)
    gathered.add_stock(session, caller, item_ids, zone)
    ends = week_ends(today, weeks, zone)
    for (item_id, at), used in weekly_use(session, caller, item_ids, ends).items():
        one = gathered.at(item_id, at)
        if one is not None:
            one.weekly = [used.get(week, ZERO) for week in range(weeks)]
            one.since = one.since or today
    return {
        item_id: [one for one in gathered.found[item_id].values() if one.since is not None or one.minimum]
        for item_id in item_ids
    }


class _Gathered:
    """The holdings that were met, and the depots that they may be at."""

    def __init__(self, session: Session, caller: Caller, today: date, weeks: int, depot_id: UUID | None) -> None:
        self.today, self.weeks = today, weeks
        self.found: Holdings = defaultdict(dict)
        names = select(Depot.id, Depot.code, Depot.name_zh, Depot.name_en, Depot.district_code)
        statement = names.where(Depot.status == DepotStatus.OPEN, reach(caller, Act.SEE, Depot.id, Depot.district_code))
        if depot_id is not None:
            statement = statement.where(Depot.id == depot_id)
        self._depots = {row.id: row for row in session.execute(statement)}
        self._only = depot_id

    def at(self, item_id: UUID, depot_id: UUID) -> DepotHolding | None:
        """What a depot holds of an item; None where the depot was not asked for."""
        depot = self._depots.get(depot_id)
        if depot is None:
            return None
        held = self.found[item_id]
        if depot_id not in held:
            names = {"code": depot.code, "name_zh": depot.name_zh, "name_en": depot.name_en}
            weekly = [ZERO] * self.weeks
            held[depot_id] = DepotHolding(self.today, weekly=weekly, id=depot_id, district=depot.district_code, **names)
        return held[depot_id]

    def add_minimums(self, session: Session, item_ids: Collection[UUID]) -> None:
        """What must be held: required, or wished for by a par level."""
        wanted = DepotRequirement
        statement = (
            select(wanted.item_id, wanted.depot_id, func.max(wanted.low_below))
            .where(wanted.item_id.in_(item_ids), holds_on(self.today))
            .group_by(wanted.item_id, wanted.depot_id)
        )
        if self._only is not None:
            statement = statement.where(wanted.depot_id == self._only)
        for item_id, depot_id, minimum in session.execute(statement):
            one = self.at(item_id, depot_id) if item_id is not None else None  # else a group's, or a category's
            if one is not None:
                one.minimum = minimum or ZERO

    def add_stock(self, session: Session, caller: Caller, item_ids: Collection[UUID], zone: ZoneInfo) -> None:
        """What lies where, what was paid for it, and why it counts or not."""
        for item_id, depot_id, through, said, price, quantity, received_at in session.execute(
            _stock(caller, item_ids, self.today)
        ):
            one = self.at(item_id, depot_id)
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
                one.prices.add(price)
                one.value_fen += int(price * quantity)
                one.priced += quantity


def _stock(caller: Caller, item_ids: Collection[UUID], today: date) -> Select[Any]:
    why = why_column(today).label("why")
    parts = (Lot.item_id, Stock.depot_id, Lot.usable_through, why, AssetFact.price_fen)
    return (
        select(*parts, func.sum(Stock.quantity), func.min(Lot.received_at))
        .select_from(Lot)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Place, Place.id == Stock.place_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Depot, Depot.id == Stock.depot_id)
        .outerjoin(AssetFact, AssetFact.lot_id == Lot.id)
        .where(Lot.item_id.in_(item_ids), ~Stock.outside, reach(caller, Act.SEE, Depot.id, Depot.district_code))
        .group_by(*parts)
    )


def wasted(holdings: Iterable[Holding]) -> Decimal:
    """What will end unused where it lies."""
    return sum((one.course.wasted for one in holdings), ZERO)


def together(holdings: Iterable[DepotHolding], today: date, weeks: int) -> Holding:
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
