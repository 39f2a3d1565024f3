"""Handing out controlled gear: who asks, who confirms, and whose two names stand with the movement (T96)."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity


class HandOut(SQLModel, table=True):
    """Somebody wants to hand out or take controlled gear, and a second person says on their own sign-in that it is so.

    It is good once, until ``ends_at``.
    """

    __tablename__ = "hand_out"
    __table_args__ = (
        Index("ix_hand_out_depot_id_asked_at", "depot_id", "asked_at"),
        Index("ix_hand_out_asked_by_id_item_id", "asked_by_id", "item_id"),
    )
    id: UUID = Field(primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id")
    item_id: UUID = Field(foreign_key="item.id")
    lot_id: UUID | None = Field(foreign_key="lot.id", default=None)  # none: any of the item
    quantity: Decimal = Field(sa_type=Quantity)  # base units
    reason: str = Field(max_length=200, default="")
    asked_by_id: UUID = Field(foreign_key="person.id")
    asked_at: datetime = Field(sa_type=Instant)
    ends_at: datetime = Field(sa_type=Instant)
    witness_id: UUID | None = Field(foreign_key="person.id", default=None)
    answered_at: datetime | None = Field(sa_type=Instant, default=None)
    agreed: bool = False
    load: str = Field(max_length=64, default="")  # of a vehicle or kit: digest of the controlled gear in it
    used_at: datetime | None = Field(sa_type=Instant, default=None)


class MovementWitness(SQLModel, table=True):
    """The second name of a movement of controlled gear."""

    __tablename__ = "movement_witness"
    movement_id: UUID = Field(foreign_key="movement.id", primary_key=True)
    hand_out_id: UUID = Field(foreign_key="hand_out.id", index=True)
    witness_id: UUID = Field(foreign_key="person.id")
