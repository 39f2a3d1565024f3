"""Every revision, with rows in every table, comes up to date on both databases (B32)."""

from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, select
from sqlmodel import SQLModel

from core.archive import tables_there
from core.database import Database
from core.schema import changing_schema, known_revisions, migrate, newest_revision
from tests.conftest import BOTH
from tests.databases import copy_of
from tests.filling import fill

OLDER = known_revisions()[:-1]
OFTEN = {
    ("0011", "sqlite"),
    *((OLDER[-1], kind) for kind in BOTH),
}  # the long way on one of them, the last step on both
# made anew by the jobs: migrations may empty them
DERIVED = {"access_state", "depot_readiness", "figures_state", "finding_state"}


def triggers(connection: Connection) -> set[str]:
    if connection.dialect.name == "sqlite":
        found = "SELECT name || ': ' || sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        found = """SELECT tgrelid::regclass || ': ' || pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger
            WHERE NOT tgisinternal"""
    return set(connection.exec_driver_sql(found).scalars())


def new_database(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Database:
    if kind == "sqlite":
        return Database(f"sqlite:///{tmp_path / uuid4().hex}.db")
    server = request.getfixturevalue("postgresql_server")
    name = f"old_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return Database(server.replace("/postgres?", f"/{name}?"))


@pytest.fixture(scope="module")
def fresh_triggers() -> dict[str, set[str]]:
    return {}


@pytest.mark.parametrize(
    ("revision", "kind"),
    [
        pytest.param(revision, kind, marks=() if (revision, kind) in OFTEN else pytest.mark.slow)
        for revision in OLDER
        for kind in BOTH
    ],
)
def test_a_filled_database_comes_up_to_date_from_every_revision(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, revision: str, fresh_triggers: dict[str, set[str]]
) -> None:
    database = new_database(request, kind, tmp_path)
    migrate(database, revision)
    with database.engine.begin() as connection:
        before = fill(connection)
    assert len(before) > 30
    assert migrate(database) == (revision, newest_revision())
    if kind not in fresh_triggers:
        fresh = new_database(request, kind, tmp_path)
        migrate(fresh)
        with fresh.engine.connect() as connection:
            fresh_triggers[kind] = triggers(connection)
        fresh.engine.dispose()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        assert triggers(connection) == fresh_triggers[kind]
        there = tables_there(connection)
        for name in set(before).intersection(there.tables) - DERIVED:
            now = connection.execute(select(func.count()).select_from(there.tables[name])).scalar_one()
            assert now == before[name], name
    database.engine.dispose()


def test_a_migration_that_fails_changes_nothing(blank_sqlite: Path, tmp_path: Path) -> None:
    database = Database(copy_of(blank_sqlite, tmp_path / "a.db"))
    with pytest.raises(RuntimeError), changing_schema(database) as connection:
        connection.exec_driver_sql("DROP TABLE mail")
        raise RuntimeError
    with database.engine.connect() as connection:
        assert "mail" in tables_there(connection).tables
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
