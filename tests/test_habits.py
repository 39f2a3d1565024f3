"""What a machine can hold of STYLE.md beside the linters."""

import re
import subprocess
from pathlib import Path

import pytest

from core.settings import ROOT

MAX_LINE = 100  # of documents
MAX_RULE = 120  # of style sheets; ruff and biome hold the same for Python and scripts


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
