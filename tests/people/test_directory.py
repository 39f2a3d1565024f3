"""Signing in by the city's directory: what is believed of its answer, and who becomes whom here."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from console import unusable_settings
from core.context import AppContext
from core.errors import Refusal
from core.settings import Settings, SettingsError, load_settings
from people.accounts import deactivate
from people.duties import not_over
from people.identities import person_for, read_roles
from people.models import Assignment, Person, Role
from people.policy import Duty
from tests.clock import SetClock
from tests.conftest import NOW, Town, give_password, hashed
from tests.people.bad_provider import CLIENT, SECRET, BadProvider
from tests.people.test_sign_in import csrf_of, sign_in

RETURN = "/sign-in/directory/return"
PASSWORD = "a-long-password"


@pytest.fixture(scope="module")
def one_provider() -> Iterator[BadProvider]:
    provider = BadProvider()
    yield provider
    provider.close()


@pytest.fixture
def provider(one_provider: BadProvider) -> BadProvider:
    one_provider.about, one_provider.userinfo, one_provider.token_status = {}, {}, 200
    one_provider.asked.clear()
    return one_provider


@pytest.fixture
def settings(database_url: str, tmp_path: Path, provider: BadProvider) -> Settings:
    return Settings(
        database_url=database_url,
        var_dir=tmp_path / "var",
        secret="s" * 32,
        run_jobs=False,
        base_url="http://depots.example.org",
        second_factor="off",
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        passwords="administrators",
    )


class Flow:
    """A browser's way to the provider and back."""

    def __init__(self, client: httpx.AsyncClient, provider: BadProvider, now: float) -> None:
        self.client, self.provider, self.now = client, provider, now
        self.asked: dict[str, str] = {}

    async def go(self, next_path: str = "/depots") -> None:
        answer = await self.client.get("/sign-in/directory", params={"next": next_path})
        assert answer.status_code == 303, answer.text
        parts = urlsplit(answer.headers["location"])
        self.asked = {name: values[0] for name, values in parse_qs(parts.query).items()}

    async def back(self, **brought: str) -> httpx.Response:
        return await self.client.get(RETURN, params={"code": "c0de", "state": self.asked["state"], **brought})

    def signs(self, **changes: Any) -> None:
        self.provider.good(self.asked["nonce"], now=self.now, **changes)


@pytest.fixture
def flow(client: httpx.AsyncClient, provider: BadProvider, town: Town, clock: SetClock) -> Flow:
    return Flow(client, provider, clock.now().timestamp())


async def test_whom_the_directory_has_signed_in_is_let_in(
    client: httpx.AsyncClient, flow: Flow, provider: BadProvider
) -> None:
    page = (await client.get("/sign-in?next=/depots")).text
    assert 'href="/sign-in/directory?next=/depots' in page
    await flow.go()
    assert flow.asked["redirect_uri"] == "http://depots.example.org/sign-in/directory/return"
    assert (flow.asked["code_challenge_method"], flow.asked["response_type"]) == ("S256", "code")
    flow.signs()
    answer = await flow.back()
    assert (answer.status_code, answer.headers["location"]) == (303, "/depots")
    assert (await client.get("/api/me")).json()["account"] == "keeper"
    asked = provider.asked[-1]
    assert len(asked["code_verifier"][0]) == 43 and asked["authorization"][0].startswith("Basic ")
    again = await flow.back()
    assert again.status_code == 401, "the way back is open once"


BAD: dict[str, Callable[[Flow], None]] = {
    "nonce of another": lambda flow: flow.signs(nonce="another"),
    "no nonce": lambda flow: flow.signs(nonce=None),
    "for another": lambda flow: flow.signs(aud="another"),
    "for us and another": lambda flow: flow.signs(aud=[CLIENT, "another"], azp="another"),
    "of another issuer": lambda flow: flow.signs(iss="https://evil.example"),
    "run out": lambda flow: flow.signs(exp=int(flow.now) - 120),
    "no expiry": lambda flow: flow.signs(exp=None),
    "nobody": lambda flow: flow.signs(sub=None),
    "of another access token": lambda flow: flow.signs(at_hash="AAAA"),
}


@pytest.mark.heavy
@pytest.mark.parametrize("fault", BAD)
async def test_a_token_that_is_not_for_this_sign_in_is_refused(
    client: httpx.AsyncClient, flow: Flow, fault: str
) -> None:
    await flow.go()
    BAD[fault](flow)
    assert (await flow.back()).status_code == 401
    assert (await client.get("/api/me")).status_code == 401


async def test_a_signature_by_another_key_or_by_our_own_secret_is_refused(
    client: httpx.AsyncClient, flow: Flow, provider: BadProvider
) -> None:
    await flow.go()
    flow.signs()
    provider.signed_with_our_secret()
    assert (await flow.back()).status_code == 401
    await flow.go()
    flow.signs()
    provider.signer = RSAKey.generate_key(2048, {"kid": "one"})
    assert (await flow.back()).status_code == 401
    await flow.go()
    provider.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    flow.signs()
    provider.header = {"alg": "RS256", "kid": "two"}
    assert (await flow.back()).status_code == 303, "a provider may change its keys"
    provider.header = {"alg": "RS256", "kid": "one"}


async def test_what_the_browser_brings_must_belong_to_what_it_took_along(
    client: httpx.AsyncClient, flow: Flow, provider: BadProvider
) -> None:
    assert (await client.get(RETURN, params={"code": "c0de", "state": "x"})).status_code == 401
    await flow.go()
    flow.signs()
    assert (await flow.back(state="another")).status_code == 401
    await flow.go()
    flow.signs()
    assert (await flow.back(iss="https://evil.example")).status_code == 401
    await flow.go()
    refused = await flow.back(error="access_denied", error_description="not today <b>")
    assert refused.status_code == 401 and "not today &lt;b&gt;" in refused.text
    await flow.go()
    provider.token_status = 400
    assert (await flow.back()).status_code == 401
    await flow.go()
    provider.token_status = 503
    assert (await flow.back()).status_code == 503
    await flow.go("https://evil.example")
    provider.token_status = 200
    flow.signs()
    assert (await flow.back()).headers["location"] == "/"


async def test_a_claim_that_only_userinfo_tells_is_believed_of_the_same_person_alone(
    client: httpx.AsyncClient, flow: Flow, provider: BadProvider
) -> None:
    await flow.go()
    flow.signs(preferred_username=None)
    provider.userinfo = {"sub": "subject-2", "preferred_username": "keeper"}
    assert (await flow.back()).status_code == 401
    await flow.go()
    flow.signs(preferred_username=None)
    provider.userinfo = {"sub": "subject-1", "preferred_username": "keeper"}
    assert (await flow.back()).status_code == 303


def test_a_name_of_the_directory_opens_its_account_and_no_other(
    town: Town, settings: Settings, clock: SetClock
) -> None:
    def come(subject: str, more: Settings = settings, **claims: Any) -> str | int:
        said = {"iss": settings.oidc_issuer, "sub": subject, **claims}
        try:
            return str(town.run(lambda session: person_for(session, more, said, clock.now()).account))
        except Refusal as refusal:
            assert "{" not in str(refusal)
            return refusal.status

    assert come("1", preferred_username="keeper") == "keeper"
    assert come("1", preferred_username="renamed-there") == "keeper", "known by the directory's own id"
    assert come("2", preferred_username="keeper") == 403, "the name went to somebody else"
    for missing in ({}, {"preferred_username": " "}, {"preferred_username": 7}):
        assert come("3", **missing) == 403
    assert come("3", preferred_username="newcomer") == 403, "no account is made unless the settings say so"
    by_mail = settings.model_copy(update={"oidc_account_claim": "email"})
    assert come("4", by_mail, email="OFFICER@example.org", email_verified=False) == 403
    assert come("4", by_mail, email="OFFICER@example.org", email_verified=True) == "officer"
    makes = settings.model_copy(update={"oidc_create": True})
    assert come("5", makes, preferred_username="newcomer", name="新人", email="a,b") == "newcomer"
    made = town.run(lambda session: session.execute(select(Person).where(Person.account == "newcomer")).scalar_one())
    assert (made.name, made.email, made.password_hash) == ("新人", None, None)
    town.run(deactivate, town.keeper.person_id, clock.now())
    assert come("1", preferred_username="keeper") == 403


def test_groups_of_the_directory_give_and_take_the_roles_that_the_settings_name(
    town: Town, settings: Settings, clock: SetClock
) -> None:
    ruled = settings.model_copy(
        update={
            "oidc_roles_claim": "groups",
            "oidc_roles": "chiefs=officer@440309 all=responder depot-1=keeper@STR-0001 lost=keeper@NOWHERE",
        }
    )

    def roles(groups: Any, more: Settings = ruled) -> set[tuple[Role, str | None, bool]]:
        said = {"iss": settings.oidc_issuer, "sub": "1", "preferred_username": "keeper2", "groups": groups}

        def come(session: Session) -> list[Any]:
            person = person_for(session, more, said, clock.now())
            held = select(Assignment).where(Assignment.person_id == person.id, not_over(clock.now()))
            return [(one.role, one.district_code, one.depot_id) for one in session.execute(held).scalars()]

        return {(role, district, depot is not None) for role, district, depot in town.run(come)}

    own = (Role.KEEPER, None, True)  # at the other depot, given here
    with pytest.raises(Refusal, match="NOWHERE"):
        roles([])
    ruled = ruled.model_copy(update={"oidc_roles": ruled.oidc_roles.removesuffix(" lost=keeper@NOWHERE")})
    assert roles(["chiefs", "all"], ruled) == {own, (Role.OFFICER, "440309", False), (Role.RESPONDER, None, False)}
    assert roles("all", ruled) == {own, (Role.RESPONDER, None, False)}
    assert roles(None, ruled) == {own}


def test_a_group_that_is_gone_does_not_take_the_last_administrator_away(town: Town, settings: Settings) -> None:
    """Else a group renamed in the directory shuts everybody out."""
    ruled = settings.model_copy(update={"oidc_roles_claim": "groups", "oidc_roles": "boss=administrator"})
    held = select(Assignment.person_id).where(Assignment.role == Role.ADMINISTRATOR, not_over(NOW))

    def rule() -> set[Any]:
        return set(town.run(lambda session: session.execute(held).scalars().all()))

    claims = {"iss": settings.oidc_issuer, "sub": "1", "preferred_username": "admin", "groups": []}
    town.run(person_for, ruled, claims, NOW)
    assert rule() == {town.callers["admin"].person_id}
    other = town.person("second", Duty(Role.ADMINISTRATOR))
    town.run(person_for, ruled, claims, NOW)
    assert rule() == {other.person_id}


async def test_passwords_may_be_left_to_administrators_or_to_nobody(
    client: httpx.AsyncClient, town: Town, settings: Settings, context: AppContext
) -> None:
    for account in ("keeper", "admin"):
        town.run(give_password, town.callers[account].person_id, hashed(PASSWORD))
    refused = await sign_in(client, "keeper", PASSWORD)
    assert refused.status_code == 403 and "session" not in client.cookies
    assert (await client.post("/api/sign-in", json={"account": "keeper", "password": PASSWORD})).status_code == 403
    assert (await sign_in(client, "admin", PASSWORD)).status_code == 303
    path = f"/api/people/{town.keeper.person_id}/access/link"
    assert (await client.post(path, headers=town.auth("admin"), json={})).status_code == 409
    token = await csrf_of(client, "/account")
    assert token


def test_settings_that_cannot_work_are_refused_at_the_start(settings: Settings) -> None:
    assert unusable_settings(settings) == []
    for changes, named in (
        ({"oidc_client_id": None}, "READYSHELF_OIDC_CLIENT_ID"),
        ({"oidc_issuer": None}, "READYSHELF_PASSWORDS"),
        ({"oidc_roles": "a=keeper"}, "READYSHELF_OIDC_ROLES_CLAIM"),
        ({"oidc_roles": "a=king", "oidc_roles_claim": "groups"}, "a=king"),
    ):
        assert named in "; ".join(unusable_settings(settings.model_copy(update=changes))), changes
    with pytest.raises(SettingsError, match="OIDC_ISSUER"):
        load_settings(oidc_issuer="http://directory.example.org")
    assert read_roles("x=officer@440305")[0].place == "440305"
