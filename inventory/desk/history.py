"""Readiness day by day: written down once a day, shown for depots, sub-districts, districts, types and the city.

Nothing is invented: a day on which the daily job did not run is missing, and so is all that was before the first run.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import case, delete, func, literal, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import bad_field, not_found
from core.languages import N_
from core.upsert import upsert
from depots.models import Depot, DepotStatus, District, Level, Profile, Subdistrict
from depots.places import visible_depot
from inventory.desk.models import ReadinessDay
from inventory.readiness.counting import stale, work_out
from inventory.readiness.dashboard import Figures
from inventory.readiness.models import DepotReadiness
from people.policy import Act, Caller, reach

By = Literal["city", "district", "subdistrict", "type", "depot"]
SPAN = 90  # days shown if nothing else is asked for
LONGEST = 800  # days reported at once
_KINDS = ("", "_held", "_ready")
_KEPT = [table_of(DepotReadiness).c[f"{level.value}{kind}"] for level in Level for kind in _KINDS]


def record_day(session: Session, today: date) -> int:
    """Write down today's figures of every open depot. Run again on the same day it replaces them.

    Returns the number of depots.
    """
    wrong = set(stale(session, today))
    kept = select(DepotReadiness.depot_id, *_KEPT, DepotReadiness.low).join(Depot, Depot.id == DepotReadiness.depot_id)
    rows = [
        _day_of(today, dict(row._mapping))
        for row in session.execute(kept.where(Depot.status == DepotStatus.OPEN))
        if row.depot_id not in wrong
    ]
    if wrong:
        rows += [_day_of(today, row) for row in work_out(session, today, wrong)]
    if rows:
        statement = upsert(session, table_of(ReadinessDay))
        changed = {name: statement.excluded[name] for name in rows[0] if name not in ("day", "depot_id")}
        session.execute(statement.on_conflict_do_update(index_elements=["day", "depot_id"], set_=changed), rows)
    return len(rows)


def forget_days(session: Session, today: date, keep_days: int) -> None:
    """Delete what is older than so many days."""
    session.execute(delete(ReadinessDay).where(ReadinessDay.day <= today - timedelta(days=keep_days)))


def _day_of(today: date, kept: dict[str, Any]) -> dict[str, Any]:
    must, special, advised = Level.MANDATORY.value, Level.SPECIALTY.value, Level.RECOMMENDED.value
    lines = {f"lines{kind}": kept[f"{must}{kind}"] + kept[f"{special}{kind}"] for kind in _KINDS}
    advice = {f"recommended{kind}": kept[f"{advised}{kind}"] for kind in _KINDS}
    return {"day": today, "depot_id": kept["depot_id"], **lines, **advice, "low": kept["low"]}


class Course(msgspec.Struct):
    """How a part of the city went: its figures for each of the answer's days; null where nothing was recorded."""

    key: str
    name_zh: str
    name_en: str
    figures: list[Figures | None]


class History(msgspec.Struct):
    """The answer of ``/api/readiness/history``. ``recorded_since``: the first day on which figures were kept."""

    by: str
    since: date
    until: date
    recorded_since: date | None
    days: list[date]
    groups: list[Course]

    @property
    def gaps(self) -> list[date]:
        """The days since recording began of which nothing is known."""
        first = self.recorded_since
        known = [any(group.figures[place] for group in self.groups) for place in range(len(self.days))]
        return [day for day, there in zip(self.days, known, strict=True) if not there and first and day >= first]


@dataclass(frozen=True)
class Part:
    """How depots are gathered: the column that tells the part, and where its names stand."""

    column: Any
    names: Any


_PARTS = {
    "district": Part(Depot.district_code, District),
    "subdistrict": Part(Depot.subdistrict_code, Subdistrict),
    "type": Part(Depot.type_code, Profile),
    "depot": Part(Depot.code, Depot),
}


def history(
    session: Session,
    caller: Caller,
    today: date,
    by: By,
    *,
    key: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> History:
    """The figures day by day of the depots within reach, gathered ``by``, or of the one part with this ``key``.

    A depot counts on the days on which it was recorded, in the district and with the type that it has today. Depots
    without a sub-district are in none. At most four queries.
    """
    days = _days(today, since, until)
    names = _names(session, caller, by, key)
    found: dict[str, dict[date, Figures]] = defaultdict(dict)
    for day, part, *counts in session.execute(_statement(caller, by, key, days)):
        found[part][day] = Figures(*(int(count) for count in counts))
    shown = [key] if key else sorted(found)
    groups = [Course(part, *names[part], [found[part].get(day) for day in days]) for part in shown]
    first = session.execute(select(func.min(ReadinessDay.day))).scalar()
    return History(by, days[0], days[-1], first, days, groups)


def _days(today: date, since: date | None, until: date | None) -> list[date]:
    last = min(until or today, today)
    first = since or date.fromordinal(max(1, last.toordinal() - SPAN + 1))
    if first > last:
        raise bad_field("since", N_("the period ends before it begins"))
    if (last - first).days >= LONGEST:
        raise bad_field("since", N_("ask for at most {most} days at once"), most=LONGEST)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _names(session: Session, caller: Caller, by: By, key: str | None) -> dict[str, tuple[str, str]]:
    if by == "depot":
        if not key:
            raise bad_field("key", N_("name the depot by its code"))
        depot = visible_depot(session, caller, key)
        return {key: (depot.name_zh, depot.name_en)}
    names = {"city": ("全市", "City")}
    if by != "city":
        table = _PARTS[by].names
        rows = session.execute(select(table.code, table.name_zh, table.name_en))
        names = {code: (zh, en) for code, zh, en in rows}
    if key and key not in names:
        raise not_found(N_("there is nothing with the code {code} whose readiness could be told"), code=key)
    return names


def _statement(caller: Caller, by: By, key: str | None, days: list[date]) -> Any:
    """Figures by day and part, in the order of the fields of ``Figures``."""
    row: Any = ReadinessDay
    part = literal("city") if by == "city" else _PARTS[by].column
    statement = (
        select(
            row.day,
            part.label("part"),
            func.count(),
            func.sum(case((row.lines_held == row.lines, 1), else_=0)),
            func.sum(case((row.lines_ready == row.lines, 1), else_=0)),
            *(func.sum(getattr(row, f"lines{kind}")) for kind in _KINDS),
            *(func.sum(getattr(row, f"recommended{kind}")) for kind in _KINDS),
            func.sum(row.low),
        )
        .join(Depot, Depot.id == row.depot_id)
        .where(row.day.between(days[0], days[-1]), reach(caller, Act.SEE, Depot.id, Depot.district_code))
        .group_by(row.day)
    )
    if by == "city":
        return statement
    statement = statement.group_by(part).where(part.is_not(None))
    return statement.where(part == key) if key else statement
