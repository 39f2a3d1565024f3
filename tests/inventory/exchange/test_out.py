"""Lists as files, and what comes back from them; backup and restore."""

import csv
import io
from argparse import ArgumentParser
from pathlib import Path
from uuid import uuid4

import httpx
import pypdfium2
import pytest
import python_calamine

from app import COMMANDS
from core.context import AppContext
from inventory.catalogue.models import Item
from tests.conftest import Town
from tests.inventory.planner.town import plan

BY_NAME = {command.name: command for command in COMMANDS}


def run(context: AppContext, name: str, *arguments: str) -> int:
    parser = ArgumentParser()
    BY_NAME[name].add_arguments(parser)
    return BY_NAME[name].run(parser.parse_args(arguments), context)


async def begin_handover(client: httpx.AsyncClient, town: Town) -> str:
    """A joint count under way, whose protocol is a list too."""
    address = "/depots/STR-0001/keepers"
    form = {"id": str(uuid4()), "act": "start", "leaver": "keeper", "comer": "officer", "reason": "调岗"}
    assert (await client.post(address, data=form, headers=town.auth("officer"))).status_code == 303
    shown = await client.get(f"/api{address}", headers=town.auth("officer"))
    return str(shown.json()["running"]["id"])


# To set a list in type costs more than all else: each of them is a slow proof, those that ask for something are not
@pytest.mark.heavy
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["some", "all"])
async def test_every_list_comes_in_every_format_with_chinese_intact(
    client: httpx.AsyncClient, town: Town, every: bool
) -> None:
    town.stock("EXT-001", "1", serial="00123")
    lists = town.context.lists
    assert len(lists) >= 16
    handover = await begin_handover(client, town)
    made = {"plan": str(plan(town))}
    queries = {
        "ledger": {"of": "depot", "id": "STR-0001"},
        "keeper-handover": {"handover": handover},
        "plan": made,
        "purchases": made,
    }
    for name in lists:
        query = queries.get(name, {})
        for kind in ("csv", "xlsx", "pdf") if every or name in queries else ("csv", "xlsx"):
            answer = await client.get(f"/api/export/{name}.{kind}", params=query, headers=town.auth("admin"))
            assert answer.status_code == 200, (name, kind, answer.text)
            if kind == "csv":
                assert answer.content.startswith(b"\xef\xbb\xbf")
            elif kind == "xlsx":
                python_calamine.load_workbook(io.BytesIO(answer.content))
            else:
                assert len(pypdfium2.PdfDocument(answer.content)) >= 1
    answer = await client.get("/api/export/stock.csv", headers=town.auth("admin"))
    (row,) = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]
    assert row[0] == "STR-0001" and "干粉灭火器" in row[3] and row[7] == "00123"
    answer = await client.get("/api/export/stock.xlsx", headers=town.auth("admin"))
    sheet = python_calamine.load_workbook(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert sheet[1][7] == "00123"  # T93: text stays text
    answer = await client.get("/api/export/stock.pdf", headers=town.auth("admin"))
    assert "干粉灭火器" in pypdfium2.PdfDocument(answer.content)[0].get_textpage().get_text_range()


async def test_a_file_holds_only_what_the_caller_may_see(client: httpx.AsyncClient, town: Town) -> None:
    town.stock("BRK-014", "4", shelf=town.other_shelf)
    for name in ("stock", "lots", "movements", "month", "depots"):
        answer = await client.get(f"/api/export/{name}.csv", headers=town.auth("keeper"))
        assert "IND-0002" not in answer.text and "BRK-014" not in answer.text, name
        assert "sig" not in answer.text
    assert (await client.get("/api/export/none.csv", headers=town.auth())).status_code == 404
    assert (await client.get("/api/export/stock.exe", headers=town.auth())).status_code == 404


def test_formulas_in_names_are_words(town: Town, tmp_path: Path) -> None:
    evil = '=HYPERLINK("http://x","y")'
    town.run(lambda s: s.execute(Item.__table__.update().where(Item.code == "BRK-014").values(name_zh=evil)))
    assert run(town.context, "export", "items", "--out", str(tmp_path / "i.csv"), "--filter", "q=BRK-014") == 0
    (row,) = list(csv.reader(io.StringIO((tmp_path / "i.csv").read_text(encoding="utf-8-sig"))))[1:]
    assert row[1] == "'" + evil
    assert run(town.context, "export", "items", "--out", str(tmp_path / "i.xlsx"), "--filter", "q=BRK-014") == 0
    sheet = python_calamine.load_workbook(str(tmp_path / "i.xlsx")).get_sheet_by_index(0).to_python()
    assert sheet[1][1] == evil
