"""A vehicle or kit is a piece of gear and a place: where it goes, everything on it goes."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import Refusal, conflict
from core.languages import N_
from core.upsert import upsert
from depots.models import STORAGE, Place, PlaceKind
from depots.places import add_places, new_place, standing_place_id
from inventory.catalogue.models import Item, Tracking
from inventory.stock.holdings import ItemFacts
from inventory.stock.locks import hold_load
from inventory.stock.models import Condition, Lot, Stock

ZERO = Decimal(0)
Figures = dict[tuple[UUID, UUID], tuple[Decimal, Decimal]]


class Load(NamedTuple):
    """A balance in a vehicle or kit, as it was before that moved."""

    place_id: UUID
    lot_id: UUID
    item_id: UUID
    depot_id: UUID
    condition: Condition
    quantity: Decimal


class Followed(NamedTuple):
    """By how much (held, in reach) changes per (depot, item), and the load that changes depot."""

    figures: Figures
    moved: list[Load]


STAYED = Followed({}, [])


def inner_places(session: Session, place_id: UUID) -> list[UUID]:
    """The place itself and every place inside it, at any depth (a kit on a truck, T47)."""
    inside = select(Place.id).where(Place.id == place_id).cte("inside", recursive=True)
    # UNION, not UNION ALL: it ends even where a damaged book has places in a ring
    inside = inside.union(select(Place.id).join(inside, Place.parent_id == inside.c.id))
    return list(session.execute(select(inside.c.id)).scalars())


def pieces_in(session: Session, carrier_id: UUID) -> list[UUID]:
    """The single pieces in a vehicle or kit, at any depth; none in any other piece."""
    if session.get(Place, carrier_id) is None:
        return []
    statement = select(Stock.lot_id).join(Item, Item.id == Stock.item_id)
    inside = statement.where(Stock.place_id.in_(inner_places(session, carrier_id)), Stock.quantity > 0)
    return list(session.execute(inside.where(Item.tracking == Tracking.SERIAL)).scalars())


def into_itself() -> Refusal:
    """What is said to who puts a kit or vehicle into itself, or into what lies in it (B2)."""
    return conflict("into-itself", N_("a vehicle or kit cannot be put into itself, nor into what is in it"))


def carrier_place(
    item: Item | ItemFacts,
    lot_id: UUID,
    mark: str,
    depot_id: UUID,
    now: datetime,
    *,
    parent: Place | None = None,
    position: int = 0,
) -> Place:
    """The place that a vehicle or kit is, as a row: named by its item and ``mark``, else by the end of its id."""
    mark = mark or str(lot_id)[-6:]
    return new_place(
        depot_id,
        PlaceKind.VEHICLE if item.holds == "vehicle" else PlaceKind.KIT,
        f"{item.name_zh} {mark}"[:100],
        f"{item.name_en} {mark}"[:100],
        now,
        parent=parent,
        position=position,
        place_id=lot_id,
    )


def enter_carrier(
    session: Session, item: Item | ItemFacts, lot_id: UUID, mark: str, depot_id: UUID, now: datetime
) -> None:
    """Make the place that a new vehicle or kit is; ``carry`` writes where it stands once its piece is booked in."""
    if not item.carries or session.get(Place, lot_id) is not None:
        return
    last = session.execute(select(func.max(Place.position)).where(Place.depot_id == depot_id)).scalar() or 0
    place = carrier_place(item, lot_id, mark, depot_id, now, position=last + 10)
    add_places(session, [place], now)


def carry(session: Session, lot_id: UUID, target_id: UUID, *, target_outside: bool) -> Followed:
    """Let the place that a vehicle or kit is follow its piece, to another depot too (T68).

    Out of reach (driven away, in the workshop) its load is out of reach too, in the same act (T39).
    Refuses to let a loaded one leave the books: it must be emptied first.
    """
    place = session.get(Place, lot_id)
    if place is None:
        return STAYED
    places = inner_places(session, place.id)
    if target_outside:
        if session.execute(select(Stock.lot_id).where(Stock.place_id.in_(places), Stock.quantity > 0).limit(1)).first():
            raise conflict("not-empty", N_("there is still gear in it; take it out first"))
        session.execute(update(Place).where(Place.id.in_(places)).values(in_reach=False))
        place.parent_id = None  # it does not go along with what it was in
        return STAYED
    if target_id in places:
        raise into_itself()
    target = session.get_one(Place, target_id)
    place.retired_at = None
    place.parent_id = target.id if target.kind in STORAGE else None
    _write_paths(session, place, target, places)
    session.flush()
    # As the target stands by now: an earlier line of the same booking may have moved the vehicle that it is
    session.refresh(target)
    return _follow(session, place, target.depot_id, stands_in_reach=target.in_reach)


def _write_paths(session: Session, carrier: Place, around: Place, place_ids: Collection[UUID]) -> None:
    """Write where a vehicle or kit, and what stands in it, is by now: not at which depot's shelf it was."""
    inside: dict[UUID | None, list[Place]] = defaultdict(list)
    others = [place_id for place_id in place_ids if place_id != carrier.id]
    for place in session.execute(select(Place).where(Place.id.in_(others))).scalars() if others else ():
        inside[place.parent_id].append(place)
    waiting = [(carrier, around)]
    while waiting:
        place, outer = waiting.pop()
        place.path_zh = f"{outer.path_zh} › {place.name_zh}"[:300]
        place.path_en = f"{outer.path_en} › {place.name_en}"[:300]
        waiting += [(inner, place) for inner in inside.pop(place.id, [])]


def hold_still(session: Session, lot_id: UUID) -> None:
    """Let the load of a vehicle or kit, and what is to be counted of it, stay as it is until the transaction ends."""
    if session.get(Place, lot_id) is not None:
        hold_load(session, lot_id, inner_places(session, lot_id))


def reach_of_load(session: Session, lot_id: UUID) -> Figures:
    """Put the load of a vehicle or kit in or out of reach by what condition it is in (B34); returns what changes."""
    place = session.get(Place, lot_id)
    if place is None:
        return {}
    stands = (
        select(Place.in_reach)
        .join(Stock, Stock.place_id == Place.id)
        .where(Stock.lot_id == lot_id, Stock.quantity > 0, ~Stock.outside)
    )
    return _follow(session, place, place.depot_id, stands_in_reach=bool(session.execute(stands).scalar())).figures


def _follow(session: Session, place: Place, depot_id: UUID, *, stands_in_reach: bool) -> Followed:
    """Write where the places of a carrier are and which of them are in reach; returns what that changes.

    What is in a faulty or recalled carrier is out of reach, and so is what is in a sound kit on it.
    """
    load = _load(session, inner_places(session, place.id))
    was, now = _reach(session, place.id, stands_in_reach=stands_in_reach)
    left = place.depot_id
    changes_depot = left != depot_id
    if was == now and not changes_depot:
        return STAYED
    for reachable in (True, False):
        ids = [inner for inner, in_reach in now.items() if in_reach == reachable]
        changes = {"in_reach": reachable, "depot_id": depot_id}
        session.execute(update(Place).where(Place.id.in_(ids)).values(**changes))
    if changes_depot:
        _leave_traces(session, list(now), left)
        session.execute(update(Stock).where(Stock.place_id.in_(list(now))).values(depot_id=depot_id))
    return Followed(_changes(load, depot_id, was, now), [row for row in load if row.depot_id != depot_id])


def _leave_traces(session: Session, place_ids: Collection[UUID], depot_id: UUID) -> None:
    """Let the depot that a carrier leaves go on knowing what lay in it, and the next not what only had lain there.

    By its balances, the empty ones too, a depot knows which lots came to it (rule 10): these stay, at the depot's own
    edge to the outside.
    """
    inside = select(Stock.lot_id, Stock.item_id).where(Stock.place_id.in_(place_ids)).distinct()
    edge = {"place_id": standing_place_id(depot_id, PlaceKind.SUPPLIER), "depot_id": depot_id}
    traces = [
        {"lot_id": lot_id, "item_id": item_id, "outside": True, "quantity": ZERO, **edge}
        for lot_id, item_id in session.execute(inside.order_by(Stock.lot_id))
    ]
    if traces:
        session.execute(upsert(session, table_of(Stock)).on_conflict_do_nothing(), traces)
        session.execute(delete(Stock).where(Stock.place_id.in_(place_ids), Stock.quantity == ZERO))


def _load(session: Session, place_ids: Collection[UUID]) -> list[Load]:
    rows = session.execute(
        select(Stock.place_id, Stock.lot_id, Stock.item_id, Stock.depot_id, Lot.condition, Stock.quantity)
        .join(Lot, Lot.id == Stock.lot_id)
        .where(Stock.place_id.in_(place_ids), Stock.quantity > 0)
    )
    return [Load(*row) for row in rows]


def _reach(session: Session, carrier_id: UUID, *, stands_in_reach: bool) -> tuple[dict[UUID, bool], dict[UUID, bool]]:
    """Which of the places in a carrier were in reach, and which are now."""
    rows = session.execute(
        select(Place.id, Place.parent_id, Place.in_reach, Lot.condition)
        .outerjoin(Lot, Lot.id == Place.id)
        .where(Place.id.in_(inner_places(session, carrier_id)))
    ).all()
    inside: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        inside[row.parent_id if row.id != carrier_id else carrier_id].append(row)
    was = {row.id: row.in_reach for row in rows}
    now: dict[UUID, bool] = {}
    waiting = [(row, stands_in_reach) for row in inside[carrier_id] if row.id == carrier_id]
    while waiting:
        row, around = waiting.pop()
        now[row.id] = around and row.condition in (None, Condition.FIT)
        waiting += [(inner, now[row.id]) for inner in inside[row.id] if inner.id != row.id]
    return was, now


def _changes(load: Sequence[Load], to_depot_id: UUID, was: dict[UUID, bool], now: dict[UUID, bool]) -> Figures:
    """The load leaves the figures of where it was and enters those of where it is."""
    figures: dict[tuple[UUID, UUID], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for place_id, _, item_id, depot_id, condition, quantity in load:
        fit = quantity if condition == Condition.FIT else ZERO
        figures[depot_id, item_id][0] -= quantity
        figures[depot_id, item_id][1] -= fit if was[place_id] else ZERO
        figures[to_depot_id, item_id][0] += quantity
        figures[to_depot_id, item_id][1] += fit if now[place_id] else ZERO
    return {key: (held, in_reach) for key, (held, in_reach) in figures.items()}
