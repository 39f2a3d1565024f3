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
        "category",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("name_zh", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_category")),
    )
    op.create_table(
        "district",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("name_zh", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_district")),
    )
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

    op.create_table(
        "item_group",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("name_zh", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_item_group")),
    )
    op.create_table(
        "job_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("due", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("started_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("finished_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("error", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
        sa.UniqueConstraint("name", "due", name=op.f("uq_job_run_name_due")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=2), nullable=False),
        sa.Column("email", sqlmodel.sql.sqltypes.AutoString(length=254), nullable=True),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column("password_hash", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", core.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("account", name=op.f("uq_person_account")),
    )
    op.create_table(
        "profile",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("name_zh", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("headline_count", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_profile")),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("created_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("expires_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("revoked_at", core.columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_credential_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_credential_secret_hash")),
    )
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credential_person_id"), ["person_id"], unique=False)

    op.create_table(
        "item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("name_zh", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=150), nullable=False),
        sa.Column("category_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("unit_zh", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("unit_en", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column(
            "tracking", sa.Enum("serial", "lot", "bulk", name="tracking", native_enum=False, length=16), nullable=False
        ),
        sa.Column("holds", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("gtin", sqlmodel.sql.sqltypes.AutoString(length=14), nullable=True),
        sa.Column("pack_size", core.columns.Quantity(), nullable=True),
        sa.Column("pack_unit_zh", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
        sa.Column("pack_unit_en", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
        sa.Column("expires", sa.Boolean(), nullable=False),
        sa.Column("shelf_life_months", sa.Integer(), nullable=True),
        sa.Column("retire_age_months", sa.Integer(), nullable=True),
        sa.Column("opened_life_days", sa.Integer(), nullable=True),
        sa.Column("warn_days", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("consumable", sa.Boolean(), nullable=False),
        sa.Column("controlled", sa.Boolean(), nullable=False),
        sa.Column("hard_stop", sa.Boolean(), nullable=False),
        sa.Column("opened_counts", sa.Boolean(), nullable=False),
        sa.Column("hazards", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["category_code"], ["category.code"], name=op.f("fk_item_category_code_category")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("code", name=op.f("uq_item_code")),
    )
    with op.batch_alter_table("item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_category_code"), ["category_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_item_gtin"), ["gtin"], unique=False)

    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("address", sqlmodel.sql.sqltypes.AutoString(length=254), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("body_text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("body_html", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("message_id", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum("waiting", "sending", "sent", "failed", name="mailstate", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("claimed_by", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("last_error", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("created_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("sent_at", core.columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mail_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_id")),
        sa.UniqueConstraint("person_id", "kind", "day", name=op.f("uq_mail_person_id_kind_day")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index("ix_mail_state_next_try_at", ["state", "next_try_at"], unique=False)

    op.create_table(
        "subdistrict",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("district_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("name_zh", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("spread_km", core.columns.Quantity(), nullable=False),
        sa.ForeignKeyConstraint(
            ["district_code"], ["district.code"], name=op.f("fk_subdistrict_district_code_district")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_subdistrict")),
    )
    op.create_table(
        "depot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("name_zh", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=150), nullable=False),
        sa.Column("type_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("district_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("subdistrict_code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=True),
        sa.Column("address_zh", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("address_en", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("hours", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("area_m2", sa.Integer(), nullable=True),
        sa.Column("crew", sa.Integer(), nullable=True),
        sa.Column(
            "status", sa.Enum("open", "closed", name="depotstatus", native_enum=False, length=16), nullable=False
        ),
        sa.Column("created_at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["district_code"], ["district.code"], name=op.f("fk_depot_district_code_district")),
        sa.ForeignKeyConstraint(
            ["subdistrict_code"], ["subdistrict.code"], name=op.f("fk_depot_subdistrict_code_subdistrict")
        ),
        sa.ForeignKeyConstraint(["type_code"], ["profile.code"], name=op.f("fk_depot_type_code_profile")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_depot")),
        sa.UniqueConstraint("code", name=op.f("uq_depot_code")),
    )
    with op.batch_alter_table("depot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_depot_district_code"), ["district_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_depot_type_code"), ["type_code"], unique=False)

    op.create_table(
        "item_group_member",
        sa.Column("group_code", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_code"], ["item_group.code"], name=op.f("fk_item_group_member_group_code_item_group")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_group_member_item_id_item")),
        sa.PrimaryKeyConstraint("group_code", "item_id", name=op.f("pk_item_group_member")),
    )
    op.create_table(
        "kit_line",
        sa.Column("kit_item_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", core.columns.Quantity(), nullable=False),
        sa.Column("role", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_kit_line_item_id_item")),
        sa.ForeignKeyConstraint(["kit_item_id"], ["item.id"], name=op.f("fk_kit_line_kit_item_id_item")),
        sa.PrimaryKeyConstraint("kit_item_id", "item_id", name=op.f("pk_kit_line")),
    )
    op.create_table(
        "maintenance_plan",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("task_zh", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("task_en", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("anchor", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("first_after_months", sa.Integer(), nullable=True),
        sa.Column("every", sa.Integer(), nullable=True),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("done_by", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("blocks_use", sa.Boolean(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("clause", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("confidence", sqlmodel.sql.sqltypes.AutoString(length=50), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_maintenance_plan_item_id_item")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_maintenance_plan")),
    )
    with op.batch_alter_table("maintenance_plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_maintenance_plan_item_id"), ["item_id"], unique=False)

    op.create_table(
        "par_level",
        sa.Column("profile_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("minimum", core.columns.Quantity(), nullable=False),
        sa.Column("par", core.columns.Quantity(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_par_level_item_id_item")),
        sa.ForeignKeyConstraint(["profile_code"], ["profile.code"], name=op.f("fk_par_level_profile_code_profile")),
        sa.PrimaryKeyConstraint("profile_code", "item_id", name=op.f("pk_par_level")),
    )
    op.create_table(
        "requirement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("profile_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("group_code", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column(
            "level",
            sa.Enum("mandatory", "specialty", "recommended", name="level", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("minimum", core.columns.Quantity(), nullable=False),
        sa.Column("combine", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.CheckConstraint("(item_id IS NULL) <> (group_code IS NULL)", name=op.f("ck_requirement_one_subject")),
        sa.ForeignKeyConstraint(["group_code"], ["item_group.code"], name=op.f("fk_requirement_group_code_item_group")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_requirement_item_id_item")),
        sa.ForeignKeyConstraint(["profile_code"], ["profile.code"], name=op.f("fk_requirement_profile_code_profile")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement")),
        sa.UniqueConstraint(
            "profile_code", "subject", "valid_from", name=op.f("uq_requirement_profile_code_subject_valid_from")
        ),
    )
    with op.batch_alter_table("requirement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_requirement_profile_code"), ["profile_code"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "keeper", "responder", "officer", "administrator", "auditor", name="role", native_enum=False, length=16
            ),
            nullable=False,
        ),
        sa.Column("district_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("depot_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_assignment_depot_id_depot")),
        sa.ForeignKeyConstraint(
            ["district_code"], ["district.code"], name=op.f("fk_assignment_district_code_district")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_assignment_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_depot_id"), ["depot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignment_person_id"), ["person_id"], unique=False)

    op.create_table(
        "depot_item",
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("held", core.columns.Quantity(), nullable=False),
        sa.Column("in_reach", core.columns.Quantity(), nullable=False),
        sa.Column("dirty", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_depot_item_depot_id_depot")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_depot_item_item_id_item")),
        sa.PrimaryKeyConstraint("depot_id", "item_id", name=op.f("pk_depot_item")),
    )
    with op.batch_alter_table("depot_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_depot_item_dirty",
            ["depot_id"],
            unique=False,
            sqlite_where=sa.text("dirty = 1"),
            postgresql_where=sa.text("dirty"),
        )
        batch_op.create_index("ix_depot_item_item_id", ["item_id"], unique=False)

    op.create_table(
        "depot_profile",
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("profile_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_depot_profile_depot_id_depot")),
        sa.ForeignKeyConstraint(["profile_code"], ["profile.code"], name=op.f("fk_depot_profile_profile_code_profile")),
        sa.PrimaryKeyConstraint("depot_id", "profile_code", name=op.f("pk_depot_profile")),
    )
    op.create_table(
        "depot_readiness",
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("good_through", sa.Date(), nullable=False),
        sa.Column("mandatory", sa.Integer(), nullable=False),
        sa.Column("mandatory_held", sa.Integer(), nullable=False),
        sa.Column("mandatory_ready", sa.Integer(), nullable=False),
        sa.Column("specialty", sa.Integer(), nullable=False),
        sa.Column("specialty_held", sa.Integer(), nullable=False),
        sa.Column("specialty_ready", sa.Integer(), nullable=False),
        sa.Column("recommended", sa.Integer(), nullable=False),
        sa.Column("recommended_held", sa.Integer(), nullable=False),
        sa.Column("recommended_ready", sa.Integer(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("missing", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("ends", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_depot_readiness_depot_id_depot")),
        sa.PrimaryKeyConstraint("depot_id", name=op.f("pk_depot_readiness")),
    )
    op.create_table(
        "depot_requirement",
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("group_code", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column(
            "level",
            sa.Enum("mandatory", "specialty", "recommended", name="level", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("minimum", core.columns.Quantity(), nullable=False),
        sa.Column("low_below", core.columns.Quantity(), nullable=False),
        sa.Column("par", core.columns.Quantity(), nullable=False),
        sa.Column("why", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_depot_requirement_depot_id_depot")),
        sa.ForeignKeyConstraint(
            ["group_code"], ["item_group.code"], name=op.f("fk_depot_requirement_group_code_item_group")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_depot_requirement_item_id_item")),
        sa.PrimaryKeyConstraint("depot_id", "subject", name=op.f("pk_depot_requirement")),
    )
    with op.batch_alter_table("depot_requirement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_depot_requirement_item_id"), ["item_id"], unique=False)

    op.create_table(
        "place",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "room",
                "bay",
                "shelf",
                "bin",
                "vehicle",
                "kit",
                "hold",
                "holder",
                "transit",
                "workshop",
                "supplier",
                "consumed",
                "disposed",
                "lost",
                "found",
                "discrepancy",
                "repacked",
                name="placekind",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("name_zh", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("name_en", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("path_zh", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("path_en", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("outside", sa.Boolean(), nullable=False),
        sa.Column("in_reach", sa.Boolean(), nullable=False),
        sa.Column("created_at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_place_depot_id_depot")),
        sa.ForeignKeyConstraint(["parent_id"], ["place.id"], name=op.f("fk_place_parent_id_place")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_place_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
    )
    with op.batch_alter_table("place", schema=None) as batch_op:
        batch_op.create_index("ix_place_depot_id_position", ["depot_id", "position"], unique=False)
        batch_op.create_index(batch_op.f("ix_place_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_place_person_id"), ["person_id"], unique=False)

    op.create_table(
        "requirement_override",
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column(
            "level",
            sa.Enum("mandatory", "specialty", "recommended", name="level", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("minimum", core.columns.Quantity(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("by_person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["person.id"], name=op.f("fk_requirement_override_by_person_id_person")
        ),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_requirement_override_depot_id_depot")),
        sa.PrimaryKeyConstraint("depot_id", "subject", name=op.f("pk_requirement_override")),
    )
    op.create_table(
        "lot",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("natural_key", sqlmodel.sql.sqltypes.AutoString(length=250), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("serial", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("maker", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=True),
        sa.Column(
            "expiry", sa.Enum("none", "known", "unknown", name="expiry", native_enum=False, length=16), nullable=False
        ),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("expiry_precision", sqlmodel.sql.sqltypes.AutoString(length=5), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("usable_through", sa.Date(), nullable=True),
        sa.Column(
            "condition",
            sa.Enum("fit", "unfit", "quarantined", name="condition", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("condition_note", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("pack_size", core.columns.Quantity(), nullable=True),
        sa.Column("opened_from_id", sa.Uuid(), nullable=True),
        sa.Column("home_place_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["home_place_id"], ["place.id"], name=op.f("fk_lot_home_place_id_place")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_lot_item_id_item")),
        sa.ForeignKeyConstraint(["opened_from_id"], ["lot.id"], name=op.f("fk_lot_opened_from_id_lot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("natural_key", name=op.f("uq_lot_natural_key")),
    )
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lot_item_id"), ["item_id"], unique=False)
        batch_op.create_index(
            "ix_lot_usable_through",
            ["usable_through"],
            unique=False,
            sqlite_where=sa.text("usable_through IS NOT NULL"),
            postgresql_where=sa.text("usable_through IS NOT NULL"),
        )

    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cause", sqlmodel.sql.sqltypes.AutoString(length=150), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "expired",
                "expiring",
                "date_missing",
                "below_minimum",
                "defect",
                "discrepancy",
                name="alertkind",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("details", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("opened_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("changed_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("acknowledged_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("acknowledged_by_id", sa.Uuid(), nullable=True),
        sa.Column("resolved_at", core.columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["acknowledged_by_id"], ["person.id"], name=op.f("fk_alert_acknowledged_by_id_person")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_alert_depot_id_depot")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_alert_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_alert_lot_id_lot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index("ix_alert_depot_id_resolved_at", ["depot_id", "resolved_at"], unique=False)
        batch_op.create_index("ix_alert_opened_at_id", ["opened_at", "id"], unique=False)
        batch_op.create_index(
            "uq_alert_cause",
            ["cause"],
            unique=True,
            sqlite_where=sa.text("resolved_at IS NULL"),
            postgresql_where=sa.text("resolved_at IS NULL"),
        )

    op.create_table(
        "defect",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", core.columns.Quantity(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("reported", "open", "closed", name="defectstate", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("description", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("contact", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("reported_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("closed_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column("closing_note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(["closed_by_id"], ["person.id"], name=op.f("fk_defect_closed_by_id_person")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_defect_depot_id_depot")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_defect_lot_id_lot")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_defect_person_id_person")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_defect_place_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_defect")),
    )
    with op.batch_alter_table("defect", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_defect_depot_id"), ["depot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_defect_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "label",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("place_id", sa.Uuid(), nullable=True),
        sa.Column("depot_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("replaced_by", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=True),
        sa.CheckConstraint(
            "(CASE WHEN lot_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN place_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN depot_id IS NULL THEN 0 ELSE 1 END) <= 1",
            name=op.f("ck_label_one_thing"),
        ),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_label_depot_id_depot")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_label_lot_id_lot")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_label_place_id_place")),
        sa.ForeignKeyConstraint(["replaced_by"], ["label.code"], name=op.f("fk_label_replaced_by_label")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_label")),
    )
    with op.batch_alter_table("label", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_label_depot_id"), ["depot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_label_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_label_place_id"), ["place_id"], unique=False)

    op.create_table(
        "movement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "receive",
                "issue",
                "return",
                "consume",
                "transfer",
                "adjust",
                "dispose",
                "open",
                name="kind",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", core.columns.Quantity(), nullable=False),
        sa.Column("from_place_id", sa.Uuid(), nullable=False),
        sa.Column("to_place_id", sa.Uuid(), nullable=False),
        sa.Column("from_depot_id", sa.Uuid(), nullable=False),
        sa.Column("to_depot_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("happened_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("entered", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.CheckConstraint("from_place_id <> to_place_id", name=op.f("ck_movement_moves")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_movement_quantity_positive")),
        sa.ForeignKeyConstraint(["from_depot_id"], ["depot.id"], name=op.f("fk_movement_from_depot_id_depot")),
        sa.ForeignKeyConstraint(["from_place_id"], ["place.id"], name=op.f("fk_movement_from_place_id_place")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_movement_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_movement_lot_id_lot")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_movement_person_id_person")),
        sa.ForeignKeyConstraint(["to_depot_id"], ["depot.id"], name=op.f("fk_movement_to_depot_id_depot")),
        sa.ForeignKeyConstraint(["to_place_id"], ["place.id"], name=op.f("fk_movement_to_place_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_movement")),
        sa.UniqueConstraint("request_id", "line", name=op.f("uq_movement_request_id_line")),
    )
    with op.batch_alter_table("movement", schema=None) as batch_op:
        batch_op.create_index("ix_movement_from_depot_id_recorded_at", ["from_depot_id", "recorded_at"], unique=False)
        batch_op.create_index("ix_movement_lot_id_recorded_at", ["lot_id", "recorded_at"], unique=False)
        batch_op.create_index("ix_movement_person_id_recorded_at", ["person_id", "recorded_at"], unique=False)
        batch_op.create_index("ix_movement_recorded_at_id", ["recorded_at", "id"], unique=False)
        batch_op.create_index("ix_movement_to_depot_id_recorded_at", ["to_depot_id", "recorded_at"], unique=False)

    op.create_table(
        "stock",
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("outside", sa.Boolean(), nullable=False),
        sa.Column("quantity", core.columns.Quantity(), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_stock_depot_id_depot")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_stock_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_stock_lot_id_lot")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_stock_place_id_place")),
        sa.PrimaryKeyConstraint("place_id", "lot_id", name=op.f("pk_stock")),
    )
    with op.batch_alter_table("stock", schema=None) as batch_op:
        batch_op.create_index("ix_stock_depot_id_item_id", ["depot_id", "item_id"], unique=False)
        batch_op.create_index("ix_stock_lot_id_depot_id", ["lot_id", "depot_id"], unique=False)

    op.create_table(
        "told",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_told_alert_id_alert")),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_told_mail_id_mail")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_told_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", "alert_id", "step", name=op.f("pk_told")),
    )
    with op.batch_alter_table("told", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_told_mail_id"), ["mail_id"], unique=False)

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
