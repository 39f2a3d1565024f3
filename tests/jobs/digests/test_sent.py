"""What was sent to whom and why: the page that answers when somebody says that nobody told them."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from core.settings import Settings, read_smtp_url
from depots.models import Depot
from jobs.alerts.sweep import sweep_city
from jobs.channels.models import Mail
from jobs.channels.outbox import deliver
from jobs.digests.digests import write_digests
from people.accounts import add_person, assign
from people.models import Role
from people.sign_in import issue_token
from tests.clock import SetClock
from tests.conftest import QueryCount, Town
from tests.mailbox import Mailbox

SUBDISTRICT = "440305-01"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox().open()
    yield box
    box.close()


def a_day(town: Town, clock: SetClock, settings: Settings | None = None) -> list[str]:
    """Sweep and write; who was written to this day. Then the next day comes."""
    sweep_city(town.context.database, clock.today(), clock.now())
    write_digests(town.context.database, settings or town.context.settings, clock.today(), clock.now())
    found = select(Mail.address).where(Mail.created_at == clock.now())
    told = sorted(who.partition("@")[0] for who in town.run(lambda session: session.execute(found).scalars().all()))
    clock.instant += timedelta(days=1)
    return told


def street_officer(town: Town) -> str:
    """An officer of the sub-district in which the first depot lies; returns a token."""

    def enter(session: Any) -> str:
        session.get_one(Depot, town.depot.id).subdistrict_code = SUBDISTRICT
        now = town.context.clock.now()
        person = add_person(session, "street", "街道 女士", now, email="street@example.org")
        assign(session, person.id, Role.OFFICER, subdistrict_code=SUBDISTRICT)
        return issue_token(session, "street", "test", now)

    return town.run(enter)


@pytest.mark.heavy
def test_T94_unanswered_it_climbs_keeper_depot_subdistrict_district_city(town: Town, clock: SetClock) -> None:
    street_officer(town)

    def depot_officer(session: Any) -> None:
        person = add_person(session, "chief", "站长", clock.now(), email="chief@example.org")
        assign(session, person.id, Role.OFFICER, depot_id=town.depot.id)

    town.run(depot_officer)
    town.stock("MED-013", "6", expires_on=clock.today() - timedelta(1))
    days = [a_day(town, clock) for _ in range(14)]
    told = {day: who for day, who in enumerate(days) if who}
    assert told == {0: ["keeper"], 3: ["chief"], 6: ["street"], 9: ["officer"], 12: ["admin"]}


async def test_a_sub_districts_officer_sees_its_depots_and_no_other(client: httpx.AsyncClient, town: Town) -> None:
    token = street_officer(town)
    headers = {"Authorization": f"Bearer {token}"}
    depots = (await client.get("/api/depots", headers=headers)).json()["items"]
    assert [depot["code"] for depot in depots] == [town.depot.code]
    assert (await client.get(f"/api/depots/{town.other.code}", headers=headers)).status_code == 404


async def test_a_sub_district_without_depots_is_not_the_whole_city(client: httpx.AsyncClient, town: Town) -> None:
    def enter(session: Any) -> str:
        person = add_person(session, "empty", "空", town.context.clock.now())
        assign(session, person.id, Role.OFFICER, subdistrict_code="440303-01")
        return issue_token(session, "empty", "test", town.context.clock.now())

    headers = {"Authorization": f"Bearer {town.run(enter)}"}
    assert (await client.get("/api/depots", headers=headers)).json()["items"] == []
    assert (await client.get("/account", headers=headers)).status_code == 200
    refused = await client.post("/endpoints", headers=headers, data={"way": "webhook", "least": "notice", "name": "x"})
    assert refused.status_code == 403


async def test_the_page_says_to_whom_by_what_and_why_with_the_rung_and_the_silence_below(
    client: httpx.AsyncClient, town: Town, clock: SetClock, queries: QueryCount
) -> None:
    town.stock("MED-013", "6", expires_on=clock.today() - timedelta(1), number="NS1")
    for _ in range(4):
        a_day(town, clock)
    queries.during()
    listed = await client.get("/mails", headers=town.auth("admin"))
    assert len(queries) <= 12
    assert "officer 先生" in listed.text
    assert "1 × 站点保管员" in listed.text
    assert "1 × 区级物资管理员 · 下级 1 层未处理" in listed.text
    [mail] = town.run(
        lambda session: session.execute(select(Mail).where(Mail.address.like("officer%"))).scalars().all()
    )
    queries.during()
    one = await client.get(f"/mails/{mail.id}", headers=town.auth("admin"))
    assert len(queries) <= 12
    assert "区级物资管理员 · 下级 1 层未处理" in one.text
    assert 'href="/lots/' in one.text
    assert "麻岭街面站" in one.text


async def test_a_bounce_is_shown_with_what_the_mail_server_said_and_can_be_sent_again(
    client: httpx.AsyncClient, town: Town, clock: SetClock, mailbox: Mailbox
) -> None:
    town.stock("MED-013", "6", expires_on=clock.today() - timedelta(1))
    a_day(town, clock)
    mailbox.refuses.add("keeper@example.org")
    send = (town.context.database, clock, read_smtp_url(mailbox.url), "readyshelf@example.org")
    assert deliver(*send).refused == 1
    listed = (await client.get("/mails?state=failed", headers=town.auth("admin"))).text
    assert "退信" in listed
    assert "550 no such mailbox" in listed
    [mail] = town.run(lambda session: session.execute(select(Mail)).scalars().all())
    mailbox.refuses.clear()
    answer = await client.post(f"/mails/{mail.id}/again", headers=town.auth("admin"))
    assert answer.status_code == 303
    assert deliver(*send).sent == 1
    assert (await client.post(f"/mails/{mail.id}/again", headers=town.auth("admin"))).status_code == 409
    assert [message["To"] for message in mailbox.received] == ["keeper@example.org"]


@pytest.mark.heavy
async def test_filters_and_pages_find_one_message_among_many(
    client: httpx.AsyncClient, town: Town, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.digests.pages.ON_A_PAGE", 10)
    for _ in range(12):
        town.stock("MED-013", "6", expires_on=clock.today() - timedelta(1), number=f"N{clock.today()}")
        a_day(town, clock)
    first = (await client.get("/mails?who=keeper", headers=town.auth("admin"))).text
    assert first.count('href="/mails/0') == 10
    cursor = first.partition("cursor=")[2].partition('"')[0]
    rest = (await client.get(f"/mails?who=keeper&cursor={cursor}", headers=town.auth("admin"))).text
    assert rest.count('href="/mails/0') == 2
    for query, count in (("channel=webhook", 0), ("state=sent", 0), ("day=2026-11-23", 1), ("who=50%25", 0)):
        listed = (await client.get(f"/mails?{query}", headers=town.auth("admin"))).text
        assert listed.count('href="/mails/0') == count, query
    for query in ("channel=pigeon", "state=x", "day=tomorrow", "cursor=nonsense"):
        assert (await client.get(f"/mails?{query}", headers=town.auth("admin"))).status_code == 422, query


@pytest.mark.heavy
async def test_an_officer_sees_what_is_about_the_own_depots_alone(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    town.stock("MED-013", "6", expires_on=clock.today() - timedelta(1))
    town.stock("MED-013", "6", shelf=town.other_shelf, expires_on=clock.today() - timedelta(1))
    at_once = town.context.settings.model_copy(update={"escalate_days": 0})
    assert a_day(town, clock, at_once) == ["admin", "keeper", "keeper2", "officer"]
    listed = (await client.get("/mails", headers=town.auth("officer"))).text
    assert listed.count('href="/mails/0') == 2  # keeper's and the own; not keeper2's, nor the city's with both depots
    assert "keeper2" not in listed
    found = select(Mail.id).where(Mail.address == "keeper2@example.org")
    theirs = town.run(lambda session: session.execute(found).scalar_one())
    for path in (f"/mails/{theirs}", f"/mails/{theirs}/again"):
        method = "POST" if path.endswith("again") else "GET"
        assert (await client.request(method, path, headers=town.auth("officer"))).status_code == 404
    assert (await client.get("/mails", headers=town.auth("keeper"))).status_code == 403
