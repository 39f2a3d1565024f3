"""How often a password may be tried, in parallel too, and whom the limit holds back."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

import people.pages
import people.sign_in
from core.errors import Refusal
from core.settings import Settings
from people.passwords import check_password
from people.sign_in import hasher, password_is
from people.tries import Bench, network_of, pause_after
from tests.clock import SetClock
from tests.conftest import Town, give_password, hashed

PASSWORD = "a-long-password"
From = Callable[[str], Any]


@pytest.fixture
def with_password(town: Town) -> Town:
    for who in ("keeper", "officer"):
        town.run(give_password, town.callers[who].person_id, hashed(PASSWORD))
    return town


@pytest.fixture
async def client_at(application: Litestar, client: httpx.AsyncClient) -> AsyncIterator[From]:
    """A browser at an address of one's choice."""
    async with AsyncExitStack() as stack:

        async def at(address: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app=application, raise_app_exceptions=False, client=(address, 1234))
            return await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url="http://testserver.local")
            )

        yield at


async def sign_in(client: httpx.AsyncClient, account: str, password: str) -> httpx.Response:
    if "csrf" not in client.cookies:
        found = re.search(r'name="_csrf_token" value="([^"]+)"', (await client.get("/sign-in")).text)
        assert found is not None
        client.headers["x-csrftoken"] = found[1]
    return await client.post("/sign-in", data={"account": account, "password": password})


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were looked at."""
    passwords: list[str] = []

    def note(account: Any, password: str) -> bool:
        passwords.append(password)
        return password_is(account, password)

    monkeypatch.setattr(people.pages, "password_is", note)
    monkeypatch.setattr(people.sign_in, "_nobody", lambda: hashed("of nobody"))  # as cheap as those of the town
    return passwords


@pytest.mark.heavy
async def test_of_sixty_wrong_passwords_at_once_ten_are_looked_at_and_the_right_one_gets_in_from_elsewhere(
    client_at: From, with_password: Town, looked_at: list[str]
) -> None:
    attacker = await client_at("203.0.113.9")
    await sign_in(attacker, "nobody", "x")
    looked_at.clear()
    answers = await asyncio.gather(*(sign_in(attacker, "keeper", f"wrong-{n}") for n in range(60)))
    assert len(looked_at) == 10
    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 50
    for answer in answers:
        assert (answer.status_code == 429) == (int(answer.headers.get("retry-after", 0)) > 0)
    assert (await sign_in(attacker, "keeper", PASSWORD)).status_code == 429
    keeper = await client_at("198.51.100.7")
    assert (await sign_in(keeper, "keeper", PASSWORD)).status_code == 303
    colleague = await client_at("203.0.113.9")
    assert (await sign_in(colleague, "officer", PASSWORD)).status_code == 303


@pytest.mark.heavy
async def test_pauses_grow_and_end(client_at: From, with_password: Town, clock: SetClock) -> None:
    client = await client_at("203.0.113.9")
    for _ in range(10):
        assert (await sign_in(client, "keeper", "wrong")).status_code == 401
    for minutes in (1, 2, 4):
        refused = await sign_in(client, "keeper", PASSWORD)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, str(60 * minutes))
        clock.instant += timedelta(minutes=minutes, seconds=-1)
        assert (await sign_in(client, "keeper", "wrong")).status_code == 429
        clock.instant += timedelta(seconds=1)
        assert (await sign_in(client, "keeper", "wrong")).status_code == 401
    clock.instant += timedelta(minutes=8)
    assert (await sign_in(client, "keeper", PASSWORD)).status_code == 303
    assert (await sign_in(client, "keeper", PASSWORD)).status_code == 303


@pytest.mark.heavy
async def test_a_network_that_tries_many_accounts_is_held_back_too(
    client_at: From, with_password: Town, looked_at: list[str]
) -> None:
    client = await client_at("2001:db8:1:2::1")
    await sign_in(client, "nobody", "x")
    neighbours = [await client_at(f"2001:db8:1:2::{n}") for n in range(3)]
    for one in neighbours:
        one.headers, one.cookies = client.headers, client.cookies
    await asyncio.gather(*(sign_in(neighbours[n % 3], f"account-{n}", "wrong") for n in range(70)))
    assert len(looked_at) == 50
    elsewhere = await client_at("2001:db8:1:3::1")
    assert (await sign_in(elsewhere, "keeper", PASSWORD)).status_code == 303


async def test_passwords_are_looked_at_few_at_once_and_a_crowd_is_sent_away() -> None:
    bench, inside, most = Bench(2, 5), 0, 0

    def check() -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        hasher().hash("x")
        inside -= 1

    results = await asyncio.gather(*(bench.look_at(check) for _ in range(9)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, Refusal)]
    assert [(one.status, one.extra["retry_after"]) for one in refused] == [(429, 5)] * 4
    assert most <= 2


def test_the_pause_doubles_up_to_its_longest() -> None:
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    pauses = [pause_after(tries, 3, minute, hour) for tries in range(12)]
    assert pauses == [timedelta(0)] * 3 + [minute * n for n in (1, 2, 4, 8, 16, 32, 60, 60, 60)]
    assert pause_after(10**9, 3, minute, hour) == hour


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_one_network_is_what_one_customer_has(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 201,
        "Password123",
        "qwertyuiop",
        "1q2w3e4r5t!!",
        "aaaaaaaaaaaa",
        "1212121212",
        "0123456789",
        "keeper-keeper",
        "Keeper2024",
        "zyxwvutsrqp",
    ],
)
def test_a_password_that_others_try_first_is_refused(password: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_password(password, "keeper")
    assert (refused.value.status, refused.value.fields[0].field) == (422, "password")


@pytest.mark.parametrize("password", [PASSWORD, "correct horse battery", "麻岭街面站的红色水泵二号"])
def test_a_password_of_several_words_is_taken(password: str, settings: Settings) -> None:
    check_password(password, "keeper")
