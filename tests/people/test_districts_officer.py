"""An officer of a district against everybody beyond it: each way of looking after people, asked as an attacker would.

Who is beyond answers like who does not exist: in addresses, in bodies, in filters, in files and in spreadsheets.
"""

import re
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import select

from core.columns import table_of
from depots.editing import DepotSaid, make_depot
from depots.models import Subdistrict
from people.looking_after import NewPerson, RoleAt, deactivate, enter, give, take
from people.models import AccountLink, Assignment, Credential, Person, Role
from people.roster import PeopleFilters, people, roles_of
from tests.conftest import NOW, Town
from tests.inventory.exchange.conftest import Importing
from tests.inventory.exchange.files import table
from tests.test_routes import routes_of

HERE, THERE = "440305", "440309"
TODAY = NOW.date()
# What is sent where an empty body would be refused before anybody is looked up
BODIES: dict[str, dict[str, Any]] = {
    "/api/people/{person_id}": {"name": "x"},
    "/api/people/{person_id}/roles": {"role": "keeper", "level": "depot", "code": "STR-0001"},
    "/people/{person_id}": {"name": "x", "language": "zh"},
    "/people/{person_id}/roles": {"role": "keeper", "level": "depot", "code": "STR-0001"},
    "/api/depots/{depot_code}": {"name_zh": "x", "type": "STR", "district": HERE},
    "/api/depots/{depot_code}/places": {"kind": "bin", "name_zh": "x"},
    "/api/depots/{depot_code}/places/copy": {"from": "STR-0001"},
    "/api/depots/{depot_code}/places/order": {"places": [str(uuid4())]},
    "/api/depots/{depot_code}/crew": {"people": 2},
    "/api/places/{place_id}": {"name_zh": "x"},
}


@pytest.fixture
def importing(town: Town) -> Importing:
    return Importing(town)


def street_in(town: Town, district: str) -> str:
    found = select(Subdistrict.code).where(Subdistrict.district_code == district).order_by(Subdistrict.code).limit(1)
    return str(town.run(lambda session: session.execute(found).scalar_one()))


@pytest.fixture
def beyond(town: Town) -> dict[str, UUID]:
    """Everybody whom the district's officer does not look after, each for another reason."""
    admin = town.callers["admin"]
    people = {
        "depot-there": [RoleAt(Role.KEEPER, "depot", "IND-0002")],
        "street-there": [RoleAt(Role.KEEPER, "subdistrict", street_in(town, THERE))],
        "district-there": [RoleAt(Role.RESPONDER, "district", THERE)],
        "city-wide": [RoleAt(Role.RESPONDER, "city")],
        "peer": [RoleAt(Role.OFFICER, "district", HERE)],
        "of-a-depot-here": [RoleAt(Role.OFFICER, "depot", "STR-0001")],
        "auditor-here": [RoleAt(Role.AUDITOR, "district", HERE)],
        "left": [RoleAt(Role.KEEPER, "depot", "STR-0001")],
        "closed-there": [RoleAt(Role.KEEPER, "depot", "IND-0002")],
        "without": [],
    }
    found = {
        account: town.run(enter, admin, NewPerson(account, f"{account} 某", roles=roles), NOW).id
        for account, roles in people.items()
    }
    (once,) = town.run(roles_of, admin, [found["left"]], NOW)
    town.run(take, admin, found["left"], once.id, NOW)
    town.run(give, admin, found["left"], RoleAt(Role.KEEPER, "depot", "IND-0002"), NOW)
    town.run(deactivate, admin, found["closed-there"], NOW)
    return found | {name: town.callers[name].person_id for name in ("keeper2", "admin", "officer", "auditor")}


Asked = tuple[int, str, str]


async def answer(client: httpx.AsyncClient, town: Town, who: str, method: str, path: str, named: str) -> Asked:
    """Status, target and text of what is said, without what was named."""
    address = re.sub(r"\{\w+\}", str(uuid4()), re.sub(r"\{(person_id|depot_code|place_id)\}", named, path))
    sent = {} if method == "GET" else {"json" if path.startswith("/api/") else "data": BODIES.get(path, {})}
    got = await client.request(method, address, headers=town.auth(who), **sent)  # type: ignore[arg-type]
    assert got.status_code < 500, (method, address, got.text[:200])
    target = got.headers.get("location", "").replace(named, "<named>")
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[\w.-]{40,}", "<id>", got.text)
    return got.status_code, target, text.replace(named, "<named>")


def rows_of(town: Town) -> list[Any]:
    """Everything by which somebody is known, may do something, or gets in."""
    read = (select(*table_of(one).columns) for one in (Person, Assignment, AccountLink, Credential))
    return town.run(lambda session: [sorted(map(repr, session.execute(one))) for one in read])  # type: ignore[no-any-return]


async def test_who_is_beyond_answers_like_nobody_in_every_address(
    application: Litestar, client: httpx.AsyncClient, town: Town, beyond: dict[str, UUID]
) -> None:
    asked = [(method, path) for method, path, _ in routes_of(application) if "{person_id}" in path]
    before, wrong, deaf = rows_of(town), [], []
    for method, path in asked:
        nobody = await answer(client, town, "officer", method, path, str(uuid4()))
        assert nobody[0] in (403, 404), (method, path, nobody[0])
        for account, person_id in beyond.items():
            got = await answer(client, town, "officer", method, path, str(person_id))
            wrong += [(method, path, account, got)] if got != nobody else []
    assert wrong == []
    assert rows_of(town) == before
    for method, path in asked:  # last: what it is told to do is done
        pair = [await answer(client, town, "admin", method, path, str(one)) for one in (beyond["peer"], uuid4())]
        deaf += [(method, path)] if pair[0] == pair[1] else []
    assert len(asked) > 15 and deaf == [], "these answer alike to who may, so that a leak goes unseen"


@pytest.mark.heavy
async def test_depots_and_places_beyond_answer_like_none_in_every_address(
    application: Litestar, client: httpx.AsyncClient, town: Town
) -> None:
    wrong, asked = [], 0
    for method, path, _ in routes_of(application):
        found = re.search(r"\{(depot_code|place_id)\}", path)
        if found is None:
            continue
        there, none = ("IND-0002", "IND-9999") if found[1] == "depot_code" else (str(town.other_shelf.id), str(uuid4()))
        pair = [await answer(client, town, "officer", method, path, one) for one in (there, none)]
        wrong += [(method, path, *pair)] if pair[0] != pair[1] else []
        asked += 1
    assert asked > 20 and wrong == []


async def test_of_who_works_elsewhere_too_an_officer_manages_the_own_roles_alone(
    application: Litestar, client: httpx.AsyncClient, town: Town
) -> None:
    roles = [RoleAt(Role.KEEPER, "depot", "STR-0001"), RoleAt(Role.KEEPER, "subdistrict", street_in(town, THERE))]
    both = town.run(enter, town.callers["admin"], NewPerson("both", "两处", roles=roles), NOW).id
    here, there = sorted(town.run(roles_of, town.callers["admin"], [both], NOW), key=lambda row: row.code != "STR-0001")
    before, auth = rows_of(town), town.auth("officer")
    for method, path, _ in routes_of(application):
        if "{person_id}" not in path or path.endswith(("/roles", "/end", "/{person_id}")):
            continue
        got = await answer(client, town, "officer", method, path, str(both))
        assert got[0] in (403, 404), (method, path, got)
    change = await client.post(f"/api/people/{both}", json={"email": "x@example.org"}, headers=auth)
    ended = await client.post(f"/api/people/{both}/roles/{there.id}/end", headers=auth)
    never = await client.post(f"/api/people/{both}/roles/{uuid4()}/end", headers=auth)
    assert (change.status_code, ended.status_code, never.status_code) == (403, 404, 404)
    assert rows_of(town) == before
    for address in (f"/api/people/{both}", f"/people/{both}", "/api/people", "/people", "/api/export/people.csv"):
        shown = (await client.get(address, headers=auth)).text
        assert "both" in shown and there.code not in shown and there.name_zh not in shown, address
    ended = await client.post(f"/api/people/{both}/roles/{here.id}/end", headers=auth)
    assert (ended.status_code, ended.json()["person"]["roles"][0]["state"]) == (200, "over")
    assert (await client.get(f"/api/people/{both}", headers=auth)).status_code == 404


async def test_a_place_beyond_is_none_wherever_a_role_names_it(client: httpx.AsyncClient, town: Town) -> None:
    street, auth = street_in(town, THERE), town.auth("officer")
    for level, code, none in (
        ("depot", "IND-0002", "IND-9999"),
        ("subdistrict", street, street[:-1] + "X"),
        ("district", THERE, "440399"),
    ):
        for role in ("keeper", "responder", "officer"):
            said = [
                await client.post(
                    f"/api/people/{town.keeper.person_id}/roles",
                    json={"role": role, "level": level, "code": one},
                    headers=auth,
                )
                for one in (code, none)
            ]
            told = [(one.status_code, one.json()["errors"][0]["message"]) for one in said]
            assert told[0][0] == 422 and told[0][1].replace(code, none) == told[1][1], (level, role, told)
    for query in ("depot=IND-0002", f"district={THERE}", "q=keeper2", "role=auditor", "q=officer"):
        assert (await client.get(f"/api/people?{query}", headers=auth)).json()["items"] == [], query


async def test_nobody_beyond_is_in_a_list_a_file_or_a_number(
    client: httpx.AsyncClient, town: Town, beyond: dict[str, UUID]
) -> None:
    auth = town.auth("officer")
    told = [
        (await client.get(address, headers=auth)).text
        for address in ("/api/people?limit=100", "/people", "/api/export/people.csv", "/people?state=closed")
    ]
    listed = re.findall(r'"account":"([^"]+)"', told[0])
    assert listed == ["keeper"]
    for account, person_id in beyond.items():
        if account != "officer":  # their own name stands on each page
            shown = [f"{account} 某" in text or str(person_id) in text for text in told]
            assert not any(shown), (account, shown)
    for address in ("/api/audit", "/manage/audit", "/api/export/audit.csv"):
        assert (await client.get(address, headers=auth)).status_code == 403


@pytest.mark.heavy
def test_a_spreadsheet_reaches_nobody_and_no_place_beyond(
    town: Town, importing: Importing, beyond: dict[str, UUID], tmp_path: Path
) -> None:
    head = ("account", "name", "email", "active", "role", "depot", "sub-district", "district", "level")
    before = rows_of(town)
    rows: list[tuple[Any, ...]] = [(account, "改", "", "", "", "", "", "", "") for account in beyond]
    rows += [(account, "", "", "no", "", "", "", "", "") for account in beyond]
    rows += [(account, "", "", "", "keeper", "STR-0001", "", "", "") for account in beyond]
    rows += [
        ("new", "新", "", "", "keeper", "IND-0002", "", "", ""),
        ("new", "新", "", "", "keeper", "", street_in(town, THERE), "", ""),
        ("new", "新", "", "", "keeper", "", "", THERE, ""),
        ("new", "新", "", "", "keeper", "", "", "", "the whole city"),
        ("new", "新", "", "", "officer", "", "", HERE, ""),
        ("new", "新", "", "", "", "", "", "", ""),
    ]
    run = importing.go("people", table(tmp_path / "all.csv", [head, *rows]), "officer")
    faulty = {fault.row for fault in importing.faults(run)}
    assert faulty == set(range(2, len(rows) + 2)), [rows[n - 2] for n in set(range(2, len(rows) + 2)) - faulty]
    assert rows_of(town) == before


def test_a_depot_beyond_of_the_same_name_is_in_nobodys_way(town: Town, importing: Importing, tmp_path: Path) -> None:
    twin = DepotSaid(town.depot.name_zh, "STR", THERE)
    town.run(make_depot, town.callers["admin"], "STR-0777", twin, NOW, TODAY)
    path = table(
        tmp_path / "p.csv", [("account", "name", "role", "depot"), ("lin", "林", "保管员", town.depot.name_zh)]
    )
    assert importing.faults(importing.go("people", path, write=False))
    run = importing.go("people", path, "officer")
    assert importing.faults(run) == []
    (lin,) = (row for row in town.run(people, town.callers["officer"], NOW, PeopleFilters(q="lin")).items)
    assert [row.code for row in lin.roles] == ["STR-0001"]


async def test_who_takes_the_last_of_their_roles_hears_that_it_is_done(client: httpx.AsyncClient, town: Town) -> None:
    roles = [RoleAt(Role.KEEPER, "depot", "STR-0001"), RoleAt(Role.KEEPER, "depot", "IND-0002")]
    both = town.run(enter, town.callers["admin"], NewPerson("both", "两处", roles=roles), NOW).id
    (here,) = town.run(roles_of, town.callers["officer"], [both], NOW)
    done = await client.post(f"/people/{both}/roles/{here.id}/end", headers=town.auth("officer"))
    assert (done.status_code, done.headers["location"]) == (303, "/people?gone=1")
    page = await client.get(done.headers["location"], headers=town.auth("officer"))
    assert 'role="status"' in page.text and "两处" not in page.text
