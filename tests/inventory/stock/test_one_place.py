"""The verbs say kindly what the database would refuse, and of two at once one wins (B1, B2, B13, B25, B27)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.errors import Refusal
from depots.models import Place, PlaceKind
from depots.places import add_places, new_place
from inventory.documents.counting import StartCount
from inventory.documents.models import Proposal
from inventory.documents.receiving import Propose
from inventory.entries import VERBS
from inventory.stock.carrying import inner_places
from inventory.stock.count_models import Count
from inventory.stock.lots import NewLot
from inventory.stock.models import Kind, Lot, Stock
from inventory.telling.entries import book_entry
from inventory.telling.scene import NewEntry
from inventory.upkeep.models import Scrap
from inventory.upkeep.scrap import ProposeScrap
from inventory.verifying.verifying import verify_all
from labels.codes.binding import labelled
from tests.conftest import Town, one, quantity_of
from tests.databases import without_guards


def do(town: Town, entry: NewEntry, who: str = "keeper") -> Any:
    return town.run(book_entry, town.callers[who], entry, VERBS, town.context.moment(), labelled)[0]


def kit(town: Town, item: str = "VEH-001", shelf: Place | None = None) -> UUID:
    """A vehicle or kit with its place."""
    lot = town.stock(item, "1", shelf)
    around = shelf or town.shelf

    def enter(session: Session) -> None:
        now = town.context.clock.now()
        kind = PlaceKind.VEHICLE if item.startswith("VEH") else PlaceKind.KIT
        add_places(
            session, [new_place(around.depot_id, kind, "箱", "Box", now, parent=around, position=99, place_id=lot)], now
        )

    town.run(enter)
    return lot


def move(town: Town, lot: UUID, source: Any, target: Any) -> None:
    town.book(one(kind=Kind.TRANSFER, lot=lot, source=str(source), target=str(target)))


def outcome(act: Callable[[], Any]) -> str:
    """``done``, or the kind of the refusal."""
    try:
        act()
    except Refusal as refusal:
        assert refusal.status == 409, refusal
        return refusal.kind
    return "done"


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """All at the same moment, each in a thread and transaction of its own."""
    barrier = Barrier(len(acts))

    def wait_and(act: Callable[[], Any]) -> str:
        barrier.wait(30)
        return outcome(act)

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(wait_and, acts))


def test_B2_a_kit_is_not_put_into_itself_nor_into_what_is_in_it(town: Town) -> None:
    outer, inner = kit(town), kit(town)
    with pytest.raises(Refusal) as refused:
        move(town, outer, town.shelf.id, outer)
    assert (refused.value.status, refused.value.kind) == (409, "into-itself")
    move(town, inner, town.shelf.id, outer)
    with pytest.raises(Refusal) as refused:
        move(town, outer, town.shelf.id, inner)
    assert refused.value.kind == "into-itself"
    assert town.run(verify_all).sound


def test_B2_two_kits_into_each_other_at_once_one_of_them_stays(town: Town) -> None:
    a, b = kit(town), kit(town)
    shelf = town.shelf.id
    assert at_once(lambda: move(town, a, shelf, b), lambda: move(town, b, shelf, a)) == ["done", "into-itself"]
    assert town.run(verify_all).sound


def test_B2_a_ring_that_was_there_before_hangs_nobody(town: Town) -> None:

    a, b = kit(town), kit(town)
    with town.context.database.engine.begin() as connection, without_guards(connection):
        connection.execute(update(Place).where(Place.id == a).values(parent_id=b))
        connection.execute(update(Place).where(Place.id == b).values(parent_id=a))
    assert set(town.run(inner_places, a)) == {a, b}
    assert not town.run(verify_all).sound
    move(town, a, town.shelf.id, town.second_shelf.id)
    assert town.run(lambda session: session.get_one(Place, a)).parent_id == town.second_shelf.id


def test_B1_a_piece_is_told_late_of_another_depot_and_stays_where_it_is(town: Town) -> None:
    theirs = town.stock("EXT-001", "1", town.other_shelf, serial="T-1")
    wish = one(kind=Kind.TRANSFER, lot=theirs, source=str(town.shelf.id), target=str(town.second_shelf.id), late=True)
    with pytest.raises(Refusal):
        town.book(wish, caller="admin")
    assert quantity_of(town.context.database, theirs, town.other_shelf.id) == 1
    assert town.run(verify_all).sound


def test_B1_a_piece_told_late_from_another_shelf_comes_from_where_the_book_has_it(town: Town) -> None:
    piece = town.stock("EXT-001", "1", serial="P-1")
    move(town, piece, town.shelf.id, town.second_shelf.id)
    town.book(one(kind=Kind.ISSUE, lot=piece, source=str(town.shelf.id), late=True))
    with town.context.database.transaction(writes=False) as session:
        there = select(func.sum(Stock.quantity)).where(Stock.lot_id == piece, ~Stock.outside)
        assert session.execute(there).scalar_one() == 1
    assert quantity_of(town.context.database, piece, town.second_shelf.id) == 0
    assert town.run(verify_all).sound


SAME = ["SN-1", " sn-1 ", "S\u200bN-1", "\ufeffSN-1", "ＳＮ-1"]


def receive(town: Town, serial: str, maker: str = "甲") -> Any:
    wish = one(kind=Kind.RECEIVE, item="EXT-001", target=str(town.shelf.id), new_lot=NewLot(serial=serial, maker=maker))
    return town.book(wish)


@pytest.mark.parametrize("serial", SAME)
def test_B13_one_piece_per_maker_and_serial_however_it_is_typed(town: Town, serial: str) -> None:
    receive(town, "SN-1")
    assert outcome(lambda: receive(town, serial)) == "there-already"
    assert outcome(lambda: receive(town, serial, maker="乙")) == "done"
    assert town.run(verify_all).sound


async def test_B13_over_the_api_too(client: httpx.AsyncClient, town: Town) -> None:
    async def post(serial: str) -> httpx.Response:
        body = {"id": str(uuid4()), "kind": "receive", "item": "EXT-001", "quantity": "1", "to": str(town.shelf.id)}
        body["new_lot"] = {"serial": serial, "maker": "甲"}  # type: ignore[assignment]
        return await client.post("/api/movements", json=body, headers=town.auth())

    assert (await post("SN-1")).status_code == 201
    again = await post("sn-\u200b1")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/there-already")


def test_B13_a_piece_that_had_left_the_book_comes_back_as_itself(town: Town) -> None:
    receive(town, "SN-1")
    piece = town.run(lambda session: session.execute(select(Lot).where(Lot.serial == "SN-1")).scalar_one())
    town.book(one(kind=Kind.ADJUST, lot=piece.id, source=str(town.shelf.id), reason="lost"))
    receive(town, "sn-1")
    assert quantity_of(town.context.database, piece.id, town.shelf.id) == 1
    assert town.run(verify_all).sound


def test_B13_two_receive_one_piece_at_once_one_wins(town: Town) -> None:
    assert at_once(*[lambda: receive(town, "SN-9")] * 4) == ["done"] + ["there-already"] * 3


def count(town: Town, shelf: Place) -> Any:
    return do(town, StartCount(id=uuid4(), depot=town.depot.code, places=[str(shelf.id)]))


def test_B25_a_place_is_in_one_open_count(town: Town) -> None:
    count(town, town.shelf)
    with pytest.raises(Refusal) as refused:
        count(town, town.shelf)
    assert (refused.value.status, refused.value.kind) == (409, "counted-already")
    count(town, town.second_shelf)


def test_B25_two_open_a_count_at_once_one_wins(town: Town) -> None:
    assert at_once(*[lambda: count(town, town.shelf)] * 4) == ["counted-already"] * 3 + ["done"]
    assert town.run(lambda session: session.execute(select(func.count()).select_from(Count)).scalar_one()) == 1


def test_B27_six_propose_one_piece_for_scrap_at_once_and_one_proposal_stands(town: Town) -> None:
    code = town.code_of(town.stock("EXT-001", "1", serial="SN-1"))
    acts = [lambda: do(town, ProposeScrap(id=uuid4(), thing=code, reason="old"))] * 6
    assert at_once(*acts) == ["done"] * 6
    assert town.run(lambda session: session.execute(select(func.count()).select_from(Scrap)).scalar_one()) == 1


def test_a_product_is_asked_about_once_by_a_depot(town: Town) -> None:
    def ask() -> Any:
        entry = Propose(id=uuid4(), depot=town.depot.code, code="6901234567892", name="绷带", unit="卷", contains="1")
        return do(town, entry)

    assert at_once(*[ask] * 4) == ["done"] * 4
    assert town.run(lambda session: session.execute(select(func.count()).select_from(Proposal)).scalar_one()) == 1
