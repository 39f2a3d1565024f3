"""The city is data: its facts, its districts and types, what it has announced, where its days begin."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import select

from core.errors import Refusal
from core.models import AuditEntry
from depots.city import CityFacts, set_city
from depots.following import follow_city_once
from depots.parts import PARTS, put_part
from inventory.finding.memory import remembered
from jobs.running.running import Recorder
from jobs.running.scheduler import _keep_hours, _scheduler
from people.models import Role
from people.policy import Duty
from rooms import make_context
from tests.clock import SetClock
from tests.conftest import Town

SQUARE = {"type": "Polygon", "coordinates": [[[7.0, 50.0], [7.2, 50.0], [7.2, 50.1], [7.0, 50.0]]]}
FACTS = {"name_zh": "莱城", "name_en": "Rhineford", "language": "en", "time_zone": "Europe/Berlin", "outline": SQUARE}


async def test_a_city_is_set_as_a_whole_and_its_days_begin_there_at_once(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    clock.instant = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    assert town.context.moment().today.day == 24, "04:00 of the next day in China"
    answer = await client.put("/api/city", json={**FACTS, "announced": 30}, headers=town.auth("admin"))
    assert answer.status_code == 204, answer.text
    told = (await client.get("/api/city", headers=town.auth())).json()
    assert (told["name_en"], told["announced"]) == ("Rhineford", 30)
    assert told["outline"]["coordinates"] == [[SQUARE["coordinates"][0]]]
    assert town.context.moment().today.day == clock.today().day == 23
    assert town.run(lambda session: session.info["zone"].key) == "Europe/Berlin"
    plain = {name: value for name, value in FACTS.items() if name == "name_zh"}
    assert (await client.put("/api/city", json=plain, headers=town.auth("admin"))).status_code == 204
    assert town.context.settings == town.context.stated, "where the city says nothing, the settings decide"
    assert clock.today().day == 24


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name_zh": " "}, "name_zh"),
        ({"language": "fr"}, "language"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"announced": -1}, "announced"),
        ({"lat": 1.0}, "lon"),
        ({"lat": 91.0, "lon": 0.0}, "lat"),
        ({"outline": {"type": "Point", "coordinates": [1, 2]}}, "outline"),
        ({"outline": {"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}}, "outline"),
        ({"outline": {"type": "Feature", "geometry": None}}, "outline"),
    ],
)
async def test_what_no_city_has_is_refused_by_its_field(
    client: httpx.AsyncClient, town: Town, change: dict[str, Any], field: str
) -> None:
    answer = await client.put("/api/city", json={**FACTS, **change}, headers=town.auth("admin"))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_the_dashboard_shows_announced_figures_only_where_there_are_any(
    client: httpx.AsyncClient, town: Town
) -> None:
    assert "公布数" in (await client.get("/dashboard", headers=town.auth("officer"))).text
    town.run(set_city, town.callers["admin"], CityFacts("莱城"), town.context.clock.now())
    for row in (await client.get("/api/city/station-types", headers=town.auth())).json():
        said = {name: value for name, value in row.items() if name != "code"} | {"announced": None}
        path = f"/api/city/station-types/{row['code']}"
        assert (await client.put(path, json=said, headers=town.auth("admin"))).status_code == 204
    assert "公布" not in (await client.get("/dashboard", headers=town.auth("officer"))).text


async def test_districts_types_and_points_are_entered_changed_and_taken_out_of_use(
    client: httpx.AsyncClient, town: Town
) -> None:
    admin = town.auth("admin")
    new = {
        "districts/N1": {"name_zh": "河东区", "name_en": "Eastbank"},
        "subdistricts/N1-01": {"district": "N1", "name_zh": "码头", "lat": 50.05, "lon": 7.1},
        "cover-points/SCH-1": {"district": "N1", "name_zh": "河东小学", "lat": 50.06, "lon": 7.1},
        "station-types/BRG": {"name_zh": "桥头站", "name_en": "Bridge post"},
    }
    for path, said in new.items():
        assert (await client.put(f"/api/city/{path}", json=said, headers=admin)).status_code == 204, path
        shown = await client.get(f"/manage/city/{path.replace('/', '/edit?code=')}", headers=admin)
        assert said["name_zh"] in shown.text
    spots = {spot.code: spot.kind for spot in town.run(remembered).spots}
    assert (spots["N1-01"], spots["SCH-1"]) == ("subdistrict", "point")
    for path in ("subdistricts/N1-01", "cover-points/SCH-1"):
        assert (await client.put(f"/api/city/{path}", json={**new[path], "active": False}, headers=admin)).is_success
    assert not {"N1-01", "SCH-1"} & {spot.code for spot in town.run(remembered).spots}
    for page in ("districts", "subdistricts", "cover-points", "station-types"):
        assert "edit?code=" in (await client.get(f"/manage/city/{page}", headers=admin)).text


def test_what_open_depots_use_is_not_taken_out_of_use(town: Town) -> None:
    now = town.context.clock.now()
    for name, code in (("districts", "440305"), ("station-types", "STR")):
        part = PARTS[name]
        with pytest.raises(Refusal) as refused:
            town.run(put_part, town.callers["admin"], part, code, part.said(name_zh="x", active=False), now)
        assert (refused.value.status, refused.value.params["count"]) == (409, 1)
    part = PARTS["station-types"]
    with pytest.raises(Refusal, match="specialty"):
        town.run(put_part, town.callers["admin"], part, "STR", part.said(name_zh="x", kind="add-on"), now)


async def test_only_who_answers_for_the_city_changes_it(client: httpx.AsyncClient, town: Town) -> None:
    town.person("admin2", Duty(Role.ADMINISTRATOR, district_code="440305"))
    for who, status in (("officer", 403), ("admin2", 403), ("admin", 204)):
        answer = await client.put("/api/city", json={"name_zh": "城"}, headers=town.auth(who))
        assert answer.status_code == status, who
        answer = await client.put("/api/city/districts/Q1", json={"name_zh": "区"}, headers=town.auth(who))
        assert answer.status_code == status, who
        assert (await client.get("/manage/city", headers=town.auth(who))).status_code == (403 if status == 403 else 200)


async def test_the_forms_do_what_the_programs_do(client: httpx.AsyncClient, town: Town) -> None:
    admin = town.auth("admin")
    form = {"name_zh": "莱城", "outline": '{"type":"Polygon","coordinates":[[[7,50],[8,50],[8,51],[7,50]]]}'}
    assert (await client.post("/manage/city", data=form, headers=admin)).status_code == 303
    assert (await client.post("/manage/city", data={"name_zh": "莱城", "lat": "x"}, headers=admin)).status_code == 422
    assert (await client.post("/manage/city", data={"name_zh": "莱"}, headers=admin)).status_code == 303
    told = (await client.get("/api/city", headers=admin)).json()
    assert told["name_zh"] == "莱" and told["outline"], "an empty outline leaves what there is"
    trail = select(AuditEntry.by_id).where(AuditEntry.act == "city-changed")
    assert town.run(lambda session: list(session.execute(trail).scalars())) == [town.callers["admin"].person_id] * 2
    point = {"code": "P1", "district": "440305", "name_zh": "口岸", "lat": "50.5", "lon": "7"}
    assert (await client.post("/manage/city/cover-points", data=point, headers=admin)).status_code == 303
    wrong = await client.post("/manage/city/cover-points", data={**point, "lon": ""}, headers=admin)
    assert wrong.status_code == 422
    assert (await client.get("/manage/city/nothing", headers=admin)).status_code == 404


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_other_processes_follow_and_the_daily_jobs_keep_their_hour(town: Town, clock: SetClock) -> None:
    beside = make_context(town.context.stated, SetClock(clock.instant, clock.zone), town.context.database)
    scheduler = _scheduler(beside, Recorder(beside))
    town.run(set_city, town.callers["admin"], CityFacts("莱城", time_zone="Europe/Berlin"), clock.now())
    follow_city_once(beside)
    assert beside.settings.timezone == beside.clock.zone.key == "Europe/Berlin"
    _keep_hours(scheduler, beside)
    daily = [job.trigger for job in scheduler.get_jobs() if isinstance(job.trigger, CronTrigger)]
    assert daily and {str(trigger.timezone) for trigger in daily} == {"Europe/Berlin"}
