"""What a command waits for: help needs nothing but argparse, and no command imports what it does not use."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import ROOT

DRAWING = {"PIL", "barcode", "fontTools", "fpdf", "qrcode"}
SPREADSHEETS = {"python_calamine", "xlsxwriter"}
PLANNER = {"highspy", "numpy"}
SERVER = {"apscheduler", "uvicorn"}
PAGES = {"jinja2", "litestar"}
DATABASE = {"alembic", "msgspec", "psycopg", "pydantic", "sqlalchemy", "sqlmodel", "structlog"}
SLOW = DRAWING | SPREADSHEETS | PLANNER | SERVER | PAGES | DATABASE
# What each command may import beside the database; whoever adds one says what it needs
NEEDS: dict[str, set[str]] = {
    "migrate": PAGES,
    "load-reference": set(),
    "load-demo --depots 1": set(),
    "token keeper": set(),
    "person --list": set(),
    "second-factor keeper": set(),
    "verify": set(),
    "verify --seals": set(),
    "seal": set(),
    "backup {folder}/backup.tar.gz": set(),
    "first-code": set(),
    "jobs": PAGES,
    "sweep --dry-run": PAGES,
    "labels address": PAGES | DRAWING,
    "labels sheet STR-0001 --out {folder}/sheet.pdf": PAGES | DRAWING,
    "import undo 01a22c7c-ccb9-763c-a33a-9ae531c5ce18 --as admin": SPREADSHEETS,
    "export depots --out {folder}/depots.csv": PAGES | DRAWING | SPREADSHEETS,
    "restore {folder}/backup.tar.gz --overwrite": set(),
}
# Runs a command and then prints which modules are there
RUN = """
import json, sys
from app import main
try:
    main(sys.argv[1:])
finally:
    print("\\n" + json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
# Asks for the help of every command, one after the other, in one process
HELP = """
import json, sys
from contextlib import redirect_stdout
from io import StringIO
from app import COMMANDS, main
for arguments in [[], ["--help"], ["--version"], *([command.name, "--help"] for command in COMMANDS)]:
    with redirect_stdout(StringIO()) as said:
        try:
            main(arguments)
        except SystemExit as ended:
            assert ended.code == 0, arguments
    assert "readyshelf" in said.getvalue(), arguments
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded(script: str, *arguments: str, **environment: str) -> set[str]:
    """The packages that a new process has imported when it is done."""
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **environment}, timeout=600
    )
    assert done.stdout, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_and_version_import_nothing_that_takes_long() -> None:
    assert loaded(HELP) & SLOW == set()


@pytest.mark.slow
def test_each_command_imports_only_what_it_needs(tmp_path: Path) -> None:
    from app import COMMANDS

    assert {command.name for command in COMMANDS} - {name.split()[0] for name in NEEDS} == {"serve"}
    placed = {
        "READYSHELF_VAR_DIR": str(tmp_path / "var"),
        "READYSHELF_DATABASE_URL": f"sqlite:///{tmp_path / 'own.db'}",
        "READYSHELF_SECRET": "s" * 32,
    }
    for line, needed in NEEDS.items():
        there = loaded(RUN, *line.format(folder=tmp_path).split(), **placed)
        assert "sqlalchemy" in there, line
        assert there & SLOW - DATABASE <= needed, line


def test_a_command_knows_every_table_that_the_server_knows() -> None:
    """A statement may follow a foreign key to any table, whoever sends it."""
    script = """
import json
import console
from core.columns import metadata
few = set(metadata.tables)
import rooms
print(json.dumps(sorted(set(metadata.tables) - few)))
"""
    assert loaded(script) == set()


def test_a_server_does_without_alembic_once_the_schema_is_up_to_date(tmp_path: Path) -> None:
    script = """
import json, sys
from app import asgi, main
assert main(["migrate"]) == 0
for name in [name for name in sys.modules if name.partition(".")[0] == "alembic"]:
    del sys.modules[name]  # the migrations needed it
asgi()
from core.schema import current_revision, is_usable, newest_revision
from core.database import Database
from core.settings import load_settings
database = Database(load_settings().database_url)
assert is_usable(database) and current_revision(database) == newest_revision()
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
    placed = {
        "READYSHELF_VAR_DIR": str(tmp_path / "var"),
        "READYSHELF_DATABASE_URL": f"sqlite:///{tmp_path / 'own.db'}",
        "READYSHELF_SECRET": "s" * 32,
    }
    assert "alembic" not in loaded(script, **placed)
