"""What a machine can hold of STYLE.md beside the linters."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

from core.settings import ROOT

MAX_LINE = 100  # of documents
MAX_RULE = 120  # of style sheets; ruff and biome hold the same for Python and scripts
MAX_FUNCTION, MAX_FILE = 40, 400  # of Python in the rooms
NOT_SAID = ("Tell", "Say", "Keep", "Hear", "Mind")  # of STYLE.md: record, send, show, store, check are meant
ROOMS = [
    *("core", "people", "depots", "inventory", "labels", "phone", "jobs", "manage", "office"),
    *("app.py", "serving.py", "bootstrap.py"),
]


def files(pattern: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines()]


def documents() -> list[Path]:
    return files("*.md")


def long_lines(path: Path) -> list[int]:
    """The numbers of lines that are too long. Tables, code and pictures stand as they must."""
    fenced, found = False, []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif not (fenced or line.startswith(("|", "    ", "![", "       "))) and len(line) > MAX_LINE:
            found.append(number)
    return found


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_lines_of_documents_can_be_read_side_by_side(path: Path) -> None:
    assert long_lines(path) == []


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_link_to_what_is_there(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", files("*.css"), ids=lambda path: str(path.relative_to(ROOT)))
def test_rules_of_style_sheets_can_be_compared(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, line in enumerate(lines, 1) if len(line) > MAX_RULE] == []


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    """The lines of a function without its docstring, comments and empty lines."""
    first = function.body[0]
    documented = (
        isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and first is not function.body[-1]
    )
    skipped = range(first.lineno, (first.end_lineno or 0) + 1) if documented else range(0)
    span = range(function.lineno, (function.end_lineno or 0) + 1)
    return sum(
        number not in skipped and lines[number - 1].strip() != "" and not lines[number - 1].lstrip().startswith("#")
        for number in span
    )


@pytest.mark.parametrize("room", ROOMS)
def test_functions_fit_a_screen_and_files_can_be_read_in_one_go(room: str) -> None:
    long = []
    for path in [ROOT / room] if room.endswith(".py") else files(f"{room}/*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        if len(lines) > MAX_FILE:
            long.append(f"{path.relative_to(ROOT)}: {len(lines)} lines")
        long += [
            f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {code_lines(node, lines)} lines"
            for node in ast.walk(ast.parse("\n".join(lines)))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and code_lines(node, lines) > MAX_FUNCTION
        ]
    assert long == []


DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@pytest.mark.parametrize("room", ROOMS)
def test_docstrings_begin_with_what_really_happens(room: str) -> None:
    vague = [
        f"{path.relative_to(ROOT)}: {said.splitlines()[0]}"
        for path in ([ROOT / room] if room.endswith(".py") else files(f"{room}/*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, DOCUMENTED)
        and (said := ast.get_docstring(node) or "").split(" ")[0].removesuffix("s") in NOT_SAID
    ]
    assert vague == []
