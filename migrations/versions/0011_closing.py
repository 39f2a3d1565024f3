"""Closing depots, two-person issue, proof of disposal, keeper handover."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scrap_photo",
        sa.Column("scrap_id", sa.Uuid(), nullable=False),
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("proof", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_scrap_photo_photo_id_photo")),
        sa.ForeignKeyConstraint(["scrap_id"], ["scrap.id"], name=op.f("fk_scrap_photo_scrap_id_scrap")),
        sa.PrimaryKeyConstraint("scrap_id", "photo_id", name=op.f("pk_scrap_photo")),
    )
    people = ("planned_by_id", "given_up_by_id", "closed_by_id", "reopened_by_id")
    op.create_table(
        "depot_closing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("why", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("planned_by_id", sa.Uuid(), nullable=False),
        sa.Column("planned_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("given_up_by_id", sa.Uuid(), nullable=True),
        sa.Column("given_up_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("people", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reopened_by_id", sa.Uuid(), nullable=True),
        sa.Column("reopened_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("reopen_why", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_depot_closing_depot_id_depot")),
        sa.ForeignKeyConstraint(["successor_id"], ["depot.id"], name=op.f("fk_depot_closing_successor_id_depot")),
        *(
            sa.ForeignKeyConstraint([name], ["person.id"], name=op.f(f"fk_depot_closing_{name}_person"))
            for name in people
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_depot_closing")),
    )
    op.create_index(op.f("ix_depot_closing_depot_id"), "depot_closing", ["depot_id"])


def downgrade() -> None:
    op.drop_table("depot_closing")
    op.drop_table("scrap_photo")
