"""Tables that no room above owns."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from core.columns import Instant
from core.ids import new_id


class Hit(SQLModel, table=True):
    """One try of one key (an account, an address) at one kind of thing."""

    __tablename__ = "hit"
    id: str = Field(primary_key=True, max_length=32, default_factory=lambda: new_id().hex)
    kind: str = Field(max_length=32)
    key: str = Field(max_length=200, index=True)
    at: datetime = Field(sa_type=Instant)
