"""What each depot must hold: worked out from its type, its add-ons and its own overrides, and kept as rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from core.columns import table_of
from depots.models import (
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


def work_out_requirements(session: Session, today: date, depot_ids: Collection[UUID] | None = None) -> int:
    """Make the requirement rows of these depots (or of all) anew, with the profile versions in force today (T88).

    Returns how many rows there are now. Depots with the same profiles are worked out once.
    """
    profiles = _profiles_of(session, depot_ids)
    codes = {code for of_depot in profiles.values() for code in of_depot}
    demands, pars = _demands(session, today, codes), _pars(session, codes)
    overrides = _overrides(session, profiles)
    session.execute(delete(DepotRequirement).where(DepotRequirement.depot_id.in_(profiles)))
    worked_out: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    rows = []
    for depot_id, of_depot in profiles.items():
        if of_depot not in worked_out:
            worked_out[of_depot] = _combine_profiles(of_depot, demands, pars)
        own = overrides.get(depot_id, {})
        rows += [_overridden({**row, "depot_id": depot_id}, own.get(row["subject"])) for row in worked_out[of_depot]]
    for start in range(0, len(rows), 5000):
        session.execute(insert(table_of(DepotRequirement)), rows[start : start + 5000])
    session.execute(update(Depot).where(Depot.id.in_(profiles)).values(required_on=today))
    return len(rows)


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


def _demands(session: Session, today: date, codes: set[str]) -> dict[str, list[Any]]:
    """Per profile the requirement lines in force: of each subject the latest version that has begun."""
    statement = (
        select(
            Requirement.profile_code,
            Requirement.subject,
            Requirement.item_id,
            Requirement.group_code,
            Requirement.level,
            Requirement.minimum,
            Requirement.combine,
            Requirement.spare_per,
        )
        .where(Requirement.profile_code.in_(codes), Requirement.valid_from <= today)
        .order_by(Requirement.valid_from)
    )
    latest = {(line.profile_code, line.subject): line for line in session.execute(statement)}
    found: dict[str, list[Any]] = defaultdict(list)
    for line in latest.values():
        found[line.profile_code].append(line)
    return found


def _pars(session: Session, codes: set[str]) -> dict[str, list[Any]]:
    statement = select(ParLevel.profile_code, ParLevel.item_id, ParLevel.minimum, ParLevel.par)
    found: dict[str, list[Any]] = defaultdict(list)
    for level in session.execute(statement.where(ParLevel.profile_code.in_(codes))):
        found[level.profile_code].append(level)
    return found


def _overrides(session: Session, depots: Iterable[UUID]) -> dict[UUID, dict[str, RequirementOverride]]:
    found: dict[UUID, dict[str, RequirementOverride]] = defaultdict(dict)
    for override in session.execute(select(RequirementOverride)).scalars():
        found[override.depot_id][override.subject] = override
    return found


def _combine_profiles(
    codes: tuple[str, ...], demands: dict[str, list[Any]], pars: dict[str, list[Any]]
) -> list[dict[str, Any]]:
    lines: dict[str, list[Any]] = defaultdict(list)
    for code in codes:
        for line in demands.get(code, []):
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
