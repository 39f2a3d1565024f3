"""Depots are made and edited by who answers for them, and nothing reaches beyond that."""

import re
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from core.models import AuditEntry
from depots.models import Depot, DepotRequirement, Place
from people.models import Role
from people.policy import Duty
from tests.conftest import Town

NEW = {"code": "NEW-1", "name_zh": "河东站", "type": "IND", "district": "440305", "phone": "010-1", "add_ons": ["FLD"]}


def depot_called(town: Town, code: str) -> Any:
    return town.run(lambda session: session.execute(select(Depot).where(Depot.code == code)).scalar_one())


def required(town: Town, code: str) -> int:
    count = select(func.count()).select_from(DepotRequirement).join(Depot, Depot.id == DepotRequirement.depot_id)
    return int(town.run(lambda session: session.execute(count.where(Depot.code == code)).scalar_one()))


async def test_a_depot_is_entered_with_its_places_requirements_and_label(client: httpx.AsyncClient, town: Town) -> None:
    answer = await client.post("/api/depots", json=NEW, headers=town.auth("officer"))
    assert answer.status_code == 201, answer.text
    depot = depot_called(town, "NEW-1")
    assert (str(depot.id), depot.name_en) == (answer.json()["ids"][0], "河东站")
    assert required(town, "NEW-1") > 50
    standing = select(func.count()).select_from(Place).where(Place.depot_id == depot.id)
    assert town.run(lambda session: session.execute(standing).scalar_one()) == 10
    again = await client.post("/api/depots", json=NEW, headers=town.auth("officer"))
    assert (again.status_code, again.json()["type"].rsplit("/")[-1]) == (409, "code-taken")


async def test_a_depot_is_edited_and_what_it_must_hold_follows(client: httpx.AsyncClient, town: Town) -> None:
    await client.post("/api/depots", json=NEW, headers=town.auth("officer"))
    said = {name: value for name, value in NEW.items() if name != "code"}
    before = required(town, "NEW-1")
    changed = {**said, "type": "HOS", "add_ons": [], "phone": "010-2", "lat": 50.0, "lon": 7.0}
    for _ in range(2):
        answer = await client.put("/api/depots/NEW-1", json=changed, headers=town.auth("officer"))
        assert answer.status_code == 204, answer.text
    told = (await client.get("/api/depots/NEW-1", headers=town.auth("officer"))).json()
    assert (told["type"], told["phone"], told["lat"]) == ("HOS", "010-2", 50.0)
    assert required(town, "NEW-1") != before
    trail = select(AuditEntry.act).where(AuditEntry.subject == "NEW-1").order_by(AuditEntry.id)
    acts = town.run(lambda session: list(session.execute(trail).scalars()))
    assert sorted(acts) == ["depot-added", "depot-changed"], "what changes nothing leaves no trace"


async def test_who_answers_for_a_district_makes_and_moves_depots_within_it_alone(
    client: httpx.AsyncClient, town: Town
) -> None:
    town.person("elsewhere", Duty(Role.OFFICER, district_code="440303"))
    said = {name: value for name, value in NEW.items() if name != "code"}
    assert (await client.post("/api/depots", json=NEW, headers=town.auth("elsewhere"))).status_code == 403
    assert (await client.post("/api/depots", json=NEW, headers=town.auth("keeper"))).status_code == 403
    for path in (f"/api/depots/{town.depot.code}", "/api/depots/NOSUCH"):
        assert (await client.put(path, json=said, headers=town.auth("elsewhere"))).status_code == 404
    for path in (f"/manage/depots/{town.depot.code}", f"/manage/depots/{town.depot.code}/places"):
        assert (await client.get(path, headers=town.auth("elsewhere"))).status_code == 404
        assert (await client.post(path, data={}, headers=town.auth("elsewhere"))).status_code == 404
    away = {**said, "district": "440303"}
    assert (
        await client.put(f"/api/depots/{town.depot.code}", json=away, headers=town.auth("officer"))
    ).status_code == 403
    assert (
        await client.put(f"/api/depots/{town.depot.code}", json=away, headers=town.auth("admin"))
    ).status_code == 204


async def test_the_form_offers_the_districts_that_one_answers_for_and_the_depots_own(
    client: httpx.AsyncClient, town: Town
) -> None:
    def offered(html: str) -> list[str]:
        select_ = html.split('<select id="district"')[1].split("</select>")[0]
        return re.findall(r'value="(\d+)"', select_)

    town.person("here", Duty(Role.OFFICER, depot_id=town.depot.id, district_code=town.depot.district_code))
    town.person("elsewhere", Duty(Role.OFFICER, district_code="440303"))
    form = await client.get("/manage/new-depot", headers=town.auth("elsewhere"))
    assert offered(form.text) == ["440303"]
    own = await client.get(f"/manage/depots/{town.depot.code}", headers=town.auth("here"))
    assert offered(own.text) == [town.depot.district_code]
    everywhere = await client.get("/manage/new-depot", headers=town.auth("admin"))
    assert len(offered(everywhere.text)) > 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name_zh": ""}, "name_zh"),
        ({"type": "FLD"}, "type"),
        ({"type": "NONE"}, "type"),
        ({"add_ons": ["IND"]}, "add_ons"),
        ({"district": "1"}, "district"),
        ({"subdistrict": "440303-01"}, "subdistrict"),
        ({"lat": 1.0}, "lon"),
        ({"crew": -1}, "crew"),
        ({"code": "a/b"}, "code"),
    ],
)
async def test_what_no_depot_has_is_refused_by_its_field(
    client: httpx.AsyncClient, town: Town, change: dict[str, Any], field: str
) -> None:
    answer = await client.post("/api/depots", json={**NEW, **change}, headers=town.auth("admin"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text


async def test_the_pages_do_what_the_programs_do(client: httpx.AsyncClient, town: Town) -> None:
    officer = town.auth("officer")
    assert (await client.get("/manage/new-depot", headers=officer)).status_code == 200
    form = {**NEW, "add_ons": ["FLD", "FOR"], "lat": "50.1", "lon": "7.2", "crew": "12"}
    answer = await client.post("/manage/depots", data=form, headers=officer)
    assert (answer.status_code, answer.headers["location"]) == (303, "/manage/depots/NEW-1/places?done=depot")
    shown = (await client.get("/manage/depots/NEW-1", headers=officer)).text
    assert shown.count(" checked") == 2 and 'value="50.1"' in shown
    edited = await client.post("/manage/depots/NEW-1", data={**form, "add_ons": "FLD", "crew": ""}, headers=officer)
    assert edited.status_code == 303
    assert depot_called(town, "NEW-1").crew is None
    assert "河东站" in (await client.get("/manage/depots?q=NEW", headers=officer)).text
