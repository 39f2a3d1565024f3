"""Signing in and out, tokens, and forms that come from our own pages."""

import io
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app import main
from inventory.stock.models import Movement
from people.accounts import deactivate
from people.models import Credential
from tests.clock import SetClock
from tests.conftest import Town, give_password, hashed

PASSWORD = "a-long-password"


@pytest.fixture
def with_password(town: Town) -> Town:
    town.run(give_password, town.keeper.person_id, hashed(PASSWORD))
    return town


async def csrf_of(client: httpx.AsyncClient, path: str = "/sign-in") -> str:
    found = re.search(r'name="_csrf_token" value="([^"]+)"', (await client.get(path)).text)
    assert found is not None
    return found[1]


async def sign_in(client: httpx.AsyncClient, account: str, password: str, **more: str) -> httpx.Response:
    form = {"account": account, "password": password, "_csrf_token": await csrf_of(client), **more}
    return await client.post("/sign-in", data=form)


async def test_the_right_password_opens_a_session_and_signing_out_ends_it(
    client: httpx.AsyncClient, with_password: Town
) -> None:
    answer = await sign_in(client, "keeper", PASSWORD, next="/depots")
    assert (answer.status_code, answer.headers["location"]) == (303, "/depots")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert (await client.get("/api/me")).json()["account"] == "keeper"
    session = client.cookies["session"]
    token = await csrf_of(client, "/account")
    assert (await client.post("/sign-out", data={"_csrf_token": token})).status_code == 303
    client.cookies.set("session", session)
    assert (await client.get("/api/me")).status_code == 401


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("account", "password"),
    [("keeper", "wrong-password"), ("nobody", PASSWORD), ("officer", ""), ("", ""), ("x\x00", "y")],
)
async def test_a_wrong_account_and_a_wrong_password_get_the_same_answer(
    client: httpx.AsyncClient, with_password: Town, account: str, password: str
) -> None:
    answer = await sign_in(client, account, password)
    assert answer.status_code == 401
    assert "账号或密码错误" in answer.text
    assert "session" not in client.cookies


@pytest.mark.heavy
async def test_too_many_wrong_passwords_lock_the_account_for_a_while(
    client: httpx.AsyncClient, with_password: Town, clock: SetClock
) -> None:
    for _ in range(10):
        assert (await sign_in(client, "keeper", "wrong-password")).status_code == 401
    assert (await sign_in(client, "keeper", PASSWORD)).status_code == 429
    clock.instant += timedelta(minutes=16)
    assert (await sign_in(client, "keeper", PASSWORD)).status_code == 303


async def test_a_session_id_that_an_attacker_planted_is_not_adopted(
    client: httpx.AsyncClient, with_password: Town
) -> None:
    client.cookies.set("session", "planted")
    await sign_in(client, "keeper", PASSWORD)
    client.cookies.clear()
    client.cookies.set("session", "planted")
    assert (await client.get("/api/me")).status_code == 401


async def test_a_session_ends_by_itself(client: httpx.AsyncClient, with_password: Town, clock: SetClock) -> None:
    await sign_in(client, "keeper", PASSWORD)
    clock.instant += timedelta(hours=13)
    assert (await client.get("/api/me")).status_code == 401


@pytest.mark.parametrize(
    "target",
    [
        *("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"),
        *("/\t/evil.example", "/\n/evil.example", "\t//evil.example"),
    ],
)
async def test_signing_in_never_leads_to_another_site(
    client: httpx.AsyncClient, with_password: Town, target: str
) -> None:
    assert (await sign_in(client, "keeper", PASSWORD, next=target)).headers["location"] == "/"


async def test_a_form_without_our_token_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, with_password: Town
) -> None:
    lot = with_password.stock("BRK-014", "3")
    code = with_password.code_of(lot)
    await sign_in(client, "keeper", PASSWORD)
    form = {"id": "0190f000-0000-7000-8000-000000000001", "kind": "issue", "from": str(with_password.shelf.id)}
    assert (await client.post(f"/q/{code}/book", data=form)).status_code == 403
    assert (await client.post("/api/movements", json={})).status_code == 403
    booked = with_password.run(lambda session: session.execute(select(Movement.kind)).scalars().all())
    assert booked == ["receive"]
    token = await csrf_of(client, f"/q/{code}")
    assert (await client.post(f"/q/{code}/book", data={**form, "_csrf_token": token})).status_code == 303


async def test_a_signed_out_person_is_sent_to_sign_in_and_back(client: httpx.AsyncClient, town: Town) -> None:
    answer = await client.get("/dashboard?district=440305")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/dashboard%3Fdistrict%3D440305"


async def test_a_revoked_token_and_a_made_up_one_are_refused(client: httpx.AsyncClient, with_password: Town) -> None:
    town = with_password
    assert (await client.get("/api/me", headers=town.auth())).status_code == 200
    assert (await client.get("/api/me", headers={"Authorization": "Bearer made-up"})).status_code == 401
    town.run(deactivate, town.keeper.person_id, town.context.clock.now())
    answer = await client.get("/api/me", headers=town.auth())
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert (await sign_in(client, "keeper", PASSWORD)).status_code == 401


def test_no_secret_is_kept_in_clear(with_password: Town) -> None:
    def kept(session: Any) -> list[str]:
        return [row.secret_hash for row in session.execute(select(Credential)).scalars()]

    for secret_hash in with_password.run(kept):
        assert re.fullmatch(r"[0-9a-f]{64}", secret_hash)
        assert secret_hash not in with_password.tokens.values()


async def test_a_program_makes_and_revokes_a_token_on_the_account_page(
    client: httpx.AsyncClient, with_password: Town
) -> None:
    await sign_in(client, "keeper", PASSWORD)
    form = {"name": "scanner", "_csrf_token": await csrf_of(client, "/account")}
    page = (await client.post("/account/tokens", data=form)).text
    token = re.search(r"<code>([\w-]{43})</code>", page)
    assert token is not None
    assert token[1] not in (await client.get("/account")).text
    headers = {"Authorization": f"Bearer {token[1]}"}
    assert (await client.get("/api/me", headers=headers)).status_code == 200
    listed = (await client.get("/account")).text
    revoke = re.search(r"(/account/credentials/[\w-]+/revoke)(?:(?!credentials).)*scanner", listed, re.S)
    assert revoke is not None
    await client.post(revoke[1], data={"_csrf_token": await csrf_of(client, "/account")})
    assert (await client.get("/api/me", headers=headers)).status_code == 401


async def test_a_lost_phone_is_signed_out_from_another_device_and_by_the_console(
    client: httpx.AsyncClient, with_password: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = {"user-agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36"}
    client.headers.update(phone)
    await sign_in(client, "keeper", PASSWORD)
    lost = client.cookies.get("session")
    client.cookies.clear()
    client.headers.update({"user-agent": "desk"})
    await sign_in(client, "keeper", PASSWORD)
    page = (await client.get("/account")).text
    end = re.search(r"credentials/([\w-]+)/revoke(?:(?!credentials).)*Android 14; Pixel 8", page, re.S)
    assert end is not None
    await client.post(f"/account/credentials/{end[1]}/revoke", data={"_csrf_token": await csrf_of(client, "/account")})
    assert (await client.get("/api/me")).status_code == 200
    desk = client.cookies.get("session")
    client.cookies.set("session", str(lost), domain="testserver.local")
    assert (await client.get("/api/me", headers={"cookie": f"session={lost}"})).status_code == 401
    monkeypatch.setenv("READYSHELF_DATABASE_URL", with_password.context.settings.database_url)
    assert main(["person", "keeper", "--sign-out"]) == 0
    assert (await client.get("/api/me", headers={"cookie": f"session={desk}"})).status_code == 401


def test_a_city_makes_and_closes_its_accounts_on_the_console(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("READYSHELF_DATABASE_URL", town.context.settings.database_url)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    made = ["person", "chief", "--name", "站长", "--role", "keeper", "--depot", "STR-0001", "--password"]
    assert main(made) == 0
    assert main(["token", "chief"]) == 0
    assert main(["person", "chief", "--deactivate"]) == 0
    assert main(["token", "chief"]) == 1
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert main(["person", "other", "--name", "x", "--password"]) == 1
    assert main(["person", "nobody", "--role", "keeper", "--depot", "NONE"]) == 1
    told = capsys.readouterr().err
    assert "at least 10 characters" in told
    assert "no account called nobody" in told
