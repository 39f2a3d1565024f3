"""The pages of the finder and of cover, as a browser's forms send them."""

import re
from uuid import uuid4

import httpx
import pytest

from tests.conftest import QueryCount, Town


async def test_the_finders_page_shows_offers_and_puts_aside_in_one_tap(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    town.stock("BRK-014", "2", shelf=town.other_shelf)
    await client.get("/find?q=AED", headers=town.auth())
    queries.during()
    page = (await client.get("/find?q=夹钳", headers=town.auth())).text
    assert len(queries) <= 12, queries.statements
    assert "大浪工业园站" in page
    assert "B1层" in page
    assert "tel:0755-00000001" in page
    form = {"id": str(uuid4()), "depot": town.other.code, "what": "BRK-014", "many": "1", "q": "夹钳"}
    done = await client.post("/find/reserve", data=form, headers=town.auth())
    assert done.status_code == 303
    after = (await client.get(done.headers["location"], headers=town.auth())).text
    assert "已为您预留" in after
    end = re.search(r'action="(/find/reservations/[^"]+/end)"', after)
    assert end is not None
    assert (await client.post(end[1], data={}, headers=town.auth())).status_code == 303
    assert "/end" not in (await client.get("/find?q=夹钳", headers=town.auth())).text


async def test_a_transfer_is_asked_for_in_one_tap(client: httpx.AsyncClient, town: Town) -> None:
    town.stock("BRK-014", "2", shelf=town.other_shelf)
    form = {"id": str(uuid4()), "depot": town.other.code, "what": "BRK-014", "from_depot": town.depot.code}
    done = await client.post("/find/ask", data=form, headers=town.auth())
    assert (done.status_code, done.headers["location"][-5:]) == (303, "asked")
    entries = (await client.get("/api/entries", headers=town.auth())).json()
    assert [entry["outcome"]["kind"] for entry in entries] == ["ask-transfer"]
    assert (await client.post("/find/ask", data={**form, "id": "x"}, headers=town.auth())).status_code == 422


async def test_a_search_begins_at_a_place_by_its_name_and_adds_up_what_is_there(
    client: httpx.AsyncClient, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.stock("BRK-014", "2", shelf=town.other_shelf)
    town.stock("BRK-014", "3")
    for place in (town.other.name_zh, town.other.name_en.upper(), town.other.code):
        params = {"q": "夹钳", "from_depot": place, "quantity": "5"}
        found = (await client.get("/find", params=params, headers=town.auth())).text
        assert "最近的 2 个站点合计可用 5。" in found, place
        assert found.index(town.other.name_zh) < found.index(town.depot.name_zh), place
    params = {"q": "夹钳", "from_depot": town.depot.name_zh, "quantity": "40"}
    short = (await client.get("/find", params=params, headers=town.auth())).text
    assert "以下 2 个站点合计可用 5，还差 35。" in short
    assert 'action="/find/ask"' not in short  # nothing is sent to a place that is no depot
    assert "far=1" not in short  # these are all that there are
    monkeypatch.setattr("inventory.finding.pages.NEAR", 2)
    cut = (await client.get("/find", params=params, headers=town.auth())).text
    assert (
        "far=1" in cut
        and "far=1" not in (await client.get("/find", params={**params, "far": "1"}, headers=town.auth())).text
    )
    unknown = await client.get("/find?q=夹钳&from_depot=Atlantis", headers=town.auth())
    assert "Atlantis" in unknown.text


async def test_what_cannot_be_searched_is_said_on_the_page(client: httpx.AsyncClient, town: Town) -> None:
    page = await client.get("/find?q=夹钳&near=here", headers=town.auth())
    assert (page.status_code, "纬度" in page.text) == (200, True)
    assert "没有叫这个名称" in (await client.get("/find?q=qqqqqq", headers=town.auth())).text


async def test_the_cover_page_shows_holes_and_what_if(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    town.stock("PMP-001", "1", serial="0231")
    await client.get("/cover", headers=town.auth("admin"))
    queries.during()
    page = (await client.get("/cover?capability=fire-pump&piece=0231", headers=town.auth("admin"))).text
    assert len(queries) <= 14, queries.statements
    assert "麻岭街面站失去覆盖" in page
    assert "cover-data" in page
    assert "没有这个编号" in (await client.get("/cover?piece=9999", headers=town.auth("admin"))).text


async def test_a_search_without_a_place_is_asked_for_one_and_not_refused(client: httpx.AsyncClient, town: Town) -> None:
    town.stock("BRK-014", "2")
    for asked in ("item=BRK-014", "q=夹钳"):
        page = (await client.get(f"/find?{asked}", headers=town.auth("responder"))).text
        assert "从哪里出发？" in page
        assert 'role="alert"' not in page
    assert "从哪里出发？" not in (await client.get("/find", headers=town.auth("responder"))).text
    wrong = (await client.get("/find?item=BRK-014&near=x", headers=town.auth("responder"))).text
    assert 'role="alert"' in wrong  # what was said and cannot be read is refused as ever
