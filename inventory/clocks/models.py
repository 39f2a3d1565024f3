"""Clocks of plans on things, checks that were done, versions of plans, and gear that is away to be put right."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice
from core.ids import new_id


class Due(SQLModel, table=True):
    """One plan on one thing at one depot: how far its clock has come, and the day by which the task is due.

    Written in the transaction of whatever moves the clock. Whether it is overdue is never kept: that is ``due_on``
    compared with today.
    """

    __tablename__ = "due"
    __table_args__ = (
        Index("ix_due_due_on_lot_id_plan_code", "due_on", "lot_id", "plan_code"),
        Index(
            "ix_due_depot_id_blocked_from",
            "depot_id",
            "blocked_from",
            sqlite_where=text("blocked_from IS NOT NULL"),
            postgresql_where=text("blocked_from IS NOT NULL"),
        ),
        Index("ix_due_depot_id_due_on", "depot_id", "due_on"),
        Index("ix_due_plan_code", "plan_code"),
    )
    lot_id: UUID = Field(foreign_key="lot.id", primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id", primary_key=True)
    plan_code: str = Field(foreign_key="maintenance_plan.code", primary_key=True, max_length=16)
    due_on: date | None = None  # done on this day it is in time; none: nothing is due
    opens_on: date | None = None  # the first day on which an act counts for it
    blocked_from: date | None = None  # the first day on which the thing is not ready unless it is done
    anchor_on: date | None = None  # this thing's own date of the calendar, such as that of a vehicle's insurance
    since_on: date  # when the thing came under the plan here
    last_done_on: date | None = None  # none: never (T22)
    base_on: date | None = None
    step: int = 1
    closed_through: date | None = None
    used_on: date | None = None
    uses: int = 0
    metered_on: date | None = None
    meter_base: Decimal | None = Field(sa_type=Quantity, default=None)


class Outcome(StrEnum):
    """What came of a task."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"  # missed for good, and why
    TOLD = "told"  # what the papers say of the past


class Check(SQLModel, table=True):
    """That somebody looked, or why nobody did. Kept for ever."""

    __tablename__ = "upkeep_check"
    __table_args__ = (
        Index("ix_upkeep_check_lot_id_done_on", "lot_id", "done_on"),
        Index("ix_upkeep_check_depot_id_recorded_at_id", "depot_id", "recorded_at", "id"),
        Index("ix_upkeep_check_recorded_at_id", "recorded_at", "id"),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    plan_code: str = Field(foreign_key="maintenance_plan.code", max_length=16)
    plan_version: int
    lot_id: UUID = Field(foreign_key="lot.id")
    depot_id: UUID = Field(foreign_key="depot.id")
    place_id: UUID | None = Field(foreign_key="place.id", default=None)
    outcome: Outcome = Field(sa_type=choice(Outcome))
    period: date | None = None  # the due date that it closed; none: an extra look
    done_on: date  # in the depots' time zone; of shift plans the shift's day (T30)
    answers: str = Field(default="{}")  # JSON: what was answered, by question
    note: str = Field(max_length=500, default="")
    scanned: bool = False  # the piece's own label was read; otherwise it was picked from the list
    person_id: UUID = Field(foreign_key="person.id")
    happened_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    entry_id: UUID | None = None  # its photos hang on the entry
    defect_id: UUID | None = Field(foreign_key="defect.id", default=None)


class Meter(StrEnum):
    HOURS = "hours"  # engine hours
    CYCLES = "cycles"  # charge cycles
    KM = "km"


class Reading(SQLModel, table=True):
    """What a piece's meter showed."""

    __tablename__ = "meter_reading"
    __table_args__ = (Index("ix_meter_reading_lot_id_meter_value", "lot_id", "meter", "value"),)
    id: UUID = Field(primary_key=True, default_factory=new_id)
    lot_id: UUID = Field(foreign_key="lot.id")
    meter: Meter = Field(sa_type=choice(Meter))
    value: Decimal = Field(sa_type=Quantity)
    person_id: UUID = Field(foreign_key="person.id")
    happened_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)


class PlanVersion(SQLModel, table=True):
    """One version of a plan: what it said, who made it so and why, and how many due dates moved (T23)."""

    __tablename__ = "plan_version"
    plan_code: str = Field(foreign_key="maintenance_plan.code", primary_key=True, max_length=16)
    version: int = Field(primary_key=True)
    content: str  # JSON
    reason: str = Field(max_length=500, default="")
    person_id: UUID | None = Field(foreign_key="person.id", default=None)  # none: loaded from the reference files
    at: datetime = Field(sa_type=Instant)
    recalculated: int = 0
    moved: int = 0


class Verdict(StrEnum):
    """What triage makes of a fault."""

    HERE = "here"  # to be mended at the depot
    WORKSHOP = "workshop"
    DISPOSE = "dispose"
    NO_FAULT = "no_fault"


class Triage(SQLModel, table=True):
    """Who looked into a fault, and what is to be done."""

    __tablename__ = "triage"
    defect_id: UUID = Field(foreign_key="defect.id", primary_key=True)
    verdict: Verdict = Field(sa_type=choice(Verdict))
    note: str = Field(max_length=500, default="")
    person_id: UUID = Field(foreign_key="person.id")
    at: datetime = Field(sa_type=Instant)


class Service(SQLModel, table=True):
    """A piece away at a workshop, until it is back at its own place or given up (T34, T39)."""

    __tablename__ = "service"
    __table_args__ = (
        Index("ix_service_depot_id_back_at", "depot_id", "back_at"),
        Index("ix_service_lot_id", "lot_id"),
    )
    id: UUID = Field(primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id")
    lot_id: UUID = Field(foreign_key="lot.id")
    own_place_id: UUID = Field(foreign_key="place.id")  # where it goes back to (GB 50444-2008 5.1.3)
    plan_code: str | None = Field(foreign_key="maintenance_plan.code", max_length=16, default=None)
    defect_id: UUID | None = Field(foreign_key="defect.id", default=None)
    vendor: str = Field(max_length=100)
    reason: str = Field(max_length=500, default="")
    beyond_quarter: str = Field(max_length=300, default="")  # why more than a quarter went at once
    due_back_on: date
    sent_at: datetime = Field(sa_type=Instant)
    sent_by_id: UUID = Field(foreign_key="person.id")
    loaner_lot_id: UUID | None = Field(foreign_key="lot.id", default=None)  # stands in meanwhile
    loaner_owner: str = Field(max_length=100, default="")  # whose it is; empty: the depot's own spare
    loaner_back_on: date | None = None  # when the owner wants it back (T35)
    loaner_gone_at: datetime | None = Field(sa_type=Instant, default=None)
    back_at: datetime | None = Field(sa_type=Instant, default=None)
    back_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    outcome: str = Field(max_length=16, default="")  # "mended" or "given_up"
    cost: Decimal | None = Field(sa_type=Quantity, default=None)  # yuan
    note: str = Field(max_length=500, default="")


class ScrapState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    DONE = "done"


OPEN_STATES = (ScrapState.PROPOSED, ScrapState.APPROVED)  # somebody has still something to do


class Scrap(SQLModel, table=True):
    """A piece on its way out: proposed by its keeper, approved by an officer, proved (XF 95-2015 7.3 to 7.5; T36)."""

    __tablename__ = "scrap"
    __table_args__ = (Index("ix_scrap_lot_id", "lot_id"), Index("ix_scrap_depot_id_state", "depot_id", "state"))
    id: UUID = Field(primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id")
    lot_id: UUID = Field(foreign_key="lot.id")
    state: ScrapState = Field(sa_type=choice(ScrapState), default=ScrapState.PROPOSED)
    reason: str = Field(max_length=500)
    proposed_by_id: UUID = Field(foreign_key="person.id")
    proposed_at: datetime = Field(sa_type=Instant)
    decided_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    decided_at: datetime | None = Field(sa_type=Instant, default=None)
    decision_note: str = Field(max_length=500, default="")
    method: str = Field(max_length=16, default="")  # "crushed", "cut" or "handed_over"
    receiver: str = Field(max_length=100, default="")
    done_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    done_at: datetime | None = Field(sa_type=Instant, default=None)


class ScrapPhoto(SQLModel, table=True):
    """A photo of a piece on its way out: with the proposal, or as the proof that it is destroyed."""

    __tablename__ = "scrap_photo"
    scrap_id: UUID = Field(foreign_key="scrap.id", primary_key=True)
    photo_id: UUID = Field(foreign_key="photo.id", primary_key=True)
    proof: bool = False
