"""If-Match: what changes a thing is done only while the thing is as it was seen, whoever else comes at once."""

import asyncio
import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.connection import ASGIConnection

from core.errors import Refusal
from core.matching import Condition, thing_of
from core.openapi.answers import answered_by
from core.openapi.document import body_of, operations_of
from people.roster import PersonRow
from tests.conftest import Town

WORDS = "/api/catalogue/items/BRK-014/words"
ITEM = "/api/catalogue/items/BRK-014"
OTHERWISE = {"name_en": "Another bag", "words": ["another"], "supplier": "B", "name": "Another Name"}


async def etag(client: httpx.AsyncClient, town: Town, path: str) -> str:
    answer = await client.get(path, headers=town.auth("admin"))
    assert answer.status_code == 200, answer.text
    return str(answer.headers["etag"])


def changes(town: Town) -> list[tuple[str, str, str, Any, int]]:
    """Thing, operation, body, and the status that it has when it is done."""
    person = f"/api/people/{town.callers['keeper'].person_id}"
    lot = f"/api/lots/{town.stock('BRK-014', '5')}/asset"
    return [
        (ITEM, "PATCH", ITEM, {"name_en": "Grab bag"}, 200),
        (ITEM, "PUT", WORDS, {"words": ["grab bag"]}, 200),
        (lot, "PUT", lot, {"supplier": "A"}, 200),
        (person, "POST", person, {"name": "Somebody Else"}, 200),
        (person, "POST", f"{person}/deactivate", None, 200),
    ]


async def test_a_change_is_made_only_on_what_was_seen(client: httpx.AsyncClient, town: Town) -> None:
    for thing, method, path, body, done in changes(town):
        seen = await etag(client, town, thing)
        for said, status in (('"something-else"', 412), (f"W/{seen}", done), (seen, 412)):
            headers = {**town.auth("admin"), "If-Match": said}
            content = body if status == done or body is None else {name: OTHERWISE[name] for name in body}
            answer = await client.request(method, path, json=content, headers=headers)
            assert answer.status_code == status, f"{method} {path} {said}: {answer.text}"
            if status == 412:
                problem = answer.json()
                assert problem["type"] == "/problems/changed-meanwhile"
                assert problem["etag"] == await etag(client, town, thing)
        assert await etag(client, town, thing) != seen


async def test_a_chain_of_changes_needs_no_look_between_them(client: httpx.AsyncClient, town: Town) -> None:
    """The answer names the tag of what the change has made; it is what GET says, and serves for the next change."""
    for thing, method, path, body, done in changes(town):
        headers = {**town.auth("admin"), "If-Match": await etag(client, town, thing)}
        answer = await client.request(method, path, json=body, headers=headers)
        tag = answer.headers["next-if-match"]
        assert tag == await etag(client, town, thing), path
        assert answer.headers.get("etag") == (tag if method != "PUT" and path == thing else None)  # RFC 9110, 9.3.4
        if body is not None:
            again = await client.request(method, path, json=body, headers={**headers, "If-Match": tag})
            assert (again.status_code, again.headers["next-if-match"]) == (done, tag), again.text
            plain = await client.request(method, path, json=body, headers=town.auth("admin"))
            assert plain.status_code == done and "next-if-match" not in plain.headers


async def test_a_repeat_whose_first_answer_was_lost_is_answered_as_done(client: httpx.AsyncClient, town: Town) -> None:
    """RFC 9110, 13.1.1: what has come about already is no conflict. Nothing is written for it."""
    for thing, method, path, body, done in changes(town):
        if body is None:  # says what is to be done, not how it is to be
            continue
        headers = {**town.auth("admin"), "If-Match": await etag(client, town, thing)}
        first = await client.request(method, path, json=body, headers=headers)
        written = len((await client.get("/api/audit", headers=town.auth("admin"))).json()["items"])
        again = await client.request(method, path, json=body, headers=headers)
        assert (again.status_code, again.content) == (done, first.content), path
        assert again.headers["next-if-match"] == first.headers["next-if-match"]
        assert len((await client.get("/api/audit", headers=town.auth("admin"))).json()["items"]) == written
        for name in body:
            other = {**body, name: OTHERWISE[name]}
            assert (await client.request(method, path, json=other, headers=headers)).status_code == 412, (path, name)


def test_only_what_a_thing_shows_is_taken_for_done(application: Litestar) -> None:
    """A repeat is told by the thing's looking the same: whatever such an operation sets, GET of the thing shows."""
    known = {"change_person": PersonRow, "bind_label": None}
    setting = 0
    for path, _, handler in operations_of(application):
        if handler.opt.get("sets"):
            setting += 1
            thing = thing_of(application, path, handler)
            assert thing is not None, path
            shows = known.get(handler.fn.__name__, answered_by(thing))
            if shows is not None:
                body = {field.name for field in msgspec.structs.fields(body_of(handler))}
                assert body <= {field.name for field in msgspec.structs.fields(shows)}, path
    assert setting >= 10


async def test_without_the_header_the_last_one_wins_as_before(client: httpx.AsyncClient, town: Town) -> None:
    for word in ("first", "second"):
        answer = await client.put(WORDS, json={"words": [word]}, headers=town.auth("admin"))
        assert answer.status_code == 200
    star = {**town.auth("admin"), "If-Match": "*"}
    assert (await client.put(WORDS, json={"words": ["third"]}, headers=star)).status_code == 200


async def test_of_many_who_saw_the_same_one_changes_it(client: httpx.AsyncClient, town: Town) -> None:
    headers = {**town.auth("admin"), "If-Match": await etag(client, town, ITEM)}
    answers = await asyncio.gather(
        *(client.put(WORDS, json={"words": [f"word {number}"]}, headers=headers) for number in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5, [one.text for one in answers]


async def test_what_one_may_not_see_is_not_found_and_nothing_to_match_is_said(
    client: httpx.AsyncClient, town: Town
) -> None:
    lot = town.stock("BRK-014", "1", shelf=town.other_shelf)
    headers = {**town.auth("keeper"), "If-Match": '"x"'}
    answer = await client.put(f"/api/lots/{lot}/asset", json={"supplier": "A"}, headers=headers)
    assert answer.status_code == 404 and "etag" not in answer.json()
    answer = await client.post("/api/movements", json=[], headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "If-Match")


async def test_every_thing_is_seen_within_a_change_as_get_shows_it(
    application: Litestar, client: httpx.AsyncClient, town: Town
) -> None:
    """The walk: of each thing that an operation changes, the ETag within a transaction is that of the answer to GET."""
    lot = town.stock("BRK-014", "5")
    values = {
        "item_code": "BRK-014",
        "depot_code": town.depot.code,
        "lot_id": lot,
        "person_id": town.callers["keeper"].person_id,
        "code": town.code_of(lot),
        "part": "districts",
        "version_id": await a_version(client, town),
        "import_id": await an_import(client, town),
        "place_id": town.shelf.id,
        "category_code": await a_code(client, town, "/api/catalogue/categories"),
    }
    codes = {
        "/api/city/{part}/{code}": await a_code(client, town, "/api/city/districts"),
        "/api/plans/{code}": await a_code(client, town, "/api/plans"),
    }
    declared = {
        (method, path)
        for path, methods in (await client.get("/api/openapi.json")).json()["paths"].items()
        for method, operation in methods.items()
        if any(parameter["name"] == "If-Match" for parameter in operation["parameters"])
    }
    walked, left = set(), set()
    for path, method, handler in operations_of(application):
        if (thing := method != "get" and thing_of(application, path, handler)) is False or thing is None:
            assert (method, path) not in declared
            continue
        assert (method, path) in declared
        template = next(at for at, _, shows in operations_of(application) if shows is thing)
        names = re.findall(r"{(\w+)}", template)
        if not set(names) <= set(values):
            left.add(template)
            continue
        here = {**values, "code": codes.get(template, values["code"])}
        address = template.format(**here)
        scope: Any = {
            "type": "http",
            "method": "GET",
            "path": address,
            "headers": [],
            "query_string": b"",
            "litestar_app": application,
            "user": town.callers["admin"],
            "path_params": {name: here[name] for name in names},
            "state": {},
        }
        condition = Condition('"another"', ASGIConnection(scope), thing)
        with pytest.raises(Refusal) as refused:
            town.run(condition.hold)
        assert refused.value.extra == {"etag": await etag(client, town, address)}, template
        walked.add(template)
    assert len(walked) >= 9, walked
    rows = {f"/api/{kind}" for kind in ("alerts/{alert_id}", "reservations/{reservation_id}", "watches/{watch_id}")}
    assert left == rows | {"/api/supply-plans/{plan_id}"}


async def a_code(client: httpx.AsyncClient, town: Town, path: str) -> str:
    return str((await client.get(path, headers=town.auth("admin"))).json()[0]["code"])


async def a_version(client: httpx.AsyncClient, town: Town) -> UUID:
    body = {"id": str(uuid4()), "title": "draft", "begins_on": "2027-01-01"}
    answer = await client.post("/api/requirements/versions", json=body, headers=town.auth("admin"))
    assert answer.status_code == 201, answer.text
    return UUID(body["id"])


async def an_import(client: httpx.AsyncClient, town: Town) -> UUID:
    id, query = uuid4(), {"subject": "stock", "name": "gear.csv"}
    text = "物资编码,站点,货位,数量\nBRK-014,STR-0001,1,4\n"
    headers = {**town.auth("admin"), "content-type": "text/csv"}
    answer = await client.put(f"/api/imports/{id}", params=query, content=text.encode(), headers=headers)
    assert answer.status_code == 201, answer.text
    return id
