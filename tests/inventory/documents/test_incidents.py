"""Incidents: three fields to open, gear fast, paper later; what was used up is put back then, or by a day."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from depots.models import PlaceKind
from inventory.booking.movements import Filters, movements
from inventory.booking.wishes import Wish
from inventory.documents.incidents import (
    ApproveIncident,
    Arrived,
    CloseIncident,
    Draw,
    OnScene,
    OpenIncident,
    Paper,
    SceneCount,
    open_incidents,
    without_approval,
)
from inventory.documents.loans import Back, GiveBack, ReturnState, Thing
from inventory.documents.models import Channel, Incident, IncidentKind
from inventory.documents.receiving import DateWord, LabelDate, Receive
from inventory.documents.restocking import Restock, restock_list
from inventory.documents.transfers import Arrival, AskedLine, AskTransfer, Dispatch, ReceiveTransfer, Sent
from inventory.stock.models import Kind
from inventory.telling.basket import Basket
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk


def call_out(desk: Desk, **more: object) -> Incident:
    outcome = desk.do(
        OpenIncident,
        "responder",
        depot="STR-0001",
        what=IncidentKind.FIRE,
        channel=Channel.PLATFORM_119,
        place="大浪商业中心3楼",
        **more,
    )
    return desk.read(lambda session: session.get_one(Incident, outcome.id))


def test_T57_gear_is_drawn_with_three_fields_and_an_unsigned_draw_is_listed_after_a_day(desk: Desk, town: Town) -> None:
    pliers = town.stock("BRK-014", "3")
    incident = call_out(desk)
    desk.do(Draw, "responder", incident=incident.id, lines=[Thing(item="BRK-014", source=str(town.shelf.id))])
    assert desk.at(pliers, incident.id) == 1
    later = incident.opened_at + timedelta(hours=24)
    assert desk.read(without_approval, [town.depot.id], later) == []
    listed = desk.read(without_approval, [town.depot.id], later + timedelta(minutes=1))
    assert [row.id for row in listed] == [incident.id]
    desk.do(Paper, "responder", incident=incident.id, ordered_by="李站长 (电话)", note="台风夜")
    assert desk.refused(ApproveIncident, "keeper", incident=incident.id).status == 403
    desk.do(ApproveIncident, "officer", incident=incident.id)
    assert desk.read(without_approval, [town.depot.id], later + timedelta(days=1)) == []


def test_the_five_minutes_run_from_the_call_to_the_first_arrival(desk: Desk, town: Town) -> None:
    incident = call_out(desk, happened_at=desk.now() - timedelta(minutes=10))
    late = desk.do(Arrived, "responder", incident=incident.id, happened_at=incident.opened_at + timedelta(minutes=6))
    assert late.result == {"seconds": 360, "in_time": False}
    first = desk.do(Arrived, "responder", incident=incident.id, happened_at=incident.opened_at + timedelta(minutes=4))
    assert first.result == {"seconds": 240, "in_time": True}
    assert desk.do(Arrived, incident=incident.id).result["seconds"] == 240, "the earliest word stands"


def test_counting_on_the_scene_tells_what_is_missing_and_books_nothing(desk: Desk, town: Town) -> None:
    pliers, bars = town.stock("BRK-014", "3"), town.stock("BRK-002", "2")
    incident = call_out(desk)
    desk.do(Draw, incident=incident.id, lines=[Thing(thing=str(pliers), quantity="2"), Thing(thing=str(bars))])
    outcome = desk.do(OnScene, incident=incident.id, lines=[SceneCount(str(pliers), "2"), SceneCount(str(bars), "0")])
    assert outcome.result["missing"] == [{"lot": str(bars), "taken": "1", "there": "0"}]
    assert desk.at(bars, incident.id) == 1


def test_an_incident_closes_only_when_all_is_back(desk: Desk, town: Town) -> None:
    pliers, gauze = town.stock("BRK-014", "3"), town.stock("MED-007", "20", expires_on=date(2027, 6, 30), number="G1")
    incident = call_out(desk)
    desk.do(Draw, incident=incident.id, lines=[Thing(thing=str(pliers), quantity="2"), Thing(item="BRK-014")])
    wish = one(kind=Kind.CONSUME, lot=gauze, incident=incident.id, source=str(town.shelf.id), reason="止血")
    desk.do(Basket, movements=[wish])
    assert desk.refused(CloseIncident, incident=incident.id).kind == "not-back"
    desk.do(GiveBack, lines=[Back(thing=str(pliers), quantity="2", source=str(incident.id))])
    desk.do(GiveBack, lines=[Back(thing=str(pliers), source=str(incident.id), state=ReturnState.LOST)])
    needs = desk.read(restock_list, [incident.id])[incident.id]
    assert {row.item.code: row.left for row in needs} == {"BRK-014": 1, "MED-007": 1}
    for item in ("BRK-014", "MED-007"):
        desk.do(Restock, incident=incident.id, item=item, quantity="1")
    assert desk.do(CloseIncident, incident=incident.id).result == {}
    assert desk.refused(Draw, incident=incident.id, lines=[Thing(item="BRK-014")]).kind == "closed"


@pytest.fixture
def used_up(desk: Desk, town: Town) -> tuple[Incident, UUID]:
    """A call-out that took two packs of gauze off the first shelf and used them up."""
    gauze = town.stock("MED-007", "20", expires_on=date(2027, 6, 30), number="G1")
    incident = call_out(desk)
    wish = one(kind=Kind.CONSUME, lot=gauze, quantity="2", incident=incident.id, source=str(town.shelf.id))
    desk.do(Basket, movements=[wish])
    return incident, gauze


def left(desk: Desk, incident: Incident) -> Decimal:
    return desk.read(restock_list, [incident.id])[incident.id][0].left


def test_P2_a_call_out_closes_before_goods_are_bought_and_leaves_a_task_with_a_day(
    desk: Desk, used_up: tuple[Incident, UUID]
) -> None:
    incident, _ = used_up
    closed = desk.do(CloseIncident, incident=incident.id).result
    assert closed == {"restock_by": "2026-11-30", "restock": [{"item": "MED-007", "quantity": "2"}]}
    standing = desk.read(open_incidents, desk.town.depot.id, desk.now())
    assert [(row.id, row.restock_by) for row in standing] == [(incident.id, date(2026, 11, 30))]
    desk.do(Restock, incident=incident.id, item="MED-007", quantity="2", note="够用")
    assert desk.read(lambda session: session.get_one(Incident, incident.id)).restock_by is None


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2027, 6, 1)])
def test_the_day_of_a_restock_task_is_after_the_call_out_and_soon(
    desk: Desk, used_up: tuple[Incident, UUID], day: date
) -> None:
    refusal = desk.refused(CloseIncident, incident=used_up[0].id, restock_by=day)
    assert refusal.fields[0].field == "restock_by"


def test_P2_a_restock_from_another_shelf_moves_goods_to_where_they_were_taken(
    desk: Desk, town: Town, used_up: tuple[Incident, UUID]
) -> None:
    incident, gauze = used_up
    reserve = town.stock("MED-007", "10", town.second_shelf, expires_on=date(2028, 6, 30), number="G2")
    outcome = desk.do(
        Restock,
        **{"incident": incident.id, "item": "MED-007", "quantity": "2"},
        **{"thing": str(reserve), "source": str(town.second_shelf.id)},
    )
    assert outcome.result["left"] == "0"
    assert desk.at(reserve, town.shelf.id) == 2 and desk.at(reserve, town.second_shelf.id) == 8
    assert desk.at(gauze, town.shelf.id) == 18
    for wrong in ({"thing": str(reserve)}, {"source": str(town.second_shelf.id)}):
        desk.refused(Restock, incident=incident.id, item="MED-007", quantity="1", **wrong)


def test_P2_a_receipt_and_a_transfer_for_a_call_out_tick_off_its_line(
    desk: Desk, town: Town, used_up: tuple[Incident, UUID]
) -> None:
    incident, _ = used_up
    desk.do(CloseIncident, incident=incident.id)
    dated = LabelDate(DateWord.THROUGH, "2028-01-31")
    facts = {"item": "MED-007", "quantity": "1", "number": "G3", "expiry": dated}
    desk.do(Receive, place=str(town.shelf.id), incident=incident.id, **facts)
    assert left(desk, incident) == 1
    there = town.stock("MED-007", "5", town.other_shelf, expires_on=date(2028, 6, 30), number="G4")
    asked = desk.do(
        AskTransfer,
        **{"giver": "IND-0002", "receiver": "STR-0001", "lines": [AskedLine("MED-007", "1")], "incident": incident.id},
    )
    desk.do(Dispatch, "keeper2", transfer=asked.id, lines=[Sent(str(there), "1")])
    desk.do(ReceiveTransfer, transfer=asked.id, lines=[Arrival(str(there), "1")], place=str(town.shelf.id))
    assert left(desk, incident) == 0
    assert desk.read(lambda session: session.get_one(Incident, incident.id)).restock_by is None


def test_the_ledger_is_filtered_by_incident(desk: Desk, town: Town) -> None:
    town.stock("BRK-014", "3")
    incident = call_out(desk)
    desk.do(Draw, incident=incident.id, lines=[Thing(item="BRK-014")])
    rows = desk.read(movements, town.keeper, Filters(incident=incident.id), 50)
    assert [(row.kind, row.item, row.incident) for row in rows.items] == [(Kind.ISSUE, "BRK-014", incident.id)]


def test_a_movement_may_name_its_incident_and_no_other_place(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "3")
    incident = call_out(desk)
    town.book(Wish(id=one(kind=Kind.ISSUE).id, kind=Kind.ISSUE, quantity="1", lot=lot, incident=incident.id))
    assert desk.at(lot, incident.id) == 1
    town.book(one(kind=Kind.RETURN, lot=lot, incident=incident.id))
    assert desk.at(lot, incident.id) == 0
    refusal = desk.refused(Basket, movements=[one(kind=Kind.ISSUE, lot=lot, incident=town.shelf.id)])
    assert refusal.fields[0].field == "incident"


@pytest.mark.parametrize("who", ["auditor", "keeper2"])
def test_nobody_else_draws_for_an_incident(desk: Desk, town: Town, who: str) -> None:
    town.stock("BRK-014", "3")
    incident = call_out(desk)
    assert desk.refused(Draw, who, incident=incident.id, lines=[Thing(item="BRK-014")]).status in (403, 404)
    assert desk.at(desk.standing(PlaceKind.HOLD), incident.id) == 0
