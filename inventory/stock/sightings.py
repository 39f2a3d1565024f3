"""What is known of a single piece of a later time than a fact speaks of: the later fact wins.

A phone that was offline reports that somebody took a piece at 9; by the book the piece was moved at 10, or a count saw
it. Where it is by now the later fact says: what is reported of 9 is booked, and undone as of 10 (rules 5 and 12). Else
the piece would leave the hands, the transfer or the shelf where somebody has seen it since.
"""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, exists, literal, select, union_all
from sqlalchemy.orm import Session, aliased

from core.errors import Refusal, conflict
from core.languages import N_
from depots.models import Place, PlaceKind
from inventory.stock import reasons
from inventory.stock.carrying import inner_places, into_itself
from inventory.stock.count_models import Count, CountLine, CountState
from inventory.stock.lines import Line, outside
from inventory.stock.lots import elsewhere
from inventory.stock.models import Kind, Movement

_NOT_SEEN = (PlaceKind.LOST, PlaceKind.DISCREPANCY)  # who misses a piece has not seen it


class Sighting(NamedTuple):
    """When somebody had a piece before them, at which depot, and where it lay until then."""

    at: datetime
    depot_id: UUID
    place_id: UUID


def seen_since(session: Session, lot_id: UUID, at: datetime) -> Sighting | None:
    """The first that is known of a piece of a time after this: it was moved from somewhere inside, or counted there.

    What a count corrected did not move when the count was approved; its line is what was seen, and when.
    """
    known = union_all(_moved(lot_id, at), _counted(lot_id, at)).subquery()
    columns, turn = (known.c.at, known.c.depot_id, known.c.place_id), (known.c.at, known.c.rank)
    row = session.execute(select(*columns).order_by(*turn, *columns[1:]).limit(1)).first()
    return None if row is None else Sighting(*row)


def _moved(lot_id: UUID, at: datetime) -> Select[datetime, UUID, UUID, int]:
    """From where inside a piece was moved after a time."""
    source, target = aliased(Place), aliased(Place)
    return (
        select(
            Movement.happened_at.label("at"),
            Movement.from_depot_id.label("depot_id"),
            Movement.from_place_id.label("place_id"),
            literal(0).label("rank"),  # moved by what a count saw, it lay until then where it was moved from
        )
        .join(source, source.id == Movement.from_place_id)
        .join(target, target.id == Movement.to_place_id)
        .where(
            Movement.lot_id == lot_id,
            Movement.recorded_at > at,  # nothing is recorded before it happens: the index serves this
            Movement.happened_at > at,
            ~source.outside,
            target.kind.not_in(_NOT_SEEN),
            (Movement.kind != Kind.ADJUST) | target.outside,
        )
    )


def _counted(lot_id: UUID, at: datetime) -> Select[datetime, UUID, UUID, int]:
    """Where a closed count saw a piece after a time, in its last round."""
    again = aliased(CountLine)
    recounted = exists().where(
        again.count_id == CountLine.count_id,
        again.place_id == CountLine.place_id,
        again.lot_id == CountLine.lot_id,
        again.round > CountLine.round,
    )
    return (
        select(CountLine.counted_at, Count.depot_id, CountLine.place_id, literal(1))
        .join(Count, Count.id == CountLine.count_id)
        .where(
            CountLine.lot_id == lot_id,
            CountLine.counted > 0,
            CountLine.counted_at > at,
            Count.state == CountState.CLOSED,
            ~recounted,
        )
    )


def overtaken(session: Session, line: Line, later: Sighting) -> list[Line]:
    """A fact with what undoes it as of the sighting.

    Both lines end out of the book's sight, so that neither the piece, nor what is in it, leaves where it is by now.
    Refuses (409) what would have ended the piece, and what speaks of another depot than the one where it was seen.
    """
    if line.target.outside:
        raise seen_later()
    if line.target.depot_id != later.depot_id:
        raise elsewhere()
    if line.holds and line.target.place_id in inner_places(session, line.lot_id):
        raise into_itself()
    gap = outside(line.target.depot_id, PlaceKind.DISCREPANCY)
    undone = replace(
        line,
        line=line.line + 1,
        kind=Kind.ADJUST,
        source=line.target,
        target=gap,
        happened_at=later.at,
        holds=False,
        signed=True,
        incident_id=None,
        reason=reasons.SEEN_SINCE,
    )
    return [replace(line, source=gap, holds=False), undone]


def seen_later() -> Refusal:
    """What would end a piece, or send it away, cannot have happened: it was seen afterwards."""
    return conflict(
        "seen-since", N_("by the book somebody has seen this piece since; look for it, and report where it is now")
    )
