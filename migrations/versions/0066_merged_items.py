"""A line of the catalogue can be merged into another; what lay where then is written down beside the ledger."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # by hand: SQLite adds a column that refers to another, Alembic would copy the table and lose its triggers
    kind = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    op.execute(
        f"ALTER TABLE item ADD COLUMN merged_into_id {kind} CONSTRAINT fk_item_merged_into_id_item REFERENCES item (id)"
    )
    op.add_column("item", sa.Column("merged_at", core.columns.Instant(timezone=True), nullable=True))
    op.create_table(
        "item_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", core.columns.Quantity(), nullable=False),
        sa.Column("from_place_id", sa.Uuid(), nullable=False),
        sa.Column("to_place_id", sa.Uuid(), nullable=False),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_item_change_quantity_positive")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_change_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_item_change_lot_id_lot")),
        sa.ForeignKeyConstraint(["from_place_id"], ["place.id"], name=op.f("fk_item_change_from_place_id_place")),
        sa.ForeignKeyConstraint(["to_place_id"], ["place.id"], name=op.f("fk_item_change_to_place_id_place")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_item_change_depot_id_depot")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_item_change_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_change")),
    )
    op.create_index("ix_item_change_recorded_at", "item_change", ["recorded_at"])


def downgrade() -> None:
    op.drop_table("item_change")
    op.drop_column("item", "merged_at")
    op.execute("ALTER TABLE item DROP COLUMN merged_into_id")
