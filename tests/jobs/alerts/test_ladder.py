"""Who hears of an alert, when, and who is next if nobody answers."""

from datetime import date, timedelta

import httpx
from sqlalchemy import select

from core.settings import Settings
from jobs.alerts.alerts import AlertFilters, acknowledge, alerts, snooze
from jobs.alerts.sweep import sweep_city
from jobs.channels.mail.subscription import choose_digests, mark_of, note_bounce
from jobs.channels.models import Mail
from jobs.digests.digests import write_digests
from tests.clock import SetClock
from tests.conftest import Town

TODAY = date(2026, 11, 23)


def a_day(town: Town, clock: SetClock, settings: Settings | None = None) -> list[tuple[str, str]]:
    """Sweep and write; who got which kind of mail this day. Then the next day comes."""
    sweep_city(town.context.database, clock.today(), clock.now())
    write_digests(town.context.database, settings or town.context.settings, clock.today(), clock.now())
    found = select(Mail.address, Mail.kind).where(Mail.created_at == clock.now())
    mails = sorted(
        (who.partition("@")[0], kind) for who, kind in town.run(lambda session: session.execute(found).all())
    )
    clock.instant += timedelta(days=1)
    return mails


def test_T94_unanswered_it_goes_from_the_keeper_to_the_district_and_then_to_the_city(
    town: Town, clock: SetClock
) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    days = [a_day(town, clock) for _ in range(10)]
    told = {day: mails for day, mails in enumerate(days) if mails}
    assert told == {0: [("keeper", "digest")], 3: [("officer", "digest")], 6: [("admin", "digest")]}


def test_what_somebody_has_answered_climbs_no_further(town: Town, clock: SetClock) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    a_day(town, clock)
    [alert] = town.run(alerts, town.keeper, AlertFilters(), 10).items
    town.run(acknowledge, town.keeper, alert.id, clock.now())
    assert [a_day(town, clock) for _ in range(8)] == [[]] * 8


def test_a_snoozed_alert_is_told_anew_on_its_date_and_once(town: Town, clock: SetClock) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    a_day(town, clock)
    [alert] = town.run(alerts, town.keeper, AlertFilters(), 10).items
    town.run(snooze, town.keeper, alert.id, TODAY + timedelta(5), clock.now(), clock.today())
    days = [a_day(town, clock) for _ in range(6)]
    assert days == [[], [], [], [], [("keeper", "digest")], []]


def test_T95_urgent_gear_is_told_apart_from_the_digest(town: Town, clock: SetClock) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    town.stock("MED-004", "1", expires_on=TODAY - timedelta(1))
    assert a_day(town, clock) == [("keeper", "digest"), ("keeper", "urgent")]


def test_a_mailbox_that_does_not_exist_counts_as_an_empty_rung(town: Town, clock: SetClock) -> None:
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    a_day(town, clock)
    [mail_id] = town.run(lambda session: session.execute(select(Mail.id)).scalars().all())
    town.run(note_bounce, mail_id, clock.now(), "550 no such mailbox")
    assert a_day(town, clock) == [("officer", "digest")]


def test_who_wants_no_digest_still_gets_what_is_urgent(town: Town, clock: SetClock) -> None:
    town.run(choose_digests, town.keeper.person_id, wanted=False)
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    town.stock("MED-004", "1", expires_on=TODAY - timedelta(1))
    assert a_day(town, clock) == [("keeper", "urgent"), ("officer", "digest")]


async def test_one_click_unsubscribes_and_a_forged_address_does_not(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    mark = mark_of("s" * 32, town.keeper.person_id)
    answer = await client.post(f"/unsubscribe/{mark}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert (await client.post(f"/unsubscribe/{mark[:-1]}x")).status_code == 404
    town.stock("MED-013", "6", expires_on=TODAY - timedelta(1))
    assert a_day(town, clock) == [("officer", "digest")]
