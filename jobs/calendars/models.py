"""Calendar feeds, and how often their entries have changed."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.columns import Instant
from core.ids import new_id


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
