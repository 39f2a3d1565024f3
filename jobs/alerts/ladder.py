"""Who is notified first, and who next if nobody answers: keeper, officers of depot, sub-district, district, city.

A rung on which nobody can be reached by mail does not count, so that an alert never waits for somebody who is not
there (T94).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import Session

from core.clock import day_begins
from core.languages import N_
from depots.models import Depot
from jobs.alerts.models import Alert
from people.models import Person, Role
from people.policy import GRANTS, Act, Caller, Duty, duty_of


@dataclass(frozen=True)
class Reader:
    """Somebody whose roles answer for alerts, and where mail reaches them."""

    caller: Caller
    address: str
    digests: bool = True  # whether that person wants digests; urgent mails cannot be refused


def rung_of(duty: Duty) -> int | None:
    """How far up a duty stands, as RUNGS names them. None: never notified."""
    if Act.ANSWER not in GRANTS[duty.role]:
        return None
    if duty.role == Role.KEEPER:
        return 0
    if duty.subdistrict_code is not None:
        return 2
    if duty.depot_id is not None:
        return 1
    return 3 if duty.district_code is not None else 4


RUNGS = (
    N_("keeper of the depot"),
    N_("officer of the depot"),
    N_("officer of the sub-district"),
    N_("officer of the district"),
    N_("officer of the city"),
)


@dataclass(frozen=True)
class Stand:
    """Where somebody stands for a depot: the rung, and how many manned rungs are below it."""

    rung: int
    below: int


class Ladder:
    """For each depot the rungs on which somebody stands."""

    def __init__(self, session: Session, everybody: Sequence[Reader]) -> None:
        self.districts: dict[UUID, str] = {
            depot_id: district for depot_id, district in session.execute(select(Depot.id, Depot.district_code))
        }
        by_depot: dict[UUID, set[int]] = {}
        by_district: dict[str, set[int]] = {}
        everywhere: set[int] = set()
        for reader in everybody:
            for duty in reader.caller.duties:
                rung = rung_of(duty)
                if rung is None:
                    continue
                if duty.depot_id is not None:
                    by_depot.setdefault(duty.depot_id, set()).add(rung)
                elif duty.district_code is not None:
                    by_district.setdefault(duty.district_code, set()).add(rung)
                else:
                    everywhere.add(rung)
        self.rungs = {
            depot_id: by_depot.get(depot_id, set()) | by_district.get(district, set()) | everywhere
            for depot_id, district in self.districts.items()
        }

    def stands(self, caller: Caller) -> dict[UUID, Stand]:
        """Where the caller stands for each of the caller's depots; with several duties the lowest counts."""
        found: dict[UUID, Stand] = {}
        duties = [(rung, duty) for duty in caller.duties if (rung := rung_of(duty)) is not None]
        own = caller.own_depots()
        wide = any(duty.depot_id is None for _, duty in duties)
        for depot_id in self.districts if wide else own:
            district = self.districts.get(depot_id, "")
            covering = [rung for rung, duty in duties if duty.covers(depot_id, district)]
            if covering:
                own_rung = min(covering)
                found[depot_id] = Stand(own_rung, sum(rung < own_rung for rung in self.rungs[depot_id]))
        return found

    def waits(self, caller: Caller) -> dict[int, list[UUID]]:
        """The caller's depots by how many manned rungs stand below the caller's own there."""
        found: dict[int, list[UUID]] = {}
        for depot_id, stand in self.stands(caller).items():
            found.setdefault(stand.below, []).append(depot_id)
        return found


def turn_of(ladder: Ladder, caller: Caller, escalate_days: int, today: date, zone: ZoneInfo) -> ColumnElement[bool]:
    """The condition that it is the caller's turn to hear of an alert, since nobody below has answered for so long.

    Computed from when the alert's step was reached, never stored: a stored flag would age.
    """
    turns: list[Any] = []
    for below, depot_ids in ladder.waits(caller).items():
        turn: Any = Alert.depot_id.in_(depot_ids)
        if below and escalate_days:
            first_day = today - timedelta(days=below * escalate_days)
            turn = and_(turn, Alert.changed_at < day_begins(first_day + timedelta(days=1), zone))
        turns.append(turn)
    return or_(*turns) if turns else false()


def quiet_until(quiet: tuple[time, time] | None, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours in which ``now`` lies end, or None outside them. They may span midnight."""
    if quiet is None or quiet[0] == quiet[1]:
        return None
    begin, end = quiet
    local = now.astimezone(zone)
    at = local.time()
    if not (begin <= at < end if begin < end else at >= begin or at < end):
        return None
    day = local.date() + timedelta(days=1 if at >= end else 0)
    return datetime.combine(day, end, zone)


def fold_duties(rows: Sequence[Any]) -> dict[UUID, tuple[Person, list[Duty], Any]]:
    """Rows of (person, choice, and the four parts of a duty) as one entry per person."""
    found: dict[UUID, tuple[Person, list[Duty], Any]] = {}
    for person, chosen, role, *where in rows:
        if Act.ANSWER in GRANTS[role]:
            duties = found.setdefault(person.id, (person, [], chosen))[1]
            duties.append(duty_of(role, *where))
    return found
