"""The set-up: what is locked, and that it installs from any index."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from core.settings import ROOT

LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-frontend.lock")


def locked(name: str) -> dict[str, str]:
    """Package name to its lines, of a lock file."""
    parts = re.split(r"^(?=[a-z0-9])", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {part.split("==")[0]: part for part in parts if not part.startswith("#")}


def wanted(requirements: list[str]) -> set[str]:
    """Package names of pyproject's requirement lines."""
    return {re.match(r"[A-Za-z0-9_.-]+", line)[0].lower() for line in requirements}


@pytest.mark.parametrize("name", [*LOCKS, "package-lock.json", ".npmrc"])
def test_no_lock_names_an_address(name: str) -> None:
    assert "://" not in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_a_version_and_a_hash(name: str) -> None:
    packages = locked(name)
    assert packages
    for package, lines in packages.items():
        assert "==" in lines and "--hash=sha256:" in lines, package


def test_every_front_end_package_has_a_hash() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name for name, facts in packages.items() if name and "integrity" not in facts} == set()


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    run = wanted(project["project"]["dependencies"] + groups["setup"])
    assert run <= locked("requirements.lock").keys()
    assert run | wanted(groups["test"]) <= locked("requirements-test.lock").keys()
    assert wanted(groups["frontend"]) <= locked("requirements-frontend.lock").keys()


def test_the_tests_run_with_the_versions_that_are_served() -> None:
    served, tested = locked("requirements.lock"), locked("requirements-test.lock")
    assert {name: lines for name, lines in tested.items() if name in served} == served


def test_every_front_end_file_is_there_with_its_licence() -> None:
    files = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["vendor"]
    there = {path.name for path in (ROOT / "web" / "vendor").iterdir()}
    assert files.keys() <= there
    libraries = {Path(source).parts[0] for source in files.values()}
    assert libraries == {Path(source).parts[0] for source in files.values() if re.search(r"LICEN[CS]E", source)}


def test_no_wheel_is_built_that_would_lack_half_of_it(tmp_path: Path) -> None:
    """Installed where it lies it is whole; a wheel would hold neither templates nor migrations."""
    modules = [path.name for path in ROOT.glob("*.py") if path.name != "bootstrap.py"]  # setup.py too
    for name in ("pyproject.toml", *modules):
        shutil.copy(ROOT / name, tmp_path)
    for room in ("core", "people", "depots", "inventory", "labels", "phone", "jobs", "manage", "office"):
        (tmp_path / room).mkdir()
    build = "import setuptools.build_meta as backend; backend.build_{}('.')"
    done = [
        subprocess.run([sys.executable, "-c", build.format(kind)], cwd=tmp_path, capture_output=True, text=True)
        for kind in ("wheel", "editable")
    ]
    assert (done[0].returncode, "no wheel is built" in done[0].stderr) == (1, True)
    assert done[1].returncode == 0, done[1].stderr


@pytest.mark.parametrize(
    ("options", "environment", "handed", "folder"),
    [
        ([], {}, "serve --demo", "-"),
        (["--port", "8001"], {}, "serve --demo --port 8001", "-"),
        (["--city"], {}, "serve --city", "var/city"),
        (["--city", "--database-url=sqlite:///x.db"], {}, "serve --city --database-url=sqlite:///x.db", "-"),
        (["--city"], {"READYSHELF_DATABASE_URL": "postgresql://localhost/city"}, "serve --city", "-"),
        (["--setup-only"], {}, "", "-"),
    ],
)
def test_what_run_hands_over(
    tmp_path: Path, options: list[str], environment: dict[str, str], handed: str, folder: str
) -> None:
    """With a set-up that does nothing and says what it would become."""
    shutil.copy(ROOT / "run", tmp_path)
    (tmp_path / "bootstrap.py").write_text(
        "import os, sys; from pathlib import Path; ROOT = Path('/srv')\n"
        "set_up = lambda lock: None\nsay = lambda text: print(text, file=sys.stderr)\nprogram = str\n"
        "def hand_over(command):\n"
        "    print(' '.join(command[1:]), '|', os.environ.get('READYSHELF_VAR_DIR', '-'))\n    sys.exit(0)\n"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("READYSHELF_")}
    done = subprocess.run(
        [sys.executable, "run", *options], cwd=tmp_path, env=clean | environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    expected = f"{handed} | {'/srv/' if folder != '-' else ''}{folder}" if handed else ""
    assert done.stdout.strip() == expected
