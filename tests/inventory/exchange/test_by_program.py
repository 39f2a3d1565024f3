"""A program brings a file in: sent once, looked through, entered as a whole, taken back."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import Town

CSV = {"Content-Type": "text/csv"}
GEAR = "物资编码,站点,货位,数量\nBRK-014,STR-0001,{shelf},4\n"
WRONG = GEAR + "BRK-014,STR-0001,{shelf},viele\nNO-SUCH,STR-0001,{shelf},4"


class Program:
    """Short ways to import over HTTP."""

    def __init__(self, client: httpx.AsyncClient, town: Town) -> None:
        self.client, self.town = client, town

    async def send(self, text: str, who: str = "admin", name: str = "gear.csv", id: object = None) -> httpx.Response:
        text = text.format(shelf=self.town.shelf.path_zh)
        headers = {**CSV, **self.town.auth(who)}
        query = {"subject": "stock", "name": name}
        return await self.client.put(
            f"/api/imports/{id or uuid4()}", params=query, content=text.encode(), headers=headers
        )

    async def act(self, id: str, what: str, who: str = "admin", **body: Any) -> httpx.Response:
        headers = {**self.town.auth(who), "Accept-Language": "en"}
        return await self.client.post(f"/api/imports/{id}/{what}", json=body or None, headers=headers)

    async def ended(self, id: str) -> dict[str, Any]:
        while True:
            headers = {**self.town.auth("admin"), "Accept-Language": "en"}
            view: dict[str, Any] = (await self.client.get(f"/api/imports/{id}", headers=headers)).json()
            if view["state"] != "running":
                return view
            await asyncio.sleep(0.02)

    async def there(self) -> list[str]:
        rows = (await self.client.get("/api/depots/STR-0001/stock", headers=self.town.auth("admin"))).json()["items"]
        return [row["quantity"] for row in rows]


@pytest.fixture
def program(client: httpx.AsyncClient, town: Town) -> Program:
    return Program(client, town)


async def test_a_file_is_sent_once_looked_through_entered_and_taken_back(program: Program) -> None:
    id = str(uuid4())
    first, again = [await program.send(GEAR, id=id) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200) and first.json() == again.json()
    sheet = first.json()["sheets"][0]
    assert [column["field"] for column in sheet["columns"]] == ["item", "depot", "place", "quantity"]
    other = await program.send(WRONG, id=id)
    assert other.status_code == 409 and other.json()["type"].endswith("/id-reused")

    assert (await program.act(id, "start", act="look")).status_code == 202
    assert (await program.ended(id))["state"] == "checked"
    assert await program.there() == []
    assert (await program.act(id, "start", act="enter")).status_code == 202
    done = await program.ended(id)
    assert (done["state"], done["fault_count"]) == ("done", 0) and done["figures"]
    assert await program.there() == ["4"]
    undone = await program.act(id, "undo")
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    assert await program.there() == []
    late = await program.act(id, "cancel")
    assert late.status_code == 409 and late.json()["type"].endswith("/not-now")


async def test_of_a_file_sent_twice_at_once_one_is_the_repeat_and_of_two_files_the_first_stands(
    program: Program,
) -> None:
    for _ in range(2):
        id = str(uuid4())
        same = await asyncio.gather(*(program.send(GEAR, id=id) for _ in range(4)))
        assert sorted(answer.status_code for answer in same) == [200, 200, 200, 201], [one.text for one in same]
        id = str(uuid4())
        both = await asyncio.gather(*(program.send(text, id=id) for text in (GEAR, WRONG, GEAR, WRONG)))
        assert sorted(answer.status_code for answer in both) == [200, 201, 409, 409], [one.text for one in both]
        first = WRONG if both[0].status_code == 409 else GEAR
        kept = program.town.context.settings.var_dir / "imports" / f"{id}.csv"
        assert kept.read_text() == first.format(shelf=program.town.shelf.path_zh)


async def test_faults_are_told_each_with_its_cell_and_nothing_is_entered(program: Program) -> None:
    id = (await program.send(WRONG)).json()["id"]
    await program.act(id, "start", act="enter")
    view = await program.ended(id)
    assert view["state"] == "faulty" and view["fault_count"] == len(view["faults"]) >= 2
    assert {fault["row"] for fault in view["faults"]} == {3, 4}
    assert all(fault["what"] and fault["mend"] for fault in view["faults"])
    assert await program.there() == []


async def test_a_column_is_said_and_one_that_is_not_there_refused(program: Program) -> None:
    id = (await program.send(GEAR.replace("货位", "whereabouts"))).json()["id"]
    wrong = await program.act(id, "start", act="look", columns=[{"sheet": "x", "column": "C", "field": "place"}])
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "columns.0")
    sheet = (await program.ended(id))["sheets"][0]["sheet"]
    said = [{"sheet": sheet, "column": "c", "field": "place"}]
    assert (await program.act(id, "start", act="look", columns=said)).status_code == 202
    assert (await program.ended(id))["state"] == "checked"


async def test_what_is_no_table_is_refused_and_others_imports_do_not_exist(program: Program) -> None:
    refused = await program.send(GEAR, name="gear.pdf")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "file")
    assert (await program.send(GEAR, who="keeper")).status_code == 403
    id = (await program.send(GEAR)).json()["id"]
    assert (await program.act(id, "start", "officer", act="look")).status_code == 404
    rows = (await program.client.get("/api/imports", headers=program.town.auth("admin"))).json()
    assert id in [row["id"] for row in rows]
    mine = (await program.client.get("/api/imports", headers=program.town.auth("officer"))).json()
    assert mine == []
