"""Whatever decides by a row's state reads it locked: two transactions at once, each held open while the other tries."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.errors import Refusal
from depots.models import Place
from inventory.booking.booking import book
from inventory.catalogue.models import Item, KitLine
from inventory.closing.closing import CloseDepot, PlanClosing
from inventory.documents.kits import Refill
from inventory.documents.transfers import AskedLine, AskTransfer
from inventory.entries import VERBS
from inventory.faults.faults import Trouble, report_fault
from inventory.recalls.calling import CallBack
from inventory.stock.lots import NewLot
from inventory.stock.models import Condition, Kind, Lot, Stock
from inventory.stock.verify import verify
from inventory.telling.entries import book_entry
from inventory.telling.scene import NewEntry
from labels.codes.binding import labelled
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk

GAUZE = "MED-007"
FAR = date(2028, 6, 30)
WAIT = 20  # seconds after which a test gives up on a thread


class Held:
    """A transaction of a thread that has done its work and waits before it commits."""

    def __init__(self, town: Town, pool: ThreadPoolExecutor, verb: Callable[..., Any]) -> None:
        self.done, self.commit = threading.Event(), threading.Event()

        def work(session: Session) -> Any:
            try:
                return verb(session)
            finally:
                self.done.set()
                self.commit.wait(WAIT)

        self.answer: Future[Any] = pool.submit(town.run, work)


@contextmanager
def held_open(town: Town, verb: Callable[..., Any]) -> Iterator[Callable[[Callable[..., Any]], Any]]:
    """While ``verb`` has run and not committed, start another; returns its outcome (an answer or a refusal)."""
    with ThreadPoolExecutor(2) as pool:
        first = Held(town, pool, verb)
        assert first.done.wait(WAIT)

        def beside(other: Callable[..., Any]) -> Any:
            second = pool.submit(town.run, other)
            with pytest.raises(TimeoutError):
                second.result(0.4)  # it waits for the first
            first.commit.set()
            first.answer.result(WAIT)
            try:
                return second.result(WAIT)
            except Refusal as refusal:
                return refusal

        try:
            yield beside
        finally:
            first.commit.set()


def booking(town: Town, **wish: Any) -> Callable[[Session], Any]:
    clock = town.context.clock
    return lambda session: book(session, town.callers["admin"], [one(**wish)], clock.now(), clock.today())


def telling(town: Town, kind: type[NewEntry], **fields: Any) -> Callable[[Session], Any]:
    """A verb that tells one entry as the administrator; the same entry however often it is tried."""
    entry, moment = kind(id=uuid4(), **fields), town.context.moment()
    return lambda session: book_entry(session, town.callers["admin"], entry, VERBS, moment, labelled)


def recalling(town: Town) -> Callable[[Session], Any]:
    return telling(town, CallBack, item=GAUZE, reason="灭菌不合格")


def condition(town: Town, lot: UUID) -> Condition:
    return town.lot(lot).condition


def test_a_take_that_waits_for_a_recall_is_refused_once_it_stands(town: Town, desk: Desk) -> None:
    lot = town.stock(GAUZE, "10", expires_on=FAR)
    with held_open(town, recalling(town)) as beside:
        refused = beside(booking(town, kind=Kind.ISSUE, lot=lot))
    assert isinstance(refused, Refusal) and refused.kind == "on-hold"
    assert town.run(verify).sound


@pytest.mark.parametrize("kind", [Kind.ISSUE, Kind.RECEIVE, Kind.TRANSFER, Kind.CONSUME])
def test_a_recall_beside_a_movement_leaves_the_figures_right(town: Town, desk: Desk, kind: Kind) -> None:
    lot = town.stock(GAUZE, "10", expires_on=FAR)
    more = {
        Kind.RECEIVE: {"target": str(town.second_shelf.id)},
        Kind.TRANSFER: {"source": str(town.shelf.id), "target": str(town.second_shelf.id)},
    }
    with held_open(town, booking(town, kind=kind, lot=lot, quantity="3", **more.get(kind, {}))) as beside:
        assert not isinstance(beside(recalling(town)), Refusal)
    assert condition(town, lot) == Condition.QUARANTINED
    assert town.run(verify).sound


def test_a_movement_beside_a_recall_leaves_the_figures_right(town: Town, desk: Desk) -> None:
    lot = town.stock(GAUZE, "10", expires_on=FAR)
    with held_open(town, recalling(town)) as beside:
        beside(booking(town, kind=Kind.RECEIVE, lot=lot, quantity="3", target=str(town.second_shelf.id)))
    assert town.run(verify).sound


def test_a_new_lot_that_arrives_beside_a_recall_is_on_hold(town: Town, desk: Desk) -> None:
    wish = {"kind": Kind.RECEIVE, "item": GAUZE, "quantity": "5", "target": str(town.shelf.id)}
    with held_open(town, booking(town, **wish, new_lot=NewLot(number="N1", expiry_unknown=True))) as beside:
        beside(recalling(town))
    lots = town.run(lambda session: session.execute(select(Lot).where(Lot.number == "N1")).scalars().all())
    assert [lot.condition for lot in lots] == [Condition.QUARANTINED]
    assert town.run(verify).sound


def test_two_recalls_of_one_lot_at_once_count_it_out_once(town: Town, desk: Desk) -> None:
    town.stock(GAUZE, "10", expires_on=FAR)
    with held_open(town, recalling(town)) as beside:
        assert not isinstance(beside(recalling(town)), Refusal)
    assert town.run(verify).sound


def test_a_take_beside_a_fault_of_the_piece_is_refused(town: Town, desk: Desk) -> None:
    lot = town.stock("BRK-001", "1", serial="S-1")
    caller, now, today = town.keeper, town.context.clock.now(), town.context.clock.today()

    def fault(session: Session) -> Any:
        return report_fault(session, caller, Trouble(lot, town.shelf.id, "断裂"), now, today)

    with held_open(town, fault) as beside:
        assert isinstance(beside(booking(town, kind=Kind.ISSUE, lot=lot)), Refusal)
    assert town.run(verify).sound


@pytest.mark.parametrize("what", ["receive", "adjust", "ask-transfer"])
def test_a_depot_that_closes_takes_nothing_that_came_beside_it(town: Town, desk: Desk, what: str) -> None:
    plan = desk.do(PlanClosing, "admin", depot="IND-0002", why="撤站").id
    found = {"item": "BRK-014", "quantity": "5", "target": str(town.other_shelf.id), "reason": "x"}
    arriving: dict[str, Callable[[Session], Any]] = {
        "receive": booking(town, kind=Kind.RECEIVE, **found),
        "adjust": booking(town, kind=Kind.ADJUST, **found),
        "ask-transfer": telling(
            town,
            AskTransfer,
            giver="STR-0001",
            receiver="IND-0002",
            lines=[AskedLine(item="BRK-014", quantity="1")],
        ),
    }
    with held_open(town, telling(town, CloseDepot, closing=plan)) as beside:
        refused = beside(arriving[what])
    assert isinstance(refused, Refusal), refused
    with town.context.database.transaction(writes=False) as session:
        there = session.execute(select(Stock.quantity).where(Stock.depot_id == town.other.id, ~Stock.outside)).scalars()
        assert sum(there, Decimal(0)) == 0


def roped(desk: Desk, quantity: str) -> Place:
    """An empty kit whose list is so much rope."""

    def write(session: Session) -> None:
        items = {code: item_id for code, item_id in session.execute(select(Item.code, Item.id))}
        session.execute(delete(KitLine).where(KitLine.kit_item_id == items["MED-002"]))
        row = KitLine(kit_item_id=items["MED-002"], item_id=items["BRK-014"], quantity=Decimal(quantity))
        session.add(row)

    desk.town.run(write)
    return desk.kit("MED-002")


def test_a_kit_that_two_fill_at_the_same_moment_is_filled_once(town: Town, desk: Desk) -> None:
    kit, rope = roped(desk, "3"), town.stock("BRK-014", "10")
    with held_open(town, telling(town, Refill, place=str(kit.id))) as beside:
        assert not isinstance(beside(telling(town, Refill, place=str(kit.id))), Refusal)
    assert desk.at(rope, kit.id) == 3


def test_who_fills_a_kit_beside_a_take_fills_it_from_what_is_left(town: Town, desk: Desk) -> None:
    kit, rope = roped(desk, "6"), town.stock("BRK-014", "10")
    with held_open(town, booking(town, kind=Kind.ISSUE, lot=rope, quantity="7")) as beside:
        assert not isinstance(beside(telling(town, Refill, place=str(kit.id))), Refusal)
    assert desk.at(rope, kit.id) == 3
