"""One-time links: invitations, forgotten passwords, another e-mail address; who may make them for whom."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
from litestar import Litestar
from sqlalchemy import select

from core.context import AppContext
from core.errors import Refusal
from core.logs import set_up_logs
from core.settings import Settings
from jobs.channels.models import Mail
from jobs.channels.outbox import deliver_mails
from people.access import access_of, invite
from people.accounts import deactivate, set_password
from people.identities import person_for
from people.links import mail_link, make_link, set_password_by_link
from people.looking_after import PersonChange, RoleAt, change, give, reactivate
from people.models import AccountLink, Person, Purpose, Role
from people.policy import Duty
from people.sign_in import issue_token
from tests.clock import SetClock
from tests.conftest import NOW, Town, give_password, hashed
from tests.inventory.exchange.conftest import Importing
from tests.mailbox import Mailbox, text_of
from tests.people.test_sign_in import csrf_of, sign_in

PASSWORD, ANOTHER = "a-long-password", "another-long-one"


@pytest.fixture(scope="module")
def one_mailbox() -> Iterator[Mailbox]:
    """One for all tests here: with other settings each would build an application of its own."""
    box = Mailbox().open()
    yield box
    box.close()


@pytest.fixture
def mailbox(one_mailbox: Mailbox) -> Mailbox:
    one_mailbox.received.clear()
    return one_mailbox


@pytest.fixture
def settings(database_url: str, tmp_path: Path, mailbox: Mailbox) -> Settings:
    return Settings(
        database_url=database_url,
        var_dir=tmp_path / "var",
        secret="s" * 32,
        run_jobs=False,
        base_url="http://depots.example.org",
        smtp_url=mailbox.url,
    )


@pytest.fixture
def with_password(town: Town) -> Town:
    for account in ("keeper", "admin", "officer"):
        town.run(give_password, town.callers[account].person_id, hashed(PASSWORD))
    return town


def sent_link(context: AppContext, mailbox: Mailbox, address: str) -> str:
    """The path of the link in the last mail to an address; what waits is sent first."""
    assert context.settings.smtp is not None
    deliver_mails(context, context.settings.smtp)
    found = re.search(r"http://depots\.example\.org(/\S+)", text_of(mailbox.to(address)[-1]))
    assert found is not None
    return found[1]


async def choose(client: httpx.AsyncClient, path: str, password: str) -> httpx.Response:
    form = {"password": password, "_csrf_token": await csrf_of(client, path)}
    return await client.post(path, data=form)


async def test_an_invited_person_chooses_a_password_once_and_signs_in_with_it(
    client: httpx.AsyncClient, town: Town, mailbox: Mailbox, context: AppContext
) -> None:
    headers = town.auth("officer")
    keeper = town.keeper.person_id
    assert (await sign_in(client, "keeper", "")).status_code == 401, "an invited account has no password"
    made = await client.post(f"/api/people/{keeper}/access/link", headers=headers, json={"mail": True})
    assert (made.status_code, made.json()["address"], made.json()["purpose"]) == (201, None, "invitation")
    path = sent_link(context, mailbox, "keeper@example.org")
    assert (await client.get(path)).status_code == 200
    assert (await client.get(path)).status_code == 200, "looking uses nothing up"
    assert (await choose(client, path, "short")).status_code == 422
    assert (await choose(client, path, PASSWORD)).headers["location"] == "/sign-in?done=password"
    assert (await client.get(path)).status_code == 404
    assert (await sign_in(client, "keeper", PASSWORD)).status_code == 303


async def test_a_link_runs_out_gives_way_to_a_newer_one_and_ends_with_the_account(
    client: httpx.AsyncClient, town: Town, clock: SetClock, context: AppContext
) -> None:
    admin, keeper = town.callers["admin"], town.keeper.person_id

    def made() -> str:
        link = town.run(invite, admin, keeper, context.settings, clock.now(), by_mail=False)
        return str(link.address).removeprefix("http://depots.example.org")

    first, second = made(), made()
    assert first.startswith("/invitation/") and first != second
    assert (await client.get(first)).status_code == 404
    clock.instant += timedelta(days=7)
    assert (await client.get(second)).status_code == 404
    third = made()
    assert (await client.get(third)).status_code == 200
    assert (await client.get(third.replace("/invitation/", "/sign-in/email/"))).status_code == 404, "another purpose"
    town.run(deactivate, keeper, clock.now())
    assert (await client.get(third)).status_code == 404
    town.run(reactivate, admin, keeper, clock.now())
    assert (await client.get(third)).status_code == 404, "it does not come back with the account"
    over = await client.get("/invitation/" + "A" * 43, headers={"Accept": "text/html", "Accept-Language": "en"})
    assert over.status_code == 404
    assert "This link no longer works" in over.text and 'href="/sign-in/forgotten"' in over.text, "it says what to do"


def open_links(town: Town, person_id: UUID) -> int:
    living = select(AccountLink.id).where(AccountLink.person_id == person_id, AccountLink.expires_at > NOW)
    return len(town.run(lambda s: s.execute(living).all()))


def test_a_link_ends_with_what_makes_it_dangerous(town: Town, context: AppContext) -> None:
    """Another address, a password set otherwise, or a role that its maker may not give."""
    chief = town.person("chief", Duty(Role.OFFICER, "440305"))
    admin, keeper, settings = town.callers["admin"], town.keeper.person_id, context.settings
    acts: list[tuple[Any, ...]] = [
        (change, chief, keeper, PersonChange(email="right@example.org"), NOW),
        (set_password, keeper, hashed(PASSWORD), NOW),
        (give, admin, keeper, RoleAt(Role.KEEPER, "depot", "IND-0002"), NOW),
        (give, admin, keeper, RoleAt(Role.ADMINISTRATOR, "city"), NOW),
    ]
    for act in acts:
        town.run(make_link, settings, keeper, Purpose.PASSWORD, NOW, timedelta(days=1), by=chief.person_id)
        assert open_links(town, keeper) == 1
        town.run(*act)
        assert open_links(town, keeper) == 0, act[0]
    for of_maker in (admin.person_id, keeper, None):
        town.run(make_link, settings, keeper, Purpose.PASSWORD, NOW, timedelta(days=1), by=of_maker)
        town.run(give, admin, keeper, RoleAt(Role.AUDITOR, "city", until=NOW.date()), NOW)
        town.run(give, admin, keeper, RoleAt(Role.AUDITOR, "city"), NOW)
        assert open_links(town, keeper) == 1, "of somebody who may give the role, or of the person"


def test_a_password_that_an_officer_may_know_is_changed_before_rights_grow(town: Town, context: AppContext) -> None:
    chief, admin = town.person("chief", Duty(Role.OFFICER, "440305")), town.callers["admin"]
    keeper, settings, boss = town.keeper.person_id, context.settings, RoleAt(Role.ADMINISTRATOR, "city")

    def by_link(minute: int, mailed: bool = False) -> None:
        now = NOW + timedelta(minutes=minute)
        link = town.run(make_link, settings, keeper, Purpose.PASSWORD, now, timedelta(days=1), by=chief.person_id)
        if mailed:
            person = town.run(lambda session: session.get_one(Person, keeper))
            town.run(mail_link, settings, person, link, now)
        token = link.address.rpartition("/")[2]
        town.run(set_password_by_link, token, hashed(PASSWORD), settings, now)

    by_link(1)
    assert town.run(give, admin, keeper, RoleAt(Role.KEEPER, "district", "440305"), NOW), "the chief gives that himself"
    with pytest.raises(Refusal) as refused:
        town.run(give, admin, keeper, boss, NOW + timedelta(minutes=2))
    assert refused.value.kind == "known-password"
    town.run(set_password, keeper, hashed(PASSWORD), NOW + timedelta(minutes=3), by=keeper)
    assert town.run(give, admin, keeper, boss, NOW + timedelta(minutes=4))
    by_link(5, mailed=True)
    assert town.run(give, admin, keeper, RoleAt(Role.AUDITOR, "city"), NOW + timedelta(minutes=6)), "nobody saw it"


def test_roles_of_the_directory_and_of_a_file_end_a_lessers_links_too(
    town: Town, context: AppContext, tmp_path: Path
) -> None:
    importing = Importing(town)
    chief = town.person("chief", Duty(Role.OFFICER, "440305"))
    keeper = town.keeper.person_id
    said = {"oidc_issuer": "https://id.example.org", "oidc_roles_claim": "groups", "oidc_roles": "boss=officer@440305"}
    settings = context.settings.model_copy(update=said)
    claims = {"iss": "https://id.example.org", "sub": "7", "preferred_username": "keeper", "groups": ["boss"]}
    path = tmp_path / "people.csv"
    path.write_text("account,role,level,code\nkeeper,auditor,city,\n", encoding="utf-8")
    for act in (lambda: town.run(person_for, settings, claims, NOW), lambda: importing.go("people", path)):
        town.run(make_link, settings, keeper, Purpose.PASSWORD, NOW, timedelta(days=1), by=chief.person_id)
        act()
        assert open_links(town, keeper) == 0


@pytest.mark.heavy
async def test_a_forgotten_password_is_set_anew_by_mail_and_ends_sessions_and_tokens(
    client: httpx.AsyncClient, with_password: Town, mailbox: Mailbox, context: AppContext, clock: SetClock
) -> None:
    await sign_in(client, "keeper", PASSWORD)
    answers = []
    for named in ("keeper", "KEEPER@example.org", "nobody", ""):
        form = {"account": named, "_csrf_token": await csrf_of(client, "/sign-in/forgotten")}
        answer = await client.post("/sign-in/forgotten", data=form)
        answers.append((answer.status_code, re.sub(r'value="[0-9a-f]+"', "", answer.text)))
    assert len(set(answers)) == 1 and answers[0][0] == 200, "the same answer whether or not there is an account"
    path = sent_link(context, mailbox, "keeper@example.org")
    assert len(mailbox.received) == 2
    assert path.startswith("/sign-in/password/")
    assert (await choose(client, path, ANOTHER)).status_code == 303
    assert (await client.get("/api/me")).status_code == 401, "the browser's session has ended"
    assert (await client.get("/api/me", headers=with_password.auth())).status_code == 401, "and the token"
    assert (await sign_in(client, "keeper", PASSWORD)).status_code == 401
    assert (await sign_in(client, "keeper", ANOTHER)).status_code == 303
    assert context.settings.smtp is not None
    deliver_mails(context, context.settings.smtp)
    assert "密码" in str(mailbox.to("keeper@example.org")[-1]["Subject"]), "and the person is told"


async def test_links_for_forgotten_passwords_are_asked_for_only_so_often(
    client: httpx.AsyncClient, with_password: Town, context: AppContext, clock: SetClock
) -> None:
    token = await csrf_of(client, "/sign-in/forgotten")
    for _ in range(10):
        form = {"account": "keeper", "_csrf_token": token}
        assert (await client.post("/sign-in/forgotten", data=form)).status_code == 200
    refused = await client.post("/sign-in/forgotten", data={"account": "keeper", "_csrf_token": token})
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    mails = with_password.run(lambda session: session.execute(select(Mail).where(Mail.kind == "account")).all())
    assert len(mails) == 5, "and nobody's mailbox is flooded"
    assert (await sign_in(client, "keeper", PASSWORD)).status_code == 303, "signing in is counted for itself"


async def test_no_token_is_in_the_database_or_in_the_log(
    application: Litestar,
    client: httpx.AsyncClient,
    town: Town,
    mailbox: Mailbox,
    context: AppContext,
    clock: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    town.run(invite, town.callers["admin"], town.keeper.person_id, context.settings, clock.now(), by_mail=True)
    path = sent_link(context, mailbox, "keeper@example.org")
    token = path.rpartition("/")[2]
    assert len(token) == 43

    def everything(session: Any) -> str:
        tables = [*AccountLink.metadata.sorted_tables]
        return "\n".join(str(row) for table in tables for row in session.execute(select(table)).all())

    assert token not in town.run(everything)
    log = io.StringIO()
    monkeypatch.setattr("sys.stderr", log)
    set_up_logs(context.settings)
    try:
        structlog.get_logger().error("request failed", path=path, cookie=f"session={town.tokens['keeper']}")
    finally:
        structlog.reset_defaults()
    assert "/invitation/(secret)" in log.getvalue() and town.tokens["keeper"] not in log.getvalue()


async def test_the_link_is_on_the_configured_address_whatever_host_is_asked_for(
    client: httpx.AsyncClient, with_password: Town, mailbox: Mailbox, context: AppContext
) -> None:
    form = {"account": "keeper", "_csrf_token": await csrf_of(client, "/sign-in/forgotten")}
    await client.post("/sign-in/forgotten", data=form, headers={"host": "evil.example", "x-forwarded-host": "evil"})
    sent_link(context, mailbox, "keeper@example.org")
    assert "evil" not in mailbox.received[-1].as_string()


async def test_another_address_is_theirs_once_its_link_is_opened(
    client: httpx.AsyncClient, with_password: Town, mailbox: Mailbox, context: AppContext
) -> None:
    await sign_in(client, "keeper", PASSWORD)

    async def ask(current: str, email: str) -> httpx.Response:
        form = {"current": current, "email": email, "_csrf_token": await csrf_of(client, "/account")}
        return await client.post("/account/email", data=form)

    def email() -> str | None:
        return with_password.run(lambda session: session.get_one(Person, with_password.keeper.person_id).email)

    assert (await ask("wrong-password", "new@example.org")).status_code == 422
    for wrong in ("", "nonsense", "a@b, c@d", "keeper@example.org"):
        assert (await ask(PASSWORD, wrong)).status_code == 422, wrong
    assert (await ask(PASSWORD, "new@example.org")).status_code == 200
    assert email() == "keeper@example.org"
    path = sent_link(context, mailbox, "new@example.org")
    assert (await client.get(path)).status_code == 200 and email() == "keeper@example.org"
    assert (await client.post(path, data={"_csrf_token": await csrf_of(client, path)})).status_code == 200
    assert email() == "new@example.org"
    assert (await client.get(path)).status_code == 404
    assert context.settings.smtp is not None
    deliver_mails(context, context.settings.smtp)
    assert mailbox.to("keeper@example.org"), "the old address is told"
    again = [(await ask(PASSWORD, f"stranger{number}@example.org")).status_code for number in range(5)]
    assert again == [200, 200, 200, 200, 429], "nobody floods strangers with our mails"


@pytest.mark.heavy
async def test_a_reset_ends_the_password_at_once_and_shows_a_code(
    client: httpx.AsyncClient, with_password: Town, context: AppContext
) -> None:
    await sign_in(client, "officer", PASSWORD)
    path = f"/people/{with_password.keeper.person_id}"
    form = {"how": "show", "_csrf_token": await csrf_of(client, f"{path}/access")}
    page = (await client.post(f"{path}/link", data=form)).text
    assert 'class="qr"' in page
    found = re.search(r"http://depots\.example\.org(/sign-in/password/[\w-]{43})<", page)
    assert found is not None
    client.cookies.clear()
    assert (await sign_in(client, "keeper", PASSWORD)).status_code == 401
    assert (await client.get("/api/me", headers=with_password.auth())).status_code == 401
    assert (await choose(client, found[1], ANOTHER)).status_code == 303
    assert (await sign_in(client, "keeper", ANOTHER)).status_code == 303


async def test_who_manages_a_person_sees_and_ends_sessions_and_tokens_at_once(
    client: httpx.AsyncClient, with_password: Town, context: AppContext
) -> None:
    town, officer = with_password, with_password.auth("officer")
    await sign_in(client, "keeper", PASSWORD)
    path = f"/api/people/{town.keeper.person_id}/access"
    listed = (await client.get(path, headers=officer)).json()["credentials"]
    assert sorted(one["kind"] for one in listed) == ["session", "token"]
    token = next(one for one in listed if one["kind"] == "token")
    left = (await client.post(f"{path}/end", headers=officer, json={"id": token["id"]})).json()
    assert [one["kind"] for one in left["credentials"]] == ["session"]
    assert (await client.get("/api/me", headers=town.auth())).status_code == 401
    assert (await client.get("/api/me")).status_code == 200
    assert (await client.post(f"{path}/end", headers=officer, json={})).json()["credentials"] == []
    assert (await client.get("/api/me")).status_code == 401


def said(answer: httpx.Response) -> dict[str, Any]:
    """What a problem says, but for the id of its request."""
    return {name: value for name, value in answer.json().items() if name != "request_id"}


async def test_an_officer_of_a_district_manages_only_who_is_below_them_in_it(
    client: httpx.AsyncClient, town: Town, clock: SetClock, context: AppContext
) -> None:
    theirs = town.person("theirs", Duty(Role.KEEPER, depot_id=town.depot.id), Duty(Role.RESPONDER, "440305"))
    beyond = [
        town.callers["keeper2"],
        town.callers["admin"],
        town.callers["officer"],
        town.callers["responder"],
        town.person("peer", Duty(Role.OFFICER, district_code="440305")),
        town.person("both", Duty(Role.KEEPER, depot_id=town.depot.id), Duty(Role.KEEPER, depot_id=town.other.id)),
        town.person("new"),
    ]
    assert town.run(access_of, town.callers["officer"], theirs.person_id, context.settings, clock.now())
    headers = {"Authorization": f"Bearer {town.run(issue_token, 'officer', 'walk', clock.now())}"}
    unknown = said(await client.get(f"/api/people/{town.depot.id}/access", headers=headers))
    for person in beyond:
        path = f"/api/people/{person.person_id}/access"
        for method, address, body in (("GET", path, None), ("POST", f"{path}/link", {}), ("POST", f"{path}/end", {})):
            answer = await client.request(method, address, headers=headers, json=body)
            told = (answer.status_code, said(answer)) == (404, unknown)
            assert told or (answer.status_code, person.account) == (403, "both"), (person.account, address)
        pages = (
            ("GET", "access"),
            ("POST", "link"),
            ("POST", "sign-out"),
            ("POST", f"credentials/{theirs.person_id}/revoke"),
        )
        for method, page in pages:
            answer = await client.request(method, f"/people/{person.person_id}/{page}", headers=headers)
            assert answer.status_code == (403 if person.account == "both" else 404), (person.account, page)
    for person in beyond[:2]:
        assert town.run(access_of, town.callers["admin"], person.person_id, context.settings, clock.now())
