"""What comes back goes where it was taken (K1): by a movement, by a document, from hands, loans and call-outs."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from core.errors import Refusal
from depots.models import PlaceKind
from depots.places import add_places, new_place
from inventory.booking.booking import book
from inventory.stock.lines import Spot
from inventory.stock.models import Kind
from inventory.stock.origins import Step, taken_from
from labels.codes.binding import labelled
from people.models import Role
from people.policy import Duty
from tests.clock import SetClock
from tests.conftest import NOW, Town, one, quantity_of

CUTTER = "BRK-014"
DEPOT = uuid4()
A, B, C = (Spot(UUID(int=number), DEPOT, outside=False, in_reach=True) for number in (1, 2, 3))


def steps(*told: tuple[Spot, int, bool]) -> list[Step]:
    return [Step(spot, Decimal(quantity), NOW, back) for spot, quantity, back in told]


@pytest.mark.parametrize(
    ("told", "there", "expected"),
    [
        ([(A, 2, False), (B, 1, False)], 3, [(B, 1), (A, 2)]),
        ([(A, 2, False), (B, 1, False), (B, 1, True)], 2, [(A, 2)]),
        ([(A, 2, False), (B, 1, False)], 1, [(B, 1)]),  # two are used up: the latest may still be there
        ([(A, 1, False), (A, 1, True), (A, 1, False), (B, 1, False)], 2, [(B, 1), (A, 1)]),
        ([(A, 1, False)], 5, [(A, 1)]),  # the rest came another way
        ([], 1, []),
    ],
)
def test_what_is_out_was_taken_where_it_was_taken_last_and_has_not_come_back(
    told: list[tuple[Spot, int, bool]], there: int, expected: list[tuple[Spot, int]]
) -> None:
    assert taken_from(steps(*told), Decimal(there)) == [(spot, Decimal(quantity)) for spot, quantity in expected]


@pytest.fixture
def kit(town: Town) -> UUID:
    """A kit that holds two cutters, more than any shelf does."""
    lot = town.stock("MED-001", "1", town.second_shelf, serial="K-1")
    now = town.context.clock.now()
    place = new_place(
        town.depot.id, PlaceKind.KIT, "1号", "No. 1", now, parent=town.second_shelf, position=40, place_id=lot
    )
    town.run(add_places, [place], now)
    town.book(
        one(kind=Kind.TRANSFER, lot=town.stock(CUTTER, "2"), quantity="2", source=str(town.shelf.id), target=str(lot))
    )
    return lot


def pass_a_minute(town: Town) -> None:
    clock = town.context.clock
    assert isinstance(clock, SetClock)
    clock.instant += timedelta(minutes=1)


def there(town: Town, lot: UUID, place: UUID) -> Decimal:
    return quantity_of(town.context.database, lot, place)


def take(town: Town, lot: UUID, place: UUID, quantity: str = "1") -> None:
    pass_a_minute(town)
    town.book(one(kind=Kind.ISSUE, lot=lot, quantity=quantity, source=str(place)))


def test_K1_what_one_took_from_a_shelf_does_not_come_back_into_a_sealed_kit(town: Town, kit: UUID) -> None:
    lot = town.stock(CUTTER, "1")
    take(town, lot, town.shelf.id)
    town.book(one(kind=Kind.RETURN, lot=lot))
    assert [there(town, lot, place) for place in (town.shelf.id, kit)] == [1, 2]


def test_K1_what_came_out_of_a_kit_goes_back_into_it(town: Town, kit: UUID) -> None:
    lot = town.stock(CUTTER, "5")
    take(town, lot, kit)
    town.book(one(kind=Kind.RETURN, lot=lot))
    assert [there(town, lot, place) for place in (town.shelf.id, kit)] == [5, 2]


def test_K1_three_that_came_from_two_places_go_back_to_both(town: Town, kit: UUID) -> None:
    lot = town.stock(CUTTER, "3", town.second_shelf)
    take(town, lot, town.second_shelf.id, "2")
    take(town, lot, kit)
    answers = town.book(one(kind=Kind.RETURN, lot=lot, quantity="3"))
    assert {(line.target, line.quantity) for line in answers[0].lines} == {(kit, "1"), (town.second_shelf.id, "2")}


def test_K1_two_wishes_of_one_basket_bring_back_one_to_each_place(town: Town, kit: UUID) -> None:
    lot = town.stock(CUTTER, "3", town.second_shelf)
    take(town, lot, town.second_shelf.id)
    take(town, lot, kit)
    town.book(one(kind=Kind.RETURN, lot=lot), one(kind=Kind.RETURN, lot=lot))
    assert [there(town, lot, place) for place in (town.second_shelf.id, kit)] == [3, 2]


def test_K1_what_nobody_took_goes_to_a_shelf_with_it_and_never_into_a_kit(town: Town, kit: UUID) -> None:
    lot = town.stock(CUTTER, "1", town.second_shelf)
    hands = town.book(one(kind=Kind.ISSUE, lot=lot, source=str(kit)))[0].lines[0].target
    # A recount finds one more in their hands: it came from no shelf
    town.book(one(kind=Kind.ADJUST, lot=lot, target=str(hands), reason="recount"))
    town.book(one(kind=Kind.RETURN, lot=lot, quantity="2", source=str(hands)))
    assert [there(town, lot, place) for place in (town.second_shelf.id, kit)] == [2, 2]


@pytest.fixture
def moved(town: Town) -> UUID:
    """A cutter in the hands of the keeper, who has been moved to the other depot since."""
    lot = town.stock(CUTTER, "3")
    hands: UUID = town.book(one(kind=Kind.ISSUE, lot=lot, quantity="2", source=str(town.shelf.id)))[0].lines[0].target
    town.callers["keeper"] = replace(town.keeper, duties=(Duty(Role.KEEPER, depot_id=town.other.id),))
    town.stock(CUTTER, "4", town.other_shelf)
    assert there(town, lot, hands) == 2
    return lot


def test_P2_a_keeper_who_was_moved_brings_back_what_they_hold_and_takes_no_more_there(town: Town, moved: UUID) -> None:
    town.book(one(kind=Kind.RETURN, lot=moved))
    assert there(town, moved, town.shelf.id) == 2
    labels = town.run(labelled, town.keeper, [town.code_of(moved)])
    wish = one(kind=Kind.RETURN, label=town.code_of(moved))
    town.run(book, town.keeper, [wish], town.context.clock.now(), town.context.clock.today(), labelled=labels)
    assert there(town, moved, town.shelf.id) == 3
    with pytest.raises(Refusal) as refused:
        town.book(one(kind=Kind.ISSUE, lot=moved, source=str(town.shelf.id)))
    assert refused.value.status in (404, 422)


def test_P2_what_is_held_of_another_depot_stands_in_the_way_of_nothing_at_ones_own(town: Town, moved: UUID) -> None:
    wish = one(kind=Kind.CONSUME, lot=moved, source=str(town.other_shelf.id))
    town.book(wish, one(kind=Kind.CONSUME, lot=moved))
    assert there(town, moved, town.other_shelf.id) == 2
