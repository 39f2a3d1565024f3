"""Reasons that the program writes: stored as they are, read in the reader's language."""

import ast
import re
from collections.abc import Iterator
from string import Formatter

import httpx
import pytest

from core.languages import in_both as both_of
from core.settings import ROOT
from inventory.stock import reasons
from inventory.stock.models import Kind
from tests.conftest import Town, one

SOURCES = [path for room in ("inventory", "labels", "jobs", "phone", "office") for path in (ROOT / room).rglob("*.py")]
LATIN, CHINESE = re.compile("[A-Za-z]{2}"), re.compile("[\u4e00-\u9fff]")


def filled(text: str) -> str:
    return text.format(**{name: "7-8" for _, name, _, _ in Formatter().parse(text) if name})


@pytest.mark.parametrize("written", reasons.WRITTEN, ids=str)
def test_every_reason_that_the_program_writes_is_shown_in_both_languages(written: reasons.Written) -> None:
    for stored in (written, *both_of(written.shown.replace("{", "{{").replace("}", "}}"), x="")):
        zh, en = reasons.in_both(filled(stored))
        assert CHINESE.search(zh)
        assert not LATIN.search(zh)
        assert LATIN.search(en)
        assert not CHINESE.search(en)
        assert zh.count("7-8") == en.count("7-8") == written.shown.count("{")


def test_what_a_person_wrote_stands_as_it_is() -> None:
    assert reasons.in_both("借给 Dr. Li，周五还") == ("借给 Dr. Li，周五还", "借给 Dr. Li，周五还")
    assert reasons.in_both("") == ("", "")


def test_no_file_writes_a_reason_of_its_own() -> None:
    literal = [
        f"{path.relative_to(ROOT)}:{value.lineno}"
        for path in SOURCES
        for value in _reasons_in(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Constant) and value.value)
    ]
    assert literal == []


def _reasons_in(tree: ast.Module) -> Iterator[ast.expr]:
    """What is given as the reason of a move or of a line, or as the note of a check."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and [getattr(name, "id", "") for name in node.targets] == ["reason"]:
            yield node.value
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", "")
            yield from (node.args[5:6] if called == "Move" else ())
            yield from (word.value for word in node.keywords if called in BOOKED and word.arg in ("reason", "note"))


BOOKED = {"Move", "Line", "Wish", "CheckLine", "AskTransfer", "replace"}


async def test_pages_and_files_show_reasons_in_the_readers_language(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("BRK-014", "9")
    used, place = {"lot": lot, "quantity": "1", "source": str(town.shelf.id)}, str(town.shelf.id)
    town.book(one(kind=Kind.DISPOSE, reason=reasons.LOST_ON_THE_WAY(note="K2"), **used))
    assert "lost on the way K2" in (await client.get("/api/movements", headers=town.auth("keeper"))).text
    month = f"since={town.context.clock.today():%Y-%m}-01"
    shown = (
        "/movements",
        "/lists/movements/csv",
        "/depots/STR-0001?tab=history",
        f"/reports/ledger?of=place&id={place}&{month}",
        "/reports/disposals?depot=STR-0001",
    )
    for path in shown:
        zh = await client.get(path, headers={**town.auth("keeper"), "accept-language": "zh-CN"})
        assert "途中遗失 K2" in zh.text, path
        assert "lost on the way" not in zh.text, path
