"""The command line as a whole: what every command has, and what a bare call answers (A12)."""

import argparse
import ast
import subprocess
from collections.abc import Iterator

import pytest

from app import main, parser
from core.settings import ROOT

REPORTS_NOTHING = {"serve"}  # it serves until it is stopped


def commands(top: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command that does something by itself."""
    within = [action for action in top._actions if isinstance(action, argparse._SubParsersAction)]
    if not within or (not all(action.required for action in within) and name):
        yield name, top
    for action in within:
        for word, sub in action.choices.items():
            yield from commands(sub, f"{name} {word}".strip())


def test_every_command_that_reports_does_so_in_json_too() -> None:
    found = dict(commands(parser()))
    assert len(found) > 20
    options = {
        name: {option for action in sub._actions for option in action.option_strings} for name, sub in found.items()
    }
    assert {name for name, known in options.items() if "--json" not in known} == REPORTS_NOTHING


def test_a_bare_call_explains_itself_and_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    told = capsys.readouterr().out
    assert all(name in told for name in ("serve", "verify", "backup"))
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("readyshelf 0.")


def test_bash_completes_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--completion", "bash"])
    assert ended.value.code == 0
    script = capsys.readouterr().out
    asked = 'COMP_WORDS=(readyshelf ver); COMP_CWORD=1; _shtab_readyshelf; echo "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", f"{script}\n{asked}"], capture_output=True, text=True, timeout=180)
    assert done.stdout.split() == ["verify"], done.stderr


NO_ROOMS = (".venv", "node_modules", "tests", "benchmarks", "var", "web")


def test_no_bar_is_drawn_where_nobody_looks() -> None:
    """``disable=None``: the library draws on a terminal only."""
    bars = 0
    rooms = [path for path in ROOT.iterdir() if path.is_dir() and path.name not in NO_ROOMS]
    for path in [*ROOT.glob("*.py"), *(path for room in rooms for path in room.rglob("*.py"))]:
        source = path.read_text(encoding="utf-8")
        if "tqdm" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tqdm":
                bars += 1
                disable = [ast.unparse(word.value) for word in node.keywords if word.arg == "disable"]
                assert disable and disable[0].startswith("None"), f"{path}:{node.lineno}"
    assert bars >= 5
