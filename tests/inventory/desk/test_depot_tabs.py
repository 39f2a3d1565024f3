"""Each tab of a depot's page by itself, within reach and within its budget of queries."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from inventory.booking.wishes import Wish
from inventory.desk.depot_tabs import nested, shelves, worst_first
from inventory.desk.depot_view import Tab
from inventory.stock.models import Kind
from tests.clock import SetClock
from tests.conftest import QueryCount, Town
from tests.inventory.desk.conftest import TODAY


async def test_each_tab_within_twelve_queries(stocked: Town, client: httpx.AsyncClient, queries: QueryCount) -> None:
    headers = stocked.auth("keeper")
    for tab in Tab:
        address = f"/depots/STR-0001?tab={tab}"
        first = await client.get(address, headers=headers)
        assert first.status_code == 200, tab
        assert 'aria-current="page"' in first.text, tab
        with_it = queries.during()
        await client.get(address, headers=headers)
        assert len(with_it) <= 12, (tab, with_it.statements)
        assert (await client.get(f"/depots/IND-0002?tab={tab}", headers=headers)).status_code == 404, tab


def test_the_shelves_count_what_lies_there_and_what_does_not_count(town: Town) -> None:
    town.stock("RSP-004", "4", expires_on=TODAY + timedelta(days=9), number="good")
    town.stock("RSP-004", "4", expires_on=TODAY - timedelta(days=9), number="past")
    rows = {row.place.name_en: (row.lines, row.wrong, row.depth) for row in town.run(shelves, town.depot.id, TODAY)}
    assert rows["Shelf A1"] == (2, 1, 1)
    assert rows["Store"] == (0, 0, 0)
    [store] = [one for one in nested(town.run(shelves, town.depot.id, TODAY)) if one.row.place.id == town.room.id]
    assert (store.lines, store.wrong, store.row.lines) == (2, 1, 0)  # a room folds what lies on its shelves
    assert [one.row.place.name_en for one in store.inner] == ["Shelf A1", "Shelf A2"]
    assert [row.place.id for row in worst_first(town.run(shelves, town.depot.id, TODAY))] == [town.shelf.id]


async def test_the_ledgers_newest_line_stands_first(town: Town, client: httpx.AsyncClient, clock: SetClock) -> None:
    lot = town.stock("RSP-004", "4", expires_on=TODAY, number="good")
    clock.instant += timedelta(minutes=1)
    town.book(Wish(id=uuid4(), kind=Kind.CONSUME, quantity="1", lot=lot, reason="演练"))
    page = (await client.get("/depots/STR-0001?tab=history", headers=town.auth())).text
    assert page.index("演练") < page.index("good", page.index("演练"))


@pytest.mark.heavy
async def test_the_crew_is_told_apart_from_the_gear(stocked: Town, client: httpx.AsyncClient) -> None:
    page = (await client.get("/depots/STR-0001", headers=stocked.auth())).text
    gear = page[page.index("必配物资缺项") : page.index("队伍缺编")]
    assert "队长" not in gear
    assert "队长" in page[page.index("队伍缺编") :]
