"""Every command, walked: what it reports is one JSON object with --json, and what goes wrong is one sentence."""

import json
from pathlib import Path

import pytest

from app import main, parser
from core.settings import ROOT
from tests.conftest import Town
from tests.core.test_commands import REPORTS_NOTHING, commands

NOBODY, NOWHERE = "nobody-of-this-name", "/nowhere/at/all"
# What each command cannot do, and so says why: exit code and the words that its sentence holds
FAILS: dict[str, tuple[list[str], str]] = {
    "migrate": (["--nonsense"], "--nonsense"),
    "second-factor": ([NOBODY], NOBODY),
    "token": ([NOBODY], NOBODY),
    "person": ([NOBODY, "--deactivate"], NOBODY),
    "load-reference": ([NOWHERE], NOWHERE),
    "load-demo": (["--depots", "-1"], "depots"),
    "verify": (["--nonsense"], "--nonsense"),  # what it finds is its report
    "seal": (["--nonsense"], "--nonsense"),
    **{
        f"import {subject}": ([f"{NOWHERE}.xlsx", "--as", "admin"], NOWHERE)
        for subject in ("catalogue", "depots", "stock", "districts", "people", "assets", "requirements")
    },
    "import undo": (["01a22c7c-ccb9-763c-a33a-9ae531c5ce18", "--as", "admin"], "import"),
    "export": (["no-such-list", "--out", "{folder}/out.csv"], "no-such-list"),
    "backup": (["{folder}/items.csv/backup.gz"], "items.csv"),  # below a file
    "restore": ([f"{NOWHERE}.gz"], NOWHERE),
    "labels sheet": (["NO-SUCH", "--out", "{folder}/out.pdf"], ""),
    "labels print": (["NOSUCHCODE", "--out", "{folder}/out.pdf"], ""),
    "labels blank": (["0", "--out", "{folder}/out.pdf"], ""),
    "labels address": (["--nonsense"], "--nonsense"),
    "sweep": (["--today", "2099-01-01"], ""),
    "jobs": (["run", "nonsense"], "the jobs are"),
    "first-code": ([], ""),
    "serve": (["--workers", "none"], "none"),
}
# What each command can do on a small town, at once
DOES: dict[str, list[str]] = {
    "migrate": ["--no-backup"],
    "token": ["keeper"],
    "second-factor": ["keeper"],
    "person": ["--list"],
    "load-reference": ["--dry-run"],
    "verify": [],
    "seal": [],
    "import catalogue": ["{folder}/items.csv", "--as", "admin", "--dry-run"],
    "export": ["depots", "--out", "{folder}/depots.csv"],
    "backup": ["{folder}/backup.gz"],
    "labels sheet": ["STR-0001", "--out", "{folder}/sheet.pdf"],
    "sweep": ["--dry-run"],
    "jobs": [],
}
ITEMS = "code,name_zh,name_en,category,unit,tracking\n"


@pytest.fixture
def arguments(town: Town, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    town.stock("BRK-014", "5")
    monkeypatch.setenv("READYSHELF_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("READYSHELF_SECRET", "s" * 32)
    (tmp_path / "items.csv").write_text(ITEMS, encoding="utf-8")
    return ["--database-url", database_url]


def run(arguments: list[str], command: str, more: list[str], folder: Path) -> int:
    try:
        return main([*arguments, *command.split(), *(one.format(folder=folder) for one in more)])
    except SystemExit as ended:  # argparse
        return int(ended.code or 0)


@pytest.mark.heavy
def test_whatever_a_command_cannot_do_it_says_in_a_sentence(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set(FAILS) == {name for name, _ in commands(parser())}
    for command, (more, words) in FAILS.items():
        code = run(arguments, command, more, tmp_path)
        out, said = capsys.readouterr()
        where = f"{command}: {code}\n{out}\n{said}"
        assert code != 0, where
        assert out == "", where
        lines = [line for line in said.splitlines() if not line.startswith(("usage:", " ", "Nothing was changed."))]
        assert len(lines) == 1 and words.format(folder=tmp_path) in lines[0] and "Traceback" not in said, where


@pytest.mark.heavy
def test_whatever_a_command_reports_is_one_object(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert set(DOES) <= {name for name, _ in commands(parser())} - REPORTS_NOTHING
    for command, more in DOES.items():
        code = run(arguments, command, [*more, "--json"], tmp_path)
        out, said = capsys.readouterr()
        assert code == 0, f"{command}: {code}\n{out}\n{said}"
        assert isinstance(json.loads(out), dict), command
        assert "\r" not in said and "it/s" not in said, f"{command} draws a bar where nobody looks"


def test_the_readme_names_every_command() -> None:
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    first = {name.split()[0] for name, _ in commands(parser())}
    missing = {name for name in first if f"`{name}" not in told and f"readyshelf {name}" not in told}
    assert missing == set(), "add them to the table of commands in README.md"
