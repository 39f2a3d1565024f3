"""Sizes are not interchangeable: a minimum for each group of sizes, and the handout asks for the size (T49)."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from app import main
from tests.cases.conftest import on_both
from tests.conftest import QueryCount, Town

BOOTS = "PPE-004"


async def send(client: httpx.AsyncClient, town: Town, status: int, **wish: Any) -> Any:
    wish = {"id": str(uuid4()), "quantity": "1", **wish}
    answer = await client.post("/api/movements", json=wish, headers=town.auth("keeper"))
    assert answer.status_code == status, answer.text
    return answer.json()


async def receive(client: httpx.AsyncClient, town: Town, size: str, status: int = 201, item: str = BOOTS) -> Any:
    wish = {"kind": "receive", "item": item, "to": str(town.shelf.id), "new_lot": {"size": size}}
    return await send(client, town, status, **wish)


async def require(town: Town, folder: Path, *lines: str) -> None:
    """Bring requirements in by the command, as an officer of the city does."""
    file = folder / "requirements.csv"
    file.write_text("\n".join(["profile,item,minimum", *lines]) + "\n", encoding="utf-8")
    where = ["--database-url", town.context.settings.database_url]
    assert await asyncio.to_thread(main, [*where, "import", "requirements", str(file), "--as", "admin"]) == 0


async def readiness(client: httpx.AsyncClient, town: Town) -> dict[str, tuple[str, str, str]]:
    told = (await client.get("/api/depots/STR-0001/readiness", headers=town.auth("keeper"))).json()
    lines = {line["subject"]: (line["held"], line["ready"], line["short"]) for line in told}
    return {subject: line for subject, line in lines.items() if BOOTS in subject}


@on_both
async def test_T49_six_boots_of_size_42_leave_the_gap_of_the_other_sizes_shown(
    client: httpx.AsyncClient, town: Town, tmp_path: Path
) -> None:
    await require(town, tmp_path, f"STR,{BOOTS},6", f'STR,"{BOOTS}@40,41,42,43,44",1', f"STR,{BOOTS}@45-47,2")
    for _ in range(6):
        await receive(client, town, "42")
    lines = await readiness(client, town)
    assert lines[BOOTS] == ("6", "6", "0")
    assert lines[f"GROUP:{BOOTS}@42"] == ("6", "6", "0")
    gaps = {subject: short for subject, (_, ready, short) in lines.items() if ready == "0"}
    sizes = {f"GROUP:{BOOTS}@{size}": "1" for size in (40, 41, 43, 44)}
    assert gaps == {**sizes, f"GROUP:{BOOTS}@45-47": "2"}
    page = await client.get("/depots/STR-0001", headers=town.auth("keeper"))
    assert "灭火防护靴 40码" in page.text and "灭火防护靴 45-47码" in page.text
    city = (await client.get("/api/readiness?by=depot", headers=town.auth("keeper"))).json()
    assert city["total"]["depots_ready"] == 0


@on_both
async def test_T49_any_size_of_a_group_fills_its_minimum_and_counts_while_it_is_fit(
    client: httpx.AsyncClient, town: Town, tmp_path: Path
) -> None:
    await require(town, tmp_path, f"STR,{BOOTS}@40-44,3")
    subject = f"GROUP:{BOOTS}@40-44"
    lots = [(await receive(client, town, size))["lines"][0]["lot"] for size in ("40", "44", "44", "45")]
    assert (await readiness(client, town))[subject] == ("3", "3", "0")
    fault = {"id": str(uuid4()), "kind": "fault", "thing": lots[0], "place": str(town.shelf.id), "description": "开胶"}
    assert (await client.post("/api/entries", json=fault, headers=town.auth("keeper"))).status_code == 201
    assert (await readiness(client, town))[subject] == ("3", "2", "1")
    told = await client.get(f"/api/depots/STR-0001/requirements/{subject}", headers=town.auth("keeper"))
    assert [(one["size"], one["reason"]) for one in told.json()["pieces"]] == [("40", "unfit"), ("44", ""), ("44", "")]
    line = told.json()["requirement"]
    assert line["not_counting"] == {"unfit": "1"}
    page = await client.get(f"/depots/STR-0001/requirements/{subject}", headers=town.auth("keeper"))
    assert "44码" in page.text
    matrix = await client.get("/api/readiness/matrix", headers=town.auth("officer"))
    assert matrix.status_code == 200


@on_both
async def test_T49_the_handout_asks_for_the_size(client: httpx.AsyncClient, town: Town) -> None:
    for size in ("41", "42", "42"):
        await receive(client, town, size)
    take = {"kind": "issue", "item": BOOTS}
    problem = await send(client, town, 422, **take)
    assert [error["field"] for error in problem["errors"]] == ["size"]
    assert "41 × 1, 42 × 2" in problem["detail"]
    taken = await send(client, town, 201, **take, size="42")
    stock = (await client.get(f"/api/depots/STR-0001/stock?item={BOOTS}", headers=town.auth("keeper"))).json()["items"]
    out = {row["lot"]: row["size"] for row in stock if not row["in_reach"]}
    assert out == {taken["lines"][0]["lot"]: "42"}
    problem = await send(client, town, 409, **take, size="43")
    problem = await send(client, town, 422, **take, size="4711")
    assert [error["field"] for error in problem["errors"]] == ["size"]
    lend = {
        "id": str(uuid4()),
        "kind": "lend",
        "depot": "STR-0001",
        "borrower": "resident",
        "due_at": "2026-11-24T02:00:00Z",
        "lines": [{"item": BOOTS, "from": str(town.shelf.id)}],
    }
    told = await client.post("/api/entries", json=lend, headers=town.auth("keeper"))
    assert told.status_code == 422 and "42 × 1" in told.json()["detail"]
    lend["lines"][0]["size"] = "41"  # type: ignore[index]
    told = await client.post("/api/entries", json=lend, headers=town.auth("keeper"))
    assert told.status_code == 201, told.text


async def test_T49_the_size_of_a_pair_that_came_without_one_is_noted(
    client: httpx.AsyncClient, town: Town, tmp_path: Path
) -> None:
    await require(town, tmp_path, f"STR,{BOOTS}@40-44,1")
    came = await send(client, town, 201, kind="receive", item=BOOTS, to=str(town.shelf.id))
    assert (await readiness(client, town))[f"GROUP:{BOOTS}@40-44"] == ("0", "0", "1")
    note = {"id": str(uuid4()), "kind": "note-size", "thing": came["lines"][0]["lot"], "size": "43"}
    told = await client.post("/api/entries", json=note, headers=town.auth("keeper"))
    assert told.status_code == 201, told.text
    assert (await readiness(client, town))[f"GROUP:{BOOTS}@40-44"] == ("1", "1", "0")
    city = (await client.get("/api/readiness?by=depot", headers=town.auth("keeper"))).json()
    assert city["total"]["lines_ready"] > 0


async def test_T49_bulk_gear_of_two_sizes_stays_two_lots(client: httpx.AsyncClient, town: Town) -> None:
    for size in ("41", "43", "41"):
        await receive(client, town, size, item="PPE-022")
    listed = (await client.get("/api/lots?item=PPE-022", headers=town.auth("keeper"))).json()["items"]
    assert {(row["size"], row["quantity"]) for row in listed} == {("41", "2"), ("43", "1")}
    wrong = await receive(client, town, "9", status=422, item="PPE-022")
    assert [error["field"] for error in wrong["errors"]] == ["new_lot.size"]
    none = await receive(client, town, "9", status=422, item="TRF-001")
    assert [error["field"] for error in none["errors"]] == ["new_lot.size"]


async def test_T49_a_take_costs_no_statement_more(client: httpx.AsyncClient, town: Town, queries: QueryCount) -> None:
    await send(client, town, 201, kind="receive", item="TRF-001", quantity="9", to=str(town.shelf.id))
    await receive(client, town, "42")
    await send(client, town, 201, kind="issue", item="TRF-001")  # the first take enters the taker's hands
    counts = []
    for more in ({"item": "TRF-001"}, {"item": BOOTS, "size": "42"}):
        count = queries.during()
        await send(client, town, 201, kind="issue", **more)
        counts.append(len(count))
    assert counts[0] == counts[1]
