"""What goes into vehicles, kits and devices, comes out of them, and is told of them late or from elsewhere."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.errors import Refusal
from depots.models import Place, PlaceKind
from depots.places import holder_place_id
from inventory.booking.movements import Filters, movements
from inventory.booking.wishes import Wish
from inventory.desk.life import life
from inventory.documents.counting import ApproveCount, Counted, CountLines, StartCount
from inventory.documents.devices import FitPart
from inventory.documents.handover import StartHandover
from inventory.documents.kits import CheckSeal, CountKit, PutSeal
from inventory.documents.loans import Back, GiveBack
from inventory.documents.transfers import Arrival, AskedLine, AskTransfer, Dispatch, ReceiveTransfer, Sent, TakeBack
from inventory.faults.entries import Fault, Mended
from inventory.stock.models import Kind
from inventory.stock.reaching import lots_reached
from inventory.telling.basket import Basket
from inventory.telling.scene import NewEntry
from inventory.upkeep.readings import ReadMeter
from inventory.upkeep.service import BackFromService, SendToService, ServiceLine
from inventory.verifying.verifying import verify_all
from office.lists.movements import MOVEMENTS
from office.reading import read_table
from office.tables import Reader, Wanted
from rooms import CHECKS
from tests.conftest import Town
from tests.inventory.documents.conftest import Desk


def transfer(desk: Desk, item: str) -> UUID:
    town = desk.town
    asked = [AskedLine(item=item, quantity="1")]
    told = desk.do(AskTransfer, giver=town.depot.code, receiver=town.other.code, lines=asked)
    return UUID(told.result["transfer"])


def put(town: Town, lot: UUID, place: UUID, kind: Kind = Kind.TRANSFER, **more: Any) -> None:
    town.book(Wish(id=uuid4(), kind=kind, quantity="1", lot=lot, target=str(place), **more))


def send_kit(desk: Desk, kit: Place) -> None:
    """To the other depot, with all that is in it."""
    town, sent = desk.town, transfer(desk, "MED-002")
    desk.do(Dispatch, transfer=sent, lines=[Sent(thing=str(kit.id), quantity="1", source=str(town.shelf.id))])
    arrived = [Arrival(thing=str(kit.id), good="1", damaged="0")]
    desk.do(ReceiveTransfer, "keeper2", transfer=sent, lines=arrived, place=str(town.other_shelf.id))


def test_T44_after_a_broken_seal_a_kit_does_not_count_as_ready_until_it_is_counted(desk: Desk, town: Town) -> None:
    truck = desk.kit("VEH-007", serial="T")
    assert desk.do(CheckSeal, place=str(truck.id), number="1", whole=True).result["ready"] is False


def test_a_word_told_late_speaks_of_the_seal_of_its_time(desk: Desk) -> None:
    kit, before = desk.kit("MED-002"), desk.now() - timedelta(hours=2)
    desk.do(PutSeal, place=str(kit.id), number="new")
    desk.do(CheckSeal, place=str(kit.id), number="old", whole=False, happened_at=before, late=True)
    desk.do(PutSeal, place=str(kit.id), number="old", happened_at=before, late=True)
    told = desk.do(CheckSeal, place=str(kit.id), number="new", whole=True)
    assert told.result["full_count"] is False, "what was on it two hours ago has nothing to do with the seal of now"


def test_T32_a_piece_that_was_counted_in_a_kit_and_left_it_since_is_not_lost(desk: Desk, town: Town) -> None:
    truck, counted_at = desk.kit("VEH-004", serial="B"), desk.now()
    cylinder = town.stock("EXT-001", "1", truck, serial="A-07")
    town.context.clock.instant += timedelta(hours=1)
    put(town, cylinder, town.shelf.id, source=str(truck.id))
    lines = [Counted(str(cylinder), "1")]
    desk.do(CountKit, place=str(truck.id), lines=lines, happened_at=counted_at + timedelta(minutes=5), late=True)
    assert desk.at(cylinder, town.shelf.id) == 1


def test_B7_a_piece_on_the_way_comes_off_it_by_its_transfer_alone(desk: Desk, town: Town) -> None:
    truck, radio = desk.kit("VEH-004", serial="B"), town.stock("COM-001", "1", serial="5")
    battery = town.stock("COM-002", "1", serial="B12")
    sent = transfer(desk, "COM-002")
    desk.do(Dispatch, transfer=sent, lines=[Sent(thing=str(battery), quantity="1", source=str(town.shelf.id))])
    refused = desk.refused(CountKit, place=str(truck.id), lines=[Counted(str(battery), "1")])
    assert refused.fields[0].field == "thing"
    assert desk.refused(FitPart, device=str(radio), part=str(battery)).fields[0].field == "part"


def on_the_way(desk: Desk, item: str, lot: UUID) -> UUID:
    """A transfer to the other depot by which this has left the shelf."""
    sent = transfer(desk, item)
    desk.do(Dispatch, transfer=sent, lines=[Sent(thing=str(lot), quantity="1", source=str(desk.town.shelf.id))])
    return sent


@pytest.mark.parametrize("by", ["give back", "take back", "receipt", "count of the kit"])
def test_B7_no_document_puts_anything_into_a_kit_on_the_way(desk: Desk, town: Town, by: str) -> None:
    """It would arrive with more than was signed for."""
    kit, rope, into = desk.kit("MED-002"), town.stock("BRK-014", "1"), "place"
    town.callers["both"] = town.person("both", *town.duties()["keeper"], *town.duties()["keeper2"])
    if by == "give back":
        town.book(Wish(id=uuid4(), kind=Kind.ISSUE, quantity="1", lot=rope))
        lines, into = [Back(thing=str(rope), source=str(hands_of(town)), target=str(kit.id))], "to"
        refused = partial(desk.refused, GiveBack, lines=lines)
    elif by == "take back":
        refused = partial(desk.refused, TakeBack, transfer=on_the_way(desk, "BRK-014", rope), place=str(kit.id))
    elif by == "receipt":
        send_kit(desk, kit)
        arrived = [Arrival(thing=str(rope), good="1", damaged="0")]
        named = {"transfer": on_the_way(desk, "BRK-014", rope), "lines": arrived, "place": str(kit.id)}
        refused = partial(desk.refused, ReceiveTransfer, "both", **named)
    else:
        lamp = town.stock("PPE-013", "1", serial="L-1")
        refused = partial(desk.refused, CountKit, place=str(kit.id), lines=[Counted(str(lamp), "1")])
    if by == "receipt":
        send_on(desk, kit)
    else:
        on_the_way(desk, "MED-002", kit.id)
    assert [field.field for field in refused().fields] == [into]


def hands_of(town: Town) -> UUID:
    return holder_place_id(town.depot.id, town.keeper.person_id)


def send_on(desk: Desk, kit: Place) -> None:
    """From the other depot back to the first one: it has left, and has not arrived."""
    town, asked = desk.town, [AskedLine(item="MED-002", quantity="1")]
    told = desk.do(AskTransfer, "both", giver=town.other.code, receiver=town.depot.code, lines=asked)
    sent = [Sent(thing=str(kit.id), quantity="1", source=str(town.other_shelf.id))]
    desk.do(Dispatch, "both", transfer=UUID(told.result["transfer"]), lines=sent)


@pytest.mark.parametrize("where", ["other depot", "device", "hands"])
def test_T41_what_comes_out_of_a_device_goes_onto_a_shelf_of_the_same_depot(desk: Desk, town: Town, where: str) -> None:
    radio, old, new = (
        town.stock(item, "1", serial=serial) for item, serial in (("COM-001", "5"), ("COM-002", "1"), ("COM-002", "2"))
    )
    desk.do(FitPart, device=str(radio), part=str(old))
    town.callers["both"] = town.person("both", *town.duties()["keeper"], *town.duties()["keeper2"])
    to = {"other depot": town.other_shelf.id, "device": radio, "hands": desk.standing(PlaceKind.WORKSHOP)}[where]
    assert desk.refused(FitPart, "both", device=str(radio), part=str(new), to=str(to)).fields[0].field == "to"
    desk.do(FitPart, "both", device=str(radio), part=str(new), to=str(town.second_shelf.id))
    assert desk.at(old, town.second_shelf.id) == 1


def test_B14_nothing_is_sent_out_of_a_kit_that_somebody_else_has_out(desk: Desk, town: Town) -> None:
    kit = desk.kit("MED-002")
    pliers = town.stock("BRK-014", "1", kit)
    town.book(Wish(id=uuid4(), kind=Kind.ISSUE, quantity="1", lot=kit.id, reason="half of it"), caller="responder")
    line = Sent(thing=str(pliers), quantity="1", source=str(kit.id))
    assert desk.refused(Dispatch, transfer=transfer(desk, "BRK-014"), lines=[line]).kind == "kit-out"


def test_T68_a_kit_takes_along_what_is_open_against_the_pieces_in_it(desk: Desk, town: Town) -> None:
    kit = desk.kit("MED-002")
    lamp = town.stock("PPE-013", "1", kit, serial="L-1")
    fault = desk.do(Fault, thing=str(lamp), place=str(kit.id), description="does not light").id
    send_kit(desk, kit)
    desk.do(Mended, "keeper2", defect=fault, note="new bulb")


@pytest.mark.parametrize("verb", [StartCount, StartHandover])
def test_B25_a_count_of_another_depot_does_not_hold_a_kit_that_came_from_there(
    desk: Desk, town: Town, verb: type[NewEntry]
) -> None:
    """Rule 10: nobody here could close that count, and its id is no business of theirs."""
    kit = desk.kit("MED-002")
    pliers = town.stock("BRK-014", "3", kit)
    theirs = desk.do(StartCount, depot=town.depot.code).id
    send_kit(desk, kit)
    ours = desk.do(verb, "keeper2", depot=town.other.code)
    assert str(theirs) not in str(ours.result)
    lines = [Counted(str(pliers), "3")]
    assert desk.do(CountLines, "keeper2", count=ours.id, place=str(kit.id), lines=lines).result == {"lines": 1}
    again = desk.refused(StartCount, "keeper2", depot=town.other.code, places=[str(kit.id)])
    assert (again.kind, again.extra) == ("counted-already", {"count": str(ours.id)})
    desk.do(ApproveCount, "admin", count=theirs, leave_uncounted=True)


def test_a_kit_that_goes_to_another_depot_leaves_behind_what_had_lain_in_it(desk: Desk, town: Town) -> None:
    """Rule 10: what was taken out of it before never came to the other depot, and does not exist there."""
    kit = desk.kit("MED-002")
    gone, stays = (town.stock("PPE-013", "1", kit, serial=serial) for serial in ("L-1", "L-2"))
    put(town, gone, town.shelf.id, source=str(kit.id))
    send_kit(desk, kit)
    seen = desk.read(lots_reached, town.callers["keeper2"], [gone, stays])
    assert set(seen) == {stays}
    assert gone in desk.read(lots_reached, town.keeper, [gone])
    # and when it goes on, that depot remembers what had come to it in nothing but the kit
    sent = desk.do(
        AskTransfer,
        "admin",
        giver=town.other.code,
        receiver=town.depot.code,
        lines=[AskedLine(item="MED-002", quantity="1")],
    )
    way = UUID(sent.result["transfer"])
    desk.do(Dispatch, "keeper2", transfer=way, lines=[Sent(thing=str(kit.id), source=str(town.other_shelf.id))])
    desk.do(ReceiveTransfer, transfer=way, lines=[Arrival(thing=str(kit.id), good="1")], place=str(town.shelf.id))
    assert stays in desk.read(lots_reached, town.callers["keeper2"], [stays])


def test_a_kit_that_comes_in_damaged_is_with_its_load_at_the_depot_that_it_came_to(desk: Desk, town: Town) -> None:
    """From out of reach to out of reach: on the way, and then in the hold."""
    kit = desk.kit("MED-002")
    lamp, way = town.stock("PPE-013", "1", kit, serial="L-1"), transfer(desk, "MED-002")
    desk.do(Dispatch, transfer=way, lines=[Sent(thing=str(kit.id), source=str(town.shelf.id))])
    came = [Arrival(thing=str(kit.id), good="0", damaged="1")]
    desk.do(ReceiveTransfer, "keeper2", transfer=way, lines=came, place=str(town.other_shelf.id))
    place = desk.read(lambda session: session.get_one(Place, kit.id))
    assert (place.depot_id, place.in_reach) == (town.other.id, False)
    assert lamp in desk.read(lots_reached, town.callers["keeper2"], [lamp])


def test_a_count_corrects_nothing_of_a_kit_that_has_gone_to_another_depot(desk: Desk, town: Town) -> None:
    kit = desk.kit("MED-002")
    pliers = town.stock("BRK-014", "5", kit)
    count = desk.do(StartCount, depot=town.depot.code, places=[str(kit.id)]).id
    desk.do(CountLines, count=count, place=str(kit.id), lines=[Counted(str(pliers), "3")])
    desk.do(CountLines, "officer", count=count, place=str(kit.id), lines=[Counted(str(pliers), "3")], round=2)
    send_kit(desk, kit)
    assert desk.do(ApproveCount, "officer", count=count, leave_uncounted=True).result["booked"] == []
    assert desk.at(pliers, kit.id) == 5


def test_a_batch_has_no_meter(desk: Desk, town: Town) -> None:
    pliers = town.stock("BRK-014", "5")
    assert desk.refused(ReadMeter, thing=str(pliers), meter="hours", value="1").fields[0].field == "thing"


def test_what_follows_a_vehicle_in_one_basket_lies_where_the_vehicle_stands_by_then(desk: Desk, town: Town) -> None:
    truck, kit = desk.kit("VEH-004", serial="B"), desk.kit("MED-002")
    put(town, truck.id, desk.standing(PlaceKind.HOLD))
    out = Wish(id=uuid4(), kind=Kind.TRANSFER, quantity="1", lot=truck.id, target=str(town.shelf.id))
    aboard = Wish(id=uuid4(), kind=Kind.TRANSFER, quantity="1", lot=kit.id, target=str(truck.id))
    desk.do(Basket, movements=[out, aboard])
    assert desk.read(lambda session: session.get_one(Place, kit.id).in_reach)


@pytest.mark.heavy
def test_B34_a_faulty_kit_on_its_shelf_is_where_it_is_and_nothing_to_repair(desk: Desk, town: Town) -> None:
    kit = desk.kit("MED-002")
    desk.do(Fault, thing=str(kit.id), place=str(town.shelf.id), description="torn")
    assert "vehicle or kit is not where its piece is" not in town.run(verify_all, CHECKS).faults


@pytest.mark.parametrize("by", ["move", "receipt", "give back", "find"])
def test_nothing_goes_into_a_kit_that_is_lost_but_a_late_fact(desk: Desk, town: Town, by: str) -> None:
    """The book had taken it: gear then lay in a place that is nowhere."""
    kit, shelf = desk.kit("MED-002"), town.shelf.id
    rope = town.stock("BRK-014", "3")
    gone = Wish(id=uuid4(), kind=Kind.ADJUST, quantity="1", lot=kit.id, source=str(shelf), reason="x")
    hands = holder_place_id(town.depot.id, town.keeper.person_id)
    town.book(Wish(id=uuid4(), kind=Kind.ISSUE, quantity="1", lot=rope), gone)
    with pytest.raises(Refusal) as refused:
        if by == "give back":
            desk.do(GiveBack, lines=[Back(thing=str(rope), source=str(hands), target=str(kit.id))])
        else:
            kind = {"move": Kind.TRANSFER, "receipt": Kind.RECEIVE, "find": Kind.ADJUST}[by]
            more = {"source": str(shelf)} if by == "move" else {"reason": "x"}
            put(town, rope, kit.id, kind, **more)
    assert refused.value.kind == "not-there"
    put(town, rope, kit.id, source=str(shelf), late=True)


def test_a_lost_kit_does_not_go_along_with_the_vehicle_that_it_was_in(desk: Desk, town: Town) -> None:
    truck, kit = desk.kit("VEH-007", serial="T"), desk.kit("MED-002")
    put(town, kit.id, truck.id)
    lost = Wish(id=uuid4(), kind=Kind.ADJUST, quantity="1", lot=kit.id, source=str(truck.id), reason="x")
    town.book(lost)
    with pytest.raises(Refusal) as refused:  # and it does not go into itself
        put(town, truck.id, kit.id)
    assert refused.value.kind == "not-there"
    put(town, kit.id, town.shelf.id, Kind.ADJUST, reason="found")
    put(town, truck.id, kit.id)


def test_what_stands_in_a_vehicle_is_said_to_be_where_the_vehicle_is(desk: Desk, town: Town) -> None:
    """Its path named the shelf of the depot that it had left, to whoever reads the next one's places."""
    truck, bag, pouch = desk.kit("VEH-007", serial="T"), desk.kit("MED-002"), desk.kit("MED-002", serial="K-2")
    put(town, pouch.id, bag.id)
    put(town, bag.id, truck.id)
    put(town, truck.id, town.second_shelf.id)
    there = town.run(lambda session: [session.get_one(Place, place.id).path_en for place in (truck, bag, pouch)])
    path = town.second_shelf.path_en
    assert there == [f"{path} › T", f"{path} › T › K-1", f"{path} › T › K-1 › K-2"]


@pytest.mark.parametrize("kit_is", ["lost", "elsewhere", "on the way"])
def test_what_comes_back_from_a_workshop_goes_onto_a_shelf_if_its_kit_is_lost_or_elsewhere(
    desk: Desk, town: Town, kit_is: str
) -> None:
    """It went into the lost kit, and with the other into a depot that nobody had sent it to."""
    kit, back_on = desk.kit("MED-002"), town.context.clock.today() + timedelta(days=9)
    town.stock("PPE-013", "1", town.second_shelf, serial="L-2")
    lamp = town.stock("PPE-013", "1", kit, serial="L-1")
    sent = desk.do(SendToService, lines=[ServiceLine(thing=str(lamp))], vendor="Works", due_back_on=back_on)
    if kit_is == "lost":
        put_off = Wish(id=uuid4(), kind=Kind.ADJUST, quantity="1", lot=kit.id, source=str(town.shelf.id), reason="x")
        town.book(put_off)
    elif kit_is == "on the way":
        on_the_way(desk, "MED-002", kit.id)
    else:
        send_kit(desk, kit)
    told = desk.do(BackFromService, service=UUID(sent.result["services"][0]["service"]))
    assert told.result["place"] == str(town.second_shelf.id)
    assert desk.at(lamp, town.second_shelf.id) == 1


def test_the_ledger_says_of_a_kit_that_has_gone_to_another_depot_not_where_it_is_there(desk: Desk, town: Town) -> None:
    kit, rope = desk.kit("MED-002"), town.stock("BRK-014", "2")
    put(town, rope, kit.id)
    send_kit(desk, kit)
    shown = desk.read(movements, town.keeper, Filters(lot=rope), 50).items
    assert {row.target_en for row in shown if row.target == kit.id} == {"K-1"}
    reader = Reader(town.keeper, town.context.moment())
    lines = [row for _, row in desk.read(read_table, MOVEMENTS, reader, Wanted()).rows if row.lot == rope]
    assert "K-1" in {line.target_en for line in lines}
    moments = desk.read(life, town.keeper, rope, town.context.settings.zone).moments
    assert "K-1" in {moment.params["there"][1] for moment in moments if "there" in moment.params}
