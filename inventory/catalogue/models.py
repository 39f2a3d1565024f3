"""The catalogue: what a city knows by name, in which unit, and what a kit holds."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, true
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice
from core.ids import new_id
from inventory.catalogue.measures import Measure, measured


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


class Hazard(SQLModel, table=True):
    """A storage class of dangerous goods: how much may be in one place, beside what it does not stand (T99)."""

    __tablename__ = "hazard"
    code: str = Field(primary_key=True, max_length=16)
    name_zh: str = Field(max_length=50)
    name_en: str = Field(max_length=100)
    unit_zh: str = Field(max_length=20, default="")  # in which the cap is told
    unit_en: str = Field(max_length=20, default="")
    cap: Decimal | None = Field(sa_type=Quantity, default=None)  # for any place that has none of its own
    apart: str = Field(max_length=200, default="")  # codes of classes that do not stand beside it
    disposal_zh: str = Field(max_length=200, default="")  # how it is disposed of, where the bin will not do
    disposal_en: str = Field(max_length=200, default="")
    # it endangers people: labels and doors warn of it; what is merely kept apart is nobody's danger
    warns: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    source: str = Field(max_length=100, default="")


class PlaceCap(SQLModel, table=True):
    """How much of a hazard a place may hold, with all that is in it, where that is not the hazard's own cap (T99)."""

    __tablename__ = "place_cap"
    place_id: UUID = Field(foreign_key="place.id", primary_key=True)
    hazard_code: str = Field(foreign_key="hazard.code", primary_key=True, max_length=16)
    cap: Decimal = Field(sa_type=Quantity)


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
    # "vehicle" or "kit": its pieces are places too; "device": so is each into which a battery was put (T41)
    holds: str | None = Field(max_length=8, default=None)
    gtin: str | None = Field(max_length=14, default=None, index=True)
    pack_size: Decimal | None = Field(sa_type=Quantity, default=None)  # base units in a box (T58)
    pack_unit_zh: str | None = Field(max_length=20, default=None)
    pack_unit_en: str | None = Field(max_length=20, default=None)
    measure_per: Decimal | None = Field(sa_type=Quantity, default=None)  # of a second measure in a base unit (T60)
    measure_zh: str | None = Field(max_length=20, default=None)
    measure_en: str | None = Field(max_length=20, default=None)
    weight_kg: Decimal | None = Field(sa_type=Quantity, default=None)  # of a base unit, packing and all
    sizes: str = Field(max_length=200, default="")  # in order, between spaces; one does not stand in for another (T49)
    expires: bool = False  # its lots carry a date; one without is "date missing" (T09)
    shelf_life_months: int | None = None
    # the day so many months after manufacture is still a usable one; of medicines it is not (T08)
    anniversary_counts: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
    retire_age_months: int | None = None  # scrap age from manufacture
    opened_life_days: int | None = None  # after opening (T10); 0: use at once
    warn_days: str = Field(max_length=40, default="90 30 7")  # days before expiry at which to warn (T16)
    consumable: bool = False  # taking it uses it up; otherwise it is expected back
    reclaim_months: int | None = None  # given away, it may come back so long, and is used up after that (T62)
    controlled: bool = False  # regulated gear: hidden from the public and from other depots (T96)
    hard_stop: bool = False  # never issued past its date: medicines, respirators, rope, cylinders (T15)
    opened_counts: bool = True  # an opened pack counts as ready (T13)
    # what is said in one language alone stands in either of a pair, and is shown in both
    hazards: str = Field(max_length=300, default="")  # in English
    hazards_zh: str = Field(max_length=300, default="", sa_column_kwargs={"server_default": ""})
    hazard_code: str | None = Field(max_length=16, default=None)  # its storage class, if it is dangerous (T99)
    hazard_per: Decimal | None = Field(sa_type=Quantity, default=None)  # of that class's unit in a base unit; empty: 1
    note: str = Field(max_length=500, default="")  # in English
    note_zh: str = Field(max_length=500, default="", sa_column_kwargs={"server_default": ""})
    source: str = Field(max_length=100, default="")
    active: bool = True
    # the line that this one was found to be: it stays so that the past can be read, and is booked no more
    merged_into_id: UUID | None = Field(foreign_key="item.id", default=None)
    merged_at: datetime | None = Field(sa_type=Instant, default=None)

    @property
    def carries(self) -> bool:
        """Whether every piece is a place from the start: a vehicle or kit."""
        return carries(self.holds)

    @property
    def used_up(self) -> bool:
        """Whether taking it uses it up: nobody asks it back, not even for some months (T62)."""
        return self.consumable and self.reclaim_months is None

    def measured(self, quantity: Decimal) -> Measure | None:
        """A quantity in the second measure: 6 rolls are 120 m (T60); None without one."""
        return measured(quantity, self.measure_per, self.measure_zh, self.measure_en)


def carries(holds: str | None) -> bool:
    """Whether every piece of such an item is a place from the start; a device is one once it holds something (T41)."""
    return holds in ("vehicle", "kit")


HOLDS_PARTS = ("kit", "device")  # of which a piece is incomplete while a part of its list lacks
MEASURE: tuple[Any, ...] = (Item.measure_per, Item.measure_zh, Item.measure_en)


class KitLine(SQLModel, table=True):
    """What belongs in a kit or on a vehicle."""

    __tablename__ = "kit_line"
    kit_item_id: UUID = Field(foreign_key="item.id", primary_key=True)
    item_id: UUID = Field(foreign_key="item.id", primary_key=True)
    quantity: Decimal = Field(sa_type=Quantity)
    role: str = Field(max_length=20, default="")


class FileKind(StrEnum):
    """What a file of an item is."""

    PHOTO = "photo"
    MANUAL = "manual"
    DATA_SHEET = "data-sheet"
    CERTIFICATE = "certificate"
    DRAWING = "drawing"
    OTHER = "other"


class ItemFile(SQLModel, table=True):
    """A picture or paper of an item. What it holds lies beside the database, under its hash, and in every backup."""

    __tablename__ = "item_file"
    __table_args__ = (UniqueConstraint("item_id", "file_hash"),)
    id: UUID = Field(primary_key=True)  # the client's own: sent twice, it is stored once
    item_id: UUID = Field(foreign_key="item.id", index=True)
    kind: FileKind = Field(sa_type=choice(FileKind))
    title: str = Field(max_length=100)
    suffix: str = Field(max_length=8)  # ".jpg" or ".pdf": what it is, not what somebody called it
    file_hash: str = Field(max_length=64)
    size: int  # bytes
    added_by_id: UUID = Field(foreign_key="person.id")
    added_at: datetime = Field(sa_type=Instant)
