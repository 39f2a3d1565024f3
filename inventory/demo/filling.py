"""Filling the demo's depots: their places, lots, clocks and movements, many depots at a time."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Session

from core.columns import table_of
from core.events import publish
from core.prepared import enter
from core.upsert import insert_missing
from depots.models import Place
from depots.places import add_place_rows, holder_row
from inventory.demo.gear import Shelf, around, build_places, faults, live, load_carriers, make_carriers, stock
from inventory.demo.past import enter_past
from inventory.faults.models import Defect
from inventory.stock.events import LotsCreated
from inventory.stock.ledger import post
from inventory.stock.models import Lot
from people.models import Person


def fill(session: Session, shelves: Sequence[Shelf], wanted: Mapping[UUID, dict[UUID, Decimal]], keeper: Person) -> int:
    """Build the places of new depots and receive their gear; returns the movements.

    ``wanted``: by depot the par quantities around which its gear lies. All depots go through each step together: a
    statement for thousands of rows costs them a fifth of what a statement for each depot does.
    """
    for shelf in shelves:
        build_places(shelf)
    _enter_places(session, shelves)
    for shelf in shelves:
        items, par = shelf.catalogue.items, wanted[shelf.depot_id]
        for item_id in sorted(par, key=lambda item_id: items[item_id].carries):  # vehicles last
            stock(shelf, items[item_id], around(shelf.rng, par[item_id]))
    _enter_lots(session, shelves)
    carriers = {shelf.depot_id: make_carriers(shelf) for shelf in shelves}
    _enter_places(session, shelves)
    for shelf in shelves:
        shelf.load += load_carriers(shelf, carriers[shelf.depot_id])
    _enter_lots(session, shelves)
    enter_past(session, shelves, keeper.id)
    received_at = shelves[0].received_at
    post(session, [line for shelf in shelves for line in shelf.lines], keeper.id, received_at)
    post(session, [line for shelf in shelves for line in shelf.load], keeper.id, received_at)
    enter(session, table_of(Defect), [fault for shelf in shelves for fault in faults(shelf, keeper.id)])
    hands = [holder_row(shelf.depot_id, keeper.id, keeper.name, shelf.now) for shelf in shelves]
    insert_missing(session, table_of(Place), hands, ["id"])
    life = [line for shelf in shelves for line in live(shelf, keeper.id)]
    for line in life:
        post(session, [line], keeper.id, line.happened_at)
    return sum(len(shelf.lines) + len(shelf.load) for shelf in shelves) + len(life)


def _enter_places(session: Session, shelves: Sequence[Shelf]) -> None:
    add_place_rows(session, [row for shelf in shelves for row in shelf.places], shelves[0].now)
    for shelf in shelves:
        shelf.places = []


def _enter_lots(session: Session, shelves: Sequence[Shelf]) -> None:
    rows = [row for shelf in shelves for row in shelf.lots]
    enter(session, table_of(Lot), rows)
    publish(session, LotsCreated([row["id"] for row in rows], shelves[0].now))
    for shelf in shelves:
        shelf.lots = []
