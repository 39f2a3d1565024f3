"""Everybody who cannot sign in yet is invited at once: who comes from a spreadsheet has no password."""

from datetime import datetime
from typing import Any

from sqlalchemy import exists, false, func, not_, select
from sqlalchemy.orm import Session

from core.errors import conflict
from core.languages import N_
from core.limits import lock_key
from core.settings import Settings
from people.access import invite
from people.duties import holds, not_over
from people.models import AccountLink, Assignment, ExternalIdentity, Person, Purpose, Role
from people.policy import Caller
from people.posts import answers_for_all, givable, held_by, looked_after

AT_ONCE = 200  # invitations of one press: a transaction of many seconds would hold up others


def number_uninvited(session: Session, caller: Caller, settings: Settings, now: datetime) -> int:
    """How many wait for a first invitation by mail; none where no mail is sent."""
    if settings.smtp is None or settings.passwords == "none":
        return 0
    return session.execute(select(func.count()).where(*_uninvited(caller, settings, now))).scalar_one()


def invite_all(session: Session, caller: Caller, settings: Settings, now: datetime) -> tuple[int, int]:
    """Mail those a first invitation, by account, as many as one press takes; returns how many, and how many wait."""
    if settings.passwords == "none":
        raise conflict("no-passwords", N_("passwords are not taken here; the directory signs people in"))
    if settings.smtp is None:
        raise conflict("no-mail", N_("this installation sends no mail; show the link as a code instead"))
    lock_key(session, "invite-all", "")  # the second of two presses finds them invited
    statement = select(Person.id).where(*_uninvited(caller, settings, now)).order_by(Person.account).limit(AT_ONCE)
    found = list(session.execute(statement).scalars())
    for person_id in found:
        invite(session, caller, person_id, settings, now, by_mail=True)
    return len(found), number_uninvited(session, caller, settings, now)


def _uninvited(caller: Caller, settings: Settings, now: datetime) -> list[Any]:
    """Who has no password, is not known to the directory and was never invited, among whom the caller answers for.

    An invitation that has run out is renewed on the person's own page: somebody asks first why it was not used.
    """
    known = exists().where(ExternalIdentity.person_id == Person.id)
    invited = exists().where(AccountLink.person_id == Person.id, AccountLink.purpose == Purpose.INVITATION)
    open_ = (Person.active, Person.password_hash.is_(None), Person.email.is_not(None), Person.id != caller.person_id)
    found: list[Any] = [looked_after(caller, now), *open_, ~known, ~invited]
    if not answers_for_all(caller):  # a condition that is NULL would count a duty of elsewhere as the caller's own
        found.append(~held_by(Person.id, not_over(now), not_(func.coalesce(givable(caller), false()))))
    if settings.passwords == "administrators":
        found.append(
            exists().where(Assignment.person_id == Person.id, Assignment.role == Role.ADMINISTRATOR, holds(now))
        )
    return found
