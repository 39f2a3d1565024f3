"""A job can be asked for from the browser; when archives were made is known."""

import sqlalchemy as sa
from alembic import op

import core.columns

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job_wish",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("asked_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("done_at", core.columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_job_wish_asked_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_wish")),
    )
    op.create_index(
        "uq_job_wish_name",
        "job_wish",
        ["name"],
        unique=True,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "archive_made",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("made_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_archive_made")),
    )


def downgrade() -> None:
    op.drop_table("archive_made")
    op.drop_table("job_wish")
