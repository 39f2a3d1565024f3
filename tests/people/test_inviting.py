"""Everybody without a way in is invited at once: each only once, and nobody beyond what the caller answers for."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from sqlalchemy import select

from core.context import AppContext
from jobs.channels.models import Mail
from people.access import invite
from people.accounts import add_person, assign, deactivate
from people.inviting import invite_all, number_uninvited
from people.models import Role
from people.policy import Duty
from tests.clock import SetClock
from tests.conftest import Town, give_password, hashed
from tests.mailbox import Mailbox
from tests.people.test_links import mailbox, one_mailbox, settings  # noqa: F401 - fixtures


def newcomers(town: Town) -> None:
    """In the officer's district: one fresh, one invited before, one closed, one without address, one of two duties."""
    here = Duty(Role.KEEPER, depot_id=town.depot.id)
    for account in ("fresh", "before", "closed"):
        town.person(account, here)
    town.person("double", here, Duty(Role.KEEPER, depot_id=town.other.id))
    town.person("elsewhere", Duty(Role.KEEPER, depot_id=town.other.id))
    now = town.context.clock.now()
    town.run(invite, town.callers["admin"], town.callers["before"].person_id, town.context.settings, now, by_mail=False)
    town.run(deactivate, town.callers["closed"].person_id, now)

    def silent(session: Any) -> None:
        assign(session, add_person(session, "silent", "默", now).id, here.role, depot_id=here.depot_id)

    town.run(silent)


def addressed(town: Town) -> set[str]:
    return town.run(lambda session: set(session.execute(select(Mail.address)).scalars()))  # type: ignore[no-any-return]


def test_each_is_invited_once_within_what_the_caller_answers_for(town: Town, clock: SetClock) -> None:
    for account in town.duties():
        town.run(give_password, town.callers[account].person_id, hashed("a-long-password"))
    newcomers(town)
    officer, served = town.callers["officer"], town.context.settings
    assert town.run(number_uninvited, officer, served, clock.now()) == 1
    assert town.run(invite_all, officer, served, clock.now()) == (1, 0)
    assert addressed(town) == {"fresh@example.org"}
    assert town.run(invite_all, town.callers["admin"], served, clock.now()) == (2, 0)
    assert addressed(town) == {f"{name}@example.org" for name in ("fresh", "double", "elsewhere")}
    assert town.run(invite_all, town.callers["admin"], served, clock.now()) == (0, 0)


def test_two_presses_at_once_mail_once(town: Town, clock: SetClock) -> None:
    newcomers(town)
    admin, served = town.callers["admin"], town.context.settings
    with ThreadPoolExecutor(2) as two:
        presses = [two.submit(town.run, invite_all, admin, served, clock.now()) for _ in range(2)]
        sent = sorted(press.result()[0] for press in presses)
    assert sent[0] == 0 and sent[1] == len(addressed(town)) > 3


async def test_the_page_offers_it_and_a_program_may_ask(
    client: httpx.AsyncClient,
    context: AppContext,
    town: Town,
    mailbox: Mailbox,  # noqa: F811
) -> None:
    newcomers(town)
    admin = town.auth("admin")
    assert 'action="/people/invitations"' in (await client.get("/people", headers=admin)).text
    assert (await client.post("/api/people/invitations", headers=town.auth("keeper"))).status_code == 403
    answer = await client.post("/people/invitations", headers=admin)
    assert (answer.status_code, answer.headers["location"]) == (303, "/people?invited=8")
    page = (await client.get("/people?invited=8", headers=admin)).text
    assert "8 封邀请邮件" in page
    assert 'action="/people/invitations"' not in page
    assert (await client.post("/api/people/invitations", headers=admin)).json() == {"invited": 0, "waiting": 0}
