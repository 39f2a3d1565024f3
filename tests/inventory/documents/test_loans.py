"""Loans: who has it, until when, and in what state it comes back."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from core.errors import Refusal
from depots.models import PlaceKind
from inventory.catalogue.models import Item
from inventory.documents.loans import (
    Back,
    GiveBack,
    Lend,
    ReturnState,
    Thing,
    close_left,
    overdue,
    write_off_overdue,
)
from inventory.documents.models import Borrower, Loan
from inventory.faults.models import Defect
from inventory.readiness.counting import amounts
from inventory.stock.events import LeftReach
from inventory.stock.models import Condition, Kind
from inventory.telling.models import EntryState
from inventory.witnessing.witness import AskWitness, Witness
from people.models import Role
from people.policy import Duty
from tests.conftest import ZONE, Town, one
from tests.inventory.documents.conftest import Desk

DAY = timedelta(days=1)


def lend(desk: Desk, lot: object, quantity: str = "1", **more: object) -> Loan:
    fields = {"borrower": Borrower.OUTSIDE, "name": "王交安", "unit": "大浪交警中队", "phone": "13800000001"}
    outcome = desk.do(
        Lend,
        depot="STR-0001",
        lines=[Thing(thing=str(lot), quantity=quantity)],
        due_at=desk.now() + DAY,
        **{**fields, **more},
    )
    return desk.read(lambda session: session.get_one(Loan, outcome.id))


def back(desk: Desk, lot: object, quantity: str = "1", **more: object) -> object:
    return desk.do(GiveBack, lines=[Back(thing=str(lot), quantity=quantity, **more)])


def test_T97_somebody_without_an_account_borrows_and_returns_by_scan(desk: Desk, town: Town) -> None:
    cones = town.stock("TRF-001", "30")
    loan = lend(desk, cones, "20")
    assert (loan.name, loan.unit, loan.phone) == ("王交安", "大浪交警中队", "13800000001")
    assert desk.at(cones, loan.id) == 20
    outcome = desk.do(GiveBack, lines=[Back(thing=town.code_of(cones), quantity="20")])
    assert outcome.result["loans_closed"] == [str(loan.id)]
    assert desk.at(cones, town.shelf.id) == 30


def test_K1_a_loan_comes_back_to_the_shelf_it_was_lent_from_and_not_into_a_kit(desk: Desk, town: Town) -> None:
    kit = desk.kit("MED-001")
    cutters = town.stock("BRK-014", "3")
    town.book(one(kind=Kind.TRANSFER, lot=cutters, quantity="2", source=str(town.shelf.id), target=str(kit.id)))
    loan = desk.do(
        Lend,
        depot="STR-0001",
        lines=[Thing(thing=str(cutters), source=str(town.shelf.id))],
        borrower=Borrower.RESIDENT,
        due_at=desk.now() + DAY,
    )
    outcome = back(desk, cutters, source=str(loan.id))
    assert outcome.result["lines"][0]["to"] == str(town.shelf.id)
    assert desk.at(cutters, kit.id) == 2


@pytest.mark.parametrize("named", ["lot", "label", "place and shelf"])
def test_P2_a_keeper_who_was_moved_to_another_depot_brings_back_what_they_hold(
    desk: Desk, town: Town, named: str
) -> None:
    cutters = town.stock("BRK-014", "2")
    hands = town.book(one(kind=Kind.ISSUE, lot=cutters, quantity="2", source=str(town.shelf.id)))[0].lines[0].target
    town.stock("BRK-014", "1", town.other_shelf)
    town.callers["keeper"] = replace(town.keeper, duties=(Duty(Role.KEEPER, depot_id=town.other.id),))
    thing = town.code_of(cutters) if named == "label" else cutters
    more = {"source": str(hands), "target": str(town.shelf.id)} if named == "place and shelf" else {}
    outcome = back(desk, thing, "2", **more)
    assert outcome.result["lines"][0]["to"] == str(town.shelf.id)
    assert (desk.at(cutters, town.shelf.id), desk.at(cutters, hands)) == (2, 0)


def test_T97_of_an_outside_borrower_name_unit_and_phone_are_asked_for(desk: Desk, town: Town) -> None:
    cones = town.stock("TRF-001", "30")
    for missing in ("name", "unit", "phone"):
        fields = {"name": "王", "unit": "中队", "phone": "1", missing: ""}
        refusal = desk.refused(
            Lend,
            depot="STR-0001",
            lines=[Thing(thing=str(cones))],
            borrower=Borrower.OUTSIDE,
            due_at=desk.now() + DAY,
            **fields,
        )
        assert refusal.fields[0].field == missing


def test_T61_a_residents_power_bank_keeps_four_digits_at_most_and_is_lost_after_seven_days(
    desk: Desk, town: Town
) -> None:
    bank = town.stock("CNV-001", "1", serial="P-1")
    resident = {"borrower": Borrower.RESIDENT, "name": "", "unit": ""}
    refusal = desk.refused(
        Lend,
        depot="STR-0001",
        lines=[Thing(thing=str(bank))],
        due_at=desk.now() + DAY,
        **{**resident, "phone": "13800000001"},
    )
    assert refusal.fields[0].field == "phone"
    loan = lend(desk, bank, **{**resident, "phone": "0001"})
    due = loan.due_at
    assert town.run(write_off_overdue, due + 7 * DAY, ZONE) == 0
    town.context.clock.instant = due + 7 * DAY + timedelta(minutes=1)  # type: ignore[misc]
    assert town.run(write_off_overdue, desk.now(), ZONE) == 1
    assert town.run(write_off_overdue, desk.now(), ZONE) == 0
    assert desk.at(bank, desk.standing(PlaceKind.LOST)) == 1
    assert desk.read(lambda session: session.get_one(Loan, loan.id)).outcome == "lost"


def test_T40_of_ten_hoses_back_seven_are_drying_and_three_are_available(desk: Desk, town: Town) -> None:
    hoses = town.stock("HYD-009", "10")
    lend(desk, hoses, "10")
    back(desk, hoses, "7", state=ReturnState.CLEAN)
    back(desk, hoses, "3", state=ReturnState.READY)
    item = desk.read(lambda session: session.execute(select(Item).where(Item.code == "HYD-009")).scalar_one())
    amount = desk.read(amounts, desk.town.context.clock.today())[town.depot.id][item.id]
    assert (amount.held, amount.ready) == (10, 3)
    tasks = desk.read(lambda session: list(session.execute(select(Defect)).scalars()))
    assert [(task.quantity, task.place_id) for task in tasks] == [(7, desk.standing(PlaceKind.HOLD))]


@pytest.mark.parametrize("state", list(ReturnState))
def test_T40_each_state_of_return_goes_its_own_way(desk: Desk, town: Town, state: ReturnState) -> None:
    radio = town.stock("COM-001", "1", serial="R-12")
    loan = lend(desk, radio)
    back(desk, radio, state=state)
    where = {
        ReturnState.READY: town.shelf.id,
        ReturnState.LOST: desk.standing(PlaceKind.LOST),
    }.get(state, desk.standing(PlaceKind.HOLD))
    assert desk.at(radio, where) == 1
    assert desk.at(radio, loan.id) == 0
    assert (town.lot(radio).condition == Condition.UNFIT) == (state == ReturnState.DAMAGED)


def test_T33_another_piece_than_the_one_lent_raises_a_question_and_the_loan_stays_open(desk: Desk, town: Town) -> None:
    twelve = town.stock("COM-001", "1", serial="R-12")
    twenty_one = town.stock("COM-001", "1", serial="R-21")
    loan = lend(desk, twelve)
    refusal = desk.refused(GiveBack, lines=[Back(thing=str(twenty_one))])
    assert refusal.kind == "not-out"
    assert refusal.extra["out"][0]["number"] == "R-12"
    assert desk.read(lambda session: session.get_one(Loan, loan.id)).closed_at is None


def test_a_loan_returned_in_part_stays_open_for_the_rest_and_is_listed_when_overdue(desk: Desk, town: Town) -> None:
    cones = town.stock("TRF-001", "30")
    loan = lend(desk, cones, "20")
    back(desk, cones, "15")
    assert desk.read(overdue, [town.depot.id], loan.due_at) == []
    rows = desk.read(overdue, [town.depot.id], loan.due_at + timedelta(seconds=1))
    assert [(row.id, total) for row, total in rows] == [(loan.id, Decimal(5))]


def test_what_several_borrowers_have_asks_whose_comes_back(desk: Desk, town: Town) -> None:
    cones = town.stock("TRF-001", "30")
    first, second = lend(desk, cones, "5"), lend(desk, cones, "5", name="李")
    refusal = desk.refused(GiveBack, lines=[Back(thing=str(cones), quantity="5")])
    assert refusal.kind == "several-have-it"
    assert {one["place"] for one in refusal.extra["out"]} == {str(first.id), str(second.id)}
    back(desk, cones, "5", source=str(second.id))
    assert (desk.at(cones, first.id), desk.at(cones, second.id)) == (5, 0)


def test_a_late_loan_of_what_the_book_lacks_is_booked(desk: Desk, town: Town) -> None:
    cones = town.stock("TRF-001", "3")
    outcome = desk.do(
        Lend,
        depot="STR-0001",
        lines=[Thing(thing=str(cones), quantity="5", source=str(town.shelf.id))],
        borrower=Borrower.RESPONDER,
        name="何响应",
        due_at=desk.now() + DAY,
        late=True,
    )
    assert (outcome.state, outcome.result["discrepancy"]) == (EntryState.BOOKED, True)
    assert desk.at(cones, outcome.id) == 5


def test_a_responders_loan_is_chased_but_never_written_off(desk: Desk, town: Town) -> None:
    radio, bank = town.stock("COM-001", "1", serial="R-12"), town.stock("CNV-001", "1", serial="P-1")
    loan = lend(desk, radio, borrower=Borrower.RESPONDER)
    lend(desk, bank, borrower=Borrower.OUTSIDE)
    assert town.run(write_off_overdue, loan.due_at + 8 * DAY, ZONE) == 0
    assert desk.at(radio, loan.id) == 1


def test_T96_a_job_writes_no_controlled_gear_off(desk: Desk, town: Town) -> None:
    spray = town.stock("RIO-007", "1", expires_on=date(2030, 1, 1))
    asked = desk.do(AskWitness, depot="STR-0001", thing=str(spray)).id
    desk.do(Witness, "responder", hand_out=asked, agree=True)
    loan = lend(desk, spray, borrower=Borrower.RESIDENT, name="", unit="", phone="0001")
    assert town.run(write_off_overdue, loan.due_at + 8 * DAY, ZONE) == 0
    assert desk.at(spray, loan.id) == 1


def test_a_loan_lasts_a_year_at_most_and_ends_at_an_instant(desk: Desk, town: Town) -> None:
    cones, now = town.stock("TRF-001", "30"), desk.now()
    fields = {"depot": "STR-0001", "lines": [Thing(thing=str(cones))], "borrower": Borrower.RESPONDER, "name": "何"}
    for wrong in (now, now - DAY, now + 366 * DAY + timedelta(seconds=1), (now + DAY).replace(tzinfo=None)):
        assert [one.field for one in desk.refused(Lend, **fields, due_at=wrong).fields] == ["due_at"]
    desk.do(Lend, **fields, due_at=now + 366 * DAY)


def test_gear_comes_back_to_a_shelf_of_its_depot_only(desk: Desk, town: Town) -> None:
    town.person("both", *town.callers["keeper"].duties, *town.callers["keeper2"].duties)
    cones = town.stock("TRF-001", "30")
    loan = lend(desk, cones, "2")
    for place in (desk.standing(PlaceKind.HOLD), loan.id, town.other_shelf.id):
        lines = [Back(thing=str(cones), target=str(place))]
        assert [one.field for one in desk.refused(GiveBack, "both", lines=lines).fields] == ["to"]
    outside = [Back(thing=str(cones), target=str(desk.standing(PlaceKind.LOST)))]
    assert desk.refused(GiveBack, lines=outside).fields[0].field == "to"
    assert desk.at(cones, loan.id) == 2


def test_a_closed_loan_is_not_closed_again(desk: Desk, town: Town) -> None:
    cones = town.stock("TRF-001", "30")
    loan = lend(desk, cones)
    back(desk, cones)
    closed_at = desk.now()
    town.run(close_left, LeftReach({loan.id}, closed_at + DAY))
    closed = desk.read(lambda session: session.get_one(Loan, loan.id))
    assert (closed.closed_at, closed.outcome) == (closed_at, "returned")


def test_ones_own_hands_are_emptied_first(desk: Desk, town: Town) -> None:
    cones, there = town.stock("TRF-001", "30"), str(town.shelf.id)
    hands = {}
    for who, quantity in (("responder", "9"), ("keeper", "2")):
        taken = town.book(one(kind=Kind.ISSUE, lot=cones, quantity=quantity, source=there), caller=who)
        hands[who] = taken[0].lines[0].target
    desk.do(GiveBack, lines=[Back(thing=str(cones), target=there)])
    town.book(one(kind=Kind.RETURN, lot=cones, target=there))
    assert (desk.at(cones, hands["keeper"]), desk.at(cones, hands["responder"])) == (0, 9)


def test_what_is_returned_goes_neither_to_a_hand_nor_to_what_has_driven_away(desk: Desk, town: Town) -> None:
    truck = desk.kit("VEH-002", serial="VEH-7")
    cones, there = town.stock("TRF-001", "30"), str(town.shelf.id)
    town.book(one(kind=Kind.TRANSFER, lot=cones, quantity="20", source=there, target=str(truck.id)))
    hands = town.book(one(kind=Kind.ISSUE, lot=cones, quantity="2", source=there))[0].lines[0].target
    with pytest.raises(Refusal) as caught:
        town.book(one(kind=Kind.RETURN, lot=cones, target=str(hands)))
    assert caught.value.fields[0].field == "to"
    town.book(one(kind=Kind.ISSUE, lot=truck.id))
    assert town.book(one(kind=Kind.RETURN, lot=cones))[0].lines[0].target == town.shelf.id


@pytest.mark.heavy
@pytest.mark.parametrize("kind", [Kind.ISSUE, Kind.TRANSFER, Kind.RECEIVE])
@pytest.mark.parametrize("late", [False, True])
def test_nothing_more_goes_into_a_loan_that_is_over(desk: Desk, town: Town, kind: Kind, late: bool) -> None:
    cones, there = town.stock("TRF-001", "30"), str(town.shelf.id)
    loan = lend(desk, cones)
    source = None if kind == Kind.RECEIVE else there
    more = {"kind": kind, "lot": cones, "source": source, "target": str(loan.id)}
    town.book(one(**more))
    desk.do(GiveBack, lines=[Back(thing=str(cones), quantity="2", source=str(loan.id), target=there)])
    with pytest.raises(Refusal) as caught:
        town.book(one(**more, late=late, happened_at=desk.now() - timedelta(minutes=1)))
    assert caught.value.kind == "closed"
    assert desk.at(cones, loan.id) == 0
