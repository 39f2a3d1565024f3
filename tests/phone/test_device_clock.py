"""A phone whose clock is wrong says so: its acts are booked at the corrected time, and never refused for it (K11)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import select

from inventory.telling.models import Entry
from tests.conftest import Town


def entry(town: Town, lot: Any, hours: int, **more: Any) -> dict[str, Any]:
    movement = {"id": str(uuid4()), "kind": "issue", "lot": str(lot), "quantity": "1"}
    happened = (town.context.clock.now() + timedelta(hours=hours)).isoformat()
    return {"id": str(uuid4()), "kind": "basket", "happened_at": happened, "movements": [movement], **more}


async def test_K11_an_instant_to_come_is_no_reason_to_refuse_a_phone_that_says_its_clock_is_wrong(
    client: httpx.AsyncClient, town: Town
) -> None:
    lot = town.stock("BRK-014", "3")
    told = entry(town, lot, 3, late=True, clock={"offset_seconds": 0, "sure": False})
    answer = await client.post("/api/entries", json=told, headers=town.auth("keeper"))
    assert answer.status_code == 201, answer.text
    outcome = answer.json()["outcome"]
    assert (outcome["state"], outcome["clock"]) == ("booked", {"offset_seconds": 0, "sure": False})
    rows = town.run(lambda session: session.execute(select(Entry)).scalars().all())
    assert rows[0].happened_at <= town.context.clock.now()
    again = await client.post("/api/entries", json=told, headers=town.auth("keeper"))
    assert (again.status_code, again.json()["outcome"]) == (200, outcome)


async def test_K11_without_a_word_about_its_clock_the_future_is_refused_as_before(
    client: httpx.AsyncClient, town: Town
) -> None:
    lot = town.stock("BRK-014", "3")
    answer = await client.post("/api/entries", json=entry(town, lot, 3), headers=town.auth("keeper"))
    assert answer.status_code == 422
