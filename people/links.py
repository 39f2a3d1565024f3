"""Links that do one thing to an account, once: an invitation, a password set anew, an e-mail address confirmed.

A token is worked out from the installation's own secret and the link's id, so that neither the database nor an archive
nor the outbox holds one; the database has its hash, to look it up by. A new link takes the place of an older one.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import Refusal, bad_field, conflict
from core.events import publish
from core.ids import new_id
from core.languages import N_
from core.limits import claim
from core.models import AuditEntry
from core.settings import Settings
from people.accounts import PERSON, caller_called, check_email, end_links, living_links, set_password
from people.events import AccountMail
from people.models import SETS_PASSWORD, AccountLink, Person, Purpose, Role
from people.posts import Post, may_give

PATHS = {Purpose.INVITATION: "/invitation/", Purpose.PASSWORD: "/sign-in/password/", Purpose.EMAIL: "/sign-in/email/"}
FORGOTTEN_LASTS, RESET_LASTS, EMAIL_LASTS = timedelta(hours=1), timedelta(days=1), timedelta(days=1)
MOST_EMAILS = 5  # links to another address, a day


@dataclass(frozen=True)
class NewLink:
    """A link just made. ``address`` holds the token: it is shown once, or left to the outbox, and never stored."""

    id: UUID
    purpose: Purpose
    address: str
    expires_at: datetime


def token_of(secret: str, link_id: UUID) -> str:
    """The token of a link: 256 bits that only the installation's own secret gives."""
    made = hmac.new(secret.encode(), b"account link:" + link_id.bytes, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_link(
    session: Session,
    settings: Settings,
    person_id: UUID,
    purpose: Purpose,
    now: datetime,
    lasts: timedelta,
    *,
    by: UUID | None = None,
    email: str | None = None,
) -> NewLink:
    """Make a link on the configured address; an older one for the same purpose ends."""
    end_links(session, person_id, now, (purpose,))
    link_id = new_id()
    token = token_of(settings.signing_secret(), link_id)
    expires_at = now + lasts
    session.add(
        AccountLink(
            id=link_id,
            person_id=person_id,
            purpose=purpose,
            secret_hash=_hash(token),
            email=email,
            created_at=now,
            created_by_id=by,
            expires_at=expires_at,
        )
    )
    told = {"purpose": purpose.value, "until": expires_at, "email": email}
    record(session, by, now, "link-made", PERSON, str(person_id), after=told)
    session.flush()
    return NewLink(link_id, purpose, settings.base_url + PATHS[purpose] + token, expires_at)


def end_outgrown_links(session: Session, person_id: UUID, role: Role, post: Post, now: datetime) -> None:
    """A person is given a role: links to a password end whose maker may not give that role there.

    Whoever made one may still have it, and would sign in with more rights than their own.
    """
    living = select(AccountLink.id, Person.account).join(Person, Person.id == AccountLink.created_by_id)
    living = living.where(AccountLink.person_id == person_id, AccountLink.created_by_id != person_id)
    living = living.where(AccountLink.purpose.in_(SETS_PASSWORD), living_links(now))
    for link_id, maker in session.execute(living).all():
        if not may_give(caller_called(session, maker, now, closed_too=True), role, post):
            session.execute(update(AccountLink).where(AccountLink.id == link_id).values(expires_at=now))
            record(session, None, now, "link-outgrown", PERSON, str(person_id), after={"role": role.value})


def known_by_another(session: Session, person: Person, role: Role, post: Post, now: datetime) -> bool:
    """Whether a person's password may be known to somebody who could not give them this role.

    It was set by a link that somebody was shown, and not set anew since.
    """
    if person.password_hash is None:
        return False
    used = select(AccountLink).where(AccountLink.person_id == person.id, AccountLink.purpose.in_(SETS_PASSWORD))
    used = used.where(AccountLink.used_at.is_not(None)).order_by(AccountLink.used_at.desc(), AccountLink.id.desc())
    last = session.execute(used.limit(1)).scalar_one_or_none()
    if last is None or not last.shown or last.created_by_id in (None, person.id):
        return False
    since = select(AuditEntry.id).where(AuditEntry.act == "password-set", AuditEntry.subject == str(person.id))
    if session.execute(since.where(AuditEntry.recorded_at > last.used_at).limit(1)).first() is not None:
        return False
    maker = session.get_one(Person, last.created_by_id).account
    return not may_give(caller_called(session, maker, now, closed_too=True), role, post)


def require_own_password(session: Session, person: Person, role: Role, post: Post, now: datetime) -> None:
    """Refuse (409) to widen the rights of an account whose password somebody with less may know."""
    if known_by_another(session, person, role, post, now):
        raise conflict(
            "known-password",
            N_("whoever invited this person may know the password; let the person set another one first"),
        )


def open_link(
    session: Session, token: str, purposes: tuple[Purpose, ...], now: datetime, *, use: bool = False
) -> tuple[AccountLink, Person]:
    """A link and whose it is; 404 for one that is unknown, over, used or another purpose's, all alike.

    ``use``: it is locked and used up; of two who come at once, one is refused.
    """
    statement = select(AccountLink).where(AccountLink.secret_hash == _hash(token))
    link = session.execute(statement.with_for_update() if use else statement).scalar_one_or_none()
    if link is None or link.used_at is not None or link.expires_at <= now or link.purpose not in purposes:
        raise link_is_over()
    person = session.get_one(Person, link.person_id)
    if not person.active or (link.purpose == Purpose.INVITATION and person.password_hash is not None):
        raise link_is_over()
    if use:
        link.used_at = now
        session.flush()
    return link, person


def link_is_over() -> Refusal:
    return Refusal(404, "link", N_("this link has been used, has run out, or a newer one has taken its place"))


def set_password_by_link(session: Session, token: str, password_hash: str, settings: Settings, now: datetime) -> str:
    """Set the password of the link's person; every session, token and other password link ends. Gives the account."""
    link, person = open_link(session, token, SETS_PASSWORD, now, use=True)
    set_password(session, person.id, password_hash, now, by=person.id)
    if link.purpose == Purpose.PASSWORD:
        mail_password_changed(session, settings, person, now)
    return person.account


def ask_for_email(session: Session, settings: Settings, person_id: UUID, email: str, now: datetime) -> None:
    """Send a link to the address that a person wants; it becomes theirs when the link is used."""
    email = check_email(email)
    person = session.get_one(Person, person_id)
    if email == person.email:
        raise bad_field("email", N_("this is your address already"))
    claim(session, "email", str(person_id), now, MOST_EMAILS, timedelta(days=1))  # to strangers, if they want
    link = make_link(session, settings, person_id, Purpose.EMAIL, now, EMAIL_LASTS, by=person_id, email=email)
    mail_link(session, settings, person, link, now, email)


def confirm_email(session: Session, token: str, settings: Settings, now: datetime) -> str:
    """The person receives mail at this address: it is theirs, and links sent to the one before end."""
    link, person = open_link(session, token, (Purpose.EMAIL,), now, use=True)
    before, person.email = person.email, link.email
    told = {"before": {"email": before}, "after": {"email": link.email}}
    record(session, person.id, now, "email-confirmed", PERSON, str(person.id), **told)
    end_links(session, person.id, now)
    if before:
        publish(session, AccountMail(person.id, before, "email_changed", settings, now))
    return str(link.email)


def mail_link(
    session: Session, settings: Settings, person: Person, link: NewLink, now: datetime, address: str | None = None
) -> None:
    """Leave a link to the outbox. Refuses (409) where no mail is sent, or there is no address."""
    if settings.smtp is None:
        raise conflict("no-mail", N_("this installation sends no mail; show the link as a code instead"))
    session.execute(update(AccountLink).where(AccountLink.id == link.id).values(shown=False))
    to = address or person.email
    if not to:
        raise conflict("no-address", N_("this account has no e-mail address; show the link as a code instead"))
    path = PATHS[link.purpose]
    event = AccountMail(person.id, to, link.purpose.value, settings, now, link.id, path, link.expires_at)
    publish(session, event)


def mail_password_changed(session: Session, settings: Settings, person: Person, now: datetime) -> None:
    """Write to the person that the password is another one, in case it was not them."""
    if person.email and settings.smtp is not None:
        publish(session, AccountMail(person.id, person.email, "password_changed", settings, now))
