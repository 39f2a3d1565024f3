"""The other ends of the channels: what a person wants by mail, robots and webhooks, and calendar feeds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from core.columns import Instant, choice
from core.ids import new_id
from jobs.alerts.kinds import Severity
from jobs.alerts.models import Way


class MailChoice(SQLModel, table=True):
    """What a person wants by mail, and whether mail reaches that person."""

    __tablename__ = "mail_choice"
    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    digests: bool = True  # urgent mails cannot be refused
    bounced_address: str | None = Field(max_length=254, default=None)  # refused for good; another address is tried anew
    bounced_at: datetime | None = Field(sa_type=Instant, default=None)
    bounce: str = Field(default="", max_length=500)


class Endpoint(SQLModel, table=True):
    """A robot or webhook that is told of alerts of a district, of a depot, or (both empty) of the city.

    A webhook's secret is not kept: it is worked out from the installation's own secret, the id and ``generation``.
    A robot's address holds its key and is kept as it is; it is neither shown again nor logged.
    """

    __tablename__ = "endpoint"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    way: Way = Field(sa_type=choice(Way))
    name: str = Field(max_length=100)
    url: str = Field(max_length=500)
    least: Severity = Field(sa_type=choice(Severity))  # told of alerts at least so bad
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


class EndpointTold(SQLModel, table=True):
    """That an endpoint was told of an alert's step, and by which message."""

    __tablename__ = "endpoint_told"
    endpoint_id: UUID = Field(foreign_key="endpoint.id", primary_key=True)
    alert_id: UUID = Field(foreign_key="alert.id", primary_key=True)
    step: int = Field(primary_key=True)
    told_round: int = Field(primary_key=True)
    mail_id: UUID = Field(foreign_key="mail.id", index=True)


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


class CalendarFeed(SQLModel, table=True):
    """A secret address from which a calendar program reads a person's dates, of one depot or of all. Only its hash."""

    __tablename__ = "calendar_feed"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    secret_hash: str = Field(max_length=64, unique=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    depot_id: UUID | None = Field(foreign_key="depot.id", default=None)
    language: str = Field(max_length=2, default="zh")
    created_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(sa_type=Instant, default=None)


class CalendarEntry(SQLModel, table=True):
    """How often an entry of the calendars has changed, and when last: SEQUENCE and LAST-MODIFIED of RFC 5545."""

    __tablename__ = "calendar_entry"
    uid: str = Field(primary_key=True, max_length=150)
    content: str = Field(max_length=64)  # hash of what it said
    sequence: int = 0
    changed_at: datetime = Field(sa_type=Instant)
