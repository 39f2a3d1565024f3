"""What is given away may be asked back for some months (T62)."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("reclaim_months", sa.Integer(), nullable=True))
