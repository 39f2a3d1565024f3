"""What was sent to whom, by which channel, what became of it, and why it was that person."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Integer, and_, bindparam, func, literal, null, or_, select, tuple_
from sqlalchemy.orm import Session

from core.columns import Instant
from core.errors import conflict, not_found
from core.inputs import like
from core.languages import N_
from core.paging import Page, page_of, read_cursor, typed_bound
from core.prepared import Prepared
from depots.models import Depot
from jobs.alerts.lines import lines_of
from jobs.alerts.models import Alert
from jobs.channels.models import Attempt, Endpoint, Mail, MailState
from jobs.channels.register import Way
from jobs.digests.models import EndpointNotified, Notified
from people.models import Person
from people.policy import Act, Caller, may_in_city, per_reach, reach

LINES_SHOWN = 100
_WHO = func.coalesce(Person.name, Endpoint.name, "")
ENDED = (MailState.FAILED, MailState.GIVEN_UP)


class Why(msgspec.Struct, frozen=True):
    """So many alerts for one reason: the rung of the ladder (None: unknown), and the silent rungs below it."""

    alerts: int
    rung: int | None
    below: int


class SentRow(msgspec.Struct, frozen=True):
    """A message as the list shows it."""

    mail: Any
    who: str
    account: str
    why: list[Why]


class SentFilters(msgspec.Struct, frozen=True):
    """Which messages. ``who``: part of a person's or endpoint's name, account or address; ``day``: when written."""

    who: str = ""
    channel: Way | None = None
    state: MailState | None = None
    day: date | None = None


def sent(
    session: Session, caller: Caller, filters: SentFilters, limit: int, cursor: str | None = None
) -> Page[SentRow]:
    """A page of messages about depots within reach and no others, the newest first."""
    statement = (
        _messages()
        .where(*_within_reach(caller), *_conditions(filters))
        .order_by(Mail.created_at.desc(), Mail.id.desc())
        .limit(limit + 1)
    )
    after = read_cursor(cursor, tuple[datetime, UUID])
    if after is not None:
        columns = (Mail.created_at, Mail.id)
        statement = statement.where(tuple_(*columns) < typed_bound(after, columns))
    rows = list(session.execute(statement))
    reasons = _reasons(session, [row.Mail.id for row in rows])
    return page_of(
        rows, limit, lambda row: (row.Mail.created_at, row.Mail.id), lambda row: _row(row, reasons[row.Mail.id])
    )


def sent_one(session: Session, caller: Caller, mail_id: UUID) -> dict[str, Any]:
    """One message whole: its text, the alerts that it listed and why, and every try to hand it over."""
    row = session.execute(_messages().where(Mail.id == mail_id, *_within_reach(caller))).first()
    if row is None:
        raise not_found(N_("there is no such message, or it is not about your depots"))
    told = dict(_listed(session, row.Mail))
    tries = (
        select(Attempt)
        .where(Attempt.mail_id == mail_id)
        .order_by(Attempt.started_at.desc(), Attempt.id.desc())
        .limit(50)
    )
    why = _reasons(session, [mail_id])[mail_id]
    return {
        "row": _row(row, why),
        "lines": [(line, told[line["alert"].id]) for line in lines_of(session, list(told))],
        "total": sum(one.alerts for one in why),
        "tries": list(session.execute(tries).scalars()),
        "again": row.Mail.state in ENDED,
    }


def send_again(session: Session, caller: Caller, mail_id: UUID, now: datetime) -> None:
    """Put a message that was refused or given up back into the outbox."""
    row = session.execute(
        _messages().where(Mail.id == mail_id, *_within_reach(caller)).with_for_update(of=Mail)
    ).first()
    if row is None:
        raise not_found(N_("there is no such message, or it is not about your depots"))
    mail: Mail = row.Mail
    if mail.state not in ENDED:
        raise conflict("not-ended", N_("this message is on its way or has arrived"))
    mail.state, mail.tries, mail.next_try_at, mail.claimed_by = MailState.WAITING, 0, now, None


@per_reach
def _bounced(caller: Caller) -> Prepared:
    return Prepared(
        select(
            Mail.id, Mail.address, Mail.created_at, Mail.subject, _WHO.label("who"), func.count().over().label("total")
        )
        .outerjoin(Person, Person.id == Mail.person_id)
        .outerjoin(Endpoint, Endpoint.id == Mail.endpoint_id)
        .where(*_within_reach(caller), Mail.state.in_(ENDED), Mail.created_at > bindparam("since", type_=Instant()))
        .order_by(Mail.created_at.desc(), Mail.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )


def bounced(session: Session, caller: Caller, since: datetime, most: int) -> list[Any]:
    """Messages within reach that were refused or given up since then, the newest first, each with whom it was for
    (``who``) and how many there are in all (``total``). One query."""
    return _bounced(caller).all(session, {"since": since, "most": most})


def _messages() -> Any:
    return (
        select(Mail, Person.name, Person.account, Endpoint.name.label("endpoint"))
        .outerjoin(Person, Person.id == Mail.person_id)
        .outerjoin(Endpoint, Endpoint.id == Mail.endpoint_id)
    )


def _row(row: Any, why: list[Why]) -> SentRow:
    return SentRow(row.Mail, row.name or row.endpoint, row.account or "", why)


def _conditions(filters: SentFilters) -> list[ColumnElement[bool]]:
    conditions: list[Any] = []
    if filters.who.strip():
        pattern = like(filters.who.strip())
        names = (Person.name, Person.account, Mail.address, Endpoint.name)
        conditions.append(or_(*(name.like(pattern, escape="\\") for name in names)))
    if filters.channel is not None:
        conditions.append(Mail.channel == filters.channel)
    if filters.state is not None:
        conditions.append(Mail.state == filters.state)
    if filters.day is not None:
        conditions.append(Mail.day == filters.day)
    return conditions


def _within_reach(caller: Caller) -> list[ColumnElement[bool]]:
    """Who answers for the city sees all; others what is about their depots alone."""
    if may_in_city(caller, Act.APPROVE):
        return []
    near = reach(caller, Act.APPROVE, Depot.id, Depot.district_code)

    def tells(model: Any, where: ColumnElement[bool]) -> ColumnElement[bool]:
        told = select(model.alert_id).join(Alert, Alert.id == model.alert_id).join(Depot, Depot.id == Alert.depot_id)
        return told.where(model.mail_id == Mail.id, where).correlate(Mail).exists()

    return [
        or_(tells(Notified, near), tells(EndpointNotified, near)),
        and_(~tells(Notified, ~near), ~tells(EndpointNotified, ~near)),
    ]


def _listed(session: Session, mail: Mail) -> list[tuple[UUID, Why]]:
    """The first alerts that a message listed, urgent ones before the others, and why each was reported there."""
    statement: Any = select(Notified.alert_id, Notified.rung, Notified.below).where(Notified.mail_id == mail.id)
    if mail.endpoint_id is not None:
        statement = select(EndpointNotified.alert_id, null(), literal(0)).where(EndpointNotified.mail_id == mail.id)
    told = EndpointNotified if mail.endpoint_id is not None else Notified
    statement = statement.join(Alert, Alert.id == told.alert_id)
    rows = session.execute(statement.order_by(Alert.urgent.desc(), Alert.due, Alert.id).limit(LINES_SHOWN))
    return [(alert_id, Why(1, rung, below)) for alert_id, rung, below in rows]


def _reasons(session: Session, mail_ids: list[UUID]) -> dict[UUID, list[Why]]:
    """Why each of the messages was sent, the most frequent reason first."""
    found: dict[UUID, list[Why]] = defaultdict(list)
    count = func.count()
    people = (
        select(Notified.mail_id, count, Notified.rung, Notified.below)
        .where(Notified.mail_id.in_(mail_ids))
        .group_by(Notified.mail_id, Notified.rung, Notified.below)
        .order_by(count.desc(), Notified.rung, Notified.below)
    )
    for mail_id, alerts, rung, below in session.execute(people):
        found[mail_id].append(Why(alerts, rung, below))
    programs = select(EndpointNotified.mail_id, count).where(EndpointNotified.mail_id.in_(mail_ids))
    for mail_id, alerts in session.execute(programs.group_by(EndpointNotified.mail_id)):
        found[mail_id].append(Why(alerts, None, 0))
    return found
