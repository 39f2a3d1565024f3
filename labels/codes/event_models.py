"""What happens to labels: rolls of blank ones, prints and bindings, second codes."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from core.columns import Instant, choice
from core.ids import new_id


class LabelRoll(SQLModel, table=True):
    """Blank codes that were made and printed together, to be bound on their first scan."""

    __tablename__ = "label_roll"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    count: int
    note: str = Field(max_length=200, default="")
    person_id: UUID | None = Field(foreign_key="person.id", default=None)  # empty: from the console
    created_at: datetime = Field(sa_type=Instant)


class LabelAct(StrEnum):
    """What was done with a label."""

    PRINTED = "printed"
    BOUND = "bound"
    UNBOUND = "unbound"
    REPLACED = "replaced"  # a newer label took its place; it works for ever all the same (T74)
    OUTDOOR = "outdoor"  # said to stick outdoors
    INDOOR = "indoor"
    MISTAKEN = "mistaken"  # somebody says: this is not the thing that the label names (T75)


class LabelEvent(SQLModel, table=True):
    """One act on one label: who, when, why. Never changed."""

    __tablename__ = "label_event"
    __table_args__ = (Index("ix_label_event_code_at", "code", "at"),)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    code: str = Field(foreign_key="label.code", max_length=16)
    act: LabelAct = Field(sa_type=choice(LabelAct))
    at: datetime = Field(sa_type=Instant)
    person_id: UUID | None = Field(foreign_key="person.id", default=None)  # empty: from the console
    how: str = Field(max_length=64, default="")  # size and kind of a print
    reason: str = Field(max_length=300, default="")
    lot_id: UUID | None = Field(foreign_key="lot.id", default=None)  # what it was bound to, or taken from
    place_id: UUID | None = Field(foreign_key="place.id", default=None)
    depot_id: UUID | None = Field(foreign_key="depot.id", default=None)


class ForeignCode(SQLModel, table=True):
    """Somebody else's code on a thing, such as a maker's certificate page, linked as a second code (T100)."""

    __tablename__ = "foreign_code"
    __table_args__ = (CheckConstraint("(lot_id IS NULL) <> (place_id IS NULL)", name="one_thing"),)
    text: str = Field(primary_key=True, max_length=500)  # as scanned, without outer blanks
    lot_id: UUID | None = Field(foreign_key="lot.id", default=None, index=True)
    place_id: UUID | None = Field(foreign_key="place.id", default=None, index=True)
    person_id: UUID = Field(foreign_key="person.id")
    at: datetime = Field(sa_type=Instant)
