"""Refusals that no other test asked for: each was left out once without any test failing."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.errors import Refusal
from depots.models import PlaceKind
from inventory.documents.incidents import Arrived, Draw, OpenIncident
from inventory.documents.loans import Thing
from inventory.documents.models import Channel, IncidentKind
from inventory.documents.transfers import AskedLine, AskTransfer
from inventory.stock.models import Kind, Movement
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk, desk

__all__ = ["desk"]


@pytest.mark.parametrize("kind", [PlaceKind.CONSUMED, PlaceKind.SUPPLIER, PlaceKind.LOST])
def test_gear_is_not_moved_out_of_the_books(desk: Desk, town: Town, kind: PlaceKind) -> None:
    lot = town.stock("BRK-014", "5")
    with pytest.raises(Refusal, match="not by a move"):
        town.book(one(kind=Kind.TRANSFER, lot=lot, source=str(town.shelf.id), target=str(desk.standing(kind))))


@pytest.mark.parametrize("kind", [PlaceKind.REPACKED, PlaceKind.SUPPLIER, PlaceKind.LOST])
def test_nothing_is_taken_from_outside_not_even_late(desk: Desk, town: Town, kind: PlaceKind) -> None:
    lot = town.stock("BRK-014", "5")
    with pytest.raises(Refusal) as refused:
        town.book(one(kind=Kind.ISSUE, lot=lot, source=str(desk.standing(kind)), late=True))
    assert [fault.field for fault in refused.value.fields] == ["from"]


def test_a_late_fact_about_a_piece_says_which_one(desk: Desk, town: Town) -> None:
    """Else one that had lain there would be taken out of whosever hands it is in."""
    lamp = town.stock("PPE-013", "1", serial="L-1")
    town.book(one(kind=Kind.ISSUE, lot=lamp))
    with pytest.raises(Refusal) as refused:
        town.book(one(kind=Kind.CONSUME, item="PPE-013", source=str(town.shelf.id), late=True), caller="responder")
    assert [fault.field for fault in refused.value.fields] == ["from"]


def test_a_late_fact_about_more_pieces_than_there_are_says_which(desk: Desk, town: Town) -> None:
    """Else the one that is there would be taken twice, which the database refuses without a word of the way out."""
    town.stock("PPE-013", "1", serial="L-1")
    two = one(kind=Kind.ISSUE, item="PPE-013", quantity="2", source=str(town.shelf.id), late=True)
    with pytest.raises(Refusal) as refused:
        town.book(two)
    assert [fault.field for fault in refused.value.fields] == ["from"]


@pytest.mark.parametrize("kind", [Kind.DISPOSE, Kind.ADJUST])
def test_what_corrects_the_book_says_why(town: Town, kind: Kind) -> None:
    lot = town.stock("BRK-014", "5")
    with pytest.raises(Refusal) as refused:
        town.book(one(kind=kind, lot=lot, source=str(town.shelf.id)))
    assert [fault.field for fault in refused.value.fields] == ["reason"]


def test_of_several_lots_a_move_says_which(town: Town) -> None:
    for number in ("A", "B"):
        town.stock("MED-013", "5", expires_on=date(2030, 1, 1), number=number)
    wish = one(kind=Kind.TRANSFER, item="MED-013", source=str(town.shelf.id), target=str(town.second_shelf.id))
    with pytest.raises(Refusal) as refused:
        town.book(wish)
    assert [fault.field for fault in refused.value.fields] == ["lot"]


def test_nothing_happens_in_the_future(town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    with pytest.raises(Refusal, match="future"):
        town.book(one(kind=Kind.ISSUE, lot=lot, happened_at=town.context.clock.now() + timedelta(hours=1)))


def test_no_move_names_a_place_that_is_none(town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    with pytest.raises(Refusal) as refused:
        town.book(one(kind=Kind.TRANSFER, lot=lot, source=str(town.shelf.id), target=str(uuid4())))
    assert [fault.field for fault in refused.value.fields] == ["to"]


@pytest.mark.parametrize("kind", [Kind.TRANSFER, Kind.ISSUE])
def test_of_gear_that_is_there_nobody_is_told_that_there_is_none_for_a_place_that_is_none(
    town: Town, kind: Kind
) -> None:
    lot = town.stock("BRK-014", "5")
    for target in (town.other_shelf.id, uuid4()):  # out of reach, and nowhere at all
        with pytest.raises(Refusal) as refused:
            town.book(one(kind=kind, lot=lot, target=str(target)))
        assert [fault.field for fault in refused.value.fields] == ["to"]


def test_who_keeps_neither_depot_asks_for_no_transfer(desk: Desk, town: Town) -> None:
    lines = [AskedLine(item="BRK-014", quantity="1")]
    refused = desk.refused(AskTransfer, "responder", giver="STR-0001", receiver="IND-0002", lines=lines)
    assert refused.status == 403


def test_a_call_outs_facts_make_sense_and_its_use_comes_out_of_what_it_drew(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "5")
    what = {"what": IncidentKind.FIRE, "channel": Channel.PHONE, "place": "x"}
    incident = desk.do(OpenIncident, depot="STR-0001", **what).id
    early = desk.now() - timedelta(minutes=1)
    assert desk.refused(Arrived, incident=incident, happened_at=early).fields[0].field == "happened_at"
    in_time = desk.do(Arrived, incident=incident, happened_at=desk.now())
    assert in_time.result["in_time"]
    wrong = Thing(thing=str(lot), unit="crate", source=str(town.shelf.id))
    assert desk.refused(Draw, incident=incident, lines=[wrong]).fields[0].field == "unit"
    desk.do(Draw, incident=incident, lines=[Thing(thing=str(lot), quantity="2", source=str(town.shelf.id))])
    town.book(one(kind=Kind.CONSUME, lot=lot, quantity="2", incident=incident))
    assert (desk.at(lot, incident), desk.at(lot, town.shelf.id)) == (0, 3)


def test_goods_from_outside_belong_to_no_call_out_whatever_their_line_names_as_its_source(
    desk: Desk, town: Town
) -> None:
    """Else who reads the line learns of another depot's call-out (rule 10)."""
    what = {"what": IncidentKind.FIRE, "channel": Channel.PHONE, "place": "x"}
    incident = desk.do(OpenIncident, depot="STR-0001", **what).id
    goods = one(kind=Kind.RECEIVE, item="BRK-014", source=str(incident), target=str(town.other_shelf.id))
    town.book(goods, caller="admin")
    assert town.run(lambda session: session.scalars(select(Movement.incident_id)).all()) == [None]
