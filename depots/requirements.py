"""What each depot must hold: worked out from its type, its add-ons and its own overrides, and stored as rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.prepared import enter
from depots.models import (
    FIRST_DAY,
    Depot,
    DepotProfile,
    DepotRequirement,
    DepotStatus,
    ParLevel,
    Requirement,
    RequirementOverride,
)
from depots.rules import Demand, combine

ZERO = Decimal(0)


Periods = list[dict[str, Any]]


def holds_on(day: Any) -> ColumnElement[bool]:
    """The condition that a row of ``DepotRequirement`` holds on a day."""
    until = DepotRequirement.until
    return and_(DepotRequirement.since <= day, or_(until.is_(None), until > day))  # type: ignore[union-attr]


def work_out_requirements(session: Session, today: date, depot_ids: Collection[UUID] | None = None) -> int:
    """Make the requirement rows of these depots (or of all) anew, with the profile versions in force from today (T88).

    Versions that are to come are worked out too, each for its days. Returns how many rows there are now. Depots with
    the same profiles are worked out once.
    """
    profiles = _profiles_of(session, depot_ids)
    said = _said(session, {code for of_depot in profiles.values() for code in of_depot})
    overrides = _overrides(session, profiles)
    session.execute(delete(DepotRequirement).where(DepotRequirement.depot_id.in_(profiles)))
    worked_out: dict[tuple[str, ...], Periods] = {}
    rows: Periods = []
    patterns: dict[tuple[str, ...], UUID] = {}  # a depot with these profiles and nothing of its own
    alike: dict[UUID, list[UUID]] = defaultdict(list)  # those that must hold the same as one of these
    for depot_id, of_depot in profiles.items():
        if of_depot not in worked_out:
            worked_out[of_depot] = _periods(of_depot, said, today)
        own = overrides.get(depot_id, {})
        pattern = depot_id if own else patterns.setdefault(of_depot, depot_id)
        if pattern != depot_id:
            alike[pattern].append(depot_id)
            continue
        rows += [_overridden({**row, "depot_id": depot_id}, own.get(row["subject"])) for row in worked_out[of_depot]]
    enter(session, table_of(DepotRequirement), rows)
    for pattern, depots in alike.items():
        _copy(session, pattern, depots)
    session.execute(update(Depot).where(Depot.id.in_(profiles)).values(required_on=today))
    return sum(len(worked_out[of_depot]) for of_depot in profiles.values())


def _copy(session: Session, pattern: UUID, depot_ids: Collection[UUID]) -> None:
    """Let these depots hold what one does. The database does it: a city has 200,000 rows of a few hundred kinds."""
    rows = table_of(DepotRequirement)
    columns = (Depot.id if column is rows.c.depot_id else column for column in rows.c)
    theirs = select(*columns).join_from(rows, table_of(Depot), Depot.id.in_(depot_ids))
    theirs = theirs.where(rows.c.depot_id == pattern)
    session.execute(insert(rows).from_select([column.name for column in rows.c], theirs))


def required_with(
    session: Session,
    day: date,
    depot_ids: Collection[UUID],
    demands: Iterable[Any] = (),
) -> dict[UUID, Periods]:
    """What these depots must hold on a day if these lines, which are not in force, were; nothing is written."""
    profiles = _profiles_of(session, depot_ids)
    said = _said(session, {code for of_depot in profiles.values() for code in of_depot})
    with_them = _Said([*said.demands, *demands], said.pars)
    overrides = _overrides(session, profiles)
    worked_out = {of_depot: _combine_profiles(of_depot, with_them, day) for of_depot in set(profiles.values())}
    return {
        depot_id: [_overridden(row, own.get(row["subject"])) for row in worked_out[of_depot]]
        if (own := overrides.get(depot_id))
        else worked_out[of_depot]
        for depot_id, of_depot in profiles.items()
    }


def requirements_outdated(session: Session, today: date) -> bool:
    """Whether a version of a profile has begun since some depot's requirements were last worked out (T88)."""
    begun = select(func.max(Requirement.valid_from)).where(Requirement.valid_from <= today).scalar_subquery()
    statement = select(Depot.id).where(Depot.status == DepotStatus.OPEN, Depot.required_on < begun).limit(1)
    return session.execute(statement).first() is not None


def _profiles_of(session: Session, depot_ids: Collection[UUID] | None) -> dict[UUID, tuple[str, ...]]:
    """Each open depot's type and add-ons, the type first."""
    depots = select(Depot.id, Depot.type_code).where(Depot.status == DepotStatus.OPEN)
    add_ons = select(DepotProfile.depot_id, DepotProfile.profile_code).order_by(DepotProfile.profile_code)
    if depot_ids is not None:
        depots = depots.where(Depot.id.in_(depot_ids))
        add_ons = add_ons.where(DepotProfile.depot_id.in_(depot_ids))
    found = {depot_id: [type_code] for depot_id, type_code in session.execute(depots)}
    for depot_id, code in session.execute(add_ons):
        if depot_id in found:
            found[depot_id].append(code)
    return {depot_id: tuple(codes) for depot_id, codes in found.items()}


@dataclass(frozen=True)
class _Said:
    """Every version of what some profiles ask for, the oldest first."""

    demands: list[Any]
    pars: list[Any]

    def on(self, day: date) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
        """What is in force on a day, by profile: of each subject the latest version that has begun."""
        found: tuple[dict[str, list[Any]], dict[str, list[Any]]] = (defaultdict(list), defaultdict(list))
        for lines, of_profile, key in zip((self.demands, self.pars), found, ("subject", "item_id"), strict=True):
            begun = (line for line in lines if line.valid_from <= day)
            latest = {(line.profile_code, getattr(line, key)): line for line in begun}
            for (code, _), line in latest.items():
                of_profile[code].append(line)
        return found

    def days_after(self, day: date) -> list[date]:
        """The days after this one on which a version begins."""
        return sorted({line.valid_from for line in (*self.demands, *self.pars) if line.valid_from > day})


def _said(session: Session, codes: set[str]) -> _Said:
    demands = select(
        Requirement.profile_code,
        Requirement.subject,
        Requirement.item_id,
        Requirement.group_code,
        Requirement.level,
        Requirement.minimum,
        Requirement.combine,
        Requirement.spare_per,
        Requirement.valid_from,
    ).where(Requirement.profile_code.in_(codes))
    pars = select(ParLevel.profile_code, ParLevel.item_id, ParLevel.minimum, ParLevel.par, ParLevel.valid_from)
    return _Said(
        list(session.execute(demands.order_by(Requirement.valid_from))),
        list(session.execute(pars.where(ParLevel.profile_code.in_(codes)).order_by(ParLevel.valid_from))),
    )


def _periods(codes: tuple[str, ...], said: _Said, today: date) -> Periods:
    """The rows of depots with these profiles, from today on, each with the days on which it holds."""
    rows: Periods = []
    running: dict[str, dict[str, Any]] = {}
    for day in (today, *said.days_after(today)):
        now = {row["subject"]: row for row in _combine_profiles(codes, said, day)}
        for subject, row in list(running.items()):
            if now.get(subject) != {name: row[name] for name in row if name not in ("since", "until")}:
                running.pop(subject)["until"] = day
        for subject, row in now.items():
            if subject not in running:
                running[subject] = {**row, "since": FIRST_DAY if day == today else day, "until": None}
                rows.append(running[subject])
    return rows


def _overrides(session: Session, depots: Collection[UUID]) -> dict[UUID, dict[str, RequirementOverride]]:
    found: dict[UUID, dict[str, RequirementOverride]] = defaultdict(dict)
    theirs = RequirementOverride.depot_id.in_(depots)
    for override in session.execute(select(RequirementOverride).where(theirs)).scalars():
        found[override.depot_id][override.subject] = override
    return found


def _combine_profiles(codes: tuple[str, ...], said: _Said, day: date) -> Periods:
    demands, pars = said.on(day)
    lines: dict[str, list[Any]] = defaultdict(list)
    for code in codes:
        for line in demands.get(code, []):
            if line.minimum:  # a version may ask for none any more
                lines[line.subject].append(line)
    low: dict[UUID, tuple[Decimal, Decimal]] = {}
    for code in codes:
        for level in pars.get(code, []):
            before = low.get(level.item_id, (ZERO, ZERO))
            low[level.item_id] = (max(before[0], level.minimum), max(before[1], level.par))
    rows = []
    for subject, wanted in lines.items():
        asked = combine(
            [Demand(line.profile_code, line.level, line.minimum, line.combine, line.spare_per) for line in wanted]
        )
        minimum, par = low.pop(wanted[0].item_id, (ZERO, ZERO)) if wanted[0].item_id else (ZERO, ZERO)
        rows.append(
            {
                "subject": subject,
                "item_id": wanted[0].item_id,
                "group_code": wanted[0].group_code,
                "level": asked.level,
                "minimum": asked.minimum,
                "low_below": max(asked.minimum, minimum),
                "par": max(asked.minimum, par),
                "why": asked.why,
            }
        )
    return rows


def _overridden(row: dict[str, Any], override: RequirementOverride | None) -> dict[str, Any]:
    if override is None:
        return row
    return {
        **row,
        "level": override.level,
        "minimum": override.minimum,
        "low_below": override.minimum,
        "par": max(row["par"], override.minimum),
        "why": f"{row['why']}; {override.reason}"[:300],
    }
