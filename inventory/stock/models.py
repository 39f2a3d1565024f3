"""What and how much: the catalogue, lots, movements and the balances they make."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice
from core.ids import new_id


class Category(SQLModel, table=True):
    """A category of the catalogue, such as extinguishing devices."""

    __tablename__ = "category"
    code: str = Field(primary_key=True, max_length=8)
    name_zh: str = Field(max_length=50)
    name_en: str = Field(max_length=100)
    position: int = 0


class Tracking(StrEnum):
    """How pieces are told apart: each by itself, by batch, or not at all."""

    SERIAL = "serial"
    LOT = "lot"
    BULK = "bulk"


class Item(SQLModel, table=True):
    """A line of the catalogue (物资目录)."""

    __tablename__ = "item"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    code: str = Field(max_length=32, unique=True)
    name_zh: str = Field(max_length=100)
    name_en: str = Field(max_length=150)
    category_code: str = Field(foreign_key="category.code", max_length=8, index=True)
    unit_zh: str = Field(max_length=20)
    unit_en: str = Field(max_length=20)
    decimals: int = 0  # places after the point that make sense: litres and kilograms have some, pieces none (T59)
    tracking: Tracking = Field(sa_type=choice(Tracking))
    holds: str | None = Field(max_length=8, default=None)  # "vehicle" or "kit": its pieces are places too
    gtin: str | None = Field(max_length=14, default=None, index=True)
    pack_size: Decimal | None = Field(sa_type=Quantity, default=None)  # base units in a box (T58)
    pack_unit_zh: str | None = Field(max_length=20, default=None)
    pack_unit_en: str | None = Field(max_length=20, default=None)
    expires: bool = False  # its lots carry a date; one without is "date missing" (T09)
    shelf_life_months: int | None = None
    retire_age_months: int | None = None  # scrap age from manufacture
    opened_life_days: int | None = None  # after opening (T10); 0: use at once
    warn_days: str = Field(max_length=40, default="90 30 7")  # days before expiry at which to warn (T16)
    consumable: bool = False  # taking it uses it up; otherwise it is expected back
    controlled: bool = False  # regulated gear: hidden from the public and from other depots (T96)
    hard_stop: bool = False  # never issued past its date: medicines, respirators, rope, cylinders (T15)
    opened_counts: bool = True  # an opened pack counts as ready (T13)
    hazards: str = Field(max_length=300, default="")
    note: str = Field(max_length=500, default="")
    source: str = Field(max_length=100, default="")
    active: bool = True


class KitLine(SQLModel, table=True):
    """What belongs in a kit or on a vehicle."""

    __tablename__ = "kit_line"
    kit_item_id: UUID = Field(foreign_key="item.id", primary_key=True)
    item_id: UUID = Field(foreign_key="item.id", primary_key=True)
    quantity: Decimal = Field(sa_type=Quantity)
    role: str = Field(max_length=20, default="")


class MaintenancePlan(SQLModel, table=True):
    """What must be looked at, how often, and by whom. Officers change it as versions (``PlanVersion``)."""

    __tablename__ = "maintenance_plan"
    code: str = Field(primary_key=True, max_length=16)
    item_id: UUID = Field(foreign_key="item.id", index=True)
    task_zh: str = Field(max_length=200)
    task_en: str = Field(max_length=200)
    anchor: str = Field(max_length=8)  # MFG, LAST, CAL, INSVC, USE, SHIFT
    first_after_months: int | None = None
    every: int | None = None
    unit: str = Field(max_length=8, default="")  # month, week, day, use, shift
    done_by: str = Field(max_length=50, default="")
    blocks_use: bool = False  # overdue takes the piece out of "ready"
    source: str = Field(max_length=50, default="")
    clause: str = Field(max_length=200, default="")
    confidence: str = Field(max_length=50, default="")
    note: str = Field(max_length=500, default="")
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


class Condition(StrEnum):
    FIT = "fit"
    UNFIT = "unfit"
    QUARANTINED = "quarantined"


class Expiry(StrEnum):
    """What is known of a lot's date. Unknown asks for a look; never "no expiry", it never counts as ready (T09)."""

    NONE = "none"
    KNOWN = "known"
    UNKNOWN = "unknown"


class Lot(SQLModel, table=True):
    """A batch with its number and date, or one serialised piece. A bulk item has exactly one lot."""

    __tablename__ = "lot"
    __table_args__ = (
        Index(
            "ix_lot_usable_through",
            "usable_through",
            sqlite_where=text("usable_through IS NOT NULL"),
            postgresql_where=text("usable_through IS NOT NULL"),
        ),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    item_id: UUID = Field(foreign_key="item.id", index=True)
    natural_key: str = Field(max_length=250, unique=True)  # what makes two receipts the same lot (T17, T38)
    number: str | None = Field(max_length=64, default=None)
    serial: str | None = Field(max_length=64, default=None)
    maker: str | None = Field(max_length=100, default=None)
    made_on: date | None = None
    made_precision: str = Field(
        max_length=5, default="day"
    )  # "month": the stamp names a month, its last day counts (T26)
    in_service_on: date | None = None  # when its working life began, where that is not when it was received
    expiry: Expiry = Field(sa_type=choice(Expiry), default=Expiry.NONE)
    expires_on: date | None = None  # last usable day by the label
    expiry_precision: str = Field(
        max_length=5, default="day"
    )  # "day" or "month" as printed (T01), "calc": made on + shelf life (T08)
    opened_on: date | None = None
    usable_through: date | None = None  # last usable day in truth: label, opening and scrap age, the earliest
    condition: Condition = Field(sa_type=choice(Condition), default=Condition.FIT)
    condition_note: str = Field(max_length=300, default="")
    pack_size: Decimal | None = Field(sa_type=Quantity, default=None)  # this batch's box, if not the item's (T58)
    opened_from_id: UUID | None = Field(foreign_key="lot.id", default=None)
    home_place_id: UUID | None = Field(foreign_key="place.id", default=None)  # where a piece lives
    received_at: datetime = Field(sa_type=Instant)


class Kind(StrEnum):
    """What happened to stock, as keepers say it."""

    RECEIVE = "receive"
    ISSUE = "issue"
    RETURN = "return"
    CONSUME = "consume"
    TRANSFER = "transfer"
    ADJUST = "adjust"
    DISPOSE = "dispose"
    OPEN = "open"


class Movement(SQLModel, table=True):
    """A quantity of a lot went from one place to another. Never changed, never deleted: a trigger refuses it."""

    __tablename__ = "movement"
    __table_args__ = (
        UniqueConstraint("request_id", "line"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("from_place_id <> to_place_id", name="moves"),
        Index("ix_movement_recorded_at_id", "recorded_at", "id"),
        Index("ix_movement_from_depot_id_recorded_at", "from_depot_id", "recorded_at"),
        Index("ix_movement_to_depot_id_recorded_at", "to_depot_id", "recorded_at"),
        Index("ix_movement_lot_id_recorded_at", "lot_id", "recorded_at"),
        Index("ix_movement_person_id_recorded_at", "person_id", "recorded_at"),
    )
    id: UUID = Field(primary_key=True)
    request_id: UUID  # the id that the client named; a request served from several lots has several lines
    line: int = 0
    digest: str = Field(max_length=64)  # of the request's content: the same id with another content is refused
    kind: Kind = Field(sa_type=choice(Kind))
    item_id: UUID = Field(foreign_key="item.id")
    lot_id: UUID = Field(foreign_key="lot.id")
    quantity: Decimal = Field(sa_type=Quantity)  # base units
    from_place_id: UUID = Field(foreign_key="place.id")
    to_place_id: UUID = Field(foreign_key="place.id")
    from_depot_id: UUID = Field(foreign_key="depot.id")
    to_depot_id: UUID = Field(foreign_key="depot.id")
    person_id: UUID = Field(foreign_key="person.id")
    happened_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    late: bool = False  # a fact told afterwards: never refused
    reason: str = Field(max_length=500, default="")
    incident_id: UUID | None = Field(foreign_key="incident.id", default=None, index=True)  # for which call-out
    entered: str = Field(max_length=40, default="")  # as the person said it, such as "2 box"


class Stock(SQLModel, table=True):
    """The balance of a lot in a place, kept by the ledger alone and always recomputable from movements.

    A trigger refuses a balance below zero inside a depot: a CHECK would already refuse the row that an upsert offers.
    """

    __tablename__ = "stock"
    __table_args__ = (
        Index("ix_stock_lot_id_depot_id", "lot_id", "depot_id"),
        Index("ix_stock_depot_id_item_id", "depot_id", "item_id"),
    )
    place_id: UUID = Field(foreign_key="place.id", primary_key=True)
    lot_id: UUID = Field(foreign_key="lot.id", primary_key=True)
    item_id: UUID = Field(foreign_key="item.id")
    depot_id: UUID = Field(foreign_key="depot.id")
    outside: bool = False
    quantity: Decimal = Field(sa_type=Quantity)


class DepotItem(SQLModel, table=True):
    """A depot's holding of an item, kept in the movement's transaction: what dashboards and finders read."""

    __tablename__ = "depot_item"
    __table_args__ = (
        Index("ix_depot_item_item_id", "item_id"),
        # each database knows the condition only in the form in which it is asked for
        Index("ix_depot_item_dirty", "depot_id", sqlite_where=text("dirty = 1"), postgresql_where=text("dirty")),
    )
    depot_id: UUID = Field(foreign_key="depot.id", primary_key=True)
    item_id: UUID = Field(foreign_key="item.id", primary_key=True)
    held: Decimal = Field(sa_type=Quantity)  # on the depot's books: stored, lent, in service, in transit
    in_reach: Decimal = Field(sa_type=Quantity)  # stored and fit, whatever its date
    dirty: bool = True  # the depot's readiness figures do not know of it yet
    # only ever counted up, with every change that makes the row dirty
    changes: int = Field(default=1, sa_column_kwargs={"server_default": "0"})


class DepotReadiness(SQLModel, table=True):
    """A depot's readiness figures as last worked out; right until the depot's stock or the date changes them."""

    __tablename__ = "depot_readiness"
    depot_id: UUID = Field(foreign_key="depot.id", primary_key=True)
    day: date  # worked out for this date
    good_through: date  # no date passes before the end of this day
    mandatory: int  # lines required
    mandatory_held: int
    mandatory_ready: int
    specialty: int
    specialty_held: int
    specialty_ready: int
    recommended: int
    recommended_held: int
    recommended_ready: int
    low: int  # items under their low-stock line
    missing: str = Field(default="[]")  # JSON: subjects of mandatory and specialty lines that are not ready
    ends: str = Field(default="{}")  # JSON: last usable day -> balances that end with it, for the days in sight


class FiguresState(SQLModel, table=True):
    """Counted up whenever the written figures, or the names they are shown with, change (``figures.py``)."""

    __tablename__ = "figures_state"
    id: int = Field(primary_key=True)
    version: int


class DefectState(StrEnum):
    REPORTED = "reported"  # a passer-by says so; nobody of the depot has looked
    OPEN = "open"
    CLOSED = "closed"


class Defect(SQLModel, table=True):
    """A fault of a piece or at a place, from its report until it is closed."""

    __tablename__ = "defect"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    depot_id: UUID = Field(foreign_key="depot.id", index=True)
    lot_id: UUID | None = Field(foreign_key="lot.id", default=None, index=True)
    place_id: UUID | None = Field(foreign_key="place.id", default=None)
    quantity: Decimal | None = Field(sa_type=Quantity, default=None)
    state: DefectState = Field(sa_type=choice(DefectState), default=DefectState.OPEN)
    description: str = Field(max_length=500)
    contact: str = Field(max_length=100, default="")
    person_id: UUID | None = Field(foreign_key="person.id", default=None)  # empty: a passer-by
    reported_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(sa_type=Instant, default=None)
    closed_by_id: UUID | None = Field(foreign_key="person.id", default=None)
    closing_note: str = Field(max_length=500, default="")
