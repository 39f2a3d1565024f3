"""A merge beside whatever books, receives or merges at the same moment: one of them waits, and the book stays right."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal
from depots.models import PlaceKind
from depots.places import standing_place_id
from inventory.catalogue.models import Item
from inventory.merging.merging import Merge, merge
from inventory.stock.lots import NewLot
from inventory.stock.models import Kind, Lot
from tests.conftest import Town, quantity_of
from tests.inventory.documents.test_locked_rows import booking, held_open
from tests.inventory.merging.test_merging import NEW, OLD, add, sound

EXPIRY_UNKNOWN = NewLot(number="N1", expiry_unknown=True)


@pytest.fixture
def lot(town: Town) -> UUID:
    """Ten of the old line on the shelf."""
    add(town, OLD)
    add(town, NEW)
    return town.stock(OLD, "10", number="B1")


def merging(town: Town, into: str = NEW) -> Callable[[Session], Any]:
    clock = town.context.clock
    return lambda session: merge(session, town.callers["admin"], OLD, Merge(into, True), clock.now(), clock.today())


def line_of(town: Town, lot: UUID) -> str:
    found = select(Item.code).join(Lot, Lot.item_id == Item.id).where(Lot.id == lot)
    code: str = town.run(lambda session: session.execute(found).scalar_one())
    return code


@pytest.mark.parametrize("named", ["lot", "item"])
@pytest.mark.parametrize("late", [False, True])
def test_a_take_that_waits_for_a_merge_is_booked_once_it_stands(town: Town, lot: UUID, named: str, late: bool) -> None:
    thing: dict[str, Any] = {"lot": lot} if named == "lot" else {"item": OLD}
    with held_open(town, merging(town)) as beside:
        answer = beside(booking(town, kind=Kind.ISSUE, source=str(town.shelf.id), late=late, **thing))
    assert not isinstance(answer, Refusal), answer
    assert line_of(town, lot) == NEW
    assert quantity_of(town.context.database, lot, town.shelf.id) == 9
    unseen = standing_place_id(town.depot.id, PlaceKind.DISCREPANCY)
    assert quantity_of(town.context.database, lot, unseen) == Decimal(0)
    sound(town)


@pytest.mark.parametrize("kind", [Kind.ISSUE, Kind.RECEIVE, Kind.TRANSFER])
def test_a_merge_waits_for_a_movement_and_takes_all_along(town: Town, lot: UUID, kind: Kind) -> None:
    more = {
        Kind.RECEIVE: {"target": str(town.second_shelf.id)},
        Kind.TRANSFER: {"source": str(town.shelf.id), "target": str(town.second_shelf.id)},
    }
    with held_open(town, booking(town, kind=kind, lot=lot, quantity="3", **more.get(kind, {}))) as beside:
        assert not isinstance(beside(merging(town)), Refusal)
    assert line_of(town, lot) == NEW
    sound(town)


def test_what_comes_in_beside_a_merge_comes_in_under_the_line_that_stays(town: Town, lot: UUID) -> None:
    wish = {"kind": Kind.RECEIVE, "item": OLD, "quantity": "5", "target": str(town.shelf.id)}
    with held_open(town, merging(town)) as beside:
        answer = beside(booking(town, **wish, new_lot=EXPIRY_UNKNOWN))
    assert not isinstance(answer, Refusal), answer
    fresh = town.run(lambda session: session.execute(select(Lot.id).where(Lot.number == "N1")).scalar_one())
    assert line_of(town, fresh) == NEW
    sound(town)


def test_of_two_merges_at_once_the_second_is_refused(town: Town, lot: UUID) -> None:
    add(town, "XXX-THIRD")
    with held_open(town, merging(town)) as beside:
        refused = beside(merging(town, "XXX-THIRD"))
    assert isinstance(refused, Refusal) and refused.status == 409
    assert line_of(town, lot) == NEW
    sound(town)


def test_more_of_a_lot_that_comes_in_beside_a_merge_is_of_the_line_that_stays(town: Town, lot: UUID) -> None:
    with held_open(town, merging(town)) as beside:
        answer = beside(booking(town, kind=Kind.RECEIVE, lot=lot, quantity="2", target=str(town.second_shelf.id)))
    assert not isinstance(answer, Refusal), answer
    assert quantity_of(town.context.database, lot, town.second_shelf.id) == 2
    sound(town)
