"""A device holds its battery: an asset of its own that is swapped, ages, is charged, and goes where it goes (T41)."""

import re
from typing import Any
from uuid import uuid4

import httpx

from depots.requirements import work_out_requirements
from tests.cases.conftest import on_both
from tests.conftest import QueryCount, Town

RADIO, BATTERY = "COM-001", "COM-002"


async def receive(client: httpx.AsyncClient, town: Town, item: str, serial: str, **facts: Any) -> str:
    wish = {"id": str(uuid4()), "kind": "receive", "item": item, "quantity": "1", "to": str(town.shelf.id)}
    wish["new_lot"] = {"serial": serial, **facts}
    answer = await client.post("/api/movements", json=wish, headers=town.auth("keeper"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["lines"][0]["lot"])


async def tell(client: httpx.AsyncClient, town: Town, kind: str, status: int = 201, **fields: Any) -> Any:
    body = {"id": str(uuid4()), "kind": kind, **fields}
    answer = await client.post("/api/entries", json=body, headers=town.auth("keeper"))
    assert answer.status_code == status, answer.text
    return answer.json()["outcome"]["result"] if status == 201 else answer.json()


async def device(client: httpx.AsyncClient, town: Town, radio: str, who: str = "keeper") -> Any:
    answer = await client.get(f"/api/devices/{radio}", headers=town.auth(who))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def places(client: httpx.AsyncClient, town: Town, item: str) -> dict[str, str]:
    told = await client.get(f"/api/depots/STR-0001/stock?item={item}", headers=town.auth("keeper"))
    return {row["serial"]: row["place_en"] for row in told.json()["items"]}


async def why(client: httpx.AsyncClient, town: Town, serial: str) -> str:
    """Why a radio does not count towards the depot's requirement; empty if it does."""
    told = await client.get(f"/api/depots/STR-0001/requirements/{RADIO}", headers=town.auth("keeper"))
    assert told.status_code == 200, told.text
    return next(str(piece["reason"]) for piece in told.json()["pieces"] if piece["number"] == serial)


@on_both
async def test_T41_a_spare_battery_is_swapped_into_radio_5(client: httpx.AsyncClient, town: Town) -> None:
    radio = await receive(client, town, RADIO, "5")
    old = await receive(client, town, BATTERY, "B11", made_on="2021-03-01")
    spare = await receive(client, town, BATTERY, "B12", made_on="2025-06-01")
    told = await device(client, town, radio)
    assert (told["known"], told["parts"], told["lacks"]) == (False, [], [])
    assert (await tell(client, town, "fit-part", device=radio, part=old))["out"] == []
    await tell(client, town, "charged", thing=spare, percent=90)
    assert (await tell(client, town, "fit-part", device=radio, part=spare))["out"] == [old]
    (inside,) = (await device(client, town, radio))["parts"]
    shown = {name: inside[name] for name in ("lot", "number", "made_on", "charge")}
    assert shown == {"lot": spare, "number": "B12", "made_on": "2025-06-01", "charge": 90}
    assert await places(client, town, BATTERY) == {
        "B11": "Store › Shelf A1",
        "B12": "Store › Shelf A1 › Digital two-way radio 5",
    }
    page = await client.get(f"/lots/{radio}", headers=town.auth("keeper"), follow_redirects=True)
    assert re.search(r"<b>B12</b>.*生产于 2025-06-01.*90 %", page.text)
    fields = re.findall(r'name="(_csrf_token|id)" value="([^"]*)"', page.text.split("/devices/")[1])
    form = {**dict(fields), "part": old}
    sent = await client.post(f"/devices/{radio}", data=form, headers=town.auth("keeper"))
    assert sent.status_code == 303, sent.text
    assert (await places(client, town, BATTERY))["B12"] == "Store › Shelf A1"
    await tell(client, town, "fit-part", device=radio, part=spare)
    shelves = (await client.get("/api/phone/STR-0001/shelves", headers=town.auth("keeper"))).json()
    assert [place for place, lot, _ in shelves["stock"] if lot == spare] == [radio]
    assert {"kit": RADIO, "item": BATTERY, "quantity": "1"} in shelves["kit_lines"]


@on_both
async def test_T41_the_radio_is_ready_with_a_sound_battery_in_it_and_not_without(
    client: httpx.AsyncClient, town: Town
) -> None:
    radio = await receive(client, town, RADIO, "5")
    battery = await receive(client, town, BATTERY, "B12")
    town.run(work_out_requirements, town.context.clock.today())
    assert await why(client, town, "5") == ""  # nobody has noted its battery yet
    await tell(client, town, "fit-part", device=radio, part=battery)
    assert await why(client, town, "5") == ""
    fault = {"thing": battery, "place": radio, "description": "鼓包"}
    await tell(client, town, "fault", **fault)
    assert await why(client, town, "5") == "incomplete"
    (lack,) = (await device(client, town, radio))["lacks"]
    assert (lack["item"], lack["there"], lack["should"]) == (BATTERY, "0", "1")
    page = await client.get(f"/lots/{radio}", headers=town.auth("keeper"), follow_redirects=True)
    assert "缺件" in page.text
    found = (await client.get(f"/api/find?item={RADIO}&from_depot=STR-0001", headers=town.auth("keeper"))).json()
    assert found["items"] == []
    refused = await tell(client, town, "fit-part", 409, device=radio, part=battery)
    assert refused["type"].endswith("unfit")
    spare = await receive(client, town, BATTERY, "B13")
    assert (await tell(client, town, "fit-part", device=radio, part=spare))["out"] == [battery]
    assert await why(client, town, "5") == ""


@on_both
async def test_T41_the_battery_goes_where_the_radio_goes(client: httpx.AsyncClient, town: Town) -> None:
    radio = await receive(client, town, RADIO, "5")
    battery = await receive(client, town, BATTERY, "B12")
    await tell(client, town, "fit-part", device=radio, part=battery)
    take = {"id": str(uuid4()), "kind": "issue", "lot": radio, "quantity": "1"}
    assert (await client.post("/api/movements", json=take, headers=town.auth("keeper"))).status_code == 201
    assert (await places(client, town, BATTERY))["B12"] == "keeper 先生 › Digital two-way radio 5"
    stock = (await client.get(f"/api/depots/STR-0001/stock?item={BATTERY}", headers=town.auth("keeper"))).json()
    assert [row["in_reach"] for row in stock["items"]] == [False]
    await tell(client, town, "give-back", lines=[{"thing": radio, "to": str(town.second_shelf.id)}])
    assert (await places(client, town, BATTERY))["B12"] == "Store › Shelf A2 › Digital two-way radio 5"
    ask = {"giver": "STR-0001", "receiver": "IND-0002", "lines": [{"item": RADIO, "quantity": "1"}]}
    transfer = (await tell(client, town, "ask-transfer", **ask))["transfer"]
    await tell(client, town, "dispatch", transfer=transfer, lines=[{"thing": radio, "quantity": "1"}])
    receipt = {
        "id": str(uuid4()),
        "kind": "receive-transfer",
        "transfer": transfer,
        "place": str(town.other_shelf.id),
        "lines": [{"thing": radio, "good": "1"}],
    }
    told = await client.post("/api/entries", json=receipt, headers=town.auth("keeper2"))
    assert told.status_code == 201, told.text
    (inside,) = (await device(client, town, radio, "keeper2"))["parts"]
    assert inside["number"] == "B12"
    there = (await client.get(f"/api/depots/IND-0002/stock?item={BATTERY}", headers=town.auth("keeper2"))).json()
    assert [(row["serial"], row["in_reach"]) for row in there["items"]] == [("B12", True)]


async def test_T41_what_is_no_part_of_it_is_not_put_in(client: httpx.AsyncClient, town: Town) -> None:
    radio = await receive(client, town, RADIO, "5")
    other = await receive(client, town, RADIO, "6")
    battery = await receive(client, town, BATTERY, "B12")
    for device_id, part in ((radio, other), (battery, other)):
        problem = await tell(client, town, "fit-part", 422, device=device_id, part=part)
        assert [error["field"] for error in problem["errors"]] == ["part"]
    problem = await tell(client, town, "charged", 422, thing=battery, percent=101)
    assert [error["field"] for error in problem["errors"]] == ["percent"]
    assert (await client.get(f"/api/devices/{radio}", headers=town.auth("keeper2"))).status_code == 404


async def test_T41_a_take_of_a_radio_whose_battery_nobody_noted_costs_no_statement_more(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    await receive(client, town, "DET-003", "1")
    await receive(client, town, "DET-003", "2")
    await receive(client, town, RADIO, "5")
    counts = []
    for item in ("DET-003", "DET-003", RADIO):
        count = queries.during()
        take = {"id": str(uuid4()), "kind": "issue", "item": item, "quantity": "1"}
        assert (await client.post("/api/movements", json=take, headers=town.auth("keeper"))).status_code == 201
        counts.append(len(count))
    assert counts[1] == counts[2]
