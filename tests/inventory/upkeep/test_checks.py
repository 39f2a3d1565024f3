"""Checks in the book: what an act closes, what a failed one does, and that overdue gear is not ready."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.errors import Refusal
from core.settings import ROOT
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.clocks.models import Check, MaintenancePlan, Outcome
from inventory.clocks.plans import PlanEdit, edit_plan, versions_of
from inventory.documents.transfers import Arrival as TransferArrival
from inventory.documents.transfers import AskedLine, AskTransfer, Dispatch, ReceiveTransfer, Sent
from inventory.faults.models import Defect
from inventory.readiness.counting import amounts, refresh, stale
from inventory.readiness.models import DepotReadiness
from inventory.reference.files import read_folder
from inventory.reference.load import load_reference
from inventory.stock.models import Condition, Kind
from inventory.telling.models import EntryState
from inventory.upkeep.checks import CheckDone, CheckLine, SetClock
from inventory.upkeep.readings import ReadMeter
from tests.clock import SetClock as Clock
from tests.conftest import Town, one
from tests.inventory.upkeep.conftest import GOOD, Upkeep

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def ready(desk: Upkeep, item: str) -> Decimal:
    """How many of an item the street depot has ready today."""

    def look(session: object) -> Decimal:
        item_id = session.execute(select(Item.id).where(Item.code == item)).scalar_one()  # type: ignore[attr-defined]
        return amounts(session, desk.town.context.clock.today(), [desk.town.depot.id])[desk.town.depot.id][
            item_id
        ].ready

    return desk.read(look)


def extinguisher(town: Town, serial: str = "X-1", **facts: object) -> UUID:
    return town.stock("EXT-001", "1", serial=serial, made_on=date(2024, 5, 6), **facts)


def test_T22_gear_that_comes_without_a_past_stands_in_the_list_as_never_done(desk: Upkeep, town: Town) -> None:
    rope = town.stock("RPE-001", "1", serial="R-1")
    rows = {row.plan: row for row in desk.open(lot=rope)}
    assert rows["MP-057"].never and rows["MP-057"].due_on == TODAY and rows["MP-057"].state == "due"
    assert ready(desk, "RPE-001") == 1


def test_an_overdue_check_that_blocks_makes_twelve_in_stock_not_twelve_ready(
    desk: Upkeep, town: Town, clock: Clock
) -> None:
    for number in range(12):
        town.stock("CNV-001", "1", serial=f"P-{number}")
    clock.instant += timedelta(days=9)  # the swelling check of November is over
    assert ready(desk, "CNV-001") == 0
    first = desk.open(state="blocked", item="CNV-001")[0]
    desk.check(first.lot, "MP-108", answers={"flat": True}, missed_because="keeper was ill")
    assert ready(desk, "CNV-001") == 1


def test_the_depots_figures_go_stale_on_the_very_day_on_which_a_check_blocks(
    desk: Upkeep, town: Town, clock: Clock
) -> None:
    aed = town.stock("MED-003", "1", serial="A-1")
    assert desk.due(aed, "MP-101").blocked_from == TODAY + DAY
    while town.run(refresh, TODAY):
        pass
    kept = desk.read(lambda session: session.get_one(DepotReadiness, town.depot.id))
    assert kept.good_through == TODAY
    assert town.depot.id not in desk.read(stale, TODAY)
    assert town.depot.id in desk.read(stale, TODAY + DAY)


def test_T21_one_act_closes_one_month_and_a_second_of_the_day_none(desk: Upkeep, town: Town, clock: Clock) -> None:
    lot = extinguisher(town)
    clock.instant = datetime(2027, 4, 9, 2, 0, tzinfo=UTC)
    first = desk.check(lot, "MP-001", answers=GOOD)
    assert (first["closed"], first["next_due"]) == ("2026-11-30", "2026-12-31")
    second = desk.check(lot, "MP-001", answers=GOOD)
    assert (second["closed"], second["next_due"]) == (None, "2026-12-31")
    assert desk.read(lambda session: session.execute(select(func.count()).select_from(Check)).scalar_one()) == 2


def test_T21_months_missed_are_given_up_with_a_reason_each_in_a_row_of_its_own(
    desk: Upkeep, town: Town, clock: Clock
) -> None:
    lot = extinguisher(town)
    clock.instant = datetime(2027, 2, 9, 2, 0, tzinfo=UTC)
    told = desk.check(lot, "MP-001", answers=GOOD, missed_because="站点装修")
    assert told["given_up"] == ["2026-11-30", "2026-12-31", "2027-01-31"]
    assert (told["closed"], told["next_due"]) == ("2027-02-28", "2027-03-31")
    rows = desk.read(
        lambda session: session.execute(select(Check.outcome, Check.period, Check.note).order_by(Check.period)).all()
    )
    assert [row.outcome for row in rows] == [Outcome.SKIPPED] * 3 + [Outcome.PASSED]
    assert {row.note for row in rows[:3]} == {"站点装修"}


def test_an_entry_sent_twice_is_one_check(desk: Upkeep, town: Town) -> None:
    lot = extinguisher(town)
    entry = CheckDone(id=UUID(int=7), lines=[CheckLine(town.code_of(lot), "MP-001", answers=dict(GOOD))])
    assert desk.tell(entry) == desk.tell(entry)
    checks = desk.read(lambda session: session.execute(select(Check)).scalars().all())
    assert [check.scanned for check in checks] == [True]


def test_a_failed_check_opens_a_fault_that_takes_the_piece_out(desk: Upkeep, town: Town) -> None:
    assert desk.check(extinguisher(town), "MP-001", answers=GOOD)["passed"] is True
    for answers in ({**GOOD, "gauge": "red"}, {**GOOD, "seal": False}):
        lot = extinguisher(town, f"X-{answers['gauge']}")
        assert ready(desk, "EXT-001") == 2
        told = desk.check(lot, "MP-001", answers=answers)
        assert told["passed"] is False
        assert ready(desk, "EXT-001") == 1
        defect_id = UUID(told["defect"])
        defect = desk.read(lambda session, defect_id=defect_id: session.get_one(Defect, defect_id))
        assert defect.lot_id == lot and "月检" in defect.description
        assert town.lot(lot).condition == Condition.UNFIT


def test_a_reading_outside_its_limits_fails_and_is_told_with_them(desk: Upkeep, town: Town) -> None:
    scba = town.stock("RSP-001", "1", serial="S-1")
    low = desk.check(scba, "MP-038", answers={"pressure": "23.9", "whistle": "5.5", "tight": True})
    assert low["passed"] is False
    defect = desk.read(lambda session: session.get_one(Defect, UUID(low["defect"])))
    assert "23.9 MPa (24–30)" in defect.description
    assert "气瓶压力" in defect.description and "pressure" not in defect.description  # in one language (keeper.md, P3)


WRONG: list[tuple[dict[str, object], str]] = [
    ({"answers": {}}, "answers"),
    ({"answers": {**GOOD, "more": True}}, "answers"),
    ({"answers": {**GOOD, "gauge": "blue"}}, "answers"),
    ({"answers": {**GOOD, "seal": "yes"}}, "answers"),
    ({"passed": False}, "note"),
    ({"plan": "MP-038"}, "plan"),
    ({"plan": "NONE"}, "plan"),
]


def test_a_check_that_says_too_little_or_the_wrong_thing_is_refused_by_field(desk: Upkeep, town: Town) -> None:
    lot = extinguisher(town)
    for line, field in WRONG:
        refusal = desk.refused(CheckDone, lines=[CheckLine(str(lot), **{"plan": "MP-001", **line})])
        assert refusal.fields[0].field == field, line


def test_a_photo_that_is_asked_for_must_have_been_sent(desk: Upkeep, town: Town) -> None:
    aed = town.stock("MED-003", "1", serial="A-1")
    answers = {"light": "green", "pads": True, "picture": str(UUID(int=5))}
    assert desk.refused(CheckDone, lines=[CheckLine(str(aed), "MP-102", answers=answers)]).fields[0].field == "photos"


def test_a_shelf_is_gone_through_piece_by_piece_and_what_was_not_named_stays_due(desk: Upkeep, town: Town) -> None:
    lots = [extinguisher(town, f"X-{number}") for number in range(10)]
    strayed = extinguisher(town, "X-stray", shelf=town.second_shelf)
    lines = [CheckLine(town.code_of(lot), "MP-001", answers=dict(GOOD)) for lot in [*lots[:7], strayed]]
    told = desk.do(CheckDone, lines=lines, place=str(town.shelf.id)).result
    assert len(told["checks"]) == 8
    assert {row["lot"] for row in told["left"]} == {str(lot) for lot in lots[7:]}
    assert told["elsewhere"] == [{"lot": str(strayed), "place": str(town.second_shelf.id)}]  # T32
    assert {row.lot for row in desk.open(plan="MP-001", within=10)} == set(lots[7:])
    twice = [CheckLine(str(lots[8]), "MP-001", answers=dict(GOOD))] * 2
    assert desk.refused(CheckDone, lines=twice).fields[0].field == "lines"


def test_a_bulk_check_asks_no_more_queries_for_a_piece_than_it_must(desk: Upkeep, town: Town, queries: object) -> None:
    lots = [extinguisher(town, f"X-{number}") for number in range(20)]
    lines = [CheckLine(str(lot), "MP-001", answers=dict(GOOD)) for lot in lots]
    queries.during()  # type: ignore[attr-defined]
    desk.do(CheckDone, lines=lines)
    assert len(queries) <= 20, queries.statements  # type: ignore[arg-type, attr-defined]


def test_nobody_checks_what_is_at_another_depot(desk: Upkeep, town: Town) -> None:
    lot = extinguisher(town)
    # Out of reach there is no such thing; who only looks may report nothing
    for who, status, fields in (("keeper2", 422, ["thing"]), ("auditor", 403, [])):
        refusal = desk.refused(CheckDone, who, lines=[CheckLine(str(lot), "MP-001", answers=dict(GOOD))])
        assert (refusal.status, [one.field for one in refusal.fields]) == (status, fields)


def test_T24_an_extinguisher_moved_to_a_mall_is_due_every_fifteen_days(desk: Upkeep, town: Town, clock: Clock) -> None:
    lot = extinguisher(town)
    desk.check(lot, "MP-001", answers=GOOD)
    assert desk.due_on(lot, "MP-001") == date(2026, 12, 31)
    town.run(_make_mall, town)
    clock.instant += timedelta(days=20)
    _carry_over(desk, town, lot)
    due = desk.due(lot, "MP-001")
    assert due.depot_id == town.other.id
    assert date(2026, 12, 13) <= due.due_on < date(2026, 12, 28)
    assert due.last_done_on == TODAY
    clock.instant = datetime(due.due_on.year, due.due_on.month, due.due_on.day, 2, 0, tzinfo=UTC)
    told = desk.check(lot, "MP-001", who="keeper2", answers=GOOD)
    assert date.fromisoformat(told["next_due"]) == due.due_on + timedelta(days=15)


def test_T24_a_check_that_was_never_done_is_not_due_anew_because_the_piece_has_moved(
    desk: Upkeep, town: Town, clock: Clock
) -> None:
    lot = extinguisher(town)
    due = desk.due_on(lot, "MP-001")
    clock.instant += timedelta(days=70)
    _carry_over(desk, town, lot)
    assert desk.due_on(lot, "MP-001") == due


def _make_mall(session: object, town: Town) -> None:
    session.get_one(Depot, town.other.id).type_code = "MAL"  # type: ignore[attr-defined]


def _carry_over(desk: Upkeep, town: Town, lot: UUID) -> None:
    """From the street depot to the other one, as transfers do."""
    wanted = [AskedLine(item="EXT-001", quantity="1")]
    asked = desk.do(AskTransfer, "keeper2", giver="STR-0001", receiver="IND-0002", lines=wanted).id
    desk.do(Dispatch, transfer=asked, lines=[Sent(str(lot))])
    arrived = [TransferArrival(str(lot), good="1")]
    desk.do(ReceiveTransfer, "keeper2", transfer=asked, lines=arrived, place=str(town.other_shelf.id))


def test_what_comes_back_from_use_is_not_ready_until_it_is_seen_to(desk: Upkeep, town: Town, clock: Clock) -> None:
    hose = town.stock("HYD-001", "1", serial="H-1")
    desk.do(SetClock, thing=str(hose), plan="MP-021", last_done_on=TODAY, reason="papers")
    assert ready(desk, "HYD-001") == 1
    town.book(one(kind=Kind.ISSUE, lot=hose))
    town.book(one(kind=Kind.RETURN, lot=hose))
    assert ready(desk, "HYD-001") == 0
    assert [row.plan for row in desk.open(state="blocked")] == ["MP-019"]
    for _ in range(2):  # used twice on the same day, seen to twice
        desk.check(hose, "MP-019", passed=True)
        assert ready(desk, "HYD-001") == 1
        town.book(one(kind=Kind.ISSUE, lot=hose))
        town.book(one(kind=Kind.RETURN, lot=hose))
        assert ready(desk, "HYD-001") == 0


def test_by_engine_hours_or_months_whichever_comes_first(desk: Upkeep, town: Town, clock: Clock) -> None:
    pump = town.stock("PMP-001", "1", serial="P-1")
    desk.check(pump, "MP-028", passed=True, who="keeper")
    assert desk.due_on(pump, "MP-028") == date(2027, 5, 23)
    clock.instant += DAY
    desk.do(ReadMeter, thing=str(pump), meter="hours", value="60")
    assert desk.due_on(pump, "MP-028") == date(2027, 5, 23)
    clock.instant += DAY
    desk.check(pump, "MP-026", answers={"lift": True, "hours": "101.5"})
    assert desk.due_on(pump, "MP-028") == date(2026, 11, 25)
    assert desk.refused(ReadMeter, thing=str(pump), meter="hours", value="99").fields[0].field == "value"
    desk.check(pump, "MP-028", passed=True)
    assert desk.due_on(pump, "MP-028") == date(2027, 5, 25)
    desk.do(ReadMeter, thing=str(pump), meter="hours", value="202")
    assert desk.due_on(pump, "MP-028") == date(2026, 11, 25)


def test_T30_a_check_after_midnight_counts_for_the_shift_that_began_before(
    desk: Upkeep, town: Town, clock: Clock
) -> None:
    truck = town.stock("VEH-001", "1", serial="V-1")
    clock.instant = datetime(2026, 11, 23, 16, 10, tzinfo=UTC)  # 00:10 on the 24th
    answers = {"fluids": True, "lights": True, "load": True, "km": "120"}
    told = desk.check(truck, "MP-112", answers=answers)
    assert (told["closed"], told["next_due"]) == ("2026-11-23", "2026-11-24")


def test_T23_an_officer_changes_an_interval_and_open_dates_count_from_the_last_act(
    desk: Upkeep, town: Town, clock: Clock
) -> None:
    rope = town.stock("RPE-001", "1", serial="R-1")
    other = town.stock("RPE-001", "1", serial="R-2")
    clock.instant = datetime(2026, 12, 10, 2, 0, tzinfo=UTC)
    desk.check(rope, "MP-057", passed=True, who="keeper")
    assert desk.due_on(rope, "MP-057") == date(2027, 12, 10)
    officer = town.callers["officer"]
    version = town.run(edit_plan, officer, "MP-057", PlanEdit(reason="事故后缩短", every=6), clock.now())
    assert (version.version, version.recalculated, version.moved) == (2, 6, 1)
    assert desk.due_on(rope, "MP-057") == date(2027, 6, 10)
    assert desk.due_on(other, "MP-057") == TODAY
    log = desk.read(versions_of, "MP-057")
    assert [(entry.version, entry.reason, person.account if person else None) for entry, person in log] == [
        (2, "事故后缩短", "officer"),
        (1, "", None),
    ]
    assert [row.note for row in desk.open(state="done", lot=rope)] == [""]
    town.run(edit_plan, officer, "MP-057", PlanEdit(reason="不再需要", active=False), clock.now())
    assert "MP-057" not in {row.plan for row in desk.open(state="all", lot=rope)}


@pytest.mark.heavy
def test_what_an_officer_changed_is_not_undone_by_loading_the_files_again(
    desk: Upkeep, town: Town, clock: Clock
) -> None:
    town.run(edit_plan, town.callers["officer"], "MP-001", PlanEdit(reason="weekly", every=1, unit="week"), clock.now())
    tally = town.run(load_reference, read_folder(ROOT / "reference"))
    assert tally.total_changed == 0
    plan = desk.read(lambda session: session.get_one(MaintenancePlan, "MP-001"))
    assert (plan.unit, plan.version) == ("week", 2)


UNFOLLOWABLE: list[tuple[dict[str, object], str]] = [
    ({"every": 0}, "every"),
    ({"unit": "fortnight"}, "unit"),
    ({"season_from": "13-40", "season_to": "04-30"}, "season_from"),
    ({"season_from": "09-15"}, "season_to"),
    ({"meter": "hours", "meter_every": "50"}, "meter"),
    ({"grace_days": -1}, "grace_days"),
    ({"reason": " ", "every": 2}, "reason"),
]


def test_a_plan_that_no_clock_could_follow_is_refused(desk: Upkeep, town: Town, clock: Clock) -> None:
    def edit(who: str = "officer", **change: object) -> Refusal:
        with pytest.raises(Refusal) as refused:
            town.run(edit_plan, town.callers[who], "MP-001", PlanEdit(**{"reason": "x", **change}), clock.now())
        return refused.value

    for change, field in UNFOLLOWABLE:
        assert edit(**change).fields[0].field == field, change
    assert edit().kind == "unchanged"
    assert edit("keeper", every=2).status == 403


def test_the_papers_of_a_piece_set_its_clock(desk: Upkeep, town: Town) -> None:
    truck = town.stock("VEH-002", "1", serial="V-1")
    desk.do(SetClock, thing=str(truck), plan="MP-120", next_due_on=date(2027, 5, 15), reason="保单")
    assert desk.due_on(truck, "MP-120") == date(2027, 5, 15)
    # What was due before it came here is overdue, not done
    desk.do(SetClock, thing=str(truck), plan="MP-120", next_due_on=date(2025, 5, 15), reason="保单")
    assert desk.due_on(truck, "MP-120") == date(2025, 5, 15)
    old = extinguisher(town)
    desk.do(SetClock, thing=str(old), plan="MP-002", last_done_on=date(2026, 3, 1), reason="sticker")
    assert desk.due_on(old, "MP-002") == date(2029, 5, 6)
    cylinder = town.stock("RSP-002", "1", serial="C-1", made_on=date(2021, 5, 10))
    assert desk.due_on(cylinder, "MP-040") == date(2024, 5, 10)  # T27
    assert ready(desk, "RSP-002") == 0
    desk.do(SetClock, thing=str(cylinder), plan="MP-040", last_done_on=date(2025, 6, 1), reason="stamp")
    assert desk.due_on(cylinder, "MP-040") == date(2028, 6, 1)
    assert ready(desk, "RSP-002") == 1


def test_T25_T26_the_clocks_of_an_extinguisher_stamped_with_a_month(desk: Upkeep, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="X", made_on=date(2024, 1, 1), made_precision="month")
    assert desk.due_on(lot, "MP-002") == date(2029, 1, 31)
    assert desk.due_on(lot, "MP-003") == date(2034, 1, 31)
    assert town.lot(lot).usable_through == date(2034, 1, 31)


def test_a_late_check_from_a_phone_that_was_offline_is_kept_as_an_extra_look(
    desk: Upkeep, town: Town, clock: Clock
) -> None:
    lot = extinguisher(town)
    earlier = clock.now()
    clock.instant += timedelta(days=3)
    desk.check(lot, "MP-001", answers=GOOD)
    told = desk.do(CheckDone, lines=[CheckLine(str(lot), "MP-001", answers=dict(GOOD))], late=True, happened_at=earlier)
    assert told.state == EntryState.BOOKED
    assert told.result["checks"][0]["closed"] is None
    assert desk.due(lot, "MP-001").last_done_on == TODAY + timedelta(days=3)
