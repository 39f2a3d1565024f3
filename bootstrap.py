"""What ``./run`` and ``./test`` share: set up what is missing, then hand over. Standard library only.

Each part is keyed by a stamp, the hash of the files that decide it: a second start does nothing and needs no network.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
VENDOR = ROOT / "web" / "vendor"
MODULES = ROOT / "node_modules"
PROGRAMS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / ("python.exe" if os.name == "nt" else "python")

# Node programs (npm, Playwright's download) trust the machine's certificates as pip and apt do: many offices' networks
# answer with a certificate of their own.
os.environ.setdefault("NODE_USE_SYSTEM_CA", "1")

if sys.version_info < (3, 11):  # noqa: UP036 - started by whichever python3 the machine has
    sys.exit(
        f"Readyshelf needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable}). "
        f"Name a newer one: python3.12 {sys.argv[0]}"
    )


def set_up(lock: str, *, checks: bool = False) -> None:
    """Make ``.venv`` hold what the lock file names, and ``web/vendor`` what package.json names.

    With ``checks`` also ``node_modules``, where the programs stand that judge our JavaScript.

    Ends the program with a sentence where a part cannot be had.
    """
    frontend = [_frontend_stamp(), *([_checks_stamp()] if checks else [])]
    if all(stamp.is_current() for stamp in (_python_stamp(lock), *frontend)):
        return
    (ROOT / "var").mkdir(mode=0o700, exist_ok=True)
    # Two set-ups at once would tread on each other: the second waits here (seconds). SQLite's file lock is the one
    # of the standard library that works on every system and ends with its process.
    with closing(sqlite3.connect(ROOT / "var" / "setup.lock", timeout=900, isolation_level=None)) as only_one:
        only_one.execute("BEGIN EXCLUSIVE")
        if not (python := _python_stamp(lock)).is_current():
            _set_up_python(lock, python)
        if not all(stamp.is_current() for stamp in frontend):
            _set_up_frontend(frontend, checks=checks)


def program(name: str) -> str:
    """The path of a console script in the virtual environment."""
    return str(PROGRAMS / (f"{name}.exe" if os.name == "nt" else name))


def hand_over(command: list[str]) -> None:
    """Become the command, run in the project's folder; does not return."""
    os.chdir(ROOT)
    if os.name != "nt":
        os.execv(command[0], command)
    try:
        sys.exit(subprocess.run(command).returncode)
    except KeyboardInterrupt:
        sys.exit(130)


def need(command: list[str], otherwise: str) -> None:
    """Run a step of the set-up; a failed one ends the program with the sentence ``otherwise``."""
    try:
        status = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL).returncode
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"{otherwise} ({error})")
    if status:
        sys.exit(otherwise)


def works(command: list[str]) -> bool:
    """Whether a program is there and answers."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def say(sentence: str) -> None:
    """Print what takes time now. On the error stream: the output belongs to the command that follows."""
    print(sentence, file=sys.stderr, flush=True)


class _Stamp:
    """What a set-up was made from: a place (path) and the hash of the deciding files."""

    def __init__(self, file: Path, place: str, decided_by: list[str]) -> None:
        digest = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in decided_by)).hexdigest()
        self.file, self.place, self.text = file, place, f"{place}\n{digest}\n"

    def is_current(self) -> bool:
        return self.file.exists() and self.file.read_text(encoding="utf-8") == self.text

    def is_elsewhere(self) -> bool:
        return self.file.exists() and not self.file.read_text(encoding="utf-8").startswith(f"{self.place}\n")

    def write(self) -> None:
        self.file.write_text(self.text, encoding="utf-8")


def _python_stamp(lock: str) -> _Stamp:
    # The scripts of a virtual environment hold its path, its folders the Python's version: neither survives a change.
    place = f"{VENV} {PYTHON.resolve()}"
    return _Stamp(VENV / f"{lock}.stamp", place, [lock, "pyproject.toml"])


def _frontend_stamp() -> _Stamp:
    return _Stamp(VENDOR / "stamp", "web/vendor", ["package.json", "package-lock.json"])


def _checks_stamp() -> _Stamp:
    return _Stamp(MODULES / "stamp", "node_modules", ["package.json", "package-lock.json"])


def _set_up_python(lock: str, stamp: _Stamp) -> None:
    if stamp.is_elsewhere() or not works([str(PYTHON), "-m", "pip", "--version"]):
        say("Making the virtual environment .venv ...")
        need(
            [sys.executable, "-m", "venv", "--clear", str(VENV)],
            f"{sys.executable} cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv",
        )
    say(f"Installing the Python packages of {lock} (once; about a minute) ...")
    _pip_install(["--require-hashes", "-r", lock])
    _pip_install(["--no-deps", "--no-build-isolation", "--no-index", "-e", "."])
    # Asked for again: with a fresh environment the Python behind .venv is known only now.
    _python_stamp(lock).write()


def _set_up_frontend(stamps: list[_Stamp], *, checks: bool) -> None:
    say("Fetching the front-end libraries of package-lock.json (once) ...")
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    need(
        [npm(), "ci", *quiet, *([] if checks else ["--omit=dev"])],
        "npm could not fetch the front-end libraries: see its lines above. It needs the network this once.",
    )
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    for name, source in json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["vendor"].items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    if not checks:
        shutil.rmtree(MODULES)
    for stamp in stamps:
        stamp.write()


def npm() -> str:
    """The machine's own npm, else the one of a Python package."""
    own = shutil.which("npm")
    if own and works([own, "--version"]):
        return own
    say("There is no npm here: installing one into .venv ...")
    _pip_install(["--require-hashes", "-r", "requirements-frontend.lock"])
    return program("npm")


def _pip_install(what: list[str]) -> None:
    need(
        [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *what],
        f"pip could not install ({' '.join(what)}): see its lines above. It needs the network at the first start.",
    )
