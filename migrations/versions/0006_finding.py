"""Synonyms, needs, capabilities, reservations, and a counter of what the finder keeps in memory."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

WATCHED = ("item", "depot", "synonym", "need", "capability_part")


def upgrade() -> None:
    op.create_table(
        "synonym",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("word", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_synonym_item_id_item")),
        sa.PrimaryKeyConstraint("item_id", "word", name=op.f("pk_synonym")),
    )
    op.create_table(
        "need",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=24), nullable=False),
        sa.Column("name_zh", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("words", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("items", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_need")),
    )
    op.create_table(
        "capability_part",
        sa.Column("capability", sqlmodel.sql.sqltypes.AutoString(length=24), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("name_zh", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("items", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("quantity", core.columns.Quantity(), nullable=False),
        sa.PrimaryKeyConstraint("capability", "part", name=op.f("pk_capability_part")),
    )
    state = op.create_table(
        "finding_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_state")),
    )
    op.bulk_insert(state, [{"id": 1, "version": 1}])
    op.create_table(
        "reservation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", core.columns.Quantity(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("until", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("ended_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_reservation_quantity_positive")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_reservation_depot_id_depot")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_reservation_item_id_item")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reservation_person_id_person")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["person.id"], name=op.f("fk_reservation_ended_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
    )
    with op.batch_alter_table("reservation", schema=None) as batch_op:
        batch_op.create_index("ix_reservation_until", ["until"], unique=False)
        batch_op.create_index("ix_reservation_item_id_until", ["item_id", "until"], unique=False)
        batch_op.create_index(batch_op.f("ix_reservation_person_id"), ["person_id"], unique=False)
    _count_changes()


def _count_changes() -> None:
    """Whatever changes a watched table, through the ORM or not, counts the version up in the same transaction."""
    count = "UPDATE finding_state SET version = version + 1"
    if op.get_bind().dialect.name == "sqlite":
        for table in WATCHED:
            for verb in ("INSERT", "UPDATE", "DELETE"):
                op.execute(f"CREATE TRIGGER finding_{table}_{verb.lower()} AFTER {verb} ON {table} BEGIN {count}; END")
        return
    op.execute(
        f"CREATE FUNCTION finding_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {count}; RETURN NULL; END $$"
    )
    for table in WATCHED:
        op.execute(
            f"CREATE TRIGGER finding_{table} AFTER INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION finding_count()"
        )
