"""Where: districts, depots and their types, what a depot should hold, and the places inside."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text, true
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice
from core.ids import new_id


class District(SQLModel, table=True):
    """A district of the city (GB/T 2260 code where there is one)."""

    __tablename__ = "district"
    code: str = Field(primary_key=True, max_length=8)
    name_zh: str = Field(max_length=50)
    name_en: str = Field(max_length=50)
    active: bool = Field(default=True, sa_column_kwargs={"server_default": true()})  # false: no longer used


class Subdistrict(SQLModel, table=True):
    """A sub-district (街道) with an approximate centre on land, WGS84 degrees."""

    __tablename__ = "subdistrict"
    code: str = Field(primary_key=True, max_length=16)
    district_code: str = Field(foreign_key="district.code", max_length=8)
    name_zh: str = Field(max_length=50)
    name_en: str = Field(max_length=50)
    lat: float
    lon: float
    spread_km: Decimal = Field(sa_type=Quantity)  # how far from the centre is land for sure
    active: bool = Field(default=True, sa_column_kwargs={"server_default": true()})  # false: not covered


class Profile(SQLModel, table=True):
    """A list of gear that a kind of depot should hold: one per station type, one per add-on (forest, flood, ...)."""

    __tablename__ = "profile"
    code: str = Field(primary_key=True, max_length=8)
    kind: str = Field(max_length=8)  # "type" or "add-on"
    name_zh: str = Field(max_length=50)
    name_en: str = Field(max_length=100)
    note: str = Field(max_length=500, default="")  # in English
    note_zh: str = Field(max_length=500, default="", sa_column_kwargs={"server_default": ""})
    headline_count: int | None = None  # stations of this type in the city's own announcement (T90)
    active: bool = Field(default=True, sa_column_kwargs={"server_default": true()})  # false: no new depot gets it


FIRST_DAY = date(2000, 1, 1)  # from which on holds what has no beginning of its own


class DepotStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Depot(SQLModel, table=True):
    """An emergency-management service station that keeps gear."""

    __tablename__ = "depot"
    id: UUID = Field(primary_key=True, default_factory=new_id)
    code: str = Field(max_length=16, unique=True)
    name_zh: str = Field(max_length=100)
    name_en: str = Field(max_length=150)
    type_code: str = Field(foreign_key="profile.code", max_length=8, index=True)
    district_code: str = Field(foreign_key="district.code", max_length=8, index=True)
    subdistrict_code: str | None = Field(foreign_key="subdistrict.code", max_length=16, default=None, index=True)
    address_zh: str = Field(max_length=200, default="")
    address_en: str = Field(max_length=200, default="")
    lat: float | None = None  # WGS84 degrees
    lon: float | None = None
    phone: str = Field(max_length=32, default="")
    hours: str = Field(max_length=100, default="24 h")
    area_m2: int | None = None
    crew: int | None = None  # people, 10 to 30 per station
    required_on: date | None = None  # the day for which its requirements were last worked out (T88)
    status: DepotStatus = Field(sa_type=choice(DepotStatus), default=DepotStatus.OPEN)
    created_at: datetime = Field(sa_type=Instant)


class Post(StrEnum):
    """Whom a depot's crew must have besides its response and patrol groups (DOMAIN.md, S00)."""

    CAPTAIN = "captain"
    DEPUTY = "deputy"
    SIGNALLER = "signaller"
    SAFETY_OFFICER = "safety-officer"


class CrewPost(SQLModel, table=True):
    """Who holds a post at a depot. No row: nobody does."""

    __tablename__ = "crew_post"
    depot_id: UUID = Field(foreign_key="depot.id", primary_key=True)
    post: Post = Field(primary_key=True, sa_type=choice(Post))
    name: str = Field(max_length=100)
    phone: str = Field(max_length=32, default="")
    set_at: datetime = Field(sa_type=Instant)
    set_by_id: UUID | None = Field(foreign_key="person.id", default=None)  # empty: entered with the demo city


class DepotProfile(SQLModel, table=True):
    """An add-on profile that a depot carries besides its type."""

    __tablename__ = "depot_profile"
    depot_id: UUID = Field(foreign_key="depot.id", primary_key=True)
    profile_code: str = Field(foreign_key="profile.code", primary_key=True, max_length=8)


class Level(StrEnum):
    """How binding a requirement is. Mandatory and specialty decide readiness; recommended is advice."""

    MANDATORY = "mandatory"
    SPECIALTY = "specialty"
    RECOMMENDED = "recommended"


class ItemGroup(SQLModel, table=True):
    """Items of which any will do, such as any response vehicle (T86)."""

    __tablename__ = "item_group"
    code: str = Field(primary_key=True, max_length=32)
    name_zh: str = Field(max_length=100)
    name_en: str = Field(max_length=100)


class ItemGroupMember(SQLModel, table=True):
    """An item that counts towards a group."""

    __tablename__ = "item_group_member"
    group_code: str = Field(foreign_key="item_group.code", primary_key=True, max_length=32)
    item_id: UUID = Field(foreign_key="item.id", primary_key=True)


class ItemGroupSize(SQLModel, table=True):
    """A size of an item that counts towards a group: boots of the sizes 40 to 44 (T49)."""

    __tablename__ = "item_group_size"
    group_code: str = Field(foreign_key="item_group.code", primary_key=True, max_length=32)
    item_id: UUID = Field(foreign_key="item.id", primary_key=True)
    size: str = Field(primary_key=True, max_length=16)


class Requirement(SQLModel, table=True):
    """One line of a profile: how many of an item (or of any of a group) there must be, from a date on (T88)."""

    __tablename__ = "requirement"
    __table_args__ = (
        UniqueConstraint("profile_code", "subject", "valid_from"),
        CheckConstraint("(item_id IS NULL) <> (group_code IS NULL)", name="one_subject"),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)
    profile_code: str = Field(foreign_key="profile.code", max_length=8, index=True)
    subject: str = Field(max_length=40)  # the item's code, or GROUP:code
    item_id: UUID | None = Field(foreign_key="item.id", default=None)
    group_code: str | None = Field(foreign_key="item_group.code", default=None, max_length=32)
    level: Level = Field(sa_type=choice(Level))
    minimum: Decimal = Field(sa_type=Quantity)
    spare_per: int | None = None  # one spare for each so many, rounded up (T87; XF 621-2013 5.6); empty: no spares
    combine: str = Field(max_length=3, default="max")  # with other profiles: "max" shared gear, "sum" per person (T85)
    valid_from: date
    source: str = Field(max_length=300, default="")  # in English, or as an officer wrote it
    source_zh: str = Field(max_length=300, default="", sa_column_kwargs={"server_default": ""})


class ParLevel(SQLModel, table=True):
    """How much of an item a profile likes to hold, from a date on: below ``minimum`` is low stock, ``par`` is full."""

    __tablename__ = "par_level"
    profile_code: str = Field(foreign_key="profile.code", primary_key=True, max_length=8)
    item_id: UUID = Field(foreign_key="item.id", primary_key=True)
    valid_from: date = Field(default=FIRST_DAY, primary_key=True)
    minimum: Decimal = Field(sa_type=Quantity)
    par: Decimal = Field(sa_type=Quantity)


class RequirementOverride(SQLModel, table=True):
    """What one depot must hold in place of what its profiles say."""

    __tablename__ = "requirement_override"
    depot_id: UUID = Field(foreign_key="depot.id", primary_key=True)
    subject: str = Field(primary_key=True, max_length=40)
    level: Level = Field(sa_type=choice(Level))
    minimum: Decimal = Field(sa_type=Quantity)
    reason: str = Field(max_length=300)
    by_person_id: UUID = Field(foreign_key="person.id")


class DepotRequirement(SQLModel, table=True):
    """What a depot must hold, worked out from its profiles and overrides; made anew when those change.

    What a version that is to come asks for stands here already: a row holds from ``since`` until before ``until``, and
    readers ask for what is in force on their day (``requirements.in_force``). No job has to be on time for it.
    """

    __tablename__ = "depot_requirement"
    depot_id: UUID = Field(foreign_key="depot.id", primary_key=True)
    subject: str = Field(primary_key=True, max_length=40)
    since: date = Field(default=FIRST_DAY, primary_key=True)
    until: date | None = None  # the first day on which it holds no more
    item_id: UUID | None = Field(foreign_key="item.id", default=None, index=True)
    group_code: str | None = Field(foreign_key="item_group.code", default=None, max_length=32)
    level: Level = Field(sa_type=choice(Level))
    minimum: Decimal = Field(sa_type=Quantity)  # 0: nothing required, but a par level is named
    low_below: Decimal = Field(sa_type=Quantity)  # low stock under this: the larger of minimum and the par's minimum
    par: Decimal = Field(sa_type=Quantity)
    why: str = Field(max_length=300, default="")  # which profiles say so, such as "IND 1, FLD 2: the larger"


class PlaceKind(StrEnum):
    """What sort of place. Only the outside world may go below zero."""

    ROOM = "room"
    BAY = "bay"
    SHELF = "shelf"
    BIN = "bin"
    VEHICLE = "vehicle"
    KIT = "kit"
    HOLD = "hold"  # faulty or doubtful gear, set apart
    HOLDER = "holder"  # with a person, or out on a loan
    INCIDENT = "incident"  # at a call-out
    TRANSIT = "transit"
    WORKSHOP = "workshop"
    SUPPLIER = "supplier"
    CONSUMED = "consumed"
    DISPOSED = "disposed"
    LOST = "lost"
    FOUND = "found"
    DISCREPANCY = "discrepancy"
    REPACKED = "repacked"  # a sealed pack became an opened one (T12)


OUTSIDE = frozenset(
    {
        PlaceKind.SUPPLIER,
        PlaceKind.CONSUMED,
        PlaceKind.DISPOSED,
        PlaceKind.LOST,
        PlaceKind.FOUND,
        PlaceKind.DISCREPANCY,
        PlaceKind.REPACKED,
    }
)
STORAGE = frozenset({PlaceKind.ROOM, PlaceKind.BAY, PlaceKind.SHELF, PlaceKind.BIN, PlaceKind.VEHICLE, PlaceKind.KIT})
LYING = STORAGE | {PlaceKind.HOLD}  # where gear lies in a depot, fit or not


class Place(SQLModel, table=True):
    """Anything of a depot that can hold stock: a shelf, a truck, a person's hands, the outside world."""

    __tablename__ = "place"
    __table_args__ = (
        Index("ix_place_depot_id_position", "depot_id", "position"),
        Index(
            "ix_place_name",
            "name_zh",
            "name_en",
            "depot_id",
            sqlite_where=text("in_reach = 1 AND retired_at IS NULL"),
            postgresql_where=text("in_reach AND retired_at IS NULL"),
        ),
    )
    id: UUID = Field(primary_key=True, default_factory=new_id)  # a vehicle's or kit's place has its lot's id
    depot_id: UUID = Field(foreign_key="depot.id")
    parent_id: UUID | None = Field(foreign_key="place.id", default=None, index=True)
    kind: PlaceKind = Field(sa_type=choice(PlaceKind))
    name_zh: str = Field(max_length=100)
    name_en: str = Field(max_length=100)
    path_zh: str = Field(max_length=300, default="")  # the names from the room down, as a keeper reads them
    path_en: str = Field(max_length=300, default="")
    position: int = 0  # shelf order within the depot
    person_id: UUID | None = Field(foreign_key="person.id", default=None, index=True)  # the holder
    outside: bool = False
    in_reach: bool = False  # what lies here can be grabbed: it counts as ready if it is fit and in date
    created_at: datetime = Field(sa_type=Instant)
    # taken back with the import that made it: kept for its past, and shown while something lies there
    retired_at: datetime | None = Field(sa_type=Instant, default=None)
