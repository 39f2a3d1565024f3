"""First expired, first out over the city: stock that ends soon where little is used goes to where it is used up.

Its place is refilled first, with fresher stock from there, so that nobody is short in between: both depots hold as
much as before. How much will be used is what was used up in the last half year, day by day the same.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory.catalogue.models import Item
from inventory.finding.travel import Nearby, Point
from inventory.planner.rules import Move, Pair, Terms
from inventory.planner.situation import City, Key, loose_stock
from inventory.stock.models import Kind, Lot, Movement, Stock

LOOK_BACK = timedelta(days=180)
ON_THE_WAY = timedelta(days=7)  # stock that ends sooner is not worth sending


@dataclass(frozen=True)
class Ending:
    """So much of a lot lies loose at a depot and ends soon."""

    depot_id: UUID
    item_id: UUID
    lot_id: UUID
    through: date
    quantity: Decimal


@dataclass(frozen=True)
class Swap:
    """So much of a lot goes to another depot, which sends as much fresher stock first."""

    ending: Ending
    receiver: UUID
    quantity: int


@dataclass(frozen=True)
class Use:
    """What is known of use: what ends soon, and base units used up per day and depot."""

    endings: list[Ending]
    daily: Mapping[Key, Decimal]


def read_use(session: Session, city: City, now: datetime, today: date) -> Use:
    """What of consumables ends soon in the depots of the city, and how fast it is used up. Two queries."""
    rows = session.execute(
        loose_stock(today)
        .with_only_columns(Stock.depot_id, Stock.item_id, Stock.lot_id, Lot.usable_through, func.sum(Stock.quantity))
        .where(
            Item.consumable,
            Lot.usable_through >= today + ON_THE_WAY,
            Lot.usable_through < today + timedelta(days=city.terms.days_left),
        )
        .group_by(Stock.depot_id, Stock.item_id, Stock.lot_id, Lot.usable_through)
        .order_by(Lot.usable_through, Stock.depot_id, Stock.lot_id)
    )
    endings = [Ending(*row) for row in rows if row[0] in city.points]
    used = (
        select(Movement.from_depot_id, Lot.item_id, func.sum(Movement.quantity))
        .join(Lot, Lot.id == Movement.lot_id)
        .where(
            Movement.recorded_at >= now - LOOK_BACK,
            Movement.kind == Kind.CONSUME,
            Lot.item_id.in_({ending.item_id for ending in endings}),
        )
        .group_by(Movement.from_depot_id, Lot.item_id)
    )
    found = session.execute(used) if endings else ()
    return Use(endings, {(depot_id, item_id): quantity / LOOK_BACK.days for depot_id, item_id, quantity in found})


def possible_swaps(city: City, use: Use, moves: list[Move], today: date) -> Iterator[Swap]:
    """The swaps that make sense, what ends first first, each with the nearest depot that uses it up."""
    spare = {(supply.depot_id, supply.item_id): supply.quantity for supply in city.supplies(least=True)}
    for move in moves:
        spare[move.giver, move.item_id] = spare.get((move.giver, move.item_id), 0) - move.quantity
    users = _users(city, use)
    claimed: dict[Key, Decimal] = defaultdict(Decimal)  # of what a depot will use: its own ending stock goes first
    for ending in use.endings:
        key = ending.depot_id, ending.item_id
        own = min(ending.quantity, max(Decimal(0), _used(use, key, ending.through, today) - claimed[key]))
        claimed[key] += own
        left, point = int(ending.quantity - own), city.points[ending.depot_id]
        if left < 1 or point is None or ending.item_id not in users:
            continue
        for _, receiver in islice(users[ending.item_id].nearest(point), city.terms.nearest + 1):
            there = receiver, ending.item_id
            part = min(left, int(_used(use, there, ending.through, today) - claimed[there]), spare.get(there, 0))
            if receiver != ending.depot_id and part > 0:
                claimed[there] += part
                spare[there] -= part
                left -= part
                yield Swap(ending, receiver, part)


def _users(city: City, use: Use) -> dict[UUID, Nearby[UUID]]:
    found: dict[UUID, list[tuple[Point, UUID]]] = defaultdict(list)
    for depot_id, item_id in use.daily:
        point = city.points.get(depot_id)
        if point is not None:
            found[item_id].append((point, depot_id))
    return {item_id: Nearby(depots) for item_id, depots in found.items()}


def _used(use: Use, key: Key, through: date, today: date) -> Decimal:
    return use.daily.get(key, Decimal(0)) * (through - today).days


def worth_it(
    swaps: list[Swap], km: Mapping[Pair, float], prices: Mapping[UUID, float], going: set[Pair], terms: Terms
) -> list[Swap]:
    """The swaps that save more than their trip costs; a vehicle that goes anyway takes them along."""
    saved: dict[Pair, float] = defaultdict(float)
    for swap in swaps:
        saved[swap.receiver, swap.ending.depot_id] += prices.get(swap.ending.item_id, 0.0) * swap.quantity
    return [
        swap
        for swap in swaps
        if (pair := (swap.receiver, swap.ending.depot_id)) in going or saved[pair] > km[pair] * terms.yuan_per_km
    ]
