"""What is kept of readiness day by day."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class ReadinessDay(SQLModel, table=True):
    """A depot's readiness figures on one day, as the daily job found them. A day on which it did not run is missing.

    Lines are mandatory and specialty ones together; the depot was ready if all its lines were.
    """

    __tablename__ = "readiness_day"
    # On SQLite the rows lie in the order of the key: a period is read in one go
    __table_args__ = (
        Index("ix_readiness_day_depot_id_day", "depot_id", "day"),
        {"sqlite_with_rowid": False},
    )
    day: date = Field(primary_key=True)
    depot_id: UUID = Field(foreign_key="depot.id", primary_key=True)
    lines: int
    lines_held: int
    lines_ready: int
    recommended: int
    recommended_held: int
    recommended_ready: int
    low: int
