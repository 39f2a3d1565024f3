"""Pictures and papers of items."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0067"
down_revision = "0066"
branch_labels = None
depends_on = None

KINDS = ("photo", "manual", "data-sheet", "certificate", "drawing", "other")


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "item_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, name="filekind", native_enum=False, length=16), nullable=False),
        sa.Column("title", text(length=100), nullable=False),
        sa.Column("suffix", text(length=8), nullable=False),
        sa.Column("file_hash", text(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_by_id", sa.Uuid(), nullable=False),
        sa.Column("added_at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_file_item_id_item")),
        sa.ForeignKeyConstraint(["added_by_id"], ["person.id"], name=op.f("fk_item_file_added_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_file")),
        sa.UniqueConstraint("item_id", "file_hash", name=op.f("uq_item_file_item_id_file_hash")),
    )
    op.create_index(op.f("ix_item_file_item_id"), "item_file", ["item_id"])


def downgrade() -> None:
    op.drop_table("item_file")
