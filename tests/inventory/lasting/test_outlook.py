"""How much of an item is used and how long it lasts, read off the ledger; within reach."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from core.database import Database
from core.errors import Refusal
from inventory.lasting.outlook import Outlook, outlook
from inventory.lasting.replacing import replacements
from tests.conftest import QueryCount, Town
from tests.inventory.lasting.conftest import GAUZE, TODAY, ZONE


def told(town: Town, who: str = "auditor", item: str = GAUZE, **asked: Any) -> Outlook:
    found: Outlook = town.run(outlook, town.callers[who], item, town.context.clock.today(), ZONE, **asked)
    return found


def test_the_rate_and_the_end_of_each_depot_and_of_all(used: Town) -> None:
    seen = told(used)
    here, there = (next(one for one in seen.depots if one.code == code) for code in ("STR-0001", "IND-0002"))
    assert (here.ready, here.rate.per_week, here.rate.weeks) == (34, 2, 13)
    # 70 days at 2 a week are 20 of the 34; the other depot uses none of its 40
    assert (here.course.wasted, there.course.wasted) == (14, 40)
    assert here.course.empty_on == there.course.empty_on == TODAY + timedelta(days=70)
    assert (seen.whole.ready, seen.wasted, seen.whole.course.wasted) == (74, 54, 54)
    assert [(one.month, one.quantity, one.unused) for one in seen.months()] == [(date(2027, 1, 1), 74, 54)]


def test_each_sees_what_is_within_reach(used: Town) -> None:
    assert [one.code for one in told(used, "keeper2").depots] == ["IND-0002"]
    assert told(used, "keeper2").whole.rate.total == 0
    with pytest.raises(Refusal) as refused:
        told(used, "keeper2", depot_code="STR-0001")
    assert refused.value.status == 404
    assert told(used, depot_code="STR-0001").whole.ready == 34


def test_what_does_not_count_is_told_by_its_reason(town: Town) -> None:
    town.stock(GAUZE, "5", expires_on=TODAY - timedelta(days=1), number="old")
    town.stock(GAUZE, "3", number="undated")
    whole = told(town).whole
    assert (whole.held, whole.ready, dict(whole.lost)) == (8, 0, {"expired": 5, "undated": 3})


def test_a_few_queries_and_a_few_for_what_replaces_it(used: Town, database: Database) -> None:
    count = QueryCount(database)
    try:
        seen = told(used)
        assert len(count) <= 6
        used.run(replacements, seen.item, seen.depot_ids, TODAY)  # the finder's memory is read once
        count.during()
        used.run(replacements, seen.item, seen.depot_ids, TODAY)
        assert len(count) <= 7
    finally:
        count.stop()


@pytest.mark.parametrize(("weeks", "status"), [(13, 200), (12, 422)])
async def test_the_answer_for_programs(used: Town, client: httpx.AsyncClient, weeks: int, status: int) -> None:
    answer = await client.get(f"/api/items/{GAUZE}/outlook?weeks={weeks}", headers=used.auth("auditor"))
    assert answer.status_code == status
    if status == 200:
        body = answer.json()
        assert body["all"]["expected"] == {
            "per_week": 2.0,
            "below_minimum_on": "2027-02-01",
            "empty_on": "2027-02-01",
            "unused": "54",
        }
        assert Decimal(body["all"]["ready"]) == 74


async def test_the_page_tells_the_same(used: Town, client: httpx.AsyncClient) -> None:
    page = (await client.get(f"/items/{GAUZE}?weeks=13", headers=used.auth("auditor"))).text
    assert '<b id="ready">74' in page
    assert '<b id="unused">54' in page
    assert (await client.get("/items/NOSUCH", headers=used.auth("auditor"))).status_code == 404
