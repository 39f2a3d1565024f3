"""What was signed, as a digest beside who signed it: a change afterwards lets the signature fall (B4, B7).

What was signed before digests were kept is signed anew: nobody can tell from here what it was given for.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None

DIGESTS = (
    ("hand_out", "load"),
    ("transfer", "loss_signed"),
    ("keeper_handover", "signed"),
    ("scrap", "signed"),
)


def upgrade() -> None:
    for table, column in DIGESTS:
        op.add_column(table, sa.Column(column, sa.String(64), nullable=False, server_default=""))
    op.execute("UPDATE scrap SET state = 'proposed', decided_by_id = NULL, decided_at = NULL WHERE state = 'approved'")
    op.execute(
        "UPDATE transfer SET sender_signed_loss_id = NULL, receiver_signed_loss_id = NULL WHERE closed_at IS NULL"
    )
    op.execute(
        "UPDATE keeper_handover SET leaver_signed_at = NULL, comer_signed_at = NULL WHERE witness_signed_at IS NULL"
    )
    op.add_column("import_run", sa.Column("again", sa.Boolean(), nullable=False, server_default=sa.false()))
