"""What the tabs of a depot's page show besides its readiness. The caller's right to see the depot has been checked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from depots.models import STORAGE, Depot, Place
from depots.places import is_standing
from inventory.booking.movements import Filters, MovementRow, movements
from inventory.catalogue.models import Item
from inventory.documents.incidents import open_incidents
from inventory.documents.models import Incident, Loan, Transfer
from inventory.documents.transfers_view import open_transfers
from inventory.fitness.judging import why_column
from inventory.fitness.rules import READY
from inventory.stock.count_models import Count, CountState
from inventory.stock.models import Lot, Stock
from inventory.upkeep.lists import CheckFilters, CheckRow, checks
from inventory.upkeep.service_view import away
from people.policy import Caller

SHOWN = 25  # lines of the ledger
CHECKS = 12


@dataclass(frozen=True)
class ShelfRow:
    """A place of a depot with how many balances lie in it itself, and how many of them do not count as ready."""

    place: Place
    lines: int
    wrong: int
    depth: int


def shelves(session: Session, depot_id: UUID, today: date) -> list[ShelfRow]:
    """The depot's places in shelf order. Two queries."""
    why = why_column(today)
    counted = (
        select(Stock.place_id, func.count(), func.sum(case((why == READY, 0), else_=1)))
        .select_from(Stock)
        .join(Place, Place.id == Stock.place_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .where(Stock.depot_id == depot_id, ~Stock.outside, Stock.quantity > 0)
        .group_by(Stock.place_id)
    )
    lines = {place_id: (int(number), int(wrong)) for place_id, number, wrong in session.execute(counted)}
    statement = select(Place).where(Place.depot_id == depot_id, ~Place.outside, is_standing())
    places = list(session.execute(statement.order_by(Place.position, Place.id)).scalars())
    above = {place.id: place.parent_id for place in places}
    shown = [place for place in places if place.kind in STORAGE or place.id in lines]
    return [ShelfRow(place, *lines.get(place.id, (0, 0)), _depth(place.id, above)) for place in shown]


def _depth(place_id: UUID, above: dict[UUID, UUID | None]) -> int:
    """How many places are around a place; at most five, as deep as a page draws."""
    depth, parent = 0, above.get(place_id)
    while parent is not None and depth < 5:
        depth, parent = depth + 1, above.get(parent)
    return depth


@dataclass
class Nest:
    """A place with the places in it, and what lies in all of them together."""

    row: ShelfRow
    lines: int
    wrong: int
    inner: list["Nest"] = field(default_factory=list)


def nested(rows: Iterable[ShelfRow]) -> list[Nest]:
    """Places as they lie in each other, in shelf order."""
    nests: dict[UUID | None, Nest] = {row.place.id: Nest(row, row.lines, row.wrong) for row in rows}
    above = {one.row.place.id: nests.get(one.row.place.parent_id) for one in nests.values()}
    for own, around in above.items():
        if around is not None:
            around.inner.append(nests[own])
        while around is not None:
            around.lines += nests[own].row.lines
            around.wrong += nests[own].row.wrong
            around = above[around.row.place.id]
    return [nests[own] for own, around in above.items() if around is None]


def worst_first(rows: Iterable[ShelfRow]) -> list[ShelfRow]:
    """The places with gear that is not ready, the most of it first."""
    return sorted((row for row in rows if row.wrong), key=lambda row: -row.wrong)


def due_checks(session: Session, caller: Caller, code: str, today: date) -> list[CheckRow]:
    """The checks that are due next, the overdue first. Two queries."""
    return checks(session, caller, CheckFilters(depot=code), today, CHECKS).items


@dataclass(frozen=True)
class Documents:
    """What stands open at a depot. ``transfers``: with the depot at the other end."""

    transfers: list[tuple[Transfer, Depot, bool]]  # True: this depot gives
    loans: list[Loan]
    incidents: list[Incident]
    counts: list[Count]
    services: list[Any]


def documents(session: Session, depot: Depot, now: datetime) -> Documents:
    """The open documents of a depot. Six queries."""
    transfers = open_transfers(session, depot.id)
    others = {row.to_depot_id if row.from_depot_id == depot.id else row.from_depot_id for row in transfers}
    names = {row.id: row for row in session.execute(select(Depot).where(Depot.id.in_(others))).scalars()}
    loans = select(Loan).where(Loan.depot_id == depot.id, Loan.closed_at.is_(None)).order_by(Loan.due_at).limit(100)
    counts = select(Count).where(Count.depot_id == depot.id, Count.state == CountState.OPEN)
    return Documents(
        [
            (row, names[row.to_depot_id if giving else row.from_depot_id], giving)
            for row in transfers
            for giving in (row.from_depot_id == depot.id,)
        ],
        list(session.execute(loans).scalars()),
        open_incidents(session, depot.id, now),
        list(session.execute(counts.order_by(Count.opened_at.desc()).limit(50)).scalars()),
        away(session, [depot.id]),
    )


def last_movements(session: Session, caller: Caller, code: str) -> list[MovementRow]:
    """The newest lines of the depot's ledger. One query."""
    return movements(session, caller, Filters(depot=code), SHOWN).items
