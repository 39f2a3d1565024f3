"""Transfers: every unit in exactly one place at each moment, whatever goes wrong on the way."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as some
from sqlalchemy import select, update

from core.errors import Refusal
from depots.models import Place, PlaceKind
from depots.places import add_places, new_place
from inventory.booking.wishes import Wish
from inventory.documents.models import Transfer, TransferState
from inventory.documents.transfers import (
    Arrival,
    AskedLine,
    AskTransfer,
    Dispatch,
    ReceiveTransfer,
    RejectTransfer,
    Sent,
    SignLoss,
    TakeBack,
)
from inventory.documents.transfers_view import Tally, stuck, tally
from inventory.faults.entries import Fault, Mended
from inventory.faults.models import Defect
from inventory.stock.models import Kind, Stock
from inventory.telling.photos import note_photo
from inventory.upkeep.scrap import DecideScrap, ProposeScrap, Scrapped
from inventory.upkeep.service import SendToService, ServiceLine
from inventory.verifying.verifying import verify_all
from rooms import CHECKS
from tests.conftest import Town
from tests.inventory.documents.conftest import Desk


def ask(desk: Desk, item: str, quantity: str = "1", unit: str = "piece") -> UUID:
    lines = [AskedLine(item, quantity, unit)]
    return desk.do(AskTransfer, "keeper2", giver="STR-0001", receiver="IND-0002", lines=lines, reason="缺口").id


def send(desk: Desk, transfer: UUID, lot: object, quantity: str = "1", unit: str = "piece") -> None:
    desk.do(Dispatch, transfer=transfer, lines=[Sent(str(lot), quantity, unit)])


def arrive(desk: Desk, transfer: UUID, lot: object, good: str, damaged: str = "0") -> dict[str, object]:
    lines = [Arrival(str(lot), good, damaged)]
    place = str(desk.town.other_shelf.id)
    return desk.do(ReceiveTransfer, "keeper2", transfer=transfer, lines=lines, place=place).result


def told(desk: Desk, transfer: UUID) -> Tally:
    (row,) = desk.read(lambda session: tally(session, session.get_one(Transfer, transfer))).values()
    return row


def state(desk: Desk, transfer: UUID) -> TransferState:
    return desk.read(lambda session: session.get_one(Transfer, transfer)).state


def test_T63_of_fifty_sent_forty_six_arrive_two_are_held_and_two_stay_open(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "50")
    transfer = ask(desk, "BRK-014", "50")
    send(desk, transfer, lot, "50")
    result = arrive(desk, transfer, lot, "46", "2")
    assert (desk.at(lot, town.other_shelf.id), desk.at(lot, desk.standing(PlaceKind.HOLD, other=True))) == (46, 2)
    assert result["on_the_way"] == [str(lot)]
    assert told(desk, transfer) == Tally(Decimal(50), Decimal(46), Decimal(2), Decimal(2), Decimal(0))
    assert state(desk, transfer) == TransferState.SENT
    arrive(desk, transfer, lot, "2")
    assert state(desk, transfer) == TransferState.CLOSED


def test_T64_what_is_on_the_way_is_the_senders_until_both_sides_sign_its_loss(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    transfer = ask(desk, "BRK-014", "5")
    send(desk, transfer, lot, "5")
    place = desk.read(lambda session: session.get_one(Place, transfer))
    assert place.depot_id == town.depot.id
    sent_at = desk.now()
    assert desk.read(stuck, [town.depot.id], sent_at + timedelta(days=3)) == []
    rows = desk.read(stuck, [town.depot.id], sent_at + timedelta(days=3, minutes=1))
    assert [row.id for row, _ in rows] == [transfer]
    desk.do(SignLoss, transfer=transfer, side="giver", note="车辆未到")
    assert desk.at(lot, transfer) == 5, "one signature books nothing"
    assert desk.refused(SignLoss, transfer=transfer, side="receiver").status == 403
    desk.do(SignLoss, "keeper2", transfer=transfer, side="receiver")
    assert desk.at(lot, desk.standing(PlaceKind.LOST)) == 5
    assert state(desk, transfer) == TransferState.CLOSED


async def test_T64_a_list_never_calls_what_was_lost_arrived(desk: Desk, town: Town, client: httpx.AsyncClient) -> None:
    lot = town.stock("BRK-014", "5")
    send(desk, transfer := ask(desk, "BRK-014", "5"), lot, "5")
    desk.do(SignLoss, transfer=transfer, side="giver")
    desk.do(SignLoss, "keeper2", transfer=transfer, side="receiver")
    shown = await client.get("/lists/transfers/csv", headers={**town.auth("keeper"), "accept-language": "en"})
    assert "lost on the way" in shown.text
    assert "arrived" not in shown.text


def test_T64_one_person_does_not_sign_for_both_sides(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    transfer = ask(desk, "BRK-014", "5")
    send(desk, transfer, lot, "5")
    desk.do(SignLoss, "admin", transfer=transfer, side="giver")
    assert desk.refused(SignLoss, "admin", transfer=transfer, side="receiver").kind == "same-person"


def test_T65_a_depot_receives_what_it_never_had(desk: Desk, town: Town) -> None:
    lot = town.stock("MED-010", "8", expires_on=date(2027, 6, 30), number="D1")
    transfer = ask(desk, "MED-010", "8")
    send(desk, transfer, lot, "8")
    arrive(desk, transfer, lot, "8")
    assert desk.at(lot, town.other_shelf.id) == 8


def test_T66_two_boxes_sent_are_forty_pieces_received(desk: Desk, town: Town) -> None:
    lot = town.stock("MED-010", "100", expires_on=date(2027, 6, 30), number="D1", pack_size=Decimal(20))
    transfer = ask(desk, "MED-010", "40")
    send(desk, transfer, lot, "2", "box")
    assert desk.at(lot, transfer) == 40
    arrive(desk, transfer, lot, "40")
    assert state(desk, transfer) == TransferState.CLOSED


def test_T68_opened_state_dates_and_open_faults_travel_along(desk: Desk, town: Town) -> None:
    sealed = town.stock("MED-010", "2", expires_on=date(2027, 6, 30), number="D1")
    town.book(Wish(id=uuid4(), kind=Kind.OPEN, quantity="1", lot=sealed, opened_on=date(2026, 11, 1)))
    opened = desk.read(
        lambda session: session.execute(select(Stock.lot_id).where(Stock.lot_id != sealed)).scalars().first()
    )
    piece = town.stock("EXT-001", "1", serial="S-1")
    desk.do(Fault, thing=str(piece), description="瓶体锈蚀")
    transfer = ask(desk, "MED-010", "1")
    for lot in (opened, piece):
        send(desk, transfer, lot)
        arrive(desk, transfer, lot, "1")
        transfer = ask(desk, "MED-010", "1")
    assert town.lot(opened).usable_through == date(2026, 12, 1)
    assert desk.at(opened, town.other_shelf.id) == 1
    defect = desk.read(lambda session: session.execute(select(Defect)).scalar_one())
    assert (defect.depot_id, defect.place_id) == (town.other.id, town.other_shelf.id)
    assert town.lot(piece).home_place_id == town.other_shelf.id


def test_T68_a_loaded_kit_takes_its_content_to_the_other_depot(desk: Desk, town: Town) -> None:
    kit = desk.kit("MED-002")
    gauze = town.stock("MED-007", "3", kit, expires_on=date(2027, 6, 30))
    transfer = ask(desk, "MED-002")
    send(desk, transfer, kit.id)
    assert desk.at(gauze, kit.id) == 3
    arrive(desk, transfer, kit.id, "1")
    place = desk.read(lambda session: session.get_one(Place, kit.id))
    assert (place.depot_id, place.parent_id, place.in_reach) == (town.other.id, town.other_shelf.id, True)


def test_a_receiver_who_rejects_leaves_the_goods_to_be_taken_back(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    transfer = ask(desk, "BRK-014", "5")
    send(desk, transfer, lot, "5")
    desk.do(RejectTransfer, "keeper2", transfer=transfer, note="型号不符")
    assert desk.at(lot, transfer) == 5
    assert desk.read(verify_all, CHECKS).faults == {}  # what still has to come back is no fault
    desk.do(TakeBack, transfer=transfer)
    assert (desk.at(lot, town.shelf.id), state(desk, transfer)) == (5, TransferState.REJECTED)
    assert told(desk, transfer) == Tally(*[Decimal(0)] * 5)


@pytest.mark.heavy
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("kind", [Kind.RECEIVE, Kind.ADJUST])
def test_B7_nothing_comes_onto_the_way_but_by_dispatch(desk: Desk, town: Town, kind: Kind, late: bool) -> None:
    running, over = ask(desk, "BRK-014"), ask(desk, "BRK-014")
    desk.do(RejectTransfer, transfer=over, note="本站也缺")
    for transfer in (running, over):
        wish = Wish(
            id=uuid4(), kind=kind, quantity="2", item="BRK-014", target=str(transfer), reason="点多了", late=late
        )
        with pytest.raises(Refusal) as refused:
            town.book(wish)
        assert (refused.value.status, [one.field for one in refused.value.fields]) == (422, ["to"])
    assert desk.read(verify_all, CHECKS).faults == {}


@pytest.mark.heavy
def test_what_lies_with_a_transfer_that_is_over_is_taken_back_by_it(desk: Desk, town: Town) -> None:
    """Books older than the refusal have such rows; no other way leads off the way."""
    lot = town.stock("BRK-014", "5")
    transfer = ask(desk, "BRK-014", "5")
    send(desk, transfer, lot, "5")
    closed = {"state": TransferState.CANCELLED, "closed_at": desk.now()}
    town.run(lambda session: session.execute(update(Transfer).where(Transfer.id == transfer).values(**closed)))
    assert list(desk.read(verify_all, CHECKS).faults) == ["gear lies with a loan or transfer that is over"]
    desk.do(TakeBack, transfer=transfer)
    assert (desk.at(lot, town.shelf.id), state(desk, transfer)) == (5, TransferState.CANCELLED)
    assert desk.read(verify_all, CHECKS).faults == {}
    assert desk.refused(TakeBack, transfer=transfer).kind == "closed"


def test_a_request_is_called_off_before_anything_is_sent(desk: Desk, town: Town) -> None:
    transfer = ask(desk, "BRK-014")
    desk.do(RejectTransfer, transfer=transfer, note="本站也缺")
    assert state(desk, transfer) == TransferState.CANCELLED
    assert desk.refused(Dispatch, transfer=transfer, lines=[Sent(str(uuid4()))]).kind == "closed"


def test_only_the_keeper_of_a_side_acts_for_it_and_who_sees_the_transfer_is_told_so(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    transfer = ask(desk, "BRK-014", "5")
    of_giver = [(Dispatch, {"lines": [Sent(str(lot))]}), (TakeBack, {}), (SignLoss, {"side": "giver"})]
    of_receiver = [
        (ReceiveTransfer, {"lines": [Arrival(str(lot), "5")]}),
        (RejectTransfer, {"note": "x"}),
        (SignLoss, {"side": "receiver"}),
    ]
    assert desk.refused(Dispatch, "keeper2", transfer=transfer, lines=[Sent(str(lot))]).status == 403
    send(desk, transfer, lot, "5")
    for who, acts in (("keeper2", of_giver), ("keeper", of_receiver)):
        for kind, said in acts:
            refused = desk.refused(kind, who, transfer=transfer, **said)
            assert (refused.status, refused.kind) == (403, "forbidden"), (kind, refused)
            assert "depot" in refused.message
    assert desk.at(lot, transfer) == 5
    assert desk.refused(TakeBack, transfer=uuid4()).status == 404


def test_more_than_is_on_the_way_is_not_received(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    transfer = ask(desk, "BRK-014", "5")
    send(desk, transfer, lot, "3")
    lines = [Arrival(str(lot), "4")]
    refused = desk.refused(ReceiveTransfer, "keeper2", transfer=transfer, lines=lines, place=str(town.other_shelf.id))
    assert refused.kind == "not-enough-stock"


parts = some.tuples(some.integers(0, 4), some.integers(0, 3))


@pytest.mark.heavy
@effort(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=some.integers(1, 9), arrivals=some.lists(parts, max_size=4), ending=some.sampled_from(["none", "back", "loss"])
)
def test_T67_sent_is_always_received_held_on_the_way_and_lost(
    desk: Desk, town: Town, sent: int, arrivals: list[tuple[int, int]], ending: str
) -> None:
    lot = town.stock("BRK-014", "9")
    whole = desk.total(lot)
    transfer = ask(desk, "BRK-014", str(sent))
    send(desk, transfer, lot, str(sent))
    left = sent
    for good, damaged in arrivals:
        if 0 < good + damaged < left:
            arrive(desk, transfer, lot, str(good), str(damaged))
            left -= good + damaged
        row = told(desk, transfer)
        assert row.sent == row.received + row.held + row.on_the_way + row.lost == sent
        assert desk.total(lot) == whole
    if ending == "back":
        desk.do(TakeBack, transfer=transfer)
    if ending == "loss":
        desk.do(SignLoss, transfer=transfer, side="giver")
        desk.do(SignLoss, "keeper2", transfer=transfer, side="receiver")
    row = told(desk, transfer)
    assert row.sent == row.received + row.held + row.on_the_way + row.lost
    assert desk.total(lot) == whole - (left if ending == "loss" else 0)


def test_a_place_of_another_depot_is_no_place_to_receive_into(desk: Desk, town: Town) -> None:
    now = desk.now()
    shelf = new_place(town.depot.id, PlaceKind.SHELF, "A9", "A9", now, parent=town.room, position=90)
    town.run(add_places, [shelf], now)
    lot = town.stock("BRK-014", "5")
    transfer = ask(desk, "BRK-014", "5")
    send(desk, transfer, lot, "5")
    refused = desk.refused(
        ReceiveTransfer, "admin", transfer=transfer, lines=[Arrival(str(lot), "5")], place=str(shelf.id)
    )
    assert refused.fields[0].field == "place"


def test_each_line_of_what_arrives_goes_onto_a_place_of_its_own(desk: Desk, town: Town) -> None:
    now = desk.now()
    high = new_place(town.other.id, PlaceKind.SHELF, "B2", "B2", now, parent=town.other_shelf, position=91)
    town.run(add_places, [high], now)
    lots = [town.stock(code, "5") for code in ("BRK-014", "TRF-002", "PPE-026")]
    transfer = ask(desk, "BRK-014", "5")
    desk.do(Dispatch, transfer=transfer, lines=[Sent(str(lot), "2") for lot in lots])
    here, there = str(town.other_shelf.id), str(high.id)
    lines = [
        Arrival(str(lots[0]), "2"),
        Arrival(str(lots[1]), "2", place=there),
        Arrival(str(lots[2]), "1", "1", there),
    ]
    abroad = [*lines[:2], Arrival(str(lots[2]), "2", place=str(town.shelf.id))]
    refused = desk.refused(ReceiveTransfer, "keeper2", transfer=transfer, lines=abroad, place=here)
    assert [one.field for one in refused.fields] == ["place"]
    assert desk.at(lots[0], transfer) == 2  # all or nothing
    desk.do(ReceiveTransfer, "keeper2", transfer=transfer, lines=lines, place=here)
    assert [desk.at(lots[0], town.other_shelf.id), *(desk.at(lot, high.id) for lot in lots[1:])] == [2, 2, 1]
    assert desk.at(lots[2], desk.standing(PlaceKind.HOLD, other=True)) == 1
    assert state(desk, transfer) == TransferState.CLOSED


def test_a_second_load_does_not_hide_how_long_the_first_has_been_on_the_way(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    transfer, sent_at = ask(desk, "BRK-014", "5"), desk.now()
    send(desk, transfer, lot, "2")
    town.context.clock.instant += timedelta(days=2)  # type: ignore[attr-defined]
    send(desk, transfer, lot, "3")
    assert [row.id for row, _ in desk.read(stuck, [town.depot.id], sent_at + timedelta(days=3, minutes=1))] == [
        transfer
    ]


def test_a_transfer_goes_from_one_depot_to_another(desk: Desk, town: Town) -> None:
    both = town.person("both", *town.callers["keeper"].duties, *town.callers["keeper2"].duties).account
    lot = town.stock("BRK-014", "5")
    there = town.stock("BRK-014", "5", town.other_shelf)
    assert there == lot
    same = {"giver": "STR-0001", "receiver": "STR-0001", "lines": [AskedLine("BRK-014", "1")]}
    assert [one.field for one in desk.refused(AskTransfer, **same).fields] == ["receiver"]
    transfer = ask(desk, "BRK-014", "5")
    hands = town.book(Wish(id=uuid4(), kind=Kind.ISSUE, quantity="1", lot=lot, source=str(town.shelf.id)))
    for place in (town.other_shelf.id, transfer, hands[0].lines[0].target):
        lines = [Sent(str(lot), "1", source=str(place))]
        assert [one.field for one in desk.refused(Dispatch, both, transfer=transfer, lines=lines).fields] == ["from"]
    send(desk, transfer, lot, "2")
    for place in (town.shelf.id, transfer, desk.standing(PlaceKind.HOLD, other=True)):
        arrival = {"transfer": transfer, "lines": [Arrival(str(lot), "1")], "place": str(place)}
        assert [one.field for one in desk.refused(ReceiveTransfer, both, **arrival).fields] == ["place"]


def test_T68_a_fault_that_is_mended_stays_where_it_was(desk: Desk, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="S-1")
    mended = desk.do(Fault, thing=str(lot), description="压力不足").id
    desk.do(Mended, defect=mended, note="充装")
    open_ = desk.do(Fault, thing=str(lot), description="喷管脱落").id
    transfer = ask(desk, "EXT-001")
    send(desk, transfer, lot)
    arrive(desk, transfer, lot, "1")
    depots = desk.read(lambda session: [session.get_one(Defect, one).depot_id for one in (mended, open_)])
    assert depots == [town.depot.id, town.other.id]


def test_a_shelf_out_of_reach_is_none_also_where_there_is_nothing_to_take_back(desk: Desk, town: Town) -> None:
    transfer = ask(desk, "BRK-014")
    refusal = desk.refused(TakeBack, transfer=transfer, place=str(town.other_shelf.id))
    assert refusal.status in (404, 422)


def test_what_is_on_the_way_goes_to_no_workshop_and_is_not_scrapped(desk: Desk, town: Town) -> None:
    piece = town.stock("BRK-006", "1", serial="S-9")
    scrap = UUID(str(desk.do(ProposeScrap, thing=str(piece), reason="worn").result["scrap"]))
    desk.do(DecideScrap, "officer", scrap=scrap, approve=True)
    transfer = ask(desk, "BRK-006")
    send(desk, transfer, piece)
    going = {"lines": [ServiceLine(thing=str(piece))], "vendor": "works", "due_back_on": desk.now().date()}
    assert desk.refused(SendToService, **going).status == 422
    assert desk.at(piece, transfer) == 1
    photo = uuid4()
    town.run(note_photo, town.keeper, photo, "h" * 64, 9, desk.now())
    done = {"scrap": scrap, "method": "cut", "receiver": "works", "photos": [photo]}
    assert desk.refused(Scrapped, **done).status == 422
    assert desk.at(piece, transfer) == 1
