"""The readiness matrix equals a count line by line, and leads to the depots behind a cell."""

from collections import Counter
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import Database
from depots.models import Depot, DepotRequirement, ItemGroupMember, Level
from inventory.catalogue.models import Item
from inventory.desk.matrix import matrix, short_depots
from inventory.readiness.counting import refresh
from inventory.readiness.dashboard import explain
from tests.conftest import QueryCount, Town
from tests.inventory.desk.conftest import TODAY


def slow_cells(session: Session, codes: set[str]) -> dict[tuple[str, str], tuple[int, int]]:
    """Required and ready lines by district and category, from each depot's requirements one by one."""
    lines: Counter[tuple[str, str]] = Counter()
    ready: Counter[tuple[str, str]] = Counter()
    for depot in session.execute(select(Depot).where(Depot.code.in_(codes))).scalars():
        subjects = {
            row.subject: row
            for row in session.execute(select(DepotRequirement).where(DepotRequirement.depot_id == depot.id)).scalars()
        }
        for line in explain(session, depot.id, TODAY):
            if line.level == Level.RECOMMENDED or line.subject not in subjects:
                continue
            key = (depot.district_code, _category(session, subjects[line.subject]))
            lines[key] += 1
            ready[key] += line.ready >= line.minimum
    return {key: (lines[key], ready[key]) for key in lines}


def _category(session: Session, row: DepotRequirement) -> str:
    members = select(ItemGroupMember.item_id).where(ItemGroupMember.group_code == row.group_code)
    wanted = Item.id == row.item_id if row.item_id else Item.id.in_(members)
    counts = Counter(item.category_code for item in session.execute(select(Item).where(wanted)).scalars())
    return min(counts, key=lambda code: (-counts[code], code))


def cells_of(town: Town, who: str, *asked: Any) -> dict[tuple[str, str], tuple[int, int]]:
    told = town.run(matrix, town.callers[who], TODAY, *asked)
    return {(cell.district, cell.category): (cell.lines, cell.ready) for cell in told.cells}


@pytest.mark.parametrize("written_down", [False, True])
def test_every_cell_equals_a_count_line_by_line(stocked: Town, written_down: bool) -> None:
    if written_down:
        stocked.run(refresh, TODAY)
        stocked.stock("BRK-014", "2")  # since then something moved
    both = {stocked.depot.code, stocked.other.code}
    cells = cells_of(stocked, "auditor")
    assert cells == stocked.run(slow_cells, both)
    assert {key[0] for key in cells} == {"440305", "440309"}
    assert cells_of(stocked, "auditor", "STR") == stocked.run(slow_cells, {stocked.depot.code})
    assert 0 < sum(ready for _, ready in cells.values()) < sum(lines for lines, _ in cells.values())


@pytest.mark.heavy
def test_one_sees_the_cells_of_ones_own_depots(stocked: Town) -> None:
    assert cells_of(stocked, "officer") == stocked.run(slow_cells, {stocked.depot.code})
    assert cells_of(stocked, "keeper2") == stocked.run(slow_cells, {stocked.other.code})


@pytest.mark.heavy
def test_behind_a_cell_stand_its_depots_with_what_they_lack(stocked: Town) -> None:
    cells = cells_of(stocked, "auditor")
    for (district, category), (lines, ready) in cells.items():
        depots = stocked.run(
            short_depots, stocked.callers["auditor"], TODAY, district=district, type_code=None, category=category
        )
        assert sum(len(depot.short) for depot in depots) == lines - ready
        assert {depot.district for depot in depots} <= {district}
    one_item = stocked.run(
        short_depots,
        stocked.callers["auditor"],
        TODAY,
        district=None,
        type_code=None,
        category=None,
        subject="GROUP:VEH_RESPONSE",
    )
    assert {depot.code for depot in one_item} == {stocked.depot.code, stocked.other.code}
    assert {line.subject for depot in one_item for line in depot.short} == {"GROUP:VEH_RESPONSE"}


async def test_pages_and_api_stay_within_their_queries(
    client: httpx.AsyncClient, stocked: Town, database: Database, queries: QueryCount
) -> None:
    stocked.run(refresh, TODAY)
    headers = stocked.auth("auditor")
    for path in (
        "/matrix",
        "/matrix?type=STR",
        "/matrix/depots?district=440305&category=VEH",
        "/matrix/depots?subject=GROUP:VEH_RESPONSE&page=1",
        "/api/readiness/matrix",
        "/api/readiness/short?category=VEH",
    ):
        queries.during()
        assert (await client.get(path, headers=headers)).status_code == 200, path
        assert len(queries) <= 12, (path, queries.statements)
    page = (await client.get("/matrix", headers=headers)).text
    assert "/matrix/depots?district=440305&amp;category=VEH" in page
    below = (await client.get("/matrix/depots?district=440305&category=VEH", headers=headers)).text
    assert "/depots/STR-0001/requirements/GROUP:VEH_RESPONSE" in below
    for asked in ("category=NONE", "subject=NONE-001"):
        assert (await client.get(f"/matrix/depots?{asked}", headers=headers)).status_code == 404
        assert (await client.get(f"/api/readiness/short?{asked}", headers=headers)).status_code == 404
