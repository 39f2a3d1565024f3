"""What was put right: stored for ever."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.columns import Instant
from core.ids import new_id


class Repair(SQLModel, table=True):
    """A derived row that was wrong and was derived anew: when, by which command or job, what, and from what to what."""

    __tablename__ = "repair"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    at: datetime = Field(sa_type=Instant, index=True)
    done_by: str = Field(max_length=100)  # the command or job, and whose
    fault: str = Field(max_length=100)
    which: str = Field(max_length=200)
    before: str = Field(max_length=500)
    after: str = Field(max_length=500)
