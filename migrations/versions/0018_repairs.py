"""A record of every derived row that was wrong and was derived anew."""

import sqlalchemy as sa
from alembic import op

from core.columns import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "repair",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("done_by", sa.String(100), nullable=False),
        sa.Column("fault", sa.String(100), nullable=False),
        sa.Column("which", sa.String(200), nullable=False),
        sa.Column("before", sa.String(500), nullable=False),
        sa.Column("after", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_repair"),
    )
    op.create_index("ix_repair_at", "repair", ["at"])
