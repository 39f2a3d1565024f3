"""Every tricky case has a test: here, or elsewhere by the table in this package's docstring."""

import ast
import re

from core.settings import ROOT

HERE = ROOT / "tests" / "cases"
CASES = [f"T{number:02}" for number in range(1, 102)]


def functions_of(path: str) -> set[str]:
    """The names of the functions in a file of the tests."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def elsewhere() -> list[tuple[str, str, str]]:
    """The table: case, file, name of the test."""
    said = ast.get_docstring(ast.parse((HERE / "__init__.py").read_text(encoding="utf-8"))) or ""
    return [(row[0], row[1], row[2]) for row in map(str.split, said.splitlines()) if row and row[0] in CASES]


def cases_here() -> set[str]:
    """The cases that a test in this folder is named by; one test may be named by several."""
    names = {name for file in HERE.glob("test_*.py") for name in functions_of(str(file.relative_to(ROOT)))}
    return {case for name in names if name.startswith("test_T") for case in re.findall(r"T\d{2,3}(?=_)", name)}


def test_every_case_has_a_test() -> None:
    there = cases_here() | {case for case, _, _ in elsewhere()}
    assert [case for case in CASES if case not in there] == []


def test_what_the_table_names_exists() -> None:
    missing = [row for row in elsewhere() if row[2] not in functions_of(row[1]) or f"_{row[0]}" not in row[2]]
    assert missing == []
    assert elsewhere(), "the table can be read"
