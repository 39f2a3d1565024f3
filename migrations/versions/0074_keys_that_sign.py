"""A key that signs what a DingTalk or Feishu robot is sent."""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("endpoint", sa.Column("key", sa.String(length=200), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("endpoint", "key")
