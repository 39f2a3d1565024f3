"""Lists of gear name the code on each lot, so that no program asks for it row by row."""

import httpx
import pytest

from core.database import Database
from tests.conftest import Town
from tests.query_count import QueryCount

pytestmark = pytest.mark.anyio


async def test_lots_and_stock_name_the_code_on_each_at_the_cost_of_one_query(
    client: httpx.AsyncClient, town: Town, database: Database, queries: QueryCount
) -> None:
    lots = {town.stock("EXT-001", "1", serial=f"S-{number}") for number in range(3)}
    lots.add(town.stock("BRK-014", "4"))
    codes = {str(lot): town.code_of(lot) for lot in lots}
    for path, name in (("/api/lots", "id"), (f"/api/depots/{town.depot.code}/stock", "lot")):
        queries.during()
        rows = (await client.get(path, headers=town.auth())).json()["items"]
        assert {row[name]: row["label"] for row in rows} == codes, path
        assert len(queries) <= 8, queries.statements
    one = next(iter(lots))
    held = (await client.get(f"/api/lots/{one}", headers=town.auth())).json()["held"]
    assert [row["label"] for row in held] == [codes[str(one)]]
    assert (await client.get("/api/lots", headers=town.auth("keeper2"))).json()["items"] == []
