"""Alerts: open facts that somebody must know."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from core.columns import Instant, choice, index_where
from core.ids import new_id
from jobs.causes.kinds import AlertKind


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
        index_where("resolved_at IS NULL", "ix_alert_open", "opened_at", "id"),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    cause: str = Field(max_length=150)  # kind and what it is about, such as "expiry:<lot>:<depot>"
    kind: AlertKind = Field(sa_type=choice(AlertKind))
    step: int = 0  # for a date: the warning step reached, in days before it; a further step is reported anew (T16)
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
    snoozed_until: date | None = None  # reported again from this date on, if it is still open then
    told_round: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # one more after each snooze
    resolved_at: datetime | None = Field(sa_type=Instant, default=None)


class AlertAssignment(SQLModel, table=True):
    """Who is to see to an alert, as somebody with authority has said."""

    __tablename__ = "alert_assignment"
    alert_id: UUID = Field(foreign_key="alert.id", primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    by_id: UUID = Field(foreign_key="person.id")
    at: datetime = Field(sa_type=Instant)
