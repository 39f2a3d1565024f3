"""Plans: what to move and buy, and on what terms that was proposed; watches that raise minimums for some days."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supply_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("district_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("type_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("terms", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("running", "done", "asked", "failed", name="planstate", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("stage", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("error", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("figures", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("created_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("touched_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("asked_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("asked_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_supply_plan_asked_by_id_person")),
        sa.ForeignKeyConstraint(
            ["district_code"], ["district.code"], name=op.f("fk_supply_plan_district_code_district")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_supply_plan_person_id_person")),
        sa.ForeignKeyConstraint(["type_code"], ["profile.code"], name=op.f("fk_supply_plan_type_code_profile")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_plan")),
    )
    with op.batch_alter_table("supply_plan", schema=None) as batch_op:
        batch_op.create_index("ix_supply_plan_created_at", ["created_at"], unique=False)

    op.create_table(
        "supply_plan_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("transfer", "refill", "swap", "purchase", name="linekind", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("from_depot_id", sa.Uuid(), nullable=True),
        sa.Column("to_depot_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", core.columns.Quantity(), nullable=False),
        sa.Column("proposed", core.columns.Quantity(), nullable=False),
        sa.Column("km", core.columns.Quantity(), nullable=True),
        sa.Column("price", core.columns.Quantity(), nullable=True),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column(
            "level",
            sa.Enum("mandatory", "specialty", "recommended", name="level", native_enum=False, length=16),
            nullable=True,
        ),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_supply_plan_line_quantity_positive")),
        sa.ForeignKeyConstraint(["from_depot_id"], ["depot.id"], name=op.f("fk_supply_plan_line_from_depot_id_depot")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_supply_plan_line_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_supply_plan_line_lot_id_lot")),
        sa.ForeignKeyConstraint(["plan_id"], ["supply_plan.id"], name=op.f("fk_supply_plan_line_plan_id_supply_plan")),
        sa.ForeignKeyConstraint(["to_depot_id"], ["depot.id"], name=op.f("fk_supply_plan_line_to_depot_id_depot")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_supply_plan_line_transfer_id_transfer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_plan_line")),
    )
    with op.batch_alter_table("supply_plan_line", schema=None) as batch_op:
        batch_op.create_index("ix_supply_plan_line_plan_id_position", ["plan_id", "position"], unique=False)

    op.create_table(
        "watch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("typhoon", "rainstorm", "forest-fire", name="watchkind", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column(
            "level",
            sa.Enum("white", "blue", "yellow", "orange", "red", name="watchlevel", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("district_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("profile_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("category_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("factor", core.columns.Quantity(), nullable=False),
        sa.Column("added", core.columns.Quantity(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("declared_by_id", sa.Uuid(), nullable=False),
        sa.Column("declared_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.Column("ended_reason", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.CheckConstraint("begins_on <= ends_on", name=op.f("ck_watch_days_in_order")),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name=op.f("fk_watch_category_code_category")),
        sa.ForeignKeyConstraint(["declared_by_id"], ["person.id"], name=op.f("fk_watch_declared_by_id_person")),
        sa.ForeignKeyConstraint(["district_code"], ["district.code"], name=op.f("fk_watch_district_code_district")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["person.id"], name=op.f("fk_watch_ended_by_id_person")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_watch_item_id_item")),
        sa.ForeignKeyConstraint(["profile_code"], ["profile.code"], name=op.f("fk_watch_profile_code_profile")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch")),
    )
    with op.batch_alter_table("watch", schema=None) as batch_op:
        batch_op.create_index("ix_watch_ends_on", ["ends_on"], unique=False)
