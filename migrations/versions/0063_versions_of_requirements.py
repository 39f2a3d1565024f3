"""What must be held is edited as versions: drafts with a day of their own, published as a whole."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

LEVEL = sa.Enum("mandatory", "specialty", "recommended", name="level", native_enum=False, length=16)
STATE = sa.Enum("draft", "published", "withdrawn", name="versionstate", native_enum=False, length=16)


def upgrade() -> None:
    op.create_table(
        "requirement_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("state", STATE, nullable=False),
        sa.Column("made_by_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("ended_by_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", core.columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["made_by_id"], ["person.id"], name=op.f("fk_requirement_version_made_by_id_person")),
        sa.ForeignKeyConstraint(["ended_by_id"], ["person.id"], name=op.f("fk_requirement_version_ended_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement_version")),
    )
    op.create_table(
        "requirement_version_line",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("profile_code", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("group_code", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.Column("level", LEVEL, nullable=False),
        sa.Column("minimum", core.columns.Quantity(), nullable=False),
        sa.Column("spare_per", sa.Integer(), nullable=True),
        sa.Column("combine", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("low", core.columns.Quantity(), nullable=True),
        sa.Column("par", core.columns.Quantity(), nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["requirement_version.id"],
            name=op.f("fk_requirement_version_line_version_id_requirement_version"),
        ),
        sa.ForeignKeyConstraint(
            ["profile_code"], ["profile.code"], name=op.f("fk_requirement_version_line_profile_code_profile")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_requirement_version_line_item_id_item")),
        sa.ForeignKeyConstraint(
            ["group_code"], ["item_group.code"], name=op.f("fk_requirement_version_line_group_code_item_group")
        ),
        sa.PrimaryKeyConstraint("version_id", "profile_code", "subject", name=op.f("pk_requirement_version_line")),
    )


def downgrade() -> None:
    op.drop_table("requirement_version_line")
    op.drop_table("requirement_version")
