"""The outbox: mails wait in the database and are sent by whichever process claims them first.

A claim is a conditional update with a lease: of two senders one wins, and a sender that dies gives the mail back when
its lease ends. The talk with the mail server happens outside any transaction. Only a mail whose fate cannot be known
(we died between the server's "250" and our own commit) is ever sent twice; it carries the same Message-ID both times,
by which mail stores recognise it.
"""

import os
import smtplib
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.clock import Clock
from core.database import Database
from core.settings import SmtpServer
from jobs.channels.smtp import TIMEOUT_SECONDS, NobodyAnswers, Parcel, RefusedForGood, SmtpChannel
from jobs.models import Mail, MailState
from jobs.rules import pause_before
from jobs.subscription import note_bounce

LEASE = timedelta(minutes=5)
log = structlog.get_logger()


@dataclass
class Delivery:
    """What one pass over the outbox did."""

    sent: int = 0
    refused: int = 0
    put_off: int = 0


def deliver(
    database: Database,
    clock: Clock,
    server: SmtpServer,
    sender: str,
    most: int = 1000,
    timeout: float = TIMEOUT_SECONDS,
) -> Delivery:
    """Send what waits and is due. A server that is down puts mails off; the rest of the program does not notice."""
    delivery = Delivery()
    worker = f"{socket.gethostname()}:{os.getpid()}"
    with SmtpChannel(server, sender, timeout) as channel:
        for _ in range(most):
            parcel = database.run(claim, clock.now(), worker)
            if parcel is None or not _send(database, clock, channel, parcel, worker, delivery):
                break
    return delivery


def _send(
    database: Database, clock: Clock, channel: SmtpChannel, parcel: Parcel, worker: str, delivery: Delivery
) -> bool:
    """Send one mail and note how it went; returns whether there is any use in going on."""
    try:
        channel.send(parcel)
    except RefusedForGood as error:
        database.run(settle, parcel.mail_id, worker, MailState.FAILED, clock.now(), str(error))
        if error.bounced:
            database.run(note_bounce, parcel.mail_id, clock.now(), str(error))
        delivery.refused += 1
    except (NobodyAnswers, smtplib.SMTPException) as error:
        database.run(put_off, parcel, worker, clock.now(), f"{type(error).__name__}: {error}")
        log.warning("mail put off", to=parcel.address, tries=parcel.tries, why=str(error))
        delivery.put_off += 1
        return not isinstance(error, NobodyAnswers)
    else:
        database.run(settle, parcel.mail_id, worker, MailState.SENT, clock.now(), "")
        delivery.sent += 1
    return True


def claim(session: Session, now: datetime, worker: str) -> Parcel | None:
    """Claim the mail that has been due longest, or None."""
    due = (
        select(Mail)
        .where(or_(Mail.state == MailState.WAITING, Mail.state == MailState.SENDING), Mail.next_try_at <= now)
        .order_by(Mail.next_try_at, Mail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    mail = session.execute(due).scalar_one_or_none()
    if mail is None:
        return None
    mail.state, mail.claimed_by, mail.next_try_at = MailState.SENDING, worker, now + LEASE
    mail.tries += 1
    session.flush()
    return Parcel(
        mail.id,
        mail.address,
        mail.subject,
        mail.body_text,
        mail.body_html,
        mail.message_id,
        mail.created_at,
        mail.tries,
        mail.unsubscribe,
    )


def settle(session: Session, mail_id: UUID, worker: str, state: MailState, now: datetime, error: str) -> None:
    """Note that a mail is sent or refused, if the claim is still ours."""
    session.execute(
        update(Mail)
        .where(Mail.id == mail_id, Mail.claimed_by == worker, Mail.state == MailState.SENDING)
        .values(state=state, claimed_by=None, last_error=error[:500], sent_at=now if state == MailState.SENT else None)
    )


def put_off(session: Session, parcel: Parcel, worker: str, now: datetime, error: str) -> None:
    """Give a mail back to be tried later, after a pause that grows."""
    session.execute(
        update(Mail)
        .where(Mail.id == parcel.mail_id, Mail.claimed_by == worker, Mail.state == MailState.SENDING)
        .values(
            state=MailState.WAITING,
            claimed_by=None,
            last_error=error[:500],
            next_try_at=now + pause_before(parcel.tries),
        )
    )
