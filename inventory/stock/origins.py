"""Where what is out came from, and so where it goes when nobody says another place (K1).

What was taken last and has not come back is out; it goes back where it was taken. Else a piece goes where it lives,
else onto a shelf of the depot where the item lies. Into a kit or vehicle it only goes when it came out of it: a part
too many in a sealed kit is found by nobody.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from core.columns import among
from depots.models import STORAGE, Place, PlaceKind
from depots.places import is_standing
from inventory.stock.lines import Spot
from inventory.stock.models import Lot, Movement, Stock

OUT = (PlaceKind.HOLDER, PlaceKind.INCIDENT)
CARRIERS = (PlaceKind.KIT, PlaceKind.VEHICLE)
LOOKED_AT = 50  # the latest takes of a lot by somebody; what is older than that goes where the item lies
Pair = tuple[UUID, UUID]  # the place where a lot is, and the lot
Facts = tuple[UUID, UUID | None]  # of a lot: its item, and where a piece lives


@dataclass(frozen=True)
class Step:
    """So much of a lot was taken from a place, or (``back``) brought back there."""

    spot: Spot
    quantity: Decimal
    at: datetime
    back: bool = False


def taken_from(steps: Sequence[Step], there: Decimal) -> list[tuple[Spot, Decimal]]:
    """From which places that what is still out was taken, the latest first; ``steps`` in the order of time."""
    brought: dict[UUID, Decimal] = defaultdict(Decimal)
    found: dict[UUID, tuple[Spot, Decimal]] = {}
    left = there
    for step in reversed(steps):
        place_id = step.spot.place_id
        if step.back:
            brought[place_id] += step.quantity
            continue
        came = min(step.quantity, brought[place_id])
        brought[place_id] -= came
        out = min(step.quantity - came, left)
        if out > 0:
            found[place_id] = (step.spot, found.get(place_id, (step.spot, Decimal(0)))[1] + out)
            left -= out
    return list(found.values())


def shared_out(origins: Sequence[tuple[Spot, Decimal]], wanted: Decimal) -> list[tuple[Spot | None, Decimal]]:
    """To which places so much goes back; nowhere in particular (None) what exceeds what was taken."""
    parts: list[tuple[Spot | None, Decimal]] = []
    for spot, quantity in origins:
        part = min(quantity, wanted)
        if part > 0:
            parts.append((spot, part))
            wanted -= part
    return [*parts, (None, wanted)] if wanted > 0 else parts


def origins_of(session: Session, pairs: Collection[Pair]) -> dict[Pair, list[tuple[Spot, Decimal]]]:
    """Of what lies in these places: from where it was taken, and how much, the latest first."""
    return _origins(session, among((Stock.place_id, Stock.lot_id), pairs)) if pairs else {}


def origins_at(session: Session, depot_id: UUID) -> dict[Pair, list[tuple[Spot, Decimal]]]:
    """Of all that people, loans and call-outs of a depot hold: from where it was taken."""
    holding = select(Place.id).where(Place.depot_id == depot_id, Place.kind.in_(OUT))
    return _origins(session, and_(Stock.depot_id == depot_id, Stock.place_id.in_(holding)))


def _origins(session: Session, which: ColumnElement[bool]) -> dict[Pair, list[tuple[Spot, Decimal]]]:
    there, steps = _taken(session, which)
    several = {pair for pair, taken in steps.items() if len({step.spot.place_id for step in taken}) > 1}
    for pair, brought in _brought(session, {pair: steps[pair] for pair in several}).items():
        steps[pair] = sorted([*steps[pair], *brought], key=lambda step: (step.at, step.back))
    return {pair: taken_from(steps[pair], there[pair]) for pair in steps}


def _taken(session: Session, which: ColumnElement[bool]) -> tuple[dict[Pair, Decimal], dict[Pair, list[Step]]]:
    """What lies there, and the takes that brought it: two statements at most, whatever the city's size."""
    took = (
        select(
            *(Stock.place_id, Stock.lot_id, Stock.quantity.label("there"), Movement.from_place_id.label("origin")),
            *(Movement.quantity.label("took"), Movement.recorded_at, Movement.happened_at, Stock.depot_id),
            func.row_number()
            .over(
                partition_by=(Stock.place_id, Stock.lot_id),
                order_by=(Movement.recorded_at.desc(), Movement.happened_at.desc()),
            )
            .label("number"),
        )
        .join(Movement, and_(Movement.to_place_id == Stock.place_id, Movement.lot_id == Stock.lot_id))
        .where(which, Stock.quantity > 0)
        .subquery()
    )
    rows = session.execute(
        select(took, Place.in_reach)
        .join(Place, Place.id == took.c.origin)
        .where(
            *(took.c.number <= LOOKED_AT, Place.depot_id == took.c.depot_id),
            *(Place.in_reach, Place.kind.in_(STORAGE), is_standing()),
        )
        .order_by(took.c.recorded_at, took.c.happened_at, took.c.origin)
    )
    there: dict[Pair, Decimal] = {}
    steps: dict[Pair, list[Step]] = defaultdict(list)
    for row in rows:
        there[row.place_id, row.lot_id] = row.there
        spot = Spot(row.origin, row.depot_id, outside=False, in_reach=row.in_reach)
        steps[row.place_id, row.lot_id].append(Step(spot, row.took, row.recorded_at))
    return there, dict(steps)


def _brought(session: Session, several: Mapping[Pair, Sequence[Step]]) -> dict[Pair, list[Step]]:
    """What has come back where it was taken, of what was taken from several places."""
    spots = {(step.spot.place_id, lot_id): step.spot for (_, lot_id), taken in several.items() for step in taken}
    if not spots:
        return {}
    rows = session.execute(
        select(
            *(Movement.from_place_id, Movement.to_place_id, Movement.lot_id, Movement.quantity),
            Movement.recorded_at,
        ).where(
            among((Movement.to_place_id, Movement.lot_id), spots),
            Movement.from_place_id.in_({place_id for place_id, _ in several}),
        )
    )
    found: dict[Pair, list[Step]] = defaultdict(list)
    for holder, target, lot_id, quantity, at in rows:
        if (holder, lot_id) in several:
            found[holder, lot_id].append(Step(spots[target, lot_id], quantity, at, back=True))
    return found


def shelf_for(session: Session, lot_id: UUID, home_place_id: UUID | None, item_id: UUID, depot_id: UUID) -> Spot | None:
    """Where gear belongs in a depot: where the piece lives, else where most of its lot lies or lay, else of its item.

    Never a kit or vehicle, nor what is in one.
    """
    return shelves_for(session, {lot_id: (item_id, home_place_id)}, depot_id).get(lot_id)


def shelves_for(session: Session, lots: Mapping[UUID, Facts], depot_id: UUID) -> dict[UUID, Spot]:
    """Where each of these lots belongs in a depot: one statement."""
    if not lots:
        return {}
    carried = (
        select(Place.id).where(Place.depot_id == depot_id, Place.kind.in_(CARRIERS)).cte("carried", recursive=True)
    )
    inner = aliased(Place)
    carried = carried.union(select(inner.id).join(carried, inner.parent_id == carried.c.id))
    items = {item_id for item_id, _ in lots.values()}
    homes = {home for _, home in lots.values() if home is not None}
    rows = session.execute(
        select(Place.id, Stock.lot_id, Stock.item_id)
        .outerjoin(Stock, and_(Stock.place_id == Place.id, Stock.depot_id == depot_id, Stock.item_id.in_(items)))
        .where(
            *(Place.depot_id == depot_id, Place.kind.in_(STORAGE), Place.in_reach, is_standing()),
            Place.id.not_in(select(carried.c.id)),
            Place.id.in_(homes) | Stock.place_id.is_not(None),
        )
        .order_by(func.coalesce(Stock.quantity, 0).desc(), Place.position, Place.id)
    ).all()
    found = {}
    for lot_id, (item_id, home) in lots.items():
        best = [
            *(row.id for row in rows if row.id == home),
            *(row.id for row in rows if row.lot_id == lot_id),
            *(row.id for row in rows if row.item_id == item_id),
        ]
        if best:
            found[lot_id] = Spot(best[0], depot_id, outside=False, in_reach=True)
    return found


def goes_back(
    session: Session, lot: Lot, place_id: UUID, depot_id: UUID, quantity: Decimal
) -> list[tuple[UUID | None, Decimal]]:
    """To which places of a depot so much of a lot goes back from where it is; None: somebody must say."""
    origins = origins_of(session, [(place_id, lot.id)]).get((place_id, lot.id), [])
    parts: list[tuple[UUID | None, Decimal]] = []
    for spot, part in shared_out([one for one in origins if one[0].depot_id == depot_id], quantity):
        if spot is None:
            spot = shelf_for(session, lot.id, lot.home_place_id, lot.item_id, depot_id)
        parts.append((spot.place_id if spot else None, part))
    return parts


def goes_back_at(
    session: Session, depot_id: UUID, out: Sequence[tuple[UUID, UUID, Decimal]], lots: Mapping[UUID, Facts]
) -> list[tuple[UUID, UUID, UUID, Decimal]]:
    """To which places all goes back that people, loans and call-outs of a depot hold: (holder, lot, place, quantity).

    ``out`` are their balances, (holder, lot, quantity); ``lots`` has the item and the home of each.
    """
    if not out:
        return []
    origins = origins_at(session, depot_id)
    parts = [
        (holder, lot_id, spot, part)
        for holder, lot_id, quantity in out
        for spot, part in shared_out(origins.get((holder, lot_id), []), quantity)
    ]
    astray = {lot_id: lots[lot_id] for _, lot_id, spot, _ in parts if spot is None}
    shelves = shelves_for(session, astray, depot_id)
    targets = [(holder, lot_id, spot or shelves.get(lot_id), part) for holder, lot_id, spot, part in parts]
    return [(holder, lot_id, spot.place_id, part) for holder, lot_id, spot, part in targets if spot is not None]
