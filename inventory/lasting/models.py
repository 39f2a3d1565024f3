"""How long each item lasts, as it was last worked out: derived, and made anew each day and where stock has moved."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from core.columns import Instant, Quantity, choice


class Extent(StrEnum):
    """Of what a forecast speaks. Several depots together are taken as one shelf."""

    CITY = "city"
    DISTRICT = "district"
    DEPOT = "depot"


class GoneBy(StrEnum):
    """Why what is ready will be gone."""

    OUT = "out"  # nothing is ready
    USED = "used"
    ENDS = "ends"  # it ends, and nobody uses it
    BOTH = "both"


class Forecast(SQLModel, table=True):
    """How an item goes in a part of the city. A day: the first on which it is so; None: not within ten years.

    A depot's own district is read from the depot, so that nobody sees it who may no longer.
    """

    __tablename__ = "forecast"
    __table_args__ = (
        Index("ix_forecast_part_empty_on", "part", "empty_on"),
        Index("ix_forecast_depot_id", "depot_id"),
        Index("ix_forecast_item_id", "item_id"),
    )
    id: UUID = Field(primary_key=True)
    item_id: UUID = Field(foreign_key="item.id")
    part: Extent = Field(sa_type=choice(Extent))
    district_code: str | None = Field(default=None, max_length=32)  # of a district as a whole
    depot_id: UUID | None = Field(foreign_key="depot.id", default=None)
    ready: Decimal = Field(sa_type=Quantity)
    minimum: Decimal = Field(sa_type=Quantity)
    weeks: int  # on the use of how many it rests
    per_week: float
    at_least: float  # the range in which the true rate lies 8 times in 10
    at_most: float
    empty_on: date | None = None
    soonest_on: date | None = None  # at the most use
    latest_on: date | None = None  # at the least
    low_on: date | None = None  # below the minimum
    first_on: date | None = None  # on which the first of the depots has none
    unused: Decimal = Field(sa_type=Quantity)  # ends before it is used, where it lies
    reason: GoneBy = Field(sa_type=choice(GoneBy))


class ForecastState(SQLModel, table=True):
    """When an item's forecasts were worked out, for which day, and of how many depots."""

    __tablename__ = "forecast_state"
    item_id: UUID = Field(foreign_key="item.id", primary_key=True)
    day: date
    worked_at: datetime = Field(sa_type=Instant)
    depots: int
