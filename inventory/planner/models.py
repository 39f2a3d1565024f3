"""Plans as kept: on what terms, how far, how good, and line by line what goes where or is bought."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice
from core.ids import new_id
from depots.models import Level


class PlanState(StrEnum):
    RUNNING = "running"
    DONE = "done"  # the proposal stands; it may be edited
    ASKED = "asked"  # its transfers have been asked for; nothing changes any more
    FAILED = "failed"


class Plan(SQLModel, table=True):
    """One proposal for some depots, made in the background from the stock of that moment."""

    __tablename__ = "supply_plan"
    __table_args__ = (Index("ix_supply_plan_created_at", "created_at"),)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    person_id: UUID = Field(foreign_key="person.id")
    district_code: str | None = Field(foreign_key="district.code", max_length=8, default=None)
    type_code: str | None = Field(foreign_key="profile.code", max_length=8, default=None)
    terms: str  # JSON: rules.Terms
    state: PlanState = Field(sa_type=choice(PlanState), default=PlanState.RUNNING)
    stage: str = Field(max_length=16, default="reading")  # of a running one: waiting, reading, solving, writing
    error: str = Field(max_length=500, default="")
    figures: str = Field(default="{}")  # JSON: making.Figures, once it is done
    created_at: datetime = Field(sa_type=Instant)
    touched_at: datetime = Field(sa_type=Instant)  # of a running one: when it was last heard of
    asked_at: datetime | None = Field(sa_type=Instant, default=None)
    asked_by_id: UUID | None = Field(foreign_key="person.id", default=None)


class LineKind(StrEnum):
    TRANSFER = "transfer"  # fills a gap
    REFILL = "refill"  # fresher stock, sent first, in place of what a swap takes
    SWAP = "swap"  # stock that ends soon, to where it is used up
    PURCHASE = "purchase"


class PlanLine(SQLModel, table=True):
    """So much of an item goes from a depot to another, or is bought for one."""

    __tablename__ = "supply_plan_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_supply_plan_line_plan_id_position", "plan_id", "position"),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    plan_id: UUID = Field(foreign_key="supply_plan.id")
    position: int  # trips together, purchases last
    kind: LineKind = Field(sa_type=choice(LineKind))
    from_depot_id: UUID | None = Field(foreign_key="depot.id", default=None)
    to_depot_id: UUID = Field(foreign_key="depot.id")
    item_id: UUID = Field(foreign_key="item.id")
    lot_id: UUID | None = Field(foreign_key="lot.id", default=None)  # of a swap: the lot that ends soon
    quantity: Decimal = Field(sa_type=Quantity)  # base units
    proposed: Decimal = Field(sa_type=Quantity)  # before anybody edited it
    km: Decimal | None = Field(sa_type=Quantity, default=None)  # of one trip, there and back
    price: Decimal | None = Field(sa_type=Quantity, default=None)  # yuan for a base unit, of a purchase
    subject: str = Field(max_length=40, default="")  # the requirement that it helps to fill
    level: Level | None = Field(sa_type=choice(Level), default=None)
    transfer_id: UUID | None = Field(foreign_key="transfer.id", default=None)  # once it has been asked for
