"""Whatever a list shows opens by itself: each row's id is an address, in every list that the description names."""

import re
from datetime import timedelta
from functools import reduce
from operator import getitem
from typing import Any
from uuid import uuid4

import httpx
from litestar import Litestar

from core.openapi.document import operations_of
from depots.requirements import work_out_requirements
from jobs.alerts.sweep import sweep_city
from tests.conftest import Town

# List: which member of a row is the id, and what opens it
OPENS = {
    "/api/alerts": ("id", "/api/alerts/{}"),
    "/api/capabilities": ("code", "/api/capabilities/{}"),
    "/api/catalogue/categories": ("code", "/api/catalogue/categories/{}"),
    "/api/city/districts": ("code", "/api/city/districts/{}"),
    "/api/city/subdistricts": ("code", "/api/city/subdistricts/{}"),
    "/api/city/station-types": ("code", "/api/city/station-types/{}"),
    "/api/closings": ("id", "/api/closings/{}"),
    "/api/depots": ("code", "/api/depots/{}"),
    "/api/entries": ("outcome.id", "/api/entries/{}"),
    "/api/hand-outs": ("id", "/api/hand-outs/{}"),
    "/api/hazards": ("code", "/api/hazards/{}"),
    "/api/imports": ("id", "/api/imports/{}"),
    "/api/items": ("code", "/api/items/{}"),
    "/api/lots": ("id", "/api/lots/{}"),
    "/api/movements": ("id", "/api/movements/{}"),
    "/api/people": ("id", "/api/people/{}"),
    "/api/places": ("id", "/api/places/{}"),
    "/api/plans": ("code", "/api/plans/{}"),
    "/api/recalls": ("id", "/api/recalls/{}"),
    "/api/requirements/profiles": ("code", "/api/requirements/profiles/{}"),
    "/api/requirements/versions": ("id", "/api/requirements/versions/{}"),
    "/api/reservations": ("id", "/api/reservations/{}"),
    "/api/scraps": ("id", "/api/scraps/{}"),
    "/api/seals": ("number", "/api/seals/{}"),
    "/api/supply-plans": ("id", "/api/supply-plans/{}"),
    "/api/watches": ("id", "/api/watches/{}"),
    # rows without a life of their own: what they are about opens
    "/api/checks": ("lot", "/api/lots/{}"),
    "/api/depots/STR-0001/readiness": ("subject", "/api/depots/STR-0001/requirements/{}"),
    "/api/depots/STR-0001/stock": ("lot", "/api/lots/{}"),
    "/api/expiry/lots?until=2027-12-31": ("lot", "/api/lots/{}"),
    "/api/readiness/short": ("code", "/api/depots/{}"),
    "/api/reclaims": ("item", "/api/items/{}"),
    "/api/watches/lines": ("item", "/api/items/{}"),
}
NO_THINGS = {
    "/api/audit": "the entry is the row; it has nothing more",
    "/api/forecasts": "a row is figures; its item and depot open",
    "/api/plans/{code}/checklist": "questions of a plan",
    "/api/import-habits": "the word is the row; it has nothing more",
    "/api/reference/differences": "what the reference gives otherwise, by table",
}


def lists(application: Litestar, document: dict[str, Any]) -> set[str]:
    """The addresses that answer with rows."""
    schemas, found = document["components"]["schemas"], set()
    for path, method, _ in operations_of(application):
        answer = document["paths"][path][method]["responses"].get("200", {}) if method == "get" else {}
        schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
        shape = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        if shape.get("type") == "array" or set(shape.get("properties", {})) == {"items", "next"}:
            found.add(path)
    return found


async def test_each_row_of_each_list_opens(application: Litestar, client: httpx.AsyncClient, town: Town) -> None:
    await fill(client, town)
    admin = town.auth("admin")
    document = (await client.get("/api/openapi.json")).json()
    patterns = {
        re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))): path for path in lists(application, document)
    }
    walked, empty = set(), set()
    for address, (member, opens) in OPENS.items():
        answer = await client.get(address, headers=admin)
        assert answer.status_code == 200, f"{address}: {answer.text}"
        rows = answer.json()
        rows = rows["items"] if isinstance(rows, dict) else rows
        walked |= {path for pattern, path in patterns.items() if pattern.fullmatch(address.partition("?")[0])}
        if not rows:
            empty.add(address)
        for row in rows[:5]:
            at = opens.format(reduce(getitem, member.split("."), row))
            opened = await client.get(at, headers=admin)
            assert opened.status_code == 200, f"{address} -> {at}: {opened.text}"
            head = await client.head(at, headers=admin)
            assert (head.status_code, head.headers["etag"], head.content) == (200, opened.headers["etag"], b"")
    assert set(patterns.values()) - walked - set(NO_THINGS) == set(), "a list whose rows nothing opens"
    assert len(OPENS) - len(empty) >= 20, empty


async def test_what_is_not_there_or_not_the_callers_is_not_found(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("BRK-014", "1", shelf=town.other_shelf)
    movement = (await client.get("/api/movements", headers=town.auth("auditor"))).json()["items"][0]["id"]
    for path in (f"/api/lots/{lot}", f"/api/movements/{movement}", f"/api/places/{town.other_shelf.id}"):
        assert (await client.get(path, headers=town.auth("auditor"))).status_code == 200, path
        assert (await client.get(path, headers=town.auth("keeper"))).status_code == 404, path
    for _, opens in OPENS.values():
        name = "-1" if "seals" in opens else str(uuid4())
        assert (await client.get(opens.format(name), headers=town.auth("admin"))).status_code == 404, opens


async def fill(client: httpx.AsyncClient, town: Town) -> None:
    """Something in most of the lists."""
    admin, clock = town.auth("admin"), town.context.clock
    town.run(work_out_requirements, clock.today())
    town.stock("BRK-014", "5")
    town.stock("MED-013", "1", expires_on=clock.today() - timedelta(1))
    sweep_city(town.context.database, clock.today(), clock.now())
    take = {"id": str(uuid4()), "kind": "issue", "item": "BRK-014", "quantity": "1", "from": str(town.shelf.id)}
    basket = {"kind": "basket", "id": str(uuid4()), "movements": [take]}
    version = {"id": str(uuid4()), "title": "draft", "begins_on": "2027-01-01"}
    aside = {"id": str(uuid4()), "depot": "STR-0001", "item": "BRK-014"}
    for path, body, who in (
        ("/api/entries", {**basket}, "admin"),
        ("/api/requirements/versions", version, "admin"),
        ("/api/reservations", aside, "admin"),
    ):
        answer = await client.post(path, json=body, headers=town.auth(who))
        assert answer.status_code == 201, f"{path}: {answer.text}"
    text, query = "物资编码,站点,货位,数量\nBRK-014,STR-0001,1,4\n", {"subject": "stock", "name": "gear.csv"}
    headers = {**admin, "content-type": "text/csv"}
    sent = await client.put(f"/api/imports/{uuid4()}", params=query, content=text.encode(), headers=headers)
    assert sent.status_code == 201, sent.text
