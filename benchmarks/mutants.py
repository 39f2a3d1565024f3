"""Mutants: small faults put into the rules of the book one by one, each of which the nearest tests should find.

    nice -n 10 .venv/bin/python -m benchmarks.mutants --seed 1 --count 200 [--only booking] [--log FILE]

Works on a copy of the committed tree. One process loads the program and the tests once; each mutant gets a fork of it,
in which the code of one function is replaced and pytest runs the nearest test files on the embedded database until the
first failure. Prints a line per mutant: file and line, the change, and what killed it, or that it survived. What runs
out of time counts as killed.
"""

import argparse
import ast
import contextlib
import importlib
import inspect
import io
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

ROOT = Path(__file__).parents[1]
CPU_SECONDS, WALL_SECONDS = 60, 300
T = "tests/inventory/"
LEDGER, ENTRIES, ASKING = T + "booking/test_ledger.py", T + "telling/test_entries.py", T + "fitness/test_asking.py"
COUNTING, KITS = T + "documents/test_counting.py", T + "documents/test_kits.py"
SIGNED, CLOSED = T + "documents/test_what_was_signed.py", T + "reports/test_closed_months.py"
WITNESS = T + "witnessing/test_two_persons.py"
# Of each file the tests that should find its faults, the cheapest first
NEAREST: dict[str, tuple[str, ...]] = {
    "inventory/booking/at_hand.py": (KITS, T + "booking/test_carrying.py"),
    "inventory/booking/backdating.py": (ENTRIES, COUNTING, CLOSED),
    "inventory/booking/booking.py": (LEDGER, ENTRIES),
    "inventory/booking/choosing.py": (LEDGER, ASKING),
    "inventory/booking/deciding.py": (LEDGER, ENTRIES, T + "stock/test_one_place.py", ASKING),
    "inventory/booking/desk.py": (LEDGER, T + "closing/test_closing.py"),
    "inventory/booking/doubting.py": (ENTRIES,),
    "inventory/booking/holdings.py": (LEDGER,),
    "inventory/booking/keeping.py": (WITNESS,),
    "inventory/booking/posting.py": (LEDGER, WITNESS, ENTRIES),
    "inventory/booking/two_persons.py": (WITNESS,),
    "inventory/booking/wishes.py": (LEDGER, ENTRIES),
    "inventory/clocks/anchors.py": (T + "clocks/test_rules.py", T + "upkeep/test_checks.py"),
    "inventory/clocks/clocks.py": (T + "upkeep/test_checks.py",),
    "inventory/clocks/following.py": (T + "upkeep/test_checks.py", T + "upkeep/test_service.py"),
    "inventory/clocks/rules.py": (T + "clocks/test_rules.py", T + "upkeep/test_checks.py"),
    "inventory/documents/count_report.py": (COUNTING,),
    "inventory/documents/counting.py": (COUNTING, SIGNED),
    "inventory/documents/incidents.py": (T + "documents/test_incidents.py", SIGNED),
    "inventory/documents/kits.py": (KITS,),
    "inventory/documents/loans.py": (T + "documents/test_loans.py",),
    "inventory/documents/transfers.py": (T + "documents/test_transfers.py", SIGNED),
    "inventory/documents/transfers_view.py": (T + "documents/test_transfers.py",),
    "inventory/fitness/rules.py": (T + "fitness/test_rules.py", ASKING),
    "inventory/recalls/calling.py": (T + "recalls/test_recalls.py",),
    "inventory/recalls/rules.py": (T + "recalls/test_recalls.py",),
    "inventory/stock/carrying.py": (T + "booking/test_carrying.py", KITS, CLOSED),
    "inventory/stock/ledger.py": (LEDGER, T + "booking/test_carrying.py"),
    "inventory/stock/lots.py": (LEDGER, T + "recalls/test_recalls.py"),
    "inventory/stock/reaching.py": (T + "stock/test_reaching.py",),
    "inventory/stock/rules.py": (T + "stock/test_rules.py", LEDGER, ENTRIES),
    "inventory/upkeep/checks.py": (T + "upkeep/test_checks.py",),
    "inventory/upkeep/scrap.py": (SIGNED, T + "upkeep/test_scrap_pages.py"),
    "inventory/upkeep/service.py": (T + "upkeep/test_service.py",),
}
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
SIGNS: dict[type[ast.AST], str] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.In: "in",
    ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not", ast.And: "and", ast.Or: "or", ast.Add: "+", ast.Sub: "-",
    ast.BitAnd: "&", ast.BitOr: "|",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One fault: in which function of which file, at which node of the tree (by number), and in words."""

    file: str
    function: str
    node: int
    line: int
    change: str


def code_of(tree: ast.AST) -> Iterator[tuple[str, int, ast.AST]]:
    """The nodes of the bodies of functions and methods, numbered; annotations and decorators are no code."""
    numbers = {id(node): number for number, node in enumerate(ast.walk(tree))}

    def within(node: ast.AST) -> Iterator[ast.AST]:
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "args"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield child
                    yield from within(child)

    def functions(body: list[ast.stmt], path: str) -> Iterator[tuple[str, int, ast.AST]]:
        for statement in body:
            if isinstance(statement, ast.ClassDef):
                yield from functions(statement.body, f"{path}{statement.name}.")
            elif isinstance(statement, ast.FunctionDef):
                for node in within(statement):
                    yield f"{path}{statement.name}", numbers[id(node)], node

    yield from functions(getattr(tree, "body", []), "")


def said(node: ast.AST) -> str:
    """The code of a node in one short line."""
    return " ".join(ast.unparse(node).split())[:70]


def changes_of(node: ast.AST) -> str | None:
    """What would be changed of a node, in words; None where nothing is."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        operator = type(node.ops[0])
        return f"{SIGNS[operator]} to {SIGNS[SWAPS[operator]]}: {said(node)}"
    if isinstance(node, ast.BoolOp | ast.BinOp | ast.AugAssign) and type(node.op) in SWAPS:
        return f"{SIGNS[type(node.op)]} to {SIGNS[SWAPS[type(node.op)]]}: {said(node)}"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        return f"without not: {said(node)}"
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return f"left out: {said(node)}"
    return None


def mutants_of(root: Path, file: str) -> list[Mutant]:
    """Every fault that can be put into a file."""
    tree = ast.parse((root / file).read_text("utf-8"))
    found = ((path, number, node, changes_of(node)) for path, number, node in code_of(tree))
    return [
        Mutant(file, path, number, node.lineno, change)  # type: ignore[attr-defined]
        for path, number, node, change in found
        if change
    ]


def put_in(root: Path, mutant: Mutant) -> None:
    """Replace the code of the mutant's function, wherever it was imported to."""
    path = root / mutant.file
    tree = ast.parse(path.read_text("utf-8"))
    node: Any = next(node for number, node in enumerate(ast.walk(tree)) if number == mutant.node)
    if isinstance(node, ast.Compare):
        node.ops[0] = SWAPS[type(node.ops[0])]()
    elif isinstance(node, ast.BoolOp | ast.BinOp | ast.AugAssign):
        node.op = SWAPS[type(node.op)]()
    else:
        replaced = node.operand if isinstance(node, ast.UnaryOp) else ast.copy_location(ast.Pass(), node)
        for parent in ast.walk(tree):
            for name, value in ast.iter_fields(parent):
                if value is node:
                    setattr(parent, name, replaced)
                elif isinstance(value, list):
                    value[:] = [replaced if child is node else child for child in value]
    code = compile(ast.fix_missing_locations(tree), str(path), "exec")
    found: Any = sys.modules[mutant.file.removesuffix(".py").replace("/", ".")]
    for name in mutant.function.split("."):
        found = inspect.getattr_static(found, name)
        code = next(part for part in code.co_consts if isinstance(part, CodeType) and part.co_name == name)
    found = getattr(found, "fget", None) or getattr(found, "__func__", found)
    inspect.unwrap(found).__code__ = code


class Nearest:
    """The pytest plugin of a fork: the first failure's name, and a blank database that was made once."""

    def __init__(self, blank: Path) -> None:
        self.blank, self.killer = blank, ""

    def pytest_collection_finish(self) -> None:
        def prepare(database: Any) -> None:
            path = Path(database.engine.url.database)
            if self.blank.exists():
                shutil.copyfile(self.blank, path)
                return
            make(database)
            shutil.copyfile(path, self.blank)

        conftest: Any = sys.modules["tests.conftest"]
        make, conftest.prepare = conftest.prepare, prepare

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.killer:
            self.killer = report.nodeid.split("/")[-1]

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.killer:
            self.killer = f"{report.nodeid.split('/')[-1]} (not collected)"


def run_tests(root: Path, tests: tuple[str, ...], mutant: Mutant | None) -> str:
    """Run test files in a fork; returns the first test that failed, "" if none did."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
        sys.dont_write_bytecode = True
        plugin = Nearest(root.parent / "blank.db")
        if mutant is not None:
            put_in(root, mutant)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            import pytest

            base = tempfile.mkdtemp(prefix="mutant-")
            options = [
                "-x",
                "-q",
                "-n",
                "0",
                "-p",
                "no:cacheprovider",
                f"--basetemp={base}/run",
                "-k",
                "not postgresql",
            ]
            code = pytest.main([*options, *tests], plugins=[plugin])
            shutil.rmtree(base, ignore_errors=True)
        os.write(writer, (plugin.killer if code else "").encode() or (b"pytest stopped" if code else b""))
        os._exit(0)
    os.close(writer)
    ended = time.monotonic() + WALL_SECONDS
    while time.monotonic() < ended:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            with os.fdopen(reader, "rb") as answer:
                return answer.read().decode() if status == 0 else f"stopped by signal {status & 127}"
        time.sleep(0.1)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
    return "out of time"


def copied_tree() -> Path:
    """The committed tree in a folder of its own, compiled."""
    root = Path(tempfile.mkdtemp(prefix="mutants-")) / "tree"
    root.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", str(root)], input=archive.stdout, check=True)
    shutil.copytree(ROOT / "web" / "vendor", root / "web" / "vendor", dirs_exist_ok=True)
    rooms = ("core", "people", "depots", "inventory", "labels", "phone", "jobs", "manage", "tests", "web")
    subprocess.run([sys.executable, "-m", "compileall", "-q", *rooms], cwd=root, check=False)
    return root


def sample(root: Path, count: int, seed: int, only: str) -> list[Mutant]:
    """So many mutants, from every file as its size is, in an order that mixes them."""
    every = [mutant for file in NEAREST if only in file for mutant in mutants_of(root, file)]
    print(f"{len(every)} mutants in {len({mutant.file for mutant in every})} files", flush=True)
    return random.Random(seed).sample(every, min(count, len(every)))


def hunt(root: Path, mutants: list[Mutant], tell: Callable[[str], None], trust: bool) -> None:
    """Put each fault in, run the nearest tests, take it out. Unless ``trust``, they first run without any."""
    for tests in set() if trust else {NEAREST[mutant.file] for mutant in mutants}:
        broken = run_tests(root, tests, None)
        if broken:
            raise SystemExit(f"{', '.join(tests)} fail without a mutant: {broken}")
    killed = 0
    for number, mutant in enumerate(mutants, 1):
        killer = run_tests(root, NEAREST[mutant.file], mutant)
        killed += bool(killer)
        fate = f"killed by {killer}" if killer else "SURVIVED"
        tell(f"{number:4} {mutant.file}:{mutant.line}: {mutant.change}: {fate} [{killed}/{number}]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", default="", help="files whose path has this in it")
    parser.add_argument("--log", type=Path, help="write the lines here too")
    parser.add_argument("--trust", action="store_true", help="the tests are green without a mutant: do not run them so")
    options = parser.parse_args()
    root = copied_tree()
    os.chdir(root)
    sys.path[:] = [str(root), *(path for path in sys.path if path not in ("", str(ROOT)))]
    for file in ["tests/conftest.py", *NEAREST, *sorted({test for tests in NEAREST.values() for test in tests})]:
        importlib.import_module(file.removesuffix(".py").replace("/", "."))

    def tell(line: str) -> None:
        print(line, flush=True)
        if options.log:
            with options.log.open("a", encoding="utf-8") as log:
                log.write(line + "\n")

    try:
        hunt(root, sample(root, options.count, options.seed, options.only), tell, options.trust)
    finally:
        shutil.rmtree(root.parent, ignore_errors=True)


if __name__ == "__main__":
    main()
