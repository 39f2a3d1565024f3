"""Entries, each stored once, and the photos that came with them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from core.columns import Instant, choice


class EntryState(StrEnum):
    BOOKED = "booked"
    REFUSED = "refused"  # a late fact that could not be booked: kept, and somebody is notified


class Entry(SQLModel, table=True):
    """One thing that a person did, as a device sent it: under the device's own id, once, with what became of it."""

    __tablename__ = "entry"
    __table_args__ = (Index("ix_entry_person_id_recorded_at", "person_id", "recorded_at"),)
    id: UUID = Field(primary_key=True)
    kind: str = Field(max_length=24)
    digest: str = Field(max_length=64)
    person_id: UUID = Field(foreign_key="person.id")
    happened_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    late: bool = False
    state: EntryState = Field(sa_type=choice(EntryState), default=EntryState.BOOKED)
    answer: str = Field(default="{}")  # JSON: sent again, word for word, when the entry is sent again


class Photo(SQLModel, table=True):
    """A picture that belongs to an entry. The file lies outside the database under its own hash."""

    __tablename__ = "photo"
    id: UUID = Field(primary_key=True)  # the device's own id
    person_id: UUID = Field(foreign_key="person.id")
    entry_id: UUID | None = Field(foreign_key="entry.id", default=None, index=True)
    depot_id: UUID | None = Field(foreign_key="depot.id", default=None)
    file_hash: str = Field(max_length=64)
    size: int  # bytes
    recorded_at: datetime = Field(sa_type=Instant)
