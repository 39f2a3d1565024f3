"""Asset facts of lots: number, price, fund, supplier, warranty, owner."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0065"
down_revision = "0064"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asset_fact",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("price_fen", sa.BigInteger(), nullable=True),
        sa.Column("bought_on", sa.Date(), nullable=True),
        sa.Column("fund", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("supplier", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("warranty_until", sa.Date(), nullable=True),
        sa.Column("owner", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("life_years", sa.Integer(), nullable=True),
        sa.Column("changed_by_id", sa.Uuid(), nullable=False),
        sa.Column("changed_at", core.columns.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("price_fen >= 0", name=op.f("ck_asset_fact_price_not_negative")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_asset_fact_lot_id_lot")),
        sa.ForeignKeyConstraint(["changed_by_id"], ["person.id"], name=op.f("fk_asset_fact_changed_by_id_person")),
        sa.PrimaryKeyConstraint("lot_id", name=op.f("pk_asset_fact")),
        sa.UniqueConstraint("number", name=op.f("uq_asset_fact_number")),
    )
    some = sa.text("warranty_until IS NOT NULL")
    op.create_index(
        "ix_asset_fact_warranty_until", "asset_fact", ["warranty_until"], sqlite_where=some, postgresql_where=some
    )


def downgrade() -> None:
    op.drop_table("asset_fact")
