"""Loans: who has it, until when, and in what state it comes back."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from depots.models import PlaceKind
from inventory.catalogue.models import Item
from inventory.documents.loans import Back, GiveBack, Lend, ReturnState, Thing, overdue, write_off_overdue
from inventory.documents.models import Borrower, Loan
from inventory.faults.models import Defect
from inventory.readiness.counting import amounts
from inventory.stock.models import Condition
from inventory.telling.models import EntryState
from tests.conftest import ZONE, Town
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
