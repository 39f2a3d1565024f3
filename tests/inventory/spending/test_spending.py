"""What gear costs by month: exact to the fen, within reach, and a closed month stays as it is."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import select

from core.database import Database
from inventory.assets.keeping import AssetEdit, put_asset
from inventory.booking.wishes import Wish
from inventory.spending.costs import Spending, spending
from inventory.spending.rules import Cost, Month, compared, month_after, months_back
from inventory.stock.models import Kind, Lot
from tests.clock import SetClock
from tests.conftest import NOW, QueryCount, Town

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 23)


def test_months_go_over_the_years_end() -> None:
    assert months_back(date(2026, 2, 28), 3) == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
    assert month_after(date(2026, 12, 1)) == date(2027, 1, 1)


def test_a_comparison_needs_something_before() -> None:
    assert (compared(150, 100), compared(0, 100), compared(5, 0)) == (50, -100, None)


@pytest.fixture
def priced(town: Town, clock: SetClock) -> Town:
    """Gauze at 3.35 yuan here, 1 yuan there, used, disposed of, lost and expired over three months."""
    clock.instant = NOW - timedelta(days=70)  # in September
    here = town.stock("MED-007", "100", expires_on=TODAY + timedelta(days=30), number="N1")
    there = town.stock("MED-007", "50", town.other_shelf, TODAY + timedelta(days=400), number="N2")
    old = town.stock("MED-007", "4", expires_on=TODAY - timedelta(days=20), number="N3")
    bare = town.stock("RSP-004", "9", expires_on=TODAY + timedelta(days=60), number="N4")
    for lot, price in ((here, "3.35"), (there, "1"), (old, "10")):
        town.run(put_asset, town.callers["admin"], lot, AssetEdit(price=price), clock.now())
    _book(town, Kind.CONSUME, here, "3")
    clock.instant = NOW - timedelta(days=40)  # in October
    _book(town, Kind.CONSUME, there, "5", "keeper2")
    _book(town, Kind.DISPOSE, here, "2")
    clock.instant = NOW
    _book(town, Kind.CONSUME, bare, "1")
    _book(town, Kind.ADJUST, here, "1")
    return town


def _book(town: Town, kind: Kind, lot: UUID, quantity: str, who: str = "keeper") -> None:
    town.book(
        Wish(id=uuid4(), kind=kind, quantity=quantity, lot=lot, reason="测试", source=_shelf(town, who)), caller=who
    )


def _shelf(town: Town, who: str) -> str:
    return str(town.other_shelf.id if who == "keeper2" else town.shelf.id)


def told(town: Town, who: str) -> Spending:
    found: Spending = town.run(spending, town.callers[who], TODAY, ZONE)
    return found


def test_each_month_sums_its_costs_to_the_fen(priced: Town) -> None:
    seen = told(priced, "auditor")
    months: dict[int, Month] = {one.first.month: one for one in seen.months}
    assert months[9].fen == {Cost.USED: 1005}
    assert months[10].fen == {Cost.USED: 500, Cost.DISPOSED: 670}
    assert months[11].fen == {Cost.LOST: 335, Cost.EXPIRED: 4000}
    assert (months[11].unpriced, months[10].unpriced) == (1, 0)
    assert seen.on_hand == 94 * 335 + 45 * 100 + 4000
    assert seen.unpriced == 1
    assert sum(one.fen for one in seen.by_district) == seen.on_hand
    assert seen.ending == [(date(2026, 12, 1), 94 * 335)]


def test_each_sees_the_money_of_their_depots(priced: Town) -> None:
    seen = told(priced, "keeper2")
    assert seen.on_hand == 45 * 100
    assert {cost for one in seen.months for cost in one.fen} == {Cost.USED}


def test_seven_queries_whatever_there_is(priced: Town, database: Database) -> None:
    count = QueryCount(database)
    try:
        told(priced, "auditor")
        assert len(count) <= 7
    finally:
        count.stop()


async def test_page_and_programs_tell_the_same(priced: Town, client: httpx.AsyncClient) -> None:
    body: Any = (await client.get("/api/spending", headers=priced.auth("keeper"))).json()
    assert body["months"][-2]["yuan"] == {"disposed": "6.70"}
    page = (await client.get("/money", headers=priced.auth("keeper"))).text
    assert '<b id="cost-lost">¥3.35</b>' in page
    assert "¥6.70" in page


async def test_a_price_that_is_told_counts_at_once(priced: Town, client: httpx.AsyncClient) -> None:
    async def unpriced() -> int:
        body: Any = (await client.get("/api/spending", headers=priced.auth("keeper"))).json()
        return sum(part["unpriced"] for part in body["by_category"])

    assert await unpriced() == 1
    bare = priced.run(lambda session: session.execute(select(Lot.id).where(Lot.number == "N4")).scalar_one())
    priced.run(put_asset, priced.callers["admin"], bare, AssetEdit(price="2"), NOW)
    assert await unpriced() == 0, "no stock has moved in between"
