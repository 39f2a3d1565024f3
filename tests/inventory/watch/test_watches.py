"""Watches: raised for some days, back by themselves; of two the higher wins; the usual figures stay as they are."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal
from depots.models import DepotRequirement, ItemGroup, ItemGroupMember, Level
from inventory.catalogue.models import Item
from inventory.readiness.survey import depot_figures
from inventory.watch.declaring import DeclareWatch, declare, end_early, watches
from inventory.watch.models import Watch, WatchKind, WatchLevel
from inventory.watch.raising import raised_minimums, under_watch
from inventory.watch.rules import in_force, raised
from tests.conftest import QueryCount, Town
from tests.inventory.planner.town import lines, plan, require


@pytest.fixture
def bags(town: Town) -> Town:
    """Both depots must hold twenty sandbags; the first has thirty, the second twenty."""
    require(town, town.depot, {"FLD-001": (20, 20)})
    require(town, town.other, {"FLD-001": (20, 20), "MED-010": (2, 2)})
    town.stock("FLD-001", "70")
    town.stock("FLD-001", "20", town.other_shelf)
    return town


def watch(town: Town, who: str = "admin", **said: Any) -> UUID:
    given_ = {"category": "FLD", "factor": "2", "days": 3, "reason": "台风橙色预警", **said}
    wish = DeclareWatch(id=uuid4(), kind=WatchKind.TYPHOON, level=WatchLevel.ORANGE, **given_)
    clock = town.context.clock
    declared: Watch = town.run(declare, town.callers[who], wish, clock.now(), clock.today())
    return declared.id


def minimums(town: Town) -> dict[str, Decimal]:
    """The raised minimums by depot, of the one item that is concerned."""
    found = town.run(raised_minimums, town.context.clock.today())
    codes = {town.depot.id: town.depot.code, town.other.id: town.other.code}
    return {codes[depot_id]: minimum for (depot_id, _subject), minimum in found.items()}


def later(town: Town, days: int) -> None:
    town.context.clock.instant += timedelta(days=days)  # type: ignore[attr-defined]


def test_it_raises_for_its_days_and_drops_back_by_itself(bags: Town) -> None:
    assert minimums(bags) == {}
    watch(bags)
    assert minimums(bags) == {"STR-0001": Decimal(40), "IND-0002": Decimal(40)}
    later(bags, 2)
    assert len(minimums(bags)) == 2, "its last day is still in it"
    later(bags, 1)
    assert minimums(bags) == {}


def test_of_two_that_overlap_the_higher_wins_and_the_other_holds_when_it_is_over(bags: Town) -> None:
    watch(bags, factor="2", days=5)
    watch(bags, factor="1", added="30", days=2, district="440309")
    assert minimums(bags) == {"STR-0001": Decimal(40), "IND-0002": Decimal(50)}
    later(bags, 2)
    assert minimums(bags) == {"STR-0001": Decimal(40), "IND-0002": Decimal(40)}


def test_only_the_chosen_depots_and_gear_are_concerned(bags: Town) -> None:
    watch(bags, profile="IND", category="", item="FLD-001")
    assert minimums(bags) == {"IND-0002": Decimal(40)}


def test_what_any_of_several_items_meets_is_raised_with_each_of_them(bags: Town) -> None:
    def any_bag(session: Session) -> None:
        session.add(ItemGroup(code="ANY-BAG", name_zh="任一种沙袋", name_en="any bag"))
        session.flush()
        for code in ("FLD-001", "FLD-002"):
            item_id = session.execute(select(Item.id).where(Item.code == code)).scalar_one()
            session.add(ItemGroupMember(group_code="ANY-BAG", item_id=item_id))
        ten = {"minimum": Decimal(10), "low_below": Decimal(10), "par": Decimal(10), "level": Level.MANDATORY}
        session.add(DepotRequirement(depot_id=bags.depot.id, subject="ANY-BAG", group_code="ANY-BAG", **ten))

    bags.run(any_bag)
    bags.stock("FLD-002", "5", expires_on=bags.context.clock.today() + timedelta(days=400))
    for said in ({"category": "FLD"}, {"category": "", "item": "FLD-002"}, {"category": ""}):
        watch_id = watch(bags, factor="8", **said)
        today = bags.context.clock.today()
        assert bags.run(raised_minimums, today)[bags.depot.id, "ANY-BAG"] == 80
        told = {line.item: line for line in bags.run(under_watch, bags.callers["admin"], today, "STR-0001")}
        assert (told["ANY-BAG"].ready, told["ANY-BAG"].short) == (75, 5)
        bags.run(end_early, bags.callers["admin"], watch_id, "over", today)
    watch(bags, category="MED", factor="8")
    assert (bags.depot.id, "ANY-BAG") not in bags.run(raised_minimums, today)


def test_one_that_is_coming_is_not_in_force_yet(bags: Town) -> None:
    watch(bags, begins_on=bags.context.clock.today() + timedelta(days=1))
    assert minimums(bags) == {}
    later(bags, 1)
    assert len(minimums(bags)) == 2


def test_an_early_end_holds_from_that_day_on_and_keeps_who_and_why(bags: Town) -> None:
    watch_id = watch(bags, days=10)
    today = bags.context.clock.today()
    bags.run(end_early, bags.callers["admin"], watch_id, "台风转向", today)
    assert minimums(bags) == {}
    (row,) = bags.run(watches, today)
    assert (row.state, row.ended_by, row.ended_reason, row.declared_by) == (
        "over",
        "admin 先生",
        "台风转向",
        "admin 先生",
    )
    with pytest.raises(Refusal) as refused:
        bags.run(end_early, bags.callers["admin"], watch_id, "又一次", today)
    assert refused.value.kind == "over"


def test_the_usual_figures_do_not_change_and_both_readings_are_told(bags: Town) -> None:
    today = bags.context.clock.today()

    def usual() -> list[Any]:
        return bags.run(depot_figures, bags.callers["admin"], today)

    before = usual()
    watch(bags)
    assert usual() == before
    told = {line.depot: line for line in bags.run(under_watch, bags.callers["admin"], today)}
    other = told["IND-0002"]
    assert (other.minimum, other.raised, other.ready, other.short) == (20, 40, 20, 20)
    assert told["STR-0001"].short == 0


def test_the_planner_brings_forward_what_is_lacking_and_the_giver_keeps_its_raised_minimum(bags: Town) -> None:
    assert [line[1] for line in lines(bags, plan(bags))] == ["MED-010"]
    watch(bags)
    found = [line for line in lines(bags, plan(bags)) if line[1] == "FLD-001"]
    assert found == [("transfer", "FLD-001", "STR-0001", "IND-0002", Decimal(20))]
    watch(bags, factor="3")  # the giver keeps sixty of its seventy now, the receiver lacks forty
    found = [line for line in lines(bags, plan(bags, keeps="minimum")) if line[1] == "FLD-001"]
    assert [(kind, quantity) for kind, _, _, _, quantity in found] == [
        ("transfer", Decimal(10)),
        ("purchase", Decimal(30)),
    ]


def test_a_districts_officer_declares_for_the_district_alone(bags: Town) -> None:
    watch(bags, "officer", district="440305")
    for district in ("", "440309"):
        with pytest.raises(Refusal) as refused:
            watch(bags, "officer", district=district)
        assert refused.value.status == 403


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("factor", {"factor": "0.5"}),
        ("factor", {"factor": "1"}),
        ("factor", {"factor": "99"}),
        ("added", {"added": "-3"}),
        ("item", {"item": "NO-SUCH", "category": ""}),
        ("item", {"item": "FLD-001"}),
        ("district", {"district": "1"}),
        ("profile", {"profile": "XXX"}),
        ("category", {"category": "XXX"}),
        ("reason", {"reason": " "}),
        ("begins_on", {"begins_on": date(2020, 1, 1)}),
    ],
)
def test_an_impossible_watch_is_refused_by_its_field(bags: Town, field: str, said: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        watch(bags, **said)
    assert [fault.field for fault in refused.value.fields] == [field]


async def test_watches_over_http_and_on_the_pages(client: httpx.AsyncClient, bags: Town, queries: QueryCount) -> None:
    said = {"kind": "typhoon", "level": "red", "days": 2, "category": "FLD", "factor": "2", "reason": "台风"}
    body = {"id": str(uuid4()), **said}
    headers = bags.auth("admin")
    assert (await client.post("/api/watches", json=body, headers=bags.auth("keeper"))).status_code == 403
    for _ in range(2):
        assert (await client.post("/api/watches", json=body, headers=headers)).status_code == 201
    assert [one["state"] for one in (await client.get("/api/watches", headers=headers)).json()] == ["in-force"]
    told = (await client.get("/api/watches/lines", headers=bags.auth("keeper"))).json()
    assert [line["depot"] for line in told] == ["STR-0001"], "within reach only"
    form = {**said, "id": str(uuid4()), "factor": "3", "district": ""}
    assert (await client.post("/watches", data=form, headers=headers)).status_code == 303
    assert (await client.post("/watches", data={**form, "days": "soon"}, headers=headers)).status_code == 422
    for path, text in (
        ("/watches", "按预警口径不足的项"),
        ("/depots/IND-0002", "预警口径"),
        ("/dashboard", "按预警口径完好的站点"),
    ):
        count = queries.during()
        page = await client.get(path, headers=headers)
        assert page.status_code == 200
        assert text in page.text, path
        assert len(count) <= 20, (path, len(count))
    ended = await client.post(f"/api/watches/{body['id']}/end", json={"reason": "解除"}, headers=headers)
    assert ended.status_code == 200
    assert (
        await client.post(f"/watches/{form['id']}/end", data={"reason": "解除"}, headers=headers)
    ).status_code == 303
    assert "按预警口径完好的站点" not in (await client.get("/dashboard", headers=headers)).text


@given(
    some.integers(0, 500),
    some.lists(some.tuples(some.integers(1000, 5000), some.integers(0, 90)), max_size=4),
)
def test_a_raised_minimum_is_never_lower_and_is_what_the_strictest_alone_asks(
    minimum: int, said: list[tuple[int, int]]
) -> None:
    each = [_watch(Decimal(factor) / 1000, Decimal(added)) for factor, added in said]
    result = raised(Decimal(minimum), each, 0)
    assert result >= minimum
    assert result == max([Decimal(minimum), *(raised(Decimal(minimum), [one], 0) for one in each)])
    assert result == result.to_integral_value()


def _watch(factor: Decimal, added: Decimal, days: int = 3) -> Watch:
    begins = date(2026, 11, 23)
    return Watch(factor=factor, added=added, begins_on=begins, ends_on=begins + timedelta(days=days - 1))


def test_the_day_of_an_early_end_is_not_in_force() -> None:
    one = _watch(Decimal(2), Decimal(0), 5)
    one.ended_on = date(2026, 11, 25)
    days = [date(2026, 11, 22) + timedelta(days=number) for number in range(5)]
    assert [in_force(one, day) for day in days] == [False, True, True, False, False]
