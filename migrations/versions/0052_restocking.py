"""A call-out may be closed before it is restocked, with a day; a transfer may be asked for to restock one."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("incident") as batch:
        batch.add_column(sa.Column("restock_by", sa.Date(), nullable=True))
    with op.batch_alter_table("transfer") as batch:
        batch.add_column(sa.Column("incident_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key("fk_transfer_incident_id_incident", "incident", ["incident_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("transfer") as batch:
        batch.drop_constraint("fk_transfer_incident_id_incident", type_="foreignkey")
        batch.drop_column("incident_id")
    with op.batch_alter_table("incident") as batch:
        batch.drop_column("restock_by")
