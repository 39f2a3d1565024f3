"""What gear cost month by month, and what it is worth on hand, at the depots within reach; in fen.

What left the depots counts in the month in which it was recorded, as in the monthly report: a closed month never
changes. A lot is worth what its asset facts say was paid for it; what has no price there is counted apart.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from dateutil.relativedelta import relativedelta
from sqlalchemy import BigInteger, case, func, select, type_coerce
from sqlalchemy.orm import Session

from core.clock import day_begins
from core.columns import THOUSANDTHS
from core.models import AuditEntry
from depots.models import Depot, District, Place, PlaceKind
from inventory.assets.models import AssetFact
from inventory.catalogue.models import Category, Item
from inventory.planner.models import LineKind, Plan, PlanLine
from inventory.planner.rules import Terms
from inventory.spending.rules import MONTHS, Cost, Month, month_after, months_back
from inventory.stock.models import Lot, Movement, Stock
from inventory.upkeep.models import Service
from people.policy import Act, Caller, reach

_GONE = {
    PlaceKind.CONSUMED: Cost.USED,
    PlaceKind.DISPOSED: Cost.DISPOSED,
    PlaceKind.LOST: Cost.LOST,
}
_UNPRICED = func.sum(case((AssetFact.price_fen.is_(None), 1), else_=0))  # type: ignore[union-attr]


@dataclass(frozen=True)
class Worth:
    """What a part of the gear is worth, as bought, and how many balances of it have no price."""

    code: str
    name_zh: str
    name_en: str
    fen: int
    unpriced: int


@dataclass(frozen=True)
class Spending:
    """The page's figures. ``ending``: what ends in the months to come, by what was paid for it."""

    months: list[Month]
    ending: list[tuple[date, int]]
    by_category: list[Worth]
    by_district: list[Worth]

    @property
    def on_hand(self) -> int:
        return sum(one.fen for one in self.by_category)

    @property
    def unpriced(self) -> int:
        return sum(one.unpriced for one in self.by_category)


def spending(session: Session, caller: Caller, today: date, zone: ZoneInfo) -> Spending:
    """The last twelve months, the twelve to come, and what is on hand. Five queries."""
    firsts = months_back(today, MONTHS)
    months = {first: Month(first) for first in firsts}
    _add_gone(session, caller, firsts, zone, months)
    ending = _add_expired(session, caller, today, months)
    _add_mended(session, caller, firsts, zone, months)
    _add_planned(session, caller, firsts, zone, months)
    return Spending(list(months.values()), ending, *_worth(session, caller))


def told_last(session: Session) -> tuple[UUID | None, datetime | None]:
    """What the figures rest on besides stock: prices are told in the trail, and plans are asked for. One query."""
    newest = select(AuditEntry.id).order_by(AuditEntry.recorded_at.desc(), AuditEntry.id.desc()).limit(1)
    row = session.execute(select(newest.scalar_subquery(), func.max(Plan.asked_at))).one()
    return row[0], row[1]


def _seen(caller: Caller) -> Any:
    return reach(caller, Act.SEE, Depot.id, Depot.district_code)


def _fen(quantity: Any) -> Any:
    """What so much is worth: thousandths × fen, summed exactly; to be divided by ``THOUSANDTHS`` once."""
    return func.sum(type_coerce(quantity, BigInteger) * AssetFact.price_fen)


def _month(column: Any, firsts: Sequence[date], zone: ZoneInfo) -> Any:
    """The place of the month in which an instant lies, as a column."""
    ends = [day_begins(month_after(first), zone) for first in firsts]
    return case(*((column < end, place) for place, end in enumerate(ends))).label("month")


def _whole(thousandths: Any) -> int:
    return int(thousandths or 0) // THOUSANDTHS


def _add_gone(
    session: Session, caller: Caller, firsts: Sequence[date], zone: ZoneInfo, months: dict[date, Month]
) -> None:
    """What was used up, disposed of or lost. What is found again counts nowhere: a gain makes no loss undone."""
    month = _month(Movement.recorded_at, firsts, zone)
    statement = (
        select(month, Place.kind, _fen(Movement.quantity), _UNPRICED)
        .select_from(Movement)
        .join(Place, Place.id == Movement.to_place_id)
        .join(Depot, Depot.id == Movement.from_depot_id)
        .outerjoin(AssetFact, AssetFact.lot_id == Movement.lot_id)
        .where(Place.kind.in_(_GONE), Movement.recorded_at >= day_begins(firsts[0], zone), _seen(caller))
        .group_by(month, Place.kind)
    )
    for place, kind, thousandths, without in session.execute(statement):
        if place is not None:
            months[firsts[place]].add(_GONE[kind], _whole(thousandths))
            months[firsts[place]].unpriced += int(without)


def _add_expired(session: Session, caller: Caller, today: date, months: dict[date, Month]) -> list[tuple[date, int]]:
    """What ended and still stands in the depots, by the month of its last day; returns what ends in those to come."""
    firsts = list(months)
    last = firsts[-1] + relativedelta(months=MONTHS)
    statement = (
        select(Lot.usable_through, _fen(Stock.quantity))
        .select_from(Lot)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Depot, Depot.id == Stock.depot_id)
        .join(AssetFact, AssetFact.lot_id == Lot.id)
        .where(
            Lot.usable_through >= firsts[0],
            Lot.usable_through < last,
            ~Stock.outside,
            Stock.quantity > 0,
            _seen(caller),
        )
        .group_by(Lot.usable_through)
    )
    coming: dict[date, int] = {}
    for through, thousandths in session.execute(statement):
        first = through.replace(day=1)
        if through < today:
            months[first].add(Cost.EXPIRED, _whole(thousandths))
        else:
            coming[first] = coming.get(first, 0) + _whole(thousandths)
    return sorted(coming.items())


def _add_mended(
    session: Session, caller: Caller, firsts: Sequence[date], zone: ZoneInfo, months: dict[date, Month]
) -> None:
    """What workshops asked for, in the month in which the piece came back."""
    month = _month(Service.back_at, firsts, zone)
    statement = (
        select(month, func.sum(Service.cost))
        .join(Depot, Depot.id == Service.depot_id)
        .where(Service.back_at >= day_begins(firsts[0], zone), Service.cost.is_not(None), _seen(caller))  # type: ignore
        .group_by(month)
    )
    for place, yuan in session.execute(statement):
        if place is not None and yuan is not None:
            months[firsts[place]].add(Cost.MENDED, int(yuan * 100))


def _add_planned(
    session: Session, caller: Caller, firsts: Sequence[date], zone: ZoneInfo, months: dict[date, Month]
) -> None:
    """What the supply plans that were asked for buy, and what their trips cost, by the month of asking."""
    month = _month(Plan.asked_at, firsts, zone)
    statement = (
        select(month, Plan.id, Plan.terms, PlanLine)
        .select_from(PlanLine)
        .join(Plan, Plan.id == PlanLine.plan_id)
        .join(Depot, Depot.id == PlanLine.to_depot_id)
        .where(Plan.asked_at >= day_begins(firsts[0], zone), _seen(caller))  # type: ignore[operator]
    )
    loads: dict[Any, list[PlanLine]] = defaultdict(list)
    terms_of: dict[UUID, Terms] = {}
    for place, plan_id, terms, line in session.execute(statement):
        if place is not None and line.kind == LineKind.PURCHASE:
            months[firsts[place]].add(Cost.PLANNED, int(line.quantity * (line.price or 0) * 100))
        elif place is not None:
            terms_of[plan_id] = terms_of.get(plan_id) or msgspec.json.decode(terms, type=Terms)
            loads[place, plan_id, line.from_depot_id, line.to_depot_id].append(line)
    for (place, plan_id, _from, _to), lines in loads.items():
        months[firsts[place]].add(Cost.PLANNED, _driven(lines, terms_of[plan_id]))


def _driven(lines: Sequence[PlanLine], terms: Terms) -> int:
    """What the trips between two depots cost, in fen: as many as the load needs."""
    units = sum((line.quantity for line in lines), Decimal(0))
    trips = -(-units // terms.trip_units)
    km = max((line.km or Decimal(0) for line in lines), default=Decimal(0))
    return int(trips * km * Decimal(str(terms.yuan_per_km)) * 100)


def _worth(session: Session, caller: Caller) -> tuple[list[Worth], list[Worth]]:
    """What is on hand, by category and by district; the most worth first. Every balance is read once for both."""
    held = (
        select(Item.category_code, Depot.district_code, _fen(Stock.quantity).label("fen"), _UNPRICED.label("without"))
        .select_from(Stock)
        .join(Item, Item.id == Stock.item_id)
        .join(Depot, Depot.id == Stock.depot_id)
        .outerjoin(AssetFact, AssetFact.lot_id == Stock.lot_id)
        .where(~Stock.outside, Stock.quantity > 0, _seen(caller))
        .group_by(Item.category_code, Depot.district_code)
        .subquery()
    )
    parts = (Category, District)
    names = [column for part in parts for column in (part.code, part.name_zh, part.name_en)]
    statement = (
        select(held.c.fen, held.c.without, *names)
        .select_from(held)
        .join(Category, Category.code == held.c.category_code)
        .join(District, District.code == held.c.district_code)
    )
    sums: tuple[dict[Any, list[int]], ...] = ({}, {})
    for thousandths, without, *named in session.execute(statement):
        for found, name in zip(sums, (tuple(named[:3]), tuple(named[3:])), strict=True):
            worth = found.setdefault(name, [0, 0])
            worth[0] += int(thousandths or 0)
            worth[1] += int(without)
    by_category, by_district = (
        sorted(
            (Worth(code, zh, en, _whole(fen), without) for (code, zh, en), (fen, without) in found.items()),
            key=lambda one: (-one.fen, one.code),
        )
        for found in sums
    )
    return by_category, by_district
