"""Whatever a request to change something names in its address is looked up within reach first: a walk over all of them.

What is another's answers like what was never made, to a keeper, a responder and an officer of another depot.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from labels.codes.codes import new_code
from people.accounts import add_person, assign
from people.models import Role
from people.sign_in import issue_token
from tests.conftest import Town
from tests.inventory.stock.conftest import Papers
from tests.inventory.stock.strange import write_more
from tests.test_routes import routes_of

# What is sent, where nothing would be refused before it is looked up
BODIES: dict[str, dict[str, Any]] = {
    "/api/labels/{code}/bind": {"to": "shelf", "reason": "x"},
    "/api/labels/{code}/unbind": {"reason": "x"},
    "/api/labels/{code}/outdoor": {"outdoor": True},
    "/api/labels/{code}/mistaken": {"reason": "x"},
    "/api/labels/{code}/print": {},
    "/api/supply-plans/{plan_id}/lines": {"changes": []},
    "/api/alerts/{alert_id}/snooze": {"until": "2026-12-01"},
    "/alerts/{alert_id}/snooze": {"until": "2026-12-01"},
    "/api/depots/{depot_code}/crew": {"people": 2},
    "/api/depots/{depot_code}": {"name_zh": "x", "type": "STR", "district": "440305"},
    "/api/depots/{depot_code}/places": {"kind": "bin", "name_zh": "x"},
    "/api/depots/{depot_code}/places/copy": {"from": "STR-0001"},
    "/api/depots/{depot_code}/places/order": {"places": ["0190f000-0000-7000-8000-000000000009"]},
    "/api/places/{place_id}": {"name_zh": "x"},
    "/q/{code}/fault": {"description": "x"},
    "/q/{code}/book": {"kind": "issue", "quantity": "1"},
    "/api/lots/{lot_id}/asset": {"fund": "x"},
    "/endpoints/{endpoint_id}/secret": {"password": "x"},
    "/upkeep/plans/{code}": {},
    "/api/imports/{import_id}/start": {"act": "look"},
    "/api/people/{person_id}/roles": {"role": "keeper", "level": "depot", "code": "STR-0001"},
}
# What names nothing of a depot
_OF_NOBODY = {
    "/api/city/{part}/{code}",
    "/manage/city/{part}",
    "/api/jobs/{name}/run",
    "/api/photos/{photo_id}",
    "/jobs/{name}/run",
    "/unsubscribe/{mark}",
    "/accounts/{account}",
    "/label-sizes/{code}",
    # plans, watches and recalls are the whole city's
    "/api/plans/{code}",
    "/upkeep/plans/{code}",
    "/api/watches/{watch_id}/end",
    "/watches/{watch_id}/end",
    "/recalls/{recall_id}/answers",
    "/recalls/{recall_id}/release",
}
# Whoever holds the token in the address is who it was sent to; or one's own account alone
_OF_ONESELF = {
    "/account/second-factor/{what}",
    "/api/import-habits/{habit_id}",
    "/imports/habits/{habit_id}/forget",
    "/api/imports/{import_id}",  # a new one, under the caller's own id
    "/account/credentials/{credential_id}/revoke",
    "/calendars/{feed_id}/revoke",
    "/invitation/{token}",
    "/sign-in/email/{token}",
    "/sign-in/password/{token}",
    "/views/{view_id}/remove",
}
_OF_THE_CATALOGUE = (
    *("/api/catalogue/", "/api/requirements/", "/manage/catalogue/items/", "/manage/requirements/"),
    *("/manage/catalogue/files/", "/manage/backups/"),
)
# Codes on labels are for everybody who stands before the thing: a report of a problem asks no sign-in
_PUBLIC = {"/q/{code}/problem"}
WATCHERS = {Role.KEEPER: "local-keeper", Role.RESPONDER: "local-responder", Role.OFFICER: "local-officer"}


def changing(application: Litestar) -> list[tuple[str, str]]:
    """Every request that changes something and names what it changes in its address."""
    return sorted(
        (method, path)
        for method, path, _ in routes_of(application)
        if method != "GET" and "{" in path and path not in _OF_NOBODY | _OF_ONESELF | _PUBLIC
        if not path.startswith(_OF_THE_CATALOGUE)
    )


def named_in(path: str, strange: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Addresses that name something strange, each with one that names what was never made."""
    ids = [value for value in strange.values() if re.fullmatch(r"[0-9a-f-]{36}", value)]
    codes = [value for name, value in strange.items() if name.endswith("code")] + [strange["depot"]]
    (first, *others) = re.findall(r"\{([^}]+)\}", path)
    for value in ids if first.endswith("_id") else codes:
        made_up = str(uuid4()) if value in ids else "STR-9999" if value == strange["depot"] else new_code()
        rest = {other: "unbind" if other == "act" else strange.get(other.removesuffix("_id"), "0") for other in others}
        yield tuple(_filled(path, {first: name, **rest}) for name in (value, made_up))  # type: ignore[misc]


def _filled(path: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        path = path.replace("{" + name + "}", value)
    return path


async def answer(client: httpx.AsyncClient, town: Town, who: str, method: str, path: str, address: str,
                 own: Papers) -> str:  # fmt: skip
    body = {name: own.named["shelf"] if value == "shelf" else value for name, value in BODIES.get(path, {}).items()}
    sent = {"json": body} if path.startswith("/api/") else {"data": body}
    got = await client.request(method, address, headers=town.auth(who), **sent)  # type: ignore[arg-type]
    assert got.status_code < 500, f"{who} {method} {address}: {got.status_code} {got.text[:300]}"
    text = f"{got.status_code} {got.headers.get('location', '')} {got.text}"
    for part in address.split("/"):
        text = text.replace(part, "<sent>") if len(part) > 6 else text
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[\w.-]{40,}", "<id>", text)


def enter_watchers(town: Town, roles: Iterable[Role]) -> None:
    now = town.context.clock.now()
    for role in roles:
        account = WATCHERS[role]
        person = town.run(add_person, account, account, now)
        town.run(assign, person.id, role, depot_id=town.depot.id)
        town.tokens[account] = town.run(issue_token, account, "walk", now)


class Walk:
    """Who asks what of the strange depot's things, and hears otherwise than of what was never made."""

    def __init__(self, client: httpx.AsyncClient, town: Town, own: Papers) -> None:
        self.client, self.town, self.own = client, town, own
        self.faults: list[str] = []
        self._never_made: dict[tuple[str, str, str, bool], str] = {}  # one that was never made answers like any other

    async def tells(self, who: str, method: str, path: str, pair: tuple[str, str]) -> bool:
        real, made_up = pair
        one = await answer(self.client, self.town, who, method, path, real, self.own)
        kind = (who, method, path, "STR-9999" in made_up)
        if kind not in self._never_made:
            self._never_made[kind] = await answer(self.client, self.town, who, method, path, made_up, self.own)
        other = self._never_made[kind]
        if one != other:
            self.faults.append(f"{who} {method} {real}: {one[:160]} / {other[:160]}")
        return one != other


@pytest.mark.slow
async def test_what_is_anothers_answers_like_what_was_never_made_in_every_address(
    application: Litestar, client: httpx.AsyncClient, town: Town, papers: tuple[Papers, Papers]
) -> None:
    own, strange = papers
    named = strange.named | town.run(write_more, town, "CANARY")
    enter_watchers(town, WATCHERS)
    walk = Walk(client, town, own)
    for method, path in changing(application):
        for pair in named_in(path, named):
            for who in WATCHERS.values():
                await walk.tells(who, method, path, pair)
    assert not walk.faults, f"{len(walk.faults)}:\n" + "\n".join(walk.faults[:40])


@pytest.mark.heavy
async def test_what_is_anothers_answers_like_what_was_never_made_though_who_may_see_it_hears_otherwise(
    application: Litestar, client: httpx.AsyncClient, town: Town, papers: tuple[Papers, Papers]
) -> None:
    """Of an officer most is looked up, for their role alone refuses the least."""
    own, strange = papers
    named = strange.named | town.run(write_more, town, "CANARY")
    enter_watchers(town, [Role.OFFICER])
    hidden, seen = Walk(client, town, own), Walk(client, town, own)
    requests, deaf = changing(application), []
    for method, path in requests:
        for pair in named_in(path, named):
            await hidden.tells(WATCHERS[Role.OFFICER], method, path, pair)
    for method, path in requests:  # after all of the others: what it is told to do is done
        for pair in named_in(path, named):
            if await seen.tells("admin", method, path, pair):
                break
        else:
            deaf.append(path)
    assert len(requests) > 25
    assert not hidden.faults, f"{len(hidden.faults)}:\n" + "\n".join(hidden.faults[:40])
    assert not deaf, f"these answer alike to who may see, so that a leak of theirs goes unseen: {deaf}"
