"""Whether a storage class endangers people: labels and doors warn of that alone, not of what is merely kept apart."""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hazard", sa.Column("warns", sa.Boolean(), nullable=False, server_default=sa.true()))
    # As the reference gives them from now on: a class of nobody's making keeps its warning
    op.execute(sa.text("UPDATE hazard SET warns = false WHERE code = 'medicine'"))


def downgrade() -> None:
    op.drop_column("hazard", "warns")
