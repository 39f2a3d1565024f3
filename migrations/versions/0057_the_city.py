"""The city, its districts, types and points to be covered are data (C3)."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

RETIRED = ("district", "subdistrict", "profile")  # rows of which can be taken out of use
COUNTED = {"figures": ("city",), "finding": ("district", "subdistrict", "cover_point", "city")}
VERBS = ("INSERT", "UPDATE", "DELETE")


def upgrade() -> None:
    op.create_table(
        "city",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=50), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("announced", sa.Integer(), nullable=True),
        sa.Column("announced_note", sa.String(length=200), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("outline", sa.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_city_the_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_city")),
    )
    op.create_table(
        "cover_point",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("name_zh", sa.String(length=50), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("district_code", sa.String(length=8), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_code"], ["district.code"], name=op.f("fk_cover_point_district_code_district")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_cover_point")),
    )
    for table in RETIRED:  # not in a batch: a batch may copy the table, which would lose its triggers
        op.add_column(table, sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False))
    _count_changes()


def _count_changes() -> None:
    """Whatever changes one of these tables counts up the version of what is kept in memory of it."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for state, tables in COUNTED.items():
        for table in tables:
            if is_sqlite:
                count = f"UPDATE {state}_state SET version = version + 1"
                for verb in VERBS:
                    name = f"{state}_{table}_{verb.lower()}"
                    op.execute(f"CREATE TRIGGER {name} AFTER {verb} ON {table} BEGIN {count}; END")
            else:
                op.execute(
                    f"CREATE TRIGGER {state}_{table} AFTER INSERT OR UPDATE OR DELETE ON {table} "
                    f"FOR EACH STATEMENT EXECUTE FUNCTION {state}_count()"
                )


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for state, tables in COUNTED.items():
        for table in tables:
            if is_sqlite:
                for verb in VERBS:
                    op.execute(f"DROP TRIGGER {state}_{table}_{verb.lower()}")
            else:
                op.execute(f"DROP TRIGGER {state}_{table} ON {table}")
    for table in RETIRED:
        op.drop_column(table, "active")
    op.drop_table("cover_point")
    op.drop_table("city")
