"""Plans, their clocks on things, and the checks that were done."""

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

    Written in the transaction of whatever moves the clock. Whether it is overdue is never stored: that is ``due_on``
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
    """That somebody looked, or why nobody did. Stored for ever."""

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


class MaintenancePlan(SQLModel, table=True):
    """What must be looked at, how often, and by whom. Officers change it as versions (``PlanVersion``)."""

    __tablename__ = "maintenance_plan"
    code: str = Field(primary_key=True, max_length=16)
    item_id: UUID = Field(foreign_key="item.id", index=True)
    task_zh: str = Field(max_length=200)
    task_en: str = Field(max_length=200)
    anchor: str = Field(max_length=8)  # an ``Anchor``
    first_after_months: int | None = None
    every: int | None = None
    unit: str = Field(max_length=8, default="")  # month, week, day, use, shift
    done_by: str = Field(max_length=50, default="")
    blocks_use: bool = False  # overdue takes the piece out of "ready"
    source: str = Field(max_length=50, default="")
    clause: str = Field(max_length=200, default="")  # in English, as the note
    clause_zh: str = Field(max_length=200, default="", sa_column_kwargs={"server_default": ""})
    confidence: str = Field(max_length=50, default="")
    note: str = Field(max_length=500, default="")
    note_zh: str = Field(max_length=500, default="", sa_column_kwargs={"server_default": ""})
    kind: str = Field(max_length=8, default="check")  # check (somebody looks), service (somebody mends), scrap
    anchor_on: date | None = None  # CAL: a date of the calendar, if not the end of its period
    season_from: str = Field(max_length=5, default="")  # month and day, such as 09-15; may cross the year's end (T28)
    season_to: str = Field(max_length=5, default="")
    off_every: int | None = None  # the interval outside the season
    off_unit: str = Field(max_length=8, default="")
    crowded_types: str = Field(max_length=40, default="")  # depot types where another interval holds (T24)
    crowded_every: int | None = None
    crowded_unit: str = Field(max_length=8, default="")
    meter: str = Field(max_length=8, default="")  # hours, cycles, km: or after so much, whichever comes first
    meter_every: Decimal | None = Field(sa_type=Quantity, default=None)
    grace_days: int = 0  # overdue for so many days before it blocks
    checklist: str = Field(default="[]")  # JSON: the questions
    active: bool = True
    version: int = 1
    edited: bool = False  # an officer's version stands: loading the files again leaves it
