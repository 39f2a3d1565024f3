"""Work out how long every item lasts in each depot, each district and the city, by the rules of the item's page.

Read and worked out a few items at a time, and then written in a transaction of its own: no take waits for it.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.database import Database
from core.ids import derived_id
from core.upsert import upsert
from inventory.catalogue.models import Item
from inventory.lasting.holdings import DepotHolding, Holding, holdings_of, together, wasted
from inventory.lasting.models import Extent, Forecast, ForecastState, GoneBy
from inventory.lasting.rules import WINDOWS
from inventory.stock.models import Movement
from people.models import Role
from people.policy import Caller, Duty

AT_ONCE = 10  # items
WEEKS = WINDOWS[1]  # as the item's page counts use unless it is asked otherwise
_CITY = Caller(uuid4(), "forecast", "forecast", "zh", (Duty(Role.AUDITOR),))
Row = dict[str, Any]


def renew_forecasts(database: Database, today: date, now: datetime, zone: ZoneInfo) -> int:
    """Work out what was not worked out today, or whose stock has moved since; returns how many items."""
    with database.transaction(writes=False) as session:
        waiting = outstanding(session, today)
    for start in range(0, len(waiting), AT_ONCE):
        some = waiting[start : start + AT_ONCE]
        with database.transaction(writes=False) as session:
            found = holdings_of(session, _CITY, some, today, zone, weeks=WEEKS)
        rows = {item_id: rows_of(item_id, held, today) for item_id, held in found.items()}
        database.run(_write, rows, {item_id: len(found[item_id]) for item_id in some}, today, now)
    return len(waiting)


def outstanding(session: Session, today: date) -> list[UUID]:
    """The items that are to be worked out, by code."""
    items = select(Item.id, ForecastState.day, ForecastState.worked_at).order_by(Item.code)
    states = session.execute(items.outerjoin(ForecastState, ForecastState.item_id == Item.id)).all()
    fresh = [state.worked_at for state in states if state.day == today]
    moved: dict[UUID, datetime] = {}
    if fresh:
        since = select(Movement.item_id, func.max(Movement.recorded_at)).where(Movement.recorded_at >= min(fresh))
        moved = {item_id: at for item_id, at in session.execute(since.group_by(Movement.item_id))}
    return [
        state.id for state in states if state.day != today or (state.id in moved and moved[state.id] >= state.worked_at)
    ]


def rows_of(item_id: UUID, depots: Sequence[DepotHolding], today: date) -> list[Row]:
    """An item's forecasts: of the whole city, of each district, of each depot; of those that there is one of."""
    by_district: dict[str, list[DepotHolding]] = defaultdict(list)
    for one in depots:
        by_district[one.district].append(one)
    parts: list[tuple[Extent, Holding, Sequence[DepotHolding], dict[str, Any]]] = [
        (Extent.CITY, together(depots, today, WEEKS), depots, {}),
        *(
            (Extent.DISTRICT, together(some, today, WEEKS), some, {"district_code": code})
            for code, some in by_district.items()
        ),
        *((Extent.DEPOT, one, [one], {"depot_id": one.id}) for one in depots),
    ]
    rows = [_row(item_id, part, held, some, **where) for part, held, some, where in parts if held.wanted]
    return [row for row in rows if row["empty_on"] is not None or row["low_on"] is not None or row["unused"] > 0]


def _row(item_id: UUID, part: Extent, held: Holding, depots: Sequence[DepotHolding], **where: Any) -> Row:
    ends = [one.course.empty_on for one in depots if one.course.empty_on is not None and one.wanted]
    return {
        "id": derived_id("forecast", item_id, where.get("depot_id") or where.get("district_code") or ""),
        "item_id": item_id,
        "part": part,
        "district_code": None,
        "depot_id": None,
        **where,
        "ready": held.ready,
        "minimum": held.minimum,
        "weeks": held.rate.weeks,
        "per_week": round(held.rate.per_week, 4),
        "at_least": round(held.rate.low, 4),
        "at_most": round(held.rate.high, 4),
        "empty_on": held.course.empty_on,
        "soonest_on": held.soonest.empty_on,
        "latest_on": held.latest.empty_on,
        "low_on": held.course.low_on,
        "first_on": min(ends, default=None),
        "unused": wasted(depots),
        "reason": reason_of(held.ready, held.rate.per_week, held.course.wasted),
    }


def reason_of(ready: Decimal, per_week: float, unused: Decimal) -> GoneBy:
    """Why what is ready will be gone."""
    if not ready:
        return GoneBy.OUT
    if not unused:
        return GoneBy.USED
    return GoneBy.BOTH if per_week else GoneBy.ENDS


def _write(session: Session, rows: dict[UUID, list[Row]], depots: dict[UUID, int], today: date, now: datetime) -> None:
    """Write what has changed of these items' forecasts, and that they were looked at."""
    table = table_of(Forecast)
    before = {row.id: dict(row._mapping) for row in session.execute(select(table).where(table.c.item_id.in_(rows)))}
    new = {row["id"]: row for some in rows.values() for row in some}
    _remove(session, [id for id in before if new.get(id) != before[id]])
    if changed := [row for id, row in new.items() if before.get(id) != row]:
        session.execute(table.insert(), changed)
    states = [{"item_id": item_id, "day": today, "worked_at": now, "depots": depots[item_id]} for item_id in rows]
    statement = upsert(session, table_of(ForecastState)).values(states)
    changes = {name: statement.excluded[name] for name in ("day", "worked_at", "depots")}
    session.execute(statement.on_conflict_do_update(index_elements=["item_id"], set_=changes))


def _remove(session: Session, ids: Collection[UUID]) -> None:
    gone = list(ids)
    for start in range(0, len(gone), 1000):
        session.execute(delete(Forecast).where(Forecast.id.in_(gone[start : start + 1000])))  # type: ignore[attr-defined]
