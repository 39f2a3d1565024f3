"""Trying a channel: one message that says nothing goes out at once, and what really became of it is told."""

import os
import socket
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import record
from core.clock import local_date
from core.context import AppContext
from core.errors import bad_field, conflict
from core.ids import new_id
from core.languages import N_, say
from core.settings import Settings
from jobs.channels.mail.smtp import SmtpChannel
from jobs.channels.models import Mail, MailState
from jobs.channels.outbox import claim, note, send_one
from jobs.channels.parcel import Channel
from jobs.channels.register import ENDPOINT_CHANNELS, Way
from people.models import Person
from people.policy import Act, Caller, require_city

TRIAL = "test"
SECONDS = 15  # that the mail server may take while somebody waits for the answer
TRIALS_IN = timedelta(minutes=10)
MOST_TRIALS = 10


def write_test_mail(session: Session, caller: Caller, settings: Settings, now: datetime) -> UUID:
    """Enter a mail to the caller's own address; returns its id. Refused (409) while mail is off, or after too many."""
    require_city(caller, Act.ADMINISTER)
    if settings.smtp is None:
        raise conflict("mail-off", N_("mail is off: set READYSHELF_SMTP_URL and start again"))
    address = session.get_one(Person, caller.person_id).email
    if not address:
        raise bad_field("email", N_("your account has no e-mail address to send a test to"))
    today = local_date(now, settings.zone)
    mine = (Mail.person_id == caller.person_id, Mail.kind == TRIAL)
    lately = select(func.count()).where(*mine, Mail.created_at > now - TRIALS_IN)
    if session.execute(lately).scalar_one() >= MOST_TRIALS:
        raise conflict("too-many-tests", N_("that was many tests in a few minutes; wait a little"))
    mail_id = new_id()
    subject = say(caller.language, N_("Readyshelf reaches you here."))
    session.add(
        Mail(
            id=mail_id,
            person_id=caller.person_id,
            kind=TRIAL,
            day=today,
            part=session.execute(select(func.count()).where(*mine, Mail.day == today)).scalar_one(),
            address=address,
            subject=subject,
            body_text=f"{subject}\n{settings.base_url}\n",
            body_html=f'<p>{subject}</p><p><a href="{settings.base_url}">{settings.base_url}</a></p>',
            message_id=f"<{mail_id}@{settings.mail_host}>",
            next_try_at=now,
            created_at=now,
        )
    )
    session.flush()
    record(session, caller.person_id, now, "mail-tested", "mail", str(mail_id), after={"address": address})
    return mail_id


def send_now(context: AppContext, mail_id: UUID) -> Mail:
    """Send one message of the outbox now, unless a job is at it; returns it as it stands then."""
    way = context.database.run(lambda session: session.get_one(Mail, mail_id).channel)
    worker = f"{socket.gethostname()}:{os.getpid()}"[:64]
    with _channel(context, way) as channel:
        parcel = context.database.run(claim, context.clock.now(), worker, (way,), mail_id)
        if parcel is not None:
            outcome = send_one(channel, parcel)
            context.database.run(note, parcel, worker, context.clock.now(), outcome)
    return context.database.run(lambda session: session.get_one(Mail, mail_id))


def _channel(context: AppContext, way: Way) -> Channel:
    settings = context.settings
    if way is not Way.MAIL:
        return ENDPOINT_CHANNELS[way].open(settings, context.clock)
    if settings.smtp is None:
        raise conflict("mail-off", N_("mail is off: set READYSHELF_SMTP_URL and start again"))
    return SmtpChannel(settings.smtp, settings.mail_from, SECONDS)


def outcome_of(session: Session, caller: Caller, mail_id: UUID) -> Mail | None:
    """A test mail of the caller's own, as it stands; None for any other."""
    mail = session.get(Mail, mail_id)
    return mail if mail is not None and mail.person_id == caller.person_id and mail.kind == TRIAL else None


TRIAL_WORDS = {
    MailState.WAITING: N_("not delivered yet; it is tried again by itself"),
    MailState.SENDING: N_("on its way"),
    MailState.SENT: N_("the other side has taken it"),
    MailState.FAILED: N_("the other side has refused it"),
    MailState.GIVEN_UP: N_("given up"),
}
