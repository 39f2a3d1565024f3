"""What a thing weighs: labels say it to who lifts."""

import sqlalchemy as sa
from alembic import op

import core.columns

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("weight_kg", core.columns.Quantity(), nullable=True))


def downgrade() -> None:
    op.drop_column("item", "weight_kg")
