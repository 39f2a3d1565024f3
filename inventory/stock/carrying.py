"""A vehicle or kit is a piece of gear and a place: where it goes, everything on it goes."""

from collections import defaultdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.errors import Refusal, conflict
from core.languages import N_
from depots.models import STORAGE, Place
from inventory.stock.models import Condition, Lot, Stock

ZERO = Decimal(0)
Figures = dict[tuple[UUID, UUID], tuple[Decimal, Decimal]]


def inner_places(session: Session, place_id: UUID) -> list[UUID]:
    """The place itself and every place inside it, at any depth (a kit on a truck, T47)."""
    inside = select(Place.id).where(Place.id == place_id).cte("inside", recursive=True)
    # UNION, not UNION ALL: it ends even where a damaged book has places in a ring
    inside = inside.union(select(Place.id).join(inside, Place.parent_id == inside.c.id))
    return list(session.execute(select(inside.c.id)).scalars())


def into_itself() -> Refusal:
    """What is said to who puts a kit or vehicle into itself, or into what lies in it (B2)."""
    return conflict("into-itself", N_("a vehicle or kit cannot be put into itself, nor into what is in it"))


def carry(session: Session, lot_id: UUID, target_id: UUID, target_outside: bool, target_in_reach: bool) -> Figures:
    """Let the place that a vehicle or kit is follow its piece, to another depot too (T68).

    Out of reach (driven away, in the workshop) its load is out of reach too, in the same act (T39). Returns by how
    much what is held, and what is fit and in reach, changes per (depot, item).
    Refuses to let a loaded one leave the books: it must be emptied first.
    """
    place = session.get(Place, lot_id)
    if place is None:
        return {}
    places = inner_places(session, place.id)
    load = session.execute(
        select(Stock.depot_id, Stock.item_id, Lot.condition, func.sum(Stock.quantity))
        .join(Lot, Lot.id == Stock.lot_id)
        .where(Stock.place_id.in_(places), Stock.quantity > 0)
        .group_by(Stock.depot_id, Stock.item_id, Lot.condition)
    ).all()
    if target_outside:
        if load:
            raise conflict("not-empty", N_("there is still gear in it; take it out first"))
        session.execute(update(Place).where(Place.id.in_(places)).values(in_reach=False))
        return {}
    if target_id in places:
        raise into_itself()
    target = session.get_one(Place, target_id)
    was_in_reach, changes_depot = place.in_reach, place.depot_id != target.depot_id
    place.parent_id = target.id if target.kind in STORAGE else None
    place.path_zh = f"{target.path_zh} › {place.name_zh}"[:300]
    place.path_en = f"{target.path_en} › {place.name_en}"[:300]
    session.flush()
    if was_in_reach == target_in_reach and not changes_depot:
        return {}
    changes = {"in_reach": target_in_reach, "depot_id": target.depot_id}
    session.execute(update(Place).where(Place.id.in_(places)).values(**changes))
    if changes_depot:
        session.execute(update(Stock).where(Stock.place_id.in_(places)).values(depot_id=target.depot_id))
    return _changes(load, target.depot_id, was_in_reach, target_in_reach)


def _changes(load: Any, to_depot_id: UUID, was_in_reach: bool, is_in_reach: bool) -> Figures:
    """The load leaves the figures of where it was and enters those of where it is."""
    figures: dict[tuple[UUID, UUID], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for depot_id, item_id, condition, quantity in load:
        fit = quantity if condition == Condition.FIT else ZERO
        figures[depot_id, item_id][0] -= quantity
        figures[depot_id, item_id][1] -= fit if was_in_reach else ZERO
        figures[to_depot_id, item_id][0] += quantity
        figures[to_depot_id, item_id][1] += fit if is_in_reach else ZERO
    return {key: (held, in_reach) for key, (held, in_reach) in figures.items()}
