"""Faults, pieces away at a workshop and what stands in for them, and scrap with its proof."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from depots.models import Place, PlaceKind
from inventory.booking.wishes import Wish
from inventory.catalogue.models import Item
from inventory.clocks.rules import may_send
from inventory.documents.loans import Back, GiveBack, Lend, Thing
from inventory.documents.models import Borrower
from inventory.faults.faults import Trouble, note_defect
from inventory.faults.models import Defect, DefectState
from inventory.readiness.counting import amounts
from inventory.stock.models import Condition, Kind, Movement
from inventory.telling.photos import note_photo
from inventory.upkeep.models import Scrap, ScrapState, Service, Verdict
from inventory.upkeep.scrap import DecideScrap, ProposeScrap, Scrapped
from inventory.upkeep.service import BackFromService, LoanerGone, NewLoaner, SendToService, ServiceLine
from inventory.upkeep.service_view import away
from inventory.upkeep.triage import TriageFault
from inventory.verifying.verifying import verify_all
from jobs.causes.cause import Cause
from jobs.causes.upkeep import service_causes
from rooms import CHECKS
from tests.clock import SetClock as Clock
from tests.conftest import Town, one
from tests.inventory.upkeep.conftest import GOOD, Upkeep

TODAY = date(2026, 11, 23)


def ready(desk: Upkeep, code: str) -> Decimal:
    """How many of an item the street depot has ready today."""
    depot_id = desk.town.depot.id
    item_id = desk.read(lambda session: session.execute(select(Item.id).where(Item.code == code)).scalar_one())
    return desk.read(amounts, desk.town.context.clock.today(), [depot_id])[depot_id][item_id].ready


def causes_on(desk: Upkeep, town: Town, day: date) -> list[Cause]:
    return desk.read(service_causes, [town.depot.id], day, datetime.combine(day, time(8), UTC))


def send(desk: Upkeep, *lots: UUID, **more: object) -> list[dict[str, str]]:
    lines = [ServiceLine(str(lot)) for lot in lots]
    fields = {"lines": lines, "vendor": "安盾维修", "due_back_on": TODAY + timedelta(days=10), **more}
    return desk.do(SendToService, **fields).result["services"]


def twelve(town: Town) -> list[UUID]:
    return [town.stock("EXT-001", "1", serial=f"X-{n}", made_on=date(2022, 1, 1)) for n in range(12)]


def test_T34_of_twelve_three_may_go_and_the_fourth_warns(desk: Upkeep, town: Town) -> None:
    lots = twelve(town)
    for lot in lots[:3]:
        send(desk, lot)
    assert ready(desk, "EXT-001") == 9
    fourth = {"lines": [ServiceLine(str(lots[3]))], "vendor": "v", "due_back_on": TODAY}
    assert desk.refused(SendToService, **fourth).kind == "quarter-rule"
    answer = desk.do(SendToService, **fourth, beyond_quarter="全部压力不足").result
    assert answer["beyond_quarter"] is True
    assert desk.refused(SendToService, **{**fourth, "lines": [ServiceLine(str(lots[0]))]}).kind == "away"
    assert [may_send(12, 3, 0), may_send(12, 3, 1), may_send(4, 0, 1), may_send(3, 0, 1)] == [True, False, True, False]


@pytest.mark.heavy
def test_T34_a_loaner_stands_in_counts_as_ready_and_lets_more_go(desk: Upkeep, town: Town) -> None:
    lots = twelve(town)
    lines = [ServiceLine(str(lot), new_loaner=NewLoaner(serial=f"L-{lot}"[:20], made_on="2026-01")) for lot in lots[:6]]
    services = desk.do(SendToService, lines=lines, vendor="安盾维修", due_back_on=TODAY).result["services"]
    assert ready(desk, "EXT-001") == 12
    assert all(desk.at(UUID(one["loaner"]), town.shelf.id) == 1 for one in services)
    back = desk.do(BackFromService, service=UUID(services[0]["service"]), cost="85.5", note="换药")
    assert back.result["place"] == str(town.shelf.id)
    assert desk.at(lots[0], town.shelf.id) == 1
    assert desk.total(UUID(services[0]["loaner"])) == 0  # closing the service closes the loaner (T35)
    service = desk.read(lambda session: session.get_one(Service, UUID(services[0]["service"])))
    assert (service.cost, service.vendor, service.outcome) == (Decimal("85.5"), "安盾维修", "mended")
    assert ready(desk, "EXT-001") == 12


def test_what_the_workshop_lends_is_no_piece_that_the_book_has(desk: Upkeep, town: Town) -> None:
    lots = twelve(town)
    there = town.lot(town.stock("EXT-001", "1", town.second_shelf, serial="L-1", made_on=date(2024, 5, 1)))
    lines = [ServiceLine(str(lots[0]), new_loaner=NewLoaner(serial="l-1", made_on="2026-01"))]
    assert desk.refused(SendToService, lines=lines, vendor="v", due_back_on=TODAY).kind == "there-already"
    assert (town.lot(there.id).made_on, desk.at(lots[0], town.shelf.id)) == (there.made_on, 1)


def test_a_spare_of_the_depot_stands_in_only_if_it_is_of_the_kind_and_fit(desk: Upkeep, town: Town) -> None:
    lots = twelve(town)
    spare = town.stock("EXT-001", "1", serial="spare", shelf=town.second_shelf)
    other = town.stock("EXT-004", "1", serial="water")
    fields = {"vendor": "v", "due_back_on": TODAY}
    refusal = desk.refused(SendToService, lines=[ServiceLine(str(lots[0]), loaner=str(other))], **fields)
    assert refusal.fields[0].field == "loaner"
    line = ServiceLine(str(lots[0]), loaner=town.code_of(spare))
    [service] = desk.do(SendToService, lines=[line], **fields).result["services"]
    assert desk.at(spare, town.shelf.id) == 1
    desk.do(BackFromService, service=UUID(service["service"]))
    assert (desk.at(lots[0], town.shelf.id), desk.total(spare)) == (1, 1)


def test_T35_a_loaner_that_never_goes_back_is_a_task(desk: Upkeep, town: Town, clock: Clock) -> None:
    lots = twelve(town)
    line = ServiceLine(str(lots[0]), new_loaner=NewLoaner(serial="L", made_on="2026-01"))
    [told] = desk.do(SendToService, lines=[line], vendor="安盾", due_back_on=TODAY + timedelta(40)).result["services"]
    desk.do(BackFromService, service=UUID(told["service"]), loaner_taken=False)
    tasks = causes_on(desk, town, TODAY + timedelta(days=30))
    assert tasks == []
    [task] = causes_on(desk, town, TODAY + timedelta(days=31))
    assert task.lot_id == UUID(told["loaner"]) and "安盾" in task.details["description_zh"]
    desk.do(LoanerGone, service=UUID(told["service"]))
    assert causes_on(desk, town, TODAY + timedelta(days=31)) == []
    assert desk.read(away, [town.depot.id]) == []


def test_a_loaner_was_not_made_after_today(desk: Upkeep, town: Town) -> None:
    line = ServiceLine(str(twelve(town)[0]), new_loaner=NewLoaner(serial="L", made_on="9999-12-31"))
    refusal = desk.refused(SendToService, lines=[line], vendor="v", due_back_on=TODAY)
    assert [fault.field for fault in refusal.fields] == ["made_on"]


def test_what_is_not_back_when_it_should_be_is_a_task(desk: Upkeep, town: Town) -> None:
    send(desk, twelve(town)[0])
    causes = [causes_on(desk, town, TODAY + timedelta(days=days)) for days in (10, 11)]
    assert [len(found) for found in causes] == [0, 1]


def test_a_service_done_at_the_workshop_closes_the_plans_date_and_the_fault(desk: Upkeep, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="old", made_on=date(2021, 11, 1))
    town.stock("EXT-001", "1", serial="new", made_on=date(2026, 1, 1))
    desk.check(lot, "MP-001", answers={**GOOD, "gauge": "red"})
    assert town.lot(lot).condition == Condition.UNFIT
    assert desk.due_on(lot, "MP-002") == date(2026, 11, 1)
    [told] = send(desk, lot, plan="MP-002", beyond_quarter="only two here")
    assert desk.refused(SendToService, lines=[], vendor="v", due_back_on=TODAY).fields[0].field == "lines"
    back = desk.do(BackFromService, service=UUID(told["service"]), note="换药、换压力表").result
    assert back["next_due"] == "2028-11-01"
    assert town.lot(lot).condition == Condition.FIT
    assert ready(desk, "EXT-001") == 2
    assert {row.plan for row in desk.open(state="done", lot=lot)} == {"MP-001", "MP-002"}


def test_T39_a_vehicle_off_the_road_takes_its_load_out_of_reach_in_one_act_and_back(desk: Upkeep, town: Town) -> None:
    truck = desk.kit("VEH-001", serial="V-1")
    cones = town.stock("TRF-001", "8")
    town.book(one(kind=Kind.TRANSFER, lot=cones, quantity="8", source=str(town.shelf.id), target=str(truck.id)))
    assert ready(desk, "TRF-001") == 8
    [told] = send(desk, truck.id)
    assert (ready(desk, "TRF-001"), ready(desk, "VEH-001")) == (0, 0)
    desk.do(BackFromService, service=UUID(told["service"]))
    place = desk.read(lambda session: session.get_one(Place, truck.id))
    assert (ready(desk, "TRF-001"), place.parent_id) == (8, town.shelf.id)


def test_a_strangers_report_is_looked_into_and_believed_or_not(desk: Upkeep, town: Town) -> None:
    lot = twelve(town)[0]

    def report() -> UUID:
        arguments = (town.depot.id, Trouble(lot, town.shelf.id, "看着锈了"), desk.now())
        return town.run(lambda session: note_defect(session, *arguments).id)

    doubtful = report()
    desk.do(TriageFault, defect=doubtful, verdict=Verdict.NO_FAULT, note="只是灰")
    assert desk.read(lambda session: session.get_one(Defect, doubtful).state) == DefectState.CLOSED
    assert ready(desk, "EXT-001") == 12
    true = report()
    desk.do(TriageFault, defect=true, verdict=Verdict.WORKSHOP)
    assert ready(desk, "EXT-001") == 11
    assert desk.refused(TriageFault, defect=doubtful, verdict=Verdict.HERE).kind == "closed"
    [told] = send(desk, lot)
    desk.do(BackFromService, service=UUID(told["service"]), note="除锈")
    assert desk.read(lambda session: session.get_one(Defect, true).state) == DefectState.CLOSED
    assert ready(desk, "EXT-001") == 12


def test_T36_scrap_is_proposed_approved_by_another_and_proved(desk: Upkeep, town: Town) -> None:
    lots = twelve(town)
    lot = lots[0]
    scrap_id = UUID(desk.do(ProposeScrap, thing=str(lot), reason="满十年").result["scrap"])
    again = desk.do(ProposeScrap, thing=str(lot), reason="满十年").result["scrap"]
    assert UUID(again) == scrap_id
    assert desk.refused(Scrapped, scrap=scrap_id, method="cut", receiver="r").kind == "not-approved"
    assert desk.refused(DecideScrap, scrap=scrap_id, approve=True).status == 403
    own = UUID(desk.do(ProposeScrap, "admin", thing=str(lots[1]), reason="x").result["scrap"])
    assert desk.refused(DecideScrap, "admin", scrap=own, approve=True).kind == "same-person"
    desk.do(DecideScrap, "officer", scrap=scrap_id, approve=True)
    assert desk.refused(Scrapped, scrap=scrap_id, method="handed_over", receiver="r").fields[0].field == "method"
    assert desk.refused(Scrapped, scrap=scrap_id, method="crushed", receiver="r").fields[0].field == "photos"
    photo = _photo(town)
    desk.do(Scrapped, scrap=scrap_id, method="crushed", receiver="鹏城再生", photos=[photo])
    assert desk.total(lot) == 0
    scrap = desk.read(lambda session: session.get_one(Scrap, scrap_id))
    assert (scrap.state, scrap.method, scrap.receiver) == (ScrapState.DONE, "crushed", "鹏城再生")
    kinds = select(Movement.kind).where(Movement.lot_id == lot).order_by(Movement.kind)
    assert desk.read(lambda session: session.execute(kinds).scalars().all()) == [Kind.DISPOSE, Kind.RECEIVE]


def test_a_piece_reported_as_scrapped_before_somebody_saw_it_stays_in_the_book(desk: Upkeep, town: Town) -> None:
    lot = twelve(town)[0]
    scrap_id = UUID(desk.do(ProposeScrap, thing=str(lot), reason="满十年").result["scrap"])
    desk.do(DecideScrap, "officer", scrap=scrap_id, approve=True)
    before = town.context.clock.now()
    town.context.clock.instant = before + timedelta(hours=2)  # type: ignore[misc]
    town.book(one(kind=Kind.TRANSFER, lot=lot, target=str(town.second_shelf.id)))
    proof = {"scrap": scrap_id, "method": "crushed", "receiver": "r", "photos": [_photo(town)], "late": True}
    outcome = desk.do(Scrapped, **proof, happened_at=before + timedelta(hours=1))
    assert outcome.problem is not None
    assert outcome.problem.kind == "seen-since"
    assert desk.at(lot, town.second_shelf.id) == 1
    desk.do(Scrapped, **proof, happened_at=before + timedelta(hours=2))
    assert desk.total(lot) == 0


def _photo(town: Town) -> UUID:
    photo_id = UUID(int=99)
    town.run(note_photo, town.keeper, photo_id, "0" * 64, 10, town.context.clock.now())
    return photo_id


def test_given_up_at_the_workshop_it_comes_back_on_hold_and_is_proposed_for_scrap(desk: Upkeep, town: Town) -> None:
    lot = twelve(town)[0]
    [told] = send(desk, lot)
    answer = desk.do(BackFromService, service=UUID(told["service"]), outcome="given_up", note="瓶体凹陷").result
    assert desk.at(lot, desk.standing(PlaceKind.HOLD)) == 1
    scrap = desk.read(lambda session: session.get_one(Scrap, UUID(answer["scrap"])))
    assert (scrap.lot_id, scrap.reason, scrap.state) == (lot, "瓶体凹陷", ScrapState.PROPOSED)


def test_a_mended_piece_goes_into_no_loan_that_ended_while_it_was_away(desk: Upkeep, town: Town) -> None:
    kit, cones = desk.kit("MED-002"), town.stock("TRF-001", "2")
    piece = town.stock("BRK-006", "1", kit, serial="S-9")
    things = [Thing(thing=str(lot)) for lot in (piece, cones)]
    who = {"borrower": Borrower.OUTSIDE, "name": "王交安", "unit": "大浪交警中队", "phone": "13800000001"}
    loan = desk.do(Lend, depot="STR-0001", lines=things, due_at=desk.now() + timedelta(days=1), **who).id
    # the kit that it came from is out, and no shelf has any
    town.book(Wish(id=uuid4(), kind=Kind.ISSUE, quantity="1", lot=kit.id, reason="half of it"))
    (service,) = send(desk, piece)
    assert desk.do(GiveBack, lines=[Back(thing=str(cones))]).result["loans_closed"] == [str(loan)]
    desk.do(BackFromService, service=UUID(service["service"]))
    assert desk.read(verify_all, CHECKS).faults == {}
    assert desk.at(piece, desk.standing(PlaceKind.HOLD)) == 1
