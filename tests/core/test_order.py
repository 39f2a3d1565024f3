"""The order of the rooms is held: an import upwards is found, and a file without a place."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "people", "depots", "inventory", "labels", "phone", "jobs", "manage", "office")
# What somebody in a hurry might write: file, line, the contract that it breaks
UPWARDS = [
    ("core/clock.py", "import people.policy", "Rooms import downwards only"),
    ("phone/work.py", "import app", "No room imports the composition root"),
    ("inventory/stock/lots.py", "import inventory.documents.loans", "The rooms of the inventory import downwards only"),
    ("labels/codes/codes.py", "import labels.printing.printing", "The rooms of the labels import downwards only"),
    ("jobs/causes/kinds.py", "import jobs.alerts.sweep", "The rooms of the jobs import downwards only"),
    ("inventory/documents/loans.py", "from inventory.stock.ledger import post", "One way into the book"),
    ("inventory/stock/holdings.py", "from inventory.stock import ledger", "One way into the book"),
]


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a copy in which all of these lines stand."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for room in ROOMS:
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__", "templates", "static"))
    for name, line, _ in UPWARDS:
        with (copy / name).open("a") as file:
            file.write(f"\n{line}\n")
    (copy / "inventory" / "bits.py").write_text('"""Bits and pieces."""\n')
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=copy, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stderr
    return done.stdout


@pytest.mark.parametrize(("name", "line", "contract"), UPWARDS)
def test_an_import_upwards_is_found(verdict: str, name: str, line: str, contract: str) -> None:
    importer, imported = name.removesuffix(".py").replace("/", "."), ".".join(line.split()[1::2]).removesuffix(".post")
    assert re.search(rf"^{contract}.* BROKEN", verdict, re.MULTILINE)
    assert re.search(rf"{re.escape(importer)} -> {re.escape(imported)} \(l\.\d+\)", verdict)


def test_a_file_that_nobody_gave_a_place_is_found(verdict: str) -> None:
    assert "inventory.bits" in verdict
