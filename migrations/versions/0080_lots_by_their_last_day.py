"""Lots by the last day on which they can be used, those without one at the end: the order of the desk's list."""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None
expands = True


def upgrade() -> None:
    op.create_index("ix_lot_use_by", "lot", [sa.text("coalesce(usable_through, '9999-12-31')"), "id"])


def downgrade() -> None:
    op.drop_index("ix_lot_use_by", "lot")
