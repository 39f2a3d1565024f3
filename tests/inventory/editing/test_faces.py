"""The catalogue over HTTP: routes and pages call the same verbs."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from inventory.catalogue.models import Item
from inventory.documents.models import Proposal, ProposalState
from inventory.documents.receiving import Propose
from inventory.editing.belongings import put_words
from inventory.editing.view import item_view
from inventory.exchange.models import ImportState
from tests.conftest import Town
from tests.inventory.documents.conftest import Desk
from tests.inventory.exchange.conftest import Importing


@pytest.fixture
def desk(town: Town) -> Desk:
    return Desk(town)


@pytest.fixture
def importing(town: Town) -> Importing:
    return Importing(town)


async def test_an_item_is_entered_and_changed_by_route(client: httpx.AsyncClient, town: Town) -> None:
    admin = town.auth("admin")
    new = {"code": "SNW-1", "name_zh": "铲雪锹", "category": "BRK", "unit_zh": "把", "tracking": "bulk"}
    answer = await client.post("/api/catalogue/items", json=new, headers=admin)
    assert (answer.status_code, answer.json()["name_en"]) == (201, "铲雪锹"), answer.text
    assert (await client.post("/api/catalogue/items", json=new, headers=admin)).status_code == 409
    at = "/api/catalogue/items/SNW-1"
    answer = await client.patch(at, json={"name_en": "Snow shovel", "pack_size": "10"}, headers=admin)
    assert (answer.json()["name_en"], answer.json()["pack_size"]) == ("Snow shovel", "10")
    assert (await client.put(f"{at}/words", json={"words": ["雪铲"]}, headers=admin)).json()["words"] == ["雪铲"]
    packs = {"packs": [{"gtin": "6901234567892", "contains": "6"}]}
    assert (await client.put(f"{at}/packs", json=packs, headers=admin)).json()["packs"][0]["contains"] == "6"
    refused = await client.put(f"{at}/parts", json={"parts": [{"item": "BRK-001"}]}, headers=admin)
    assert refused.status_code == 422
    assert (await client.patch(at, json={"colour": "red"}, headers=admin)).status_code == 422
    assert (await client.patch(at, json={"note": "x"}, headers=town.auth("officer"))).status_code == 403
    assert (await client.get(at, headers=town.auth("keeper"))).json()["words"] == ["雪铲"]
    row = {"name_zh": "除雪装备"}
    category = "/api/catalogue/categories/SNOW"
    assert (await client.put(category, json=row, headers=admin)).status_code == 204
    assert "SNOW" in (await client.get("/api/catalogue/categories", headers=admin)).text
    assert (await client.delete(category, headers=admin)).status_code == 204


async def test_the_pages_do_the_same(client: httpx.AsyncClient, town: Town, desk: Desk) -> None:
    admin = town.auth("admin")
    for path in ("", "?q=%E9%92%B3", "/new", "/items/BRK-014", "/items/MED-001", "/categories", "/proposals"):
        answer = await client.get(f"/manage/catalogue{path}", headers=admin)
        assert answer.status_code == 200, f"{path}: {answer.text[:300]}"
    new = {"whole": "1", "code": "SNW-1", "name_zh": "铲雪锹", "category": "BRK", "unit_zh": "把", "tracking": "bulk"}
    answer = await client.post("/manage/catalogue/new", data={**new, "active": "yes"}, headers=admin)
    assert answer.headers["location"] == "/manage/catalogue/items/SNW-1?done=1", answer.text[:500]
    at = "/manage/catalogue/items/SNW-1"
    told = {"whole": "1", "name_en": "Shovel", "active": "yes", "consumable": "yes", "shelf_life_months": ""}
    assert (await client.post(at, data=told, headers=admin)).status_code == 303
    assert (await client.post(f"{at}/words", data={"words": "雪铲\r\n推雪板"}, headers=admin)).status_code == 303
    assert (await client.post(f"{at}/packs", data={"packs": "6901234567892 6"}, headers=admin)).status_code == 303
    kit = {"item-0": "MED-007", "quantity-0": "3", "item-4": "SNW-1", "quantity-4": ""}
    assert (await client.post("/manage/catalogue/items/MED-001/parts", data=kit, headers=admin)).status_code == 303
    seen = (await client.get("/api/catalogue/items/SNW-1", headers=admin)).json()
    assert (seen["consumable"], seen["active"], seen["words"], seen["part_of"]) == (
        *(True, True, ["推雪板", "雪铲"]),
        ["MED-001"],
    )
    row = {"code": "SNOW", "name_zh": "除雪装备", "act": "save"}
    assert (await client.post("/manage/catalogue/categories", data=row, headers=admin)).status_code == 303
    row = {"code": "SNOW", "act": "remove"}
    assert (await client.post("/manage/catalogue/categories", data=row, headers=admin)).status_code == 303
    readers = await client.get(at, headers=town.auth("keeper"))
    assert readers.status_code == 200 and "<button>" not in readers.text.split("<main")[1]


async def test_proposed_products_are_decided_at_the_desk(client: httpx.AsyncClient, town: Town, desk: Desk) -> None:
    one, other, third = str(uuid4()), str(uuid4()), str(uuid4())
    for id_, depot, who in ((one, town.depot, "keeper"), (other, town.depot, "keeper"), (third, town.other, "keeper2")):
        desk.do(Propose, id=UUID(id_), depot=depot.code, name="新头灯", unit="个", who=who)
    shown = (await client.get("/manage/catalogue/proposals", headers=town.auth("officer"))).text
    assert one in shown and other in shown and third not in shown

    async def decide(proposal: str, who: str, **form: Any) -> int:
        at = f"/manage/catalogue/proposals/{proposal}"
        return (await client.post(at, data={"id": str(uuid4()), **form}, headers=town.auth(who))).status_code

    assert await decide(one, "officer", act="item", item="BRK-014") == 303
    fresh = {"code": "LGT-77", "name_zh": "新头灯", "name_en": "Head lamp", "category": "BRK"}
    units = {"unit_zh": "个", "unit_en": "piece", "tracking": "bulk"}
    assert await decide(third, "officer", act="refuse") == 404
    assert await decide(other, "officer", act="new", **fresh, **units) == 303
    assert await decide(third, "admin", act="refuse", note="not ours") == 303
    states = town.run(lambda session: dict(session.execute(select(Proposal.id, Proposal.state)).all()))
    assert sorted(states.values()) == [ProposalState.APPROVED, ProposalState.APPROVED, ProposalState.REJECTED]
    assert town.run(lambda session: session.execute(select(Item.id).where(Item.code == "LGT-77")).first())


@pytest.mark.heavy
async def test_the_catalogue_goes_out_and_comes_in_again_without_a_change(
    client: httpx.AsyncClient, town: Town, importing: Importing, tmp_path: Path
) -> None:
    admin, now = town.callers["admin"], town.context.clock.now()
    town.run(put_words, admin, "BRK-014", ["大剪", "液压大剪"], now)
    for language in ("zh", "en"):
        headers = {**town.auth("admin"), "cookie": f"language={language}"}
        path = tmp_path / f"{language}.csv"
        path.write_bytes((await client.get("/api/export/catalogue.csv", headers=headers)).content)
        run = importing.go("catalogue", path)
        assert importing.faults(run) == []
        told = json.loads(run.outcome)
        assert (told["rows"], told["new"], told["changed"]) == (264, 0, 0)
    path.write_text("code,name,category,unit,other words,warn days\nBRK-014,剪扩器,BRK,个,大剪|新词,60/30\n")
    run = importing.go("catalogue", path)
    assert (run.state, importing.faults(run)) == (ImportState.DONE, [])
    view = town.run(item_view, "BRK-014")
    assert (view.words, view.warn_days, view.name_zh) == (["大剪", "新词", "液压大剪"], "60 30", "剪扩器")
    importing.undo(run)
    assert town.run(item_view, "BRK-014").words == ["大剪", "液压大剪"]


def test_two_lines_of_a_file_with_one_product_code_are_refused(importing: Importing, tmp_path: Path) -> None:
    path = tmp_path / "x8.csv"
    rows = ["code,name,category,unit,gtin", *(f"X8-{one},手套,BRK,双,6901234567892" for one in (1, 2))]
    path.write_text("\n".join(rows) + "\n")
    (fault,) = importing.faults(importing.go("catalogue", path))
    assert (fault.row, fault.value) == (3, "6901234567892")
