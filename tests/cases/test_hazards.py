"""Dangerous goods: caps and "not together" per place, and a way of disposal that is not the bin (T99)."""

from typing import Any
from uuid import UUID, uuid4

import httpx

from depots.models import Place, PlaceKind
from depots.places import standing_place_id
from jobs.alerts.sweep import sweep_city
from tests.cases.conftest import on_both
from tests.conftest import QueryCount, Town

PETROL, AEROSOL, MEDICINE, POWER_BANK = "FUE-001", "BRK-026", "MED-025", "CNV-001"


async def send(client: httpx.AsyncClient, town: Town, status: int, **wish: Any) -> Any:
    wish = {"id": str(uuid4()), "quantity": "1", **wish}
    answer = await client.post("/api/movements", json=wish, headers=town.auth("keeper"))
    assert answer.status_code == status, answer.text
    return answer.json()


async def receive(client: httpx.AsyncClient, town: Town, item: str, quantity: str, to: Place, **more: Any) -> Any:
    wish: dict[str, Any] = {"kind": "receive", "item": item, "quantity": quantity, "to": str(to.id), **more}
    status = wish.pop("status", 201)
    return await send(client, town, status, **wish)


async def breaches(client: httpx.AsyncClient, town: Town) -> list[tuple[str, str, str | None, str | None]]:
    told = (await client.get("/api/depots/STR-0001/hazards", headers=town.auth("keeper"))).json()
    return [(one["place_en"], one["quantity"], one["cap"], one["other"]) for one in told["breaches"]]


@on_both
async def test_T99_a_41st_litre_of_petrol_over_the_cap_of_40_is_refused_without_a_reason(
    client: httpx.AsyncClient, town: Town
) -> None:
    await receive(client, town, PETROL, "40", town.shelf)
    assert await breaches(client, town) == []
    problem = await receive(client, town, PETROL, "1", town.shelf, status=422)
    assert [error["field"] for error in problem["errors"]] == ["reason"]
    assert "41" in problem["detail"] and "40" in problem["detail"] and "汽油" in problem["detail"]
    # another shelf of the same store: the store with all that is in it would hold 41
    await receive(client, town, PETROL, "1", town.second_shelf, status=422)
    await receive(client, town, PETROL, "1", town.shelf, reason="台风前备油")
    assert await breaches(client, town) == [("Store › Shelf A1", "41", "40", None)]
    page = await client.get(f"/places/{town.shelf.id}", headers=town.auth("keeper"))
    assert "汽油：现有 41 升，上限 40" in page.text
    page = await client.get("/depots/STR-0001/hazards", headers=town.auth("keeper"))
    assert "汽油：现有 41 升，上限 40" in page.text
    sweep_city(town.context.database, town.context.clock.today(), town.context.clock.now())
    alerts = (await client.get("/api/alerts?kind=hazard", headers=town.auth("keeper"))).json()["items"]
    assert [alert["severity"] for alert in alerts] == ["serious"]
    # and what stands beside it in the store is too much of the store
    await receive(client, town, PETROL, "1", town.second_shelf, reason="台风前备油")
    assert await breaches(client, town) == [("Store", "42", "40", None), ("Store › Shelf A1", "41", "40", None)]


async def test_T99_moving_petrol_within_the_store_is_no_more_petrol(client: httpx.AsyncClient, town: Town) -> None:
    await receive(client, town, PETROL, "40", town.shelf)
    move = {"kind": "transfer", "item": PETROL, "from": str(town.shelf.id), "to": str(town.second_shelf.id)}
    await send(client, town, 201, **move, quantity="30")
    assert await breaches(client, town) == []


async def test_T99_a_place_has_a_cap_of_its_own(client: httpx.AsyncClient, town: Town) -> None:
    path = f"/api/places/{town.shelf.id}/caps"
    set_to = {"hazard": "petrol", "cap": "5"}
    assert (await client.put(path, json=set_to, headers=town.auth("keeper"))).status_code == 403
    assert (await client.put(path, json=set_to, headers=town.auth("officer"))).status_code == 204
    assert (await client.put(path, json=set_to, headers=town.auth("keeper2"))).status_code == 403
    wrong = await client.put(path, json={"hazard": "water", "cap": "5"}, headers=town.auth("officer"))
    assert [error["field"] for error in wrong.json()["errors"]] == ["hazard"]
    await receive(client, town, PETROL, "5", town.shelf)
    await receive(client, town, PETROL, "0.5", town.shelf, status=422)
    assert (await client.put(path, json={"hazard": "petrol"}, headers=town.auth("officer"))).status_code == 204
    await receive(client, town, PETROL, "0.5", town.shelf)


async def test_T99_aerosols_do_not_stand_beside_medicines(client: httpx.AsyncClient, town: Town) -> None:
    facts = {"number": "A", "expires_on": "2028-01-31"}
    await receive(client, town, MEDICINE, "5", town.shelf, new_lot=facts)
    problem = await receive(client, town, AEROSOL, "2", town.shelf, new_lot=facts, status=422)
    assert [error["field"] for error in problem["errors"]] == ["reason"]
    assert "易燃气雾剂" in problem["detail"] and "药品" in problem["detail"]
    await receive(client, town, AEROSOL, "2", town.second_shelf, new_lot=facts)
    assert await breaches(client, town) == []
    # a late fact is told, not argued with: it stands on the list
    late = {"kind": "transfer", "item": AEROSOL, "from": str(town.second_shelf.id), "to": str(town.shelf.id)}
    await send(client, town, 201, **late, late=True)
    assert await breaches(client, town) == [("Store › Shelf A1", "1", None, "medicine")]


@on_both
async def test_T99_a_swollen_power_bank_goes_to_quarantine_and_not_into_the_bin(
    client: httpx.AsyncClient, town: Town
) -> None:
    came = await receive(client, town, POWER_BANK, "1", town.shelf, new_lot={"serial": "PB-1"})
    lot = came["lines"][0]["lot"]
    bin_it = {"kind": "dispose", "lot": lot, "reason": "鼓包"}
    problem = await send(client, town, 409, **bin_it, **{"from": str(town.shelf.id)})
    assert problem["type"].endswith("disposal-way")
    assert problem["hazard"] == "lithium" and "锂电池回收" in problem["way_zh"] and "垃圾桶" in problem["detail"]
    hold = str(standing_place_id(UUID(str(town.depot.id)), PlaceKind.HOLD))
    await send(client, town, 201, kind="transfer", lot=lot, **{"from": str(town.shelf.id)}, to=hold)
    await send(client, town, 201, **bin_it, **{"from": hold})


async def test_T99_nothing_more_is_asked_when_other_gear_is_put_down_or_petrol_is_taken(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    await receive(client, town, PETROL, "20", town.shelf)
    await receive(client, town, "TRF-001", "20", town.shelf)
    await send(client, town, 201, kind="issue", item="TRF-001")  # the first take enters the taker's hands
    counts = []
    for item in ("TRF-001", PETROL):
        count = queries.during()
        await send(client, town, 201, kind="issue", item=item)
        counts.append(len(count))
    assert counts[0] == counts[1]
