"""Declared watches. Whether one is in force is computed from its dates, never stored."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice


class WatchKind(StrEnum):
    TYPHOON = "typhoon"
    RAINSTORM = "rainstorm"
    FOREST_FIRE = "forest-fire"


class WatchLevel(StrEnum):
    """The colours of the public signals, the mildest first (typhoon begins with white, rainstorm with yellow)."""

    WHITE = "white"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"


class Watch(SQLModel, table=True):
    """From a date through a date the minimums of some depots are raised: times ``factor``, plus ``added``."""

    __tablename__ = "watch"
    __table_args__ = (
        CheckConstraint("begins_on <= ends_on", name="days_in_order"),
        Index("ix_watch_ends_on", "ends_on"),
    )
    id: UUID = Field(primary_key=True)  # the client's own: sent twice, it is declared once
    kind: WatchKind = Field(sa_type=choice(WatchKind))
    level: WatchLevel = Field(sa_type=choice(WatchLevel))
    district_code: str | None = Field(foreign_key="district.code", max_length=8, default=None)  # empty: the city
    profile_code: str | None = Field(foreign_key="profile.code", max_length=8, default=None)  # type or add-on
    category_code: str | None = Field(foreign_key="category.code", max_length=8, default=None)
    item_id: UUID | None = Field(foreign_key="item.id", default=None)
    factor: Decimal = Field(sa_type=Quantity)
    added: Decimal = Field(sa_type=Quantity)  # base units
    begins_on: date
    ends_on: date  # the last day
    reason: str = Field(max_length=300)
    declared_by_id: UUID = Field(foreign_key="person.id")
    declared_at: datetime = Field(sa_type=Instant)
    ended_on: date | None = None  # ended early: from this day on it is not in force
    ended_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    ended_reason: str = Field(max_length=300, default="")
