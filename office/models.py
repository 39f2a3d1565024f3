"""Views of lists that somebody has saved."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from core.columns import Instant
from core.ids import new_id


class SavedView(SQLModel, table=True):
    """A list's filters, order and grouping under a name of its owner's. Its link shows others what they may see."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("person_id", "list", "name"),)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID = Field(foreign_key="person.id")
    list: str = Field(max_length=32)
    name: str = Field(max_length=60)
    query: str = Field(max_length=1000)  # as in the list's address
    saved_at: datetime = Field(sa_type=Instant)
