"""A backup that somebody asked for in the browser, while it is being made and after."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString
    state = sa.Enum("running", "done", "failed", name="backupstate", native_enum=False, length=16)
    op.create_table(
        "backup_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("state", state, nullable=False),
        sa.Column("name", text(length=100), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("told_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("error", text(length=300), nullable=False),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_backup_run_asked_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_run")),
    )
    running = sa.text("state = 'running'")
    op.create_index(
        "uq_backup_run_running",
        "backup_run",
        ["state"],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )


def downgrade() -> None:
    op.drop_table("backup_run")
