"""Places by what they are called, call-outs and transfers by when they began: what the search over everything asks."""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_place_name",
        "place",
        ["name_zh", "name_en", "depot_id"],
        sqlite_where=sa.text("in_reach = 1 AND retired_at IS NULL"),
        postgresql_where=sa.text("in_reach AND retired_at IS NULL"),
    )
    op.create_index("ix_incident_opened_at", "incident", ["opened_at"])
    op.create_index("ix_transfer_asked_at", "transfer", ["asked_at"])


def downgrade() -> None:
    for table, name in (("transfer", "asked_at"), ("incident", "opened_at"), ("place", "name")):
        op.drop_index(f"ix_{table}_{name}", table)
