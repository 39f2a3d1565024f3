"""The ledger: what is booked, what is refused, and that the book always adds up."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, IntegrityError

from core.errors import Refusal
from depots.models import PlaceKind
from depots.places import holder_place_id, standing_place_id
from inventory.booking.wishes import Wish
from inventory.stock.lots import NewLot, set_condition
from inventory.stock.models import Condition, Kind, Lot
from inventory.stock.verify import verify
from tests.conftest import Town, one, quantity_of

TODAY = date(2026, 11, 23)


def sound(town: Town) -> bool:
    return town.run(verify).sound


def test_a_take_moves_one_piece_into_the_takers_hands(town: Town) -> None:
    lot = town.stock("BRK-014", "3")
    [answer] = town.book(one(kind=Kind.ISSUE, lot=lot))
    hands = holder_place_id(town.depot.id, town.keeper.person_id)
    assert answer.lines[0].target == hands
    assert quantity_of(town.context.database, lot, town.shelf.id) == 2
    assert quantity_of(town.context.database, lot, hands) == 1
    assert sound(town)


def test_a_return_goes_back_to_where_the_piece_lives_or_lay(town: Town) -> None:
    lot = town.stock("BRK-014", "3")
    town.book(one(kind=Kind.ISSUE, lot=lot, quantity="2"))
    town.book(one(kind=Kind.RETURN, lot=lot, quantity="2"))
    assert quantity_of(town.context.database, lot, town.shelf.id) == 3
    assert sound(town)


def test_more_than_there_is_is_refused_and_says_what_there_is_and_who_took_some_T50(town: Town) -> None:
    lot = town.stock("BRK-014", "2")
    town.book(one(kind=Kind.ISSUE, lot=lot))
    with pytest.raises(Refusal) as refused:
        town.book(one(kind=Kind.ISSUE, lot=lot, quantity="5"))
    assert refused.value.status == 409
    assert refused.value.extra["available"] == "1"
    assert refused.value.extra["last_taken_by"] == "keeper 先生"
    assert sound(town)


def test_the_same_id_twice_books_once_and_answers_the_same_T51(town: Town) -> None:
    lot = town.stock("MED-009", "10", expires_on=TODAY + timedelta(400))
    wish = one(kind=Kind.CONSUME, lot=lot, quantity="10")
    first = town.book(wish)
    assert town.book(wish) == first
    assert quantity_of(town.context.database, lot, town.shelf.id) == 0
    with pytest.raises(Refusal) as refused:
        town.book(one(id=wish.id, kind=Kind.CONSUME, lot=lot, quantity="9"))
    assert (refused.value.status, refused.value.kind) == (409, "id-reused")


def test_a_batch_is_booked_whole_or_not_at_all(town: Town) -> None:
    lot = town.stock("BRK-014", "3")
    with pytest.raises(Refusal) as refused:
        town.book(
            one(kind=Kind.ISSUE, lot=lot), one(kind=Kind.ISSUE, lot=lot), one(kind=Kind.ISSUE, lot=lot, quantity="2")
        )
    assert refused.value.extra["line"] == 2
    assert quantity_of(town.context.database, lot, town.shelf.id) == 3
    answers = town.book(*(one(kind=Kind.ISSUE, lot=lot) for _ in range(3)))
    assert len(answers) == 3
    assert sound(town)


def test_a_batch_may_use_what_its_own_earlier_lines_brought(town: Town) -> None:
    lot, other = town.stock("BRK-014", "1"), town.stock("BRK-016", "2")
    town.book(one(kind=Kind.TRANSFER, lot=other, target=str(town.second_shelf.id)))
    town.book(one(kind=Kind.TRANSFER, lot=other, source=str(town.second_shelf.id), target=str(town.shelf.id)))
    town.book(
        one(kind=Kind.ISSUE, lot=lot),
        one(kind=Kind.TRANSFER, lot=other, quantity="2", source=str(town.shelf.id), target=str(town.second_shelf.id)),
        one(kind=Kind.ISSUE, lot=other, quantity="2", source=str(town.second_shelf.id)),
    )
    assert quantity_of(town.context.database, other, town.second_shelf.id) == 0
    assert sound(town)


def test_T14_fefo_skips_what_is_on_hold_and_prefers_an_opened_pack_still_valid(town: Town) -> None:
    a = town.stock("MED-010", "3", expires_on=TODAY + timedelta(200), number="A")
    b = town.stock("MED-010", "3", expires_on=TODAY + timedelta(100), number="B")
    expired = town.stock("MED-010", "3", expires_on=TODAY - timedelta(1), number="X")
    town.run(lambda session: set_condition(session, session.get_one(Lot, b), Condition.QUARANTINED, "recall"))
    c = town.stock("MED-010", "1", expires_on=TODAY + timedelta(300), number="C")
    town.book(one(kind=Kind.OPEN, lot=c, opened_on=TODAY))
    [answer] = town.book(one(kind=Kind.CONSUME, item="MED-010", quantity="3", source=str(town.shelf.id)))
    opened = town.lot(answer.lines[0].lot)
    assert opened.opened_from_id == c
    assert [(line.lot, line.quantity) for line in answer.lines[1:]] == [(a, "2")]
    assert quantity_of(town.context.database, expired, town.shelf.id) == 3
    assert sound(town)


def test_T10_opening_shortens_the_life_of_a_pack_and_never_lengthens_it(town: Town) -> None:
    far = town.stock("MED-010", "10", expires_on=date(2027, 6, 30), number="far")
    near = town.stock("MED-010", "10", expires_on=date(2026, 11, 30), number="near")
    [first] = town.book(one(kind=Kind.OPEN, lot=far, opened_on=date(2026, 11, 1)))
    [second] = town.book(one(kind=Kind.OPEN, lot=near))
    assert town.lot(first.lines[1].lot).usable_through == date(2026, 12, 1)
    assert town.lot(second.lines[1].lot).usable_through == date(2026, 11, 30)


def test_T12_an_opened_pack_stands_apart_from_the_sealed_ones(town: Town) -> None:
    lot = town.stock("MED-010", "10", expires_on=date(2027, 6, 30))
    [answer] = town.book(one(kind=Kind.OPEN, lot=lot))
    assert quantity_of(town.context.database, lot, town.shelf.id) == 9
    assert quantity_of(town.context.database, answer.lines[1].lot, town.shelf.id) == 1
    assert sound(town)


def test_T11_a_pack_cannot_have_been_opened_tomorrow(town: Town) -> None:
    lot = town.stock("MED-010", "1", expires_on=date(2027, 6, 30))
    with pytest.raises(Refusal) as refused:
        town.book(one(kind=Kind.OPEN, lot=lot, opened_on=TODAY + timedelta(1)))
    assert refused.value.fields[0].field == "opened_on"


def test_T15_an_expired_medicine_is_never_handed_out_but_a_sandbag_is_with_a_reason(town: Town) -> None:
    medicine = town.stock("MED-013", "5", expires_on=TODAY - timedelta(1))
    with pytest.raises(Refusal) as refused:
        town.book(one(kind=Kind.CONSUME, lot=medicine, reason="needed"))
    assert refused.value.kind == "expired"
    bags = town.stock("FLD-002", "5", expires_on=TODAY - timedelta(1))
    with pytest.raises(Refusal) as asked:
        town.book(one(kind=Kind.ISSUE, lot=bags))
    assert asked.value.fields[0].field == "reason"
    town.book(one(kind=Kind.ISSUE, lot=bags, reason="typhoon"))


def test_T58_boxes_are_booked_in_pieces_by_the_lots_own_box_size(town: Town) -> None:
    lot = town.stock("MED-007", "100", expires_on=date(2028, 1, 1), number="20s")
    big = town.stock("MED-007", "100", expires_on=date(2028, 1, 1), number="50s", pack_size=Decimal(50))
    town.book(one(kind=Kind.CONSUME, lot=lot, quantity="1", unit="box"), one(kind=Kind.CONSUME, lot=big, unit="box"))
    assert quantity_of(town.context.database, lot, town.shelf.id) == 80
    assert quantity_of(town.context.database, big, town.shelf.id) == 50


def test_T59_litres_are_exact_and_extinguishers_are_whole(town: Town) -> None:
    petrol = town.stock("FUE-001", "0.3")
    town.book(one(kind=Kind.CONSUME, lot=petrol, quantity="0.1"), one(kind=Kind.CONSUME, lot=petrol, quantity="0.2"))
    assert quantity_of(town.context.database, petrol, town.shelf.id) == 0
    pliers = town.stock("BRK-014", "2")
    with pytest.raises(Refusal) as refused:
        town.book(one(kind=Kind.ISSUE, lot=pliers, quantity="0.5"))
    assert refused.value.fields[0].field == "quantity"


def test_T52_a_late_fact_is_booked_though_the_thing_is_gone_and_the_shelf_stays_at_zero(town: Town) -> None:
    lot = town.stock("BRK-014", "1")
    town.book(one(kind=Kind.ISSUE, lot=lot), caller="responder")
    [answer] = town.book(one(kind=Kind.ISSUE, lot=lot, quantity="3", source=str(town.shelf.id), late=True))
    discrepancy = standing_place_id(town.depot.id, PlaceKind.DISCREPANCY)
    assert answer.quantity == "3"
    assert quantity_of(town.context.database, lot, discrepancy) == -3
    assert quantity_of(town.context.database, lot, town.shelf.id) == 0
    assert sound(town)


def test_a_serialised_piece_is_one_and_in_one_place(town: Town) -> None:
    piece = town.stock("EXT-001", "1", serial="0001")
    with pytest.raises(Refusal) as refused:
        town.book(one(kind=Kind.RECEIVE, lot=piece, target=str(town.second_shelf.id)))
    assert refused.value.kind == "there-already"
    with pytest.raises(Refusal):
        town.book(one(kind=Kind.ISSUE, lot=piece, quantity="2"))


def test_T38_two_pieces_may_carry_the_same_serial_number_or_none(town: Town) -> None:
    lots = {
        town.stock("EXT-001", "1", serial="0001", maker="甲"),
        town.stock("EXT-001", "1", serial="0001", maker="乙"),
        town.stock("EXT-001", "1"),
    }
    assert len(lots) == 3


def test_T17_one_lot_number_of_two_makers_is_two_lots(town: Town) -> None:
    one_maker = town.stock("MED-007", "5", expires_on=date(2027, 1, 1), number="240101", maker="甲")
    other = town.stock("MED-007", "5", expires_on=date(2027, 1, 1), number="240101", maker="乙")
    again = town.stock("MED-007", "5", expires_on=date(2027, 1, 1), number="240101", maker="甲")
    assert one_maker != other
    assert again == one_maker


def test_gear_of_another_depot_is_not_there_for_a_keeper(town: Town) -> None:
    lot = town.stock("BRK-014", "2", shelf=town.other_shelf)
    for wish in (one(kind=Kind.ISSUE, lot=lot), one(kind=Kind.TRANSFER, lot=lot, target=str(town.shelf.id))):
        with pytest.raises(Refusal) as refused:
            town.book(wish)
        assert refused.value.status in (404, 409, 422)
    assert quantity_of(town.context.database, lot, town.other_shelf.id) == 2


def test_a_responder_takes_and_returns_but_does_not_keep(town: Town) -> None:
    lot = town.stock("BRK-014", "2")
    town.book(one(kind=Kind.ISSUE, lot=lot), caller="responder")
    town.book(one(kind=Kind.RETURN, lot=lot), caller="responder")
    for wish in (
        one(kind=Kind.DISPOSE, lot=lot, reason="broken"),
        one(kind=Kind.ADJUST, lot=lot, source=str(town.shelf.id), reason="gone"),
        one(kind=Kind.RECEIVE, lot=lot, target=str(town.shelf.id)),
    ):
        with pytest.raises(Refusal) as refused:
            town.book(wish, caller="responder")
        assert refused.value.status == 403


def test_receiving_a_new_batch_enters_its_lot_with_a_label(town: Town) -> None:
    wish = Wish(
        id=uuid4(),
        kind=Kind.RECEIVE,
        quantity="2",
        unit="box",
        item="MED-007",
        target=str(town.shelf.id),
        new_lot=NewLot(number="L1", expires_on=date(2028, 2, 29)),
    )
    [answer] = town.book(wish)
    lot = town.lot(answer.lines[0].lot)
    assert (lot.number, lot.usable_through) == ("L1", date(2028, 2, 29))
    assert answer.quantity == "40"
    assert len(town.code_of(lot.id)) == 8


def test_the_database_itself_refuses_to_change_or_delete_a_movement(town: Town) -> None:
    town.stock("BRK-014", "2")
    for statement in ("UPDATE movement SET quantity = 1", "DELETE FROM movement"):
        with pytest.raises(DatabaseError, match="append-only"):
            town.run(lambda session, sql=statement: session.execute(text(sql)))


def test_the_database_itself_refuses_a_balance_below_zero_inside_a_depot(town: Town) -> None:
    town.stock("BRK-014", "2")
    with pytest.raises(IntegrityError, match="below zero"), town.context.database.transaction() as session:
        session.execute(text("UPDATE stock SET quantity = -1 WHERE NOT outside"))


def test_verify_finds_a_balance_that_somebody_tampered_with(town: Town) -> None:
    town.stock("BRK-014", "2")
    town.run(lambda session: session.execute(text("UPDATE stock SET quantity = 7000 WHERE NOT outside")))
    verdict = town.run(verify)
    assert not verdict.sound
    assert "balance differs from movements" in verdict.faults


KINDS = st.sampled_from([Kind.ISSUE, Kind.RETURN, Kind.CONSUME, Kind.TRANSFER, Kind.ADJUST, Kind.DISPOSE, Kind.RECEIVE])
STEPS = st.lists(
    st.tuples(
        KINDS,
        st.integers(0, 3),  # which lot
        st.integers(0, 2),  # which of the places, as source or target
        st.integers(1, 8),  # how much
        st.booleans(),  # late
        st.sampled_from(["keeper", "responder", "admin"]),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_history_leaves_a_sound_book(town: Town, steps: list[tuple[Kind, int, int, int, bool, str]]) -> None:
    lots = [town.stock(item, "5") for item in ("BRK-014", "BRK-016")]
    lots += [town.stock("MED-007", "5", expires_on=TODAY + timedelta(days), number=str(uuid4())) for days in (5, 500)]
    places = [town.shelf.id, town.second_shelf.id, None]
    for kind, lot, place, quantity, late, who in steps:
        where: UUID | None = places[place]
        ends = {"target": str(where)} if kind in (Kind.TRANSFER, Kind.RECEIVE) and where else {}
        if kind == Kind.ADJUST and where:
            ends = {"source" if quantity % 2 else "target": str(where)}
        wish = one(kind=kind, lot=lots[lot], quantity=str(quantity), late=late, reason="test", **ends)
        try:
            first = town.book(wish, caller=who)
        except Refusal as refusal:
            assert refusal.status in (403, 404, 409, 422)
        else:
            assert town.book(wish, caller=who) == first
    assert sound(town)


def test_T01_a_date_told_by_the_month_lasts_to_the_months_end(town: Town) -> None:
    new_lot = NewLot(number="M", expires_on=date(2028, 2, 1), expiry_precision="month")
    [answer] = town.book(one(kind=Kind.RECEIVE, item="MED-007", target=str(town.shelf.id), new_lot=new_lot))
    lot = town.lot(answer.lines[0].lot)
    assert (lot.usable_through, lot.expiry_precision) == (date(2028, 2, 29), "month")


def test_taking_and_returning_are_no_way_to_move_gear_about(town: Town) -> None:
    lot = town.stock("BRK-014", "2")
    with pytest.raises(Refusal) as refused:
        town.book(one(kind=Kind.ISSUE, lot=lot, target=str(town.second_shelf.id)), caller="responder")
    assert refused.value.fields[0].field == "to"
    town.book(one(kind=Kind.ISSUE, lot=lot), caller="responder")
    workshop = standing_place_id(town.depot.id, PlaceKind.WORKSHOP)
    with pytest.raises(Refusal):
        town.book(one(kind=Kind.RETURN, lot=lot, target=str(workshop)), caller="responder")
    town.book(one(kind=Kind.RETURN, lot=lot, target=str(town.second_shelf.id)), caller="responder")


def test_whatever_a_delivery_tells_of_a_piece_stands_on_it(town: Town) -> None:
    told = {
        "number": "N",
        "serial": "S",
        "maker": "M",
        "made_on": date(2026, 2, 1),
        "made_precision": "month",
        "in_service_on": date(2026, 3, 1),
        "expires_on": date(2030, 1, 31),
        "expiry_precision": "month",
        "pack_size": "6",
    }
    # its size is held by tests/cases/test_sizes.py: an extinguisher has none
    assert set(told) == {field.name for field in msgspec.structs.fields(NewLot)} - {"expiry_unknown", "size"}
    wish = one(kind=Kind.RECEIVE, item="EXT-001", target=str(town.shelf.id), new_lot=NewLot(**told))
    [answer] = town.book(wish)
    with town.context.database.transaction(writes=False) as session:
        lot = session.get_one(Lot, answer.lines[0].lot)
        assert {name: getattr(lot, name) for name in told} == {**told, "pack_size": Decimal(6)}


@pytest.mark.parametrize("field", ["made_on", "in_service_on"])
def test_nothing_was_made_or_put_in_service_after_today(town: Town, field: str) -> None:
    wish = one(
        kind=Kind.RECEIVE, item="EXT-001", target=str(town.shelf.id), new_lot=NewLot(**{field: date(9999, 12, 31)})
    )
    with pytest.raises(Refusal) as caught:
        town.book(wish)
    assert [fault.field for fault in caught.value.fields] == [f"new_lot.{field}"]


@pytest.mark.parametrize("then", [Kind.CONSUME, Kind.DISPOSE, Kind.TRANSFER])
def test_what_a_list_has_done_with_a_piece_its_later_late_wishes_know(town: Town, then: Kind) -> None:
    lot = town.stock("BRK-001", "1", serial="S-1")
    here, there = str(town.shelf.id), str(town.second_shelf.id)
    target = there if then == Kind.TRANSFER else None
    first = one(kind=then, lot=lot, source=here, target=target, reason="x")
    last = one(kind=Kind.CONSUME, lot=lot, source=here, late=True)
    town.book(first, last)
    assert quantity_of(town.context.database, lot, town.shelf.id) == 0
    assert quantity_of(town.context.database, lot, town.second_shelf.id) == 0
    gap = standing_place_id(town.depot.id, PlaceKind.DISCREPANCY)
    assert quantity_of(town.context.database, lot, gap) == (0 if then == Kind.TRANSFER else -1)
    assert sound(town)
