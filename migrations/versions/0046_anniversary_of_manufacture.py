"""Whether the anniversary of manufacture is still a usable day, item by item: of medicines it is not (T08)."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("anniversary_counts", sa.Boolean(), nullable=False, server_default=sa.true()))
    item = sa.table("item", sa.column("category_code", sa.String), sa.column("anniversary_counts", sa.Boolean))
    op.execute(item.update().where(item.c.category_code == "MED").values(anniversary_counts=False))
