"""An index by which it is found where what is out was taken: it goes back there."""

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_movement_to_place_id_lot_id", "movement", ["to_place_id", "lot_id"])


def downgrade() -> None:
    op.drop_index("ix_movement_to_place_id_lot_id", "movement")
