"""Rolls of blank labels, prints, and foreign codes."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "label_address",
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("since", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("confirmed_by", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_label_address")),
    )
    op.create_table(
        "label_format",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("form", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_label_format_person_id_person")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_label_format")),
    )
    op.create_table(
        "label_roll",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_label_roll_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_roll")),
    )
    op.create_table(
        "label_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("what", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("waiting", "running", "done", "failed", name="runstate", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("error", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("created_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("touched_at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_label_run_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_run")),
    )
    with op.batch_alter_table("label_run", schema=None) as batch_op:
        batch_op.create_index("ix_label_run_person_id_created_at", ["person_id", "created_at"], unique=False)

    op.create_table(
        "foreign_code",
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", core.columns.Instant(timezone=True), nullable=False),
        sa.CheckConstraint("(lot_id IS NULL) <> (place_id IS NULL)", name=op.f("ck_foreign_code_one_thing")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_foreign_code_lot_id_lot")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_foreign_code_person_id_person")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_foreign_code_place_id_place")),
        sa.PrimaryKeyConstraint("text", name=op.f("pk_foreign_code")),
    )
    with op.batch_alter_table("foreign_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_foreign_code_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_foreign_code_place_id"), ["place_id"], unique=False)

    op.create_table(
        "label_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column(
            "act",
            sa.Enum(
                "printed",
                "bound",
                "unbound",
                "replaced",
                "outdoor",
                "indoor",
                "mistaken",
                name="labelact",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("how", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("depot_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["code"], ["label.code"], name=op.f("fk_label_event_code_label")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_label_event_depot_id_depot")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_label_event_lot_id_lot")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_label_event_person_id_person")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_label_event_place_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_event")),
    )
    with op.batch_alter_table("label_event", schema=None) as batch_op:
        batch_op.create_index("ix_label_event_code_at", ["code", "at"], unique=False)
    _add_to_labels()


def _add_to_labels() -> None:
    """Column by column: the table is not made anew on SQLite, for a city has hundreds of thousands of labels."""
    kind = "CHAR(32)" if op.get_bind().dialect.name == "sqlite" else "UUID"
    op.execute(
        f"ALTER TABLE label ADD COLUMN roll_id {kind} CONSTRAINT fk_label_roll_id_label_roll REFERENCES label_roll (id)"
    )
    for name in ("outdoor", "thermal"):
        op.add_column("label", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("label", sa.Column("prints", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("label", sa.Column("printed_at", core.columns.Instant(timezone=True), nullable=True))
    op.create_index("ix_label_roll_id", "label", ["roll_id"])
