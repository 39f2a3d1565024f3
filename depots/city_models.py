"""The city itself: its name, language and time zone, what it has announced, and points that it must cover."""

from sqlalchemy import CheckConstraint, true
from sqlmodel import Field, SQLModel

THE_CITY = 1


class City(SQLModel, table=True):
    """The one city of this database. What is empty is not known, or left to the settings."""

    __tablename__ = "city"
    __table_args__ = (CheckConstraint("id = 1", name="the_one"),)
    id: int = Field(primary_key=True, default=THE_CITY)
    name_zh: str = Field(max_length=50, default="")
    name_en: str = Field(max_length=100, default="")
    language: str | None = Field(max_length=2, default=None)  # empty: READYSHELF_LANGUAGE
    time_zone: str | None = Field(max_length=64, default=None)  # IANA name; empty: READYSHELF_TIMEZONE
    announced: int | None = None  # stations in all, in the city's own announcement (T90); empty: none announced
    announced_note: str = Field(max_length=200, default="")  # when and where, in English
    announced_note_zh: str = Field(max_length=200, default="", sa_column_kwargs={"server_default": ""})
    lat: float | None = None  # the centre, WGS84 degrees
    lon: float | None = None
    outline: str = ""  # JSON: rings of [lon, lat] in WGS84 degrees, for the map; empty: none


class CoverPoint(SQLModel, table=True):
    """A point that help must reach in time, besides depots and the centres of sub-districts: a school, a station."""

    __tablename__ = "cover_point"
    code: str = Field(primary_key=True, max_length=16)
    name_zh: str = Field(max_length=50)
    name_en: str = Field(max_length=100)
    district_code: str = Field(foreign_key="district.code", max_length=8)
    lat: float  # WGS84 degrees
    lon: float
    active: bool = Field(default=True, sa_column_kwargs={"server_default": true()})
