"""Alerts with a life, channels, and how jobs run."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_choice",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("digests", sa.Boolean(), nullable=False),
        sa.Column("bounced_address", sqlmodel.sql.sqltypes.AutoString(length=254), nullable=True),
        sa.Column("bounced_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("bounce", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_mail_choice_person_id_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_mail_choice")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.add_column(sa.Column("snoozed_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("told_round", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("part", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("unsubscribe", sqlmodel.sql.sqltypes.AutoString(length=300), server_default="", nullable=False)
        )
        batch_op.drop_constraint(batch_op.f("uq_mail_person_id_kind_day"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_mail_person_id_kind_day_part"), ["person_id", "kind", "day", "part"]
        )

    with op.batch_alter_table("told", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_round", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("told") as batch_op:
        batch_op.drop_constraint("pk_told", type_="primary")
        batch_op.create_primary_key("pk_told", ["person_id", "alert_id", "step", "told_round"])
