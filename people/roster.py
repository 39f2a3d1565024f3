"""Who there is, as far as the caller looks after them: the list, and one person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.clock import local_date
from core.inputs import like
from core.paging import PAGE_DEFAULT, Page, page_of, read_cursor
from people.duties import DEPOT_OF, not_over
from people.models import Assignment, Person, Role
from people.policy import Caller
from people.posts import (
    DEPOT_NAMES,
    DISTRICT_OF,
    SUBDISTRICT_OF,
    Level,
    Post,
    givable,
    held_by,
    looked_after,
    may_give,
    with_places,
)


class RoleRow(msgspec.Struct, frozen=True):
    """A role that somebody has, had or will have. ``yours``: the caller may take it away."""

    id: UUID
    role: Role
    level: Level
    code: str
    name_zh: str
    name_en: str
    since: date | None
    until: date | None  # the last day
    state: str  # now, later or over
    yours: bool


class PersonRow(msgspec.Struct, frozen=True):
    """A person, with the roles that the caller may give."""

    id: UUID
    account: str
    name: str
    language: str
    email: str | None
    phone: str | None
    active: bool
    created_at: datetime
    roles: list[RoleRow]


@dataclass(frozen=True)
class PeopleFilters:
    """Whom to list. Roles that are over do not count."""

    q: str | None = None
    active: bool | None = None
    role: Role | None = None
    district: str | None = None
    depot: str | None = None


def people(
    session: Session,
    caller: Caller,
    now: datetime,
    filters: PeopleFilters,
    limit: int = PAGE_DEFAULT,
    cursor: str | None = None,
) -> Page[PersonRow]:
    """Whom the caller looks after, by account. Two queries."""
    statement = select(Person).where(looked_after(caller, now), *_wanted(caller, now, filters))
    after = read_cursor(cursor, tuple[str])
    if after is not None:
        statement = statement.where(Person.account > after[0])
    rows = list(session.execute(statement.order_by(Person.account).limit(limit + 1)).scalars())
    roles = roles_by_person(session, caller, [row.id for row in rows[:limit]], now)
    return page_of(rows, limit, lambda row: (row.account,), lambda row: person_row(row, roles.get(row.id, [])))


def _wanted(caller: Caller, now: datetime, filters: PeopleFilters) -> list[Any]:
    clauses: list[Any] = []
    if filters.q:
        pattern = like(filters.q)
        texts = (Person.account, Person.name, Person.email, Person.phone)
        clauses.append(or_(*(text.ilike(pattern, escape="\\") for text in texts)))
    if filters.active is not None:
        clauses.append(Person.active.is_(filters.active))
    of_role: list[Any] = []
    if filters.role is not None:
        of_role.append(Assignment.role == filters.role)
    if filters.district:
        columns = (Assignment.district_code, DEPOT_OF.c.district_code, SUBDISTRICT_OF.c.district_code)
        of_role.append(or_(*(column == filters.district for column in columns)))
    if filters.depot:
        of_role.append(DEPOT_OF.c.code == filters.depot)
    if of_role:
        clauses.append(held_by(Person.id, givable(caller), not_over(now), *of_role))
    return clauses


def person_row(person: Person, roles: list[RoleRow]) -> PersonRow:
    """A person as lists show it."""
    return PersonRow(
        person.id,
        person.account,
        person.name,
        person.language,
        person.email,
        person.phone,
        person.active,
        person.created_at,
        roles,
    )


def roles_by_person(
    session: Session, caller: Caller, person_ids: Collection[UUID], now: datetime
) -> dict[UUID, list[RoleRow]]:
    """The roles that the caller may give, of several people. One query."""
    found: dict[UUID, list[RoleRow]] = {}
    for person_id, row in _roles(session, caller, person_ids, now):
        if row.yours:
            found.setdefault(person_id, []).append(row)
    return found


def roles_of(
    session: Session, caller: Caller, person_ids: Collection[UUID], now: datetime, *, all_: bool = False
) -> list[RoleRow]:
    """The roles that the caller may give; with ``all_`` those that are not theirs too, without those that are over."""
    rows = [row for _, row in _roles(session, caller, person_ids, now)]
    return [row for row in rows if row.state != "over"] if all_ else [row for row in rows if row.yours]


def _roles(session: Session, caller: Caller, person_ids: Collection[UUID], now: datetime) -> list[tuple[UUID, RoleRow]]:
    if not person_ids:
        return []
    columns = (
        Assignment,
        DEPOT_OF.c.code.label("depot"),
        DEPOT_OF.c.district_code.label("of_depot"),
        DEPOT_NAMES.c.name_zh.label("depot_zh"),
        DEPOT_NAMES.c.name_en.label("depot_en"),
        SUBDISTRICT_OF.c.district_code.label("of_street"),
        SUBDISTRICT_OF.c.name_zh.label("street_zh"),
        SUBDISTRICT_OF.c.name_en.label("street_en"),
        DISTRICT_OF.c.name_zh,
        DISTRICT_OF.c.name_en,
    )
    statement = (
        with_places(select(*columns).select_from(Assignment))
        .outerjoin(DEPOT_NAMES, DEPOT_NAMES.c.id == Assignment.depot_id)
        .outerjoin(DISTRICT_OF, DISTRICT_OF.c.code == Assignment.district_code)
        .where(Assignment.person_id.in_(person_ids))
        .order_by(Assignment.role, Assignment.id)
    )
    return [(row[0].person_id, _role_row(row, caller, now, session)) for row in session.execute(statement)]


def _role_row(row: Any, caller: Caller, now: datetime, session: Session) -> RoleRow:
    one: Assignment = row[0]
    if one.depot_id is not None:
        post = Post(Level.DEPOT, row.depot, row.of_depot, None, one.depot_id)
        names = (row.depot_zh, row.depot_en)
    elif one.subdistrict_code is not None:
        post = Post(Level.SUBDISTRICT, one.subdistrict_code, row.of_street, one.subdistrict_code)
        names = (row.street_zh, row.street_en)
    elif one.district_code is not None:
        post = Post(Level.DISTRICT, one.district_code, one.district_code)
        names = (row.name_zh, row.name_en)
    else:
        post, names = Post(Level.CITY), ("全市", "the whole city")
    over = one.ends_at is not None and one.ends_at <= now
    state = "over" if over else "later" if one.starts_at is not None and one.starts_at > now else "now"
    zone = session.info["zone"]
    return RoleRow(
        one.id,
        one.role,
        post.level,
        post.code,
        *names,
        None if one.starts_at is None else local_date(one.starts_at, zone),
        # the last day on which it holds: it ends with that day, or in the middle of it
        None if one.ends_at is None else local_date(one.ends_at - timedelta(microseconds=1), zone),
        state,
        may_give(caller, one.role, post),
    )
