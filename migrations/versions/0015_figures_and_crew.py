"""Figures kept in memory, crew posts, spare ratios, and the day for which requirements were worked out."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

# what the written figures, and the names they are shown with, come from
WATCHED = ("depot_readiness", "depot", "district", "profile", "item", "item_group")


def upgrade() -> None:
    # not in a batch: a batch may copy the table, which would lose its triggers
    op.add_column("depot", sa.Column("required_on", sa.Date(), nullable=True))
    op.add_column("requirement", sa.Column("spare_per", sa.Integer(), nullable=True))
    op.create_table(
        "crew_post",
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("post", sa.String(length=16), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("set_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_crew_post_depot_id_depot")),
        sa.ForeignKeyConstraint(["set_by_id"], ["person.id"], name=op.f("fk_crew_post_set_by_id_person")),
        sa.PrimaryKeyConstraint("depot_id", "post", name=op.f("pk_crew_post")),
    )
    state = op.create_table(
        "figures_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figures_state")),
    )
    op.bulk_insert(state, [{"id": 1, "version": 1}])
    # every depot's requirements are worked out anew, and its figures with the crew's lines
    op.execute("UPDATE depot SET required_on = '2000-01-01'")
    op.execute("DELETE FROM depot_readiness")
    _count_changes()


def _count_changes() -> None:
    """Whatever changes a watched table, through the ORM or not, counts the version up in the same transaction."""
    count = "UPDATE figures_state SET version = version + 1"
    if op.get_bind().dialect.name == "sqlite":
        for table in WATCHED:
            for verb in ("INSERT", "UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER figures_{table}_{verb.lower()} AFTER {verb} ON {table} BEGIN {count}; END")
        return
    op.execute(
        f"CREATE FUNCTION figures_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {count}; RETURN NULL; END $$"
    )
    for table in WATCHED:
        op.execute(
            f"CREATE TRIGGER figures_{table} AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION figures_count()"
        )
