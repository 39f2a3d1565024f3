"""What whoever manages a person may do to how they sign in: invite, reset, see and end sessions and tokens."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from core.audit import record
from core.errors import conflict
from core.languages import N_
from core.settings import Settings
from people.accounts import PERSON, end_sessions
from people.identities import forget_identity, known_since
from people.links import RESET_LASTS, NewLink, mail_link, make_link
from people.looking_after import by_of, person_of
from people.models import Credential, Person, Purpose
from people.policy import Act, Caller, may_in_city, require_city
from people.second_factor import forget_second_factor, state_of
from people.sign_in import credentials_of, may_use_password, revoke


@dataclass(frozen=True)
class Access:
    """How a person signs in, as who manages the account sees it."""

    person: Person
    credentials: list[Credential]
    mail: bool  # whether a link can go by mail
    factor_since: datetime | None = None  # a second factor
    may_reset_factor: bool = False  # and forget who the person is in the directory
    may_use_password: bool = True
    directory_since: datetime | None = None

    @property
    def devices(self) -> list[Credential]:
        return [one for one in self.credentials if one.kind == "session"]

    @property
    def tokens(self) -> list[Credential]:
        return [one for one in self.credentials if one.kind == "token"]

    @property
    def invited(self) -> bool:
        """Nobody has set a password yet."""
        return self.person.password_hash is None


def access_of(session: Session, caller: Caller, person_id: UUID, settings: Settings, now: datetime) -> Access:
    """A person's sessions and tokens, and what can be done; 404 for whom the caller does not manage."""
    person = person_of(session, caller, person_id, now, lock=False)
    by_mail = settings.smtp is not None and bool(person.email)
    since, _ = state_of(session, person.id)
    resets = may_in_city(caller, Act.ADMINISTER) and person_id != caller.person_id
    passwords = may_use_password(session, settings, person.id, now)
    known = known_since(session, person.id)
    return Access(person, credentials_of(session, person.id, now), by_mail, since, resets, passwords, known)


def invite(
    session: Session, caller: Caller, person_id: UUID, settings: Settings, now: datetime, *, by_mail: bool
) -> NewLink:
    """Make a link by which a person sets a first password, and mail it if asked to."""
    person = _open_account(session, caller, person_id, now)
    if person.password_hash is not None:
        raise conflict("has-password", N_("this account has a password; reset it instead"))
    lasts = timedelta(days=settings.invitation_days)
    link = make_link(session, settings, person.id, Purpose.INVITATION, now, lasts, by=caller.person_id)
    if by_mail:
        mail_link(session, settings, person, link, now)
    return link


def reset_password(
    session: Session, caller: Caller, person_id: UUID, settings: Settings, now: datetime, *, by_mail: bool
) -> NewLink:
    """Take the password away, end all sessions and tokens, and make a link by which the person sets another."""
    person = _open_account(session, caller, person_id, now)
    if person.password_hash is None:
        raise conflict("no-password", N_("this account has no password yet; invite the person instead"))
    person.password_hash = None
    record(session, caller.person_id, now, "password-taken", PERSON, str(person_id))
    end_sessions(session, person.id, now, tokens=True)
    link = make_link(session, settings, person.id, Purpose.PASSWORD, now, RESET_LASTS, by=caller.person_id)
    if by_mail:
        mail_link(session, settings, person, link, now)
    return link


def make_way_in(
    session: Session, caller: Caller, person_id: UUID, settings: Settings, now: datetime, *, by_mail: bool
) -> NewLink:
    """An invitation for who has no password, else a reset."""
    first = person_of(session, caller, person_id, now).password_hash is None
    if not may_use_password(session, settings, person_id, now):
        raise conflict("no-passwords", N_("passwords are not taken here; the directory signs people in"))
    verb = invite if first else reset_password
    return verb(session, caller, person_id, settings, now, by_mail=by_mail)


def end_credential(session: Session, caller: Caller, person_id: UUID, credential_id: UUID, now: datetime) -> None:
    """End one session or token of a person at once."""
    person_of(session, caller, person_id, now)
    revoke(session, person_id, credential_id, now, caller.person_id)


def end_all(session: Session, caller: Caller, person_id: UUID, now: datetime, *, tokens: bool) -> None:
    """Sign a person out everywhere, and with ``tokens`` end their programs' tokens."""
    person_of(session, caller, person_id, now)
    told = {"number": end_sessions(session, person_id, now, tokens=tokens), "tokens_too": tokens}
    record(session, by_of(caller), now, "sessions-ended", PERSON, str(person_id), after=told)


def reset_second_factor(session: Session, caller: Caller, person_id: UUID, now: datetime) -> None:
    """A lost phone: the person's second factor is no more, and every session ends. Administrators of the city do it."""
    require_city(caller, Act.ADMINISTER)
    person = person_of(session, caller, person_id, now)
    if person_id == caller.person_id:
        raise conflict("own-account", N_("another administrator resets your second factor; a recovery code stands in"))
    if not forget_second_factor(session, person.id):
        raise conflict("no-second-factor", N_("this account has no second factor"))
    record(session, caller.person_id, now, "second-factor-reset", PERSON, str(person_id))
    end_sessions(session, person.id, now)


def forget_in_directory(session: Session, caller: Caller, person_id: UUID, now: datetime) -> None:
    """The directory knows the person anew: whoever comes next from there by the account's name is bound to it."""
    require_city(caller, Act.ADMINISTER)
    person = person_of(session, caller, person_id, now)
    if not forget_identity(session, person):
        raise conflict("not-in-directory", N_("this account is not bound to the directory"))
    record(session, caller.person_id, now, "directory-forgotten", PERSON, str(person_id))
    end_sessions(session, person.id, now)


def _open_account(session: Session, caller: Caller, person_id: UUID, now: datetime) -> Person:
    person = person_of(session, caller, person_id, now)
    if person_id == caller.person_id:
        raise conflict("own-account", N_("your own password is changed on the page of your account"))
    if not person.active:
        raise conflict("closed-account", N_("this account is closed; open it again first"))
    return person
