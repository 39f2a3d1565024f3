"""What runs out when: by the rules of the item's page, for the city, its districts and its depots; within reach."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from inventory.lasting.forecasting import outstanding, reason_of, renew_forecasts
from inventory.lasting.models import Extent, Forecast, GoneBy
from inventory.lasting.outlook import outlook
from inventory.lasting.running_out import Filters, ForecastRow, forecasts, looked_at
from office.lists.running_out import RUNNING_OUT
from office.reading import TableView, read_table
from office.search import search
from office.tables import Reader, Wanted
from tests.clock import SetClock
from tests.conftest import NOW, Town
from tests.inventory.lasting.conftest import GAUZE, TODAY, ZONE


def renew(town: Town) -> int:
    context = town.context
    return renew_forecasts(context.database, context.clock.today(), context.clock.now(), ZONE)


def told(town: Town, who: str = "admin", **asked: Any) -> dict[str, ForecastRow]:
    rows = town.run(forecasts, town.callers[who], Filters(item=GAUZE, **asked), 100).items
    return {row.depot or row.district or "": row for row in rows}


def listed(town: Town, who: str, **chosen: str) -> TableView:
    reader = Reader(town.callers[who], town.context.moment())
    return town.run(read_table, RUNNING_OUT, reader, Wanted({name: (value,) for name, value in chosen.items()}))


@pytest.fixture
def used(used: Town) -> Town:
    """The same with all of it worked out."""
    assert renew(used) > 100
    return used


def test_it_says_what_the_items_page_says_of_the_city_and_of_each_depot(used: Town) -> None:
    page = used.run(outlook, used.callers["admin"], GAUZE, TODAY, ZONE)
    city = told(used)[""]
    assert (city.part, city.empty_on) == (Extent.CITY, page.whole.course.empty_on)
    assert (city.below_minimum_on, Decimal(city.unused)) == (page.whole.course.low_on, page.wasted)
    assert (city.soonest_on, city.latest_on) == (page.whole.soonest.empty_on, page.whole.latest.empty_on)
    assert city.at_least < city.per_week == 2 < city.at_most and city.weeks_known == 13
    depots = told(used, part=Extent.DEPOT)
    for one in page.depots:
        row = depots[one.code]
        assert (row.empty_on, row.below_minimum_on) == (one.course.empty_on, one.course.low_on)
        assert (Decimal(row.unused), Decimal(row.ready)) == (one.course.wasted, one.ready)
    # what nobody uses ends before it is used; what is used in part as well (T14)
    assert (depots["IND-0002"].reason, depots["STR-0001"].reason) == (GoneBy.ENDS, GoneBy.BOTH)
    assert city.first_depot_on == min(row.empty_on for row in depots.values() if row.empty_on)


@pytest.mark.parametrize(
    ("ready", "per_week", "unused", "reason"),
    [("0", 1, "0", "out"), ("5", 1, "0", "used"), ("5", 0, "5", "ends"), ("5", 1, "2", "both")],
)
def test_why_what_is_ready_will_be_gone(ready: str, per_week: float, unused: str, reason: str) -> None:
    assert reason_of(Decimal(ready), per_week, Decimal(unused)) == reason


@pytest.mark.heavy
def test_a_district_sees_its_own_and_nobody_more_than_their_reach(used: Town) -> None:
    district = used.other.district_code
    assert used.depot.district_code != district
    assert set(told(used, "keeper2")) == {"IND-0002"}  # a keeper sees no district as a whole
    everything = {row.part for row in used.run(forecasts, used.callers["keeper2"], Filters(), 100).items}
    assert everything == {Extent.DEPOT}
    assert not told(used, "keeper2", part=Extent.CITY) and not told(used, "keeper2", depot="STR-0001")
    officer = used.callers["officer"]
    mine = {duty.district_code for duty in officer.duties}
    seen = listed(used, "officer")
    assert seen.rows and {row.district for _, row in seen.rows if row.part == Extent.DISTRICT} <= mine
    assert not [row for _, row in seen.rows if row.part == Extent.CITY]
    assert not [row for _, row in listed(used, "keeper2").rows if row.part != Extent.DEPOT]


@pytest.mark.heavy
def test_by_a_day_and_by_the_minimum(used: Town) -> None:
    out = told(used)[""].empty_on
    assert out is not None
    later = out + timedelta(days=1)
    assert GAUZE not in {row.item for row in used.run(forecasts, used.callers["admin"], Filters(before=out), 100).items}
    assert told(used, before=later) and told(used, low_before=later)
    item = {"item": GAUZE, "part": "city"}
    assert listed(used, "admin", before=str(later), **item).total == 1
    assert listed(used, "admin", before=str(out), **item).total == 0
    assert listed(used, "admin", low_before=str(later), **item).total == 1
    assert listed(used, "admin", empty="quarter", **item).total == 1
    grouped = used.run(
        read_table,
        RUNNING_OUT,
        Reader(used.callers["admin"], used.context.moment()),
        Wanted({"part": ("depot",), "item": (GAUZE,)}, group="depot"),
    )
    assert {one.value for one in grouped.groups} == {"STR-0001", "IND-0002"}


@pytest.mark.heavy
def test_only_what_has_moved_is_worked_out_again_and_everything_on_another_day(used: Town, clock: SetClock) -> None:
    clock.instant += timedelta(minutes=1)
    assert renew(used) <= 1  # what was booked in the instant of looking is looked at once more
    clock.instant += timedelta(minutes=1)
    assert renew(used) == 0
    before = told(used, part=Extent.DEPOT)["IND-0002"]
    used.stock(GAUZE, "5", used.other_shelf, TODAY + timedelta(days=400), number="N2")
    assert renew(used) == 1
    after = told(used, part=Extent.DEPOT)["IND-0002"]
    assert (Decimal(after.ready) - Decimal(before.ready), after.empty_on) == (5, TODAY + timedelta(days=401))
    clock.instant += timedelta(days=1)
    everything = used.run(outstanding, clock.today())
    assert renew(used) == len(everything) > used.run(looked_at).items > 1


@pytest.mark.heavy
def test_what_is_gone_and_wanted_nowhere_is_no_line(used: Town) -> None:
    rows = used.run(lambda session: session.execute(select(Forecast)).scalars().all())
    assert all(row.ready or row.minimum or row.per_week for row in rows)
    assert len({row.id for row in rows}) == len(rows)


@pytest.mark.heavy
async def test_the_page_opens_with_the_widest_part_and_says_what_it_looked_at(
    used: Town, client: httpx.AsyncClient
) -> None:
    for who, part in (("admin", "city"), ("keeper2", "depot")):
        page = await client.get("/runs-out", headers={**used.auth(who), "cookie": "language=en"})
        assert page.status_code == 200 and f'name="part"\n        value="{part}"' in page.text
        assert "items in up to 2 depots" in page.text
    refused = await client.get("/runs-out?before=soon", headers=used.auth())
    assert refused.status_code == 422
    file = await client.get(f"/lists/running-out/csv?part=depot&item={GAUZE}", headers=used.auth("keeper2"))
    assert file.text.count("\n") == 2
    answer = await client.get("/api/forecasts?part=city&before=2027-06-01&limit=1", headers=used.auth("admin"))
    assert len(answer.json()["items"]) == 1 and answer.json()["next"]
    assert (await client.get("/api/forecasts?before=soon", headers=used.auth())).status_code in (400, 422)


async def test_what_was_never_worked_out_is_said_to_be_so_and_can_be_asked_for(
    town: Town, client: httpx.AsyncClient
) -> None:
    page = await client.get("/runs-out", headers={**town.auth("officer"), "cookie": "language=en"})
    assert "It has not been worked out yet what runs out when." in page.text
    asked = await client.post("/jobs/forecasts/run", headers=town.auth("officer"), data={"next": "/runs-out"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/runs-out")
    assert (await client.post("/jobs/forecasts/run", headers=town.auth("keeper"))).status_code == 403


@pytest.mark.parametrize("words", ["用完", "断货", "runs out", "out of stock", "yongwan"])
def test_the_search_finds_it_by_its_words(town: Town, words: str) -> None:
    found = town.run(search, town.callers["keeper"], words, NOW, TODAY)
    assert "/runs-out" in [hit.to for group in found.groups for hit in group.hits]


@pytest.mark.heavy
def test_pages_of_the_answer_show_each_row_once(used: Town) -> None:
    seen: list[tuple[str, str | None]] = []
    cursor = None
    while True:
        got = used.run(forecasts, used.callers["admin"], Filters(part=Extent.DEPOT), 40, cursor)
        seen += [(row.item, row.depot) for row in got.items]
        cursor = got.next
        if cursor is None:
            break
    counted = select(func.count()).where(Forecast.part == Extent.DEPOT)
    assert len(seen) == len(set(seen)) == used.run(lambda session: session.execute(counted).scalar_one()) > 40
