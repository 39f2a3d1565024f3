"""A signature or approval holds for what was signed: used unchanged it counts, after any change it does not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from core.errors import Refusal
from depots.models import PlaceKind
from inventory.documents.counting import ApproveCount, Counted, CountLines, StartCount
from inventory.documents.handover import GiveShift, StartHandover, TakeShift
from inventory.documents.incidents import ApproveIncident, Draw, OpenIncident, Paper
from inventory.documents.keepers import SignKeepers, StartKeepers
from inventory.documents.loans import Thing
from inventory.documents.models import Channel, Incident, IncidentKind
from inventory.documents.receiving import Decide, Propose
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
from inventory.faults.entries import Fault
from inventory.stock.models import Kind
from inventory.telling.basket import Basket
from inventory.upkeep.scrap import DecideScrap, ProposeScrap, Scrapped
from inventory.upkeep.scrap_view import scrap_view
from inventory.witnessing.witness import AskWitness, Witness
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk

BAR, SPRAY = "BRK-014", "RIO-007"
Act = Callable[[], Any]


@dataclass
class Signed:
    """A document after its approval: the ways to change it, and whether the approval is honoured when it is used."""

    use: Callable[[], bool]
    changes: dict[str, Act]


def honoured(act: Act, *refusals: str) -> bool:
    """Whether an act went through; False where it met one of these refusals."""
    try:
        act()
    except Refusal as refusal:
        if refusal.kind not in refusals:
            raise
        return False
    return True


def on_the_way(desk: Desk, lot: UUID, quantity: str = "2") -> UUID:
    lines = [AskedLine(BAR, quantity)]
    transfer = desk.do(AskTransfer, "keeper2", giver="STR-0001", receiver="IND-0002", lines=lines).id
    desk.do(Dispatch, transfer=transfer, lines=[Sent(str(lot), quantity)])
    return transfer


def loss(desk: Desk, town: Town) -> Signed:
    lot = town.stock(BAR, "20")
    transfer = on_the_way(desk, lot)
    desk.do(SignLoss, transfer=transfer, side="giver")

    def use() -> bool:
        desk.do(SignLoss, "keeper2", transfer=transfer, side="receiver")
        return desk.at(lot, desk.standing(PlaceKind.LOST)) > 0

    arrival = {"transfer": transfer, "lines": [Arrival(str(lot), "1")], "place": str(town.other_shelf.id)}
    return Signed(
        use,
        {
            "more is sent": lambda: desk.do(Dispatch, transfer=transfer, lines=[Sent(str(lot), "10")]),
            "some arrives": lambda: desk.do(ReceiveTransfer, "keeper2", **arrival),
        },
    )


def shift(desk: Desk, town: Town) -> Signed:
    lot, other = town.stock(BAR, "100"), town.stock("EXT-001", "1", serial="E-1")
    count = desk.do(StartHandover, depot="STR-0001").id
    lines = {"count": count, "place": str(town.shelf.id)}
    desk.do(CountLines, **lines, lines=[Counted(str(lot), "99"), Counted(str(other), "1")])
    desk.do(GiveShift, handover=count)
    late = [one(kind=Kind.ISSUE, lot=lot, source=str(town.shelf.id))]
    return Signed(
        lambda: honoured(lambda: desk.do(TakeShift, "officer", handover=count), "changed-since"),
        {
            "counted again": lambda: desk.do(CountLines, "responder", **lines, lines=[Counted(str(lot), "97")]),
            "a take told late": lambda: desk.do(
                Basket, movements=late, late=True, happened_at=desk.now() - timedelta(hours=1)
            ),
            "a fault": lambda: desk.do(Fault, thing=str(other), description="压力不足"),
        },
    )


def keepers(desk: Desk, town: Town) -> Signed:
    lot = town.stock(BAR, "100")
    count = desk.do(StartKeepers, "officer", depot="STR-0001", leaver="keeper", comer="responder").id
    lines = {"count": count, "place": str(town.shelf.id)}
    desk.do(CountLines, **lines, lines=[Counted(str(lot), "99")])
    for who in ("keeper", "responder"):
        desk.do(SignKeepers, who, handover=count)
    late = [one(kind=Kind.ISSUE, lot=lot, source=str(town.shelf.id))]
    return Signed(
        lambda: honoured(lambda: desk.do(SignKeepers, "officer", handover=count), "changed-since", "not-signed"),
        {
            "counted again": lambda: desk.do(CountLines, **lines, lines=[Counted(str(lot), "98")]),
            "a take told late": lambda: desk.do(
                Basket, movements=late, late=True, happened_at=desk.now() - timedelta(hours=1)
            ),
        },
    )


def call_out(desk: Desk, town: Town) -> Signed:
    lot = town.stock(BAR, "20")
    incident = desk.do(OpenIncident, depot="STR-0001", what=IncidentKind.FIRE, channel=Channel.PHONE, place="麻岭").id
    draw = {"incident": incident, "lines": [Thing(thing=str(lot), quantity="2")]}
    desk.do(Draw, **draw)
    desk.do(Paper, incident=incident, ordered_by="张队")
    desk.do(ApproveIncident, "officer", incident=incident)
    wish = one(kind=Kind.ISSUE, lot=lot, source=str(town.shelf.id), incident=incident)
    later = {"late": True, "happened_at": desk.now() - timedelta(minutes=5)}
    used = one(kind=Kind.CONSUME, lot=lot, source=str(town.shelf.id), incident=incident)
    return Signed(
        lambda: desk.read(lambda session: session.get_one(Incident, incident)).approved_at is not None,
        {
            "more is drawn": lambda: desk.do(Draw, "responder", **draw),
            "more is drawn, told late": lambda: desk.do(Draw, "responder", **draw, **later),
            "gear is issued for it": lambda: desk.do(Basket, movements=[wish]),
            "gear is used up for it": lambda: town.book(used),
            # put into its place without a word of it
            "gear is issued to it": lambda: town.book(one(kind=Kind.ISSUE, lot=lot, target=str(incident))),
            "gear is moved to it": lambda: town.book(
                one(kind=Kind.TRANSFER, lot=lot, source=str(town.shelf.id), target=str(incident))
            ),
        },
    )


def scrap(desk: Desk, town: Town) -> Signed:
    lot = town.stock("EXT-001", "1", serial="S-1")
    proposal = UUID(desk.do(ProposeScrap, thing=str(lot), reason="到期").result["scrap"])
    desk.do(DecideScrap, "officer", scrap=proposal, approve=True)

    def use() -> bool:
        who = "keeper" if desk.at(lot, town.shelf.id) else "keeper2"
        refusal = desk.refused(Scrapped, who, scrap=proposal, method="cut", receiver="回收站")
        assert refusal.kind in ("bad-input", "changed-since", "not-approved"), refusal.kind
        return refusal.kind == "bad-input"  # only the photo is missing

    def travel() -> None:
        lines = [AskedLine("EXT-001", "1")]
        transfer = desk.do(AskTransfer, "keeper2", giver="STR-0001", receiver="IND-0002", lines=lines).id
        desk.do(Dispatch, transfer=transfer, lines=[Sent(str(lot))])
        arrival = {"lines": [Arrival(str(lot), "1")], "place": str(town.other_shelf.id)}
        desk.do(ReceiveTransfer, "keeper2", transfer=transfer, **arrival)

    fault = {"thing": str(lot), "description": "断裂"}
    return Signed(use, {"it goes to another depot": travel, "a fault": lambda: desk.do(Fault, **fault)})


def kit(desk: Desk, town: Town) -> Signed:
    bag = desk.kit("MED-001")
    spray = town.stock(SPRAY, "5", expires_on=date(2030, 1, 1))
    there, inside = str(town.shelf.id), str(bag.id)

    def put(quantity: str, source: str, target: str) -> None:
        town.book(one(kind=Kind.TRANSFER, lot=spray, quantity=quantity, source=source, target=target))

    put("2", there, inside)
    hand_out = desk.do(AskWitness, depot="STR-0001", thing=inside, reason="巡逻").id
    desk.do(Witness, "responder", hand_out=hand_out, agree=True)
    return Signed(
        lambda: honoured(lambda: town.book(one(kind=Kind.ISSUE, lot=bag.id, reason="巡逻")), "witness-needed"),
        {
            "one more is put in": lambda: put("1", there, inside),
            "one is taken out": lambda: put("1", inside, there),
        },
    )


def hand_out(desk: Desk, town: Town) -> Signed:
    lot = town.stock(SPRAY, "9", expires_on=date(2030, 1, 1))
    asked = desk.do(AskWitness, depot="STR-0001", thing=str(lot), quantity="2").id
    desk.do(Witness, "responder", hand_out=asked, agree=True)
    wishes: dict[str, Any] = {"kind": Kind.ISSUE, "lot": lot, "source": str(town.shelf.id)}
    wanted = {"quantity": "2"}
    return Signed(
        lambda: honoured(lambda: town.book(one(**wishes, **wanted)), "witness-needed"),
        {
            "more is taken": lambda: wanted.update(quantity="3"),
            "it was used": lambda: town.book(one(**wishes)),
            "another lot": lambda: wishes.update(lot=town.stock(SPRAY, "9", expires_on=date(2031, 1, 1))),
        },
    )


CASES = {case.__name__: case for case in (loss, shift, keepers, call_out, scrap, kit, hand_out)}
CHANGES = [
    ("loss", "more is sent"),
    ("loss", "some arrives"),
    ("shift", "counted again"),
    ("shift", "a take told late"),
    ("shift", "a fault"),
    ("keepers", "counted again"),
    ("keepers", "a take told late"),
    ("call_out", "more is drawn"),
    ("call_out", "more is drawn, told late"),
    ("call_out", "gear is issued for it"),
    ("call_out", "gear is used up for it"),
    ("call_out", "gear is issued to it"),
    ("call_out", "gear is moved to it"),
    ("scrap", "it goes to another depot"),
    ("scrap", "a fault"),
    ("kit", "one more is put in"),
    ("kit", "one is taken out"),
    ("hand_out", "more is taken"),
    ("hand_out", "it was used"),
    ("hand_out", "another lot"),
]


@pytest.mark.heavy
@pytest.mark.parametrize("case", CASES)
def test_what_was_signed_and_is_unchanged_counts(desk: Desk, town: Town, case: str) -> None:
    signed = CASES[case](desk, town)
    assert {change for name, change in CHANGES if name == case} == signed.changes.keys()
    assert signed.use()


@pytest.mark.heavy
@pytest.mark.parametrize(("case", "change"), CHANGES)
def test_a_change_after_the_signature_lets_it_fall(desk: Desk, town: Town, case: str, change: str) -> None:
    signed = CASES[case](desk, town)
    signed.changes[change]()
    assert not signed.use()


def test_B7_of_twelve_on_the_way_no_two_signatures_for_two_write_off_twelve(desk: Desk, town: Town) -> None:
    lot = town.stock(BAR, "20")
    transfer = on_the_way(desk, lot)
    desk.do(SignLoss, transfer=transfer, side="giver")
    desk.do(Dispatch, transfer=transfer, lines=[Sent(str(lot), "10")])
    told = desk.do(SignLoss, "keeper2", transfer=transfer, side="receiver").result
    assert told["signed"] == [str(town.callers["keeper2"].person_id)], "the sender signs again"
    assert desk.at(lot, transfer) == 12
    desk.do(SignLoss, transfer=transfer, side="giver")
    assert desk.at(lot, desk.standing(PlaceKind.LOST)) == 12


def test_B7_nothing_is_sent_into_a_rejected_transfer(desk: Desk, town: Town) -> None:
    lot = town.stock(BAR, "20")
    transfer = on_the_way(desk, lot)
    desk.do(RejectTransfer, "keeper2", transfer=transfer, note="不需要")
    assert desk.refused(Dispatch, transfer=transfer, lines=[Sent(str(lot))]).kind == "rejected"
    assert desk.at(lot, transfer) == 2


def test_B7_onto_the_way_and_off_it_nothing_gets_but_by_the_transfer(desk: Desk, town: Town) -> None:
    lot = town.stock(BAR, "20")
    transfer = on_the_way(desk, lot)
    way, shelf = str(transfer), str(town.shelf.id)
    wishes = [
        one(kind=Kind.TRANSFER, lot=lot, source=shelf, target=way),
        one(kind=Kind.TRANSFER, lot=lot, source=way, target=shelf),
        one(kind=Kind.CONSUME, lot=lot, source=way),
        one(kind=Kind.DISPOSE, lot=lot, source=way, reason="坏"),
        one(kind=Kind.ADJUST, lot=lot, source=way, reason="少"),
    ]
    for wish in wishes:
        refusal = desk.refused(Basket, movements=[wish])
        assert {field.field.split(".")[-1] for field in refusal.fields} <= {"from", "to"}, wish
    town.book(one(kind=Kind.DISPOSE, lot=lot, quantity="18", reason="坏"))
    assert (desk.at(lot, transfer), desk.at(lot, town.shelf.id)) == (2, 0), "unnamed, it comes off the shelf"


@pytest.mark.parametrize("where", ["the receiver's shelf", "the way itself", "a hand"])
def test_taking_back_puts_nothing_on_a_shelf_that_is_not_the_senders(desk: Desk, town: Town, where: str) -> None:
    who = town.person("both", *town.callers["keeper"].duties, *town.callers["keeper2"].duties)
    lot = town.stock(BAR, "20")
    transfer = on_the_way(desk, lot)
    town.book(one(kind=Kind.ISSUE, lot=lot), caller="both")
    hands = town.book(one(kind=Kind.ISSUE, lot=lot), caller="both")[0].lines[0].target
    place = {"the receiver's shelf": town.other_shelf.id, "the way itself": transfer, "a hand": hands}[where]
    refusal = desk.refused(TakeBack, who.account, transfer=transfer, place=str(place))
    assert [field.field for field in refusal.fields] == ["place"]
    desk.do(TakeBack, who.account, transfer=transfer, place=str(town.second_shelf.id))
    assert desk.at(lot, town.second_shelf.id) == 2


def test_a_difference_is_not_approved_by_who_counted_it_alone(desk: Desk, town: Town) -> None:
    lot = town.stock(BAR, "100")
    count = desk.do(StartCount, depot="STR-0001", places=[str(town.shelf.id)]).id
    desk.do(CountLines, "officer", count=count, place=str(town.shelf.id), lines=[Counted(str(lot), "99")])
    assert desk.refused(ApproveCount, "officer", count=count).kind == "same-person"
    desk.do(ApproveCount, "admin", count=count)
    assert desk.at(lot, town.shelf.id) == 99


def test_who_opened_a_call_out_or_drew_for_it_does_not_approve_it(desk: Desk, town: Town) -> None:
    lot = town.stock(BAR, "5")
    what = {"depot": "STR-0001", "what": IncidentKind.FIRE, "channel": Channel.PHONE, "place": "麻岭"}
    opened = desk.do(OpenIncident, "officer", **what).id
    assert desk.refused(ApproveIncident, "officer", incident=opened).kind == "same-person"
    drawn = desk.do(OpenIncident, **what).id
    desk.do(Draw, "officer", incident=drawn, lines=[Thing(thing=str(lot))])
    assert desk.refused(ApproveIncident, "officer", incident=drawn).kind == "same-person"
    desk.do(ApproveIncident, "admin", incident=drawn)
    town.book(one(kind=Kind.TRANSFER, lot=lot, source=str(town.shelf.id), target=str(drawn)), caller="admin")
    assert desk.refused(ApproveIncident, "admin", incident=drawn).kind == "same-person"


def test_who_proposes_a_product_does_not_approve_it_and_a_decision_is_made_once(desk: Desk, town: Town) -> None:
    asked = {"depot": "STR-0001", "name": "撬棍", "unit": "把", "item": BAR}
    proposal = desk.do(Propose, "officer", **asked).id
    assert desk.refused(Decide, "officer", proposal=proposal, approve=True).kind == "same-person"
    desk.do(Decide, "admin", proposal=proposal, approve=True)
    assert desk.refused(Decide, "admin", proposal=proposal, approve=False).kind == "closed"


def test_B25_two_counts_of_one_place_book_a_difference_once(desk: Desk, town: Town) -> None:
    lot = town.stock(BAR, "100")
    place = str(town.shelf.id)
    first = desk.do(StartCount, depot="STR-0001", places=[place]).id
    assert desk.refused(StartCount, depot="STR-0001", places=[place]).kind == "counted-already"
    desk.do(CountLines, count=first, place=place, lines=[Counted(str(lot), "98")])
    before = desk.now()
    town.context.clock.instant += timedelta(minutes=5)  # type: ignore[attr-defined]
    desk.do(ApproveCount, "officer", count=first)
    # opened and counted by a phone without signal, before the first was approved
    second = desk.do(StartCount, depot="STR-0001", places=[place], happened_at=before, late=True).id
    lines = {"count": second, "place": place, "lines": [Counted(str(lot), "98")]}
    assert [one.field for one in desk.refused(CountLines, **lines, happened_at=before - timedelta(hours=1)).fields] == [
        "happened_at"
    ]
    desk.do(CountLines, **lines, happened_at=before, late=True)
    desk.do(ApproveCount, "officer", count=second)
    assert desk.at(lot, town.shelf.id) == Decimal(98)


def test_a_scrap_whose_approval_fell_is_shown_to_be_decided_anew(desk: Desk, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="S-1")
    proposal = UUID(desk.do(ProposeScrap, thing=str(lot), reason="到期").result["scrap"])
    desk.do(DecideScrap, "officer", scrap=proposal, approve=True)

    def shown(who: str) -> tuple[bool, bool]:
        view = desk.read(scrap_view, town.callers[who], proposal)
        return view.may_decide, view.may_prove

    assert (shown("officer"), shown("keeper")) == ((False, True), (False, True))
    desk.do(Fault, thing=str(lot), description="断裂")
    assert (shown("officer"), shown("keeper")) == ((True, False), (False, False))
    desk.do(DecideScrap, "officer", scrap=proposal, approve=True)
    assert shown("keeper") == (False, True)


def test_B27_a_piece_is_proposed_once_however_often_it_is_asked_for(desk: Desk, town: Town) -> None:
    lot = town.stock("EXT-001", "1", serial="S-1")
    asked = {desk.do(ProposeScrap, thing=str(lot), reason="到期").result["scrap"] for _ in range(3)}
    assert len(asked) == 1
