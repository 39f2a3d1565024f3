"""The second factor: who must have one, codes taken once, recovery codes, a lost phone."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pyotp import TOTP
from sqlalchemy import select

from app import main
from core.columns import table_of
from core.settings import Settings
from people.models import RecoveryCode, SecondFactor
from people.second_factor import Need, begin_set_up, confirm_set_up, need_of
from tests.clock import SetClock
from tests.conftest import NOW, Town, give_password, hashed
from tests.people.test_sign_in import csrf_of, sign_in

PASSWORD = "a-long-password"


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url,
        var_dir=tmp_path / "var",
        secret="s" * 32,
        run_jobs=False,
        base_url="http://depots.example.org",
    )


@pytest.fixture
def with_password(town: Town) -> Town:
    for caller in town.callers.values():
        town.run(give_password, caller.person_id, hashed(PASSWORD))
    return town


def with_factor(town: Town, account: str) -> tuple[TOTP, list[str]]:
    """Set a second factor up; gives the authenticator and the recovery codes."""
    settings, now, person_id = town.context.settings, town.context.clock.now(), town.callers[account].person_id
    key, _ = town.run(begin_set_up, settings, person_id, now)
    totp = TOTP(key)
    return totp, town.run(confirm_set_up, settings, person_id, totp.at(now), now)


async def give(client: httpx.AsyncClient, path: str, code: str, **more: str) -> httpx.Response:
    form = {"code": code, "_csrf_token": await csrf_of(client, path), **more}
    return await client.post(path, data=form)


async def signed_in(client: httpx.AsyncClient) -> bool:
    return (await client.get("/api/me")).status_code == 200


async def test_an_administrator_sets_it_up_before_the_first_session_opens(
    client: httpx.AsyncClient, with_password: Town, clock: SetClock
) -> None:
    answer = await sign_in(client, "admin", PASSWORD, next="/depots")
    assert answer.headers["location"] == "/sign-in/second-factor?next=/depots"
    assert not await signed_in(client), "no session is open yet"
    page = (await client.get(answer.headers["location"])).text
    key = re.search(r"<code>([A-Z2-7 ]{39})</code>", page)
    assert key is not None and 'class="qr"' in page
    totp = TOTP(key[1].replace(" ", ""))
    wrong = await give(client, "/sign-in/second-factor", "000000")
    assert wrong.status_code == 401 and key[1] in wrong.text, "and the key stays what it was"
    done = await give(client, "/sign-in/second-factor", totp.at(clock.now()), next="/depots")
    codes = re.findall(r"<code>(\w{5}-\w{5})</code>", done.text)
    assert len(set(codes)) == 10 and 'href="/depots"' in done.text
    assert await signed_in(client)
    assert (await client.get("/sign-in/code")).status_code == 303, "what was pending is over"


async def test_each_code_opens_one_session_and_recovery_codes_stand_in_once(
    client: httpx.AsyncClient, with_password: Town, clock: SetClock
) -> None:
    totp, codes = with_factor(with_password, "admin")

    async def enter(code: str) -> int:
        client.cookies.clear()
        assert (await sign_in(client, "admin", PASSWORD)).headers["location"] == "/sign-in/code?next=/"
        return (await give(client, "/sign-in/code", code)).status_code

    assert await enter(totp.at(clock.now())) == 401, "it was used to set it up"
    clock.instant += timedelta(minutes=1)
    assert await enter(totp.at(clock.now())) == 303 and await signed_in(client)
    assert await enter(totp.at(clock.now())) == 401, "the same again"
    assert await enter(totp.at(clock.now() - timedelta(seconds=30))) == 401, "nor one from before it"
    clock.instant += timedelta(minutes=1)
    assert await enter(totp.at(clock.now() + timedelta(seconds=30))) == 303, "the phone's clock is a little fast"
    assert await enter(codes[3].upper()) == 303
    assert await enter(codes[3]) == 401
    assert await enter(codes[4].replace("-", " ")) == 303


async def test_codes_are_guessed_only_so_often(client: httpx.AsyncClient, with_password: Town, clock: SetClock) -> None:
    totp, _ = with_factor(with_password, "admin")
    clock.instant += timedelta(minutes=1)
    await sign_in(client, "admin", PASSWORD)
    for guess in range(5):
        assert (await give(client, "/sign-in/code", f"00000{guess}")).status_code == 401
    refused = await give(client, "/sign-in/code", totp.at(clock.now()))
    assert refused.status_code == 429 and not await signed_in(client)
    clock.instant += timedelta(minutes=16)
    over = await client.get("/sign-in/code")
    assert over.headers["location"] == "/sign-in", "the right password was too long ago"
    await sign_in(client, "admin", PASSWORD)
    assert (await give(client, "/sign-in/code", totp.at(clock.now()))).status_code == 303 and await signed_in(client)


async def test_a_program_is_asked_for_the_code_in_words_that_it_understands(
    client: httpx.AsyncClient, with_password: Town, clock: SetClock
) -> None:
    async def ask(account: str, **more: Any) -> httpx.Response:
        return await client.post("/api/sign-in", json={"account": account, "password": PASSWORD, **more})

    token = (await ask("keeper")).json()["token"]
    me = await client.get("/api/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["account"] == "keeper"
    first = await ask("admin")
    assert (first.status_code, first.json()["type"]) == (403, "/problems/second-factor-set-up")
    totp, _ = with_factor(with_password, "admin")
    clock.instant += timedelta(minutes=1)
    needed = await ask("admin")
    assert (needed.status_code, needed.json()["type"]) == (401, "/problems/second-factor")
    assert needed.headers["content-type"] == "application/problem+json"
    wrong = await ask("admin", code="123")
    assert (wrong.status_code, wrong.json()["type"]) == (401, "/problems/second-factor-code")
    assert wrong.json()["errors"][0]["field"] == "code"
    assert (await ask("admin", code=totp.at(clock.now()))).status_code == 201
    assert (await ask("nobody")).json()["type"] == "/problems/sign-in"
    assert "session" not in client.cookies


async def test_anybody_may_have_one_and_who_need_not_may_turn_it_off(
    client: httpx.AsyncClient, with_password: Town, clock: SetClock
) -> None:
    path = "/account/second-factor"
    await sign_in(client, "keeper", PASSWORD)
    page = (await client.get(path)).text
    totp = TOTP(re.search(r"<code>([A-Z2-7 ]{39})</code>", page)[1].replace(" ", ""))  # type: ignore[index]
    code = totp.at(clock.now())
    assert (await give(client, path, code, current="wrong-password")).status_code == 422
    assert "恢复码" in (await give(client, path, code, current=PASSWORD)).text
    clock.instant += timedelta(minutes=1)
    token = await csrf_of(client, path)
    renewed = await client.post(f"{path}/codes", data={"code": totp.at(clock.now()), "_csrf_token": token})
    assert len(re.findall(r"<code>\w{5}-\w{5}</code>", renewed.text)) == 10
    clock.instant += timedelta(minutes=1)
    off = {"code": totp.at(clock.now()), "_csrf_token": token}
    assert (await client.post(f"{path}/off", data={**off, "code": "1"})).status_code == 401
    assert (await client.post(f"{path}/off", data=off)).headers["location"] == "/account"
    assert (await sign_in(client, "keeper", PASSWORD)).headers["location"] == "/"


async def test_a_lost_phone_is_helped_by_another_administrator_alone(
    client: httpx.AsyncClient,
    with_password: Town,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    town = with_password
    with_factor(town, "keeper")
    path = f"/people/{town.keeper.person_id}/second-factor/reset"
    assert (await client.post(path, headers=town.auth("officer"))).status_code == 403
    assert (await client.post(path, headers=town.auth("admin"))).status_code == 303
    assert (await sign_in(client, "keeper", PASSWORD)).headers["location"] == "/"
    with_factor(town, "admin")
    own = f"/people/{town.callers['admin'].person_id}/second-factor/reset"
    assert (await client.post(own, headers=town.auth("admin"))).status_code == 409
    monkeypatch.setenv("READYSHELF_DATABASE_URL", town.context.settings.database_url)
    capsys.readouterr()  # what was logged before
    assert main(["second-factor", "admin"]) == 0
    assert main(["second-factor", "admin", "--reset"]) == 0
    assert main(["second-factor", "nobody"]) == 1
    assert [line[:17] for line in capsys.readouterr().out.split("\n")[:2]] == ["admin: since 2026", "admin: none"]


@pytest.mark.parametrize(("setting", "officers"), [("administrators", Need.NOTHING), ("officers", Need.SET_UP)])
def test_the_city_may_ask_officers_for_one_too(
    with_password: Town, settings: Settings, setting: str, officers: Need
) -> None:
    asked = settings.model_copy(update={"second_factor": setting})
    needs = {
        who: with_password.run(need_of, asked, caller.person_id, NOW) for who, caller in with_password.callers.items()
    }
    assert (needs["officer"], needs["admin"], needs["keeper"]) == (officers, Need.SET_UP, Need.NOTHING)


def test_no_key_and_no_code_is_stored(with_password: Town) -> None:
    totp, codes = with_factor(with_password, "admin")

    def stored(session: Any) -> str:
        tables = (table_of(SecondFactor), table_of(RecoveryCode))
        return repr([session.execute(select(table)).all() for table in tables])

    kept = with_password.run(stored)
    assert totp.secret not in kept and not any(code.replace("-", "") in kept for code in codes)


@pytest.mark.parametrize(
    ("given", "for_whom"),
    [
        ({}, "off"),
        ({"base_url": "https://depots.example.org"}, "administrators"),
        ({"base_url": "https://depots.example.org", "demo": True}, "off"),
        ({"second_factor": "officers"}, "officers"),
    ],
)
def test_administrators_need_one_as_soon_as_others_can_open_the_address(given: dict[str, Any], for_whom: str) -> None:
    assert Settings(**given).second_factor_for == for_whom
