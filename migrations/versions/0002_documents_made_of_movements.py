"""Loans, incidents, transfers, counts, handovers, kits' seals, and the log of what devices told."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=24), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("happened_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column(
            "state", sa.Enum("booked", "refused", name="entrystate", native_enum=False, length=16), nullable=False
        ),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_entry_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index("ix_entry_person_id_recorded_at", ["person_id", "recorded_at"], unique=False)

    op.create_table(
        "pack_code",
        sa.Column("gtin", sqlmodel.sql.sqltypes.AutoString(length=14), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("contains", core.columns.Quantity(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_pack_code_item_id_item")),
        sa.PrimaryKeyConstraint("gtin", name=op.f("pk_pack_code")),
    )
    with op.batch_alter_table("pack_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pack_code_item_id"), ["item_id"], unique=False)

    op.create_table(
        "count",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum("stocktake", "handover", "kit", name="countpurpose", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("open", "closed", "cancelled", name="countstate", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("opened_by_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column("closed_at", core.columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["closed_by_id"], ["person.id"], name=op.f("fk_count_closed_by_id_person")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_count_depot_id_depot")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["person.id"], name=op.f("fk_count_opened_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count")),
    )
    with op.batch_alter_table("count", schema=None) as batch_op:
        batch_op.create_index("ix_count_depot_id_closed_at", ["depot_id", "closed_at"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "fire",
                "flood",
                "rescue",
                "forest",
                "traffic",
                "medical",
                "security",
                "other",
                name="incidentkind",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "platform_119",
                "street_office",
                "police",
                "phone",
                "walk_in",
                name="channel",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("place", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("opened_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("arrived_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("counted_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("closed_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("opened_by_id", sa.Uuid(), nullable=False),
        sa.Column("closed_by_id", sa.Uuid(), nullable=True),
        sa.Column("ordered_by", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("approved_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(["approved_by_id"], ["person.id"], name=op.f("fk_incident_approved_by_id_person")),
        sa.ForeignKeyConstraint(["closed_by_id"], ["person.id"], name=op.f("fk_incident_closed_by_id_person")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_incident_depot_id_depot")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["person.id"], name=op.f("fk_incident_opened_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index("ix_incident_depot_id_closed_at", ["depot_id", "closed_at"], unique=False)

    op.create_table(
        "loan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column(
            "borrower",
            sa.Enum("responder", "outside", "resident", name="borrower", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("phone", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("lent_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("due_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("lent_by_id", sa.Uuid(), nullable=False),
        sa.Column("closed_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_loan_depot_id_depot")),
        sa.ForeignKeyConstraint(["lent_by_id"], ["person.id"], name=op.f("fk_loan_lent_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan")),
    )
    with op.batch_alter_table("loan", schema=None) as batch_op:
        batch_op.create_index("ix_loan_depot_id_closed_at", ["depot_id", "closed_at"], unique=False)

    op.create_table(
        "photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.Column("depot_id", sa.Uuid(), nullable=True),
        sa.Column("file_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("recorded_at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_photo_depot_id_depot")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_photo_entry_id_entry")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_photo_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
    )
    with op.batch_alter_table("photo", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_photo_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("gtin", sqlmodel.sql.sqltypes.AutoString(length=14), nullable=True),
        sa.Column("raw", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=100), nullable=False),
        sa.Column("unit", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("contains", core.columns.Quantity(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("open", "approved", "rejected", name="proposalstate", native_enum=False, length=16),
            nullable=False,
        ),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", core.columns.Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_proposal_by_id_person")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["person.id"], name=op.f("fk_proposal_decided_by_id_person")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_proposal_depot_id_depot")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_proposal_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index("ix_proposal_state", ["state"], unique=False)

    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_depot_id", sa.Uuid(), nullable=False),
        sa.Column("to_depot_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "requested",
                "sent",
                "closed",
                "rejected",
                "cancelled",
                name="transferstate",
                native_enum=False,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("sent_by_id", sa.Uuid(), nullable=True),
        sa.Column("sent_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("closed_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("closing_note", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("sender_signed_loss_id", sa.Uuid(), nullable=True),
        sa.Column("receiver_signed_loss_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["person.id"], name=op.f("fk_transfer_asked_by_id_person")),
        sa.ForeignKeyConstraint(["from_depot_id"], ["depot.id"], name=op.f("fk_transfer_from_depot_id_depot")),
        sa.ForeignKeyConstraint(
            ["receiver_signed_loss_id"], ["person.id"], name=op.f("fk_transfer_receiver_signed_loss_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["sender_signed_loss_id"], ["person.id"], name=op.f("fk_transfer_sender_signed_loss_id_person")
        ),
        sa.ForeignKeyConstraint(["sent_by_id"], ["person.id"], name=op.f("fk_transfer_sent_by_id_person")),
        sa.ForeignKeyConstraint(["to_depot_id"], ["depot.id"], name=op.f("fk_transfer_to_depot_id_depot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
    )
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.create_index("ix_transfer_from_depot_id_closed_at", ["from_depot_id", "closed_at"], unique=False)
        batch_op.create_index("ix_transfer_to_depot_id_closed_at", ["to_depot_id", "closed_at"], unique=False)

    op.create_table(
        "check_result",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind", sa.Enum("seal", "full", "round", name="checkkind", native_enum=False, length=16), nullable=False
        ),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("details", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_check_result_depot_id_depot")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_check_result_person_id_person")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_check_result_place_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_result")),
    )
    with op.batch_alter_table("check_result", schema=None) as batch_op:
        batch_op.create_index("ix_check_result_place_id_at", ["place_id", "at"], unique=False)

    op.create_table(
        "count_place",
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["count_id"], ["count.id"], name=op.f("fk_count_place_count_id_count")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_count_place_place_id_place")),
        sa.PrimaryKeyConstraint("count_id", "place_id", name=op.f("pk_count_place")),
    )
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("shift_day", sa.Date(), nullable=False),
        sa.Column("giver_id", sa.Uuid(), nullable=False),
        sa.Column("given_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("taker_id", sa.Uuid(), nullable=True),
        sa.Column("taken_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("handed_on", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_handover_depot_id_depot")),
        sa.ForeignKeyConstraint(["giver_id"], ["person.id"], name=op.f("fk_handover_giver_id_person")),
        sa.ForeignKeyConstraint(["id"], ["count.id"], name=op.f("fk_handover_id_count")),
        sa.ForeignKeyConstraint(["taker_id"], ["person.id"], name=op.f("fk_handover_taker_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    with op.batch_alter_table("handover", schema=None) as batch_op:
        batch_op.create_index("ix_handover_depot_id_shift_day", ["depot_id", "shift_day"], unique=False)

    op.create_table(
        "restocked",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", core.columns.Quantity(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("note", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_restocked_incident_id_incident")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_restocked_item_id_item")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_restocked_person_id_person")),
        sa.PrimaryKeyConstraint("incident_id", "item_id", name=op.f("pk_restocked")),
    )
    op.create_table(
        "seal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("put_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("put_by_id", sa.Uuid(), nullable=False),
        sa.Column("short", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("broken_at", core.columns.Instant(timezone=True), nullable=True),
        sa.Column("broken_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["broken_by_id"], ["person.id"], name=op.f("fk_seal_broken_by_id_person")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_seal_place_id_place")),
        sa.ForeignKeyConstraint(["put_by_id"], ["person.id"], name=op.f("fk_seal_put_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal")),
    )
    with op.batch_alter_table("seal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seal_place_id"), ["place_id"], unique=False)

    op.create_table(
        "transfer_line",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", core.columns.Quantity(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_transfer_line_item_id_item")),
        sa.ForeignKeyConstraint(["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_line_transfer_id_transfer")),
        sa.PrimaryKeyConstraint("transfer_id", "item_id", name=op.f("pk_transfer_line")),
    )
    op.create_table(
        "count_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("count_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("counted", core.columns.Quantity(), nullable=False),
        sa.Column("book", core.columns.Quantity(), nullable=False),
        sa.Column("counted_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["count_id"], ["count.id"], name=op.f("fk_count_line_count_id_count")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_count_line_lot_id_lot")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_count_line_person_id_person")),
        sa.ForeignKeyConstraint(["place_id"], ["place.id"], name=op.f("fk_count_line_place_id_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_count_line")),
        sa.UniqueConstraint(
            "count_id", "place_id", "lot_id", "round", name=op.f("uq_count_line_count_id_place_id_lot_id_round")
        ),
    )
    with op.batch_alter_table("count_line", schema=None) as batch_op:
        batch_op.create_index("ix_count_line_place_id_lot_id", ["place_id", "lot_id"], unique=False)

    _add_incident_to_movements()


def _add_incident_to_movements() -> None:
    """Plain SQL: the table must not be made anew on SQLite, for it would lose the triggers that guard it."""
    kind = "CHAR(32)" if op.get_bind().dialect.name == "sqlite" else "UUID"
    op.execute(
        f"ALTER TABLE movement ADD COLUMN incident_id {kind} "
        "CONSTRAINT fk_movement_incident_id_incident REFERENCES incident (id)"
    )
    op.create_index("ix_movement_incident_id", "movement", ["incident_id"])
