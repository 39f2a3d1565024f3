"""A second measure of an item: the keeper counts rolls, the standard asks for metres; both are shown (T60)."""

import asyncio
import re
from datetime import date
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app import main
from depots.requirements import work_out_requirements
from tests.cases.conftest import on_both
from tests.conftest import Town

SIX_ROLLS = {"quantity": "120", "unit_zh": "米", "unit_en": "m"}


async def receive(client: httpx.AsyncClient, town: Town, item: str, quantity: str) -> None:
    wish = {"id": str(uuid4()), "kind": "receive", "item": item, "quantity": quantity, "to": str(town.shelf.id)}
    answer = await client.post("/api/movements", json=wish, headers=town.auth("keeper"))
    assert answer.status_code == 201, answer.text


@pytest.mark.heavy
@on_both
async def test_T60_six_rolls_of_hose_are_shown_as_120_metres_too(client: httpx.AsyncClient, town: Town) -> None:
    town.run(work_out_requirements, date(2026, 11, 23))
    for _ in range(6):
        await receive(client, town, "HYD-001", "1")
    auth = town.auth("keeper")
    stock = (await client.get("/api/depots/STR-0001/stock", headers=auth)).json()["items"]
    assert [(row["quantity"], row["measure"]) for row in stock] == [("1", {**SIX_ROLLS, "quantity": "20"})] * 6
    lines = (await client.get("/api/depots/STR-0001/readiness", headers=auth)).json()
    line = next(line for line in lines if line["subject"] == "HYD-001")
    assert (line["held"], line["measures"]["held"], line["measures"]["ready"]) == ("6", SIX_ROLLS, SIX_ROLLS)
    offer = (await client.get("/api/find?item=HYD-001&from_depot=STR-0001", headers=auth)).json()["items"][0]
    assert (offer["ready"], offer["measure"]) == ("6", SIX_ROLLS)
    ledger = (await client.get("/api/movements?item=HYD-001", headers=auth)).json()["items"]
    assert {row["measure"]["quantity"] for row in ledger} == {"20"}
    for path, said in (
        ("/depots/STR-0001", r"\b6 <span[^>]*>\(120 米\)"),
        ("/depots/STR-0001/requirements/HYD-001", r"\(120 米\)"),
        (f"/places/{town.shelf.id}", r"1 盘 <span[^>]*>\(20 米\)"),
        ("/find?item=HYD-001&from_depot=STR-0001", r"盘</span> <span[^>]*>\(120 米\)"),
        (f"/lots/{stock[0]['lot']}", r"1 盘 <span[^>]*>\(20 米\)"),
    ):
        page = await client.get(path, headers=auth, follow_redirects=True)
        assert re.search(said, page.text), path
    listed = await client.get("/api/export/stock.csv?depot=STR-0001", headers=auth)
    assert "20 米" in listed.text


async def test_T60_a_standard_in_metres_is_a_minimum_in_rolls(
    client: httpx.AsyncClient, town: Town, tmp_path: Path
) -> None:
    file = tmp_path / "requirements.csv"
    file.write_text("profile,item,minimum\nSTR,HYD-001,130 m\nSTR,FOR-012,60米\n", encoding="utf-8")
    command = ["--database-url", town.context.settings.database_url, "import", "requirements", str(file)]
    assert await asyncio.to_thread(main, [*command, "--as", "admin"]) == 0
    told = (await client.get("/api/depots/STR-0001/readiness", headers=town.auth("keeper"))).json()
    lines = {line["subject"]: line for line in told if line["measures"]}
    asked = {code: (lines[code]["minimum"], lines[code]["measures"]["minimum"]["quantity"]) for code in lines}
    assert (asked["HYD-001"], asked["FOR-012"]) == (("7", "140"), ("2", "60"))
    file.write_text("profile,item,minimum\nSTR,TRF-001,130 m\n", encoding="utf-8")
    assert await asyncio.to_thread(main, [*command, "--as", "admin"]) == 1


async def test_T60_an_item_without_a_second_measure_shows_none(client: httpx.AsyncClient, town: Town) -> None:
    await receive(client, town, "TRF-001", "6")
    stock = (await client.get("/api/depots/STR-0001/stock", headers=town.auth("keeper"))).json()["items"]
    assert [row["measure"] for row in stock] == [None]


async def test_T60_phones_know_the_second_measure(client: httpx.AsyncClient, town: Town) -> None:
    await receive(client, town, "HYD-001", "1")
    await receive(client, town, "TRF-001", "1")
    shelves = (await client.get("/api/phone/STR-0001/shelves", headers=town.auth("keeper"))).json()
    known = {item["code"]: item["measure"] for item in shelves["items"]}
    assert known == {"HYD-001": {"per": "20", "zh": "米", "en": "m"}, "TRF-001": None}
    script = (await client.get("/static/app/gear.js")).text
    assert "amountOf" in script
