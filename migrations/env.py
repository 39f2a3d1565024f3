"""Runs migrations on the database that the command names; the only way the schema is made."""

from importlib import import_module

from alembic import context
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from core import guards
from core.schema import note_serves_from, serves_from
from core.settings import ROOT

ROOMS = ("core", "people", "depots", "inventory", "labels", "phone", "jobs", "manage", "office")
for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*models.py")):
    import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))  # each puts its tables into the metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    guards.drop(connection)  # a table that is made anew would lose its own, and trip over those of others
    context.run_migrations()
    if MigrationContext.configure(connection).get_current_revision() == context.script.get_current_head():
        guards.install(connection)
        note_serves_from(connection, serves_from(context.script.walk_revisions()))
