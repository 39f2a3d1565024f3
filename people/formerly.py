"""What somebody was allowed at an earlier time: an act sent late is judged by the roles of its own time."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from people.duties import DEPOT_OF, DUTY, IN_ORDER, THERE, holds
from people.models import Assignment
from people.policy import GRANTS, Act, Caller, duty_of


def as_of(session: Session, caller: Caller, instants: Collection[datetime], now: datetime) -> Caller | None:
    """The caller with the roles that held at all of these instants; None unless one of them has ended since.

    Those that have ended come first: about them somebody may have to decide. A limited token never reaches beyond its
    limits: it has no past.
    """
    if caller.limited:
        return None
    held = (holds(at) for at in {min(instants), max(instants)})
    there: Any = select(*DUTY, Assignment.ends_at).outerjoin(DEPOT_OF, THERE)
    there = there.where(Assignment.person_id == caller.person_id, *held)
    rows = session.execute(there.order_by(Assignment.ends_at.desc().nulls_last(), *IN_ORDER)).all()
    if not any(ends_at is not None and ends_at <= now for *_, ends_at in rows):
        return None
    return replace(caller, duties=tuple(duty_of(*row[:-1]) for row in rows))


def once_might(session: Session, caller: Caller, act: Act) -> bool:
    """Whether one of the caller's roles, over by now or not, has ever given this right."""
    if caller.limited:
        return False
    roles = [role for role, acts in GRANTS.items() if act in acts]
    held = select(Assignment.id).where(Assignment.person_id == caller.person_id, Assignment.role.in_(roles))
    return session.execute(held.limit(1)).first() is not None


def last_depot(session: Session, caller: Caller) -> UUID | None:
    """The depot that the role which ended last named: somebody there looks into what its holder sends afterwards."""
    ended = select(Assignment.depot_id).where(
        Assignment.person_id == caller.person_id, Assignment.depot_id.is_not(None), Assignment.ends_at.is_not(None)
    )
    return session.execute(ended.order_by(Assignment.ends_at.desc(), Assignment.id).limit(1)).scalar()
