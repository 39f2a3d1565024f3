"""A role may begin and end at an instant."""

import sqlalchemy as sa
from alembic import op

import core.columns

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("assignment", sa.Column("starts_at", core.columns.Instant(timezone=True), nullable=True))
    op.add_column("assignment", sa.Column("ends_at", core.columns.Instant(timezone=True), nullable=True))
