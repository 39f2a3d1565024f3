"""Runs migrations on the database that the command names; the only way the schema is made."""

from importlib import import_module

from alembic import context
from sqlmodel import SQLModel

for room in (
    "core.limits",
    "people.models",
    "depots.models",
    "inventory.stock.models",
    "inventory.documents.models",
    "inventory.clocks.models",
    "inventory.recalls.models",
    "inventory.closing.models",
    "inventory.booking.hand_outs",
    "inventory.finding.models",
    "inventory.exchange.models",
    "inventory.desk.models",
    "inventory.planner.models",
    "inventory.watch.models",
    "labels.models",
    "labels.print_models",
    "jobs.models",
    "jobs.health_models",
    "jobs.channels.models",
):
    import_module(room)  # each puts its tables into the metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
