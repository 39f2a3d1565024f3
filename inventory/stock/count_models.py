"""Counts: what somebody saw on a shelf, and what the book said at that moment."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice, index_where
from core.ids import new_id


class CountPurpose(StrEnum):
    STOCKTAKE = "stocktake"  # blind, approved by somebody else
    HANDOVER = "handover"  # the shift's walk; the book is shown, both shifts sign
    KIT = "kit"  # a kit or vehicle counted in full
    KEEPER = "keeper"  # the leaving and the coming keeper count together (T98)


class CountState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Count(SQLModel, table=True):
    """A count of some places of a depot, from its opening until its differences are booked."""

    __tablename__ = "count"
    __table_args__ = (
        Index("ix_count_depot_id_closed_at", "depot_id", "closed_at"),
        index_where("closed_at IS NULL", "ix_count_open", "opened_at"),
    )
    id: UUID = Field(primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id")
    purpose: CountPurpose = Field(sa_type=choice(CountPurpose))
    state: CountState = Field(sa_type=choice(CountState), default=CountState.OPEN)
    note: str = Field(max_length=300, default="")
    opened_by_id: UUID = Field(foreign_key="person.id")
    opened_at: datetime = Field(sa_type=Instant)
    closed_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    closed_at: datetime | None = Field(sa_type=Instant, default=None)


class CountPlace(SQLModel, table=True):
    """A place that a count covers."""

    __tablename__ = "count_place"
    count_id: UUID = Field(foreign_key="count.id", primary_key=True)
    place_id: UUID = Field(foreign_key="place.id", primary_key=True)


class CountLine(SQLModel, table=True):
    """What somebody counted of a lot in a place, and what the book said at that very moment (T53)."""

    __tablename__ = "count_line"
    __table_args__ = (
        UniqueConstraint("count_id", "place_id", "lot_id", "round"),
        Index("ix_count_line_place_id_lot_id", "place_id", "lot_id"),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    count_id: UUID = Field(foreign_key="count.id")
    place_id: UUID = Field(foreign_key="place.id")
    lot_id: UUID = Field(foreign_key="lot.id")
    round: int = 1  # 2: the recount by a second person (T56)
    counted: Decimal = Field(sa_type=Quantity)
    book: Decimal = Field(sa_type=Quantity)
    counted_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    person_id: UUID = Field(foreign_key="person.id")
