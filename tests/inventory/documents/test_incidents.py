"""Incidents: three fields to open, gear fast, paper later, and closed only when the shelf is full again."""

from datetime import date, timedelta

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
    Restock,
    SceneCount,
    restock_list,
    without_approval,
)
from inventory.documents.loans import Back, GiveBack, ReturnState, Thing
from inventory.documents.models import Channel, Incident, IncidentKind
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


def test_an_incident_closes_only_when_all_is_back_and_restocked(desk: Desk, town: Town) -> None:
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
    assert desk.refused(CloseIncident, incident=incident.id).kind == "not-restocked"
    for item in ("BRK-014", "MED-007"):
        desk.do(Restock, incident=incident.id, item=item, quantity="1")
    desk.do(CloseIncident, incident=incident.id)
    assert desk.refused(Draw, incident=incident.id, lines=[Thing(item="BRK-014")]).kind == "closed"


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
