"""The expiry calendar equals a count balance by balance, and each day leads to its lots."""

import html
import re
from collections import Counter
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Database
from depots.models import Depot
from inventory.desk.expiry_calendar import calendar, ending
from inventory.readiness.counting import LOOK_AGAIN, refresh
from inventory.stock.models import Lot, Stock
from tests.clock import SetClock
from tests.conftest import QueryCount, Town
from tests.inventory.desk.conftest import TODAY

LAST = date(2027, 11, 22)  # twelve months from TODAY, the last day of them


def slow_ends(session: Session, districts: set[str]) -> Counter[date]:
    """How many balances end with which day, one by one."""
    rows = session.execute(
        select(Lot.usable_through, Stock.quantity, Stock.outside, Depot.district_code)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Depot, Depot.id == Stock.depot_id)
    )
    return Counter(
        through
        for through, quantity, outside, district in rows
        if through is not None and quantity > 0 and not outside and district in districts
    )


@pytest.mark.parametrize("later", [0, 40])
def test_every_day_equals_a_count_balance_by_balance(stocked: Town, clock: SetClock, later: int) -> None:
    if later:
        stocked.run(refresh, TODAY)
        clock.instant += timedelta(days=later)
    today = clock.today()
    told = stocked.run(calendar, stocked.callers["auditor"], today)
    slow = stocked.run(slow_ends, {"440305", "440309"})
    assert {one.day: one.lines for one in told.days} == {
        day: number for day, number in slow.items() if today <= day <= told.until
    }
    assert told.past_lines == sum(number for day, number in slow.items() if day < today)
    assert (told.since, told.until) == (today, LAST if not later else date(2028, 1, 1))
    assert {one.depots for one in told.days} <= {1, 2}


@pytest.mark.heavy
def test_figures_written_down_tell_the_whole_year_until_they_are_made_anew(stocked: Town) -> None:
    far = TODAY + LOOK_AGAIN + timedelta(365)
    stocked.stock("RSP-004", "1", expires_on=far, number="far")
    stocked.run(refresh, TODAY)
    last = TODAY + LOOK_AGAIN
    for day in (TODAY, last, last + timedelta(1)):
        told = stocked.run(calendar, stocked.callers["auditor"], day)
        slow = stocked.run(slow_ends, {"440305", "440309"})
        assert {one.day: one.lines for one in told.days} == {
            end: number for end, number in slow.items() if day <= end <= told.until
        }
    assert far in {one.day for one in told.days}


@pytest.mark.heavy
def test_one_sees_what_ends_at_ones_own_depots(stocked: Town) -> None:
    own = stocked.run(calendar, stocked.callers["officer"], TODAY)
    slow = stocked.run(slow_ends, {"440305"})
    assert own.past_lines == sum(number for day, number in slow.items() if day < TODAY) == 2
    hidden = stocked.run(calendar, stocked.callers["officer"], TODAY, "440309")
    assert (hidden.past_lines, hidden.days) == (0, [])
    rows = stocked.run(ending, stocked.callers["officer"], None, LAST, limit=100).items
    assert {row.depot for row in rows} == {stocked.depot.code}


def all_pages(town: Town, since: date | None, until: date, limit: int) -> list[Any]:
    rows: list[Any] = []
    cursor: str | None = None
    while True:
        page = town.run(ending, town.callers["auditor"], since, until, limit=limit, cursor=cursor)
        rows += page.items
        cursor = page.next
        if cursor is None:
            return rows


@pytest.mark.heavy
def test_a_day_tells_its_lots_and_pages_leave_nothing_out(stocked: Town) -> None:
    slow = stocked.run(slow_ends, {"440305", "440309"})
    every = all_pages(stocked, None, date(2040, 1, 1), 3)
    assert Counter(row.usable_through for row in every) == slow
    assert every == sorted(every, key=lambda row: (row.usable_through, row.depot, row.item))
    assert every == all_pages(stocked, None, date(2040, 1, 1), 100)
    today = stocked.run(ending, stocked.callers["auditor"], TODAY, TODAY, limit=10).items
    assert len(today) == slow[TODAY]
    assert {row.number for row in today} == {"mask0"}


async def test_pages_file_and_api(
    client: httpx.AsyncClient, stocked: Town, database: Database, queries: QueryCount
) -> None:
    stocked.run(refresh, TODAY)
    headers = stocked.auth("auditor")
    for path in (
        "/expiry",
        "/expiry?district=440305&type=STR",
        f"/expiry/lots?until={TODAY}",
        "/api/expiry",
        f"/api/expiry/lots?until={TODAY}&limit=2",
    ):
        queries.during()
        assert (await client.get(path, headers=headers)).status_code == 200, path
        assert len(queries) <= 12, (path, queries.statements)
    page = (await client.get("/expiry?district=440305", headers=headers)).text
    assert f"/expiry/lots?since={TODAY}&amp;until={TODAY}&amp;district=440305" in page
    file = await client.get(f"/api/export/ending.csv?until={TODAY}&district=440305", headers=headers)
    assert file.status_code == 200
    assert file.text.count("mask") == 3 + file.text.count("mask0") - 1
    assert "med" not in file.text
    for asked, status in ((f"since={LAST}&until={TODAY}", 422), ("", 422), ("until=never", 422)):
        answer = await client.get(f"/api/expiry/lots?{asked}", headers=headers)
        assert answer.status_code in (400, status), asked


@pytest.mark.heavy
async def test_a_long_list_of_what_ends_goes_on_page_by_page(
    client: httpx.AsyncClient, stocked: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inventory.desk.pages.ENDING_PER_PAGE", 2)
    path, seen = "/expiry/lots?until=2040-01-01", 0
    while path:
        page = (await client.get(path, headers=stocked.auth("auditor"))).text
        seen += page.count('<a href="/lots/')
        assert page.count('<a href="/lots/') <= 2
        onward = re.search(r'href="(/expiry/lots[^"]*cursor=[^"]*)"', page)
        path = html.unescape(onward[1]) if onward else ""
    assert seen == stocked.run(slow_ends, {"440305", "440309"}).total()
