"""How far a battery is charged, as it was last told (T41)."""

import sqlalchemy as sa
from alembic import op

import core.columns

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lot", sa.Column("charge", sa.Integer(), nullable=True))
    op.add_column("lot", sa.Column("charged_at", core.columns.Instant(timezone=True), nullable=True))
