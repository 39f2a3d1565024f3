"""Other names of items, needs and what helps with them, capabilities, and what is put aside for somebody."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity


class Synonym(SQLModel, table=True):
    """Another word for an item (T92): 大力钳 for clamp pliers, 手台 for a radio."""

    __tablename__ = "synonym"
    item_id: UUID = Field(foreign_key="item.id", primary_key=True)
    word: str = Field(max_length=60, primary_key=True)


class Need(SQLModel, table=True):
    """Trouble that somebody is in, in the words that people use for it, and the items that help, best first."""

    __tablename__ = "need"
    code: str = Field(primary_key=True, max_length=24)
    name_zh: str = Field(max_length=60)
    name_en: str = Field(max_length=60)
    words: str = Field(max_length=500)  # separated by |
    items: str = Field(max_length=300)  # item codes separated by blanks


class CapabilityPart(SQLModel, table=True):
    """One thing that a depot must have ready to be able to do something: so many of any of some items.

    A depot has a capability when it has all its parts.
    """

    __tablename__ = "capability_part"
    capability: str = Field(primary_key=True, max_length=24)
    part: int = Field(primary_key=True)
    name_zh: str = Field(max_length=60)  # of the capability
    name_en: str = Field(max_length=60)
    items: str = Field(max_length=300)  # item codes separated by blanks: any of them counts
    quantity: Decimal = Field(sa_type=Quantity)  # base units, of all these items together


class FindingState(SQLModel, table=True):
    """Counts the changes to catalogue, depots and the words for things, by triggers: what memory holds is made anew."""

    __tablename__ = "finding_state"
    id: int = Field(primary_key=True)
    version: int


class Reservation(SQLModel, table=True):
    """Stock of a depot put aside for somebody who is on the way. It ends by itself.

    What the person has taken since is read off the ledger: taking fulfils it, without a write of its own.
    """

    __tablename__ = "reservation"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_reservation_until", "until"),
        Index("ix_reservation_item_id_until", "item_id", "until"),
    )
    id: UUID = Field(primary_key=True)  # the client's own: sent twice, it is made once
    depot_id: UUID = Field(foreign_key="depot.id")
    item_id: UUID = Field(foreign_key="item.id")
    quantity: Decimal = Field(sa_type=Quantity)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    made_at: datetime = Field(sa_type=Instant)
    until: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(sa_type=Instant, default=None)  # called off, or handed over by the keeper
    ended_by_id: UUID | None = Field(foreign_key="person.id", default=None)
