"""How long each item lasts in each depot, each district and the city, as it was last worked out."""

import sqlalchemy as sa
from alembic import op

from core.columns import Instant, Quantity

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forecast",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("district_code", sa.String(length=32), nullable=True),
        sa.Column("depot_id", sa.Uuid(), nullable=True),
        sa.Column("ready", Quantity(), nullable=False),
        sa.Column("minimum", Quantity(), nullable=False),
        sa.Column("weeks", sa.Integer(), nullable=False),
        sa.Column("per_week", sa.Float(), nullable=False),
        sa.Column("at_least", sa.Float(), nullable=False),
        sa.Column("at_most", sa.Float(), nullable=False),
        sa.Column("empty_on", sa.Date(), nullable=True),
        sa.Column("soonest_on", sa.Date(), nullable=True),
        sa.Column("latest_on", sa.Date(), nullable=True),
        sa.Column("low_on", sa.Date(), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("unused", Quantity(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_forecast_item_id_item")),
        sa.ForeignKeyConstraint(["depot_id"], ["depot.id"], name=op.f("fk_forecast_depot_id_depot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecast")),
    )
    op.create_index("ix_forecast_part_empty_on", "forecast", ["part", "empty_on"])
    op.create_index("ix_forecast_depot_id", "forecast", ["depot_id"])
    op.create_index("ix_forecast_item_id", "forecast", ["item_id"])
    op.create_table(
        "forecast_state",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("worked_at", Instant(), nullable=False),
        sa.Column("depots", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_forecast_state_item_id_item")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_forecast_state")),
    )


def downgrade() -> None:
    op.drop_table("forecast_state")
    op.drop_table("forecast")
