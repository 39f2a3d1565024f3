"""The planner over HTTP: made in the background, edited, carried out, had as files; few queries, the right people."""

from typing import Any

import httpx
import pytest

from tests.conftest import QueryCount, Town
from tests.inventory.planner.town import require
from tests.waiting import rests, until


async def finished(client: httpx.AsyncClient, town: Town, plan_id: str, who: str = "admin") -> dict[str, Any]:
    """A plan once it is made."""

    async def ask() -> dict[str, Any]:
        return dict((await client.get(f"/api/supply-plans/{plan_id}", headers=town.auth(who))).json())

    return await until(ask, lambda told: rests(told["plan"]))


@pytest.fixture
def short(town: Town) -> Town:
    require(town, town.depot, {"BRK-014": (1, 2)})
    require(town, town.other, {"BRK-014": (4, 6), "MED-010": (2, 2)})
    town.stock("BRK-014", "9")
    return town


async def test_a_plan_is_made_edited_and_carried_out_over_http(client: httpx.AsyncClient, short: Town) -> None:
    headers = short.auth("admin")
    begun = await client.post("/api/supply-plans", json={"keeps": "minimum"}, headers=headers)
    assert begun.status_code == 202, begun.text
    plan_id = begun.json()["id"]
    told = await finished(client, short, plan_id)
    assert told["plan"]["state"] == "done"
    kinds = {line["kind"]: line for line in told["lines"]}
    assert set(kinds) == {"transfer", "purchase"}
    assert (kinds["transfer"]["quantity"], kinds["purchase"]["item"]) == ("4", "MED-010")
    changes = {"changes": [{"line": kinds["transfer"]["id"], "quantity": "99"}]}
    refused = await client.post(f"/api/supply-plans/{plan_id}/lines", json=changes, headers=headers)
    assert (refused.status_code, refused.json()["available"]) == (409, "8")
    changes["changes"][0]["quantity"] = "5"
    assert (await client.post(f"/api/supply-plans/{plan_id}/lines", json=changes, headers=headers)).json() == {
        "changed": 1
    }
    for _ in range(2):
        asked = await client.post(f"/api/supply-plans/{plan_id}/requests", headers=headers)
        assert (asked.status_code, asked.json()) == (200, {"transfers": 1})
    listed = (await client.get("/api/supply-plans", headers=headers)).json()
    assert [(one["id"], one["state"]) for one in listed] == [(plan_id, "asked")]
    csv = await client.get(f"/api/export/purchases.csv?plan={plan_id}", headers=headers)
    assert "MED-010" in csv.text
    assert "BRK-014" not in csv.text
    whole = await client.get(f"/api/export/plan.csv?plan={plan_id}", headers=headers)
    assert "BRK-014" in whole.text
    assert (await client.get(f"/api/export/plan.csv?plan={plan_id}", headers=short.auth("keeper"))).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"district": "000000"}, "district"),
        ({"type": "BASE"}, "type"),
        ({"keeps": "nothing"}, "keeps"),
        ({"nearest": 0}, "nearest"),
        ({"budget": -1}, "budget"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_an_impossible_plan_is_refused_by_its_field(
    client: httpx.AsyncClient, town: Town, body: dict[str, Any], field: str
) -> None:
    answer = await client.post("/api/supply-plans", json=body, headers=town.auth("admin"))
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


async def test_the_plans_page_makes_one_and_shows_it_in_few_queries(
    client: httpx.AsyncClient, short: Town, queries: QueryCount
) -> None:
    headers = short.auth("admin")
    begun = await client.post(
        "/supply-plans", data={"keeps": "minimum", "buy": "yes", "budget": "", "yuan_per_km": "2.5"}, headers=headers
    )
    assert begun.status_code == 303
    address = begun.headers["location"]
    await finished(client, short, address.rpartition("/")[2])
    count = queries.during()
    page = await client.get(address, headers=headers)
    assert page.status_code == 200
    assert len(count) <= 12
    for text in ("待执行方案", "一键生成全部调拨申请", "必配", "采购清单", "STR-0001", "IND-0002"):
        assert text in page.text, text
    assert (await client.get(f"{address}/progress", headers=headers)).json()["state"] == "done"
    assert (await client.post(f"{address}/requests", headers=headers)).status_code == 303
    assert "已申请调拨" in (await client.get(address, headers=headers)).text
    assert "已申请调拨" in (await client.get("/supply-plans", headers=headers)).text
    wrong = await client.post("/supply-plans", data={"budget": "lots"}, headers=headers)
    assert wrong.status_code == 422
    assert (await client.get(address, headers=short.auth("officer"))).status_code == 404
    assert (await client.get(address, headers=short.auth("auditor"))).status_code == 403
