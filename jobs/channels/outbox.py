"""The outbox: messages wait in the database and are sent by whichever process claims them first.

A claim is a conditional update with a lease: of two senders one wins, and a sender that dies gives the message back
when its lease ends. The talk with the other side happens outside any transaction. Only a message whose fate cannot be
known (we died between the other side's "taken" and our own commit) is ever sent twice; it carries the same id both
times, by which mail stores and webhook receivers recognise it.
"""

import os
import socket
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from core.clock import Clock
from core.context import AppContext
from core.database import Database
from core.ids import new_id
from core.settings import Settings, SmtpServer
from jobs.channels.mail.smtp import TIMEOUT_SECONDS, SmtpChannel
from jobs.channels.mail.subscription import note_bounce
from jobs.channels.models import Attempt, Endpoint, Mail, MailState
from jobs.channels.parcel import Channel, Later, Outcome, Pace, Parcel, Refused, Sent
from jobs.channels.register import ENDPOINT_CHANNELS, Way
from jobs.channels.rules import GIVE_UP_AFTER, pause_before

LEASE = timedelta(minutes=5)
PASS_SECONDS = 20.0  # of one pass over endpoints: what came up for others meanwhile waits no longer
MOST_AT_ONCE = 8  # endpoints that are called at the same time
MOST_A_PASS = 1000  # messages
MAIL_ONLY = (Way.MAIL,)
log = structlog.get_logger()


@dataclass
class Delivery:
    """What one pass over the outbox did."""

    sent: int = 0
    refused: int = 0
    put_off: int = 0

    def __add__(self, other: "Delivery") -> "Delivery":
        return Delivery(self.sent + other.sent, self.refused + other.refused, self.put_off + other.put_off)


def deliver(
    database: Database,
    clock: Clock,
    server: SmtpServer,
    sender: str,
    *,
    most: int = MOST_A_PASS,
    timeout: float = TIMEOUT_SECONDS,
    secret: str = "",
) -> Delivery:
    """Send the mails that wait and are due. A server that is down puts them off; nothing else notices."""
    return send_waiting(database, clock, {Way.MAIL: SmtpChannel(server, sender, timeout, secret)}, most)


def deliver_mails(context: AppContext, server: SmtpServer) -> Delivery:
    """Send the mails that are due, as the settings say; the one-time links in them are made whole."""
    settings = context.settings
    return deliver(context.database, context.clock, server, settings.mail_from, secret=settings.signing_secret())


def deliver_to_endpoints(context: AppContext) -> Delivery:
    """Send what waits for robots and webhooks, to several at once: one that is slow holds up none but itself (A9)."""
    waiting = context.database.run(endpoints_waiting, context.clock.now())
    until = time.monotonic() + PASS_SECONDS

    def send(endpoint_id: UUID) -> Delivery:
        channels = {way: kind.open(context.settings, context.clock) for way, kind in ENDPOINT_CHANNELS.items()}
        return send_waiting(context.database, context.clock, channels, MOST_A_PASS, endpoint_id, until)

    done = Delivery()
    with ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="endpoint") as pool:
        for delivery in pool.map(send, waiting):
            done += delivery
    return done


def endpoints_waiting(session: Session, now: datetime) -> list[UUID]:
    """The endpoints for which something is due, who waits longest first."""
    due = (
        select(Mail.endpoint_id)
        .where(
            Mail.state.in_((MailState.WAITING, MailState.SENDING)),
            Mail.next_try_at <= now,
            Mail.endpoint_id.is_not(None),
        )
        .group_by(Mail.endpoint_id)
        .order_by(func.min(Mail.next_try_at), Mail.endpoint_id)
    )
    return [endpoint_id for endpoint_id in session.execute(due).scalars() if endpoint_id is not None]


def send_waiting(
    database: Database,
    clock: Clock,
    channels: Mapping[Way, Channel],
    most: int,
    endpoint_id: UUID | None = None,
    until: float = inf,
) -> Delivery:
    """One pass: claim, send, note how it went, until nothing is due, nobody answers, or the time is up.

    ``endpoint_id``: only what is for this one. ``until``: on the monotonic clock; nothing is claimed after it.
    """
    delivery = Delivery()
    worker = f"{socket.gethostname()}:{os.getpid()}"
    with ExitStack() as opened:
        for channel in channels.values():
            opened.enter_context(channel)
        for _ in range(most):
            if time.monotonic() > until:
                break
            parcel = database.run(claim, clock.now(), worker, tuple(channels), None, endpoint_id)
            if parcel is None:
                break
            outcome = send_one(channels[Way(parcel.channel)], parcel)
            database.run(note, parcel, worker, clock.now(), outcome)
            _count(delivery, parcel, outcome)
            if isinstance(outcome, Later) and outcome.nobody and parcel.endpoint_id is None:
                break
    return delivery


def send_one(channel: Channel, parcel: Parcel) -> Outcome:
    """Send one message. What cannot be sent is refused, and logged as a fault of ours: the others go (B17)."""
    try:
        return channel.send(parcel)
    except Exception as error:
        log.exception("message cannot be sent", mail=str(parcel.mail_id), channel=str(parcel.channel))
        return Refused(f"it cannot be sent: {type(error).__name__}: {error}")


def _count(delivery: Delivery, parcel: Parcel, outcome: Outcome) -> None:
    if isinstance(outcome, Sent):
        delivery.sent += 1
    elif isinstance(outcome, Refused):
        delivery.refused += 1
        log.warning("message refused", mail=str(parcel.mail_id), channel=str(parcel.channel), why=outcome.why)
    else:
        delivery.put_off += 1
        log.warning("message put off", mail=str(parcel.mail_id), channel=str(parcel.channel), why=outcome.why)


def claim(
    session: Session,
    now: datetime,
    worker: str,
    ways: Collection[Way] = MAIL_ONLY,
    only: UUID | None = None,
    endpoint_id: UUID | None = None,
) -> Parcel | None:
    """Claim the message that has been due longest, or ``only`` that one, or that of an endpoint, or None.

    Endpoints that rest or are busy are left.
    """
    mail = session.execute(_longest_due(now, ways, only, endpoint_id)).scalar_one_or_none()
    if mail is None:
        return None
    facts: dict[str, Any] = {}
    if mail.endpoint_id is not None:
        endpoint = _begin_attempt(session, mail, now)
        if endpoint is None:
            return None
        facts = {
            "address": endpoint[0].url,
            "key": endpoint[0].key,
            "generation": endpoint[0].generation,
            "attempt_id": endpoint[1],
        }
    mail.state, mail.claimed_by, mail.next_try_at = MailState.SENDING, worker, now + LEASE
    mail.tries += 1
    session.flush()
    return _parcel(mail, facts)


def _longest_due(now: datetime, ways: Collection[Way], only: UUID | None, endpoint_id: UUID | None) -> Select[Mail]:
    due = (
        select(Mail)
        .outerjoin(Endpoint, Endpoint.id == Mail.endpoint_id)
        .where(
            or_(Mail.state == MailState.WAITING, Mail.state == MailState.SENDING),
            Mail.next_try_at <= now,
            Mail.channel.in_(ways),
        )
        .order_by(Mail.next_try_at, Mail.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=Mail)
    )
    if only is not None:
        due = due.where(Mail.id == only)
    if endpoint_id is not None:
        due = due.where(Mail.endpoint_id == endpoint_id)
    if any(way is not Way.MAIL for way in ways):
        rested = or_(Endpoint.paused_until.is_(None), Endpoint.paused_until <= now)
        unhurried = (
            Mail.endpoint_id.not_in(_busy(way, channel.pace, now))
            for way, channel in ENDPOINT_CHANNELS.items()
            if channel.pace is not None
        )
        free = and_(Endpoint.ended_at.is_(None), rested, *unhurried)
        due = due.where(or_(Mail.endpoint_id.is_(None), free))
    return due


def _parcel(mail: Mail, facts: dict[str, Any]) -> Parcel:
    return Parcel(
        mail.id,
        facts.pop("address", mail.address),
        mail.subject,
        mail.body_text,
        mail.body_html,
        mail.message_id,
        mail.created_at,
        mail.tries,
        mail.unsubscribe,
        mail.channel,
        mail.endpoint_id,
        link_id=mail.link_id,
        **facts,
    )


def _busy(way: Way, pace: Pace, now: datetime) -> Any:
    """Endpoints of a channel that have had all their messages of the window.

    A try whose end is unknown counts until its lease is over.
    """
    unknown = and_(Attempt.finished_at.is_(None), Attempt.started_at > now - LEASE)
    recent = or_(Attempt.finished_at > now - pace.window, unknown)
    return (
        select(Attempt.endpoint_id)
        .join(Endpoint, Endpoint.id == Attempt.endpoint_id)
        .where(Endpoint.way == way, Attempt.started_at > now - LEASE - pace.window, recent)
        .group_by(Attempt.endpoint_id)
        .having(func.count() >= pace.most)
    )


def _begin_attempt(session: Session, mail: Mail, now: datetime) -> tuple[Endpoint, UUID] | None:
    """Note the try, one process at a time for each endpoint; None if another was faster and it is busy now."""
    endpoint: Endpoint = session.execute(
        select(Endpoint).where(Endpoint.id == mail.endpoint_id).with_for_update(key_share=True)
    ).scalar_one()
    pace = ENDPOINT_CHANNELS[endpoint.way].pace
    if pace is not None:
        busy = _busy(endpoint.way, pace, now).where(Attempt.endpoint_id == endpoint.id)
        if session.execute(busy).first() is not None:
            return None
    attempt = Attempt(mail_id=mail.id, endpoint_id=endpoint.id, started_at=now)
    session.add(attempt)
    return endpoint, attempt.id


def note(session: Session, parcel: Parcel, worker: str, now: datetime, outcome: Outcome) -> None:
    """Write down how it went, in one transaction: the message, the try, and what it says of the other side."""
    if isinstance(outcome, Later):
        pause = outcome.wait or pause_before(parcel.tries)
        put_off(session, parcel, worker, now, outcome, pause)
    else:
        state = MailState.SENT if isinstance(outcome, Sent) else MailState.FAILED
        close_message(session, parcel.mail_id, worker, state, now, outcome.why if isinstance(outcome, Refused) else "")
    if parcel.endpoint_id is None:
        if isinstance(outcome, Refused) and outcome.gone:
            note_bounce(session, parcel.mail_id, now, outcome.why)
    else:
        _end_attempt(session, parcel, now, outcome)


def _end_attempt(session: Session, parcel: Parcel, now: datetime, outcome: Outcome) -> None:
    said = outcome.note if isinstance(outcome, Sent) else outcome.why
    session.execute(
        update(Attempt)
        .where(Attempt.id == parcel.attempt_id)
        .values(finished_at=now, outcome=type(outcome).__name__.lower(), note=said[:500])
    )
    endpoint = session.get_one(Endpoint, parcel.endpoint_id)
    if isinstance(outcome, Later) and outcome.nobody:
        endpoint.failures += 1
        endpoint.paused_until = now + (outcome.wait or pause_before(endpoint.failures))
    elif isinstance(outcome, Sent):
        endpoint.failures, endpoint.paused_until = 0, None
    elif isinstance(outcome, Refused) and outcome.gone:
        end(session, endpoint, now, outcome.why)


def end(session: Session, endpoint: Endpoint, now: datetime, why: str) -> None:
    """Nothing goes to an endpoint any more, nor what still waits for it."""
    endpoint.ended_at, endpoint.ended_why = now, why[:300]
    session.execute(
        update(Mail)
        .where(Mail.endpoint_id == endpoint.id, Mail.state.in_((MailState.WAITING, MailState.SENDING)))
        .values(state=MailState.FAILED, claimed_by=None, last_error=endpoint.ended_why)
    )


def close_message(session: Session, mail_id: UUID, worker: str, state: MailState, now: datetime, error: str) -> None:
    """Note that a message is sent or refused, if the claim is still ours."""
    session.execute(
        update(Mail)
        .where(Mail.id == mail_id, Mail.claimed_by == worker, Mail.state == MailState.SENDING)
        .values(state=state, claimed_by=None, last_error=error[:500], sent_at=now if state == MailState.SENT else None)
    )


def put_off(session: Session, parcel: Parcel, worker: str, now: datetime, outcome: Later, pause: timedelta) -> None:
    """Give a message back to be tried later, or give it up after days.

    Mails are not given up while our own mail server is away: that says nothing of whom they are for.
    """
    ours_is_away = outcome.nobody and parcel.endpoint_id is None
    hopeless = now - parcel.created_at >= GIVE_UP_AFTER and not ours_is_away
    session.execute(
        update(Mail)
        .where(Mail.id == parcel.mail_id, Mail.claimed_by == worker, Mail.state == MailState.SENDING)
        .values(
            state=MailState.GIVEN_UP if hopeless else MailState.WAITING,
            claimed_by=None,
            last_error=outcome.why[:500],
            next_try_at=now + pause,
        )
    )


def put_into_outbox(
    session: Session, endpoint: Endpoint, *, kind: str, subject: str, text: str, settings: Settings, now: datetime
) -> UUID:
    """Enter a message to an endpoint; returns its id."""
    mail_id = new_id()
    session.add(
        Mail(
            id=mail_id,
            channel=endpoint.way,
            endpoint_id=endpoint.id,
            kind=kind,
            day=now.astimezone(settings.zone).date(),
            address=endpoint.name,
            subject=subject[:300],
            body_text=text,
            body_html="",
            message_id=f"msg_{mail_id.hex}",
            next_try_at=now,
            created_at=now,
        )
    )
    session.flush()
    return mail_id
