"""What was used up of an item, week by week and depot by depot, read off the ledger.

Used is what went to the outside place "consumed". What was disposed of or lost is no use: nobody should plan to lose as
much again.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from core.clock import day_begins
from depots.models import Depot, Place, PlaceKind
from inventory.stock.models import Lot, Movement
from people.policy import Act, Caller, reach

_own: Any = aliased(Lot)


def week_ends(today: date, weeks: int, zone: ZoneInfo) -> list[datetime]:
    """The instants between the weeks of a window that ends with today, the earliest first; one more than weeks."""
    days = [today + timedelta(days=1 - 7 * back) for back in range(weeks, -1, -1)]
    return [day_begins(day, zone) for day in days]


def weekly_use(
    session: Session, caller: Caller, item_ids: Collection[UUID], ends: Sequence[datetime]
) -> dict[tuple[UUID, UUID], dict[int, Decimal]]:
    """What of each item each depot within reach used up in which week (by its place in the window). One query.

    A lot's movements are found by its index, so that this costs by what moved of the items in the window.
    """
    week = case(*((Movement.happened_at < end, place) for place, end in enumerate(ends[1:]))).label("week")
    statement = (
        select(Lot.item_id, Movement.from_depot_id, week, func.sum(Movement.quantity))
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Place, Place.id == Movement.to_place_id)
        .join(Depot, Depot.id == Movement.from_depot_id)
        .where(
            Movement.lot_id.in_(select(_own.id).where(_own.item_id.in_(item_ids))),
            Movement.recorded_at >= ends[0],  # nothing is recorded before it happens
            Movement.happened_at >= ends[0],
            Movement.happened_at < ends[-1],
            Place.kind == PlaceKind.CONSUMED,
            reach(caller, Act.SEE, Depot.id, Depot.district_code),
        )
        .group_by(Lot.item_id, Movement.from_depot_id, week)
    )
    found: dict[tuple[UUID, UUID], dict[int, Decimal]] = defaultdict(dict)
    for item_id, depot_id, place, quantity in session.execute(statement):
        found[item_id, depot_id][place] = quantity
    return found
