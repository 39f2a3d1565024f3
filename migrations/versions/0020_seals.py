"""The chain of seals over the ledger's days; like the ledger, it is never changed."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "day_seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("ends_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("columns", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("movements", sa.Integer(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("marks", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("previous", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("head", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("sealed_at", core.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_day_seal")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER day_seal_no_{verb.lower()} BEFORE {verb} ON day_seal "
                "BEGIN SELECT RAISE(ABORT, 'day_seal is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION day_seal_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'day_seal is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER day_seal_append_only BEFORE UPDATE OR DELETE ON day_seal "
        "FOR EACH ROW EXECUTE FUNCTION day_seal_append_only()"
    )
    op.execute(
        "CREATE TRIGGER day_seal_no_truncate BEFORE TRUNCATE ON day_seal "
        "FOR EACH STATEMENT EXECUTE FUNCTION day_seal_append_only()"
    )
