"""What is given away may be consumed, must return, or is reclaimed if in time (T62)."""

import re
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from jobs.alerts.sweep import sweep_city
from tests.cases.conftest import on_both
from tests.clock import SetClock
from tests.conftest import ZONE, Town

TENT = "SAR-009"


def stands(clock: SetClock, day: str) -> None:
    clock.instant = datetime.fromisoformat(f"{day} 09:00").replace(tzinfo=ZONE)


async def send(client: httpx.AsyncClient, town: Town, **wish: Any) -> Any:
    wish = {"id": str(uuid4()), "quantity": "1", **wish}
    answer = await client.post("/api/movements", json=wish, headers=town.auth("keeper"))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def give_out_a_tent(client: httpx.AsyncClient, town: Town) -> str:
    """To a call-out after a flood; returns the tent's lot."""
    came = await send(client, town, kind="receive", item=TENT, to=str(town.shelf.id), new_lot={"made_on": "2025-12-01"})
    lot = str(came["lines"][0]["lot"])
    auth = town.auth("keeper")
    call = {"kind": "open-incident", "depot": "STR-0001", "what": "flood", "channel": "phone", "place": "河边"}
    call["id"] = str(uuid4())
    told = await client.post("/api/entries", json=call, headers=auth)
    assert told.status_code == 201, told.text
    draw = {"id": str(uuid4()), "kind": "draw", "incident": call["id"], "lines": [{"thing": lot}]}
    told = await client.post("/api/entries", json=draw, headers=auth)
    assert told.status_code == 201, told.text
    return lot


async def reclaims(client: httpx.AsyncClient, town: Town) -> list[Any]:
    answer = await client.get("/api/reclaims?depot=STR-0001", headers=town.auth("keeper"))
    return list(answer.json()["items"])


async def alerts(client: httpx.AsyncClient, town: Town) -> list[tuple[str, str]]:
    sweep_city(town.context.database, town.context.clock.today(), town.context.clock.now())
    told = (await client.get("/api/alerts?kind=reclaim", headers=town.auth("keeper"))).json()["items"]
    return [(alert["due"], alert["severity"]) for alert in told]


@on_both
async def test_T62_a_tent_given_out_in_january_is_reclaimed_until_july(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    stands(clock, "2026-01-15")
    lot = await give_out_a_tent(client, town)
    (row,) = await reclaims(client, town)
    assert (row["lot"], row["since"], row["until"], row["in_time"]) == (lot, "2026-01-15", "2026-07-15", True)
    assert await alerts(client, town) == []
    stands(clock, "2026-06-20")
    assert await alerts(client, town) == [("2026-07-15", "notice")]
    page = await client.get("/reclaims?depot=STR-0001", headers=town.auth("keeper"))
    assert "回收期限 2026-07-15" in page.text
    phone = (await client.get("/api/phone/STR-0001/work", headers=town.auth("keeper"))).json()
    assert [(one["lot"], one["until"]) for one in phone["reclaims"]] == [(lot, "2026-07-15")]
    back = {"id": str(uuid4()), "kind": "give-back", "lines": [{"thing": lot}]}
    assert (await client.post("/api/entries", json=back, headers=town.auth("keeper"))).status_code == 201
    assert await reclaims(client, town) == []
    assert await alerts(client, town) == []


async def test_T62_what_was_not_reclaimed_in_time_is_booked_as_used_up(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    stands(clock, "2026-01-15")
    lot = await give_out_a_tent(client, town)
    stands(clock, "2026-07-16")
    (row,) = await reclaims(client, town)
    assert not row["in_time"]
    assert await alerts(client, town) == [("2026-07-15", "notice")]
    auth = town.auth("keeper")
    page = await client.get("/reclaims?depot=STR-0001", headers=auth)
    assert "请按消耗登记" in page.text
    form = {**dict(re.findall(r'name="(id|lot|place|_csrf_token)" value="([^"]*)"', page.text)), "quantity": "1"}
    said = await client.post("/reclaims", data={**form, "became": "used", "depot": "STR-0001"}, headers=auth)
    assert said.status_code == 303, said.text
    assert await reclaims(client, town) == []
    (last,) = (await client.get(f"/api/movements?lot={lot}&limit=1", headers=auth)).json()["items"]
    assert last["kind"] == "consume"
    assert await alerts(client, town) == []


async def test_T62_what_is_used_up_or_must_return_is_not_reclaimed(client: httpx.AsyncClient, town: Town) -> None:
    for item, kind in (("HYD-009", "consume"), ("TRF-001", "issue")):
        await send(client, town, kind="receive", item=item, quantity="2", to=str(town.shelf.id))
        await send(client, town, kind=kind, item=item)
    assert await reclaims(client, town) == []
    listed = (await client.get("/api/items?q=SAR-009", headers=town.auth("keeper"))).json()["items"]
    assert [(item["consumable"], item["reclaim_months"]) for item in listed] == [(False, 6)]
