"""A forgotten password: a link by mail to whoever has an address, and the same answer to whoever asks."""

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.limits import claim
from core.settings import Settings
from people.links import FORGOTTEN_LASTS, mail_link, make_link
from people.models import Person, Purpose
from people.sign_in import may_use_password

KIND = "forgotten"
MOST, WINDOW = 5, timedelta(days=1)  # mails that an account is sent, whoever asks
SHARED = 5  # accounts of one address, of a depot's mailbox say, that a link is sent for


def mail_forgotten(session: Session, settings: Settings, named: str, now: datetime) -> int:
    """Mail a link to each open account called so, or with this address. Gives how many, for no eyes but the tests'.

    Who has never set a password is sent a link too: the address is theirs.
    """
    if settings.smtp is None or not named:
        return 0
    statement = (
        select(Person)
        .where(Person.active, or_(Person.account == named, func.lower(Person.email) == named.lower()))
        .order_by(Person.account)
        .limit(SHARED)
    )
    sent = 0
    for person in session.execute(statement).scalars().all():
        if (
            person.email
            and may_use_password(session, settings, person.id, now)
            and _has_mails_left(session, person, now)
        ):
            link = make_link(session, settings, person.id, Purpose.PASSWORD, now, FORGOTTEN_LASTS)
            mail_link(session, settings, person, link, now)
            sent += 1
    return sent


def _has_mails_left(session: Session, person: Person, now: datetime) -> bool:
    try:
        claim(session, KIND, str(person.id), now, MOST, WINDOW, secret=True)
    except Refusal:  # whether there is one stays secret: the answer is the same for all
        return False
    return True
