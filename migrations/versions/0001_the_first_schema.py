"""The first schema."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hit",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("at", core.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hit")),
    )
    with op.batch_alter_table("hit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hit_key"), ["key"], unique=False)

    _protect_movements()
    _refuse_negative_stock()


def _protect_movements() -> None:
    """A movement is never changed or deleted: the database itself refuses."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER movement_no_{verb.lower()} BEFORE {verb} ON movement "
                "BEGIN SELECT RAISE(ABORT, 'movements are append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION movement_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'movements are append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER movement_append_only BEFORE UPDATE OR DELETE ON movement "
        "FOR EACH ROW EXECUTE FUNCTION movement_append_only()"
    )
    op.execute(
        "CREATE TRIGGER movement_no_truncate BEFORE TRUNCATE ON movement "
        "FOR EACH STATEMENT EXECUTE FUNCTION movement_append_only()"
    )


def _refuse_negative_stock() -> None:
    """Inside a depot no balance goes below zero: the database itself refuses."""
    negative = "NOT NEW.outside AND NEW.quantity < 0"
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("INSERT", "UPDATE"):
            op.execute(
                f"CREATE TRIGGER stock_not_negative_{verb.lower()} AFTER {verb} ON stock WHEN {negative} "
                "BEGIN SELECT RAISE(ABORT, 'stock inside a depot below zero'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION stock_not_negative() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'stock inside a depot below zero'; END $$"
    )
    op.execute(
        "CREATE TRIGGER stock_not_negative AFTER INSERT OR UPDATE ON stock "
        f"FOR EACH ROW WHEN ({negative}) EXECUTE FUNCTION stock_not_negative()"
    )


def downgrade() -> None:
    with op.batch_alter_table("hit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hit_key"))

    op.drop_table("hit")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION movement_append_only()")
        op.execute("DROP FUNCTION stock_not_negative()")
