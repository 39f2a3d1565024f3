"""Mutants: small faults put into the rules of the book one by one, each of which the nearest tests should find.

    nice -n 10 .venv/bin/python -m benchmarks.mutants --seed 1 --count 200 [--only booking] [--again]

Works on a copy of the committed tree. One process loads the program and the tests once. The nearest test files run
first without a fault, on the embedded database, and note which test calls which function; each mutant then gets a fork
in which the code of one function is replaced, and pytest runs the tests that call it, the quickest first, until the
first failure. Prints a line per mutant: file and line, the change, and what killed it, or that it survived. What runs
out of time counts as killed. ``--memory`` stores each fate, so that the next run goes on where this one stopped;
``--again`` tries the survivors anew, for the tests may have learnt since.
"""

import argparse
import ast
import contextlib
import hashlib
import importlib
import inspect
import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

ROOT = Path(__file__).parents[1]
CPU_SECONDS, WALL_SECONDS = 120, 400
MOST_SECONDS = (
    40.0  # of processor and of tests per mutant, the quickest first: what these let live the slow ones rarely find
)
T = "tests/inventory/"
LEDGER, ENTRIES, ASKING = T + "booking/test_ledger.py", T + "telling/test_entries.py", T + "fitness/test_asking.py"
COUNTING, KITS = T + "documents/test_counting.py", T + "documents/test_kits.py"
SIGNED, CLOSED = T + "documents/test_what_was_signed.py", T + "reports/test_closed_months.py"
WITNESS = T + "witnessing/test_two_persons.py"
REFUSALS, CARRIERS = T + "booking/test_refusals.py", T + "documents/test_carriers.py"
SMALL, BACK = T + "booking/test_small_print.py", T + "booking/test_going_back.py"
EDGES = T + "documents/test_edges.py"
# Of each file the tests that should find its faults, the cheapest first
NEAREST: dict[str, tuple[str, ...]] = {
    "inventory/booking/at_hand.py": (KITS, T + "booking/test_carrying.py", CARRIERS, REFUSALS, SMALL),
    "inventory/booking/backdating.py": (ENTRIES, COUNTING, CLOSED),
    "inventory/booking/booking.py": (LEDGER, ENTRIES, REFUSALS, SMALL, T + "merging/test_merging.py"),
    "inventory/booking/choosing.py": (
        LEDGER,
        ASKING,
        REFUSALS,
        SMALL,
        "tests/cases/test_stock_moves.py",
        "tests/cases/test_sizes.py",
    ),
    "inventory/booking/deciding.py": (
        LEDGER,
        ENTRIES,
        T + "stock/test_one_place.py",
        ASKING,
        REFUSALS,
        SMALL,
        CARRIERS,
        BACK,
        T + "merging/test_merging.py",
        "tests/cases/test_hazards.py",
        "tests/cases/test_packs.py",
    ),
    "inventory/booking/under_way.py": (LEDGER, T + "closing/test_closing.py", BACK, SMALL),
    "inventory/booking/doubting.py": (ENTRIES, SMALL),
    "inventory/booking/holdings.py": (LEDGER, REFUSALS),
    "inventory/booking/keeping.py": (WITNESS,),
    "inventory/booking/posting.py": (LEDGER, WITNESS, ENTRIES, SIGNED),
    "inventory/booking/two_persons.py": (WITNESS,),
    "inventory/booking/wishes.py": (EDGES, LEDGER, ENTRIES, REFUSALS, SMALL),
    "inventory/clocks/anchors.py": (T + "clocks/test_rules.py", T + "upkeep/test_checks.py", SMALL),
    "inventory/clocks/clocks.py": (T + "upkeep/test_checks.py",),
    "inventory/clocks/following.py": (
        T + "upkeep/test_checks.py",
        T + "upkeep/test_service.py",
        SMALL,
        T + "documents/test_dating.py",
    ),
    "inventory/clocks/rules.py": (EDGES, T + "clocks/test_rules.py", T + "upkeep/test_checks.py", SMALL),
    "inventory/documents/count_report.py": (COUNTING, SIGNED, CARRIERS),
    "inventory/documents/counting.py": (EDGES, COUNTING, SIGNED, CARRIERS, SMALL, T + "documents/test_keepers.py"),
    "inventory/documents/incidents.py": (T + "documents/test_incidents.py", SIGNED, SMALL),
    "inventory/documents/kits.py": (EDGES, KITS, CARRIERS),
    "inventory/documents/loans.py": (EDGES, T + "documents/test_loans.py", SMALL, BACK),
    "inventory/documents/transfers.py": (EDGES, T + "documents/test_transfers.py", SIGNED, CARRIERS, SMALL),
    "inventory/documents/transfers_view.py": (T + "documents/test_transfers.py",),
    "inventory/fitness/rules.py": (T + "fitness/test_rules.py", ASKING, SMALL),
    "inventory/recalls/calling.py": (T + "recalls/test_recalls.py", SMALL),
    "inventory/recalls/rules.py": (T + "recalls/test_recalls.py",),
    "inventory/stock/carrying.py": (SMALL, T + "booking/test_carrying.py", KITS, CLOSED, CARRIERS),
    "inventory/stock/ledger.py": (LEDGER, T + "booking/test_carrying.py", CARRIERS),
    "inventory/stock/lots.py": (
        LEDGER,
        T + "recalls/test_recalls.py",
        SMALL,
        T + "documents/test_receiving.py",
        T + "upkeep/test_service.py",
    ),
    "inventory/stock/reaching.py": (T + "stock/test_reaching.py",),
    "inventory/stock/rules.py": (EDGES, T + "stock/test_rules.py", LEDGER, ENTRIES),
    "inventory/upkeep/checks.py": (EDGES, T + "upkeep/test_checks.py", SMALL, T + "upkeep/test_service.py"),
    "inventory/upkeep/scrap.py": (SIGNED, T + "upkeep/test_scrap_pages.py", SMALL, T + "upkeep/test_service.py"),
    "inventory/upkeep/service.py": (EDGES, T + "upkeep/test_service.py", SMALL),
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

    @property
    def name(self) -> str:
        """How a memory calls it: lines may move, what is changed in which function does not."""
        return f"{self.file}|{self.function}|{self.change}"


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
    node: Any = next(one for number, one in enumerate(ast.walk(tree)) if number == mutant.node)
    if isinstance(node, ast.Compare):
        node.ops[0] = SWAPS[type(node.ops[0])]()
    elif isinstance(node, ast.BoolOp | ast.BinOp | ast.AugAssign):
        operator: Any = SWAPS[type(node.op)]()
        node.op = operator
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
    """The pytest plugin of a fork: the first failure's name, and a blank database that was made once.

    With ``watched`` (files) it also notes which functions of them each test calls, and how long the test takes.
    """

    def __init__(self, blank: Path, watched: dict[str, str]) -> None:
        self.blank, self.killer, self.watched = blank, "", watched
        self.running, self.began = "", 0.0
        self.calls: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}

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
        if self.watched:
            threading.setprofile(self._note)
            sys.setprofile(self._note)

    def _note(self, frame: Any, event: str, _given: Any) -> None:
        if event == "call" and (file := self.watched.get(frame.f_code.co_filename)):
            self.calls.setdefault(f"{file}|{frame.f_code.co_qualname}", set()).add(self.running)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.running, self.began = nodeid, time.process_time()

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self.seconds[nodeid] = time.process_time() - self.began

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and not self.killer:
            self.killer = report.nodeid.split("/")[-1]

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and not self.killer:
            self.killer = f"{report.nodeid.split('/')[-1]} (not collected)"

    def told(self) -> str:
        quickest = sorted(self.seconds, key=self.seconds.__getitem__)
        calls = {name: [test for test in quickest if test in tests] for name, tests in self.calls.items()}
        return json.dumps({"killer": self.killer, "calls": calls, "seconds": self.seconds})


Told = dict[str, Any]


def run_tests(root: Path, tests: Sequence[str], mutant: Mutant | None) -> Told:
    """Run tests in a fork until the first failure; without a mutant it is told which functions each test calls."""
    answer = root.parent / "answer.json"
    answer.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        os.setsid()
        if mutant is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
            put_in(root, mutant)
        sys.dont_write_bytecode = True
        watched = {} if mutant else {str(root / file): file for file in NEAREST}
        plugin = Nearest(root.parent / "blank.db", watched)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            import pytest

            base = tempfile.mkdtemp(prefix="mutant-")
            options = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", f"--basetemp={base}/run"]
            code = pytest.main([*options, "-k", "not postgresql", *tests], plugins=[plugin])
            sys.setprofile(None)
            shutil.rmtree(base, ignore_errors=True)
        plugin.killer = (plugin.killer or "pytest stopped") if code else ""
        answer.write_text(plugin.told())
        os._exit(0)
    ended = time.monotonic() + (WALL_SECONDS if mutant else 10 * WALL_SECONDS)
    while time.monotonic() < ended:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            told: Told = json.loads(answer.read_text()) if answer.exists() else {}
            return told or {"killer": f"stopped by signal {status & 127}"}
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return {"killer": "out of time"}


def copied_tree() -> Path:
    """The committed tree in a folder of its own, compiled."""
    root = Path(tempfile.mkdtemp(prefix="mutants-")) / "tree"
    root.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True)
    subprocess.run(["tar", "-x", "-C", str(root)], input=archive.stdout, check=True)
    shutil.copytree(ROOT / "web" / "vendor", root / "web" / "vendor", dirs_exist_ok=True)
    rooms = ("core", "people", "depots", "inventory", "labels", "phone", "jobs", "manage", "office", "tests", "web")
    subprocess.run([sys.executable, "-m", "compileall", "-q", *rooms], cwd=root, check=False)
    return root


def sample(root: Path, count: int, seed: int, only: str, known: Collection[str]) -> list[Mutant]:
    """So many mutants, from every file as its size is: those that are known, and others in an order that mixes them.

    The order follows from what a mutant is called, so that it stays as the code goes on changing.
    """
    every = {mutant.name: mutant for file in NEAREST if only in file for mutant in mutants_of(root, file)}
    print(f"{len(every)} mutants in {len({mutant.file for mutant in every.values()})} files", flush=True)

    def place(name: str) -> tuple[bool, str]:
        return name not in known, hashlib.sha256(f"{seed}|{name}".encode()).hexdigest()

    return [every[name] for name in sorted(every, key=place)][:count]


class Hunt:
    """Puts each fault in, runs the tests that call its function, and remembers what became of it."""

    def __init__(self, root: Path, memory: Path, seconds: float) -> None:
        self.root, self.memory, self.seconds = root, memory, seconds
        self.fates: dict[str, str] = json.loads(memory.read_text("utf-8")) if memory.exists() else {}
        self._nearest: dict[str, Told] = {}

    def tests_for(self, mutant: Mutant) -> list[str]:
        """The tests that call the mutant's function, the quickest first, for so many seconds."""
        name, seconds = f"{mutant.file}|{mutant.function}", dict[str, float]()
        for file in NEAREST[mutant.file]:
            told = self._without_mutant(file)
            seconds |= {test: told["seconds"][test] for test in told["calls"].get(name, [])}
        chosen, left = list[str](), self.seconds
        for test in sorted(seconds, key=seconds.__getitem__):
            left -= seconds[test]
            if left < 0 and chosen:
                break
            chosen.append(test)
        return chosen

    def _without_mutant(self, file: str) -> Told:
        """Which functions the tests of a file call, and how long they take. Each file runs once."""
        if file not in self._nearest:
            self._nearest[file] = run_tests(self.root, [file], None)
            if self._nearest[file]["killer"]:
                raise SystemExit(f"{file} fails without a mutant: {self._nearest[file]['killer']}")
        return self._nearest[file]

    def tried(self, mutant: Mutant) -> str:
        """What became of a mutant: what killed it, or that it survived."""
        tests = self.tests_for(mutant)
        killer = run_tests(self.root, tests, mutant)["killer"] if tests else ""
        fate = f"killed by {killer}" if killer else f"SURVIVED {len(tests)} tests"
        self.fates[mutant.name] = fate
        self.memory.write_text(json.dumps(self.fates, indent=1, ensure_ascii=False), "utf-8")
        return fate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--only", default="", help="files whose path has this in it")
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS, help="of tests for each mutant")
    parser.add_argument("--memory", type=Path, default=ROOT / "var" / "mutants.json", help="where fates are stored")
    parser.add_argument("--again", action="store_true", help="try those again that survived before")
    options = parser.parse_args()
    memory = options.memory.resolve()
    memory.parent.mkdir(parents=True, exist_ok=True)
    root = copied_tree()
    os.chdir(root)
    sys.path[:] = [str(root), *(path for path in sys.path if path not in ("", str(ROOT)))]
    for file in ["tests/conftest.py", *NEAREST, *sorted({test for tests in NEAREST.values() for test in tests})]:
        importlib.import_module(file.removesuffix(".py").replace("/", "."))
    hunt = Hunt(root, memory, options.seconds)
    mutants = sample(root, options.count, options.seed, options.only, hunt.fates)
    try:
        for number, mutant in enumerate(mutants, 1):
            fate = hunt.fates.get(mutant.name, "")
            if not fate or (options.again and fate.startswith("SURVIVED")):
                fate = hunt.tried(mutant)
                print(f"{number:4} {mutant.file}:{mutant.line}: {mutant.change}: {fate}", flush=True)
        fates = [hunt.fates[mutant.name] for mutant in mutants]
        alive = sum(fate.startswith("SURVIVED") for fate in fates)
        print(f"{len(fates)} mutants, {alive} survived: {alive / len(fates):.1%}")
    finally:
        shutil.rmtree(root.parent, ignore_errors=True)


if __name__ == "__main__":
    main()
