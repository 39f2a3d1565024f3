"""Controlled gear leaves before two pairs of eyes (T96): asked, confirmed by another, taken once."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from core.errors import Refusal
from depots.models import Place, PlaceKind
from inventory.booking.models import HandOut, MovementWitness
from inventory.closing.closing import PlanClosing, SendAll, WriteOffRest
from inventory.documents.counting import ApproveCount, Counted, CountLines, StartCount
from inventory.documents.incidents import Draw, OpenIncident
from inventory.documents.kits import CountKit
from inventory.documents.loans import Back, GiveBack, Lend, ReturnState, Thing
from inventory.documents.models import Borrower, Channel, IncidentKind
from inventory.documents.transfers import AskedLine, AskTransfer, Dispatch, Sent
from inventory.faults.entries import Fault
from inventory.stock.models import Kind, Stock
from inventory.telling.basket import Basket
from inventory.upkeep.service import SendToService, ServiceLine
from inventory.verifying.documents import unwitnessed
from inventory.witnessing.counts import uncounted
from inventory.witnessing.view import hand_outs
from inventory.witnessing.witness import AskWitness, Witness
from jobs.alerts.alerts import acknowledge
from jobs.alerts.models import Alert
from jobs.alerts.sweep import SweepReport, sweep
from jobs.causes.kinds import AlertKind
from tests.clock import SetClock
from tests.conftest import QueryCount, Town, one
from tests.inventory.documents.conftest import Desk

PEPPER = "RIO-007"  # tear-gas spray: used up when taken


def pepper(town: Town, quantity: str = "5") -> UUID:
    return town.stock(PEPPER, quantity, expires_on=date(2030, 1, 1), number="R1")


def ask(desk: Desk, lot: UUID, quantity: str = "1", who: str = "keeper") -> UUID:
    return desk.do(AskWitness, who, depot="STR-0001", thing=str(lot), quantity=quantity, reason="巡逻").id


def confirmed(desk: Desk, lot: UUID, quantity: str = "1", second: str = "responder") -> UUID:
    hand_out = ask(desk, lot, quantity)
    desk.do(Witness, second, hand_out=hand_out, agree=True)
    return hand_out


def refusal(town: Town, **wish: Any) -> str:
    with pytest.raises(Refusal) as caught:
        town.book(one(**wish))
    return caught.value.kind


def names(desk: Desk) -> list[UUID]:
    return desk.read(lambda session: list(session.execute(select(MovementWitness.witness_id)).scalars()))


def test_T96_two_approvals_the_ledger_keeps_both_names_and_a_confirmation_is_good_once(desk: Desk, town: Town) -> None:
    lot = pepper(town)
    take = {"kind": Kind.CONSUME, "lot": lot, "source": str(town.shelf.id)}
    assert refusal(town, **take) == "witness-needed"
    hand_out = ask(desk, lot)
    assert refusal(town, **take) == "witness-needed", "asking is not enough"
    assert desk.refused(Witness, hand_out=hand_out, agree=True).kind == "same-person"
    assert desk.refused(Witness, "keeper2", hand_out=hand_out, agree=True).status == 404
    assert desk.refused(Witness, "auditor", hand_out=hand_out, agree=True).status == 403
    desk.do(Witness, "responder", hand_out=hand_out, agree=True)
    assert desk.refused(Witness, "officer", hand_out=hand_out, agree=False).kind == "answered"
    assert refusal(town, **take, quantity="2") == "witness-needed", "more than was confirmed"
    town.book(one(**take))
    assert desk.at(lot, town.shelf.id) == 4
    assert names(desk) == [town.callers["responder"].person_id]
    assert refusal(town, **take) == "witness-needed", "good once"
    row = desk.read(lambda session: session.get_one(HandOut, hand_out))
    assert (row.asked_by_id, row.witness_id, row.used_at is not None) == (
        town.keeper.person_id,
        town.callers["responder"].person_id,
        True,
    )


def test_T96_a_refusal_and_a_confirmation_that_ran_out_let_nothing_go(desk: Desk, town: Town, clock: SetClock) -> None:
    lot = pepper(town)
    take = {"kind": Kind.CONSUME, "lot": lot}
    desk.do(Witness, "officer", hand_out=ask(desk, lot), agree=False)
    assert refusal(town, **take) == "witness-needed"
    confirmed(desk, lot)
    waiting = ask(desk, lot)
    clock.instant += timedelta(minutes=16)
    assert refusal(town, **take) == "witness-needed"
    assert desk.refused(Witness, "officer", hand_out=waiting, agree=True).kind == "too-late"
    states = {row.state for row in desk.read(hand_outs, town.keeper, desk.now())}
    assert states == {"refused", "over"}


def test_T96_every_way_out_obeys_the_same_rule(desk: Desk, town: Town) -> None:
    baton = [town.stock("RIO-006", "1", serial=f"B-{n}") for n in range(4)]
    spray = pepper(town)
    assert refusal(town, kind=Kind.ISSUE, lot=baton[0]) == "witness-needed"
    assert refusal(town, kind=Kind.DISPOSE, lot=baton[0], reason="旧") == "witness-needed"
    assert refusal(town, kind=Kind.ADJUST, lot=spray, source=str(town.shelf.id), reason="少") == "witness-needed"
    confirmed(desk, baton[3])
    town.book(one(kind=Kind.ISSUE, lot=baton[3]))
    hands = desk.read(lambda s: s.execute(select(MovementWitness.movement_id)).scalars().all())
    assert len(hands) == 1
    there = str(town.shelf.id)
    wish = one(kind=Kind.ISSUE, lot=baton[0], source=there)
    assert desk.refused(Basket, movements=[wish]).kind == "witness-needed"
    lend = {
        "depot": "STR-0001",
        "lines": [Thing(thing=str(baton[1]))],
        "borrower": Borrower.RESPONDER,
        "name": "何",
        "due_at": desk.now() + timedelta(days=1),
    }
    assert desk.refused(Lend, **lend).kind == "witness-needed"
    incident = desk.do(OpenIncident, depot="STR-0001", what=IncidentKind.SECURITY, channel=Channel.POLICE, place="口岸")
    draw = {"incident": incident.id, "lines": [Thing(thing=str(spray), quantity="2")]}
    assert desk.refused(Draw, **draw).kind == "witness-needed"
    confirmed(desk, baton[1])
    confirmed(desk, spray, "2", second="officer")
    lent = desk.do(Lend, **lend)
    desk.do(Draw, **draw)
    assert len(names(desk)) == 3
    # what is back from somebody's hands, or set aside, needs nobody
    desk.do(GiveBack, lines=[Back(thing=str(baton[1]), source=str(lent.id), target=there)])
    hold = str(desk.standing(PlaceKind.HOLD))
    town.book(one(kind=Kind.TRANSFER, lot=baton[2], source=there, target=hold))
    town.book(one(kind=Kind.CONSUME, lot=spray, quantity="1", source=str(incident.id), incident=incident.id))
    # nor does what a count finds, which has its own two people
    count = desk.do(StartCount, depot="STR-0001", places=[there]).id
    desk.do(CountLines, count=count, place=there, lines=[Counted(str(spray), "2")])
    desk.do(CountLines, "responder", count=count, place=there, lines=[Counted(str(spray), "2")], round=2)
    desk.do(ApproveCount, "officer", count=count, leave_uncounted=True)
    assert desk.at(spray, town.shelf.id) == 2


def test_T96_other_gear_needs_no_second_person_and_cannot_be_asked_for(desk: Desk, town: Town) -> None:
    lot = town.stock("BRK-014", "2")
    assert desk.refused(AskWitness, depot="STR-0001", thing=str(lot)).fields[0].field == "thing"
    assert desk.refused(AskWitness, depot="STR-0001", item="NO-1").fields[0].field == "item"
    assert desk.refused(AskWitness, depot="STR-0001").fields[0].field == "thing"
    there = town.stock(PEPPER, "1", shelf=town.other_shelf, expires_on=date(2030, 1, 1))
    assert desk.refused(AskWitness, depot="STR-0001", thing=str(there)).fields[0].field == "thing"
    everywhere = desk.refused(AskWitness, "responder", depot="STR-0001", thing=str(there))
    assert everywhere.kind == "not-enough-stock"
    town.book(one(kind=Kind.ISSUE, lot=lot))


def test_T96_a_late_fact_is_booked_and_somebody_else_must_look_into_it(desk: Desk, town: Town) -> None:
    lot = pepper(town)
    wish = one(kind=Kind.CONSUME, lot=lot, source=str(town.shelf.id))
    told = desk.do(Basket, late=True, happened_at=desk.now() - timedelta(hours=2), movements=[wish])
    assert told.state == "booked"
    assert desk.at(lot, town.shelf.id) == 4

    def alerts() -> list[Alert]:
        statement = select(Alert).where(Alert.kind == AlertKind.UNWITNESSED, Alert.resolved_at.is_(None))
        return desk.read(lambda session: list(session.execute(statement).scalars()))

    [alert] = alerts()
    assert (alert.urgent, alert.lot_id) == (True, lot)
    assert json.loads(alert.details)["description"] == "keeper 先生 × 1"
    today = town.context.clock.today()
    town.run(sweep, [town.depot.id], today, desk.now(), SweepReport())
    assert len(alerts()) == 1, "it stays until somebody has looked into it"
    with pytest.raises(Refusal) as caught:
        town.run(acknowledge, town.keeper, alert.id, desk.now())
    assert caught.value.kind == "same-person"
    town.run(acknowledge, town.callers["officer"], alert.id, desk.now())
    town.run(sweep, [town.depot.id], today, desk.now(), SweepReport())
    assert alerts() == []


def test_T96_a_late_take_that_was_confirmed_in_time_carries_both_names(desk: Desk, town: Town, clock: SetClock) -> None:
    lot = pepper(town)
    confirmed(desk, lot)
    took = desk.now() + timedelta(minutes=5)
    clock.instant += timedelta(hours=3)
    wish = one(kind=Kind.CONSUME, lot=lot, source=str(town.shelf.id))
    desk.do(Basket, late=True, happened_at=took, movements=[wish])
    assert names(desk) == [town.callers["responder"].person_id]
    statement = select(Alert.id).where(Alert.kind == AlertKind.UNWITNESSED)
    assert desk.read(lambda session: session.execute(statement).first()) is None


async def test_T96_over_http_by_entries_movements_and_pages(
    client: httpx.AsyncClient, desk: Desk, town: Town, queries: QueryCount
) -> None:
    lot = pepper(town)
    code = town.code_of(lot)
    wish = {"id": str(uuid4()), "kind": "consume", "label": code, "quantity": "1"}

    async def send(path: str, who: str, body: dict[str, Any]) -> httpx.Response:
        return await client.post(path, json=body, headers=town.auth(who))

    refused = await send("/api/movements", "keeper", wish)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/witness-needed")
    assert refused.json()["item"] == PEPPER
    page = await client.get(f"/q/{code}", headers=town.auth("keeper"))
    assert "双人取用" in page.text and "确认取用" not in page.text
    form = {"id": str(uuid4()), "depot": "STR-0001", "lot": str(lot), "quantity": "1", "reason": "巡逻"}
    asked = await client.post("/hand-outs", data=form, headers=town.auth("keeper"))
    assert asked.status_code == 303, asked.text
    assert "等待第二人确认" in (await client.get(f"/q/{code}", headers=town.auth("keeper"))).text
    own = (await client.get("/hand-outs", headers=town.auth("keeper"))).text
    assert "我已在场核对" not in own
    count = queries.during()
    other = (await client.get("/hand-outs", headers=town.auth("responder"))).text
    assert "我已在场核对" in other and len(count) <= 12
    assert PEPPER not in (await client.get("/api/hand-outs", headers=town.auth("keeper2"))).text
    work = (await client.get("/api/phone/STR-0001/work", headers=town.auth("responder"))).json()
    assert [(row["may_confirm"], row["agreed"]) for row in work["hand_outs"]] == [(True, False)]
    hand_out = work["hand_outs"][0]["id"]
    answer = {"id": str(uuid4()), "kind": "witness", "hand_out": hand_out, "agree": True}
    assert (await send("/api/entries", "keeper", {**answer, "id": str(uuid4())})).status_code == 409
    assert (await send("/api/entries", "responder", answer)).status_code == 201
    assert "确认取用" in (await client.get(f"/q/{code}", headers=town.auth("keeper"))).text
    assert (await send("/api/movements", "keeper", wish)).status_code == 201
    assert (await send("/api/movements", "keeper", wish)).status_code == 200
    [line, _] = (await client.get("/api/movements", headers=town.auth("keeper"))).json()["items"]
    ledger = sorted([line, _], key=lambda row: row["kind"])
    assert [(row["person_name"], row["witness"]) for row in ledger] == [
        ("keeper 先生", "responder 先生"),
        ("admin 先生", None),
    ]
    report = await client.get("/api/export/ledger.csv?of=depot&id=STR-0001", headers=town.auth("officer"))
    assert "keeper 先生 + responder 先生" in report.text


def test_T96_controlled_gear_is_counted_every_month(desk: Desk, town: Town, clock: SetClock) -> None:
    lot = pepper(town)
    town.stock("BRK-014", "2")
    assert desk.read(uncounted, [town.depot.id, town.other.id], desk.now()) == {}
    clock.instant += timedelta(days=32)
    assert desk.read(uncounted, [town.depot.id, town.other.id], desk.now()) == {town.depot.id: 1}
    there = str(town.shelf.id)
    count = desk.do(StartCount, depot="STR-0001", places=[there]).id
    desk.do(CountLines, count=count, place=there, lines=[Counted(str(lot), "5")])
    assert desk.read(uncounted, [town.depot.id], desk.now()) == {town.depot.id: 1}, "not before it is approved"
    town.run(sweep, [town.depot.id], clock.today(), desk.now(), SweepReport())
    statement = select(Alert).where(Alert.cause == f"controlled-count:{town.depot.id}", Alert.resolved_at.is_(None))
    assert desk.read(lambda session: len(session.execute(statement).all())) == 1
    desk.do(ApproveCount, "officer", count=count, leave_uncounted=True)
    town.run(sweep, [town.depot.id], clock.today(), desk.now(), SweepReport())
    assert desk.read(lambda session: session.execute(statement).all()) == []


def held_by_fault(desk: Desk, town: Town, lot: UUID) -> str:
    desk.do(Fault, thing=str(lot), description="罐体变形")
    return str(desk.standing(PlaceKind.HOLD))


def held_by_a_move(desk: Desk, town: Town, lot: UUID) -> str:
    hold = str(desk.standing(PlaceKind.HOLD))
    town.book(one(kind=Kind.TRANSFER, lot=lot, source=str(town.shelf.id), target=hold))
    return hold


def in_a_kit(desk: Desk, town: Town, lot: UUID) -> str:
    kit = str(desk.kit("MED-001").id)
    town.book(one(kind=Kind.TRANSFER, lot=lot, source=str(town.shelf.id), target=kit))
    return kit


def in_a_held_kit(desk: Desk, town: Town, lot: UUID) -> str:
    kit = in_a_kit(desk, town, lot)
    town.book(one(kind=Kind.TRANSFER, lot=UUID(kit), target=str(desk.standing(PlaceKind.HOLD))))
    return kit


def in_a_kit_in_a_vehicle(desk: Desk, town: Town, lot: UUID) -> str:
    truck, kit = desk.kit("VEH-002", serial="VEH-7"), in_a_kit(desk, town, lot)
    town.book(one(kind=Kind.TRANSFER, lot=UUID(kit), target=str(truck.id)))
    return kit


PLACES = (held_by_fault, held_by_a_move, in_a_kit, in_a_held_kit, in_a_kit_in_a_vehicle)


@pytest.mark.heavy
@pytest.mark.parametrize("kind", [Kind.ISSUE, Kind.CONSUME, Kind.DISPOSE, Kind.ADJUST])
@pytest.mark.parametrize("put", PLACES)
def test_B4_from_wherever_the_depot_keeps_it_it_leaves_before_two(desk: Desk, town: Town, put: Any, kind: Kind) -> None:
    lot = pepper(town)
    source = put(desk, town, lot)
    wish = {"kind": kind, "lot": lot, "source": source, "reason": "用"}
    if put is in_a_held_kit and kind == Kind.ISSUE:
        assert refusal(town, **wish) == "kit-out"  # what is in a kit that is held is handed to nobody (B14)
        return
    assert refusal(town, **wish) == "witness-needed"
    confirmed(desk, lot)
    town.book(one(**wish))
    assert len(names(desk)) == 1


@pytest.mark.heavy
@pytest.mark.parametrize("put", [in_a_kit, in_a_held_kit, in_a_kit_in_a_vehicle])
@pytest.mark.parametrize("way", ["issue", "lend", "draw", "transfer", "workshop", "closing"])
def test_B4_what_carries_controlled_gear_leaves_before_two_who_see_what_is_in_it(
    desk: Desk, town: Town, way: str, put: Any
) -> None:
    lot = pepper(town, "1")
    carrier = put(desk, town, lot)
    if put is in_a_kit_in_a_vehicle:
        carrier = str(desk.read(lambda session: session.get_one(Place, UUID(carrier)).parent_id))
    who, leave = _ways(desk, town, carrier)[way]
    with pytest.raises(Refusal) as caught:
        leave()
    assert caught.value.kind == "witness-needed"
    asked = desk.do(AskWitness, who, depot="STR-0001", thing=carrier).id
    desk.do(Witness, "responder", hand_out=asked, agree=True)
    leave()
    assert len(names(desk)) == 1


@pytest.mark.parametrize("out", [False, True])
def test_T96_verify_asks_for_a_second_name_unless_the_carrier_had_left_already(
    desk: Desk, town: Town, clock: SetClock, out: bool
) -> None:
    lot = pepper(town, "1")
    kit = in_a_kit(desk, town, lot)
    clock.instant += timedelta(minutes=1)
    if out:
        asked = desk.do(AskWitness, "keeper", depot="STR-0001", thing=kit).id
        desk.do(Witness, "responder", hand_out=asked, agree=True)
        town.book(one(kind=Kind.ISSUE, lot=UUID(kit), source=_where(desk, kit), reason="用"))
    clock.instant += timedelta(minutes=5)
    used = one(kind=Kind.CONSUME, lot=lot, source=kit)
    assert desk.do(Basket, late=True, happened_at=desk.now(), movements=[used]).state == "booked"
    found = desk.read(lambda session: [row.id for row in session.execute(unwitnessed())])
    assert found == ([] if out else [used.id])


def _ways(desk: Desk, town: Town, carrier: str) -> dict[str, tuple[str, Any]]:
    """Each way by which a kit or vehicle leaves: who goes it, and the going."""
    lines, due = [Thing(thing=carrier, source=_where(desk, carrier), reason="用")], desk.now() + timedelta(days=1)
    lend = {"depot": "STR-0001", "lines": lines, "borrower": Borrower.RESPONDER, "name": "何", "due_at": due}
    what = {"depot": "STR-0001", "what": IncidentKind.SECURITY, "channel": Channel.POLICE, "place": "口岸"}
    incident = desk.do(OpenIncident, **what).id
    asked = [AskedLine("BRK-014", "1")]
    transfer = desk.do(AskTransfer, "keeper2", giver="STR-0001", receiver="IND-0002", lines=asked).id
    closing = desk.do(PlanClosing, "admin", depot="STR-0001", successor="IND-0002", why="关").id
    service = {"lines": [ServiceLine(carrier)], "vendor": "厂", "due_back_on": date(2026, 12, 1)}
    issue = {"kind": Kind.ISSUE, "lot": UUID(carrier), "source": _where(desk, carrier), "reason": "用"}
    return {
        "issue": ("keeper", lambda: town.book(one(**issue))),
        "lend": ("keeper", lambda: desk.do(Lend, **lend)),
        "draw": ("keeper", lambda: desk.do(Draw, incident=incident, lines=lines)),
        "transfer": ("keeper", lambda: desk.do(Dispatch, transfer=transfer, lines=[Sent(carrier)])),
        "workshop": ("keeper", lambda: desk.do(SendToService, **service)),
        "closing": ("officer", lambda: desk.do(SendAll, "officer", closing=closing)),
    }


def _where(desk: Desk, lot: str) -> str:
    statement = select(Stock.place_id).where(Stock.lot_id == UUID(lot), Stock.quantity > 0, ~Stock.outside)
    return str(desk.read(lambda session: session.execute(statement).scalar_one()))


def _documents(desk: Desk, town: Town, lot: UUID) -> dict[str, tuple[str, str, Any]]:
    """Each document that takes a batch of controlled gear out of the depot by one person's word."""
    there, hold = str(town.shelf.id), str(desk.standing(PlaceKind.HOLD))
    kit = desk.kit("MED-001")
    asked = [AskedLine(PEPPER, "1")]
    transfer = desk.do(AskTransfer, "keeper2", giver="STR-0001", receiver="IND-0002", lines=asked).id
    closing = desk.do(PlanClosing, "admin", depot="STR-0001", successor="IND-0002", why="关").id
    town.book(one(kind=Kind.TRANSFER, lot=lot, source=there, target=str(kit.id)))
    town.book(one(kind=Kind.TRANSFER, lot=lot, source=there, target=hold))
    return {
        "dispatch": ("keeper", "1", lambda: desk.do(Dispatch, transfer=transfer, lines=[Sent(str(lot), "1")])),
        "dispatch from hold": (
            "keeper",
            "1",
            lambda: desk.do(Dispatch, transfer=transfer, lines=[Sent(str(lot), "1", source=hold)]),
        ),
        "count of a kit": (
            "keeper",
            "1",
            lambda: desk.do(CountKit, place=str(kit.id), lines=[Counted(str(lot), "0")]),
        ),
        "write off": ("officer", "4", lambda: desk.do(WriteOffRest, "officer", closing=closing, reason="旧")),
    }


@pytest.mark.parametrize("document", ["dispatch", "dispatch from hold", "count of a kit", "write off"])
def test_B4_no_document_of_one_person_lets_controlled_gear_out(desk: Desk, town: Town, document: str) -> None:
    lot = pepper(town)
    who, quantity, leave = _documents(desk, town, lot)[document]
    with pytest.raises(Refusal) as caught:
        leave()
    assert caught.value.kind == "witness-needed"
    for part in {"write off": ("3", "1", "1")}.get(document, (quantity,)):
        asked = desk.do(AskWitness, who, depot="STR-0001", thing=str(lot), quantity=part).id
        desk.do(Witness, "responder", hand_out=asked, agree=True)
    leave()
    assert names(desk)


def test_B4_what_is_lost_out_of_somebodys_hands_is_written_off_before_two(desk: Desk, town: Town) -> None:
    lot = pepper(town)
    confirmed(desk, lot)
    town.book(one(kind=Kind.ISSUE, lot=lot, source=str(town.shelf.id)))
    lost = {"lines": [Back(thing=str(lot), state=ReturnState.LOST)]}
    assert desk.refused(GiveBack, **lost).kind == "witness-needed"
    confirmed(desk, lot)
    desk.do(GiveBack, **lost)
    assert desk.at(lot, desk.standing(PlaceKind.LOST)) == 1


def test_B4_what_the_book_has_lost_sight_of_does_not_turn_up_in_one_persons_hands(desk: Desk, town: Town) -> None:
    lot = pepper(town)
    there = str(town.shelf.id)
    before = desk.now()
    town.context.clock.instant += timedelta(minutes=20)  # type: ignore[attr-defined]
    count = desk.do(StartCount, depot="STR-0001", places=[there]).id
    for who, turn in (("keeper", 1), ("responder", 2)):
        desk.do(CountLines, who, count=count, place=there, lines=[Counted(str(lot), "4")], round=turn)
    desk.do(ApproveCount, "officer", count=count)
    assert len(names(desk)) == 0, "the count has its own two people"
    taken = {"kind": Kind.ISSUE, "lot": lot, "source": there, "happened_at": before, "counted": "included"}
    assert refusal(town, **taken) == "witness-needed"
