"""What label pages cost: few queries, however much a depot holds, and nothing that a page shows is left out for it."""

import httpx
import pytest

from labels.codes.rolls import make_roll
from tests.conftest import QueryCount, Town

pytestmark = pytest.mark.anyio
PAGE = 12  # queries, sign-in included


@pytest.mark.heavy
async def test_every_label_page_opens_in_both_languages_with_few_queries(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    piece = town.code_of(town.stock("EXT-001", "1", serial="SN-0"))
    for number in range(1, 40):
        town.stock("EXT-001", "1", serial=f"SN-{number}")
    blank, *_ = town.run(make_roll, town.keeper, 50, "test", town.context.clock.now())
    for path in (
        f"/q/{piece}",
        "/labels",
        f"/labels/{piece}",
        f"/labels/{blank}",
        "/label-sizes",
    ):
        for language in ("zh", "en"):
            queries.during()
            answer = await client.get(path, headers={**town.auth(), "cookie": f"language={language}"})
            assert answer.status_code == 200, (path, answer.text[:300])
            assert len(queries) <= PAGE, (path, queries.statements)


@pytest.mark.heavy
@pytest.mark.parametrize("kind", ["svg", "png", "pdf", "zpl", "tspl"])
async def test_a_label_to_print_takes_few_queries(
    client: httpx.AsyncClient, town: Town, queries: QueryCount, kind: str
) -> None:
    code = town.code_of(town.stock("EXT-001", "1", serial="SN-0"))
    queries.during()
    assert (await client.get(f"/api/labels/{code}.{kind}", headers=town.auth())).status_code == 200
    assert len(queries) <= 6, queries.statements


@pytest.mark.heavy
async def test_a_depots_sheet_costs_the_same_queries_with_ten_times_the_gear(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    counts = []
    for more in (4, 36):
        for number in range(more):
            town.stock("EXT-001", "1", serial=f"SN-{more}-{number}")
        for _ in range(2):  # the first begins the process that draws, and makes the caller known, for a minute
            queries.during()
            assert (await client.get("/api/depots/STR-0001/labels.pdf", headers=town.auth())).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= PAGE
