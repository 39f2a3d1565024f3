"""Answering alerts by the page and by the API: at it, or not before a date; how bad they are; and the quiet hours."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select

from core.settings import Settings
from jobs.alerts.alerts import SNOOZE_LONGEST, AlertFilters, alerts, snooze
from jobs.alerts.ladder import quiet_until
from jobs.alerts.models import Alert
from jobs.alerts.sweep import sweep_city
from jobs.causes.kinds import AlertKind, Severity, severity_of
from jobs.channels.models import Mail
from jobs.digests.digests import write_digests, write_urgent_mails
from tests.clock import SetClock
from tests.conftest import ZONE, Town

TODAY = date(2026, 11, 23)
NIGHT = (time(22), time(7))


def expired(town: Town, item: str = "MED-013") -> Any:
    """An alert of something that has expired."""
    town.stock(item, "6", expires_on=town.context.clock.today() - timedelta(1))
    sweep_city(town.context.database, town.context.clock.today(), town.context.clock.now())
    return town.run(alerts, town.keeper, AlertFilters(), 10).items[0]


def kinds_written(town: Town) -> list[tuple[str, str]]:
    found = select(Mail.address, Mail.kind).where(Mail.created_at == town.context.clock.now())
    rows = town.run(lambda session: session.execute(found).all())
    return sorted((address.partition("@")[0], kind) for address, kind in rows)


async def test_an_alert_is_put_aside_by_the_api_and_the_list_says_until_when_and_by_whom(
    client: httpx.AsyncClient, town: Town
) -> None:
    alert = expired(town)
    until = (TODAY + timedelta(5)).isoformat()
    path = f"/api/alerts/{alert.id}/snooze"
    assert (await client.post(path, headers=town.auth(), json={"until": until})).status_code == 204
    listed = await client.get("/api/alerts?state=snoozed", headers=town.auth())
    [row] = listed.json()["items"]
    assert (row["snoozed_until"], row["acknowledged_by"]) == (until, "keeper 先生")
    assert (await client.get("/api/alerts?state=new", headers=town.auth())).json()["items"] == []
    assert len((await client.get("/api/alerts", headers=town.auth())).json()["items"]) == 1


@pytest.mark.parametrize("days", [0, -1, SNOOZE_LONGEST + 1, 4000])
async def test_not_into_the_past_nor_for_ever(client: httpx.AsyncClient, town: Town, days: int) -> None:
    alert = expired(town)
    until = (TODAY + timedelta(days)).isoformat()
    answer = await client.post(f"/api/alerts/{alert.id}/snooze", headers=town.auth(), json={"until": until})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "until"


async def test_who_does_not_answer_there_puts_nothing_aside(client: httpx.AsyncClient, town: Town) -> None:
    alert = expired(town)
    body = {"until": (TODAY + timedelta(5)).isoformat()}
    for who, status in (("keeper2", 404), ("auditor", 403), ("responder", 403)):
        answer = await client.post(f"/api/alerts/{alert.id}/snooze", headers=town.auth(who), json=body)
        assert answer.status_code == status, who
    unknown = await client.post(f"/api/alerts/{uuid4()}/snooze", headers=town.auth(), json=body)
    assert unknown.status_code == 404
    for bad in ({}, {"until": "soon"}, {"until": None}, {"until": "2026-12-01", "for": "ever"}):
        answer = await client.post(f"/api/alerts/{alert.id}/snooze", headers=town.auth(), json=bad)
        assert 400 <= answer.status_code < 500, bad


async def test_the_page_puts_aside_and_answers(client: httpx.AsyncClient, town: Town) -> None:
    alert = expired(town)
    path = f"/alerts/{alert.id}"
    until = (TODAY + timedelta(5)).isoformat()
    assert (await client.post(f"{path}/snooze", headers=town.auth(), data={"until": "never"})).status_code == 422
    answer = await client.post(f"{path}/snooze", headers=town.auth(), data={"until": until})
    assert (answer.status_code, answer.headers["location"]) == (303, "/alerts")
    assert f"已暂缓至 {until}" in (await client.get("/alerts", headers=town.auth())).text


async def test_a_resolved_alert_cannot_be_put_aside(client: httpx.AsyncClient, town: Town) -> None:
    alert = expired(town)
    town.run(lambda session: session.get_one(Alert, alert.id).__setattr__("resolved_at", alert.opened_at))
    body = {"until": (TODAY + timedelta(5)).isoformat()}
    answer = await client.post(f"/api/alerts/{alert.id}/snooze", headers=town.auth(), json=body)
    assert answer.status_code == 409


def test_a_worse_step_wakes_what_was_put_aside(town: Town, clock: SetClock) -> None:
    town.stock("MED-013", "6", expires_on=TODAY + timedelta(5))
    sweep_city(town.context.database, TODAY, clock.now())
    write_digests(town.context.database, town.context.settings, TODAY, clock.now())
    assert kinds_written(town) == [("keeper", "digest")]
    [alert] = town.run(alerts, town.keeper, AlertFilters(), 10).items
    town.run(snooze, town.keeper, alert.id, TODAY + timedelta(60), clock.now(), TODAY)
    for day in range(1, 8):
        clock.instant += timedelta(days=1)
        sweep_city(town.context.database, clock.today(), clock.now())
        write_digests(town.context.database, town.context.settings, clock.today(), clock.now())
        assert kinds_written(town) == ([("keeper", "digest")] if day == 6 else [])


@pytest.mark.parametrize("kind", list(AlertKind))
def test_T95_urgent_gear_makes_any_alert_urgent_and_only_coming_dates_are_mere_notices(kind: AlertKind) -> None:
    assert severity_of(kind, urgent=True) is Severity.URGENT
    notices = (AlertKind.EXPIRING, AlertKind.DATE_MISSING, AlertKind.LABEL_FADING, AlertKind.RECLAIM)
    notice = kind in (*notices, AlertKind.WARRANTY_ENDS)
    assert severity_of(kind, urgent=False) is (Severity.NOTICE if notice else Severity.SERIOUS)


async def test_the_list_says_how_bad_each_is(client: httpx.AsyncClient, town: Town) -> None:
    town.stock("MED-007", "6", expires_on=TODAY + timedelta(5))
    expired(town)
    expired(town, "MED-004")
    rows = (await client.get("/api/alerts", headers=town.auth())).json()["items"]
    assert {row["item"]: row["severity"] for row in rows} == {
        "MED-007": "notice",
        "MED-013": "serious",
        "MED-004": "urgent",
    }


@given(at=some.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), begin=some.times(), end=some.times())
def test_quiet_hours_end_at_their_end_and_are_over_then(at: datetime, begin: time, end: time) -> None:
    now = at.replace(tzinfo=ZONE)
    until = quiet_until((begin, end), now, ZONE)
    inside = begin <= at.time() < end if begin < end else at.time() >= begin or at.time() < end
    assert (until is not None) == (inside and begin != end)
    if until is not None:
        assert until > now
        assert until - now <= timedelta(days=1)
        assert until.time() == end
        assert quiet_until((begin, end), until, ZONE) is None


def test_quiet_hours_are_those_of_the_depots_zone() -> None:
    midnight_in_london = datetime(2026, 11, 23, 0, 30, tzinfo=ZoneInfo("UTC"))  # 08:30 in Shenzhen
    assert quiet_until(NIGHT, midnight_in_london, ZONE) is None
    assert quiet_until(NIGHT, midnight_in_london, ZoneInfo("UTC")) is not None
    assert quiet_until(None, midnight_in_london, ZONE) is None


def test_at_night_only_life_saving_gear_is_told_and_the_rest_in_the_morning(
    town: Town, clock: SetClock, settings: Settings
) -> None:
    quiet = settings.model_copy(update={"quiet_hours": "22:00-07:00"})
    clock.instant = datetime(2026, 11, 23, 23, 0, tzinfo=ZONE)
    for item in ("MED-004", "MED-025", "MED-013"):  # saves lives, regulated, neither
        expired(town, item)
    urgent = {row.item for row in town.run(alerts, town.keeper, AlertFilters(), 10).items if row.urgent}
    assert urgent == {"MED-004", "MED-025"}
    write_urgent_mails(town.context.database, quiet, clock.today(), clock.now())
    write_digests(town.context.database, quiet, clock.today(), clock.now())
    written = town.run(lambda session: session.execute(select(Mail.kind, Mail.next_try_at, Mail.subject)).all())
    assert {kind for kind, _, _ in written} == {"urgent", "digest"}
    for kind, next_try_at, subject in written:
        if kind == "urgent":
            assert next_try_at == clock.now()
            assert "AED" in subject and "另有" not in subject
        else:  # written, and sent when the night is over
            assert next_try_at == datetime(2026, 11, 24, 7, 0, tzinfo=ZONE)
    clock.instant = datetime(2026, 11, 24, 7, 0, tzinfo=ZONE)
    write_urgent_mails(town.context.database, quiet, clock.today(), clock.now())
    assert kinds_written(town) == [("keeper", "urgent")]
