"""Signing in and out: passwords, browser sessions, and bearer tokens for programs."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from pwdlib import PasswordHash
from sqlalchemy import and_, bindparam, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from core.audit import record
from core.columns import Instant, table_of
from core.errors import Refusal, bad_field, not_found
from core.languages import N_
from core.prepared import Prepared
from core.settings import Settings
from people.duties import DEPOT_OF, DUTY, IN_ORDER, THERE, has_role, holds
from people.models import Assignment, Credential, Person, Role
from people.policy import Caller, duty_of, within

UNKNOWN = "?"  # in the audit trail: an account that there is not


@cache
def hasher() -> PasswordHash:
    """Argon2 with the library's recommended cost (about 0.1 s; call it in a thread)."""
    return PasswordHash.recommended()


@cache
def _nobody() -> str:
    """A hash to check against when the account does not exist, so that it takes as long."""
    return hasher().hash(secrets.token_urlsafe())


@dataclass(frozen=True)
class Account:
    """What signing in must know of an account."""

    person_id: UUID | None
    password_hash: str | None


def find_account(session: Session, account: str) -> Account:
    """The account to check a password against.

    An unknown or inactive account gives an empty answer, to be checked like any other.
    """
    row = session.execute(
        select(Person.id, Person.password_hash).where(Person.account == account, Person.active)
    ).first()
    return Account(row.id, row.password_hash) if row else Account(None, None)


def password_is(account: Account, password: str) -> bool:
    """Whether the password is the account's. Slow on purpose; takes as long for accounts that do not exist."""
    matches = hasher().verify(password, account.password_hash or _nobody())
    return matches and account.person_id is not None and account.password_hash is not None


def may_use_password(session: Session, settings: Settings, person_id: UUID, now: datetime) -> bool:
    """Whether this person signs in with a password, and not by the city's directory alone."""
    if settings.passwords != "administrators":
        return settings.passwords == "all"
    return has_role(session, person_id, (Role.ADMINISTRATOR,), now)


def wrong_sign_in() -> Refusal:
    """The one answer to a wrong account, a wrong password and an inactive account alike."""
    return Refusal(401, "sign-in", N_("the account or the password is wrong"))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def note_wrong_sign_in(session: Session, account: str, now: datetime, by: UUID | None = None) -> None:
    """Write down a try with a wrong account or password; ``by`` whom, where they were signed in already.

    A name that no account has is not written down: it may be a password, typed into the wrong field, for ever.
    """
    known = session.execute(select(Person.id).where(Person.account == account)).first() is not None
    record(session, by, now, "sign-in-failed", "account", account if known else UNKNOWN)


def works_at_depots(session: Session, person_id: UUID, now: datetime) -> bool:
    """Whether somebody keeps depots or fetches gear from them."""
    return has_role(session, person_id, (Role.KEEPER, Role.RESPONDER), now)


def only_audits(session: Session, person_id: UUID, now: datetime) -> bool:
    """Whether somebody is an auditor and nothing else."""
    held = select(Assignment.role).where(Assignment.person_id == person_id, holds(now)).distinct()
    return set(session.execute(held).scalars()) == {Role.AUDITOR}


def open_session(session: Session, person_id: UUID, now: datetime, hours: int, device: str = "") -> str:
    """Sign a browser in: always a new secret (no fixation); only its hash is stored. ``device``: as it names itself."""
    record(session, person_id, now, "signed-in", "person", str(person_id), after={"device": device})
    return _issue(session, person_id, "session", device, now, now + timedelta(hours=hours))


PENDING = "second"  # the kind of proof that a password was right, where a second factor is still to come


def open_pending(session: Session, person_id: UUID, now: datetime, minutes: int) -> str:
    """Proof that a browser's password was right: it opens nothing but the pages of the second factor."""
    return _issue(session, person_id, PENDING, "", now, now + timedelta(minutes=minutes))


@dataclass(frozen=True)
class TokenScope:
    """What a token may do of what its person may: for how long, whether it changes anything, at which depot."""

    days: int | None = None
    read_only: bool = False
    depot_code: str | None = None


WHOLE = TokenScope()
MOST_DAYS = 3650


def issue_token(
    session: Session, account: str, name: str, now: datetime, scope: TokenScope = WHOLE, by: UUID | None = None
) -> str:
    """A bearer token for a program that acts as this person, until it is revoked or ends. It is shown once."""
    if scope.days is not None and not 1 <= scope.days <= MOST_DAYS:
        raise bad_field("days", N_("a token lasts from 1 to {most} days"), most=MOST_DAYS)
    person_id = session.execute(select(Person.id).where(Person.account == account, Person.active)).scalar_one_or_none()
    if person_id is None:
        raise not_found(N_("there is no active account called {account}"), account=account)
    expires_at = None if scope.days is None else now + timedelta(days=scope.days)
    told = {"name": name, "days": scope.days, "read_only": scope.read_only, "depot": scope.depot_code}
    record(session, by, now, "token-issued", "person", str(person_id), after=told)
    limits = {"read_only": scope.read_only, "depot_id": _depot_of(session, scope.depot_code)}
    return _issue(session, person_id, "token", name, now, expires_at, **limits)


def _depot_of(session: Session, code: str | None) -> UUID | None:
    if code is None:
        return None
    depot_id = session.execute(select(DEPOT_OF.c.id).where(DEPOT_OF.c.code == code)).scalar_one_or_none()
    if depot_id is None:
        raise bad_field("depot", N_("there is no depot {code}"), code=code)
    return depot_id


def _issue(
    session: Session,
    person_id: UUID,
    kind: str,
    name: str,
    now: datetime,
    expires_at: datetime | None,
    **limits: Any,
) -> str:
    secret = secrets.token_urlsafe(32)
    session.add(
        Credential(
            secret_hash=_digest(secret),
            person_id=person_id,
            kind=kind,
            name=name,
            created_at=now,
            expires_at=expires_at,
            **limits,
        )
    )
    return secret


def device_of(user_agent: str) -> str:
    """What a browser says of the machine it runs on, such as ``Linux; Android 14; Pixel 8``; never more than 100."""
    named = re.search(r"\(([^()]+)\)", user_agent)
    return (named[1] if named else user_agent)[:100]


def revoke(session: Session, person_id: UUID, credential_id: UUID, now: datetime, by: UUID | None = None) -> None:
    """End one of a person's sessions or tokens at once."""
    ended = session.execute(
        update(Credential)
        .where(Credential.id == credential_id, Credential.person_id == person_id, Credential.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(Credential.kind, Credential.name)
    ).first()
    if ended is not None:
        record(session, by, now, f"{ended.kind}-ended", "person", str(person_id), before={"name": ended.name})


def credentials_of(session: Session, person_id: UUID, now: datetime) -> list[Credential]:
    """A person's living tokens and signed-in browsers, newest first."""
    alive = or_(Credential.expires_at.is_(None), Credential.expires_at > now)
    statement = (
        select(Credential)
        .where(Credential.person_id == person_id, Credential.kind != PENDING, Credential.revoked_at.is_(None), alive)
        .order_by(Credential.created_at.desc(), Credential.id.desc())
    )
    return list(session.execute(statement).scalars())


def forget_credentials(session: Session, before: datetime) -> None:
    """Drop sessions that ended before an instant."""
    session.execute(
        delete(Credential).where(
            Credential.kind != "token",
            or_(Credential.expires_at < before, Credential.revoked_at < before),
        )
    )


_NOW = bindparam("now", type_=Instant())
SCOPE = DEPOT_OF.alias("scope")
# When a role of theirs begins or ends next
_COMING = table_of(Assignment).alias("coming")
_NEXT_CHANGE = (
    select(func.min(case((_COMING.c.starts_at > _NOW, _COMING.c.starts_at), else_=_COMING.c.ends_at)))
    .where(_COMING.c.person_id == Person.id, or_(_COMING.c.ends_at.is_(None), _COMING.c.ends_at > _NOW))
    .scalar_subquery()
)
_CALLER = Prepared(
    select(
        Credential.id,
        Person.id,
        Person.account,
        Person.name,
        Person.language,
        Credential.read_only,
        Credential.expires_at,
        Credential.depot_id,
        SCOPE.c.district_code,
        _NEXT_CHANGE,
        *DUTY,
    )
    .join(Person, Person.id == Credential.person_id)
    .outerjoin(Assignment, and_(Assignment.person_id == Person.id, holds(_NOW)))
    .outerjoin(DEPOT_OF, THERE)
    .outerjoin(SCOPE, SCOPE.c.id == Credential.depot_id)
    .where(
        Credential.secret_hash == bindparam("digest"),
        Credential.kind == bindparam("kind"),
        Credential.revoked_at.is_(None),
        or_(Credential.expires_at.is_(None), Credential.expires_at > _NOW),
        Person.active,
    )
    .order_by(*IN_ORDER)
)


def caller_of(session: Session, secret: str, kind: str, now: datetime) -> Caller | None:
    """Who holds this secret, with the roles of this moment; None if it is unknown, over or revoked. One query."""
    found = recognised(session, secret, kind, now)
    return found[0] if found is not None else None


def recognised(session: Session, secret: str, kind: str, now: datetime) -> tuple[Caller, datetime | None] | None:
    """As ``caller_of``, and until when that holds by the clock alone (None: until something is changed)."""
    rows = _CALLER.all(session, {"digest": _digest(secret), "kind": kind, "now": now})
    if not rows:
        return None
    credential_id, person_id, account, name, language = rows[0][:5]
    read_only, expires_at, depot_id, district_code, changes_at = rows[0][5:10]
    duties = tuple(duty_of(*row[10:]) for row in rows if row[10] is not None)
    if depot_id is not None:
        duties = within(duties, depot_id, district_code)
    limited = kind == "token" and (read_only or depot_id is not None or expires_at is not None)
    ends = [instant for instant in (expires_at, changes_at) if instant is not None]
    caller = Caller(person_id, account, name, language, duties, credential_id, read_only, limited)
    return caller, min(ends, default=None)
