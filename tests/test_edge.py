"""What holds for every address: HEAD, OPTIONS, unknown addresses, headers, files that have not changed."""

import json
import logging
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest
import structlog
from litestar import Litestar
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.context import AppContext
from core.database import Database
from core.discretion import DiscreetFormatter, discreet
from core.logs import set_up_logs
from core.settings import Settings
from rooms import create_app
from tests.clock import SetClock
from tests.conftest import BY_ROLE, Town
from tests.test_routes import _value, routes_of

PHONE, NAME = "13800138000", "Wang Xiaoming"
ROLES = tuple(BY_ROLE.values())


@pytest.fixture(scope="module")
def town(lasting_town: Town) -> Town:
    lasting_town.stock("BRK-014", "5")
    return lasting_town


@pytest.fixture
def context(town: Town) -> AppContext:
    return town.context


@pytest.fixture
def settings(town: Town) -> Settings:
    return town.context.settings


@pytest.fixture
def database(town: Town) -> Database:
    return town.context.database


@pytest.mark.heavy
# Who sees all, and who is nobody; how those between fare is a slow proof, as all of it is walked in test_routes.py
@pytest.mark.parametrize("who", [None, "admin", *(pytest.param(role, marks=pytest.mark.slow) for role in ROLES[1:])])
async def test_head_and_options_of_every_route_are_answered(
    application: Litestar, client: httpx.AsyncClient, town: Town, who: str | None
) -> None:
    headers = town.auth(who) if who else {}
    for method, path, handler in routes_of(application):
        if path == "/api/{path}":
            continue
        address = re.sub(r"\{([^}]+)\}", lambda found, handler=handler: _value(handler, found[1]), path)
        options = await client.request("OPTIONS", address, headers=headers)
        assert options.status_code in (200, 204, 400), f"OPTIONS {path} -> {options.status_code}"
        if method != "GET" or path in ("/api/plans", "/metrics"):
            continue
        head = await client.head(address, headers=headers)
        assert head.status_code < 500 and head.status_code != 405, f"HEAD {path} -> {head.status_code}"
        assert head.content == b"", path


async def test_head_is_get_without_the_body(client: httpx.AsyncClient, town: Town) -> None:
    for path in ("/healthz", "/api/depots", "/static/style.css", "/api/nope"):
        get, head = [await client.request(method, path, headers=town.auth()) for method in ("GET", "HEAD")]
        assert (head.status_code, head.content) == (get.status_code, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
        assert head.headers.get("content-length") == get.headers.get("content-length")


async def test_a_method_that_is_not_taken_is_answered_with_those_that_are(
    client: httpx.AsyncClient, town: Town
) -> None:
    for path in ("/api/depots", "/depots", "/api/me"):
        answer = await client.delete(path, headers=town.auth())
        assert answer.status_code == 405
        assert {"GET", "HEAD"} & set(answer.headers["allow"].split(", ")), answer.headers["allow"]


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nope", "/api/no/such/thing", "/api/depots/X/nope"])
async def test_an_unknown_address_below_api_is_a_problem(
    client: httpx.AsyncClient, town: Town, method: str, path: str
) -> None:
    answer = await client.request(method, path, headers=town.auth())
    if method == "GET" and path.rstrip("/") == "/api":
        assert answer.status_code == 200  # the API's description
        return
    assert answer.status_code in (404, 405)
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["status"] == answer.status_code


async def test_a_file_that_has_not_changed_is_not_sent_again(client: httpx.AsyncClient) -> None:
    for path in ("/static/style.css", "/vendor/lit-html.js"):
        first = await client.get(path)
        assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
        again = await client.get(path, headers={"If-None-Match": f'"other", {first.headers["etag"]}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert (await client.get(path, headers={"If-None-Match": '"other"'})).content == first.content


@pytest.mark.parametrize(
    "path", ["/api/depots", "/api/readiness", "/api/movements", "/api/me", "/api/map", "/api/items"]
)
async def test_a_list_that_has_not_changed_is_not_sent_again(client: httpx.AsyncClient, town: Town, path: str) -> None:
    """A4: a dashboard that asks every minute was sent the same every minute."""
    headers = {**town.auth(), "Accept-Encoding": "identity"}
    first = await client.get(path, headers=headers)
    again = await client.get(path, headers={**headers, "If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["etag"] == first.headers["etag"] and "content-length" not in again.headers
    other = await client.get(path, headers={**headers, "If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


async def test_answers_are_nobody_elses_to_keep(client: httpx.AsyncClient, town: Town) -> None:
    for path in ("/api/me", "/api/depots", "/api/nope", "/depots", f"/api/photos/{uuid4()}"):
        answer = await client.get(path, headers=town.auth())
        assert answer.headers["cache-control"] == "no-store", path
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "strict-transport-security" not in answer.headers


async def test_with_https_the_browser_is_told_to_stay_there(
    settings: Settings, clock: SetClock, database: Database
) -> None:
    secure = create_app(settings.model_copy(update={"base_url": "https://depots.example.org"}), clock, database)
    transport = httpx.ASGITransport(app=secure)
    async with httpx.AsyncClient(transport=transport, base_url="https://depots.example.org") as client:
        for path in ("/healthz", "/api/nope", "/static/style.css"):
            assert (await client.get(path)).headers["strict-transport-security"] == "max-age=31536000", path


ODD_TIMES = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "2026-11-23T09:00:00"]


@pytest.mark.parametrize("when", ODD_TIMES)
@pytest.mark.parametrize("name", ["since", "until"])
async def test_an_odd_time_in_a_query_is_named(client: httpx.AsyncClient, town: Town, name: str, when: str) -> None:
    answer = await client.get("/api/movements", params={name: when}, headers=town.auth())
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, name)


async def test_every_date_in_a_query_is_looked_at(application: Litestar, client: httpx.AsyncClient, town: Town) -> None:
    for method, path, handler in routes_of(application):
        if method != "GET" or "calendar/{" in path:
            continue
        address = re.sub(r"\{([^}]+)\}", lambda found, handler=handler: _value(handler, found[1]), path)
        for when in ("0001-01-01", "9999-12-31", *ODD_TIMES):
            for name in ("since", "until", "day", "from", "to", "month", "on", "today"):
                if f"{name}" not in handler.parsed_fn_signature.parameters:
                    continue
                answer = await client.get(address, params={name: when}, headers=town.auth("admin"))
                assert answer.status_code < 500, f"{path}?{name}={when}"


@pytest.mark.parametrize("when", ODD_TIMES)
async def test_an_odd_time_in_a_body_is_named(client: httpx.AsyncClient, town: Town, when: str) -> None:
    take = {"id": str(uuid4()), "kind": "issue", "item": "BRK-014", "quantity": "1", "happened_at": when}
    for late in (False, True):
        answer = await client.post("/api/movements", json={**take, "late": late}, headers=town.auth())
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "happened_at")
    entry = {"kind": "basket", "id": str(uuid4()), "happened_at": when, "movements": []}
    answer = await client.post("/api/entries", json=entry, headers=town.auth())
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("path", ["/api/movements", "/api/entries"])
@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"kind":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b"1" * 100_000,
        b'{"kind": "basket", "id": ' + b"9" * 5000 + b"}",
    ],
    ids=["arrays", "objects", "arrays in a field", "a number", "a number as id"],
)
async def test_a_hostile_body_is_refused(client: httpx.AsyncClient, town: Town, path: str, body: bytes) -> None:
    headers = {**town.auth(), "content-type": "application/json"}
    answer = await client.post(path, content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text[:300]
    assert answer.headers["content-type"].startswith("application/problem+json")


async def test_every_route_refuses_a_deep_body(application: Litestar, client: httpx.AsyncClient, town: Town) -> None:
    headers = {**town.auth("admin"), "content-type": "application/json"}
    for method, path, handler in routes_of(application):
        if method == "GET":
            continue
        address = re.sub(r"\{([^}]+)\}", lambda found, handler=handler: _value(handler, found[1]), path)
        answer = await client.request(method, address, content=b"[" * 100_000 + b"]" * 100_000, headers=headers)
        assert answer.status_code < 500, f"{method} {path} -> {answer.status_code}"
        if path == "/sign-out":
            headers |= town.auth("admin")


async def test_an_entry_with_a_places_id_is_a_conflict(client: httpx.AsyncClient, town: Town) -> None:
    lend = {
        "kind": "lend",
        "id": str(town.shelf.id),
        "depot": "STR-0001",
        "borrower": "resident",
        "movements": [{"item": "BRK-014", "quantity": "1", "from": str(town.shelf.id)}],
        "due_at": "2026-11-24T00:00:00Z",
    }
    opened = {"kind": "incident", "id": str(town.shelf.id), "depot": "STR-0001"}
    for entry in (lend, opened):
        answer = await client.post("/api/entries", json=entry, headers=town.auth())
        assert answer.status_code in (409, 422), answer.text


async def test_a_phone_number_in_a_failing_statement_reaches_no_log(
    town: Town, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(session: Any) -> None:
        row = {"id": town.keeper.person_id.hex if town.context.database.is_sqlite else str(town.keeper.person_id)}
        statement = "INSERT INTO person (id, account, name, language, phone, active, created_at) VALUES "
        statement += "(:id, 'x', :name, 'zh', :phone, NULL, NULL)"
        session.execute(text(statement), {**row, "phone": PHONE, "name": NAME})

    set_up_logs(settings)
    try:
        town.run(fail)
    except IntegrityError as error:
        structlog.get_logger().error("request failed", exc_info=error)
        record = logging.makeLogRecord({"msg": f"of {PHONE}", "exc_info": (None, error, None)})
        print(DiscreetFormatter().format(record))
    out, logged = capsys.readouterr()
    assert "of (number)" in out and NAME not in out
    assert "request failed" in logged and "IntegrityError" in logged
    assert PHONE not in logged and NAME not in logged


def test_what_a_database_says_of_a_row_is_left_out() -> None:
    said = f'null value in column "a"\nDETAIL:  Failing row contains (1, Wang, {PHONE}).\n  File "x.py", line 12'
    assert discreet(said) == 'null value in column "a"\nDETAIL: (left out)\n  File "x.py", line 12'
    assert discreet(json.dumps({"tel": "+86 138-0013-8000"})) == '{"tel": "(number)"}'
    assert discreet("2026-11-23T09:00:00 depot STR-0001, 12 of 500") == "2026-11-23T09:00:00 depot STR-0001, 12 of 500"
