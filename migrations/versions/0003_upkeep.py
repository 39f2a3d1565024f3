"""Plans, checks and service."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added without rebuilding the tables: the rows that are there get the defaults
    op.add_column(
        "lot",
        sa.Column(
            "made_precision",
            sqlmodel.sql.sqltypes.AutoString(length=5),
            nullable=False,
            server_default=sa.text("'day'"),
        ),
    )
    op.add_column("lot", sa.Column("in_service_on", sa.Date(), nullable=True))
    op.add_column(
        "maintenance_plan",
        sa.Column(
            "kind", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False, server_default=sa.text("'check'")
        ),
    )
    op.add_column("maintenance_plan", sa.Column("anchor_on", sa.Date(), nullable=True))
    op.add_column(
        "maintenance_plan",
        sa.Column(
            "season_from", sqlmodel.sql.sqltypes.AutoString(length=5), nullable=False, server_default=sa.text("''")
        ),
    )
    op.add_column(
        "maintenance_plan",
        sa.Column(
            "season_to", sqlmodel.sql.sqltypes.AutoString(length=5), nullable=False, server_default=sa.text("''")
        ),
    )
    op.add_column("maintenance_plan", sa.Column("off_every", sa.Integer(), nullable=True))
    op.add_column(
        "maintenance_plan",
        sa.Column("off_unit", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False, server_default=sa.text("''")),
    )
    op.add_column(
        "maintenance_plan",
        sa.Column(
            "crowded_types", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False, server_default=sa.text("''")
        ),
    )
    op.add_column("maintenance_plan", sa.Column("crowded_every", sa.Integer(), nullable=True))
    op.add_column(
        "maintenance_plan",
        sa.Column(
            "crowded_unit", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False, server_default=sa.text("''")
        ),
    )
    op.add_column(
        "maintenance_plan",
        sa.Column("meter", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False, server_default=sa.text("''")),
    )
    op.add_column("maintenance_plan", sa.Column("meter_every", core.columns.Quantity(), nullable=True))
    op.add_column(
        "maintenance_plan", sa.Column("grace_days", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.add_column(
        "maintenance_plan",
        sa.Column("checklist", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=sa.text("'[]'")),
    )
    op.add_column("maintenance_plan", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("maintenance_plan", sa.Column("version", sa.Integer(), nullable=False, server_default=sa.text("1")))
    op.add_column("maintenance_plan", sa.Column("edited", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "plan_version",
        sa.Column("plan_code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("recalculated", sa.Integer(), nullable=False),
        sa.Column("moved", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_plan_version_person_id_person")),
        sa.ForeignKeyConstraint(
            ["plan_code"], ["maintenance_plan.code"], name=op.f("fk_plan_version_plan_code_maintenance_plan")
        ),
        sa.PrimaryKeyConstraint("plan_code", "version", name=op.f("pk_plan_version")),
    )
    op.create_table(
        "due",
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("plan_code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("opens_on", sa.Date(), nullable=True),
        sa.Column("blocked_from", sa.Date(), nullable=True),
        sa.Column("anchor_on", sa.Date(), nullable=True),
        sa.Column("since_on", sa.Date(), nullable=False),
        sa.Column("last_done_on", sa.Date(), nullable=True),
        sa.Column("base_on", sa.Date(), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("closed_through", sa.Date(), nullable=True),
        sa.Column("used_on", sa.Date(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("metered_on", sa.Date(), nullable=True),
        sa.Column("meter_base", core.columns.Quantity(), nullable=True),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_due_depot_id_depot")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_due_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["plan_code"], ["maintenance_plan.code"], name=op.f("fk_due_plan_code_maintenance_plan")
        ),
        sa.PrimaryKeyConstraint("lot_id", "depot_id", "plan_code", name=op.f("pk_due")),
    )
    with op.batch_alter_table("due", schema=None) as batch_op:
        batch_op.create_index(
            "ix_due_depot_id_blocked_from",
            ["depot_id", "blocked_from"],
            unique=False,
            sqlite_where=sa.text("blocked_from IS NOT NULL"),
            postgresql_where=sa.text("blocked_from IS NOT NULL"),
        )
        batch_op.create_index("ix_due_depot_id_due_on", ["depot_id", "due_on"], unique=False)
        batch_op.create_index("ix_due_due_on_lot_id_plan_code", ["due_on", "lot_id", "plan_code"], unique=False)
        batch_op.create_index("ix_due_plan_code", ["plan_code"], unique=False)

    op.create_table(
        "meter_reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column(
            "meter", sa.Enum("hours", "cycles", "km", name="meter", native_enum=False, length=16), nullable=False
        ),
        sa.Column("value", core.columns.Quantity(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("happened_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_meter_reading_lot_id_lot")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_meter_reading_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meter_reading")),
    )
    with op.batch_alter_table("meter_reading", schema=None) as batch_op:
        batch_op.create_index("ix_meter_reading_lot_id_meter_value", ["lot_id", "meter", "value"], unique=False)

    op.create_table(
        "scrap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("proposed", "approved", "rejected", "done", name="scrapstate", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("decision_note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("method", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("receiver", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("done_by_id", sa.Uuid(), nullable=True),
        sa.Column("done_at", core.columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_scrap_decided_by_id_person")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_scrap_depot_id_depot")),
        sa.ForeignKeyConstraint(["done_by_id"], ["person.id"], name=op.f("fk_scrap_done_by_id_person")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_scrap_lot_id_lot")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["person.id"], name=op.f("fk_scrap_proposed_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scrap")),
    )
    with op.batch_alter_table("scrap", schema=None) as batch_op:
        batch_op.create_index("ix_scrap_depot_id_state", ["depot_id", "state"], unique=False)
        batch_op.create_index("ix_scrap_lot_id", ["lot_id"], unique=False)

    op.create_table(
        "service",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("own_place_id", sa.Uuid(), nullable=False),
        sa.Column("plan_code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=True),
        sa.Column("defect_id", sa.Uuid(), nullable=True),
        sa.Column("vendor", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("beyond_quarter", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("due_back_on", sa.Date(), nullable=False),
        sa.Column("sent_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("sent_by_id", sa.Uuid(), nullable=False),
        sa.Column("loaner_lot_id", sa.Uuid(), nullable=True),
        sa.Column("loaner_owner", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("loaner_back_on", sa.Date(), nullable=True),
        sa.Column("loaner_gone_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("back_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("back_by_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("cost", core.columns.Quantity(), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(["back_by_id"], ["person.id"], name=op.f("fk_service_back_by_id_person")),
        sa.ForeignKeyConstraint(["defect_id"], ["defect.id"], name=op.f("fk_service_defect_id_defect")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_service_depot_id_depot")),
        sa.ForeignKeyConstraint(["loaner_lot_id"], ["lot.id"], name=op.f("fk_service_loaner_lot_id_lot")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_service_lot_id_lot")),
        sa.ForeignKeyConstraint(["own_place_id"], ["place.id"], name=op.f("fk_service_own_place_id_place")),
        sa.ForeignKeyConstraint(
            ["plan_code"], ["maintenance_plan.code"], name=op.f("fk_service_plan_code_maintenance_plan")
        ),
        sa.ForeignKeyConstraint(["sent_by_id"], ["person.id"], name=op.f("fk_service_sent_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
    )
    with op.batch_alter_table("service", schema=None) as batch_op:
        batch_op.create_index("ix_service_depot_id_back_at", ["depot_id", "back_at"], unique=False)
        batch_op.create_index("ix_service_lot_id", ["lot_id"], unique=False)

    op.create_table(
        "triage",
        sa.Column("defect_id", sa.Uuid(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum("here", "workshop", "dispose", "no_fault", name="verdict", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["defect_id"], ["defect.id"], name=op.f("fk_triage_defect_id_defect")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_triage_person_id_person")),
        sa.PrimaryKeyConstraint("defect_id", name=op.f("pk_triage")),
    )
    op.create_table(
        "upkeep_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum("passed", "failed", "skipped", "told", name="outcome", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("period", sa.Date(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("answers", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("scanned", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("happened_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("defect_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["defect_id"], ["defect.id"], name=op.f("fk_upkeep_check_defect_id_defect")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_upkeep_check_depot_id_depot")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_upkeep_check_lot_id_lot")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_upkeep_check_person_id_person")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_upkeep_check_place_id_place")),
        sa.ForeignKeyConstraint(
            ["plan_code"], ["maintenance_plan.code"], name=op.f("fk_upkeep_check_plan_code_maintenance_plan")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upkeep_check")),
    )
    with op.batch_alter_table("upkeep_check", schema=None) as batch_op:
        batch_op.create_index(
            "ix_upkeep_check_depot_id_recorded_at_id", ["depot_id", "recorded_at", "id"], unique=False
        )
        batch_op.create_index("ix_upkeep_check_lot_id_done_on", ["lot_id", "done_on"], unique=False)
        batch_op.create_index("ix_upkeep_check_recorded_at_id", ["recorded_at", "id"], unique=False)
