"""Nobody acts on what lies outside their reach, by whatever way they name it (rules 5, 8 and 10)."""

import ast
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from core.errors import Refusal
from core.settings import ROOT
from depots.models import PlaceKind
from inventory.booking.wishes import Wish
from inventory.closing.closing import CloseDepot, PlanClosing
from inventory.documents.counting import ApproveCount, Counted, CountLines, StartCount
from inventory.documents.incidents import ApproveIncident, IncidentKind, OpenIncident, Paper
from inventory.documents.kits import Refill
from inventory.documents.loans import Back, Borrower, GiveBack, Lend, Thing
from inventory.documents.models import Channel, Incident
from inventory.documents.transfers import Arrival, AskedLine, AskTransfer, Dispatch, ReceiveTransfer, Sent
from inventory.recalls.calling import CallBack, ReleaseRecall
from inventory.stock.models import Kind, Stock
from inventory.telling.basket import Basket
from inventory.telling.entries import book_entry
from inventory.telling.models import Photo
from inventory.telling.photos import note_photo
from labels.codes.binding import labelled
from people.models import Role
from people.policy import Act, Caller, Duty, may_at
from tests.clock import SetClock
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk

AXE = "BRK-001"  # piece by piece


def places_of(desk: Desk, lot: UUID) -> set[UUID]:
    """Where a lot stands inside the depots."""
    with desk.town.context.database.transaction(writes=False) as session:
        rows = session.query(Stock.place_id).where(Stock.lot_id == lot, ~Stock.outside, Stock.quantity > 0).all()
    return {row[0] for row in rows}


def refused(town: Town, wish: Wish, who: str = "keeper") -> Refusal:
    with pytest.raises(Refusal) as caught:
        town.book(wish, caller=who)
    return caught.value


@pytest.mark.parametrize("kind", [Kind.TRANSFER, Kind.ISSUE, Kind.CONSUME, Kind.DISPOSE, Kind.ADJUST])
def test_B1_a_late_fact_never_speaks_of_a_piece_that_never_lay_here(desk: Desk, town: Town, kind: Kind) -> None:
    lot = town.stock(AXE, "1", town.other_shelf, serial="S-1")
    to = {Kind.TRANSFER: str(town.second_shelf.id)}.get(kind)
    wish = one(kind=kind, lot=lot, source=str(town.shelf.id), target=to, late=True, reason="x")
    assert refused(town, wish).fields[0].field == "lot"
    told = desk.do(Basket, movements=[within_entry(wish)], late=True)
    assert told.problem is not None and told.problem.kind == "bad-input"
    assert places_of(desk, lot) == {town.other_shelf.id}


def within_entry(wish: Wish) -> Wish:
    return Wish(
        id=uuid4(), kind=wish.kind, quantity="1", lot=wish.lot, source=wish.source, target=wish.target, reason="x"
    )


def test_a_late_fact_of_a_piece_that_has_left_is_kept_as_refused_and_moves_nothing(desk: Desk, town: Town) -> None:
    lot = town.stock(AXE, "1", serial="S-1")
    send_over(desk, lot)
    wish = one(kind=Kind.ISSUE, lot=lot, source=str(town.shelf.id), late=True)
    assert refused(town, wish).kind == "elsewhere"
    told = desk.do(Basket, movements=[within_entry(wish)], late=True)
    assert told.problem is not None and told.problem.kind == "elsewhere"
    assert places_of(desk, lot) == {town.other_shelf.id}


def test_a_late_fact_before_the_piece_ever_came_is_refused(desk: Desk, town: Town, clock: SetClock) -> None:
    lot = town.stock("MED-013", "5", town.other_shelf, date(2030, 1, 1), number="L-1")
    before = desk.now()
    clock.instant += timedelta(hours=2)
    send_over(desk, lot, back=True)
    wish = one(kind=Kind.CONSUME, lot=lot, source=str(town.second_shelf.id), late=True, happened_at=before)
    assert refused(town, wish).kind == "never-here"


def test_a_late_fact_takes_a_single_piece_from_where_it_stands(desk: Desk, town: Town) -> None:
    lot = town.stock(AXE, "1", serial="S-1")
    town.book(one(kind=Kind.TRANSFER, lot=lot, target=str(town.second_shelf.id)))
    town.book(one(kind=Kind.ISSUE, lot=lot, source=str(town.shelf.id), late=True))
    assert len(places_of(desk, lot)) == 1
    assert desk.at(lot, desk.standing(PlaceKind.DISCREPANCY)) == 0


def test_a_piece_that_a_count_finds_on_another_shelf_is_there_and_nowhere_else(desk: Desk, town: Town) -> None:
    lot = town.stock(AXE, "1", serial="S-1")
    count = desk.do(StartCount, depot="STR-0001", places=[str(town.shelf.id), str(town.second_shelf.id)]).id
    found = [Counted(thing=str(lot), quantity="1")]
    desk.do(CountLines, count=count, place=str(town.second_shelf.id), lines=found)
    desk.do(CountLines, count=count, place=str(town.shelf.id), lines=[Counted(thing=str(lot), quantity="0")])
    for place, quantity in ((town.second_shelf, "1"), (town.shelf, "0")):
        again = [Counted(thing=str(lot), quantity=quantity)]
        desk.do(CountLines, "responder", count=count, place=str(place.id), lines=again, round=2)
    desk.do(ApproveCount, "officer", count=count, leave_uncounted=True)
    assert places_of(desk, lot) == {town.second_shelf.id}


def send_over(desk: Desk, lot: UUID, back: bool = False) -> UUID:
    """Send a lot from the first depot to the other, or the other way."""
    town = desk.town
    codes, shelf, keepers = ["STR-0001", "IND-0002"], town.other_shelf, ["keeper", "keeper2"]
    if back:
        codes, shelf, keepers = codes[::-1], town.shelf, keepers[::-1]
    lines = [AskedLine(item=AXE, quantity="1")]
    transfer = desk.do(AskTransfer, keepers[0], giver=codes[0], receiver=codes[1], lines=lines).id
    desk.do(Dispatch, keepers[0], transfer=transfer, lines=[Sent(thing=str(lot))])
    arrived = [Arrival(thing=str(lot), good="1")]
    desk.do(ReceiveTransfer, keepers[1], transfer=transfer, lines=arrived, place=str(shelf.id))
    return transfer


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("good", ["0", "1"])
def test_B5_nothing_arrives_that_was_never_sent(desk: Desk, town: Town, late: bool, good: str) -> None:
    sent = town.stock(AXE, "1", serial="S-1")
    kept = town.stock(AXE, "1", serial="S-2")
    lines = [AskedLine(item=AXE, quantity="1")]
    transfer = desk.do(AskTransfer, giver="STR-0001", receiver="IND-0002", lines=lines).id
    desk.do(Dispatch, transfer=transfer, lines=[Sent(thing=str(sent))])
    fields = {"transfer": transfer, "lines": [Arrival(thing=str(kept), good=good)], "place": str(town.other_shelf.id)}
    if late:
        problem = desk.do(ReceiveTransfer, "keeper2", late=True, **fields).problem
        assert problem is not None and problem.kind == "bad-input"
    else:
        assert desk.refused(ReceiveTransfer, "keeper2", **fields).fields[0].field == "thing"
    assert town.lot(kept).home_place_id != town.other_shelf.id and places_of(desk, kept) == {town.shelf.id}


def test_B5_a_line_of_nothing_changes_nothing(desk: Desk, town: Town) -> None:
    sent = town.stock(AXE, "1", serial="S-1")
    home = town.lot(sent).home_place_id
    lines = [AskedLine(item=AXE, quantity="1")]
    transfer = desk.do(AskTransfer, giver="STR-0001", receiver="IND-0002", lines=lines).id
    desk.do(Dispatch, transfer=transfer, lines=[Sent(thing=str(sent))])
    nothing = [Arrival(thing=str(sent), good="0", damaged="0")]
    desk.do(ReceiveTransfer, "keeper2", transfer=transfer, lines=nothing, place=str(town.other_shelf.id))
    assert town.lot(sent).home_place_id == home and places_of(desk, sent) == {transfer}


def test_B8_a_successor_is_a_depot_where_one_decides_and_which_stays(desk: Desk, town: Town) -> None:
    sees = replace(town.callers["officer"], duties=(*town.callers["officer"].duties, Duty(Role.AUDITOR)))
    town.callers["sees"] = sees
    plan = {"depot": "STR-0001", "successor": "IND-0002", "why": "rent"}
    assert desk.refused(PlanClosing, "officer", **plan).fields[0].field == "successor"
    assert desk.refused(PlanClosing, "sees", **plan).status == 403
    closing = desk.do(PlanClosing, "admin", **plan).id
    assert desk.refused(CloseDepot, "sees", closing=closing, people="move").status == 403
    round_about = {"depot": "IND-0002", "successor": "STR-0001", "why": "rent"}
    assert desk.refused(PlanClosing, "admin", **round_about).fields[0].field == "successor", "B39: in a circle"


def test_B14_what_is_in_a_kit_that_is_out_is_out_with_it(desk: Desk, town: Town) -> None:
    kit = desk.kit("MED-001")
    bar = town.stock(AXE, "1", kit, serial="S-1")
    loose = town.stock(AXE, "1", serial="S-2")
    due = desk.now() + timedelta(days=1)
    who = {"depot": "STR-0001", "borrower": Borrower.OUTSIDE, "name": "A", "unit": "B", "phone": "1", "due_at": due}
    desk.do(Lend, lines=[Thing(thing=str(kit.id), reason="drill")], **who)
    for source in (str(kit.id), None):
        line = Thing(thing=str(bar), source=source)
        assert desk.refused(Lend, lines=[line], **who).status == 409
    assert refused(town, one(kind=Kind.TRANSFER, lot=bar, target=str(town.shelf.id))).kind == "kit-out"
    assert refused(town, one(kind=Kind.TRANSFER, lot=loose, target=str(kit.id))).kind == "kit-out"
    assert refused(town, one(kind=Kind.RECEIVE, item=AXE, target=str(kit.id))).kind == "kit-out"
    assert desk.refused(Refill, place=str(kit.id)).kind == "kit-out"
    desk.do(GiveBack, lines=[Back(thing=str(kit.id), target=str(town.shelf.id))])
    desk.do(Lend, lines=[Thing(thing=str(bar))], **who)


def test_B18_nobody_hears_of_another_depots_borrower(desk: Desk, town: Town) -> None:
    mine, theirs = town.stock(AXE, "1", serial="S-1"), town.stock(AXE, "1", town.other_shelf, serial="S-2")
    due = desk.now() + timedelta(days=1)
    who = {"borrower": Borrower.OUTSIDE, "name": "CANARY", "unit": "CANARY", "phone": "1", "due_at": due}
    desk.do(Lend, "keeper2", depot="IND-0002", lines=[Thing(thing=str(theirs))], **who)
    assert desk.refused(GiveBack, lines=[Back(thing=str(mine))]).extra == {"out": []}
    told = desk.refused(GiveBack, "responder", lines=[Back(thing=str(mine))]).extra["out"]
    assert [row["number"] for row in told] == ["S-2"], "who may take there is told (T33)"


def test_B18_an_approved_draw_keeps_its_words_and_the_old_ones_are_kept(desk: Desk, town: Town) -> None:
    call = {"depot": "STR-0001", "what": IncidentKind.FIRE, "channel": Channel.PHONE, "place": "Mall"}
    incident = desk.do(OpenIncident, "responder", **call).id
    desk.do(Paper, "responder", incident=incident, ordered_by="Li", note="first")
    second = desk.do(Paper, "responder", incident=incident, ordered_by="Wang", note="second")
    assert second.result["before"] == {"ordered_by": "Li", "note": "first", "place": "Mall"}
    desk.do(ApproveIncident, "officer", incident=incident)
    assert desk.refused(Paper, "responder", incident=incident, ordered_by="Zhao").kind == "approved"
    late = desk.do(Paper, "responder", incident=incident, ordered_by="Zhao", late=True)
    assert late.problem is not None and late.problem.kind == "approved"
    assert desk.read(lambda session: session.get_one(Incident, incident)).ordered_by == "Wang"


def test_B18_a_photo_of_one_entry_is_not_put_to_another(desk: Desk, town: Town) -> None:
    photo = uuid4()
    town.run(note_photo, town.keeper, photo, "a" * 64, 1, desk.now())
    call = {"depot": "STR-0001", "what": IncidentKind.FIRE, "channel": Channel.PHONE, "place": "Mall"}
    first = desk.do(OpenIncident, photos=[photo], **call).id
    assert desk.refused(OpenIncident, photos=[photo], **call).kind == "photo-used"
    assert desk.refused(OpenIncident, "keeper2", photos=[photo], **{**call, "depot": "IND-0002"}).status == 422
    assert desk.read(lambda session: session.get_one(Photo, photo)).entry_id == first


def test_T50_who_took_the_last_one_is_told_of_ones_own_depot_alone(desk: Desk, town: Town, clock: SetClock) -> None:
    lot = town.stock("MED-013", "2", expires_on=date(2030, 1, 1), number="L-1")
    town.stock("MED-013", "2", town.other_shelf, expires_on=date(2030, 1, 1), number="L-1")
    town.book(one(kind=Kind.CONSUME, lot=lot, quantity="2", source=str(town.shelf.id)), caller="responder")
    clock.instant += timedelta(hours=1)
    town.book(one(kind=Kind.CONSUME, lot=lot, source=str(town.other_shelf.id)), caller="keeper2")
    refusal = refused(town, one(kind=Kind.CONSUME, lot=lot, source=str(town.shelf.id)))
    assert refusal.extra["last_taken_by"] == "responder 先生"


# What no test held: mutants that survived


def two_duties(town: Town) -> Caller:
    """Keeps the first depot, and may look at the other."""
    caller = replace(
        town.keeper, duties=(Duty(Role.KEEPER, depot_id=town.depot.id), Duty(Role.AUDITOR, depot_id=town.other.id))
    )
    town.callers["two"] = caller
    return caller


def test_who_may_only_look_there_takes_and_gives_back_nothing_there(desk: Desk, town: Town) -> None:
    two_duties(town)
    lot = town.stock(AXE, "1", town.other_shelf, serial="S-1")
    for late in (False, True):
        wish = one(kind=Kind.ISSUE, lot=lot, source=str(town.other_shelf.id), late=late)
        assert refused(town, wish, "two").status == 403
        assert refused(town, one(kind=Kind.ISSUE, lot=lot, late=late), "two").status == 403
    town.book(one(kind=Kind.ISSUE, lot=lot, source=str(town.other_shelf.id)), caller="keeper2")
    hands = next(iter(places_of(desk, lot)))
    for source in (str(hands), None):
        assert desk.refused(GiveBack, "two", lines=[Back(thing=str(lot), source=source)]).status in (403, 409)
    with pytest.raises(Refusal) as caught:
        desk.do(GiveBack, "two", lines=[Back(thing=str(lot), source=str(hands))], late=True)
    assert caught.value.status == 403, "a late entry is refused where one has no right, and not kept"
    assert places_of(desk, lot) == {hands}


def test_a_late_fact_draws_on_nothing_where_one_may_only_look(desk: Desk, town: Town) -> None:
    two_duties(town)
    lot = town.stock(AXE, "1", serial="S-1")
    send_over(desk, lot)
    assert refused(town, one(kind=Kind.ISSUE, lot=lot, source=str(town.shelf.id), late=True), "two").kind == "elsewhere"
    assert places_of(desk, lot) == {town.other_shelf.id}


def test_each_duty_grants_its_own_acts_at_its_own_depot(town: Town) -> None:
    caller = two_duties(town)
    here, there = (town.depot.id, "440305"), (town.other.id, "440309")
    assert [may_at(caller, act, *here) for act in (Act.SEE, Act.KEEP)] == [True, True]
    assert [may_at(caller, act, *there) for act in (Act.SEE, Act.KEEP)] == [True, False]


def test_a_recall_is_released_by_who_answers_for_the_city_alone(desk: Desk, town: Town) -> None:
    recall = desk.do(CallBack, "admin", item=AXE, number="Z-1", reason="burst").id
    for who in ("keeper", "officer", "responder", "auditor"):
        assert desk.refused(ReleaseRecall, who, recall=recall, reason="over").status == 403
    desk.do(ReleaseRecall, "admin", recall=recall, reason="over")


def test_nobody_hears_the_answer_to_anothers_entry_or_movement(desk: Desk, town: Town) -> None:
    lot = town.stock("MED-013", "5", expires_on=date(2030, 1, 1))
    wish = one(kind=Kind.CONSUME, lot=lot, source=str(town.shelf.id))
    basket = Basket(id=uuid4(), movements=[wish])
    desk.tell(basket, "responder")
    with pytest.raises(Refusal) as caught:
        town.run(book_entry, town.keeper, basket, {}, town.context.moment(), labelled)
    assert (caught.value.kind, caught.value.extra) == ("id-reused", {"id": str(basket.id)})
    told = one(kind=Kind.CONSUME, lot=lot, source=str(town.shelf.id))
    town.book(told, caller="responder")
    assert refused(town, told).kind == "id-reused"


async def test_a_strange_code_opens_what_any_passer_by_may_know(
    client: httpx.AsyncClient, desk: Desk, town: Town
) -> None:
    lot = town.stock(AXE, "1", town.other_shelf, serial="CANARY-1")
    opened = await client.get(f"/q/{town.code_of(lot)}", headers=town.auth("keeper"))
    assert "CANARY-1" not in opened.text and "Dalang" not in opened.text
    assert (await client.get(f"/lots/{lot}", headers=town.auth("keeper"))).status_code == 404
    own = await client.get(f"/q/{town.code_of(lot)}", headers=town.auth("keeper2"))
    assert "CANARY-1" in own.text


# By architecture: an id that somebody sent is looked up by the resolver, and by nothing else

_ROOMS = ("telling", "faults", "upkeep", "documents", "recalls", "witnessing", "closing", "booking")
_SENT = ("entry", "line", "wish")  # what a verb calls that which somebody sent
_OF_THE_CITY = ("Item", "Category", "District", "Entry")  # an entry's own id is its sender's


def raw_look_ups(source: str) -> list[str]:
    """Where a module looks up what was sent by itself: ``get(Model, entry.…)`` or ``Model.id == entry.…``."""
    found: list[tuple[Any, Any, Any]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("get", "get_one") and len(node.args) > 1:
            found.append((node, node.args[0], node.args[1]))
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute) and isinstance(node.ops[0], ast.Eq):
            found += [(node, node.left.value, node.comparators[0])] if node.left.attr in ("id", "code") else []
    return [
        f"{node.lineno}: {ast.unparse(node)}"
        for node, model, value in found
        if isinstance(model, ast.Name)
        and model.id[0].isupper()
        and model.id not in _OF_THE_CITY
        and any(isinstance(part, ast.Name) and part.id in _SENT for part in ast.walk(value))
    ]


def test_no_verb_looks_an_id_up_beside_the_resolver() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{told}"
        for room in _ROOMS
        for path in sorted((ROOT / "inventory" / room).glob("*.py"))
        for told in raw_look_ups(path.read_text())
    ]
    assert found == []
    assert raw_look_ups("session.get(Lot, entry.thing)") and raw_look_ups("select(Lot).where(Lot.id == entry.lot)")
