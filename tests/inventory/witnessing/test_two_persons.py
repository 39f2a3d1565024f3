"""Controlled gear leaves before two pairs of eyes (T96): asked, confirmed by another, taken once."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from core.errors import Refusal
from depots.models import PlaceKind
from inventory.booking.models import HandOut, MovementWitness
from inventory.documents.counting import ApproveCount, Counted, CountLines, StartCount
from inventory.documents.incidents import Draw, OpenIncident
from inventory.documents.loans import Back, GiveBack, Lend, Thing
from inventory.documents.models import Borrower, Channel, IncidentKind
from inventory.stock.models import Kind
from inventory.telling.basket import Basket
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
