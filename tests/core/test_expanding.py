"""Migrations that an older program lives with: what they may do, and how the older program learns of it."""

import ast
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.context import AppContext
from core.schema import SERVES_FROM, VERSION_TABLE, is_usable, known_revisions, newest_revision, serves_from
from core.settings import ROOT

VERSIONS = sorted((ROOT / "migrations" / "versions").glob("*.py"))
TAKES_AWAY = ("drop_", "rename_")


def script(revision: str, **said: bool) -> Any:
    return SimpleNamespace(revision=revision, module=SimpleNamespace(**said))


def test_programs_serve_from_the_last_migration_that_does_more_than_add() -> None:
    newest_first = [script("5", expands=True), script("4", expands=True), script("3"), script("2", expands=True)]
    assert serves_from(newest_first) == "3"
    assert serves_from([script("6"), *newest_first]) == "6"


def taken_away(text_of_migration: str) -> list[str]:
    """What a migration takes from an older program, if it says that it only adds."""
    tree = ast.parse(text_of_migration)
    if not any(isinstance(node, ast.Assign) and ast.unparse(node) == "expands = True" for node in tree.body):
        return []
    upgrade = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "upgrade")
    called = [ast.unparse(node.func) for node in ast.walk(upgrade) if isinstance(node, ast.Call)]
    plain = ast.unparse(upgrade)
    return [name for name in called if name.rpartition(".")[2].startswith(TAKES_AWAY)] + [
        words for words in ("DROP COLUMN", "DROP TABLE", "RENAME", "SET NOT NULL") if words in plain
    ]


def test_a_migration_that_says_it_only_adds_takes_nothing_away() -> None:
    body = "\ndef upgrade():\n    op.drop_column('lot', 'number')\n"
    assert taken_away(f"expands = True{body}") == ["op.drop_column"]
    assert taken_away(body) == []
    assert {path.name: gone for path in VERSIONS if (gone := taken_away(path.read_text("utf-8")))} == {}


@pytest.mark.own_database
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_older_program_serves_a_newer_schema_that_was_only_added_to(context: AppContext) -> None:
    database = context.database
    assert is_usable(database)
    for said, usable in (
        (f"{SERVES_FROM}{newest_revision()}", True),
        (f"{SERVES_FROM}{known_revisions()[3]}", True),
        (f"{SERVES_FROM}9998", False),
        ("", False),
    ):
        with database.engine.begin() as connection:
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
            connection.exec_driver_sql(f"COMMENT ON TABLE {VERSION_TABLE} IS '{said}'")
        assert is_usable(database) == usable
    with database.engine.begin() as connection:  # not one that is newer: an older one, which lacks something
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{known_revisions()[-2]}'"))
        connection.exec_driver_sql(f"COMMENT ON TABLE {VERSION_TABLE} IS '{SERVES_FROM}{known_revisions()[3]}'")
    assert not is_usable(database)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("way", ["read", "survey"])
async def test_what_reads_while_a_migration_holds_the_tables_is_tried_anew(context: AppContext, way: str) -> None:
    tries = []

    def look(session: Session) -> int:
        tries.append(way)
        if len(tries) == 1:
            session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$"))
        return int(session.execute(text("SELECT 1")).scalar_one())

    assert await getattr(context.database, way)(look) == 1
    assert len(tries) == 2
