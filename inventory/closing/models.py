"""The closing of a depot, from its plan until it is closed, given up, or opened again. Stored for ever (T91)."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.columns import Instant


class Closing(SQLModel, table=True):
    """Who closes a depot, when and why, and which depot takes over. A depot may have been closed more than once."""

    __tablename__ = "depot_closing"
    id: UUID = Field(primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id", index=True)
    successor_id: UUID | None = Field(foreign_key="depot.id", default=None)
    why: str = Field(max_length=500)
    planned_by_id: UUID = Field(foreign_key="person.id")
    planned_at: datetime = Field(sa_type=Instant)
    given_up_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    given_up_at: datetime | None = Field(sa_type=Instant, default=None)
    closed_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    closed_at: datetime | None = Field(sa_type=Instant, default=None)
    people: str = Field(default="[]")  # JSON: who had which role here, and whether it went to the successor
    reopened_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    reopened_at: datetime | None = Field(sa_type=Instant, default=None)
    reopen_why: str = Field(max_length=500, default="")
