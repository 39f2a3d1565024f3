"""When checks and services fall due (T19 to T28)."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from depots.models import Depot
from tests.cases.conftest import Speaker, fields_of
from tests.conftest import Town

Move = Callable[..., None]
Command = Callable[..., int]
GOOD = {"gauge": "green", "seal": True, "body": True, "place": True}  # an extinguisher in order


async def check(who: Speaker, lot: Any, plan: str, **line: Any) -> Any:
    """Look at a piece; what came of it."""
    line = {"answers": GOOD} if plan == "MP-001" and not line else {"passed": True, **line}
    told = await who.tell("check", lines=[{"thing": str(lot), "plan": plan, **line}])
    return told["checks"][0]


async def due(who: Speaker, lot: Any, plan: str) -> Any:
    """The clock of a plan on a piece, as the list of checks shows it; None if nothing is due."""
    rows = (await who.ask("/api/checks", state="all", lot=str(lot), plan=plan))["items"]
    return rows[0] if rows else None


async def done_on_time(who: Speaker, lot: Any, plan: str, move_clock: Move, times: int) -> list[str]:
    """Do a task on the very day it is due, so many times; the dates that follow."""
    found: list[str] = []
    for _ in range(times):
        open_date = (await due(who, lot, plan))["due_on"]
        move_clock(f"{open_date} 10:00")
        found.append((await check(who, lot, plan))["next_due"])
    return found


async def test_T19_a_yearly_inspection_of_a_leap_day_returns_to_it(
    keeper: Speaker, town: Town, move_clock: Move
) -> None:
    move_clock("2024-02-29 10:00")
    harness = await keeper.receive(town.shelf.id, "RPE-002", serial="H-1")
    dates = await done_on_time(keeper, harness["id"], "MP-059", move_clock, 4)
    assert dates == ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


@pytest.mark.parametrize(("item", "plan"), [("EXT-001", "MP-001"), ("PMP-004", "MP-030")])
async def test_T20_monthly_on_the_31st_does_not_drift(
    keeper: Speaker, town: Town, move_clock: Move, item: str, plan: str
) -> None:
    move_clock("2026-01-31 10:00")
    piece = await keeper.receive(town.shelf.id, item, serial="P-1", made_on="2025-06")
    dates = await done_on_time(keeper, piece["id"], plan, move_clock, 3)
    assert dates == ["2026-02-28", "2026-03-31", "2026-04-30"]


async def test_T21_late_or_early_a_calendar_task_closes_one_month_alone(
    keeper: Speaker, town: Town, move_clock: Move
) -> None:
    move_clock("2026-03-05 10:00")
    late = (await keeper.receive(town.shelf.id, "EXT-001", serial="L", made_on="2025-06"))["id"]
    early = (await keeper.receive(town.shelf.id, "EXT-001", serial="E", made_on="2025-06"))["id"]
    move_clock("2026-03-30 10:00")
    first = await check(keeper, early, "MP-001")
    assert (first["closed"], first["next_due"]) == ("2026-03-31", "2026-04-30")
    move_clock("2026-03-31 10:00")
    assert ((await check(keeper, early, "MP-001"))["closed"]) is None
    move_clock("2026-04-09 10:00")
    march = await check(keeper, late, "MP-001")
    assert (march["closed"], march["next_due"]) == ("2026-03-31", "2026-04-30")
    again = await check(keeper, late, "MP-001")
    assert (again["closed"], again["next_due"]) == (None, "2026-04-30"), "one act cannot close two periods"
    done = (await keeper.ask("/api/checks", state="done", lot=late))["items"]
    assert [row["done_on"] for row in done] == ["2026-04-09", "2026-04-09"]


async def test_T21_a_rolling_task_counts_from_the_day_it_was_done(
    keeper: Speaker, town: Town, move_clock: Move
) -> None:
    move_clock("2026-01-05 10:00")
    pack = (await keeper.receive(town.shelf.id, "BRK-027", serial="P"))["id"]
    assert (await check(keeper, pack, "MP-054"))["next_due"] == "2026-04-05"
    move_clock("2026-04-09 10:00")
    assert (await check(keeper, pack, "MP-054"))["next_due"] == "2026-07-09"
    move_clock("2026-07-08 10:00")
    assert (await check(keeper, pack, "MP-054"))["next_due"] == "2026-10-08"


async def test_T22_what_comes_without_a_past_is_due_now_and_shown_as_never_done(
    keeper: Speaker, town: Town, command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "stock.csv"
    file.write_text("站点,位置,物资编码,数量,序列号\nSTR-0001,A1层,RPE-001,1,R-1\n", "utf-8")
    assert command("import", "stock", str(file), "--as", "admin") == 0
    rows = (await keeper.ask("/api/checks", depot="STR-0001", plan="MP-057"))["items"]
    assert [(row["number"], row["due_on"], row["never"], row["state"]) for row in rows] == [
        ("R-1", "2026-11-23", True, "due")
    ]
    page = await keeper.read("/upkeep", plan="MP-057")
    assert "R-1" in page and "从未" in page


async def test_T23_a_changed_interval_counts_from_the_last_act_and_says_who_and_why(
    keeper: Speaker, officer: Speaker, town: Town, move_clock: Move
) -> None:
    move_clock("2026-01-10 10:00")
    rope = (await keeper.receive(town.shelf.id, "RPE-001", serial="R-1"))["id"]
    assert (await check(keeper, rope, "MP-057"))["next_due"] == "2027-01-10"
    change = {"every": 6, "reason": "事故后缩短"}
    await keeper.send("/api/plans/MP-057", 403, "PUT", json=change)
    assert fields_of(await officer.send("/api/plans/MP-057", 422, "PUT", json={"every": 6, "reason": " "})) == [
        "reason"
    ]
    made = await officer.send("/api/plans/MP-057", 200, "PUT", json=change)
    assert (made["version"], made["moved"]) == (2, 1)
    assert (await due(keeper, rope, "MP-057"))["due_on"] == "2026-07-10"
    log = await officer.read("/upkeep/plans/MP-057")
    assert "事故后缩短" in log and "officer 先生" in log
    done = (await keeper.ask("/api/checks", state="done", lot=rope))["items"]
    assert [(row["done_on"], row["plan"]) for row in done] == [("2026-01-10", "MP-057")]


async def test_T24_the_interval_follows_the_place_from_the_move_on(
    speak: Callable[[str], Speaker], keeper: Speaker, town: Town, move_clock: Move
) -> None:
    town.run(lambda session: setattr(session.get_one(Depot, town.depot.id), "type_code", "MAL"))  # a crowded place
    park = speak("keeper2")
    move_clock("2026-04-02 10:00")
    lot = (await park.receive(town.other_shelf.id, "EXT-001", serial="X", made_on="2025-06"))["id"]
    assert (await check(park, lot, "MP-001"))["next_due"] == "2026-05-31"
    move_clock("2026-04-28 10:00")
    wanted = {"giver": "IND-0002", "receiver": "STR-0001", "lines": [{"item": "EXT-001", "quantity": "1"}]}
    transfer = (await keeper.tell("ask-transfer", **wanted))["transfer"]
    await park.tell("dispatch", transfer=transfer, lines=[{"thing": lot}])
    arrived = [{"thing": lot, "good": "1"}]
    await keeper.tell("receive-transfer", transfer=transfer, lines=arrived, place=town.shelf.id)
    at_the_mall = date.fromisoformat((await due(keeper, lot, "MP-001"))["due_on"])
    assert date(2026, 4, 28) <= at_the_mall < date(2026, 5, 13), "within half a month of the move"
    move_clock(f"{at_the_mall} 10:00")
    following = date.fromisoformat((await check(keeper, lot, "MP-001"))["next_due"])
    assert (following - at_the_mall).days == 15


async def test_T25_each_clock_has_its_own_date_the_worst_counts_and_no_service_comes_at_or_after_scrap(
    keeper: Speaker, town: Town, move_clock: Move
) -> None:
    move_clock("2020-02-03 10:00")
    powder = (await keeper.receive(town.shelf.id, "EXT-001", serial="X", made_on="2020-01"))["id"]
    assert (await due(keeper, powder, "MP-003"))["due_on"] == "2030-01-31"
    services = [(await due(keeper, powder, "MP-002"))["due_on"]]
    for _ in range(2):
        move_clock(f"{services[-1]} 10:00")
        services.append((await check(keeper, powder, "MP-002"))["next_due"])
    assert services == ["2025-01-31", "2027-01-31", "2029-01-31"]
    move_clock("2029-02-01 10:00")  # checked every month, its service is one day late
    assert (await check(keeper, powder, "MP-001", answers=GOOD, missed_because="旧账补录"))["passed"] is True
    assert (await keeper.state(powder))["why"] == "unchecked"
    assert (await check(keeper, powder, "MP-002"))["next_due"] is None
    assert (await keeper.state(powder))["fit"] is True
    move_clock("2030-02-01 10:00")
    assert (await keeper.state(powder))["fit"] is False


async def test_T26_what_is_stamped_with_a_month_is_due_through_it_and_overdue_from_the_first_of_the_next(
    keeper: Speaker, town: Town, move_clock: Move
) -> None:
    move_clock("2029-12-05 10:00")
    powder = (await keeper.receive(town.shelf.id, "EXT-001", serial="X", made_on="2020-01"))["id"]
    await check(keeper, powder, "MP-002", missed_because="随货检修单")
    move_clock("2030-01-31 23:59")
    assert (await due(keeper, powder, "MP-003"))["state"] == "due"
    assert (await keeper.state(powder))["fit"] is True
    move_clock("2030-02-01 00:00")
    assert (await due(keeper, powder, "MP-003"))["state"] == "blocked"
    assert (await keeper.state(powder))["why"] == "expired"


async def test_T27_a_cylinder_on_the_shelf_beyond_its_retest_is_blocked_until_it_is_tested(
    keeper: Speaker, town: Town, move_clock: Move
) -> None:
    move_clock("2021-05-20 10:00")
    cylinder = (await keeper.receive(town.shelf.id, "RSP-002", serial="C-1", made_on="2021-05"))["id"]
    move_clock("2026-03-01 10:00")
    assert (await keeper.state(cylinder))["why"] == "unchecked"
    refused = await keeper.move("issue", 409, lot=cylinder, reason="there is a fire")
    assert refused["type"] == "/problems/check-overdue"
    ready = (await keeper.receive(town.shelf.id, "RSP-002", serial="C-2", made_on="2026-01"))["id"]
    assert (await keeper.move("issue", item="RSP-002"))["lines"][0]["lot"] == ready
    assert (await keeper.move("issue", 409, item="RSP-002"))["not_ready"] == {"unchecked": "1"}
    assert (await check(keeper, cylinder, "MP-040"))["next_due"] == "2029-03-01"
    assert (await keeper.state(cylinder))["fit"] is True
    await keeper.move("issue", lot=cylinder)


async def test_T28_in_the_season_every_three_days_across_the_end_of_the_year(
    keeper: Speaker, officer: Speaker, town: Town, move_clock: Move
) -> None:
    move_clock("2026-12-31 10:00")
    blower = (await keeper.receive(town.shelf.id, "FOR-001", serial="B"))["id"]
    assert (await check(keeper, blower, "MP-085"))["next_due"] == "2027-01-03"
    move_clock("2027-04-30 10:00")
    assert (await check(keeper, blower, "MP-085"))["next_due"] == "2027-05-14"  # laid up: every two weeks
    move_clock("2027-09-14 10:00")
    assert (await check(keeper, blower, "MP-085"))["next_due"] == "2027-09-17"
