"""Faults of gear."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice, index_where
from core.ids import new_id


class DefectState(StrEnum):
    REPORTED = "reported"  # a passer-by says so; nobody of the depot has looked
    OPEN = "open"
    CLOSED = "closed"


class Defect(SQLModel, table=True):
    """A fault of a piece or at a place, from its report until it is closed."""

    __tablename__ = "defect"
    __table_args__ = (index_where("closed_at IS NULL", "ix_defect_open", "reported_at"),)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    depot_id: UUID = Field(foreign_key="depot.id", index=True)
    lot_id: UUID | None = Field(foreign_key="lot.id", default=None, index=True)
    place_id: UUID | None = Field(foreign_key="place.id", default=None)
    quantity: Decimal | None = Field(sa_type=Quantity, default=None)
    state: DefectState = Field(sa_type=choice(DefectState), default=DefectState.OPEN)
    description: str = Field(max_length=500)
    contact: str = Field(max_length=100, default="")
    person_id: UUID | None = Field(foreign_key="person.id", default=None)  # empty: a passer-by
    reported_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(sa_type=Instant, default=None)
    closed_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    closing_note: str = Field(max_length=500, default="")
