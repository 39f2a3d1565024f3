"""Sizes of an item, of its lots, and groups of sizes that must be there (T49). Of what is there, no size is known."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = sqlmodel.sql.sqltypes.AutoString
    op.add_column("item", sa.Column("sizes", text(length=200), nullable=False, server_default=""))
    op.add_column("lot", sa.Column("size", text(length=16), nullable=True))
    op.create_table(
        "item_group_size",
        sa.Column("group_code", text(length=32), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("size", text(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_code"], ["item_group.code"], name=op.f("fk_item_group_size_group_code_item_group")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_group_size_item_id_item")),
        sa.PrimaryKeyConstraint("group_code", "item_id", "size", name=op.f("pk_item_group_size")),
    )
