"""A count line by line: what the book had at the instant of counting, and what was found."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.columns import among
from core.ids import derived_id
from core.quantities import write_quantity
from depots.models import Place
from depots.places import paths_at
from inventory.catalogue.models import Item
from inventory.stock.count_models import Count, CountLine, CountPlace, CountState
from inventory.stock.models import Lot, Movement, Stock

ZERO = Decimal(0)
RECOUNT_ABOVE = Decimal("0.1")  # of the book: a second person counts again (T56, S39)
CountedAt = tuple[UUID, UUID, datetime]  # a place, a lot, and when it was counted


def books_at(session: Session, moments: Collection[CountedAt]) -> dict[CountedAt, Decimal]:
    """What the book says of lots in places at instants: today's balance less what has happened since.

    What another count has corrected did not move then: it was so at that instant too (B25). Three queries.
    """
    pairs = sorted({(place_id, lot_id) for place_id, lot_id, _ in moments})
    if not pairs:
        return {}
    now = {
        (place_id, lot_id): quantity
        for place_id, lot_id, quantity in session.execute(
            select(Stock.place_id, Stock.lot_id, Stock.quantity).where(among((Stock.place_id, Stock.lot_id), pairs))
        )
    }
    earliest = min(instant for _, _, instant in moments)
    corrected = _corrections(session, pairs, earliest)
    since = session.execute(
        select(
            Movement.from_place_id,
            Movement.to_place_id,
            Movement.lot_id,
            Movement.quantity,
            Movement.happened_at,
        ).where(
            Movement.lot_id.in_({lot_id for _, lot_id in pairs}),
            Movement.recorded_at > earliest,  # nothing is recorded before it happens: the index serves this
            Movement.happened_at > earliest,
            Movement.request_id.not_in(corrected),
        )
    ).all()
    return {
        (place_id, lot_id, instant): now.get((place_id, lot_id), ZERO) - _net(since, place_id, lot_id, instant)
        for place_id, lot_id, instant in moments
    }


def correction_id(count_id: UUID, place_id: UUID, lot_id: UUID) -> UUID:
    """The id of the movement by which a count corrects the book of a lot in a place."""
    return derived_id(count_id, place_id, lot_id)


def _corrections(session: Session, pairs: Collection[tuple[UUID, UUID]], since: datetime) -> list[UUID]:
    """The ids of the corrections by counts that were closed since an instant."""
    rows = session.execute(
        select(CountLine.count_id, CountLine.place_id, CountLine.lot_id)
        .join(Count, Count.id == CountLine.count_id)
        .where(
            among((CountLine.place_id, CountLine.lot_id), pairs),
            Count.state == CountState.CLOSED,
            Count.closed_at >= since,
        )
    )
    return [correction_id(*row) for row in rows]


def _net(movements: Iterable[Any], place_id: UUID, lot_id: UUID, after: datetime) -> Decimal:
    """What came to a place of a lot, less what left it, after an instant."""
    net = ZERO
    for source, target, lot, quantity, happened_at in movements:
        if lot == lot_id and happened_at > after:
            net += quantity * ((target == place_id) - (source == place_id))
    return net


@dataclass(frozen=True)
class Difference:
    """A line of a count as its report shows it. ``counted`` is None where nobody counted."""

    place: Place
    where: tuple[str, str]  # in Chinese and English
    item: Item
    lot: Lot
    book: Decimal
    counted: Decimal | None
    person_id: UUID | None
    recounted: bool
    counted_at: datetime | None = None

    @property
    def difference(self) -> Decimal:
        return ZERO if self.counted is None else self.counted - self.book

    @property
    def needs_recount(self) -> bool:
        """A big difference, or any of a regulated item, is counted again by somebody else (T56)."""
        if self.recounted or self.difference == 0:
            return False
        return self.item.controlled or abs(self.difference) > self.book * RECOUNT_ABOVE


def report(session: Session, count: Count) -> list[Difference]:
    """A count line by line, those that nobody counted among them, in shelf order. Four queries at most."""
    lines: dict[tuple[UUID, UUID], CountLine] = {}
    statement = select(CountLine).where(CountLine.count_id == count.id).order_by(CountLine.round)
    covered = select(CountPlace.place_id).where(CountPlace.count_id == count.id)
    if count.state == CountState.OPEN:
        # A vehicle or kit that has gone to another depot meanwhile is counted there: this one corrects no other's book
        here = select(Place.id).where(Place.depot_id == count.depot_id)
        statement, covered = statement.where(CountLine.place_id.in_(here)), covered.where(CountPlace.place_id.in_(here))
    for line in session.execute(statement).scalars():
        lines[line.place_id, line.lot_id] = line
    stocked = session.execute(
        select(Stock.place_id, Stock.lot_id, Stock.quantity).where(Stock.place_id.in_(covered), Stock.quantity > 0)
    ).all()
    books = {(place_id, lot_id): quantity for place_id, lot_id, quantity in stocked}
    if count.state == CountState.OPEN:
        moments = books_at(session, [(line.place_id, line.lot_id, line.counted_at) for line in lines.values()])
        told = {key: moments[line.place_id, line.lot_id, line.counted_at] for key, line in lines.items()}
    else:
        told = {key: line.book for key, line in lines.items()}
        books = {} if count.state == CountState.CLOSED else books
    places = {place.id: place for place in _rows(session, Place, {place for place, _ in {*lines, *books}})}
    things = _things(session, {lot for _, lot in {*lines, *books}})
    found = []
    for key in {*lines, *books}:
        line_or_none = lines.get(key)
        lot, item = things[key[1]]
        found.append(
            Difference(
                places[key[0]],
                paths_at(places[key[0]], count.depot_id),
                item,
                lot,
                told[key] if line_or_none else books[key],
                line_or_none.counted if line_or_none else None,
                line_or_none.person_id if line_or_none else None,
                line_or_none is not None and line_or_none.round == 2,
                line_or_none.counted_at if line_or_none else None,
            )
        )
    return sorted(found, key=lambda row: (row.place.position, row.item.code, row.lot.id))


def _rows(session: Session, model: Any, ids: Collection[UUID]) -> list[Any]:
    return list(session.execute(select(model).where(model.id.in_(ids))).scalars())


def _things(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, tuple[Lot, Item]]:
    rows = session.execute(select(Lot, Item).join(Item, Item.id == Lot.item_id).where(Lot.id.in_(lot_ids)))
    return {lot.id: (lot, item) for lot, item in rows}


def told_line(row: Difference, *, blind: bool = False) -> dict[str, Any]:
    """A line for an answer; ``blind`` leaves out what the book says."""
    told = {
        "place": str(row.place.id),
        "place_zh": row.where[0],
        "place_en": row.where[1],
        "item": row.item.code,
        "item_zh": row.item.name_zh,
        "item_en": row.item.name_en,
        "lot": str(row.lot.id),
        "number": row.lot.serial or row.lot.number,
        "counted": None if row.counted is None else write_quantity(row.counted),
        "recounted": row.recounted,
        "needs_recount": row.needs_recount,
    }
    if not blind:
        told |= {"book": write_quantity(row.book), "difference": f"{row.difference.normalize():f}"}
    return told
