"""Runs migrations on the database that the command names; the only way the schema is made."""

from alembic import context
from sqlmodel import SQLModel

import core.limits  # noqa: F401

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
