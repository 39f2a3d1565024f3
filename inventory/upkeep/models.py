"""What becomes of faulty and worn gear: triage, service, scrap."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice


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
        # a piece is away once at a time
        Index(
            "uq_service_lot_id_away",
            "lot_id",
            unique=True,
            sqlite_where=text("back_at IS NULL"),
            postgresql_where=text("back_at IS NULL"),
        ),
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
    __table_args__ = (
        Index("ix_scrap_lot_id", "lot_id"),
        Index("ix_scrap_depot_id_state", "depot_id", "state"),
        # one open proposal of a piece
        Index(
            "uq_scrap_lot_id_open",
            "lot_id",
            unique=True,
            sqlite_where=text("state IN ('proposed', 'approved')"),
            postgresql_where=text("state IN ('proposed', 'approved')"),
        ),
    )
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
    signed: str = Field(max_length=64, default="")  # digest of the proposal as it was approved
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
