"""Closing depots, two-person issue, proof of disposal, keeper handover."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0011"
down_revision = "0010"
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
    _two_persons()
    _keepers()


def _two_persons() -> None:
    op.create_table(
        "hand_out",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=True),
        sa.Column("quantity", core.columns.Quantity(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("ends_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("witness_id", sa.Uuid(), nullable=True),
        sa.Column("answered_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("used_at", core.columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_hand_out_asked_by_id_person")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_hand_out_depot_id_depot")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_hand_out_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_hand_out_lot_id_lot")),
        sa.ForeignKeyConstraint(["witness_id"], ["person.id"], name=op.f("fk_hand_out_witness_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hand_out")),
    )
    op.create_index("ix_hand_out_depot_id_asked_at", "hand_out", ["depot_id", "asked_at"])
    op.create_index("ix_hand_out_asked_by_id_item_id", "hand_out", ["asked_by_id", "item_id"])
    op.create_table(
        "movement_witness",
        sa.Column("movement_id", sa.Uuid(), nullable=False),
        sa.Column("hand_out_id", sa.Uuid(), nullable=False),
        sa.Column("witness_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hand_out_id"], ["hand_out.id"], name=op.f("fk_movement_witness_hand_out_id_hand_out")
        ),
        sa.ForeignKeyConstraint(
            ["movement_id"], ["movement.id"], name=op.f("fk_movement_witness_movement_id_movement")
        ),
        sa.ForeignKeyConstraint(["witness_id"], ["person.id"], name=op.f("fk_movement_witness_witness_id_person")),
        sa.PrimaryKeyConstraint("movement_id", name=op.f("pk_movement_witness")),
    )
    op.create_index(op.f("ix_movement_witness_hand_out_id"), "movement_witness", ["hand_out_id"])


def _keepers() -> None:
    op.create_table(
        "keeper_handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("leaver_id", sa.Uuid(), nullable=False),
        sa.Column("comer_id", sa.Uuid(), nullable=False),
        sa.Column("guest", sa.Boolean(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("started_by_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("leaver_signed_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("comer_signed_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("witness_id", sa.Uuid(), nullable=True),
        sa.Column("witness_signed_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("handed_on", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_keeper_handover_depot_id_depot")),
        sa.ForeignKeyConstraint(["id"], ["count.id"], name=op.f("fk_keeper_handover_id_count")),
        *(
            sa.ForeignKeyConstraint([name], ["person.id"], name=op.f(f"fk_keeper_handover_{name}_person"))
            for name in ("leaver_id", "comer_id", "started_by_id", "witness_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keeper_handover")),
    )
    op.create_index(op.f("ix_keeper_handover_depot_id"), "keeper_handover", ["depot_id"])
