"""A second measure of an item: a roll of hose has 20 m (T60). What is there has none until somebody says so."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("measure_per", core.columns.Quantity(), nullable=True))
    op.add_column("item", sa.Column("measure_zh", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True))
    op.add_column("item", sa.Column("measure_en", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True))
