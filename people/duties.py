"""How a person's duties are read: a sub-district is one row for each depot that lies in it at this moment.

Whoever reads assignments reads those that hold (``holds``): a role that has ended, or not begun, gives nothing.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Select, Uuid, and_, column, func, or_, select, table
from sqlalchemy.orm import Session
from sqlmodel import String

from people.models import Assignment, Person, Role

# The depots' own room is above this one; of their table only these columns are needed
DEPOT_OF = table(
    "depot",
    column("id", Uuid()),
    column("code", String()),
    column("subdistrict_code", String()),
    column("district_code", String()),
)
THERE = DEPOT_OF.c.subdistrict_code == Assignment.subdistrict_code
DUTY = (
    Assignment.role,
    Assignment.district_code,
    func.coalesce(Assignment.depot_id, DEPOT_OF.c.id),
    Assignment.subdistrict_code,
)
IN_ORDER = (Assignment.id, DEPOT_OF.c.code)  # the oldest first: what starts from the first depot starts there each time


def not_over(now: datetime | BindParameter[Any]) -> ColumnElement[bool]:
    """The condition that an assignment has not ended."""
    return or_(Assignment.ends_at.is_(None), Assignment.ends_at > now)


def holds(now: datetime | BindParameter[Any]) -> ColumnElement[bool]:
    """The condition that an assignment holds at an instant."""
    return and_(or_(Assignment.starts_at.is_(None), Assignment.starts_at <= now), not_over(now))


def keepers_at(now: datetime) -> Select[Any]:
    """Who keeps a depot as its keeper at an instant (Person), by account; to be asked for some depots."""
    return (
        select(Person)
        .join(Assignment, Assignment.person_id == Person.id)
        .where(Assignment.role == Role.KEEPER, holds(now))
        .order_by(Person.account)
    )


def has_role(session: Session, person_id: UUID, roles: Collection[Role], now: datetime) -> bool:
    """Whether somebody holds one of these roles, anywhere, at an instant."""
    held = select(Assignment.id).where(Assignment.person_id == person_id, Assignment.role.in_(roles), holds(now))
    return session.execute(held.limit(1)).first() is not None
