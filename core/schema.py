"""The schema: brought up to date by the migrations, and by nothing else."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random

from core.database import Database
from core.errors import conflict
from core.guards import Breach, breaches
from core.languages import N_
from core.settings import ROOT

if TYPE_CHECKING:
    from alembic.config import Config

# alembic is slow to import: only where the schema is looked at or changed
VERSION_TABLE = "alembic_version"
VERSIONS = ROOT / "migrations" / "versions"
SERVES_FROM = "serves programs from "  # a comment on that table
# A migration that waits for a table lets nobody else to it: after so long it steps back, and comes again
LOCK_SECONDS, TRIES = 3, 20
MIGRATE_KEY = 0x5E21  # of PostgreSQL's advisory lock: two processes that start at once migrate one after the other


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def current_revision(database: Database) -> str | None:
    """The revision that the database stands at, or None for an empty one. Makes no file where there is none."""
    if database.is_sqlite and not Path(str(database.url.database)).exists():
        return None
    # only reads: who asks whether we are ready must not wait for a writer of the embedded database
    with database.engine.execution_options(writes=False).connect() as connection:
        return revision_at(connection)


def revision_at(connection: Connection) -> str | None:
    """As ``current_revision``, by a connection that is there."""
    # not by alembic: a server whose schema is up to date does without it, and without its 3.5 MB
    if not connection.dialect.has_table(connection, VERSION_TABLE):
        return None
    number: str | None = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar_one_or_none()
    return number


@cache
def newest_revision() -> str:
    """The revision that this program needs: that of the last file, whose name begins with it.

    Cached: the files do not change, and health checks ask for it.
    """
    return max(path.name.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


@cache
def known_revisions() -> tuple[str, ...]:
    """All revisions of this program, the oldest first. Cached like the newest: to read them loads every migration."""
    from alembic.script import ScriptDirectory

    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())[::-1]


def serves_from(revisions: Iterable[Any]) -> str:
    """The oldest program that serves the newest schema. ``revisions``: alembic's, the newest first.

    A migration that only adds says ``expands = True``: the program before it goes on serving while the nodes are
    brought up to date one after the other. Any other takes the older programs out of service.
    """
    for script in revisions:
        if not getattr(script.module, "expands", False):
            return str(script.revision)
    raise AssertionError("the first migration makes everything: it expands nothing")


def note_serves_from(connection: Connection, revision: str) -> None:
    """Leave word to older programs, which do not know the new migrations. The embedded database has one program."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"COMMENT ON TABLE {VERSION_TABLE} IS '{SERVES_FROM}{revision}'")


def is_usable(database: Database) -> bool:
    """Whether this program can serve the schema: its own, or a newer one that has only been added to."""
    there = current_revision(database)
    if there == newest_revision():
        return True
    if database.is_sqlite or there is None or there in (known := known_revisions()):
        return False
    with database.engine.execution_options(writes=False).connect() as connection:
        said = connection.exec_driver_sql(f"SELECT obj_description('{VERSION_TABLE}'::regclass)").scalar() or ""
    return said.startswith(SERVES_FROM) and said.removeprefix(SERVES_FROM) in known


def migrate(database: Database, revision: str = "head") -> tuple[str | None, str | None]:
    """Bring the schema up to date (or to ``revision``); returns the revisions before and after.

    One transaction on both databases: a migration that fails has changed nothing.
    """
    before = current_revision(database)
    if revision == "head" and is_usable(database):
        return before, before
    for attempt in Retrying(
        retry=retry_if_exception(_had_to_wait), stop=stop_after_attempt(TRIES), wait=wait_random(0.5, 2), reraise=True
    ):
        with attempt, changing_schema(database) as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            upgrade(connection, revision)
    return before, current_revision(database)


def _had_to_wait(error: BaseException) -> bool:
    """A lock that did not come in time, or two who waited for each other: nothing is changed."""
    return isinstance(error, OperationalError) and getattr(error.orig, "sqlstate", None) in ("55P03", "40P01")


def standing_breaches(database: Database) -> list[Breach]:
    """Rows that the database would refuse today, but that were there before it did."""
    with database.engine.execution_options(writes=False).connect() as connection:
        return breaches(connection)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to a revision in the transaction that ``changing_schema`` has opened."""
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@contextmanager
def changing_schema(database: Database) -> Iterator[Connection]:
    """A connection in one transaction in which tables may be made anew.

    SQLite changes a table by copying and dropping it; with foreign keys on, that takes the rows that point to it along,
    or fails (B32). They are off meanwhile, and all of them are checked before the commit.
    """
    with database.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if database.is_sqlite:
            driver.execute("PRAGMA foreign_keys=OFF")  # has no effect within a transaction, so it stands before it
        try:
            with connection.begin():
                if not database.is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATE_KEY})
                yield connection
                check_foreign_keys(connection)
        finally:
            if database.is_sqlite:
                if driver.in_transaction:  # a COMMIT that failed leaves it open, and then the next line has no effect
                    driver.rollback()
                driver.execute("PRAGMA foreign_keys=ON")


def check_foreign_keys(connection: Connection) -> None:
    """Refuse (409) rows that point to nothing; PostgreSQL has looked at each itself."""
    if connection.dialect.name != "sqlite":
        return
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if lost is not None:
        raise conflict(
            "unsound", N_("a row of {table} points to a row of {other} that is not there"), table=lost[0], other=lost[2]
        )
