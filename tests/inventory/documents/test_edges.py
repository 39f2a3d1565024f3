"""Rules at their edge: each of these once could be turned round without a test that minded it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.errors import Refusal
from depots.models import PlaceKind
from inventory.booking.wishes import CLOCK_SLACK, read_wishes
from inventory.clocks.models import Check
from inventory.clocks.rules import skip
from inventory.clocks.terms import Anchor, Facts, Rule
from inventory.clocks.terms import Clock as ClockState
from inventory.documents.counting import Counted, CountLines, StartCount
from inventory.documents.kits import Refill
from inventory.documents.loans import Back, GiveBack, ReturnState
from inventory.documents.transfers import AskedLine, AskTransfer, Dispatch, Sent, in_base_units
from inventory.stock.models import Kind
from inventory.stock.rules import usable_through
from inventory.upkeep.checks import SetClock
from inventory.upkeep.models import Service
from inventory.upkeep.service import BackFromService, LoanerGone, NewLoaner, SendToService, ServiceLine
from tests.clock import SetClock as Clock
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_a_clock_may_run_ahead_by_just_the_slack() -> None:
    [told] = read_wishes([one(kind=Kind.ISSUE, item="BRK-014", happened_at=NOW + CLOCK_SLACK)], NOW)
    assert told.happened_at == NOW
    with pytest.raises(Refusal):
        read_wishes([one(kind=Kind.ISSUE, item="BRK-014", happened_at=NOW + CLOCK_SLACK + timedelta(seconds=1))], NOW)


def test_T97_goods_are_taken_near_where_they_go_or_near_their_call_out() -> None:
    place, call_out = uuid4(), uuid4()
    [goes] = read_wishes([one(kind=Kind.TRANSFER, item="BRK-014", target=str(place))], NOW)
    [used] = read_wishes([one(kind=Kind.CONSUME, item="BRK-014", incident=call_out)], NOW)
    [plain] = read_wishes([one(kind=Kind.CONSUME, item="BRK-014")], NOW)
    assert [told.goes_near for told in (goes, used, plain)] == [place, call_out, None]


def test_T66_boxes_are_asked_for_only_where_their_size_is_known() -> None:
    assert in_base_units("2", "box", Decimal(20)) == 40
    for unit, size in (("box", None), ("pallet", Decimal(20))):
        with pytest.raises(Refusal) as caught:
            in_base_units("2", unit, size)
        assert [fault.field for fault in caught.value.fields] == ["unit"]


def test_what_just_suffices_on_a_shelf_is_sent_from_there_and_not_from_the_hold(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "8")
    hold = desk.standing(PlaceKind.HOLD)
    town.book(one(kind=Kind.TRANSFER, lot=lot, quantity="5", source=str(town.shelf.id), target=str(hold)))
    asked = [AskedLine("BRK-014", "3")]
    transfer = desk.do(AskTransfer, "keeper2", giver="STR-0001", receiver="IND-0002", lines=asked).id
    desk.do(Dispatch, transfer=transfer, lines=[Sent(str(lot), "3")])
    assert (desk.at(lot, town.shelf.id), desk.at(lot, hold)) == (0, 5)


def test_there_is_a_count_and_one_recount(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    count = desk.do(StartCount, depot="STR-0001", places=[str(town.shelf.id)]).id
    for number in (0, 3):
        refused = desk.refused(
            CountLines, count=count, place=str(town.shelf.id), round=number, lines=[Counted(str(lot), "5")]
        )
        assert [fault.field for fault in refused.fields] == ["round"]


def test_a_kit_that_is_out_is_filled_only_by_what_is_told_late(desk: Desk, town: Town) -> None:
    truck = desk.kit("VEH-007", serial="T")
    town.book(one(kind=Kind.ISSUE, lot=truck.id))
    assert desk.refused(Refill, place=str(truck.id)).kind == "kit-out"
    assert desk.do(Refill, place=str(truck.id), late=True).state == "booked"


def test_T40_who_brings_it_back_ready_has_seen_to_what_is_due_after_use(desk: Desk, town: Town) -> None:
    hose, nozzle = town.stock("HYD-001", "1", serial="H-1"), town.stock("HYD-004", "1", serial="N-1")
    for piece in (hose, nozzle):
        town.book(one(kind=Kind.ISSUE, lot=piece))
        desk.do(GiveBack, lines=[Back(str(piece), "1", state=ReturnState.READY)])
    checks = desk.read(lambda session: list(session.execute(select(Check.lot_id, Check.plan_code, Check.note))))
    assert checks == [(hose, "MP-019", "returned: ready")]


def test_a_rolling_task_that_is_late_is_late_and_not_missed() -> None:
    since, today = Facts(since=date(2026, 1, 31)), date(2026, 6, 1)
    assert skip(Rule(Anchor.LAST, 1, "month"), since, ClockState(), today) == []
    assert len(skip(Rule(Anchor.CAL, 1, "month"), since, ClockState(), today)) > 1


def test_papers_speak_of_no_day_to_come(desk: Desk, town: Town) -> None:
    piece = town.stock("EXT-001", "1", serial="E-1", made_on=date(2024, 1, 1))
    papers: dict[str, Any] = {"thing": str(piece), "plan": "MP-001", "reason": "合格证"}
    today = town.context.clock.today()
    refused = desk.refused(SetClock, **papers, last_done_on=today + timedelta(days=1))
    assert [fault.field for fault in refused.fields] == ["last_done_on"]
    desk.do(SetClock, **papers, last_done_on=today)


def test_T26_a_life_from_manufacture_ends_a_lot_by_day_or_with_its_month() -> None:
    made = {"made_on": date(2020, 1, 15), "retire_age_months": 120}
    assert usable_through(None, **made) == date(2030, 1, 15)  # type: ignore[arg-type]
    assert usable_through(None, **made, made_precision="month") == date(2030, 1, 31)  # type: ignore[arg-type]
    assert usable_through(date(2029, 5, 1), **made) == date(2029, 5, 1)  # type: ignore[arg-type]


def away(desk: Desk, town: Town, **loaner: Any) -> tuple[UUID, UUID]:
    """Send one of twelve extinguishers to the workshop, which lends one; the service and the loaner."""
    lots = [town.stock("EXT-001", "1", serial=f"E{n}", made_on=date(2024, 1, 1)) for n in range(12)]
    lines = [ServiceLine(str(lots[0]), new_loaner=NewLoaner(serial="L-1", made_on="2026-01", **loaner))]
    day = town.context.clock.today() + timedelta(days=30)
    [service] = desk.do(SendToService, lines=lines, vendor="v", due_back_on=day).result["services"]
    return UUID(service["service"]), UUID(service["loaner"])


@pytest.mark.heavy
@pytest.mark.parametrize(("maker", "stored"), [("甲", "甲"), ("", None)])
def test_a_loaner_is_known_by_its_maker(desk: Desk, town: Town, maker: str, stored: str | None) -> None:
    _, loaner = away(desk, town, maker=maker)
    assert (town.lot(loaner).maker, town.lot(loaner).serial) == (stored, "L-1")


def test_T35_a_loaner_that_is_gone_does_not_go_again_with_the_piece_that_comes_back(
    desk: Desk, town: Town, clock: Clock
) -> None:
    service, loaner = away(desk, town)
    desk.do(LoanerGone, service=service)
    gone_at = desk.now()
    clock.instant += timedelta(days=1)
    desk.do(BackFromService, service=service)
    assert desk.read(lambda session: session.get_one(Service, service)).loaner_gone_at == gone_at
    assert desk.total(loaner) == 0
