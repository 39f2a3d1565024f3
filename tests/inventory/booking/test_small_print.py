"""Small print of the verbs: each of these once could be turned round without a test that minded it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.errors import Refusal
from depots.models import Depot, DepotStatus, Place
from depots.places import holder_place_id
from inventory.booking.wishes import Labelled, Wish, read_wishes
from inventory.catalogue.models import Item, Tracking
from inventory.clocks.anchors import ANCHORINGS
from inventory.clocks.clocks import set_clock
from inventory.clocks.models import Due
from inventory.clocks.rules import open_date, skip, told_past
from inventory.clocks.terms import Anchor, Clock, Facts, Rule
from inventory.documents.count_report import report
from inventory.documents.counting import ApproveCount, Counted, CountLines, StartCount
from inventory.documents.incidents import ApproveIncident, Arrived, CloseIncident, OpenIncident
from inventory.documents.kits import CheckSeal, PutSeal
from inventory.documents.loans import GiveBack
from inventory.documents.models import Channel, Incident, IncidentKind
from inventory.documents.transfers import Arrival, AskedLine, AskTransfer, Dispatch, ReceiveTransfer, Sent
from inventory.faults.entries import Fault, NotThis
from inventory.faults.models import Defect, DefectState
from inventory.recalls.calling import CallBack
from inventory.stock.count_models import Count
from inventory.stock.lots import NewLot, ages
from inventory.stock.models import Condition, Kind, Lot
from inventory.telling.photos import note_photo
from inventory.upkeep.checks import CheckDone, CheckLine, SetClock
from inventory.upkeep.models import Scrap, ScrapState, Verdict
from inventory.upkeep.scrap import DecideScrap, ProposeScrap, Scrapped
from inventory.upkeep.service import SendToService, ServiceLine
from inventory.upkeep.triage import TriageFault
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk
from tests.inventory.documents.conftest import desk as desk

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def refused(*wishes: Wish) -> list[str]:
    with pytest.raises(Refusal) as caught:
        read_wishes(wishes, NOW)
    return [fault.field for fault in caught.value.fields]


def incident(desk: Desk) -> UUID:
    what = {"what": IncidentKind.FIRE, "channel": Channel.PHONE, "place": "x"}
    return UUID(str(desk.do(OpenIncident, depot=desk.town.depot.code, **what).id))


def put(town: Town, lot: UUID, place: UUID, source: UUID | None = None, **more: Any) -> None:
    where = {"source": str(source)} if source else {}
    town.book(one(kind=Kind.TRANSFER, lot=lot, target=str(place), **where, **more))


# -- what a request says, without a database ---------------------------------------------------------------------


def test_a_request_has_between_one_and_many_movements_each_with_an_id_of_its_own() -> None:
    assert refused() == ["body"]
    twice = one(kind=Kind.ISSUE, item="BRK-014")
    assert refused(twice, twice) == ["1.id"]
    both, known = one(kind=Kind.ISSUE, item="BRK-014", label="ABC"), Labelled({"ABC": uuid4()}, {})
    with pytest.raises(Refusal, match="not both"):
        read_wishes([both], NOW, known)


def test_a_call_out_is_where_an_issue_goes_and_whence_a_return_comes_and_nothing_else() -> None:
    place, call_out = str(uuid4()), uuid4()
    told = {
        kind: read_wishes([one(kind=kind, item="BRK-014", incident=call_out)], NOW)[0]
        for kind in (Kind.ISSUE, Kind.RETURN, Kind.CONSUME)
    }
    assert [one.source_id for one in told.values()] == [None, call_out, None]
    assert [one.target_id for one in told.values()] == [call_out, None, None]
    [named] = read_wishes([one(kind=Kind.RETURN, item="BRK-014", incident=call_out, source=place)], NOW)
    assert str(named.source_id) == place


def test_goods_made_and_ending_on_one_day_are_taken_as_they_are() -> None:
    day = date(2026, 11, 20)
    facts = NewLot(number="1", made_on=day, expires_on=day)
    [told] = read_wishes([one(kind=Kind.RECEIVE, item="MED-008", new_lot=facts)], NOW)
    assert told.new_lot is not None
    earlier = NewLot(number="1", made_on=day, expires_on=day - timedelta(days=1))
    assert refused(one(kind=Kind.RECEIVE, item="MED-008", new_lot=earlier)) == ["new_lot.expires_on"]


def test_only_loose_goods_with_a_retire_age_age_by_the_receipt() -> None:
    def item(tracking: Tracking, months: int | None) -> Item:
        return Item(code="X", tracking=tracking, retire_age_months=months)

    told = [ages(item(tracking, months)) for tracking in (Tracking.BULK, Tracking.SERIAL) for months in (12, None)]
    assert told == [True, False, False, False]


def test_a_life_in_service_counts_from_when_it_began_else_from_when_the_piece_came() -> None:
    born = ANCHORINGS[Anchor.INSVC].born  # type: ignore[attr-defined]
    came, began = date(2026, 1, 1), date(2024, 5, 1)
    assert born(Facts(since=came, in_service_on=began)) == began
    assert born(Facts(since=came)) == came


def test_a_date_told_of_the_past_closes_the_date_next_to_it() -> None:
    monthly, facts = Rule(Anchor.CAL, 1, "month"), Facts(since=date(2026, 1, 31))
    assert told_past(monthly, facts, date(2026, 6, 3)).closed_through == date(2026, 6, 30)
    assert skip(monthly, facts, Clock(closed_through=date(2026, 2, 28)), date(2026, 3, 31)) == []
    stamped = Facts(since=date(2026, 1, 1), made_on=date(2020, 5, 10))
    yearly, once = Rule(Anchor.MFG, 12), Rule(Anchor.MFG, first_after_months=36)
    assert told_past(yearly, stamped, date(2025, 6, 1)).closed_through == date(2025, 5, 10)
    assert told_past(once, stamped, date(2025, 6, 1)).closed_through is None


def test_a_rolling_date_never_comes_twice_though_months_have_other_ends() -> None:
    monthly, end = Rule(Anchor.LAST, 1, "month"), date(2026, 2, 28)
    assert open_date(monthly, Facts(since=end), Clock(base_on=date(2026, 1, 31), closed_through=end)) == date(
        2026, 3, 1
    )


def test_the_day_from_which_a_check_blocks_counts_as_blocked() -> None:
    today, depot, item = date(2026, 3, 1), uuid4(), uuid4()
    row = Due(lot_id=uuid4(), depot_id=depot, plan_code="X", since_on=today, blocked_from=today)
    done = Clock(last_done_on=today, base_on=today, closed_through=today)
    rule = Rule(Anchor.LAST, 1, "month", blocks=True)
    assert set_clock(row, item, rule, Facts(since=today), done, today) == {(depot, item)}


# -- verbs -------------------------------------------------------------------------------------------------------


def test_T10_a_seal_that_was_looked_at_and_is_whole_stays_on(desk: Desk) -> None:
    truck = desk.kit("VEH-007", serial="T")
    desk.do(PutSeal, place=str(truck.id), number="1")
    for _ in range(2):
        assert desk.do(CheckSeal, place=str(truck.id), number="1", whole=True).result["full_count"] is False


def test_a_scrapped_piece_leaves_the_book_with_its_faults_and_not_before_its_approval(desk: Desk, town: Town) -> None:
    lamp = town.stock("PPE-013", "1", serial="L-1")
    fault = desk.do(Fault, thing=str(lamp), place=str(town.shelf.id), description="broken").id
    scrap = UUID(desk.do(ProposeScrap, thing=str(lamp), reason="old").result["scrap"])
    photo = uuid4()
    town.run(note_photo, town.keeper, photo, "a" * 64, 10, town.context.clock.now())
    gone = {"scrap": scrap, "method": "crushed", "receiver": "Works", "photos": [photo]}
    assert desk.refused(Scrapped, **gone).kind == "not-approved"
    desk.do(DecideScrap, "officer", scrap=scrap, approve=True)
    desk.do(Scrapped, **gone)
    assert (desk.at(lamp, town.shelf.id), desk.total(lamp)) == (0, 0)
    state = desk.read(lambda session: session.get_one(Defect, fault).state)
    assert state == DefectState.CLOSED
    lost = town.stock("PPE-013", "1", serial="L-2")
    scrap = UUID(desk.do(ProposeScrap, thing=str(lost), reason="old").result["scrap"])
    desk.do(DecideScrap, "officer", scrap=scrap, approve=True)
    town.book(one(kind=Kind.ADJUST, lot=lost, source=str(town.shelf.id), reason="lost"))
    town.run(note_photo, town.keeper, other := uuid4(), "b" * 64, 10, town.context.clock.now())
    assert desk.refused(Scrapped, **{**gone, "scrap": scrap, "photos": [other]}).status == 404


def test_a_call_out_that_is_none_is_refused_and_so_is_an_empty_return(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    with pytest.raises(Refusal) as caught:
        town.book(one(kind=Kind.CONSUME, lot=lot, source=str(town.shelf.id), incident=town.second_shelf.id))
    assert [fault.field for fault in caught.value.fields] == ["incident"]
    town.book(one(kind=Kind.ISSUE, lot=lot, incident=incident(desk)))
    assert desk.refused(GiveBack, lines=[]).fields[0].field == "lines"


def test_the_first_to_arrive_counts_in_whatever_order_it_is_told(desk: Desk) -> None:
    call_out = incident(desk)
    desk.town.context.clock.instant += timedelta(minutes=10)
    minute = [desk.now() - timedelta(minutes=left) for left in (8, 6, 4)]
    told = [desk.do(Arrived, incident=call_out, happened_at=minute[n]).result["seconds"] for n in (1, 0, 2)]
    assert told == [240, 120, 120]


def test_what_moves_to_a_call_out_lets_its_approval_fall_and_what_comes_back_does_not(desk: Desk, town: Town) -> None:
    lot, call_out = town.stock("BRK-014", "5"), incident(desk)

    def approved() -> bool:
        return desk.read(lambda session: session.get_one(Incident, call_out).approved_at is not None)

    put(town, lot, call_out)
    desk.do(ApproveIncident, "officer", incident=call_out)
    town.book(one(kind=Kind.CONSUME, lot=lot, source=str(call_out)))
    assert approved(), "used up out of what was drawn: nothing more was drawn"
    put(town, lot, call_out)
    assert not approved()
    assert desk.refused(CloseIncident, incident=call_out).status == 409


def test_a_transfer_asks_for_items_that_there_are_and_takes_what_it_can_of_a_lot(desk: Desk, town: Town) -> None:
    pair = {"giver": town.depot.code, "receiver": town.other.code}
    lines = [AskedLine(item="NONE-1", quantity="1")]
    assert desk.refused(AskTransfer, **pair, lines=lines).fields[0].field == "item"
    lot = town.stock("BRK-014", "1")
    town.stock("BRK-014", "1", town.second_shelf)
    sent = UUID(desk.do(AskTransfer, **pair, lines=[AskedLine(item="BRK-014", quantity="2")]).result["transfer"])
    short = desk.refused(Dispatch, transfer=sent, lines=[Sent(thing=str(lot), quantity="2")])
    assert (short.kind, short.extra["available"]) == ("not-enough-stock", "1"), "no single place has so many"
    none = town.stock("HYD-009", "1", town.other_shelf)
    refusal = desk.refused(Dispatch, "admin", transfer=sent, lines=[Sent(thing=str(none), quantity="1")])
    assert refusal.kind == "not-enough-stock"


def test_a_stranger_fault_that_is_believed_takes_a_piece_out_of_service_and_no_batch(desk: Desk, town: Town) -> None:
    lamp, pliers = town.stock("PPE-013", "1", serial="L-1"), town.stock("BRK-014", "3")
    for thing, then in ((lamp, Condition.UNFIT), (pliers, Condition.FIT)):
        fault = desk.do(NotThis, thing=str(thing), description="x").id
        told = desk.do(TriageFault, defect=fault, verdict=Verdict.HERE, note="y").result
        assert "scrap" not in told
        assert desk.read(lambda session, lot=thing: session.get_one(Lot, lot).condition) == then


def test_a_count_books_what_was_counted_of_each_lot_and_not_of_others(desk: Desk, town: Town) -> None:
    bars, pliers = town.stock("BRK-002", "3"), town.stock("BRK-014", "5")
    count = desk.do(StartCount, depot=town.depot.code, places=[str(town.shelf.id)]).id
    desk.do(CountLines, count=count, place=str(town.shelf.id), lines=[Counted(str(bars), "3")])
    town.context.clock.instant += timedelta(minutes=1)
    put(town, pliers, town.second_shelf.id, town.shelf.id, quantity="2")
    town.context.clock.instant += timedelta(minutes=1)
    desk.do(CountLines, count=count, place=str(town.shelf.id), lines=[Counted(str(pliers), "3")])
    town.context.clock.instant += timedelta(minutes=1)
    put(town, bars, town.second_shelf.id, town.shelf.id)  # after both were counted
    assert desk.do(ApproveCount, "officer", count=count).result["booked"] == []
    assert desk.at(pliers, town.shelf.id) == 3


def test_the_report_of_a_closed_count_is_what_was_approved(desk: Desk, town: Town) -> None:
    """Only what was counted, against the book that a late fact had put right before the approval."""
    pliers, _ = town.stock("BRK-014", "100"), town.stock("BRK-002", "3")
    count = desk.do(StartCount, depot=town.depot.code, places=[str(town.shelf.id)]).id
    town.context.clock.instant += timedelta(minutes=10)
    desk.do(CountLines, count=count, place=str(town.shelf.id), lines=[Counted(str(pliers), "97")])
    before = desk.now() - timedelta(minutes=5)
    late = {"source": str(town.shelf.id), "late": True, "happened_at": before}
    town.book(one(kind=Kind.ISSUE, lot=pliers, quantity="3", **late))
    desk.do(ApproveCount, "officer", count=count, leave_uncounted=True)
    told = desk.read(lambda session: report(session, session.get_one(Count, count)))
    assert [(row.lot.id, row.book, row.counted) for row in told] == [(pliers, 97, 97)]


def test_who_may_only_take_sets_no_clock(desk: Desk, town: Town) -> None:
    truck = town.stock("VEH-001", "1", serial="V-1")
    told = {"thing": str(truck), "plan": "MP-114", "reason": "paper", "next_due_on": date(2027, 1, 1)}
    assert desk.refused(SetClock, "responder", **told).status == 403


def test_B14_who_has_a_kit_out_takes_out_of_it_and_nobody_else_does(desk: Desk, town: Town) -> None:
    kit = desk.kit("MED-002")
    pliers = town.stock("BRK-014", "4", kit)
    town.book(one(kind=Kind.ISSUE, lot=kit.id, reason="as it is"), caller="responder")
    take = {"kind": Kind.ISSUE, "lot": pliers, "source": str(kit.id)}
    with pytest.raises(Refusal) as caught:
        town.book(one(**take))
    assert caught.value.kind == "kit-out"
    town.book(one(**take), caller="responder")
    town.book(one(**take, late=True))
    put(town, kit.id, town.shelf.id, UUID(str(_hands(town, "responder"))))
    call_out = incident(desk)
    town.book(one(kind=Kind.ISSUE, lot=kit.id, incident=call_out, reason="as it is"))
    with pytest.raises(Refusal) as caught:
        town.book(one(**take))
    assert caught.value.kind == "kit-out"
    town.book(one(**take, incident=call_out), caller="responder")


def _hands(town: Town, account: str) -> UUID:
    return holder_place_id(town.depot.id, town.callers[account].person_id)


def test_what_was_taken_from_two_shelves_goes_back_to_both_within_one_request(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "1")
    town.stock("BRK-014", "1", town.second_shelf)
    for shelf in (town.shelf, town.second_shelf):
        town.book(one(kind=Kind.ISSUE, lot=lot, source=str(shelf.id)))
        town.context.clock.instant += timedelta(minutes=1)
    town.book(*(one(kind=Kind.RETURN, lot=lot) for _ in range(2)))
    assert [desk.at(lot, shelf.id) for shelf in (town.shelf, town.second_shelf)] == [1, 1]


def test_a_late_move_to_where_it_lies_is_none(town: Town) -> None:
    lot = town.stock("BRK-014", "1")
    here = str(town.shelf.id)
    with pytest.raises(Refusal) as caught:
        town.book(one(kind=Kind.TRANSFER, lot=lot, quantity="3", source=here, target=here, late=True))
    assert [fault.field for fault in caught.value.fields] == ["to"]
    other = town.stock("HYD-009", "1", town.second_shelf)
    with pytest.raises(Refusal) as caught:  # where none of it ever was, too
        town.book(one(kind=Kind.TRANSFER, lot=other, source=here, target=here, late=True))
    assert [fault.field for fault in caught.value.fields] == ["to"]


def test_goods_without_a_place_go_where_the_piece_lives_and_else_it_is_asked(desk: Desk, town: Town) -> None:
    lamp = town.stock("PPE-013", "1", serial="L-1")
    town.book(one(kind=Kind.DISPOSE, lot=lamp, reason="lost sight of"))
    with pytest.raises(Refusal) as caught:
        town.book(one(kind=Kind.RECEIVE, lot=lamp))
    assert [fault.field for fault in caught.value.fields] == ["to"]
    town.run(lambda session: setattr(session.get_one(Lot, lamp), "home_place_id", town.second_shelf.id))
    town.book(one(kind=Kind.RECEIVE, lot=lamp, target=str(town.shelf.id)))
    assert desk.at(lamp, town.shelf.id) == 1


def test_a_recall_holds_all_that_there_is(desk: Desk, town: Town) -> None:
    lot = town.stock("MED-008", "5", expires_on=date(2030, 1, 1), number="A")
    desk.do(CallBack, "admin", item="MED-008", number="A", reason="x")
    assert desk.read(lambda session: session.get_one(Lot, lot).condition) == Condition.QUARANTINED


def test_of_a_lot_at_two_depots_a_loan_takes_its_own_depots(desk: Desk, town: Town) -> None:
    lot = town.stock("MED-008", "5", expires_on=date(2030, 1, 1), number="A")
    town.stock("MED-008", "5", town.other_shelf, expires_on=date(2030, 1, 1), number="A")
    town.book(one(kind=Kind.ISSUE, lot=lot, incident=incident(desk)), caller="admin")
    assert (desk.at(lot, town.shelf.id), desk.at(lot, town.other_shelf.id)) == (4, 5)


def test_goods_of_no_item_or_for_a_closed_depot_are_not_received(town: Town) -> None:
    with pytest.raises(Refusal) as caught:
        town.book(one(kind=Kind.RECEIVE, item="NONE-1", target=str(town.shelf.id)))
    assert [fault.field for fault in caught.value.fields] == ["item"]
    town.run(lambda session: setattr(session.get_one(Depot, town.depot.id), "status", DepotStatus.CLOSED))
    goods = {"kind": Kind.RECEIVE, "item": "BRK-014", "target": str(town.shelf.id)}
    with pytest.raises(Refusal) as caught:
        town.book(one(**goods))
    assert caught.value.status == 409
    town.book(one(**goods, late=True))


def test_an_open_pack_is_not_opened_again(desk: Desk, town: Town) -> None:
    sealed = town.stock("MED-010", "2", expires_on=date(2030, 1, 1), number="A")
    [told] = town.book(one(kind=Kind.OPEN, lot=sealed, source=str(town.shelf.id)))
    opened = next(line.lot for line in told.lines if line.lot != sealed)
    with pytest.raises(Refusal) as caught:
        town.book(one(kind=Kind.OPEN, lot=opened, source=str(town.shelf.id)))
    assert caught.value.kind == "already-opened"


def test_only_the_calendars_dates_are_a_pieces_own_and_service_is_the_keepers(desk: Desk, town: Town) -> None:
    pump = town.stock("PMP-001", "1", serial="P-1")
    told = {"thing": str(pump), "plan": "MP-025", "reason": "paper", "next_due_on": date(2027, 1, 1)}
    assert desk.refused(SetClock, **told).fields[0].field == "next_due_on"
    line = CheckLine(str(pump), "MP-028", passed=True)
    assert desk.refused(CheckDone, "responder", lines=[line]).status == 403
    desk.do(CheckDone, lines=[line])


def test_what_arrives_where_none_of_it_ever_was_needs_a_place(desk: Desk, town: Town) -> None:
    lamp = town.stock("PPE-013", "1", serial="L-1")
    pair = {"giver": town.depot.code, "receiver": town.other.code}
    sent = UUID(desk.do(AskTransfer, **pair, lines=[AskedLine(item="PPE-013", quantity="1")]).result["transfer"])
    desk.do(Dispatch, transfer=sent, lines=[Sent(thing=str(lamp), quantity="1")])
    arrived = [Arrival(thing=str(lamp), good="1", damaged="0")]
    assert desk.refused(ReceiveTransfer, "keeper2", transfer=sent, lines=arrived).fields[0].field == "place"
    away = {"lines": [ServiceLine(str(lamp))], "vendor": "v"}
    tomorrow = desk.town.context.clock.today() + timedelta(days=1)
    assert desk.refused(SendToService, **away, due_back_on=tomorrow).fields[0].field == "thing"
    yesterday = tomorrow - timedelta(days=2)
    assert desk.refused(SendToService, **away, due_back_on=yesterday).fields[0].field == "due_back_on"


def test_what_comes_back_without_a_word_comes_out_of_ones_own_hands(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "9")
    for who in ("officer", "keeper", "admin"):
        town.book(one(kind=Kind.ISSUE, lot=lot, source=str(town.shelf.id)), caller=who)
    town.book(one(kind=Kind.RETURN, lot=lot))
    assert [desk.at(lot, _hands(town, who)) for who in ("officer", "keeper", "admin")] == [1, 0, 1]


def test_where_none_of_it_ever_lay_there_is_none_to_take(town: Town) -> None:
    lot = town.stock("BRK-014", "9")
    with pytest.raises(Refusal) as refusal:
        town.book(one(kind=Kind.ISSUE, lot=lot, source=str(town.second_shelf.id)))
    assert (refusal.value.status, refusal.value.kind) == (409, "not-enough-stock")
    back = one(kind=Kind.RETURN, lot=lot, source=str(town.shelf.id), target=str(town.second_shelf.id))
    with pytest.raises(Refusal, match="returned from a person"):
        town.book(back)
    piece = town.stock("PPE-013", "1", serial="L-1")
    with pytest.raises(Refusal) as refusal:
        town.book(one(kind=Kind.ISSUE, lot=piece, quantity="2"))
    assert [fault.field for fault in refusal.value.fields] == ["quantity"]


def test_a_kit_that_is_received_stands_on_its_shelf_at_once(town: Town) -> None:
    wish = one(kind=Kind.RECEIVE, item="MED-002", target=str(town.shelf.id), new_lot=NewLot(serial="K-1"))
    kit = town.book(wish)[0].lines[0].lot
    place = town.run(lambda session: session.get_one(Place, kit))
    assert (place.parent_id, place.in_reach, place.path_en) == (
        town.shelf.id,
        True,
        f"{town.shelf.path_en} › {place.name_en}",
    )


def test_a_batchs_number_is_as_long_as_it_may_be_and_no_longer(town: Town) -> None:
    def receive(number: str) -> None:
        new = NewLot(number=number, expiry_unknown=True)
        town.book(one(kind=Kind.RECEIVE, item="MED-007", target=str(town.shelf.id), new_lot=new))

    receive("9" * 64)
    with pytest.raises(Refusal):
        receive("9" * 65)


@pytest.mark.parametrize(("letters", "accepted"), [(32, True), (33, False)])
def test_a_serial_number_is_measured_as_it_is_written_out_in_full(town: Town, letters: int, accepted: bool) -> None:
    new = NewLot(serial="㎜" * letters)  # one letter as typed, two as stored: 64 fit
    wish = one(kind=Kind.RECEIVE, item="EXT-001", target=str(town.shelf.id), new_lot=new)
    if accepted:
        town.book(wish)
        return
    with pytest.raises(Refusal) as caught:
        town.book(wish)
    assert (caught.value.status, [fault.field for fault in caught.value.fields]) == (422, ["serial"])


def test_a_photo_that_comes_after_the_approval_of_a_scrap_takes_the_approval_away(desk: Desk, town: Town) -> None:
    lamp = town.stock("PPE-013", "1", serial="L-1")
    scrap = UUID(desk.do(ProposeScrap, thing=str(lamp), reason="old").result["scrap"])
    town.run(note_photo, town.keeper, photo := uuid4(), "a" * 64, 10, town.context.clock.now())

    def decided() -> tuple[ScrapState, bool]:
        row = desk.read(lambda session: session.get_one(Scrap, scrap))
        return row.state, row.decided_by_id is not None

    desk.do(DecideScrap, "officer", scrap=scrap, approve=True)
    desk.do(ProposeScrap, thing=str(lamp), reason="old")
    assert decided() == (ScrapState.APPROVED, True), "nothing new was shown"
    desk.do(ProposeScrap, thing=str(lamp), reason="old", photos=[photo])
    assert decided() == (ScrapState.PROPOSED, False)
