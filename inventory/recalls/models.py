"""What is called back by a maker or an authority, which lots that is about, and what the depots answered."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from core.columns import Instant


class Recall(SQLModel, table=True):
    """A maker or an authority calls gear back: by item, and where known by maker and lot or serial number (T70)."""

    __tablename__ = "recall"
    __table_args__ = (Index("ix_recall_released_at", "released_at"),)
    id: UUID = Field(primary_key=True)
    item_id: UUID = Field(foreign_key="item.id", index=True)
    maker: str = Field(max_length=100, default="")  # empty: of any maker
    number: str = Field(max_length=64, default="")  # lot or serial number; empty: every one
    reason: str = Field(max_length=500)
    called_by_id: UUID = Field(foreign_key="person.id")
    called_at: datetime = Field(sa_type=Instant)
    released_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    released_at: datetime | None = Field(sa_type=Instant, default=None)
    release_reason: str = Field(max_length=500, default="")


class RecallLot(SQLModel, table=True):
    """A lot that a recall holds, or that it cannot exclude because what would tell is not on record (T71)."""

    __tablename__ = "recall_lot"
    recall_id: UUID = Field(foreign_key="recall.id", primary_key=True)
    lot_id: UUID = Field(foreign_key="lot.id", primary_key=True, index=True)
    sure: bool  # False: "cannot exclude": listed, not held


class RecallAnswer(SQLModel, table=True):
    """A depot that holds or has used what is called back, and what it answered; empty until it has."""

    __tablename__ = "recall_answer"
    recall_id: UUID = Field(foreign_key="recall.id", primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id", primary_key=True, index=True)
    person_id: UUID | None = Field(foreign_key="person.id", default=None)
    answered_at: datetime | None = Field(sa_type=Instant, default=None)
    note: str = Field(max_length=300, default="")
