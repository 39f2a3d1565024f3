"""A single piece is where the latest fact has it, and off the way it gets by its transfer alone (rules 5 and 12).

Each act, late and in time, meets a piece on the way, in hands, at a workshop and on another shelf; of a batch
what was sent stays on the way.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from core.errors import Refusal
from depots.models import Place, PlaceKind
from depots.places import standing_place_id
from inventory.booking.wishes import Wish
from inventory.documents.counting import ApproveCount, Counted, CountLines, StartCount
from inventory.documents.devices import FitPart
from inventory.documents.kits import CountKit
from inventory.documents.loans import Back, GiveBack, Lend, Thing
from inventory.documents.models import Borrower, Loan, Transfer, TransferState
from inventory.documents.transfers import Arrival, AskedLine, AskTransfer, Dispatch, ReceiveTransfer, Sent
from inventory.stock.models import Kind, Stock
from inventory.telling.basket import Basket
from inventory.telling.models import EntryState
from inventory.upkeep.service import SendToService, ServiceLine
from inventory.verifying.verifying import verify_all
from jobs.alerts.models import Alert
from jobs.causes.kinds import AlertKind
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk

AXE = "BRK-001"  # piece by piece
GAUZE = "MED-013"
WHERE = ("way", "workshop", "hands", "shelf")  # the first two in the normal run
TOLD = {"before": (8, True), "after": (11, True), "in time": (12, False)}
MOVING = ("move", "take", "kit_count", "stocktake")  # what says where a piece is
ACTS = (*MOVING, "give_back", "back", "lost", "used", "found", "dispatch", "service")


class Day:
    """Pieces came to a shelf at 7 and left it at 9; at noon they are spoken of."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.town = desk, desk.town
        self.midnight = desk.now().replace(hour=0)
        self.hold = desk.standing(PlaceKind.HOLD)
        self.at(7)
        self.kit = desk.kit("MED-002", self.town.second_shelf)
        self.pieces = {(act, told): self.town.stock(AXE, "1", serial=f"{act} {told}") for act in ACTS for told in TOLD}
        self.count = desk.do(StartCount, depot="STR-0001", places=[str(self.town.shelf.id)]).id
        self.at(9)

    def at(self, hour: int) -> datetime:
        instant = self.midnight + timedelta(hours=hour)
        self.town.context.clock.instant = instant  # type: ignore[misc]
        return instant

    def way(self) -> None:
        self.transfer = ask(self.desk, AXE)
        sent = [Sent(thing=str(piece)) for piece in self.pieces.values()]
        self.desk.do(Dispatch, transfer=self.transfer, lines=sent)

    def hands(self) -> None:
        self.town.book(*(one(kind=Kind.ISSUE, lot=piece) for piece in self.pieces.values()), caller="responder")

    def workshop(self) -> None:
        lines = [ServiceLine(str(piece)) for piece in self.pieces.values()]
        self.desk.do(SendToService, lines=lines, vendor="v", due_back_on=date(2099, 1, 1))

    def shelf(self) -> None:
        target = str(self.town.second_shelf.id)
        self.town.book(*(one(kind=Kind.TRANSFER, lot=piece, target=target) for piece in self.pieces.values()))

    def tell(self, act: str, told: str) -> Any:
        """What became of an act: its outcome, or its refusal."""
        hour, late = TOLD[told]
        when = {"happened_at": self.midnight + timedelta(hours=hour), "late": late}
        try:
            return getattr(self, act)(self.pieces[act, told], when)
        except Refusal as refusal:
            return refusal

    def book(self, when: dict[str, Any], piece: UUID, kind: Kind, **fields: Any) -> Any:
        wish = Wish(id=uuid4(), kind=kind, quantity="1", lot=piece, reason="x", **fields)
        return self.desk.do(Basket, movements=[wish], **when)

    def move(self, piece: UUID, when: dict[str, Any]) -> Any:
        return self.book(when, piece, Kind.TRANSFER, source=str(self.town.shelf.id), target=str(self.hold))

    def take(self, piece: UUID, when: dict[str, Any]) -> Any:
        return self.book(when, piece, Kind.ISSUE, source=str(self.town.shelf.id))

    def back(self, piece: UUID, when: dict[str, Any]) -> Any:
        return self.book(when, piece, Kind.RETURN, target=str(self.town.shelf.id))

    def lost(self, piece: UUID, when: dict[str, Any]) -> Any:
        return self.book(when, piece, Kind.ADJUST, source=str(self.town.shelf.id))

    def used(self, piece: UUID, when: dict[str, Any]) -> Any:
        return self.book(when, piece, Kind.CONSUME, source=str(self.town.shelf.id))

    def found(self, piece: UUID, when: dict[str, Any]) -> Any:
        return self.book(when, piece, Kind.ADJUST, target=str(self.town.shelf.id))

    def give_back(self, piece: UUID, when: dict[str, Any]) -> Any:
        return self.desk.do(GiveBack, lines=[Back(thing=str(piece), target=str(self.town.shelf.id))], **when)

    def dispatch(self, piece: UUID, when: dict[str, Any]) -> Any:
        other = ask(self.desk, AXE)
        return self.desk.do(Dispatch, transfer=other, lines=[Sent(str(piece), source=str(self.town.shelf.id))], **when)

    def service(self, piece: UUID, when: dict[str, Any]) -> Any:
        return self.desk.do(
            SendToService, lines=[ServiceLine(str(piece))], vendor="v", due_back_on=date(2099, 1, 1), **when
        )

    def kit_count(self, piece: UUID, when: dict[str, Any]) -> Any:
        return self.desk.do(CountKit, place=str(self.kit.id), lines=[Counted(str(piece), "1")], **when)

    def stocktake(self, piece: UUID, when: dict[str, Any]) -> Any:
        """Counted on the shelf twice at that time; what it comes to is booked with the others' (``approve``)."""
        lines = {"count": self.count, "place": str(self.town.shelf.id), "lines": [Counted(str(piece), "1")]}
        self.desk.do(CountLines, "responder", round=2, **lines, **when)
        return self.desk.do(CountLines, **lines, **when)

    def approve(self) -> Any:
        return self.desk.do(ApproveCount, "officer", count=self.count, leave_uncounted=True)

    def places(self, piece: UUID) -> set[UUID]:
        statement = select(Stock.place_id).where(Stock.lot_id == piece, ~Stock.outside, Stock.quantity > 0)
        return set(self.desk.read(lambda session: list(session.execute(statement).scalars())))


def ask(desk: Desk, item: str) -> UUID:
    lines = [AskedLine(item=item, quantity="1")]
    return desk.do(AskTransfer, giver="STR-0001", receiver="IND-0002", lines=lines).id


def alerted(desk: Desk) -> bool:
    statement = select(Alert.id).where(Alert.kind == AlertKind.DISCREPANCY)
    return desk.read(lambda session: session.execute(statement).first()) is not None


def goes_to(day: Day, act: str) -> UUID:
    """Where an act says that a piece is."""
    if act == "take":
        keeper = day.town.callers["keeper"].person_id
        statement = select(Stock.place_id).where(Stock.lot_id == day.pieces[act, "after"], Stock.quantity > 0)
        (hands,) = day.desk.read(lambda session: list(session.execute(statement.where(~Stock.outside)).scalars()))
        assert day.desk.read(lambda session: session.get_one(Place, hands).person_id) == keeper
        return hands
    return {"move": day.hold, "kit_count": day.kit.id, "stocktake": day.town.shelf.id}[act]


@pytest.mark.heavy
@pytest.mark.parametrize("where", [*WHERE[:2], *(pytest.param(where, marks=pytest.mark.slow) for where in WHERE[2:])])
def test_a_piece_is_where_the_latest_fact_has_it_whatever_is_told_and_when(desk: Desk, town: Town, where: str) -> None:
    day = Day(desk)
    getattr(day, where)()
    stood = {key: day.places(piece) for key, piece in day.pieces.items()}
    day.at(12)
    became = {key: day.tell(*key) for key in day.pieces}
    day.approve()
    for key, piece in day.pieces.items():
        act, told = key
        what = (where, *key, became[key])
        now = day.places(piece)
        assert len(now) == 1 or (act in ("lost", "used") and not now), what
        if told == "before" or where == "way":
            assert now == stood[key], what
        elif told == "after" and act in MOVING:
            assert now == {goes_to(day, act)}, what
        if told == "before" and act in MOVING:  # rule 5: it is booked
            assert getattr(became[key], "state", None) == EntryState.BOOKED, what
    assert alerted(desk)
    assert town.run(verify_all).sound
    if where == "way":
        arrived = [Arrival(thing=str(piece), good="1") for piece in day.pieces.values()]
        desk.do(ReceiveTransfer, "keeper2", transfer=day.transfer, lines=arrived, place=str(town.other_shelf.id))
        assert desk.read(lambda session: session.get_one(Transfer, day.transfer).state) == TransferState.CLOSED


@pytest.mark.heavy
@pytest.mark.parametrize("told", TOLD)
def test_what_is_told_of_a_batch_leaves_on_the_way_what_was_sent(desk: Desk, town: Town, told: str) -> None:
    day = Day(desk)
    lot = town.stock(GAUZE, "5", expires_on=date(2099, 1, 1), number="L-1")
    transfer = ask(desk, GAUZE)
    desk.do(Dispatch, transfer=transfer, lines=[Sent(thing=str(lot), quantity="5")])
    day.at(12)
    for act in ACTS:
        if act != "service":
            day.pieces[act, told] = lot
            day.tell(act, told)
    day.approve()
    assert desk.at(lot, transfer) == 5
    assert town.run(verify_all).sound


@pytest.mark.heavy
def test_a_late_take_does_not_undo_what_a_count_saw_afterwards(desk: Desk, town: Town) -> None:
    day = Day(desk)
    piece = day.pieces["take", "before"]
    lines = {"count": day.count, "place": str(town.shelf.id), "lines": [Counted(str(piece), "1")]}
    desk.do(CountLines, **lines)
    day.at(12)
    day.approve()
    assert day.tell("take", "before").state == EntryState.BOOKED
    assert day.places(piece) == {town.shelf.id}


@pytest.mark.heavy
def test_a_kit_that_is_told_of_late_stays_with_its_load_where_it_was_seen_since(desk: Desk, town: Town) -> None:
    day = Day(desk)
    inside = day.pieces["move", "after"]
    town.book(one(kind=Kind.TRANSFER, lot=inside, target=str(day.kit.id)))
    town.book(one(kind=Kind.TRANSFER, lot=day.kit.id, target=str(town.shelf.id)))
    day.at(12)
    wish = one(kind=Kind.ISSUE, lot=day.kit.id, late=True, happened_at=day.midnight + timedelta(hours=8))
    (answer,) = town.book(wish)
    assert (answer.quantity, len(answer.lines)) == ("1", 2)
    assert town.book(wish) == [answer]
    assert day.places(day.kit.id) == {town.shelf.id}
    assert desk.at(inside, day.kit.id) == 1
    gap = standing_place_id(town.depot.id, PlaceKind.DISCREPANCY)
    assert desk.at(day.kit.id, gap) == 0
    assert town.run(verify_all).sound


@pytest.mark.heavy
@pytest.mark.parametrize("last", ["workshop", "moved", "used", "late take"])
def test_a_loan_is_over_once_nothing_of_it_is_out_whatever_took_the_last(desk: Desk, town: Town, last: str) -> None:
    pieces = [town.stock(AXE, "1", serial=f"S-{number}") for number in range(2)]
    lines = [Thing(thing=str(piece)) for piece in pieces]
    due = desk.now() + timedelta(days=1)
    loan = desk.do(Lend, depot="STR-0001", lines=lines, borrower=Borrower.RESPONDER, name="李", due_at=due).id
    desk.do(GiveBack, lines=[Back(thing=str(pieces[0]), target=str(town.shelf.id))])

    def over() -> bool:
        return desk.read(lambda session: session.get_one(Loan, loan).closed_at is not None)

    assert not over()
    piece, source = pieces[1], str(loan)
    if last == "workshop":
        desk.do(SendToService, lines=[ServiceLine(str(piece))], vendor="v", due_back_on=date(2099, 1, 1))
    elif last == "moved":
        town.book(one(kind=Kind.RETURN, lot=piece, source=source, target=str(town.shelf.id)))
    elif last == "used":
        town.book(one(kind=Kind.CONSUME, lot=piece, source=source))
    else:
        town.book(one(kind=Kind.ISSUE, lot=piece, source=str(town.shelf.id), late=True), caller="responder")
    assert over()
    assert town.run(verify_all).sound


class Radio:
    """A radio with its battery, and spares beside it, since 7; at noon something is reported of 9."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.town = desk, desk.town
        self.noon = desk.now().replace(hour=12)
        self.at(7)
        self.radio = self.town.stock("COM-001", "1", serial="R-1")
        self.old, self.spare, self.other = (self.town.stock("COM-002", "1", serial=f"B-{n}") for n in range(3))
        self.put_in(self.old)
        self.at(10)

    def at(self, hour: int) -> None:
        self.town.context.clock.instant = self.noon.replace(hour=hour)  # type: ignore[misc]

    def put_in(self, part: UUID, **when: Any) -> Any:
        return self.desk.do(FitPart, device=str(self.radio), part=str(part), **when)

    def late(self) -> dict[str, Any]:
        self.at(12)
        return {"late": True, "happened_at": self.noon.replace(hour=9)}

    def stands(self) -> list[Decimal]:
        """How much of each battery is in the radio."""
        return [self.desk.at(part, self.radio) for part in (self.old, self.spare, self.other)]


def test_a_battery_put_in_before_somebody_saw_it_elsewhere_stays_there(desk: Desk, town: Town) -> None:
    day = Radio(desk)
    town.book(one(kind=Kind.TRANSFER, lot=day.spare, target=str(town.second_shelf.id)))
    outcome = day.put_in(day.spare, **day.late())
    assert (outcome.state, outcome.result["out"]) == (EntryState.BOOKED, [str(day.old)])
    assert day.stands() == [0, 0, 0]
    assert desk.at(day.spare, town.second_shelf.id) == 1
    assert desk.at(day.old, town.shelf.id) == 1  # where the spare lay at that time
    assert alerted(desk)
    assert town.run(verify_all).sound


def test_a_battery_put_in_before_it_was_used_up_stays_used_up(desk: Desk, town: Town) -> None:
    day = Radio(desk)
    town.book(one(kind=Kind.CONSUME, lot=day.spare))
    assert day.put_in(day.spare, **day.late()).state == EntryState.BOOKED
    assert desk.total(day.spare) == 0
    assert town.run(verify_all).sound


def test_a_battery_put_in_before_another_was_does_not_push_that_one_out(desk: Desk, town: Town) -> None:
    day = Radio(desk)
    day.put_in(day.other)
    outcome = day.put_in(day.spare, **day.late())
    assert outcome.state == EntryState.REFUSED
    assert outcome.problem.kind == "refilled-since"
    assert day.stands() == [0, 0, 1]
    assert desk.at(day.spare, town.shelf.id) == 1


def test_what_is_in_a_kit_on_the_way_gets_off_it_by_the_kits_transfer_alone(desk: Desk, town: Town) -> None:
    day = Day(desk)
    inside, outside, hold = day.pieces["move", "after"], day.pieces["take", "after"], str(day.hold)
    kit = str(day.kit.id)
    town.book(one(kind=Kind.TRANSFER, lot=inside, target=kit))
    day.at(10)
    desk.do(Dispatch, transfer=ask(desk, "MED-002"), lines=[Sent(thing=kit)])
    day.at(12)

    def told(hour: int, **wish: Any) -> str:
        when = {"late": True, "happened_at": day.midnight + timedelta(hours=hour)} if hour < 12 else {}
        try:
            town.book(one(reason="x", **wish, **when))
        except Refusal as refusal:
            return refusal.message
        return "booked"

    for hour in (11, 12):
        assert "by its transfer" in told(hour, kind=Kind.TRANSFER, lot=inside, source=kit, target=hold)
        assert "by its transfer" in told(hour, kind=Kind.CONSUME, lot=inside, source=kit)
        assert "by its transfer" in told(hour, kind=Kind.TRANSFER, lot=outside, target=kit)
    assert "by its transfer" in told(11, kind=Kind.TRANSFER, lot=inside, source=str(town.shelf.id), target=hold)
    other = ask(desk, AXE)
    refused = desk.refused(Dispatch, transfer=other, lines=[Sent(thing=str(inside), source=kit)])
    assert "by its transfer" in refused.message
    assert day.places(inside) == {day.kit.id}
    # Before it left both were so, and it left with the one and without the other
    assert told(9, kind=Kind.TRANSFER, lot=outside, target=kit) == "booked"
    assert told(9, kind=Kind.ISSUE, lot=inside, source=kit) == "booked"
    assert day.places(outside) == {day.kit.id} != day.places(inside)
    assert town.run(verify_all).sound


def test_a_late_take_that_names_no_piece_takes_none_that_was_seen_since(desk: Desk, town: Town) -> None:
    day = Radio(desk)
    late = {"kind": Kind.ISSUE, "item": "COM-002", "source": str(town.shelf.id), "late": True}
    town.book(one(kind=Kind.TRANSFER, lot=day.spare, target=str(town.second_shelf.id)))
    town.book(one(kind=Kind.TRANSFER, lot=day.spare, target=str(town.shelf.id)))
    then = day.late()["happened_at"]
    (taken,) = town.book(one(**late, happened_at=then))
    assert [line.lot for line in taken.lines] == [day.other]
    with pytest.raises(Refusal) as caught:
        town.book(one(**late, happened_at=then))
    assert caught.value.fields[0].field == "from"
    assert desk.at(day.spare, town.shelf.id) == 1
