"""Lists of gear name the code on each lot, so that no program asks for it row by row."""

from datetime import timedelta

import httpx
import pytest
from litestar import Litestar

from core.database import Database
from jobs.alerts.sweep import sweep_city
from labels.codes.binding import codes_of
from labels.codes.models import Label
from tests.conftest import Town
from tests.query_count import QueryCount
from tests.test_every_row_opens import lists

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


# What a row names by its code or id alone, it names so that a person reads it: no program asks for each row
COMES_WITH = {
    "item": ({"item_zh", "item_en"}, {"name_zh", "name_en"}),
    "depot": ({"depot_zh", "depot_en"},),
    "lot": ({"label"},),
    "quantity": ({"unit_zh", "unit_en"},),
}
ELSEWHERE = {
    ("ImportHabitRow", "item"): "a word and the code that it means",
    ("ForecastRow", "depot"): "null or one code for a whole list; /api/depots has them all",
    ("MovementRow", "lot"): "the past: the lot may be at a depot that the reader does not see",
    ("ScrapRow", "lot"): "``mark`` is what is on it; scrapped things are not scanned",
    ("HandOutRow", "lot"): "``mark`` is what is on it",
    ("Aside", "quantity"): "set aside in the item's unit, from the finder that named it",
}


async def test_every_row_names_what_it_is_about(application: Litestar, client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    missing, known = set(), set()
    for path in lists(application, document):
        answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        schemas = document["components"]["schemas"]
        shape = schemas[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
        rows = shape["items"] if shape.get("type") == "array" else shape["properties"]["items"]["items"]
        row = rows.get("$ref", "").rpartition("/")[2]
        fields = set(schemas[row]["properties"]) if row else set()
        for named, pairs in COMES_WITH.items():
            if named in fields and not any(pair <= fields for pair in pairs):
                (known if (row, named) in ELSEWHERE else missing).add((row, named))
    assert missing == set()
    assert known == set(ELSEWHERE), "these name it now"


async def test_places_checks_and_what_ends_name_code_and_phone_at_the_cost_of_one_query(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    today = town.context.clock.today()
    lot = town.stock("EXT-001", "1", serial="S-1", made_on=today - timedelta(400))
    salt = town.stock("MED-013", "3", expires_on=today - timedelta(1))
    sweep_city(town.context.database, today, town.context.clock.now())
    codes = town.run(codes_of, Label.place_id, [town.shelf.id, town.second_shelf.id])
    asked = {
        "/api/places?kind=shelf": {(None, str(town.depot.name_zh), code) for code in codes.values()},
        f"/api/checks?state=all&lot={lot}": {(town.depot.phone, town.depot.name_zh, town.code_of(lot))},
        f"/api/expiry/lots?until={today}": {(town.depot.phone, town.depot.name_zh, town.code_of(salt))},
    }
    for path, expected in asked.items():
        queries.during()
        rows = (await client.get(path, headers=town.auth())).json()["items"]
        assert {(row.get("phone"), row["depot_zh"], row["label"]) for row in rows} == expected, path
        assert len(queries) <= 6, queries.statements
    alerts = (await client.get("/api/alerts", headers=town.auth())).json()["items"]
    about = {(row["phone"], row["label"]) for row in alerts if row["lot"] == str(salt)}
    assert about == {(town.depot.phone, town.code_of(salt))}
    [row] = (await client.get("/api/lots?item=MED-013", headers=town.auth())).json()["items"]
    assert (row["item_zh"][:4], row["unit_zh"], row["depot_en"]) == ("生理盐水", "瓶", town.depot.name_en)
    moved = (await client.get(f"/api/movements?lot={salt}", headers=town.auth())).json()["items"]
    assert [(row["unit_zh"], row["depot_zh"]) for row in moved] == [("瓶", town.depot.name_zh)]
