"""Tokens with a scope: read-only, or of one depot. What is there already may do what it could."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("credential") as batch:
        batch.add_column(sa.Column("read_only", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("depot_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key("fk_credential_depot_id_depot", "depot", ["depot_id"], ["id"])
