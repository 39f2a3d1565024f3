"""The record of lots whose dates were set or corrected after they had come in."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.columns import Instant


class DateChange(SQLModel, table=True):
    """The dates of a lot were read anew from its label: who, where, when, from what to what. Never changed."""

    __tablename__ = "lot_date_change"
    id: UUID = Field(primary_key=True)
    lot_id: UUID = Field(foreign_key="lot.id", index=True)
    split_from_id: UUID | None = Field(foreign_key="lot.id", default=None)  # what lies here left this lot by it
    depot_id: UUID = Field(foreign_key="depot.id")  # where it was read
    person_id: UUID = Field(foreign_key="person.id")
    entry_id: UUID  # its photos hang on it
    before: str = Field(max_length=500)  # JSON: the columns of the lot that tell its dates
    after: str = Field(max_length=500)
    reason: str = Field(max_length=300, default="")
    happened_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
