"""Looking after people: each act by somebody who may, within their reach, written to the audit trail."""

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import record
from core.clock import day_begins, local_date
from core.errors import bad_field, conflict, forbidden, not_found
from core.events import publish
from core.inputs import clean_text
from core.languages import LANGUAGES, N_
from people.accounts import PERSON, Term, add_person, email_of, end_links, give_role, of_the_city, take_role
from people.accounts import deactivate as close_account
from people.duties import holds, not_over
from people.events import AccountCloses
from people.links import end_outgrown_links, require_own_password
from people.models import Assignment, Person, Role
from people.policy import Caller, Duty
from people.posts import Level, answers_for_all, looked_after, post_called
from people.roster import roles_of

NOBODY = UUID(int=0)
CONSOLE = Caller(NOBODY, "console", "console", "zh", (Duty(Role.ADMINISTRATOR),))  # whoever has the server's shell
MOST_ROLES = 50


class RoleAt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role to be given, and where: the whole city is said, never meant by silence. ``until`` is its last day."""

    role: Role
    level: str
    code: str = ""
    since: date | None = None
    until: date | None = None


class NewPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody to be entered."""

    account: str
    name: str
    language: str = "zh"
    email: str = ""
    phone: str = ""
    roles: list[RoleAt] = []


class PersonChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be different; what is not named stays. An empty e-mail or phone is taken away."""

    name: str | None = None
    language: str | None = None
    email: str | None = None
    phone: str | None = None


def by_of(caller: Caller) -> UUID | None:
    """Who it is for the audit trail: nobody on the console."""
    return None if caller.person_id == NOBODY else caller.person_id


def find_person(session: Session, caller: Caller, person_id: UUID, now: datetime, *, lock: bool = False) -> Person:
    """A person whom the caller looks after; 404 for others as for those who do not exist."""
    statement = select(Person).where(Person.id == person_id, looked_after(caller, now))
    found = session.execute(statement.with_for_update(of=Person) if lock else statement).scalar_one_or_none()
    if found is None:
        raise not_found(N_("there is no such person among those whom you look after"))
    return found


def sees(session: Session, caller: Caller, person_id: UUID, now: datetime) -> bool:
    """Whether the caller looks after a person."""
    found = select(Person.id).where(Person.id == person_id, looked_after(caller, now))
    return session.execute(found).first() is not None


def person_of(session: Session, caller: Caller, person_id: UUID, now: datetime, *, lock: bool = True) -> Person:
    """A person for all of whose roles the caller answers: whom they may change, reset or close. Else 404 or 403.

    ``lock``: false for who only reads.
    """
    person = find_person(session, caller, person_id, now, lock=lock)
    if not answers_for(session, caller, person_id, now):
        raise forbidden(N_("this person has duties that are not yours to give; somebody who answers for them does it"))
    return person


def answers_for(session: Session, caller: Caller, person_id: UUID, now: datetime) -> bool:
    """Whether the caller may give every role that this person has."""
    return answers_for_all(caller) or all(row.yours for row in roles_of(session, caller, [person_id], now, all_=True))


def enter(session: Session, caller: Caller, entry: NewPerson, now: datetime) -> Person:
    """Enter a person with the first roles; who does not answer for everybody gives one at least."""
    if not entry.roles and not answers_for_all(caller):
        raise bad_field("role", N_("give this person a role within what you answer for"))
    if len(entry.roles) > MOST_ROLES:
        raise bad_field("roles", N_("{most} entries at most"), most=MOST_ROLES)
    email, phone, by = entry.email.strip() or None, entry.phone.strip() or None, by_of(caller)
    person = add_person(
        session, entry.account, entry.name, now, language=entry.language, email=email, phone=phone, by=by
    )
    for wanted in entry.roles:
        _give(session, caller, person, wanted, now)
    return person


def change(session: Session, caller: Caller, person_id: UUID, entry: PersonChange, now: datetime) -> bool:
    """Change what is known of a person; returns whether anything is different."""
    person = person_of(session, caller, person_id, now)
    before = _facts(person)
    if entry.name is not None:
        person.name = clean_text(entry.name, "name", 100, required=True)
    if entry.language is not None:
        if entry.language not in LANGUAGES:
            raise bad_field("language", N_("the languages are zh and en"))
        person.language = entry.language
    if entry.email is not None:
        person.email = email_of(entry.email)
    if entry.phone is not None:
        person.phone = clean_text(entry.phone, "phone", 32) or None
    after = _facts(person)
    if after != before:
        record(session, by_of(caller), now, "person-changed", PERSON, str(person.id), before=before, after=after)
    if after["email"] != before["email"]:  # perhaps a stranger's, to whom an invitation went
        end_links(session, person.id, now)
    session.flush()
    return after != before


def _facts(person: Person) -> dict[str, object]:
    return {"name": person.name, "language": person.language, "email": person.email, "phone": person.phone}


def give(session: Session, caller: Caller, person_id: UUID, wanted: RoleAt, now: datetime) -> bool:
    """Give a person a role at a place, or another term to one they have; returns whether anything is new."""
    return _give(session, caller, find_person(session, caller, person_id, now, lock=True), wanted, now)


def _give(session: Session, caller: Caller, person: Person, wanted: RoleAt, now: datetime) -> bool:
    if not person.active:
        raise conflict("inactive", N_("this account is closed; open it again first"))
    post = post_called(session, caller, wanted.role, wanted.level, wanted.code)
    term = term_of(session, wanted.since, wanted.until, now)
    require_own_password(session, person, wanted.role, post, now)
    district, depot, subdistrict = post.columns()
    new = give_role(
        session,
        by_of(caller),
        now,
        person.id,
        wanted.role,
        district_code=district,
        depot_id=depot,
        subdistrict_code=subdistrict,
        term=term,
    )
    end_outgrown_links(session, person.id, wanted.role, post, now)
    if new and wanted.role == Role.ADMINISTRATOR and post.level == Level.CITY:
        keep_administrators(session, caller, now, person.id)
    return new


def term_of(session: Session, since: date | None, until: date | None, now: datetime) -> Term:
    """The instants of a first and a last day in the city's time zone."""
    zone = session.info["zone"]
    if until is not None and until < local_date(now, zone):
        raise bad_field("until", N_("this day is over; to end a role now, take it away"))
    if since is not None and until is not None and until < since:
        raise bad_field("until", N_("the last day is before the first"))

    def instant(day: date | None) -> datetime | None:
        return None if day is None else day_begins(day, zone)

    try:
        return Term(instant(since), instant(None if until is None else until + timedelta(days=1)))
    except OverflowError:
        raise bad_field("until", N_("there is no such date")) from None


def take(session: Session, caller: Caller, person_id: UUID, role_id: UUID, now: datetime) -> None:
    """Take a role away, at once. The last one is refused (409) while gear is in the person's hands (T42)."""
    person = find_person(session, caller, person_id, now, lock=True)
    row = next((row for row in roles_of(session, caller, [person_id], now) if row.id == role_id), None)
    if row is None or row.state == "over":
        raise not_found(N_("this person has no such role that you could take away"))
    assignment = session.get_one(Assignment, role_id)
    take_role(session, by_of(caller), now, assignment)
    if row.role == Role.ADMINISTRATOR and row.level == Level.CITY:
        keep_administrators(session, caller, now, person_id)
    left = select(Assignment.id).where(Assignment.person_id == person_id, not_over(now)).limit(1)
    if session.execute(left).first() is None:
        publish(session, AccountCloses(person_id, person.account))


def deactivate(session: Session, caller: Caller, person_id: UUID, now: datetime) -> None:
    """Close an account at once; refused (409) while gear is in the person's hands (T42), and for oneself."""
    person = person_of(session, caller, person_id, now)  # reach first: oneself, too, may be beyond it
    if person_id == caller.person_id:
        raise conflict("oneself", N_("nobody closes their own account; somebody else does"))
    if not person.active:
        raise conflict("inactive", N_("this account is closed already"))
    close_account(session, person_id, now, by_of(caller))
    session.flush()
    if any(row.role == Role.ADMINISTRATOR for row in roles_of(session, caller, [person_id], now)):
        keep_administrators(session, caller, now, None)


def reactivate(session: Session, caller: Caller, person_id: UUID, now: datetime) -> None:
    """Open a closed account again, with the roles that have not ended; its sessions and tokens stay ended."""
    person = person_of(session, caller, person_id, now)
    if person.active:
        raise conflict("active", N_("this account is open already"))
    person.active = True
    record(session, by_of(caller), now, "person-reactivated", PERSON, str(person_id))
    session.flush()


def staying_administrators(session: Session, now: datetime) -> set[UUID]:
    """Who administers the city without an end in sight; they stay locked, so that two do not end each other's right."""
    staying = (
        select(Assignment.person_id)
        .join(Person, Person.id == Assignment.person_id)
        .where(
            of_the_city(),
            holds(now),
            Assignment.ends_at.is_(None),
            Person.active,
        )
        .order_by(Assignment.id)
        .with_for_update()
    )
    return set(session.execute(staying).scalars())


def keep_administrators(session: Session, caller: Caller, now: datetime, of: UUID | None) -> None:
    """Refuse (409) what leaves the city without an administrator who stays, or takes the caller's own right away."""
    left = staying_administrators(session, now)
    if of is not None and of == caller.person_id and of not in left:
        raise conflict("own-right", N_("nobody takes away their own right to administer; somebody else does"))
    if not left:
        raise conflict(
            "last-administrator", N_("this would leave the city without an administrator; name another first")
        )
