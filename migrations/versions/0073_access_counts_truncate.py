"""Emptying a table at once counts as a change of who may what: PostgreSQL fires no trigger of rows for it."""

from alembic import op

revision = "0073"
down_revision = "0072"
branch_labels = None
depends_on = None

WATCHED = ("credential", "person", "assignment", "depot")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in WATCHED:
            op.execute(
                f"CREATE TRIGGER access_{table}_truncate AFTER TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION access_count()"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in WATCHED:
            op.execute(f"DROP TRIGGER access_{table}_truncate ON {table}")
