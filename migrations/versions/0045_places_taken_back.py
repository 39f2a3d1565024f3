"""Places that an import made and that were taken back with it."""

import sqlalchemy as sa
from alembic import op

from core.columns import Instant

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("place", sa.Column("retired_at", Instant(), nullable=True))
