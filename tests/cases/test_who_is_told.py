"""Who is told what, and when: roles and not people, one digest a day, the next rung after silence, bounces shown."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from core.settings import Settings
from depots.models import Depot
from people.accounts import add_person, assign
from people.models import Role
from tests.cases.command_line import command
from tests.cases.conftest import Speaker
from tests.conftest import Town
from tests.mailbox import Mailbox, text_of

TODAY = date(2026, 11, 23)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox().open()
    yield box
    box.close()


@pytest.fixture
def settings(settings: Settings, mailbox: Mailbox) -> Settings:
    return settings.model_copy(update={"smtp_url": mailbox.url})


@pytest.fixture
def a_day(town: Town, mailbox: Mailbox, move_clock: Callable[..., None]) -> Callable[[], list[str]]:
    """Sweep and send as every morning; who got mail this day. Then the next day comes."""

    def pass_by() -> list[str]:
        before = len(mailbox.received)
        for arguments in (("sweep",), ("jobs", "run", "urgent"), ("jobs", "run", "mail")):
            command(town, *arguments)
        move_clock(days=1)
        return sorted(str(mail["To"]).partition("@")[0] for mail in mailbox.received[before:])

    return pass_by


def on_the_street(session: Session, town: Town) -> None:
    """An officer of the sub-district that the town's depot lies in, and somebody who will be its keeper."""
    now = town.context.clock.now()
    session.get_one(Depot, town.depot.id).subdistrict_code = "440305-01"
    street = add_person(session, "street", "街道 女士", now, email="street@example.org")
    assign(session, street.id, Role.OFFICER, subdistrict_code="440305-01")
    add_person(session, "newcomer", "新来 先生", now, email="newcomer@example.org")


async def hand_over(town: Town, who: Callable[[str], Speaker]) -> None:
    """The keeper leaves, the newcomer comes, the officer looks on."""
    address = "/depots/STR-0001/keepers"

    async def step(speaker: Speaker, **form: Any) -> None:
        await speaker.send(address, 303, data={"id": str(uuid4()), **form})

    await step(who("officer"), act="start", leaver="keeper", comer="newcomer", reason="调岗")
    running = (await who("officer").ask(f"/api{address}"))["running"]["id"]
    for account in ("keeper", "newcomer", "officer"):
        await step(who(account), act="sign", handover=running)


async def test_T94_mail_goes_to_the_role_at_the_depot_climbs_after_three_days_and_a_bounce_is_shown(
    admin: Speaker, speak: Callable[[str], Speaker], town: Town, mailbox: Mailbox, a_day: Callable[[], list[str]]
) -> None:
    town.run(on_the_street, town)
    town.tokens["newcomer"] = command(town, "token", "newcomer").strip()
    await hand_over(town, speak)
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    days = [a_day() for _ in range(7)]
    assert days[0] == ["newcomer"], "who keeps the depot now, not who left"
    assert days[3] == ["street"], "nobody has answered for three days"
    assert days[6] == ["officer"]
    assert [day for number, day in enumerate(days) if number % 3] == [[]] * 4, "and nobody is told twice"
    mailbox.refuses = {"newcomer@example.org"}
    town.stock("MED-013", "2", expires_on=TODAY, number="second")
    assert "newcomer" not in a_day()
    page = await admin.read("/mails")
    assert "newcomer@example.org" in page and "no such mailbox" in page


async def test_T95_forty_things_on_one_day_are_one_mail_and_the_urgent_ones_stand_apart(
    keeper: Speaker, town: Town, mailbox: Mailbox, a_day: Callable[[], list[str]]
) -> None:
    for number in range(40):  # a batch each; the digest counts alerts, whatever their number
        town.stock("MED-013", "1", expires_on=TODAY - timedelta(1), number=f"N{number}")
    town.stock("MED-004", "1", expires_on=TODAY - timedelta(1))  # an AED's pads
    town.stock("RIO-007", "1", expires_on=TODAY - timedelta(1))  # controlled
    assert a_day() == ["keeper", "keeper"]
    urgent, digest = sorted(map(text_of, mailbox.received), key=len)
    assert "AED" in urgent and "生理盐水" not in urgent
    assert "生理盐水" in digest and "电极片" not in digest
    rows = (await keeper.ask("/api/alerts", kind="expired", limit=200))["items"]
    assert {row["item"] for row in rows if row["urgent"]} == {"MED-004", "RIO-007"}
    assert len(rows) == 42
    assert a_day() == [], "and not again every day"
