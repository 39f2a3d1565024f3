"""The outbox, and the robots and webhooks at the other end of it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.columns import Instant, choice
from core.ids import new_id
from jobs.causes.kinds import Severity
from jobs.channels.register import Way


class Endpoint(SQLModel, table=True):
    """A robot or webhook that is notified of alerts of a district, of a depot, or (both empty) of the city.

    A webhook's secret is not kept: it is worked out from the installation's own secret, the id and ``generation``.
    A robot's address holds its key, and some have a key that signs: both are kept as they are, because they must be
    sent or used; neither is shown again or logged.
    """

    __tablename__ = "endpoint"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    way: Way = Field(sa_type=choice(Way))
    name: str = Field(max_length=100)
    url: str = Field(max_length=500, repr=False)
    key: str = Field(max_length=200, default="", repr=False, sa_column_kwargs={"server_default": ""})
    least: Severity = Field(sa_type=choice(Severity))  # notified of alerts at least so bad
    language: str = Field(max_length=2, default="zh")
    district_code: str | None = Field(foreign_key="district.code", max_length=8, default=None)
    depot_id: UUID | None = Field(foreign_key="depot.id", default=None)
    generation: int = 1  # one more with each new secret
    failures: int = 0  # in a row
    paused_until: datetime | None = Field(sa_type=Instant, default=None)
    created_at: datetime = Field(sa_type=Instant)
    created_by_id: UUID = Field(foreign_key="person.id")
    ended_at: datetime | None = Field(sa_type=Instant, default=None)
    ended_why: str = Field(max_length=300, default="")


class Attempt(SQLModel, table=True):
    """One try to hand over a message. Begun in the transaction that claims it: a killed sender's try counts."""

    __tablename__ = "attempt"
    __table_args__ = (
        Index("ix_attempt_endpoint_id_started_at", "endpoint_id", "started_at"),
        Index("ix_attempt_mail_id", "mail_id"),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    mail_id: UUID = Field(foreign_key="mail.id")
    endpoint_id: UUID = Field(foreign_key="endpoint.id")
    started_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(sa_type=Instant, default=None)
    outcome: str = Field(max_length=16, default="")  # "sent", "later" or "refused"; empty: unknown
    note: str = Field(max_length=500, default="")  # what the other side said


class MailState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"  # refused for good by the other side
    GIVEN_UP = "given_up"  # tried for days


class Mail(SQLModel, table=True):
    """The outbox: a message to a person or endpoint. Written in the transaction that found the reason, sent later."""

    __tablename__ = "mail"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "day", "part"),
        Index("ix_mail_state_next_try_at", "state", "next_try_at"),
        Index("ix_mail_created_at_id", "created_at", "id"),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    channel: Way = Field(sa_type=choice(Way), default=Way.MAIL, sa_column_kwargs={"server_default": "mail"})
    person_id: UUID | None = Field(foreign_key="person.id", default=None)  # of mails
    endpoint_id: UUID | None = Field(foreign_key="endpoint.id", default=None)  # of what goes to robots and webhooks
    link_id: UUID | None = Field(foreign_key="account_link.id", default=None)  # whose token stands in for a mark
    kind: str = Field(max_length=16)  # "digest", "urgent", "jobs" or "account"; to an endpoint "alerts" or "test"
    day: date  # one digest per person per day
    part: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # urgent ones of a day: 0, 1, 2, ...
    unsubscribe: str = Field(default="", max_length=300, sa_column_kwargs={"server_default": ""})
    address: str = Field(max_length=254)
    subject: str = Field(max_length=300)
    body_text: str
    body_html: str
    message_id: str = Field(max_length=200, unique=True)  # the same on every try, so that receivers can tell
    state: MailState = Field(sa_type=choice(MailState), default=MailState.WAITING)
    tries: int = 0
    next_try_at: datetime = Field(sa_type=Instant)
    claimed_by: str | None = Field(max_length=64, default=None)
    last_error: str = Field(max_length=500, default="")
    created_at: datetime = Field(sa_type=Instant)
    sent_at: datetime | None = Field(sa_type=Instant, default=None)
