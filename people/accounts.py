"""Accounts: who there is, which roles they hold and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import bad_field, conflict, not_found
from core.events import publish
from core.inputs import clean_text
from core.languages import LANGUAGES, N_
from people.duties import DEPOT_OF, DUTY, IN_ORDER, THERE, holds, not_over
from people.events import AccountCloses
from people.models import SETS_PASSWORD, AccountLink, Assignment, Credential, Person, Purpose, Role
from people.policy import Caller, duty_of
from people.sign_in import PENDING

PERSON = "person"  # what an entry of the audit trail is about


def add_person(
    session: Session,
    account: str,
    name: str,
    now: datetime,
    *,
    language: str = "zh",
    email: str | None = None,
    phone: str | None = None,
    password_hash: str | None = None,
    by: UUID | None = None,
) -> Person:
    """Enter a person. Without a password hash nobody can sign in to the account yet."""
    account = clean_text(account, "account", 64, required=True)
    if language not in LANGUAGES:
        raise bad_field("language", N_("the languages are zh and en"))
    if session.execute(select(Person.id).where(Person.account == account)).first():
        raise conflict("account-taken", N_("there is an account called {account} already"), account=account)
    person = Person(
        account=account,
        name=clean_text(name, "name", 100, required=True),
        language=language,
        email=email_of(email or ""),
        phone=clean_text(phone, "phone", 32) if phone else None,
        password_hash=password_hash,
        created_at=now,
    )
    session.add(person)
    session.flush()
    told = {"account": account, "name": person.name, "language": language, "email": person.email, "phone": person.phone}
    record(session, by, now, "person-added", PERSON, str(person.id), after=told)
    return person


def email_of(text: str) -> str | None:
    """An e-mail address as it is stored; none for an empty text."""
    return check_email(text) if text.strip() else None


def check_email(email: str) -> str:
    """An address as it may be stored; 422 for what is none."""
    email = email.strip()
    name, _, host = email.rpartition("@")
    if not name or not host or "@" in name or any(char.isspace() or char in ",;<>" for char in email):
        raise bad_field("email", N_("this is not an e-mail address"))
    if len(email) > 254 or not email.isprintable():
        raise bad_field("email", N_("this is not an e-mail address"))
    return email


def person_by_account(session: Session, account: str) -> Person:
    """The person with this account; 404 if there is none."""
    person = session.execute(select(Person).where(Person.account == account)).scalar_one_or_none()
    if person is None:
        raise not_found(N_("there is no account called {account}"), account=account)
    return person


def person_by_id(session: Session, person_id: UUID) -> Person:
    """The person with this id, who is known to exist."""
    return session.get_one(Person, person_id)


def caller_called(session: Session, account: str, now: datetime, *, closed_too: bool = False) -> Caller:
    """Who acts under an account on the console, with the roles of this moment; 404 if there is no such open account."""
    person = person_by_account(session, account)
    if not person.active and not closed_too:
        raise not_found(N_("there is no active account called {account}"), account=account)
    held = (Assignment.person_id == person.id, holds(now))
    rows = session.execute(select(*DUTY).outerjoin(DEPOT_OF, THERE).where(*held).order_by(*IN_ORDER))
    return Caller(person.id, person.account, person.name, person.language, tuple(duty_of(*row) for row in rows))


@dataclass(frozen=True)
class Term:
    """From when until when a role holds; open on either side."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def told(self) -> dict[str, str]:
        """As JSON, without what is open."""
        return {name: at.isoformat() for name, at in self.__dict__.items() if at is not None}

    @staticmethod
    def of(told: Mapping[str, Any]) -> "Term":
        """The way back."""
        return Term(
            *(datetime.fromisoformat(told[name]) if name in told else None for name in ("starts_at", "ends_at"))
        )


ALWAYS = Term()


def assign(
    session: Session,
    person_id: UUID,
    role: Role,
    *,
    district_code: str | None = None,
    depot_id: UUID | None = None,
    subdistrict_code: str | None = None,
    term: Term = ALWAYS,
) -> tuple[Assignment, dict[str, object] | None] | None:
    """Enter a role at a depot, in a sub-district, in a district, or (none named) in the whole city.

    None if it is there as wanted; else the role, and how it was before if only its term is new. Verbs give a role with
    ``give_role``, which writes it down as well.
    """
    where: dict[str, Any] = {"district_code": district_code, "depot_id": depot_id, "subdistrict_code": subdistrict_code}
    there = select(Assignment).filter_by(person_id=person_id, role=role, **where).order_by(Assignment.id).limit(1)
    found = session.execute(there.execution_options(populate_existing=True)).scalar_one_or_none()
    before = None if found is None else told_of(found)
    if found is None:
        found = Assignment(person_id=person_id, role=role, **where)
        session.add(found)
    elif Term(found.starts_at, found.ends_at) == term:
        return None
    found.starts_at, found.ends_at = term.starts_at, term.ends_at
    session.flush()
    return found, before


def give_role(
    session: Session,
    by: UUID | None,
    now: datetime,
    person_id: UUID,
    role: Role,
    *,
    district_code: str | None = None,
    depot_id: UUID | None = None,
    subdistrict_code: str | None = None,
    term: Term = ALWAYS,
) -> bool:
    """Give a person a role at a place as for ``assign``; returns whether anything is new."""
    done = assign(
        session,
        person_id,
        role,
        district_code=district_code,
        depot_id=depot_id,
        subdistrict_code=subdistrict_code,
        term=term,
    )
    if done is not None:
        told = told_of(done[0]) | ({} if done[1] is None else {"was": done[1]})
        record(session, by, now, "role-given", PERSON, str(person_id), after=told)
    return done is not None


def take_role(session: Session, by: UUID | None, now: datetime, assignment: Assignment) -> None:
    """Take a role away: it ends at this instant. The row stays: what a phone sends late is judged by it."""
    record(session, by, now, "role-taken", PERSON, str(assignment.person_id), before=told_of(assignment))
    assignment.ends_at = now
    if assignment.starts_at is not None and assignment.starts_at > now:
        assignment.starts_at = now
    session.flush()


def take_role_at(
    session: Session, by: UUID | None, now: datetime, person_id: UUID, role: Role, depot_id: UUID | None
) -> None:
    """Take a role at one depot away, if the person holds it."""
    held = select(Assignment).filter_by(person_id=person_id, role=role, depot_id=depot_id)
    for assignment in session.execute(held.where(not_over(now))).scalars().all():
        take_role(session, by, now, assignment)


def told_of(assignment: Assignment) -> dict[str, object]:
    """A role, where and from when until when it holds, for the audit trail."""
    told: dict[str, object | None] = {
        "district": assignment.district_code,
        "subdistrict": assignment.subdistrict_code,
        "depot": assignment.depot_id,
        "from": assignment.starts_at,
        "until": assignment.ends_at,
    }
    return {"role": assignment.role.value} | {name: value for name, value in told.items() if value is not None}


def set_password(
    session: Session,
    person_id: UUID,
    password_hash: str,
    now: datetime,
    but: UUID | None = None,
    by: UUID | None = None,
) -> None:
    """Set a password and end the person's sessions and tokens, but for the session that it is set from.

    Links to another password end as well: whoever has one may be why the password was changed.
    """
    session.get_one(Person, person_id).password_hash = password_hash
    end_links(session, person_id, now, SETS_PASSWORD)
    record(session, by, now, "password-set", PERSON, str(person_id))
    end_sessions(session, person_id, now, tokens=True, but=but)


def deactivate(session: Session, person_id: UUID, now: datetime, by: UUID | None = None) -> None:
    """Close an account: nobody signs in to it any more, and its sessions and tokens end at once.

    Refused (409) while the person has gear in hand.
    """
    person = session.get_one(Person, person_id, with_for_update=True)  # a take of that moment is waited for
    publish(session, AccountCloses(person_id, person.account))
    person.active = False
    record(session, by, now, "person-deactivated", PERSON, str(person_id))
    end_sessions(session, person_id, now, tokens=True)
    end_links(session, person_id, now)


def end_links(session: Session, person_id: UUID, now: datetime, purposes: tuple[Purpose, ...] = tuple(Purpose)) -> None:
    """End a person's links that have not been used."""
    session.execute(
        update(AccountLink)
        .where(AccountLink.person_id == person_id, AccountLink.purpose.in_(purposes), living_links(now))
        .values(expires_at=now)
    )


def living_links(now: datetime) -> ColumnElement[bool]:
    """The condition that a link can be used still."""
    return and_(AccountLink.used_at.is_(None), AccountLink.expires_at > now)


def end_sessions(
    session: Session, person_id: UUID, now: datetime, *, tokens: bool = False, but: UUID | None = None
) -> int:
    """End a person's browser sessions, and with ``tokens`` the programs' too; ``but`` one. Gives how many ended."""
    kinds = ("session", PENDING, "token") if tokens else ("session", PENDING)
    statement = update(Credential).where(
        Credential.person_id == person_id, Credential.kind.in_(kinds), Credential.revoked_at.is_(None)
    )
    if but is not None:
        statement = statement.where(Credential.id != but)
    ended = session.execute(statement.values(revoked_at=now).returning(Credential.kind)).scalars().all()
    return sum(kind != PENDING for kind in ended)


def set_language(session: Session, person_id: UUID, language: str) -> None:
    """The language of a person's pages and mails."""
    session.execute(update(Person).where(Person.id == person_id).values(language=language))


def of_the_city() -> ColumnElement[bool]:
    """The condition that an assignment is to administer the whole city."""
    wider = (Assignment.district_code.is_(None), Assignment.subdistrict_code.is_(None), Assignment.depot_id.is_(None))
    return and_(Assignment.role == Role.ADMINISTRATOR, *wider)


def has_administrator(session: Session) -> bool:
    """Whether somebody active administers the whole city."""
    there = select(Assignment.id).join(Person, Person.id == Assignment.person_id).where(of_the_city(), Person.active)
    return session.execute(there.limit(1)).first() is not None
