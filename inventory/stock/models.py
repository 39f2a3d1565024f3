"""What there is and where: lots, movements and the balances they make."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice
from core.ids import new_id


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
        Index("ix_lot_use_by", text("coalesce(usable_through, '9999-12-31')"), "id"),  # the order of the desk's lists
        Index(
            "ix_lot_number",
            "number",
            sqlite_where=text("number IS NOT NULL"),
            postgresql_where=text("number IS NOT NULL"),
        ),
        Index(
            "ix_lot_serial",
            "serial",
            sqlite_where=text("serial IS NOT NULL"),
            postgresql_where=text("serial IS NOT NULL"),
        ),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    item_id: UUID = Field(foreign_key="item.id", index=True)
    natural_key: str = Field(max_length=250, unique=True)  # what makes two receipts the same lot (T17, T38)
    number: str | None = Field(max_length=64, default=None)
    serial: str | None = Field(max_length=64, default=None)
    maker: str | None = Field(max_length=100, default=None)
    size: str | None = Field(max_length=16, default=None)  # one of the item's sizes; empty: not known, or none (T49)
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
    charge: int | None = None  # of a battery, percent as last reported (T41)
    charged_at: datetime | None = Field(sa_type=Instant, default=None)  # when that was reported
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
        Index("ix_movement_to_place_id_lot_id", "to_place_id", "lot_id"),  # where what is out was taken
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
    late: bool = False  # a fact reported afterwards: never refused
    reason: str = Field(max_length=500, default="")
    incident_id: UUID | None = Field(foreign_key="incident.id", default=None, index=True)  # for which call-out
    entered: str = Field(max_length=40, default="")  # as the person said it, such as "2 box"


class CarriedLoad(SQLModel, table=True):
    """What went to another depot inside the vehicle or kit that a movement moved: a line of its own in both ledgers.

    It can be recomputed: what the movements up to then had put into the place (``inventory/stock/loads.py``).
    """

    __tablename__ = "carried_load"
    movement_id: UUID = Field(foreign_key="movement.id", primary_key=True)
    place_id: UUID = Field(foreign_key="place.id", primary_key=True)  # the carrier, or a kit in it
    lot_id: UUID = Field(foreign_key="lot.id", primary_key=True)
    item_id: UUID = Field(foreign_key="item.id")
    quantity: Decimal = Field(sa_type=Quantity)
    from_depot_id: UUID = Field(foreign_key="depot.id")
    to_depot_id: UUID = Field(foreign_key="depot.id")


class Stock(SQLModel, table=True):
    """The balance of a lot in a place, written by the ledger alone and always recomputable from movements.

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


class ItemChange(SQLModel, table=True):
    """What lay where as its line of the catalogue was merged into another: out of the one account, into the other.

    Two rows for each balance inside depots: of the old item from its place to the depot's edge, of the new one back.
    The ledger stays as it was told; reports read these rows beside it, so that what they said before stays true.
    """

    __tablename__ = "item_change"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        Index("ix_item_change_recorded_at", "recorded_at"),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    item_id: UUID = Field(foreign_key="item.id")
    lot_id: UUID = Field(foreign_key="lot.id")
    quantity: Decimal = Field(sa_type=Quantity)
    from_place_id: UUID = Field(foreign_key="place.id")
    to_place_id: UUID = Field(foreign_key="place.id")
    depot_id: UUID = Field(foreign_key="depot.id")
    person_id: UUID = Field(foreign_key="person.id")
    recorded_at: datetime = Field(sa_type=Instant)
    reason: str = Field(max_length=200)


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
