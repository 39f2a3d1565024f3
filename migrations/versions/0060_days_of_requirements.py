"""Depots know what they must hold from which day on, before it begins; par levels have a day like requirements."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

FIRST_DAY = "2000-01-01"


def upgrade() -> None:
    _dated("par_level", "valid_from", ["profile_code", "item_id"])
    with op.batch_alter_table("depot_requirement") as batch:
        batch.add_column(sa.Column("until", sa.Date(), nullable=True))
    _dated("depot_requirement", "since", ["depot_id", "subject"])
    # versions that are to come are worked out with the next run of the job
    op.execute("UPDATE depot SET required_on = '2000-01-01'")


def _dated(table: str, column: str, key: list[str]) -> None:
    """Put a day into the key of a table; what is there holds from the first day on."""
    with op.batch_alter_table(table) as batch:
        batch.add_column(sa.Column(column, sa.Date(), nullable=False, server_default=FIRST_DAY))
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(f"pk_{table}", type_="primary")
        batch.create_primary_key(f"pk_{table}", [*key, column])
        batch.alter_column(column, server_default=None)


def downgrade() -> None:
    for table, column, key in (
        ("depot_requirement", "since", ["depot_id", "subject"]),
        ("par_level", "valid_from", ["profile_code", "item_id"]),
    ):
        op.execute(f"DELETE FROM {table} WHERE {column} > '{FIRST_DAY}'")
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(f"pk_{table}", type_="primary")
            batch.create_primary_key(f"pk_{table}", key)
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
    with op.batch_alter_table("depot_requirement") as batch:
        batch.drop_column("until")
