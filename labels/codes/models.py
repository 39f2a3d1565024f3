"""Labels: the bond between a printed code and a row of the book."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from core.columns import Instant


class Label(SQLModel, table=True):
    """A code that never gets reused, bound to a lot, a place or a depot (at most one of them)."""

    __tablename__ = "label"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN lot_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN place_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN depot_id IS NULL THEN 0 ELSE 1 END) <= 1",
            name="one_thing",
        ),
    )
    code: str = Field(primary_key=True, max_length=16)
    lot_id: UUID | None = Field(foreign_key="lot.id", default=None, index=True)
    place_id: UUID | None = Field(foreign_key="place.id", default=None, index=True)
    depot_id: UUID | None = Field(foreign_key="depot.id", default=None, index=True)
    created_at: datetime = Field(sa_type=Instant)
    replaced_by: str | None = Field(foreign_key="label.code", default=None, max_length=16)
    roll_id: UUID | None = Field(foreign_key="label_roll.id", default=None, index=True)  # printed blank, with others
    outdoor: bool = False  # stuck where the sun reaches it: thermal print fades (T84)
    thermal: bool = False  # last printed on a thermal roll
    prints: int = 0
    printed_at: datetime | None = Field(sa_type=Instant, default=None)  # last
