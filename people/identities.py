"""Who somebody is whom the directory has signed in: claims mapped to accounts, and optionally to roles."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import Refusal, forbidden
from core.languages import N_
from core.settings import Settings
from people.accounts import PERSON, add_person, check_email, give_role, take_role
from people.duties import DEPOT_OF, not_over
from people.links import end_outgrown_links, known_by_another
from people.looking_after import staying_administrators
from people.models import Assignment, ExternalIdentity, Person, Role
from people.posts import DISTRICT_OF, post_of

MOST = 255


@dataclass(frozen=True)
class GroupRole:
    """A group of the directory, and the role that it gives: in the city, or at a district or depot (code)."""

    group: str
    role: Role
    place: str | None = None


def read_roles(text: str) -> list[GroupRole]:
    """``group=role`` or ``group=role@place``, with blanks between. Raises ValueError with a sentence for people."""
    found = []
    for part in text.split():
        taken = re.fullmatch(r"(?P<group>[^=\s]+)=(?P<role>[a-z]+)(?:@(?P<place>[\w-]{1,16}))?", part)
        if taken is None or taken["role"] not in set(Role):
            raise ValueError(f"{part} is not group=role or group=role@place, with a role of {', '.join(Role)}")
        found.append(GroupRole(taken["group"], Role(taken["role"]), taken["place"]))
    return found


def setting_faults(settings: Settings) -> list[str]:
    """What is wrong with the settings about signing in, a sentence each."""
    wrong = []
    if settings.oidc_issuer and not settings.oidc_client_id:
        wrong.append("READYSHELF_OIDC_CLIENT_ID: the directory needs to know who asks")
    if settings.passwords != "all" and not settings.oidc_issuer:
        wrong.append("READYSHELF_PASSWORDS: without READYSHELF_OIDC_ISSUER nobody could sign in")
    if settings.oidc_roles and not settings.oidc_roles_claim:
        wrong.append("READYSHELF_OIDC_ROLES: READYSHELF_OIDC_ROLES_CLAIM names the claim that holds the groups")
    try:
        read_roles(settings.oidc_roles)
    except ValueError as fault:
        wrong.append(f"READYSHELF_OIDC_ROLES: {fault}")
    return wrong


def person_for(session: Session, settings: Settings, claims: Mapping[str, Any], now: datetime) -> Person:
    """The person whom the directory has signed in; made, and given roles, only if the settings say so.

    Whoever has come once is known by the directory's own id: a name that goes to somebody else there opens no account.
    """
    issuer, subject = str(claims["iss"]), str(claims["sub"])
    known = select(ExternalIdentity).where(ExternalIdentity.issuer == issuer, ExternalIdentity.subject == subject)
    identity = session.execute(known).scalar_one_or_none()
    if identity is not None:
        person = session.get_one(Person, identity.person_id)
    else:
        person = _named(session, settings, claims, now)
        _bind(session, person, issuer, subject, now)
    if not person.active:
        raise forbidden(N_("the account {account} is closed"), account=person.account)
    if settings.oidc_roles:
        _give_roles(session, settings, claims, person, now)
    return person


def _named(session: Session, settings: Settings, claims: Mapping[str, Any], now: datetime) -> Person:
    claim = settings.oidc_account_claim
    value = claims.get(claim)
    if not isinstance(value, str) or not value.strip() or len(value) > MOST:
        raise forbidden(N_("the directory does not tell who you are: there is no {claim}"), claim=claim)
    value = value.strip()
    if claim == "email":
        if claims.get("email_verified") is False:
            raise forbidden(N_("the directory has not verified your e-mail address"))
        condition: Any = func.lower(Person.email) == value.lower()
    else:
        condition = Person.account == value
    found = list(session.execute(select(Person).where(condition).limit(2)).scalars())
    if len(found) > 1:
        raise forbidden(N_("several accounts here have the address {value}"), value=value)
    if found:
        return found[0]
    if not settings.oidc_create:
        raise forbidden(N_("there is no account here for {value}; ask whoever manages accounts"), value=value)
    return _made(session, settings, claims, value, now)


def _made(session: Session, settings: Settings, claims: Mapping[str, Any], value: str, now: datetime) -> Person:
    name = claims.get(settings.oidc_name_claim)
    name = name.strip()[:100] if isinstance(name, str) and name.strip() else value[:100]
    email = claims.get("email") if claims.get("email_verified") is not False else None
    try:
        email = check_email(email) if isinstance(email, str) else None
    except Refusal:  # the account does without: it is theirs to confirm another
        email = None
    return add_person(session, value, name, now, language=settings.language, email=email)


def _bind(session: Session, person: Person, issuer: str, subject: str, now: datetime) -> None:
    bound = select(ExternalIdentity.id).where(
        ExternalIdentity.issuer == issuer, ExternalIdentity.person_id == person.id
    )
    if session.execute(bound).first() is not None:
        said = N_("the account {account} belongs to somebody else in the directory; ask an administrator")
        raise forbidden(said, account=person.account)
    if len(subject) > MOST or len(issuer) > MOST:
        raise forbidden(N_("the directory does not tell who you are: there is no {claim}"), claim="sub")
    session.add(ExternalIdentity(issuer=issuer, subject=subject, person_id=person.id, created_at=now))
    told = {"issuer": issuer, "subject": subject}
    record(session, person.id, now, "directory-bound", PERSON, str(person.id), after=told)
    session.flush()


def _give_roles(session: Session, settings: Settings, claims: Mapping[str, Any], person: Person, now: datetime) -> None:
    """What the settings' groups give is given and taken with each sign-in; other roles are left alone."""
    said = claims.get(settings.oidc_roles_claim or "", [])
    groups = {said} if isinstance(said, str) else set(map(str, said)) if isinstance(said, list) else set()
    ruled, wanted = set(), set()
    for one in read_roles(settings.oidc_roles):
        duty = (one.role, *_place(session, one.place))
        ruled.add(duty)
        if one.group in groups:
            wanted.add(duty)
    held = select(Assignment).where(
        Assignment.person_id == person.id, Assignment.subdistrict_code.is_(None), not_over(now)
    )
    for assignment in session.execute(held).scalars().all():
        duty = (assignment.role, assignment.district_code, assignment.depot_id)
        if duty in ruled - wanted and not _is_last(session, assignment, now):
            take_role(session, None, now, assignment)
    for role, district_code, depot_id in wanted:
        post = post_of(session, district_code, depot_id)
        if known_by_another(session, person, role, post, now):  # who comes by the directory needs none
            person.password_hash = None
            record(session, None, now, "password-taken", PERSON, str(person.id))
        give_role(session, None, now, person.id, role, district_code=district_code, depot_id=depot_id)
        end_outgrown_links(session, person.id, role, post, now)


def _is_last(session: Session, assignment: Assignment, now: datetime) -> bool:
    """Whether the city would be without an administrator: a group renamed in the directory shuts nobody out."""
    if assignment.role != Role.ADMINISTRATOR or assignment.district_code or assignment.depot_id:
        return False
    if staying_administrators(session, now) - {assignment.person_id}:
        return False
    record(session, None, now, "last-administrator-stays", PERSON, str(assignment.person_id))
    return True


def _place(session: Session, code: str | None) -> tuple[str | None, Any]:
    if code is None:
        return None, None
    depot_id = session.execute(select(DEPOT_OF.c.id).where(DEPOT_OF.c.code == code)).scalar_one_or_none()
    if depot_id is not None:
        return None, depot_id
    if session.execute(select(DISTRICT_OF.c.code).where(DISTRICT_OF.c.code == code)).first() is None:
        raise forbidden(N_("READYSHELF_OIDC_ROLES names a place that is not there: {code}"), code=code)
    return code, None


def forget_identity(session: Session, person: Person) -> bool:
    """Let whoever comes next from the directory by this account's name be this person; whether there was one."""
    gone = delete(ExternalIdentity).where(ExternalIdentity.person_id == person.id).returning(ExternalIdentity.id)
    return session.execute(gone).first() is not None


def known_since(session: Session, person_id: UUID) -> datetime | None:
    """Since when the directory's id of a person is known."""
    return session.execute(
        select(func.min(ExternalIdentity.created_at)).where(ExternalIdentity.person_id == person_id)
    ).scalar_one()
