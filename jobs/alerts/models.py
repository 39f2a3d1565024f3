"""When: open facts that somebody must know, the mails that say so, and the runs of jobs."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from core.columns import Instant, choice
from core.ids import new_id


class AlertKind(StrEnum):
    EXPIRED = "expired"
    EXPIRING = "expiring"
    DATE_MISSING = "date_missing"
    BELOW_MINIMUM = "below_minimum"
    DEFECT = "defect"
    DISCREPANCY = "discrepancy"
    REFUSED_ENTRY = "refused_entry"  # a late fact that could not be booked
    OVERDUE_LOAN = "overdue_loan"
    STUCK_TRANSFER = "stuck_transfer"
    UNSIGNED_DRAW = "unsigned_draw"  # drawn for an incident, not approved within a day (T57)
    INCOMPLETE_KIT = "incomplete_kit"
    RECALL = "recall"  # called back, and the depot has not answered
    CHECK_DUE = "check_due"
    UNWITNESSED = "unwitnessed"  # controlled gear was taken without a second person, told late (T96)
    LABEL_FADING = "label_fading"  # thermal print outdoors for a year (T84)


class Alert(SQLModel, table=True):
    """One open fact. There is at most one open alert per cause; it resolves by itself once its cause is gone."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(
            "uq_alert_cause",
            "cause",
            unique=True,
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
        Index("ix_alert_depot_id_resolved_at", "depot_id", "resolved_at"),
        Index("ix_alert_opened_at_id", "opened_at", "id"),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    cause: str = Field(max_length=150)  # kind and what it is about, such as "expiry:<lot>:<depot>"
    kind: AlertKind = Field(sa_type=choice(AlertKind))
    step: int = 0  # for a date: the warning step reached, in days before it; a further step is told anew (T16)
    urgent: bool = False
    depot_id: UUID = Field(foreign_key="depot.id")
    item_id: UUID | None = Field(foreign_key="item.id", default=None)
    lot_id: UUID | None = Field(foreign_key="lot.id", default=None)
    due: date | None = None  # the date it is about, such as the last usable day
    details: str = Field(default="{}")  # JSON: figures to show, such as quantity and minimum
    opened_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)
    acknowledged_at: datetime | None = Field(sa_type=Instant, default=None)
    acknowledged_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    snoozed_until: date | None = None  # told again from this date on, if it is still open then
    told_round: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # one more after each snooze
    resolved_at: datetime | None = Field(sa_type=Instant, default=None)


class Told(SQLModel, table=True):
    """That a person was told of an alert's step, by which mail and why: nobody is told the same step twice.

    ``rung``: how far up the ladder the person stood for that depot then; ``below``: on how many rungs below somebody
    had been told and had not answered.
    """

    __tablename__ = "told"
    person_id: UUID = Field(foreign_key="person.id", primary_key=True)
    alert_id: UUID = Field(foreign_key="alert.id", primary_key=True)
    step: int = Field(primary_key=True)
    told_round: int = Field(primary_key=True, default=0, sa_column_kwargs={"server_default": "0"})
    mail_id: UUID = Field(foreign_key="mail.id", index=True)
    rung: int | None = None  # none: told before this was kept
    below: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class MailState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"  # refused for good by the other side
    GIVEN_UP = "given_up"  # tried for days


class Way(StrEnum):
    """By which channel a message goes."""

    MAIL = "mail"
    ROBOT = "robot"  # a WeCom group robot
    WEBHOOK = "webhook"


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
    kind: str = Field(max_length=16)  # "digest", "urgent" or "jobs"; to an endpoint "alerts" or "test"
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


class JobRun(SQLModel, table=True):
    """One run of one job: due when, done when, what it found."""

    __tablename__ = "job_run"
    __table_args__ = (UniqueConstraint("name", "due"),)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    name: str = Field(max_length=32)
    due: datetime = Field(sa_type=Instant)
    started_at: datetime = Field(sa_type=Instant)
    finished_at: datetime | None = Field(sa_type=Instant, default=None)
    outcome: str = Field(default="{}")  # JSON: counts
    error: str = Field(max_length=1000, default="")
    worker: str = Field(default="", max_length=64, sa_column_kwargs={"server_default": ""})  # host and process
    tries: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    seconds: float | None = None
    by_hand: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
