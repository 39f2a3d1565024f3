"""Versions of what profiles ask for, as they are edited; once published, their lines are requirements with a day."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice
from depots.models import Level


class VersionState(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"  # counts from its day on
    WITHDRAWN = "withdrawn"


class RequirementVersion(SQLModel, table=True):
    """A change of what must be held, from a day on."""

    __tablename__ = "requirement_version"
    id: UUID = Field(primary_key=True)  # the client's own: sent twice, it is made once
    title: str = Field(max_length=100)
    reason: str = Field(max_length=300, default="")
    begins_on: date
    state: VersionState = Field(sa_type=choice(VersionState), default=VersionState.DRAFT)
    made_by_id: UUID = Field(foreign_key="person.id")
    made_at: datetime = Field(sa_type=Instant)
    ended_by_id: UUID | None = Field(foreign_key="person.id", default=None)  # who published or withdrew it
    ended_at: datetime | None = Field(sa_type=Instant, default=None)


class RequirementVersionLine(SQLModel, table=True):
    """What a version asks of a profile for one subject. A minimum of 0: it is asked for no more."""

    __tablename__ = "requirement_version_line"
    version_id: UUID = Field(foreign_key="requirement_version.id", primary_key=True)
    profile_code: str = Field(foreign_key="profile.code", primary_key=True, max_length=8)
    subject: str = Field(primary_key=True, max_length=40)  # the item's code, or GROUP:code
    item_id: UUID | None = Field(foreign_key="item.id", default=None)
    group_code: str | None = Field(foreign_key="item_group.code", default=None, max_length=32)
    level: Level = Field(sa_type=choice(Level))
    minimum: Decimal = Field(sa_type=Quantity)
    spare_per: int | None = None
    combine: str = Field(max_length=3, default="max")
    low: Decimal | None = Field(sa_type=Quantity, default=None)  # low stock under this; empty: as it is
    par: Decimal | None = Field(sa_type=Quantity, default=None)  # full; empty: as it is
