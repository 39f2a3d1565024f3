"""What happened before a count that is closed by now, and is reported only afterwards (T31).

The count looked at the shelf after the event: if it saw it, the book has it already as a loss, and taking it off the
shelf once more would be wrong. Somebody must decide; a late fact, which is never refused, is taken as seen by the
count, and the depot is asked to look.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.columns import Quantity
from core.errors import Refusal, conflict
from core.events import publish
from core.languages import N_
from depots.models import PlaceKind
from depots.places import standing_place_id
from inventory.booking.under_way import Booking
from inventory.booking.wishes import CLOCK_SLACK, Asked
from inventory.catalogue.models import Tracking
from inventory.stock.count_models import Count, CountLine, CountState
from inventory.stock.events import DiscrepancyBooked
from inventory.stock.lines import Line, outside
from inventory.stock.models import Movement, Stock

ZERO = Decimal(0)


def after_counts(booking: Booking, wish: Asked, lines: list[Line]) -> list[Line]:
    """The lines of a wish with those taken off a shelf that has been counted since drawn on the count's loss instead.

    Refuses (409 ``before-count``) until ``counted`` says ``included`` or ``missed``, unless the wish is a late fact.
    """
    if wish.happened_at > booking.now - CLOCK_SLACK or wish.counted == "missed":
        return lines
    return [_minded(booking, wish, line) for line in lines]


def _minded(booking: Booking, wish: Asked, line: Line) -> Line:
    undoes = line.happened_at != wish.happened_at  # as of a later fact (``sightings``): told by no one
    counted = None if line.source.outside or undoes else _count_since(booking.session, line)
    if counted is None:
        return line
    if wish.counted is None and not wish.late:
        raise _ask(counted)
    if wish.counted is None:
        event = DiscrepancyBooked(line.source.depot_id, line.item_id, line.lot_id, line.quantity, booking.now)
        publish(booking.session, event)
    if _is_single(booking, line):
        return line  # it is where the book has it, whatever a count has seen: out of a loss it would be there twice
    for row in booking.holdings.rows:
        if (row.spot.place_id, row.lot.lot_id) == (line.source.place_id, line.lot_id):
            row.quantity += line.quantity
    edge = PlaceKind.DISCREPANCY
    if _unexplained(booking, line, counted) >= line.quantity:
        edge, key = PlaceKind.LOST, (line.source.depot_id, line.lot_id)
        booking.explained[key] = booking.explained.get(key, ZERO) + line.quantity
    return replace(line, source=outside(line.source.depot_id, edge))


def _is_single(booking: Booking, line: Line) -> bool:
    return any(row.lot.lot_id == line.lot_id and row.item.tracking == Tracking.SERIAL for row in booking.holdings.rows)


def _unexplained(booking: Booking, line: Line, counted: Any) -> Decimal:
    """How much of what the count found missing no late fact has accounted for yet: never more than is lost (B31)."""
    lost = standing_place_id(line.source.depot_id, PlaceKind.LOST)
    balance = booking.session.execute(
        select(Stock.quantity).where(Stock.place_id == lost, Stock.lot_id == line.lot_id).with_for_update()
    ).scalar()
    if balance is None:
        return ZERO
    shortages = {
        place_id: book - seen
        for place_id, book, seen in booking.session.execute(
            select(CountLine.place_id, CountLine.book, CountLine.counted)
            .where(CountLine.count_id == counted.count_id, CountLine.lot_id == line.lot_id)
            .order_by(CountLine.round)
        )
    }
    told = booking.session.execute(
        select(func.sum(Movement.quantity, type_=Quantity())).where(
            Movement.lot_id == line.lot_id,
            Movement.from_place_id == lost,
            Movement.happened_at < counted.counted_at,
            Movement.recorded_at >= counted.closed_at,
        )
    ).scalar()
    missing = sum((shortage for shortage in shortages.values() if shortage > 0), ZERO) - (told or ZERO)
    left = min(missing, balance) - booking.explained.get((line.source.depot_id, line.lot_id), ZERO)
    return min(left, shortages[line.source.place_id])


def _count_since(session: Session, line: Line) -> Any:
    """The latest closed count of this lot in this place after the event, if there is one."""
    return session.execute(
        select(CountLine.count_id, CountLine.counted_at, Count.closed_at)
        .join(Count, Count.id == CountLine.count_id)
        .where(
            CountLine.place_id == line.source.place_id,
            CountLine.lot_id == line.lot_id,
            CountLine.counted_at > line.happened_at,
            Count.state == CountState.CLOSED,
        )
        .order_by(CountLine.counted_at.desc(), CountLine.round.desc())
        .limit(1)
    ).first()


def _ask(counted: Any) -> Refusal:
    return conflict(
        "before-count",
        N_("this was counted since; say whether the count saw it (counted: included) or not (counted: missed)"),
        extra={"counted_at": counted.counted_at.isoformat()},
    )
