"""Taking an import of people back: by who could do each part of it by hand, with what follows from each part."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import forbidden
from core.events import publish
from core.languages import N_
from inventory.exchange.models import ImportChange
from people.accounts import PERSON, end_links, end_sessions, told_of
from people.duties import not_over
from people.events import AccountCloses
from people.looking_after import by_of, keep_administrators, person_of
from people.models import Assignment, Person, Role
from people.policy import Caller, require_unlimited
from people.posts import answers_for_all
from people.roster import roles_of


@dataclass
class Touched:
    """What an import of people has entered or changed: (was, is) by person, and what each role is today."""

    people: dict[UUID, list[tuple[dict[str, Any] | None, dict[str, Any]]]] = field(default_factory=dict)
    roles: dict[UUID, tuple[UUID, dict[str, object]]] = field(default_factory=dict)
    of_administrators: bool = False


def touched_by(session: Session, caller: Caller, run_id: UUID, now: datetime) -> Touched:
    """What is to be taken back; 403 unless the caller answers for each person, and may give each role, of today."""
    require_unlimited(caller)
    touched, role_ids = Touched(), set()
    notes = select(ImportChange).where(ImportChange.run_id == run_id).order_by(ImportChange.number)
    for change in session.execute(notes).scalars():
        row_id = UUID(msgspec.json.decode(change.key)["id"])
        if change.table_name == Assignment.__tablename__:
            role_ids.add(row_id)
            continue
        was = None if change.before is None else msgspec.json.decode(change.before)
        touched.people.setdefault(row_id, []).append((was, msgspec.json.decode(change.after)))
    for role in session.execute(select(Assignment).where(Assignment.id.in_(role_ids))).scalars():
        touched.roles[role.id] = (role.person_id, told_of(role))
        touched.of_administrators |= role.role == Role.ADMINISTRATOR
    _require_right(session, caller, touched, now)
    return touched


def _require_right(session: Session, caller: Caller, touched: Touched, now: datetime) -> None:
    if answers_for_all(caller):
        return
    holders = {person_id for person_id, _ in touched.roles.values()}
    yours = {row.id for row in roles_of(session, caller, holders, now)}
    if not touched.roles.keys() <= yours:
        raise forbidden(N_("this person has duties that are not yours to give; somebody who answers for them does it"))
    for person_id in sorted(touched.people):
        person_of(session, caller, person_id, now)


def follow_back(session: Session, caller: Caller, touched: Touched, now: datetime) -> None:
    """Write down what was taken back, and let follow what follows when it is done by hand (T42, the last one)."""
    by = by_of(caller)
    for role_id, (person_id, told) in touched.roles.items():
        role = session.get(Assignment, role_id)
        if role is None:
            record(session, by, now, "role-taken", PERSON, str(person_id), before=told)
        else:
            record(session, by, now, "role-given", PERSON, str(person_id), after=told_of(role) | {"was": told})
    for person_id, changes in touched.people.items():
        for was, said in changes:
            act = "person-removed" if was is None else "person-changed"
            record(session, by, now, act, PERSON, str(person_id), before=said, after=was)
    for person_id in touched.people.keys() | {person_id for person_id, _ in touched.roles.values()}:
        person = session.get(Person, person_id)
        if person is not None:
            _leave(session, person, touched, now)
    if touched.of_administrators or touched.people:
        keep_administrators(session, caller, now, caller.person_id if touched.of_administrators else None)


def _leave(session: Session, person: Person, touched: Touched, now: datetime) -> None:
    """An account that is closed again, or whose last role went, is one from empty hands; it has no way in any more."""
    names = {name for _, said in touched.people.get(person.id, ()) for name in said}
    if "email" in names:
        end_links(session, person.id, now)
    closed = "active" in names and not person.active
    if closed:
        end_sessions(session, person.id, now, tokens=True)
        end_links(session, person.id, now)
    held = select(Assignment.id).where(Assignment.person_id == person.id, not_over(now)).limit(1)
    if closed or session.execute(held).first() is None:
        publish(session, AccountCloses(person.id, person.account))
