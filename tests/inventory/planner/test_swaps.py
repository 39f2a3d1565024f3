"""Stock that ends soon goes to where it is used up; its place is refilled first, so nobody is short in between."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from depots.models import Depot
from inventory.documents.transfers import Arrival, Dispatch, ReceiveTransfer, Sent
from inventory.stock.models import Kind
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk
from tests.inventory.planner.test_plans import asked, ready, transfers
from tests.inventory.planner.town import lines, plan, require, rows

GIVER, RECEIVER = "STR-0001", "IND-0002"


@pytest.fixture
def ending(town: Town) -> Town:
    """The first depot holds ten that end in forty days and uses none; the second has used up ninety in half a year."""
    require(town, town.depot, {"MED-010": (10, 10)})
    require(town, town.other, {"MED-010": (5, 40)})
    today = town.context.clock.today()
    town.soon = town.stock("MED-010", "10", number="A1", expires_on=today + timedelta(days=40))  # type: ignore[attr-defined]
    fresh = town.stock("MED-010", "120", town.other_shelf, number="F1", expires_on=date(2028, 6, 30))
    town.fresh = fresh  # type: ignore[attr-defined]
    town.book(one(kind=Kind.CONSUME, lot=fresh, quantity="90", source=str(town.other_shelf.id)), caller="admin")
    return town


def test_it_goes_where_it_is_used_up_and_fresher_stock_comes_first(ending: Town, desk: Desk) -> None:
    plan_id = plan(ending, yuan_per_km=1.0)
    assert lines(ending, plan_id) == [
        ("refill", "MED-010", RECEIVER, GIVER, Decimal(10)),
        ("swap", "MED-010", GIVER, RECEIVER, Decimal(10)),
    ]
    assert rows(ending, plan_id)[1].lot_id == ending.soon  # type: ignore[attr-defined]
    assert asked(ending, plan_id) == 2
    by_giver = {transfer.from_depot_id: transfer for transfer, _ in transfers(ending)}
    refill, swap = by_giver[ending.other.id], by_giver[ending.depot.id]
    assert "A1" in swap.reason
    for transfer, lot, sender, taker, shelf in (
        (refill, ending.fresh, "keeper2", "keeper", ending.shelf),  # type: ignore[attr-defined]
        (swap, ending.soon, "keeper", "keeper2", ending.other_shelf),  # type: ignore[attr-defined]
    ):
        desk.do(Dispatch, sender, transfer=transfer.id, lines=[Sent(str(lot), "10")])
        assert ready(ending, "MED-010")[GIVER] >= 10
        assert ready(ending, "MED-010")[RECEIVER] >= 5
        arrivals = [Arrival(str(lot), "10")]
        desk.do(ReceiveTransfer, taker, transfer=transfer.id, lines=arrivals, place=str(shelf.id))
    assert ready(ending, "MED-010") == {GIVER: Decimal(10), RECEIVER: Decimal(30)}


def test_a_swap_that_costs_more_than_it_saves_is_left(ending: Town) -> None:
    move = update(Depot).where(Depot.id == ending.other.id).values(lat=22.63)
    ending.run(lambda session: session.execute(move))
    assert lines(ending, plan(ending, yuan_per_km=1.0)) != []
    assert lines(ending, plan(ending, yuan_per_km=100.0)) == []
