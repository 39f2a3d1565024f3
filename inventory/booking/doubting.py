"""Times that cannot be right: a phone whose clock began anew in 1970, a take before the thing had come (B22).

The fact is booked all the same, at the time that was told: nobody knows a better one. Somebody looks into it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from core.events import publish
from inventory.booking.wishes import CLOCK_SLACK
from inventory.stock.events import TimeDoubted
from inventory.stock.lines import Line
from inventory.stock.models import Lot, Movement
from inventory.stock.rules import cannot_be_right


def doubt_times(session: Session, lines: Sequence[Line], now: datetime) -> None:
    """Publish once for each depot and time that cannot be right; to be asked before the lines are posted."""
    told_after = [line for line in lines if line.happened_at < now - CLOCK_SLACK]
    if not told_after:
        return
    came = _came(session, {line.lot_id: line.happened_at for line in told_after})
    doubted: dict[tuple[UUID, datetime], Line] = {}
    for line in told_after:
        if cannot_be_right(line.happened_at, now, came.get(line.lot_id)):
            doubted.setdefault((line.source.depot_id, line.happened_at), line)
    for (depot_id, happened_at), line in doubted.items():
        publish(session, TimeDoubted(depot_id, line.item_id, line.lot_id, happened_at, now))


def _came(session: Session, happened: Mapping[UUID, datetime]) -> dict[UUID, datetime]:
    """When the first thing that the book knows of each lot happened, of those that may have come only afterwards."""
    other = aliased(Movement)
    first = (
        select(other.happened_at)
        .where(other.lot_id == Lot.id)
        .order_by(other.recorded_at, other.id)
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(select(Lot.id, first).where(Lot.id.in_(happened), Lot.received_at > min(happened.values())))
    return {lot_id: at for lot_id, at in rows if at is not None}
