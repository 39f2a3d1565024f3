"""The schema: brought up to date by the migrations, and by nothing else."""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from core.database import Database
from core.guards import Breach, breaches
from core.settings import ROOT

if TYPE_CHECKING:
    from alembic.config import Config

# alembic is slow to import: only where the schema is looked at or changed


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def current_revision(database: Database) -> str | None:
    """The revision that the database stands at, or None for an empty one."""
    from alembic.migration import MigrationContext

    # only reads: who asks whether we are ready must not wait for a writer of the embedded database
    with database.engine.execution_options(writes=False).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str:
    """The revision that this program needs."""
    from alembic.script import ScriptDirectory

    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "the project has migrations"
    return head


def migrate(database: Database, revision: str = "head") -> tuple[str | None, str | None]:
    """Bring the schema up to date (or to ``revision``); returns the revisions before and after.

    On SQLite, whose changes of schema cannot be undone half-way, a copy of the file is kept beside it first.
    """
    from alembic import command

    before = current_revision(database)
    if before == newest_revision() and revision == "head":
        return before, before
    if database.is_sqlite and before is not None:
        _keep_copy(Path(str(database.url.database)), before)
    config = _config()
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    return before, current_revision(database)


def standing_breaches(database: Database) -> list[Breach]:
    """Rows that the database would refuse today, but that were there before it did."""
    with database.engine.execution_options(writes=False).connect() as connection:
        return breaches(connection)


def _keep_copy(path: Path, revision: str) -> None:
    with sqlite3.connect(path) as source, sqlite3.connect(path.with_suffix(f".before-{revision}.db")) as target:
        source.backup(target)
    source.close()
    target.close()
