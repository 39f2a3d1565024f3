"""How often a depot's holding of an item has changed: what was worked out in between stays known until the next.

And a declared watch counts as a change of the figures, as those of the tables in migration 0015 do.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("depot_item", sa.Column("changes", sa.Integer(), nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "sqlite":
        count = "UPDATE figures_state SET version = version + 1"
        for verb in ("INSERT", "UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER figures_watch_{verb.lower()} AFTER {verb} ON watch BEGIN {count}; END")
        return
    op.execute(
        "CREATE TRIGGER figures_watch AFTER INSERT OR UPDATE OR DELETE ON watch "
        "FOR EACH STATEMENT EXECUTE FUNCTION figures_count()"
    )
