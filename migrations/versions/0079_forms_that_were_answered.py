"""What became of a form whose act has no row of its own: sent again, it gets the first answer."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answered_form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("at", core.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answered_form")),
    )
    op.create_index(op.f("ix_answered_form_at"), "answered_form", ["at"])


def downgrade() -> None:
    op.drop_table("answered_form")
