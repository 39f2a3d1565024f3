"""Printing: big runs from the web, own sizes, and the address that stands in printed labels."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from core.columns import Instant, choice
from core.ids import new_id


class RunState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class LabelRun(SQLModel, table=True):
    """A big print run from the web: made in the background into a file, fetched when it is ready."""

    __tablename__ = "label_run"
    __table_args__ = (Index("ix_label_run_person_id_created_at", "person_id", "created_at"),)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID = Field(foreign_key="person.id")
    what: str  # JSON: which labels, in which size
    state: RunState = Field(sa_type=choice(RunState), default=RunState.WAITING)
    total: int
    done: int = 0
    error: str = Field(max_length=500, default="")
    created_at: datetime = Field(sa_type=Instant)
    touched_at: datetime = Field(sa_type=Instant)  # while it runs: when it last reported how far it is


class LabelFormat(SQLModel, table=True):
    """A size of label that an administrator has made."""

    __tablename__ = "label_format"
    code: str = Field(primary_key=True, max_length=16)
    form: str  # JSON of labels.drawing.formats.Format
    person_id: UUID = Field(foreign_key="person.id")
    at: datetime = Field(sa_type=Instant)


class LabelAddress(SQLModel, table=True):
    """An address that stands in printed labels: once one is out, the next must be confirmed (T81)."""

    __tablename__ = "label_address"
    address: str = Field(primary_key=True, max_length=200)
    since: datetime = Field(sa_type=Instant)
    confirmed_by: str = Field(max_length=64, default="")  # account, or empty for the first
