"""The code by which the first administrator is made."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from core.columns import Instant

THE_CODE = 1


class FirstCode(SQLModel, table=True):
    """The one code that opens an empty city. Only its hash is stored; it is shown where the server was started."""

    __tablename__ = "first_code"
    __table_args__ = (CheckConstraint("id = 1", name="the_one"),)
    id: int = Field(primary_key=True, default=THE_CODE)
    code_hash: str = Field(max_length=64)
    made_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    tries: int = 0
    used_at: datetime | None = Field(sa_type=Instant, default=None)
