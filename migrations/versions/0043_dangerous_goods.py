"""Dangerous goods: storage classes, how much of one a place may hold, and which class an item has (T99)."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hazard",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("name_zh", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("unit_zh", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("unit_en", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("cap", core.columns.Quantity(), nullable=True),
        sa.Column("apart", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("disposal_zh", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("disposal_en", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_hazard")),
    )
    op.create_table(
        "place_cap",
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("hazard_code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("cap", core.columns.Quantity(), nullable=False),
        sa.ForeignKeyConstraint(["hazard_code"], ["hazard.code"], name=op.f("fk_place_cap_hazard_code_hazard")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_place_cap_place_id_place")),
        sa.PrimaryKeyConstraint("place_id", "hazard_code", name=op.f("pk_place_cap")),
    )
    op.add_column("item", sa.Column("hazard_code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=True))
    op.add_column("item", sa.Column("hazard_per", core.columns.Quantity(), nullable=True))
