"""Each number of the dashboard leads to a list that counts the same, and that list on to the lines behind it."""

import re
from html import unescape

import httpx
import pytest

from core.quantities import percent
from inventory.readiness.dashboard import most_missed, vacancies
from inventory.readiness.survey import depot_figures
from tests.conftest import Town
from tests.inventory.desk.conftest import TODAY


async def _page(client: httpx.AsyncClient, town: Town, path: str) -> str:
    answer = await client.get(unescape(path), headers=town.auth("auditor"))
    assert answer.status_code == 200, path
    return answer.text


@pytest.mark.heavy
@pytest.mark.parametrize("rest", ["", "?district=440305"])
async def test_each_tile_leads_to_as_many_as_it_says(stocked: Town, client: httpx.AsyncClient, rest: str) -> None:
    page = await _page(client, stocked, f"/dashboard{rest}")
    tiles = dict(re.findall(r'<a class="figure" href="([^"]+)"><b id="([a-z-]+)">', page))
    figures = dict(re.findall(r'<b id="([a-z-]+)">(\d+)', page))
    ways = {name: path for path, name in tiles.items()}
    assert set(ways) >= {"depots-ready", "depots-held", "lines-ready", "lines-held", "low", "expired"}
    for name in ("depots-ready", "depots-held"):
        assert f"{figures[name]} 个站点" in await _page(client, stocked, ways[name])
    low = await _page(client, stocked, ways["low"])
    by_depot = {code: int(number) for code, number in re.findall(r'href="/depots/([A-Z0-9-]+)#low">(\d+)<', low)}
    assert sum(by_depot.values()) == int(figures["low"]) > 0
    for code, number in by_depot.items():
        assert f"库存偏低 ({number})" in await _page(client, stocked, f"/depots/{code}")
    expired = await _page(client, stocked, ways["expired"])
    assert len(re.findall(r'href="/lots/', expired)) == int(figures["expired"])


@pytest.mark.heavy
def test_posts_of_the_crew_are_no_supplies(stocked: Town) -> None:
    rows = stocked.run(depot_figures, stocked.callers["auditor"], TODAY)
    missed = stocked.run(most_missed, rows, 1000)
    assert not [one for one in missed if one.subject.startswith("CREW:")]
    crew = vacancies(rows)
    assert {one.subject for one in crew} >= {"CREW:captain"}
    assert {one.depots for one in crew} == {2}


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(1, 8, 13), (0, 8, 0), (8, 8, 100), (999, 1000, 99), (1, 1000, 1), (0, 0, 0), (1, 3, 33), (2, 3, 67)],
)
def test_a_share_is_rounded_once_and_100_means_all(part: int, whole: int, shown: int) -> None:
    assert percent(part, whole) == shown


@pytest.mark.heavy
async def test_chart_and_table_of_the_matrix_show_the_same_number(stocked: Town, client: httpx.AsyncClient) -> None:
    cells = (await client.get("/api/readiness/matrix", headers=stocked.auth("auditor"))).json()["cells"]
    page = await _page(client, stocked, "/matrix")
    for cell in cells:
        assert cell["percent"] == percent(cell["ready"], cell["lines"])
        address = f'district={cell["district"]}&amp;category={cell["category"]}"'
        assert re.search(f"{re.escape(address)}[^>]*>{cell['percent']}</a>", page)
