"""The recalls' pages: called back by form, answered by a depot, released; few queries."""

import re
from uuid import uuid4

import httpx

from tests.conftest import QueryCount, Town


async def test_gear_is_called_back_answered_for_and_released_over_http(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    lot = town.stock("MED-010", "30", number="A7", maker="海康")
    call = {"id": str(uuid4()), "kind": "recall", "item": "MED-010", "number": "A7", "reason": "灭菌不合格"}
    refused = await client.post("/api/entries", json=call, headers=town.auth("keeper"))
    assert refused.status_code == 403
    told = await client.post("/api/entries", json=call, headers=town.auth("admin"))
    assert told.status_code == 201
    assert told.json()["outcome"]["result"]["held"] == [str(lot)]
    listed = (await client.get("/api/recalls", headers=town.auth("keeper"))).json()
    assert [(one["id"], one["number"]) for one in listed] == [(call["id"], "A7")]
    count = queries.during()
    page = await client.get(f"/recalls/{call['id']}", headers=town.auth("keeper"))
    assert page.status_code == 200
    assert len(count) <= 12
    assert re.search("尚未答复的站点.*麻岭街面站", page.text, re.S)
    assert "解除召回" not in page.text  # only who answers for the city
    answer = {
        "id": str(uuid4()),
        "kind": "answer-recall",
        "recall": call["id"],
        "depot": "STR-0001",
        "note": "已封存 30 瓶",
    }
    assert (await client.post("/api/entries", json=answer, headers=town.auth("keeper"))).status_code == 201
    page = await client.get(f"/recalls/{call['id']}", headers=town.auth("admin"))
    assert "已封存 30 瓶" in page.text
    assert "解除召回" in page.text
    release = {"id": str(uuid4()), "kind": "release-recall", "recall": call["id"], "reason": "厂家复检合格"}
    assert (await client.post("/api/entries", json=release, headers=town.auth("admin"))).status_code == 201
    shown = (await client.get(f"/api/recalls/{call['id']}", headers=town.auth("auditor"))).json()
    assert shown["recall"]["release_reason"] == "厂家复检合格"
    assert (await client.get("/recalls", headers=town.auth("admin"))).status_code == 200
