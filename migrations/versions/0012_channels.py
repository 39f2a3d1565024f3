"""Channels: robots, webhooks and calendar feeds; why somebody was told; duties of a sub-district."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_entry",
        sa.Column("uid", sqlmodel.sql.sqltypes.AutoString(length=150), nullable=False),
        sa.Column("content", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("changed_at", core.columns.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_calendar_entry")),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=True),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=2), nullable=False),
        sa.Column("created_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("revoked_at", core.columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_calendar_feed_depot_id_depot")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_calendar_feed_secret_hash")),
    )
    with op.batch_alter_table("calendar_feed", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_calendar_feed_person_id"), ["person_id"], unique=False)

    op.create_table(
        "endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("way", sa.Enum("mail", "robot", "webhook", name="way", native_enum=False, length=16), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("url", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column(
            "least",
            sa.Enum("urgent", "serious", "notice", name="severity", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("language", sqlmodel.sql.sqltypes.AutoString(length=2), nullable=False),
        sa.Column("district_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=True),
        sa.Column("depot_id", sa.Uuid(), nullable=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("paused_until", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("created_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("ended_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("ended_why", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["person.id"], name=op.f("fk_endpoint_created_by_id_person")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_endpoint_depot_id_depot")),
        sa.ForeignKeyConstraint(["district_code"], ["district.code"], name=op.f("fk_endpoint_district_code_district")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoint")),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("finished_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoint.id"], name=op.f("fk_attempt_endpoint_id_endpoint")),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_attempt_mail_id_mail")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index("ix_attempt_endpoint_id_started_at", ["endpoint_id", "started_at"], unique=False)
        batch_op.create_index("ix_attempt_mail_id", ["mail_id"], unique=False)

    op.create_table(
        "endpoint_told",
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("told_round", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_endpoint_told_alert_id_alert")),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoint.id"], name=op.f("fk_endpoint_told_endpoint_id_endpoint")),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_endpoint_told_mail_id_mail")),
        sa.PrimaryKeyConstraint("endpoint_id", "alert_id", "step", "told_round", name=op.f("pk_endpoint_told")),
    )
    with op.batch_alter_table("endpoint_told", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_endpoint_told_mail_id"), ["mail_id"], unique=False)

    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subdistrict_code", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_assignment_subdistrict_code_subdistrict"), "subdistrict", ["subdistrict_code"], ["code"]
        )

    with op.batch_alter_table("depot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_depot_subdistrict_code"), ["subdistrict_code"], unique=False)

    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "channel",
                sa.Enum("mail", "robot", "webhook", name="way", native_enum=False, length=16),
                server_default="mail",
                nullable=False,
            )
        )
        batch_op.add_column(sa.Column("endpoint_id", sa.Uuid(), nullable=True))
        batch_op.alter_column("person_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.create_index("ix_mail_created_at_id", ["created_at", "id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_mail_endpoint_id_endpoint"), "endpoint", ["endpoint_id"], ["id"])

    with op.batch_alter_table("told", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rung", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("below", sa.Integer(), server_default="0", nullable=False))
