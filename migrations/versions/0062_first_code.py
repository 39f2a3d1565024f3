"""An empty city gets its first administrator in the browser, by a code that the server prints."""

import sqlalchemy as sa
from alembic import op

import core.columns

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "first_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", core.columns.Instant(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_first_code_the_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_first_code")),
    )


def downgrade() -> None:
    op.drop_table("first_code")
