"""What is limited says how much is left, on answers and refusals alike (draft-ietf-httpapi-ratelimit-headers-11)."""

import re
from datetime import timedelta

import httpx
import pytest

from core.limits import QUOTAS, claim, quota_headers
from people.tries import claim_try, forget_failures
from tests.conftest import NOW, Town, give_password, hashed

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


def test_a_claim_notes_what_is_left_and_when_there_is_more(town: Town) -> None:
    QUOTAS.set({})
    for minutes, expected in ((0, b'"paper";r=2;t=3600'), (10, b'"paper";r=1;t=3000')):
        town.run(claim, "paper", "me", NOW + timedelta(minutes=minutes), 3, HOUR)
        assert quota_headers() == [(b"ratelimit-policy", b'"paper";q=3;w=3600'), (b"ratelimit", expected)]
    QUOTAS.set({})
    town.run(claim, "paper", "you", NOW, 3, HOUR, secret=True)
    assert quota_headers() == []
    tried = town.run(claim_try, "keeper", "203.0.113.9", NOW, 10)
    policy, state = quota_headers()
    assert (policy[1], state[1]) == (b'"sign-in";q=10;w=86400', b'"sign-in";r=9;t=86400')
    town.run(forget_failures, tried)
    assert quota_headers() == []
    QUOTAS.set(None)


async def test_wrong_passwords_are_counted_down_in_headers(client: httpx.AsyncClient, town: Town) -> None:
    town.run(give_password, town.keeper.person_id, hashed("a-long-password"))
    assert "ratelimit" not in (await client.get("/api/me", headers=town.auth())).headers
    left = []
    for _ in range(11):
        answer = await client.post("/api/sign-in", json={"account": "keeper", "password": "wrong"})
        assert answer.headers["ratelimit-policy"] == '"sign-in";q=10;w=86400'
        found = re.fullmatch(r'"sign-in";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
        assert found is not None
        left.append(int(found[1]))
    assert left == [*range(9, -1, -1), 0]
    assert (answer.status_code, answer.headers["retry-after"]) == (429, found[2])
