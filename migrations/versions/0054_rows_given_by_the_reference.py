"""Loading the reference anew leaves alone what the city has changed (C2)."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "given_row",
        sa.Column("table_name", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("offered", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("table_name", "key", name=op.f("pk_given_row")),
    )


def downgrade() -> None:
    op.drop_table("given_row")
