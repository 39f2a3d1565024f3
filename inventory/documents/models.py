"""Documents made of movements. What each of them moved is read off the ledger; here stands who, when and why."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice, index_where
from core.ids import new_id


class IncidentKind(StrEnum):
    FIRE = "fire"
    FLOOD = "flood"
    RESCUE = "rescue"
    FOREST = "forest"
    TRAFFIC = "traffic"
    MEDICAL = "medical"
    SECURITY = "security"
    OTHER = "other"


class Channel(StrEnum):
    """By which way a call-out came."""

    PLATFORM_119 = "platform_119"
    STREET_OFFICE = "street_office"
    POLICE = "police"
    PHONE = "phone"
    WALK_IN = "walk_in"


class Incident(SQLModel, table=True):
    """A call-out. Its id is also that of the place that holds what was taken for it."""

    __tablename__ = "incident"
    __table_args__ = (
        Index("ix_incident_depot_id_closed_at", "depot_id", "closed_at"),
        index_where("approved_at IS NULL", "ix_incident_unapproved", "opened_at"),
    )
    id: UUID = Field(primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id")
    kind: IncidentKind = Field(sa_type=choice(IncidentKind))
    channel: Channel = Field(sa_type=choice(Channel))
    place: str = Field(max_length=200)
    opened_at: datetime = Field(sa_type=Instant, index=True)
    arrived_at: datetime | None = Field(sa_type=Instant, default=None)
    counted_at: datetime | None = Field(sa_type=Instant, default=None)  # on scene, before leaving
    closed_at: datetime | None = Field(sa_type=Instant, default=None)
    opened_by_id: UUID = Field(foreign_key="person.id")
    closed_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    ordered_by: str = Field(max_length=100, default="")  # whose word it was, when the paper came later (T57)
    approved_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    approved_at: datetime | None = Field(sa_type=Instant, default=None)
    note: str = Field(max_length=500, default="")
    restock_by: date | None = None  # closed before all was restocked: the task's day, until it is done


class Restocked(SQLModel, table=True):
    """How much of what an incident used up has been put back on the shelf, and by whom."""

    __tablename__ = "restocked"
    incident_id: UUID = Field(foreign_key="incident.id", primary_key=True)
    item_id: UUID = Field(foreign_key="item.id", primary_key=True)
    quantity: Decimal = Field(sa_type=Quantity)
    person_id: UUID = Field(foreign_key="person.id")
    at: datetime = Field(sa_type=Instant)
    note: str = Field(max_length=200, default="")


class Borrower(StrEnum):
    RESPONDER = "responder"
    OUTSIDE = "outside"  # somebody of another unit, without an account (T97)
    RESIDENT = "resident"  # at the convenience cabinet: the last four digits of a phone, or nothing (T61)


class Loan(SQLModel, table=True):
    """Gear lent to somebody. Its id is also that of the place that holds what is still out."""

    __tablename__ = "loan"
    __table_args__ = (Index("ix_loan_depot_id_closed_at", "depot_id", "closed_at"),)
    id: UUID = Field(primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id")
    borrower: Borrower = Field(sa_type=choice(Borrower))
    name: str = Field(max_length=100, default="")
    unit: str = Field(max_length=100, default="")
    phone: str = Field(max_length=32, default="")
    lent_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    lent_by_id: UUID = Field(foreign_key="person.id")
    closed_at: datetime | None = Field(sa_type=Instant, default=None)
    outcome: str = Field(max_length=16, default="")  # "returned" or "lost"


class TransferState(StrEnum):
    REQUESTED = "requested"
    SENT = "sent"
    CLOSED = "closed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Transfer(SQLModel, table=True):
    """Gear that goes from one depot to another.

    Its id is also that of the place "on the way", which belongs to the sender until the receiver has signed (T64).
    """

    __tablename__ = "transfer"
    __table_args__ = (
        Index("ix_transfer_from_depot_id_closed_at", "from_depot_id", "closed_at"),
        Index("ix_transfer_to_depot_id_closed_at", "to_depot_id", "closed_at"),
        index_where("closed_at IS NULL", "ix_transfer_open", "asked_at"),
    )
    id: UUID = Field(primary_key=True)
    from_depot_id: UUID = Field(foreign_key="depot.id")
    to_depot_id: UUID = Field(foreign_key="depot.id")
    state: TransferState = Field(sa_type=choice(TransferState), default=TransferState.REQUESTED)
    reason: str = Field(max_length=300, default="")
    asked_by_id: UUID = Field(foreign_key="person.id")
    asked_at: datetime = Field(sa_type=Instant, index=True)
    sent_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    sent_at: datetime | None = Field(sa_type=Instant, default=None)
    closed_at: datetime | None = Field(sa_type=Instant, default=None)
    closing_note: str = Field(max_length=300, default="")
    sender_signed_loss_id: UUID | None = Field(foreign_key="person.id", default=None)
    receiver_signed_loss_id: UUID | None = Field(foreign_key="person.id", default=None)
    loss_signed: str = Field(max_length=64, default="")  # digest of what was on the way when a side signed
    incident_id: UUID | None = Field(foreign_key="incident.id", default=None)  # whose used up gear it restocks


class TransferLine(SQLModel, table=True):
    """What a transfer asks for, in base units."""

    __tablename__ = "transfer_line"
    transfer_id: UUID = Field(foreign_key="transfer.id", primary_key=True)
    item_id: UUID = Field(foreign_key="item.id", primary_key=True)
    quantity: Decimal = Field(sa_type=Quantity)


class Handover(SQLModel, table=True):
    """One shift gives the depot to the next (交接班). Its id is that of the count that was the walk."""

    __tablename__ = "handover"
    __table_args__ = (Index("ix_handover_depot_id_shift_day", "depot_id", "shift_day"),)
    id: UUID = Field(foreign_key="count.id", primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id")
    shift_day: date  # the day of the shift that ends (T30)
    giver_id: UUID = Field(foreign_key="person.id")
    given_at: datetime = Field(sa_type=Instant)
    taker_id: UUID | None = Field(foreign_key="person.id", default=None)
    taken_at: datetime | None = Field(sa_type=Instant, default=None)
    handed_on: str = Field(default="{}")  # JSON: the loans, faults and incidents that stood open, and the differences
    note: str = Field(max_length=500, default="")


class KeeperHandover(SQLModel, table=True):
    """A keeper leaves and another comes (T98). Its id is that of their joint count; what became of it, the count says.

    The duty moves when leaver, comer and witness have signed, at the witness's signature.
    """

    __tablename__ = "keeper_handover"
    id: UUID = Field(foreign_key="count.id", primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id", index=True)
    leaver_id: UUID = Field(foreign_key="person.id")
    comer_id: UUID = Field(foreign_key="person.id")
    guest: bool = False  # the coming keeper was let in for the count: may take until it is over
    reason: str = Field(max_length=300, default="")
    started_by_id: UUID = Field(foreign_key="person.id")
    started_at: datetime = Field(sa_type=Instant)
    leaver_signed_at: datetime | None = Field(sa_type=Instant, default=None)
    comer_signed_at: datetime | None = Field(sa_type=Instant, default=None)
    signed: str = Field(max_length=64, default="")  # digest of the count's lines that a keeper signed for
    witness_id: UUID | None = Field(foreign_key="person.id", default=None)
    witness_signed_at: datetime | None = Field(sa_type=Instant, default=None)
    handed_on: str = Field(default="{}")  # JSON: what stood open, and the differences
    note: str = Field(max_length=500, default="")


class Seal(SQLModel, table=True):
    """A numbered seal on a kit or vehicle, from the hand that put it on to the one that broke it."""

    __tablename__ = "seal"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    place_id: UUID = Field(foreign_key="place.id", index=True)
    number: str = Field(max_length=32)
    put_at: datetime = Field(sa_type=Instant)
    put_by_id: UUID = Field(foreign_key="person.id")
    short: str = Field(default="[]")  # JSON: what was missing when it was sealed all the same (T46)
    broken_at: datetime | None = Field(sa_type=Instant, default=None)
    broken_by_id: UUID | None = Field(foreign_key="person.id", default=None)


class CheckKind(StrEnum):
    SEAL = "seal"  # the seal was whole: dates from the record (T44)
    FULL = "full"  # counted
    ROUND = "round"  # a place looked at in the shift's walk


class CheckResult(SQLModel, table=True):
    """That somebody looked at a place or piece, and what came of it. Stored for ever."""

    __tablename__ = "check_result"
    __table_args__ = (Index("ix_check_result_place_id_at", "place_id", "at"),)
    id: UUID = Field(primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id")
    place_id: UUID = Field(foreign_key="place.id")
    kind: CheckKind = Field(sa_type=choice(CheckKind))
    passed: bool
    details: str = Field(default="{}")  # JSON
    person_id: UUID = Field(foreign_key="person.id")
    at: datetime = Field(sa_type=Instant)


class PackCode(SQLModel, table=True):
    """A maker's product code: which item it is, and how many base units that pack holds (T77, T78)."""

    __tablename__ = "pack_code"
    gtin: str = Field(primary_key=True, max_length=14)  # fourteen digits; of a medicine's trace code seven (T101)
    item_id: UUID = Field(foreign_key="item.id", index=True)
    contains: Decimal = Field(sa_type=Quantity)


class ProposalState(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"


class Proposal(SQLModel, table=True):
    """A product that the catalogue does not know, scanned by a keeper; an officer says what it is."""

    __tablename__ = "proposal"
    __table_args__ = (
        Index("ix_proposal_state", "state"),
        # a depot asks once what a product is
        Index(
            "uq_proposal_depot_id_gtin_open",
            "depot_id",
            "gtin",
            unique=True,
            sqlite_where=text("state = 'open' AND gtin IS NOT NULL"),
            postgresql_where=text("state = 'open' AND gtin IS NOT NULL"),
        ),
    )
    id: UUID = Field(primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id")
    gtin: str | None = Field(max_length=14, default=None)
    raw: str = Field(max_length=300, default="")  # what was scanned, letter by letter (T79)
    name: str = Field(max_length=100)
    unit: str = Field(max_length=20)
    contains: Decimal = Field(sa_type=Quantity)
    item_id: UUID | None = Field(foreign_key="item.id", default=None)
    state: ProposalState = Field(sa_type=choice(ProposalState), default=ProposalState.OPEN)
    note: str = Field(max_length=300, default="")
    by_id: UUID = Field(foreign_key="person.id")
    at: datetime = Field(sa_type=Instant)
    decided_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    decided_at: datetime | None = Field(sa_type=Instant, default=None)
