"""Required gear of which less is ready than there must be."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from depots.models import DepotRequirement
from depots.requirements import holds_on
from inventory.catalogue.models import Item
from inventory.readiness.counting import amount_for, amounts, group_members
from inventory.readiness.dashboard import subject_names
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind
from jobs.causes.rules import is_urgent


def low_cause(depot_id: UUID, subject: str) -> str:
    """The name of the fact that a depot has too little of a subject."""
    return f"low:{depot_id}:{subject}"


def subject_of(cause: str) -> str:
    """Of what there is too little, by the name of the fact."""
    return cause.split(":", 2)[2]


def shortage_causes(
    session: Session,
    depot_ids: Collection[UUID],
    today: date,
    _now: datetime,
    subjects: Collection[str] | None = None,
) -> list[Cause]:
    """Required items of which less is ready than the low-stock line. ``subjects``: of these alone."""
    lines = session.execute(
        select(DepotRequirement, Item.code, Item.category_code, Item.controlled)
        .outerjoin(Item, Item.id == DepotRequirement.item_id)
        .where(
            DepotRequirement.depot_id.in_(depot_ids),
            holds_on(today),
            true() if subjects is None else DepotRequirement.subject.in_(subjects),
        )
    ).all()
    if not lines:
        return []
    have = amounts(session, today, {line.depot_id for line, *_ in lines})
    members = group_members(session)
    short = []
    for line, code, category, controlled in lines:
        amount = amount_for(line.item_id, line.group_code, have.get(line.depot_id, {}), members)
        if amount.ready < line.low_below:
            short.append((line, amount.ready, code is not None and is_urgent(code, category, controlled=controlled)))
    names = subject_names(session, {line.subject for line, _, _ in short})
    return [
        _cause(line, ready, names.get(line.subject, (line.subject,) * 2), urgent=urgent)
        for line, ready, urgent in short
    ]


def _cause(line: DepotRequirement, ready: Decimal, names: tuple[str, str], *, urgent: bool) -> Cause:
    return Cause(
        low_cause(line.depot_id, line.subject),
        AlertKind.BELOW_MINIMUM,
        line.depot_id,
        urgent=urgent,
        item_id=line.item_id,
        details={
            "subject": line.subject,
            "name_zh": names[0],
            "name_en": names[1],
            "ready": write_quantity(ready),
            "minimum": write_quantity(line.low_below),
            "level": line.level.value,
        },
    )
