"""Figures of readiness, as they were written down last."""

from datetime import date
from uuid import UUID

from sqlmodel import Field, SQLModel


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
    """Counted up whenever the written figures, or the names they are shown with, change (``survey.py``)."""

    __tablename__ = "figures_state"
    id: int = Field(primary_key=True)
    version: int
