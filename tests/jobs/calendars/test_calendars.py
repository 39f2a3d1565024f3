"""Calendar feeds as a calendar program reads them: parsed by a library of its own, dates read back."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from sqlalchemy import select, update

from inventory.clocks.models import Due
from inventory.documents.loans import Lend, Thing
from inventory.documents.models import Borrower
from inventory.stock.models import Kind
from people.accounts import assign, deactivate
from people.models import Assignment, Role
from tests.clock import SetClock
from tests.conftest import QueryCount, Town, one
from tests.inventory.documents.conftest import Desk

TODAY = date(2026, 11, 23)


async def make(client: httpx.AsyncClient, town: Town, who: str = "keeper", **form: str) -> str:
    """Make a calendar by the page; returns the path of its address."""
    answer = await client.post("/calendars", headers=town.auth(who), data={"language": "zh", **form})
    assert answer.status_code == 200, answer.text
    found = re.search(r"http://testserver\.local(/calendar/[\w-]{40,}\.ics)", answer.text)
    assert found is not None
    return found[1]


async def read(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """The events of a calendar, by summary."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/calendar")
    calendar = Calendar.from_ical(answer.content)
    return {str(event["summary"]): event for event in calendar.walk("VEVENT")}


def lend(town: Town, unit: str, due_at: datetime) -> None:
    """Somebody has borrowed one thing until an instant."""
    lot = town.stock("BRK-014", "1")
    borrower = {"borrower": Borrower.OUTSIDE, "name": "张三", "phone": "13800000000", "unit": unit}
    if not unit:
        borrower = {"borrower": Borrower.RESIDENT, "phone": "0000"}
    lines = [Thing(thing=str(lot))]
    Desk(town).do(Lend, depot=town.depot.code, lines=lines, due_at=due_at, **borrower)


async def test_checks_last_usable_days_and_loans_are_all_day_entries_on_the_depots_dates(
    client: httpx.AsyncClient, town: Town
) -> None:
    lot = town.stock("MED-013", "6", expires_on=TODAY + timedelta(40))
    town.stock("EXT-001", "1")
    # 02:00 on the 27th in Shenzhen is still the 26th in UTC
    lend(town, "南山交警中队", datetime(2026, 11, 26, 18, 0, tzinfo=UTC))
    path = await make(client, town)
    events = await read(client, path)
    [expiry] = [event for name, event in events.items() if "有效期截止" in name]
    assert expiry["dtstart"].dt == TODAY + timedelta(40)
    assert expiry["dtend"].dt == TODAY + timedelta(41)
    assert expiry["dtstart"].params["VALUE"] == "DATE"
    assert str(expiry["url"]) == f"http://testserver.local/lots/{lot}"
    [loan] = [event for name, event in events.items() if "借用到期：南山交警中队" in name]
    assert loan["dtstart"].dt == date(2026, 11, 27)
    due = {day for (day,) in town.run(lambda session: session.execute(select(Due.due_on)).all()) if day}
    checks = [event for name, event in events.items() if "有效期" not in name and "借用" not in name]
    assert {event["dtstart"].dt for event in checks} == {
        day for day in due if TODAY - timedelta(30) <= day <= TODAY + timedelta(180)
    }
    assert checks


async def test_no_line_is_longer_than_75_octets_and_chinese_stays_whole(client: httpx.AsyncClient, town: Town) -> None:
    lend(town, "深圳市南山区粤海街道应急管理服务站联合执法与物资保障工作队第三小组", datetime(2026, 12, 1, tzinfo=UTC))
    path = await make(client, town)
    content = (await client.get(path)).content
    lines = content.split(b"\r\n")
    assert lines[-1] == b""
    assert max(len(line) for line in lines) <= 75
    for line in lines:
        line.decode()  # no line begins or ends inside a character
    assert any(line.startswith(b" ") for line in lines)
    unfolded = content.replace(b"\r\n ", b"").decode()
    assert "第三小组" in unfolded


async def test_the_calendar_says_how_often_to_come_back_and_answers_304_until_something_changes(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    town.stock("MED-013", "6", expires_on=TODAY + timedelta(40))
    path = await make(client, town)
    first = await client.get(path)
    calendar = Calendar.from_ical(first.content)
    assert calendar["refresh-interval"].dt == timedelta(hours=1)
    assert str(calendar["version"]) == "2.0"
    assert str(calendar["name"]) == "备勤架：keeper 先生"
    tag = {"If-None-Match": first.headers["etag"]}
    clock.instant += timedelta(hours=1)
    again = await client.get(path, headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    assert (await client.get(path)).content == first.content
    town.stock("MED-013", "2", expires_on=TODAY + timedelta(40))
    changed = await client.get(path, headers=tag)
    assert changed.status_code == 200
    before, [after] = calendar.walk("VEVENT")[0], Calendar.from_ical(changed.content).walk("VEVENT")
    assert after["uid"] == before["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert after["last-modified"].dt == before["last-modified"].dt + timedelta(hours=1)
    assert "× 8" in str(after["summary"])


async def test_what_is_past_says_so_and_what_is_far_off_is_left_out(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    town.stock("MED-013", "6", expires_on=TODAY + timedelta(1))
    town.stock("MED-007", "6", expires_on=TODAY + timedelta(300))
    path = await make(client, town)
    [name] = await read(client, path)
    assert name.startswith("有效期截止")
    clock.instant += timedelta(days=2)
    [name] = await read(client, path)
    assert name.startswith("逾期：")
    clock.instant += timedelta(days=31)
    assert await read(client, path) == {}


async def test_the_feed_is_in_the_language_that_was_chosen_and_without_names_or_phones_of_borrowers(
    client: httpx.AsyncClient, town: Town
) -> None:
    town.stock("MED-013", "6", expires_on=TODAY + timedelta(40))
    lend(town, "", datetime(2026, 12, 1, tzinfo=UTC))
    path = await make(client, town, language="en")
    text = (await client.get(path)).text
    assert "last usable day: Saline" in text
    assert "loan to come back: a person" in text
    assert "生理盐水" not in text
    assert "0000" not in re.sub(r"https?://\S+|UID:.*|.*T\d{6}Z", "", text)


async def test_a_feed_shows_what_its_person_may_see_at_that_moment(
    client: httpx.AsyncClient, town: Town, clock: SetClock
) -> None:
    town.stock("MED-013", "1", expires_on=TODAY + timedelta(40))
    town.stock("MED-013", "9", shelf=town.other_shelf, expires_on=TODAY + timedelta(40))
    path = await make(client, town)
    depots = await make(client, town, depot=town.depot.code)
    assert len(await read(client, path)) == 1
    town.run(assign, town.keeper.person_id, Role.KEEPER, depot_id=town.other.id)
    assert len(await read(client, path)) == 2
    assert len(await read(client, depots)) == 1
    mine = update(Assignment).where(Assignment.person_id == town.keeper.person_id)
    town.run(lambda session: session.execute(mine.values(depot_id=town.other.id)))
    assert (await client.get(depots)).status_code == 404
    town.run(deactivate, town.keeper.person_id, clock.now())
    assert (await client.get(path)).status_code == 404


async def test_a_revoked_or_guessed_address_leads_nowhere_and_nobody_revokes_anothers(
    client: httpx.AsyncClient, town: Town
) -> None:
    path = await make(client, town)
    listed = (await client.get("/calendars", headers=town.auth())).text
    assert path not in listed
    found = re.search(r'action="(/calendars/[0-9a-f-]+/revoke)"', listed)
    assert found is not None
    await client.post(found[1], headers=town.auth("admin"))
    assert (await client.get(path)).status_code == 200
    await client.post(found[1], headers=town.auth())
    assert (await client.get(path)).status_code == 404
    for guess in ("/calendar/x.ics", "/calendar/%00.ics", path[:-5] + "A.ics"):
        assert (await client.get(guess)).status_code in (400, 404)


@pytest.mark.parametrize(
    ("who", "form", "status"),
    [
        ("keeper", {"depot": "IND-0002"}, 404),
        ("keeper", {"depot": "NO-SUCH"}, 422),
        ("keeper", {"language": "fr"}, 422),
        ("admin", {}, 422),
        ("auditor", {"depot": "IND-0002"}, 200),
        ("officer", {}, 200),
    ],
)
async def test_one_makes_calendars_of_what_one_sees(
    client: httpx.AsyncClient, town: Town, who: str, form: dict[str, str], status: int
) -> None:
    answer = await client.post("/calendars", headers=town.auth(who), data={"language": "zh", **form})
    assert answer.status_code == status


async def test_a_feed_costs_the_same_few_queries_however_much_it_shows(
    client: httpx.AsyncClient, town: Town, queries: QueryCount
) -> None:
    path = await make(client, town)
    for number in range(30):
        town.stock("MED-007", str(number + 1), expires_on=TODAY + timedelta(number + 1))
    queries.during()
    assert len(await read(client, path)) == 30
    assert len(queries) <= 12
    queries.during()
    await read(client, path)
    assert len(queries) <= 8


async def test_gear_that_is_gone_stands_in_no_calendar(client: httpx.AsyncClient, town: Town) -> None:
    lot = town.stock("MED-013", "6", expires_on=TODAY + timedelta(40))
    path = await make(client, town)
    assert len(await read(client, path)) == 1
    town.book(one(kind=Kind.DISPOSE, lot=lot, quantity="6", reason="damaged"))
    assert await read(client, path) == {}
