"""The dates of a lot can be set and corrected; what they were stays in the record (T09)."""

import sqlalchemy as sa
from alembic import op

import core.columns

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lot_date_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lot_id", sa.Uuid(), nullable=False),
        sa.Column("split_from_id", sa.Uuid(), nullable=True),
        sa.Column("depot_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.String(length=500), nullable=False),
        sa.Column("after", sa.String(length=500), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("happened_at", core.columns.Instant(timezone=True), nullable=False),
        sa.Column("recorded_at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_lot_date_change_lot_id_lot")),
        sa.ForeignKeyConstraint(["split_from_id"], ["lot.id"], name=op.f("fk_lot_date_change_split_from_id_lot")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_lot_date_change_depot_id_depot")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lot_date_change_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot_date_change")),
    )
    with op.batch_alter_table("lot_date_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lot_date_change_lot_id"), ["lot_id"], unique=False)


def downgrade() -> None:
    op.drop_table("lot_date_change")
