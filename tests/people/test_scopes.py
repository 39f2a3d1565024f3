"""What ends a token, what limits it, and what a password change ends."""

import io
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from app import main
from people.sign_in import TokenScope, issue_token
from tests.clock import SetClock
from tests.conftest import Town, give_password, hashed
from tests.people.test_sign_in import PASSWORD, csrf_of, sign_in
from tests.test_routes import routes_of

NEW = "several words together"


def bearer(town: Town, who: str, **scope: Any) -> dict[str, str]:
    token = town.run(issue_token, who, "scoped", town.context.clock.now(), TokenScope(**scope))
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_ends_on_its_day(client: httpx.AsyncClient, town: Town, clock: SetClock) -> None:
    headers = bearer(town, "keeper", days=2)
    clock.instant += timedelta(hours=47)
    assert (await client.get("/api/me", headers=headers)).status_code == 200
    clock.instant += timedelta(hours=1)
    assert (await client.get("/api/me", headers=headers)).status_code == 401


async def test_a_read_only_token_changes_nothing(client: httpx.AsyncClient, town: Town) -> None:
    town.stock("BRK-014", "3")
    headers = bearer(town, "keeper", read_only=True)
    wish = {"id": str(uuid4()), "kind": "issue", "item": "BRK-014", "quantity": "1", "from": str(town.shelf.id)}
    refused = await client.post("/api/movements", json=wish, headers=headers)
    assert (refused.status_code, refused.json()["detail"]) == (403, "该令牌为只读")
    assert (await client.post("/account/tokens", data={"name": "more"}, headers=headers)).status_code == 403
    assert (await client.get("/api/movements", headers=headers)).status_code == 200
    assert (await client.post("/api/movements", json=wish, headers=town.auth())).status_code == 201


async def test_a_token_of_one_depot_sees_no_other(client: httpx.AsyncClient, town: Town) -> None:
    headers = bearer(town, "admin", depot_code="STR-0001")
    depots = (await client.get("/api/depots", headers=headers)).json()["items"]
    assert [depot["code"] for depot in depots] == ["STR-0001"]
    assert (await client.get("/api/depots/IND-0002", headers=headers)).status_code == 404
    elsewhere = bearer(town, "keeper", depot_code="IND-0002")  # its person has nothing to do there
    assert (await client.get("/api/depots", headers=elsewhere)).status_code == 403


@pytest.mark.parametrize("scope", [{"days": 1}, {"read_only": True}, {"depot_code": "STR-0001"}])
async def test_a_limited_token_makes_no_other(client: httpx.AsyncClient, town: Town, scope: dict[str, Any]) -> None:
    headers = bearer(town, "keeper", **scope)
    for path in ("/account/tokens", "/account/password", "/calendars"):
        assert (await client.post(path, data={"name": "more"}, headers=headers)).status_code == 403, path


ACCOUNTS = re.compile(r"(/api)?/(people|account)\b")


@pytest.mark.parametrize("scope", [{"days": 1}, {"read_only": True}, {"depot_code": "STR-0001"}])
async def test_a_limited_token_reaches_no_route_of_accounts(
    application: Litestar, client: httpx.AsyncClient, town: Town, scope: dict[str, Any]
) -> None:
    """What such a token made of an account (a link, a person, a role) would outlive it."""
    headers = bearer(town, "admin", **scope)
    walked = [(method, path) for method, path, _ in routes_of(application) if ACCOUNTS.match(path)]
    assert len(walked) > 30
    for method, path in walked:
        address = re.sub(r"\{[^}]+\}", str(town.keeper.person_id), path)
        answer = await client.request(method, address, headers=headers, json={} if method == "POST" else None)
        assert answer.status_code == 403, (method, path)


@pytest.mark.heavy
async def test_another_password_ends_other_devices_and_all_tokens(client: httpx.AsyncClient, town: Town) -> None:
    town.run(give_password, town.keeper.person_id, hashed(PASSWORD))
    await sign_in(client, "keeper", PASSWORD)
    other_device = client.cookies.get("session")
    client.cookies.clear()
    await sign_in(client, "keeper", PASSWORD)
    for current, new, status in (("wrong", NEW, 422), (PASSWORD, "Password123", 422), (PASSWORD, NEW, 200)):
        form = {"current": current, "password": new, "_csrf_token": await csrf_of(client, "/account")}
        assert (await client.post("/account/password", data=form)).status_code == status
    assert (await client.get("/api/me")).status_code == 200
    client.cookies.clear()
    assert (await client.get("/api/me", headers={"cookie": f"session={other_device}"})).status_code == 401
    assert (await client.get("/api/me", headers=town.auth())).status_code == 401
    assert (await sign_in(client, "keeper", PASSWORD)).status_code == 401
    assert (await sign_in(client, "keeper", NEW)).status_code == 303


async def test_the_console_and_the_account_page_make_scoped_tokens(
    client: httpx.AsyncClient, town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("READYSHELF_DATABASE_URL", town.context.settings.database_url)
    assert main(["token", "keeper", "--days", "7", "--read-only", "--depot", "STR-0001"]) == 0
    assert len(capsys.readouterr().out.strip()) == 43
    assert main(["token", "keeper", "--depot", "NONE"]) == 1
    assert main(["token", "keeper", "--days", "0"]) == 1
    monkeypatch.setattr("sys.stdin", io.StringIO("1q2w3e4r5t\n"))
    assert main(["person", "keeper", "--password"]) == 1
    form = {"name": "shelf", "days": "30", "read_only": "1", "depot": "STR-0001"}
    page = (await client.post("/account/tokens", data=form, headers=town.auth())).text
    assert re.search(r"shelf(?:(?!</p>).)*有效至(?:(?!</p>).)*只读(?:(?!</p>).)*仅限一个站点", page, re.S)
    bad = await client.post("/account/tokens", data={"name": "x", "days": "-1"}, headers=town.auth())
    assert bad.status_code == 422
