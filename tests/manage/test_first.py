"""An empty city gets its first administrator by a code that the server prints, once; then its basics, step by step."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.context import AppContext
from core.database import Database
from core.errors import Refusal
from core.models import AuditEntry
from core.schema import migrate
from core.settings import ROOT, Settings
from depots.city import city_of
from depots.models import District, Profile
from depots.parts import PARTS, DistrictSaid, KindSaid, put_part
from inventory.catalogue.models import Item
from inventory.reference.files import read_folder
from manage.begin import Beginning, begin_city, part_of, read_districts
from manage.first import MOST_TRIES, VALID, FirstAdministrator, claim_code, make_code, make_first
from manage.steps import steps
from people.accounts import has_administrator
from people.models import Person
from people.policy import Caller, Duty, Role
from rooms import LISTENERS, make_context
from tests.clock import SetClock
from tests.conftest import NOW, ZONE, Town, hashed

WANTED = FirstAdministrator("li", "李主任", "li@example.org", "four words and more", "four words and more")


def form_of(code: str, **changes: str) -> dict[str, str]:
    told = {name: getattr(WANTED, name) for name in WANTED.__struct_fields__ if name != "language"}
    return {"code": code, **told, **changes}


async def send(client: httpx.AsyncClient, form: dict[str, str]) -> httpx.Response:
    """The form as a browser sends it."""
    page = await client.get("/first-start")
    token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert token is not None
    return await client.post("/first-start", data={**form, "_csrf_token": token[1]})


def people_of(context: AppContext) -> int:
    return context.database.run(lambda session: session.execute(select(func.count()).select_from(Person)).scalar_one())


async def test_with_the_code_the_first_administrator_is_made_and_the_page_is_gone(
    client: httpx.AsyncClient, context: AppContext, clock: SetClock
) -> None:
    code = context.database.run(make_code, clock.now())
    answer = await send(client, form_of(code.lower().replace("-", " ")))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?done=begun&next=/manage/steps")
    assert context.database.run(has_administrator)
    assert (await client.get("/first-start")).status_code == 404
    assert context.database.run(make_code, clock.now()) is None
    acts = context.database.run(lambda session: set(session.execute(select(AuditEntry.act)).scalars()))
    assert {"first-code-tried", "person-added", "role-given", "city-begun"} <= acts
    signed_in = await client.post(
        "/sign-in", data={"account": "li", "password": WANTED.password, **await _token(client)}
    )
    assert signed_in.status_code == 303


async def _token(client: httpx.AsyncClient) -> dict[str, str]:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', (await client.get("/sign-in")).text)
    assert found is not None
    return {"_csrf_token": found[1]}


async def test_the_code_may_be_tried_a_few_times_and_expires(
    client: httpx.AsyncClient, context: AppContext, clock: SetClock
) -> None:
    code = context.database.run(make_code, clock.now())
    assert (await send(client, form_of("AAAAA-AAAAA"))).status_code == 403
    for _ in range(MOST_TRIES - 1):
        context.database.run(claim_code, clock.now())
    assert "first-code" in (await send(client, form_of(code))).text  # tried too often: says what to do
    fresh = context.database.run(make_code, clock.now())
    assert (await send(client, form_of(code))).status_code == 403
    clock.instant += VALID
    assert (await send(client, form_of(fresh))).status_code == 403
    assert people_of(context) == 0


@pytest.mark.heavy
@pytest.mark.parametrize(
    "changes",
    [
        {"again": "something else"},
        {"password": "short", "again": "short"},
        {"account": " "},
        {"name": ""},
        {"email": "x"},
    ],
)
async def test_what_cannot_be_entered_is_said_and_makes_nobody(
    client: httpx.AsyncClient, context: AppContext, clock: SetClock, changes: dict[str, str]
) -> None:
    code = context.database.run(make_code, clock.now())
    answer = await send(client, form_of(code, **changes))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert WANTED.password not in answer.text
    assert people_of(context) == 0
    assert (await send(client, form_of(code))).status_code == 303  # the code is still good


async def test_an_empty_city_is_begun_from_its_sign_in_page(
    client: httpx.AsyncClient, context: AppContext, clock: SetClock
) -> None:
    assert 'href="/first-start"' in (await client.get("/sign-in")).text
    first_of(context)
    assert 'href="/first-start"' not in (await client.get("/sign-in")).text


async def test_without_a_code_nobody_gets_in(client: httpx.AsyncClient, context: AppContext) -> None:
    assert (await send(client, form_of(""))).status_code == 403


async def test_where_there_is_an_administrator_there_is_no_such_page(client: httpx.AsyncClient, town: Town) -> None:
    for answer in (await client.get("/first-start"), await client.get("/nothing-here")):
        assert answer.status_code == 404
    answer = await client.post("/first-start", headers=town.auth("keeper"), data=form_of("x"))
    assert answer.status_code == 404


def test_of_two_browsers_at_once_one_makes_the_administrator(context: AppContext, clock: SetClock) -> None:
    code = context.database.run(make_code, clock.now())

    def make(number: int) -> bool:
        wanted = FirstAdministrator(f"li{number}", "李", "", WANTED.password, WANTED.password)
        try:
            context.database.run(make_first, code, wanted, hashed("four words and more"), clock.now())
        except Refusal as refusal:
            assert refusal.status == 404
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(make, range(8))) == 1
    assert people_of(context) == 1


def first_of(context: AppContext) -> Caller:
    """The administrator of an empty city."""

    def enter(session: Session) -> UUID:
        code = make_code(session, context.clock.now())
        assert code is not None
        return make_first(session, code, WANTED, hashed("four words and more"), context.clock.now()).id

    return Caller(context.database.run(enter), "li", "李主任", "zh", (Duty(Role.ADMINISTRATOR),))


def test_a_city_begins_with_the_list_that_it_chooses(tmp_path: Path) -> None:
    """On an empty schema: no reference at all is there before."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    database = Database(url, listeners=LISTENERS)
    migrate(database)
    context = make_context(Settings(database_url=url, var_dir=tmp_path), SetClock(NOW, ZONE), database)
    caller = first_of(context)
    wanted = Beginning("临江市", "catalogue", "Linjiang", "en", "Asia/Urumqi", "A1 东区 East\nA2，西区\n\n")
    database.run(begin_city, caller, wanted, NOW)

    def look(session: Session) -> tuple[Any, ...]:
        districts = session.execute(select(District.code, District.name_zh, District.name_en).order_by(District.code))
        announced = session.execute(select(func.count()).where(Profile.headline_count.is_not(None))).scalar_one()
        items = session.execute(select(func.count()).select_from(Item)).scalar_one()
        return [tuple(row) for row in districts], announced, items, city_of(session)

    districts, announced, items, city = database.run(look)
    assert districts == [("A1", "东区", "East"), ("A2", "西区", "西区")]
    assert (announced, items > 200) == (0, True)
    assert (city.name_zh, city.language, city.time_zone, city.announced) == ("临江市", "en", "Asia/Urumqi", None)
    done = {step.kind: step.done for step in database.run(steps, caller)}
    assert (done["city"], done["catalogue"], done["depots"], done["people"]) == (True, True, False, False)
    database.engine.dispose()


def test_what_of_a_list_a_city_starts_from() -> None:
    whole = read_folder(ROOT / "reference")
    assert part_of(whole, "shenzhen").rows == whole.rows
    empty = part_of(whole, "empty").rows
    assert {name for name, rows in empty.items() if rows} == {"categories", "hazards"}
    some = part_of(whole, "catalogue").rows
    assert not some["districts"]
    assert not some["subdistricts"]
    assert some["catalogue"] == whole.rows["catalogue"]
    assert read_districts("") == []


def test_a_city_that_has_depots_begins_no_more(town: Town, clock: SetClock) -> None:
    with pytest.raises(Refusal, match="depots already"):
        town.run(begin_city, town.callers["admin"], Beginning("甲", "empty"), clock.now())
    with pytest.raises(Refusal, match="whole city"):
        town.run(begin_city, town.callers["officer"], Beginning("甲", "empty"), clock.now())


async def test_the_pages_of_the_beginning(application: Litestar, client: httpx.AsyncClient, town: Town) -> None:
    admin = town.auth("admin")
    assert "城市上线步骤" in (await client.get("/manage/steps", headers=admin)).text
    told = (await client.get("/api/steps", headers=admin)).json()["steps"]
    assert {step["kind"]: step["done"] for step in told}["depots"]
    assert 'value="catalogue"' in (await client.get("/manage/begin", headers=admin)).text
    form = {"name_zh": "甲", "reference": "empty"}
    answer = await client.post("/manage/begin", headers=admin, data=form)
    assert answer.status_code == 409
    assert "已有站点" in answer.text
    assert (await client.post("/api/begin", headers=admin, json=form)).status_code == 409
    assert (await client.get("/manage/steps", headers=town.auth("officer"))).status_code == 403


def test_codes_are_not_shown_again_and_stored_as_hashes_alone(context: AppContext, clock: SetClock) -> None:
    first = context.database.run(make_code, clock.now())
    clock.instant += timedelta(seconds=1)
    assert context.database.run(make_code, clock.now()) != first


async def test_the_start_of_an_empty_city_leads_to_its_beginning(
    client: httpx.AsyncClient, context: AppContext
) -> None:
    assert 'href="/first-start"' in (await client.get("/")).text
    first_of(context)
    assert 'href="/first-start"' not in (await client.get("/")).text


def test_a_city_begun_with_headings_alone_is_led_to_what_it_lacks(tmp_path: Path) -> None:
    """Without a district and a type no depot can be entered."""
    url = f"sqlite:///{tmp_path / 'bare.db'}"
    database = Database(url, listeners=LISTENERS)
    migrate(database)
    context = make_context(Settings(database_url=url, var_dir=tmp_path), SetClock(NOW, ZONE), database)
    caller = first_of(context)

    def lead() -> tuple[bool, str, str]:
        found = {step.kind: step for step in database.run(steps, caller)}
        return found["city"].done, found["city"].path, found["catalogue"].path

    assert lead() == (False, "/manage/begin", "/manage/begin")
    database.run(begin_city, caller, Beginning("甲市", "empty"), NOW)
    assert lead() == (False, "/manage/city/districts", "/manage/catalogue")
    database.run(put_part, caller, PARTS["districts"], "A1", DistrictSaid("东区"), NOW)
    assert lead() == (False, "/manage/city/station-types", "/manage/catalogue")
    database.run(put_part, caller, PARTS["station-types"], "S", KindSaid("社区站"), NOW)
    assert lead() == (True, "/manage/city", "/manage/catalogue")
    database.engine.dispose()
