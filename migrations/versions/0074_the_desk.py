"""Views of lists that somebody saved, who an alert is assigned to, and indexes for what stands open."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import core.columns

revision = "0074"
down_revision = "0067"
branch_labels = None
depends_on = None

# What stands open is little beside what is over: (index, table, columns, condition)
OPEN = (
    ("ix_alert_open", "alert", ["opened_at", "id"], "resolved_at IS NULL"),
    ("ix_defect_open", "defect", ["reported_at"], "closed_at IS NULL"),
    ("ix_transfer_open", "transfer", ["asked_at"], "closed_at IS NULL"),
    ("ix_incident_unapproved", "incident", ["opened_at"], "approved_at IS NULL"),
    ("ix_count_open", "count", ["opened_at"], "closed_at IS NULL"),
    ("ix_lot_number", "lot", ["number"], "number IS NOT NULL"),
)


def upgrade() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("list", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("query", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False),
        sa.Column("saved_at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("person_id", "list", "name", name=op.f("uq_saved_view_person_id_list_name")),
    )
    op.create_table(
        "alert_assignment",
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", core.columns.Instant(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_assignment_alert_id_alert")),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_alert_assignment_by_id_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_alert_assignment_person_id_person")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert_assignment")),
    )
    op.create_index("ix_alert_assignment_person_id", "alert_assignment", ["person_id"])
    for name, table, columns, condition in OPEN:
        some = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    for name, table, _, _ in OPEN:
        op.drop_index(name, table_name=table)
    op.drop_table("alert_assignment")
    op.drop_table("saved_view")
