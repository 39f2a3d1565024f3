"""Proof of disposal."""

import sqlalchemy as sa
from alembic import op

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


def downgrade() -> None:
    op.drop_table("scrap_photo")
