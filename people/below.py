"""Whose account somebody may manage: people with fewer rights, all of whose duties lie where the manager answers."""

from uuid import UUID

from sqlalchemy import column, func, select, table
from sqlalchemy.orm import Session
from sqlmodel import String

from core.errors import not_found
from core.languages import N_
from people.duties import DEPOT_OF
from people.models import Assignment, Person, Role
from people.policy import GRANTS, Act, Caller, may_in_city

# The depots' own room is above this one; of their table only these columns are needed
_SUBDISTRICT = table("subdistrict", column("code", String()), column("district_code", String()))
_DISTRICT = func.coalesce(Assignment.district_code, DEPOT_OF.c.district_code, _SUBDISTRICT.c.district_code)


def managed(session: Session, caller: Caller, person_id: UUID) -> Person:
    """The person, if the caller may manage the account; 404 if not, as for one who does not exist."""
    person = session.get(Person, person_id)
    if person is None or not may_manage(session, caller, person_id):
        raise not_found(N_("there is no such person, or their account is not yours to manage"))
    return person


def may_manage(session: Session, caller: Caller, person_id: UUID) -> bool:
    """Administrators manage everybody; others whoever has duties, each below one of theirs and within its place."""
    if may_in_city(caller, Act.ADMINISTER):
        return True
    held = session.execute(
        select(Assignment.role, _DISTRICT, Assignment.depot_id)
        .outerjoin(DEPOT_OF, DEPOT_OF.c.id == Assignment.depot_id)
        .outerjoin(_SUBDISTRICT, _SUBDISTRICT.c.code == Assignment.subdistrict_code)
        .where(Assignment.person_id == person_id)
    ).all()
    return bool(held) and all(_below(caller, *row) for row in held)


def _below(caller: Caller, role: Role, district_code: str | None, depot_id: UUID | None) -> bool:
    """Whether a duty is one that some duty of the caller's stands above."""
    for duty in caller.duties:
        rights = GRANTS[duty.role]
        if Act.APPROVE not in rights or not GRANTS[role] < rights:
            continue
        if duty.depot_id is not None:
            within = duty.depot_id == depot_id
        else:
            within = duty.district_code is None or duty.district_code == district_code
        if within:
            return True
    return False
