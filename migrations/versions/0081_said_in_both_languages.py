"""What the reference says of gear, kinds of depots, plans and requirements: in Chinese beside the English."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0081"
down_revision = "0080"
branch_labels = None
depends_on = None
expands = True  # a program that knows only the English goes on reading and writing it

COLUMNS = (
    ("item", "hazards_zh", 300),
    ("item", "note_zh", 500),
    ("profile", "note_zh", 500),
    ("requirement", "source_zh", 300),
    ("maintenance_plan", "clause_zh", 200),
    ("maintenance_plan", "note_zh", 500),
    ("city", "announced_note_zh", 200),
)


def upgrade() -> None:
    for table, column, length in COLUMNS:
        kind = sqlmodel.sql.sqltypes.AutoString(length=length)
        op.add_column(table, sa.Column(column, kind, nullable=False, server_default=""))


def downgrade() -> None:
    for table, column, _ in reversed(COLUMNS):
        op.drop_column(table, column)
