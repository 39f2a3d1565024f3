"""Where a role holds, and who may give it there.

An officer gives keepers and responders within what they answer for; an administrator every role that has no more
rights than their own, there. Who looks after a person answers for all the roles that the person has.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, Uuid, and_, column, exists, false, or_, select, table, true
from sqlalchemy.orm import Session, aliased

from core.errors import bad_field
from core.languages import N_
from people.duties import DEPOT_OF, not_over
from people.models import Assignment, Person, Role
from people.policy import GRANTS, Act, Caller, Duty

# As the depots' own table, these belong to the room above
DISTRICT_OF = table("district", column("code", String()), column("name_zh", String()), column("name_en", String()))
SUBDISTRICT_OF = table(
    "subdistrict",
    column("code", String()),
    column("district_code", String()),
    column("name_zh", String()),
    column("name_en", String()),
)
DEPOT_NAMES = table("depot", column("id", Uuid()), column("name_zh", String()), column("name_en", String())).alias(
    "depot_names"
)
SIMPLE = (Role.KEEPER, Role.RESPONDER)  # what an officer may give


class Level(StrEnum):
    """How wide a role holds."""

    CITY = "city"
    DISTRICT = "district"
    SUBDISTRICT = "subdistrict"
    DEPOT = "depot"


LEVEL_WORDS = {
    Level.CITY: N_("the whole city"),
    Level.DISTRICT: N_("district"),
    Level.SUBDISTRICT: N_("sub-district"),
    Level.DEPOT: N_("depot"),
}


@dataclass(frozen=True)
class Post:
    """A place where a role holds, and the district that it lies in (none: the city)."""

    level: Level
    code: str = ""
    district_code: str | None = None
    subdistrict_code: str | None = None
    depot_id: UUID | None = None

    def columns(self) -> tuple[str | None, UUID | None, str | None]:
        """District, depot and sub-district as an assignment has them."""
        district = self.district_code if self.level == Level.DISTRICT else None
        return district, self.depot_id, self.subdistrict_code if self.level == Level.SUBDISTRICT else None


CITY = Post(Level.CITY)


def post_called(session: Session, caller: Caller, role: Role, level: str, code: str) -> Post:
    """The place of a role that the caller may give there. What they may not is refused as if it were not there."""
    try:
        wanted = Level(level)
    except ValueError:
        raise bad_field("level", N_("say where the role holds: city, district, subdistrict or depot")) from None
    code = code.strip()[:32]
    post = CITY if wanted == Level.CITY else _found(session, wanted, code)
    if post is None or not may_give(caller, role, post):
        if wanted == Level.CITY:
            raise bad_field("role", N_("you may not give this role in the whole city"))
        said = N_("there is no such place of yours where you may give this role: {code}")
        raise bad_field("code", said, code=code or "–")
    return post


def post_of(session: Session, district_code: str | None, depot_id: UUID | None) -> Post:
    """The place of a role in a district, at a depot or (none named) in the city, which is known to exist."""
    if depot_id is not None:
        columns = DEPOT_OF.c
        found = select(columns.code, columns.district_code, columns.subdistrict_code).where(columns.id == depot_id)
        row = session.execute(found).one()
        return Post(Level.DEPOT, row.code, row.district_code, row.subdistrict_code, depot_id)
    return CITY if district_code is None else Post(Level.DISTRICT, district_code, district_code)


def _found(session: Session, level: Level, code: str) -> Post | None:
    if level == Level.DISTRICT:
        row: Any = session.execute(select(DISTRICT_OF.c.code).where(DISTRICT_OF.c.code == code)).first()
        return row and Post(level, row.code, row.code)
    if level == Level.SUBDISTRICT:
        found = select(SUBDISTRICT_OF.c.code, SUBDISTRICT_OF.c.district_code).where(SUBDISTRICT_OF.c.code == code)
        row = session.execute(found).first()
        return row and Post(level, row.code, row.district_code, row.code)
    columns = DEPOT_OF.c
    found = select(columns.id, columns.code, columns.district_code, columns.subdistrict_code)
    row = session.execute(found.where(columns.code == code)).first()
    return row and Post(level, row.code, row.district_code, row.subdistrict_code, row.id)


def may_give(caller: Caller, role: Role, post: Post) -> bool:
    """Whether the caller may give, change and take this role at this place."""
    act = Act.APPROVE if role in SIMPLE else Act.ADMINISTER
    rights = (GRANTS[duty.role] for duty in caller.duties if _covers(duty, post))
    return any(act in right and right >= GRANTS[role] for right in rights)


def _covers(duty: Duty, post: Post) -> bool:
    if duty.depot_id is not None:
        if post.level == Level.SUBDISTRICT:
            return duty.subdistrict_code is not None and duty.subdistrict_code == post.subdistrict_code
        return duty.depot_id == post.depot_id
    return duty.district_code is None or duty.district_code == post.district_code


def roles_to_give(caller: Caller) -> list[Role]:
    """The roles that the caller may give somewhere."""
    return [role for role in Role if any(may_give(caller, role, post) for post in _own_posts(caller))]


def levels_to_give(caller: Caller) -> dict[Level, str]:
    """How wide a role may hold that the caller gives: no wider than where they may give one themselves."""
    widest = [post.level for post in _own_posts(caller) if any(may_give(caller, role, post) for role in Role)]
    order = list(LEVEL_WORDS)
    begin = min((order.index(level) for level in widest), default=len(order))
    return {level: LEVEL_WORDS[level] for level in order[begin:]}


def _own_posts(caller: Caller) -> list[Post]:
    return [
        Post(Level.DEPOT, "", duty.district_code, duty.subdistrict_code, duty.depot_id)
        if duty.depot_id is not None
        else CITY
        if duty.district_code is None
        else Post(Level.DISTRICT, duty.district_code, duty.district_code)
        for duty in caller.duties
    ]


def answers_for_all(caller: Caller) -> bool:
    """Whether the caller looks after everybody: an administrator of the city."""
    return may_give(caller, Role.ADMINISTRATOR, CITY)


def looked_after(caller: Caller, now: datetime) -> ColumnElement[bool]:
    """The condition that a person is seen by the caller: for one of the roles that the caller may give.

    Roles that are over count as long as the person has no other: who gave the last one may give it again.
    """
    if answers_for_all(caller):
        return true()
    other = aliased(Assignment)
    at_work = exists().where(other.person_id == Assignment.person_id, or_(other.ends_at.is_(None), other.ends_at > now))
    return held_by(Person.id, givable(caller), or_(not_over(now), ~at_work))


def held_by(person_id: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition that a person has a role for which all this is so."""
    held = select(Assignment.id).select_from(Assignment)
    return with_places(held).where(Assignment.person_id == person_id, *conditions).correlate(Person).exists()


def with_places(statement: Any) -> Any:
    """A query of assignments with the rows of their depots and sub-districts."""
    return statement.outerjoin(DEPOT_OF, DEPOT_OF.c.id == Assignment.depot_id).outerjoin(
        SUBDISTRICT_OF, SUBDISTRICT_OF.c.code == Assignment.subdistrict_code
    )


def givable(caller: Caller) -> ColumnElement[bool]:
    """The condition that an assignment is one that the caller may give: as ``may_give``, for a query ``with_places``.

    An administrator below the city sees all roles there, those with more rights than their own there are none.
    """
    clauses = []
    for act, roles in ((Act.APPROVE, SIMPLE), (Act.ADMINISTER, tuple(Role))):
        duties = [duty for duty in caller.duties if act in GRANTS[duty.role]]
        if duties:
            clauses.append(and_(Assignment.role.in_(roles), lies_within(duties)))
    return or_(*clauses) if clauses else false()


def lies_within(duties: list[Duty]) -> ColumnElement[bool]:
    if any(duty.depot_id is None and duty.district_code is None for duty in duties):
        return true()
    districts = [duty.district_code for duty in duties if duty.depot_id is None]
    depots = [duty.depot_id for duty in duties if duty.depot_id is not None]
    streets = [duty.subdistrict_code for duty in duties if duty.depot_id is not None and duty.subdistrict_code]
    return or_(
        Assignment.district_code.in_(districts),
        DEPOT_OF.c.district_code.in_(districts),
        SUBDISTRICT_OF.c.district_code.in_(districts),
        Assignment.depot_id.in_(depots),
        Assignment.subdistrict_code.in_(streets),
    )
