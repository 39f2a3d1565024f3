"""What happened before a count that is closed by now, and is told only afterwards (T31).

The count looked at the shelf after the event: if it saw it, the book has it already as a loss, and taking it off the
shelf once more would be wrong. Somebody must decide; a late fact, which is never refused, is taken as seen by the
count, and the depot is asked to look.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal, conflict
from core.events import publish
from core.languages import N_
from depots.models import PlaceKind
from inventory.booking.desk import Desk
from inventory.booking.wishes import CLOCK_SLACK, Asked
from inventory.stock.count_models import Count, CountLine, CountState
from inventory.stock.events import DiscrepancyBooked
from inventory.stock.lines import Line, outside


def mind_counts(desk: Desk, wish: Asked, lines: list[Line]) -> list[Line]:
    """The lines of a wish with those taken off a shelf that has been counted since drawn on the count's loss instead.

    Refuses (409 ``before-count``) until ``counted`` says ``included`` or ``missed``, unless the wish is a late fact.
    """
    if wish.happened_at > desk.now - CLOCK_SLACK or wish.counted == "missed":
        return lines
    return [_minded(desk, wish, line) for line in lines]


def _minded(desk: Desk, wish: Asked, line: Line) -> Line:
    counted = None if line.source.outside else _count_since(desk.session, line)
    if counted is None:
        return line
    if wish.counted is None and not wish.late:
        raise _ask(counted)
    if wish.counted is None:
        event = DiscrepancyBooked(line.source.depot_id, line.item_id, line.lot_id, line.quantity, desk.now)
        publish(desk.session, event)
    for row in desk.holdings.rows:
        if (row.spot.place_id, row.lot.lot_id) == (line.source.place_id, line.lot_id):
            row.quantity += line.quantity
    shortage = counted.book - counted.counted
    edge = PlaceKind.LOST if shortage >= line.quantity else PlaceKind.DISCREPANCY
    return replace(line, source=outside(line.source.depot_id, edge))


def _count_since(session: Session, line: Line) -> Any:
    """The latest closed count of this lot in this place after the event, if there is one."""
    return session.execute(
        select(CountLine.counted, CountLine.book, CountLine.counted_at)
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
