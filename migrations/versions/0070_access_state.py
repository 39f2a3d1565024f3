"""A counter of what says who somebody is and what they may do: server processes remember that until it moves."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None

COUNT = "UPDATE access_state SET version = version + 1"
# Events that make what a process remembers of a caller wrong. A new credential or person is remembered by nobody yet,
# so that signing in waits for no other's transaction
WATCHED = {
    "credential": ("UPDATE OF person_id, kind, secret_hash, expires_at, revoked_at, read_only, depot_id", "DELETE"),
    "person": ("UPDATE OF account, name, language, active", "DELETE"),
    "assignment": ("INSERT", "UPDATE", "DELETE"),
    "depot": ("INSERT", "UPDATE OF subdistrict_code, district_code", "DELETE"),
}


def upgrade() -> None:
    state = op.create_table(
        "access_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_state")),
    )
    op.bulk_insert(state, [{"id": 1, "version": 1}])
    if op.get_bind().dialect.name == "sqlite":
        for table, events in WATCHED.items():
            for event in events:
                name = f"access_{table}_{event.split()[0].lower()}"
                op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {COUNT}; END")
        return
    op.execute(
        f"CREATE FUNCTION access_count() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {COUNT}; RETURN NULL; END $$"
    )
    for table, events in WATCHED.items():
        op.execute(
            f"CREATE TRIGGER access_{table} AFTER {' OR '.join(events)} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION access_count()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, events in WATCHED.items():
            for event in events:
                op.execute(f"DROP TRIGGER access_{table}_{event.split()[0].lower()}")
    else:
        op.execute("DROP FUNCTION access_count() CASCADE")
    op.drop_table("access_state")
