"""The undo of a stock import takes back what it made: places too, unless something else uses them by now."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from depots.lists import places
from depots.models import Place, PlaceKind
from depots.places import add_places, new_place, shelves_of
from inventory.documents.counting import CancelCount, StartCount
from inventory.documents.loans import Back, GiveBack
from inventory.exchange.models import ImportRun
from inventory.stock.models import Kind, Lot
from inventory.stock.verify import verify
from phone.shelves import shelves
from tests.conftest import Town, one
from tests.inventory.documents.conftest import Desk, desk
from tests.inventory.exchange.conftest import Importing, importing
from tests.inventory.exchange.files import table

__all__ = ["desk", "importing"]
HEADER = ("站点编号", "货位", "物资编码", "数量", "批号", "序列号")


def bring_in(importing: Importing, folder: Path, shelf: str = "C1层", again: bool = False) -> ImportRun:
    """A file with a cabinet of its own, a box and a vehicle in it."""
    lines = [
        HEADER,
        ("STR-0001", f"器材库 › C柜 › {shelf}", "BRK-014", 4, "", ""),
        ("STR-0001", "器材库 › C柜 › C2层", "EXT-001", 1, "", "X-1"),
        ("STR-0001", "器材库 › C柜 › C2层", "VEH-002", 1, "", "V-1"),
        ("STR-0001", "A1层", "BRK-014", 3, "", ""),
    ]
    run = importing.go("stock", table(folder / "f.csv", lines), make_places=True, again=again)
    assert importing.faults(run) == []
    return run


def names(town: Town) -> set[str]:
    """Every place of the depot that some list shows."""

    def read(session: Session) -> list[set[str]]:
        clock = town.context.clock
        rows: Any = places(session, town.keeper, "STR-0001", None, limit=200, cursor=None).items
        on_phone = shelves(session, town.keeper, "STR-0001", clock.now(), clock.today()).places
        return [
            {place.name_zh for place in shelves_of(session, [town.depot.id]) if place.kind != PlaceKind.HOLD},
            {row.path_zh.split(" › ")[-1] for row in rows if row.kind in ("room", "bay", "shelf", "bin", "vehicle")},
            {
                row["zh"].split(" › ")[-1]
                for row in on_phone
                if row["kind"] in ("room", "bay", "shelf", "bin", "vehicle")
            },
        ]

    first, *others = town.run(read)
    assert all(other == first for other in others), others
    return first


def figures(importing: Importing, run: ImportRun) -> tuple[int, int]:
    outcome = json.loads(importing.run(run.id).outcome)
    return outcome["places_gone"], outcome["places_stay"]


def test_places_of_an_import_go_with_it_and_come_back_with_the_corrected_file(
    importing: Importing, town: Town, tmp_path: Path
) -> None:
    before = names(town)
    run = bring_in(importing, tmp_path)
    made = names(town) - before
    assert {"C柜", "C1层", "C2层"} < made and len(made) == 4
    importing.undo(run)
    assert figures(importing, run) == (4, 0)
    assert names(town) == before
    ids = town.run(lambda s: dict(s.execute(select(Place.name_zh, Place.id).where(Place.name_zh.in_(made))).all()))
    bring_in(importing, tmp_path, "C3层", again=True)
    assert names(town) == before | made - {"C1层"} | {"C3层"}
    again = select(Place.name_zh, Place.id).where(Place.name_zh.in_(made))
    assert town.run(lambda s: dict(s.execute(again).all())) == ids, "the same rows, with their labels"
    assert town.run(verify).sound


def other_gear(desk: Desk, shelf: Place) -> None:
    desk.town.stock("MED-010", "1", shelf)


def gear_that_left_again(desk: Desk, shelf: Place) -> None:
    lot = desk.town.stock("BRK-002", "1", shelf)
    desk.town.book(one(kind=Kind.TRANSFER, lot=lot, quantity="1", source=str(shelf.id), target=str(desk.town.shelf.id)))


def a_place_within(desk: Desk, shelf: Place) -> None:
    now = desk.now()
    inner = new_place(
        shelf.depot_id, PlaceKind.BIN, "格1", "Bin 1", now, parent=desk.town.run(lambda s: s.get(Place, shelf.id))
    )
    desk.town.run(add_places, [inner], now)


def a_count(desk: Desk, shelf: Place) -> None:
    count = desk.do(StartCount, depot="STR-0001", places=[str(shelf.id)]).id
    desk.do(CancelCount, "officer", count=count, note="x")


def the_home_of_a_piece(desk: Desk, shelf: Place) -> None:
    lot = desk.town.stock("EXT-001", "1", serial="H-1")

    def move_home(session: Session) -> None:
        session.get_one(Lot, lot).home_place_id = shelf.id

    desk.town.run(move_home)


@pytest.mark.heavy
@pytest.mark.parametrize("use", [other_gear, gear_that_left_again, a_place_within, a_count, the_home_of_a_piece])
def test_a_place_that_something_else_uses_stays_with_what_it_stands_in(
    importing: Importing, desk: Desk, town: Town, tmp_path: Path, use: Callable[[Desk, Place], None]
) -> None:
    before = names(town)
    run = bring_in(importing, tmp_path)
    shelf = town.run(lambda s: s.execute(select(Place).where(Place.name_zh == "C1层")).scalar_one())
    use(desk, shelf)
    importing.undo(run)
    assert figures(importing, run) == (2, 2)
    assert names(town) - before >= {"C柜", "C1层"}
    assert not {"C2层"} & names(town)


def test_a_place_that_was_there_before_is_never_taken_back(importing: Importing, town: Town, tmp_path: Path) -> None:
    before = names(town)
    run = bring_in(importing, tmp_path)
    importing.undo(run)
    assert names(town) == before


def test_gear_put_on_a_retired_shelf_shows_it_again(importing: Importing, town: Town, tmp_path: Path) -> None:
    run = bring_in(importing, tmp_path)
    importing.undo(run)
    shelf = town.run(lambda s: s.execute(select(Place).where(Place.name_zh == "C1层")).scalar_one())
    assert shelf.retired_at is not None
    lot = town.stock("BRK-014", "2", shelf)
    assert "C1层" in names(town)
    town.book(one(kind=Kind.ISSUE, lot=lot, quantity="2", source=str(shelf.id)))
    Desk(town).do(GiveBack, lines=[Back(thing=str(lot), quantity="2", target=str(shelf.id))])
    assert "C1层" in names(town)


def test_a_vehicle_that_comes_again_is_a_place_again(importing: Importing, town: Town, tmp_path: Path) -> None:
    run = bring_in(importing, tmp_path)
    importing.undo(run)
    vehicle = town.stock("VEH-002", "1", serial="V-1")
    place = town.run(lambda s: s.get_one(Place, vehicle))
    assert place.retired_at is None and place.in_reach
    assert town.run(verify).sound
