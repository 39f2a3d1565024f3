"""Readiness figures, day by day."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readiness_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("lines_held", sa.Integer(), nullable=False),
        sa.Column("lines_ready", sa.Integer(), nullable=False),
        sa.Column("recommended", sa.Integer(), nullable=False),
        sa.Column("recommended_held", sa.Integer(), nullable=False),
        sa.Column("recommended_ready", sa.Integer(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_readiness_day_depot_id_depot")),
        sa.PrimaryKeyConstraint("day", "depot_id", name=op.f("pk_readiness_day")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_readiness_day_depot_id_day", "readiness_day", ["depot_id", "day"])
    # Made anew by the jobs: figures now tell for more than a year ahead what ends when
    op.execute("DELETE FROM depot_readiness")
