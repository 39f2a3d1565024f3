"""What must be held of a line that is merged: asked of the other line from today on, in sum. The past stays."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from depots.models import (
    DepotRequirement,
    ItemGroupMember,
    ItemGroupSize,
    Level,
    ParLevel,
    Requirement,
    RequirementOverride,
)
from depots.requirements import holds_on, work_out_requirements
from inventory.catalogue.models import Item
from inventory.minimums.models import RequirementVersion, RequirementVersionLine, VersionState
from inventory.readiness.counting import forget_figures

ZERO = Decimal(0)
_STRICTEST = list(Level)


def ask_of_other(session: Session, item: Item, into: Item, today: date) -> dict[str, str]:
    """Let profiles, overrides, groups and drafts ask for ``into`` what they ask of ``item``.

    Where both are asked for, the sum: the depot that had enough of each has enough together. Returns what was said
    of each profile, for the trail.
    """
    overridden = _overridden(session, item, into, today)
    told = _requirements(session, item, into, today)
    _par_levels(session, item, into, today)
    _overrides(session, item, into, overridden)
    _groups(session, item, into)
    _drafts(session, item, into)
    session.flush()
    work_out_requirements(session, today)
    forget_figures(session)
    return told


def _requirements(session: Session, item: Item, into: Item, today: date) -> dict[str, str]:
    lines = session.execute(
        select(Requirement).where(Requirement.item_id.in_((item.id, into.id))).order_by(Requirement.valid_from)
    ).scalars()
    told = {}
    for profile, rows in _by_profile(lines).items():
        if not any(row.item_id == item.id for row in rows):
            continue
        for day in _days(rows, today):
            gone, stays = _on(rows, item.id, day), _on(rows, into.id, day)
            if gone is None or (day == today and not gone.minimum):
                continue
            said = _summed(gone, stays)
            for one, values in ((into, said), (item, {**_facts(gone), "minimum": ZERO})):
                new = Requirement(profile_code=profile, subject=one.code, item_id=one.id, valid_from=day, **values)
                _say(session, rows, new, values)
            told[f"{profile} {day}"] = f"{said['minimum']:f}"
    return told


def _by_profile(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.profile_code].append(row)
    return found


def _days(rows: Iterable[Any], today: date) -> list[date]:
    """Today, and the days to come on which something begins, the last first: each is read before it is changed."""
    return sorted({today, *(row.valid_from for row in rows if row.valid_from > today)}, reverse=True)


def _on(rows: Iterable[Any], item_id: UUID, day: date) -> Any:
    begun = [row for row in rows if row.item_id == item_id and row.valid_from <= day]
    return max(begun, key=lambda row: row.valid_from, default=None)


def _facts(row: Requirement) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("level", "minimum", "spare_per", "combine")}


def _summed(gone: Requirement, stays: Requirement | None) -> dict[str, Any]:
    if stays is None or not stays.minimum:
        return _facts(gone)
    if not gone.minimum:  # from this day on it is asked for no more
        return _facts(stays)
    level = min(gone.level, stays.level, key=_STRICTEST.index)
    return {**_facts(stays), "level": level, "minimum": stays.minimum + gone.minimum}


def _say(session: Session, rows: list[Any], new: Requirement | ParLevel, said: dict[str, Any]) -> None:
    """Let the row of the same item and day say this; where there is none, the new one."""
    same = (row for row in rows if row.item_id == new.item_id and row.valid_from == new.valid_from)
    row = next(same, None)
    if row is None:
        session.add(new)
        return
    for name, value in said.items():
        setattr(row, name, value)


def _par_levels(session: Session, item: Item, into: Item, today: date) -> None:
    levels = session.execute(
        select(ParLevel).where(ParLevel.item_id.in_((item.id, into.id))).order_by(ParLevel.valid_from)
    ).scalars()
    for profile, rows in _by_profile(levels).items():
        for day in _days(rows, today):
            gone, stays = _on(rows, item.id, day), _on(rows, into.id, day)
            if gone is None or (day == today and not gone.par):
                continue
            low, par = gone.minimum + (stays.minimum if stays else ZERO), gone.par + (stays.par if stays else ZERO)
            for one, values in ((into, {"minimum": low, "par": par}), (item, {"minimum": ZERO, "par": ZERO})):
                _say(session, rows, ParLevel(profile_code=profile, item_id=one.id, valid_from=day, **values), values)


def _overridden(session: Session, item: Item, into: Item, today: date) -> dict[UUID, Decimal]:
    """The depots that have an override of either line, and what they must hold of both together today."""
    subjects = (item.code, into.code)
    depots = select(RequirementOverride.depot_id).where(RequirementOverride.subject.in_(subjects))
    statement = select(DepotRequirement.depot_id, DepotRequirement.minimum).where(
        DepotRequirement.depot_id.in_(depots), DepotRequirement.subject.in_(subjects), holds_on(today)
    )
    found: dict[UUID, Decimal] = defaultdict(lambda: ZERO)
    for depot_id, minimum in session.execute(statement):
        found[depot_id] += minimum
    return found


def _overrides(session: Session, item: Item, into: Item, together: dict[UUID, Decimal]) -> None:
    statement = select(RequirementOverride).where(RequirementOverride.subject.in_((item.code, into.code)))
    by_depot: dict[UUID, dict[str, RequirementOverride]] = defaultdict(dict)
    for row in session.execute(statement).scalars():
        by_depot[row.depot_id][row.subject] = row
    for depot_id, rows in by_depot.items():
        gone, stays = rows.get(item.code), rows.get(into.code)
        minimum = together.get(depot_id)
        if gone is not None:
            session.delete(gone)
            if stays is None:
                values = gone.model_dump(exclude={"subject"})
                stays = RequirementOverride(**values, subject=into.code)
                session.add(stays)
        if stays is not None and minimum is not None:
            stays.minimum = minimum


def _groups(session: Session, item: Item, into: Item) -> None:
    """Any of a group will do: the other line counts where this one did."""
    for table, key in ((ItemGroupMember, _member), (ItemGroupSize, _size)):
        _rename(session, table, key, item, into)


def _member(row: Any) -> dict[str, Any]:
    return {"group_code": row.group_code}


def _size(row: Any) -> dict[str, Any]:
    return {"group_code": row.group_code, "size": row.size}


def _rename(session: Session, table: Any, key: Callable[[Any], dict[str, Any]], item: Item, into: Item) -> None:
    for row in list(session.execute(select(table).where(table.item_id == item.id)).scalars()):
        session.merge(table(**key(row), item_id=into.id))
        session.delete(row)


def _drafts(session: Session, item: Item, into: Item) -> None:
    """A draft that names the line names the other; where it names both, in sum."""
    line = RequirementVersionLine
    drafts = select(RequirementVersion.id).where(RequirementVersion.state == VersionState.DRAFT)
    of_item = select(line).where(line.item_id == item.id, line.version_id.in_(drafts))
    for row in list(session.execute(of_item).scalars()):
        there = session.get(line, (row.version_id, row.profile_code, into.code))
        if there is None:
            values = row.model_dump(exclude={"subject", "item_id"})
            session.add(line(**values, subject=into.code, item_id=into.id))
        else:
            there.minimum += row.minimum
        session.delete(row)
