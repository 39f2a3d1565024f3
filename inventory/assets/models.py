"""Asset facts of lots. Money is whole fen."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from core.columns import Instant


class AssetFact(SQLModel, table=True):
    """What the ledger of assets says of a lot. No row: nothing."""

    __tablename__ = "asset_fact"
    __table_args__ = (
        CheckConstraint("price_fen >= 0", name="price_not_negative"),
        Index(
            "ix_asset_fact_warranty_until",
            "warranty_until",
            sqlite_where=text("warranty_until IS NOT NULL"),
            postgresql_where=text("warranty_until IS NOT NULL"),
        ),
    )
    lot_id: UUID = Field(foreign_key="lot.id", primary_key=True)
    number: str | None = Field(max_length=64, default=None, unique=True)  # the asset number, of one piece alone
    price_fen: int | None = Field(sa_type=BigInteger, default=None)  # of a base unit, as bought
    bought_on: date | None = None
    fund: str = Field(max_length=100, default="")  # from which it was paid
    supplier: str = Field(max_length=100, default="")
    warranty_until: date | None = None  # the last day
    owner: str = Field(max_length=100, default="")  # the unit on whose books it stands
    life_years: int | None = None  # over which it is written off; empty: it keeps its price
    changed_by_id: UUID = Field(foreign_key="person.id")
    changed_at: datetime = Field(sa_type=Instant)
