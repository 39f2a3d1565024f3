"""A vehicle is a piece of gear and a place: move the truck, and everything on it has moved."""

import pytest
from sqlalchemy.orm import Session

from core.errors import Refusal
from depots.models import Place, PlaceKind
from depots.places import add_places, new_place
from inventory.stock.models import DepotItem, Kind
from inventory.stock.verify import verify
from tests.conftest import Town, one, quantity_of


def in_reach(town: Town, item_of_lot: object) -> int:
    """How much of a lot's item the depot has in reach."""
    lot = town.lot(item_of_lot)  # type: ignore[arg-type]
    row = town.run(lambda session: session.get(DepotItem, (town.depot.id, lot.item_id)))
    return int(row.in_reach)


def make_truck(town: Town) -> tuple[object, Place]:
    truck = town.stock("VEH-001", "1")

    def enter(session: Session) -> Place:
        place = new_place(
            town.depot.id,
            PlaceKind.VEHICLE,
            "巡逻车",
            "Patrol car",
            town.context.clock.now(),
            parent=town.shelf,
            position=99,
            place_id=truck,
        )
        add_places(session, [place], town.context.clock.now())
        return place

    return truck, town.run(enter)


def test_T39_what_lies_on_a_truck_is_out_of_reach_with_it_and_back_with_it(town: Town) -> None:
    truck, place = make_truck(town)
    cones = town.stock("TRF-001", "6")
    town.book(one(kind=Kind.TRANSFER, lot=cones, quantity="4", source=str(town.shelf.id), target=str(place.id)))
    assert in_reach(town, cones) == 6
    town.book(one(kind=Kind.ISSUE, lot=truck))
    assert in_reach(town, cones) == 2
    assert in_reach(town, truck) == 0
    assert quantity_of(town.context.database, cones, place.id) == 4
    town.book(one(kind=Kind.RETURN, lot=truck, target=str(town.second_shelf.id)))
    assert in_reach(town, cones) == 6
    moved = town.run(lambda session: session.get_one(Place, place.id))
    assert moved.parent_id == town.second_shelf.id
    assert moved.path_en == "Store › Shelf A2 › Patrol car"
    assert town.run(verify).sound


def test_a_truck_with_its_load_cannot_be_written_off(town: Town) -> None:
    truck, place = make_truck(town)
    cones = town.stock("TRF-001", "6")
    town.book(one(kind=Kind.TRANSFER, lot=cones, source=str(town.shelf.id), target=str(place.id)))
    with pytest.raises(Refusal) as refused:
        town.book(one(kind=Kind.DISPOSE, lot=truck, reason="old"))
    assert refused.value.kind == "not-empty"
    town.book(one(kind=Kind.TRANSFER, lot=cones, source=str(place.id), target=str(town.shelf.id)))
    town.book(one(kind=Kind.DISPOSE, lot=truck, reason="old"))
    assert town.run(verify).sound
