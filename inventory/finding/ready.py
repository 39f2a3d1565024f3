"""Exactly what is ready of some items: fit, in date, in reach. The same rule as readiness, told shelf by shelf."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from depots.models import Place, PlaceKind
from inventory.completeness import incomplete_kits
from inventory.finding.models import Reservation
from inventory.models import Condition, DepotItem, Item, Kind, Lot, Movement, Stock
from inventory.readiness import not_counting

ZERO = Decimal(0)
Key = tuple[UUID, UUID]  # depot, item


@dataclass(frozen=True)
class OnShelf:
    """So much of an item in one place, ready to be grabbed. Inside a kit or vehicle too (T47)."""

    place_id: UUID
    path_zh: str
    path_en: str
    kind: PlaceKind
    quantity: Decimal


def sound_stock(today: date) -> Select[Any]:
    """Balances that count as ready, but for kits that lack a part; to be narrowed and grouped."""
    return (
        select(Stock.depot_id)
        .select_from(Stock)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .join(Place, Place.id == Stock.place_id)
        .where(
            Stock.quantity > 0,
            Place.in_reach,
            Lot.condition == Condition.FIT,
            not_(func.coalesce(not_counting(today), False)),
        )
    )


def ready_places(
    session: Session, today: date, depot_ids: Collection[UUID], item_ids: Collection[UUID], kits: bool
) -> dict[Key, list[OnShelf]]:
    """Where in these depots how much of these items is ready; in shelf order. ``kits``: some of the items are kits."""
    place = (Place.id, Place.path_zh, Place.path_en, Place.kind)
    statement = (
        sound_stock(today)
        .with_only_columns(Stock.depot_id, Stock.item_id, *place, func.sum(Stock.quantity))
        .where(Stock.depot_id.in_(depot_ids), Stock.item_id.in_(item_ids))
        .group_by(Stock.depot_id, Stock.item_id, *place, Place.position)
        .order_by(Place.position)
    )
    if kits:
        broken = broken_kits(session, today, depot_ids, item_ids)
        if broken:
            statement = statement.where(Lot.id.not_in(broken))
    found: dict[Key, list[OnShelf]] = defaultdict(list)
    for row in session.execute(statement):
        found[row[0], row[1]].append(OnShelf(*row[2:]))
    return found


def broken_kits(
    session: Session, today: date, depot_ids: Collection[UUID] | None, item_ids: Collection[UUID] | None
) -> list[UUID]:
    """The kits of these items that lack a part (T43, T48)."""
    statement = incomplete_kits(today, depot_ids)
    if item_ids is not None:
        statement = statement.where(Lot.item_id.in_(item_ids))
    pieces: Any = statement.with_only_columns(Lot.id, maintain_column_froms=True).group_by(None).group_by(Lot.id)
    return list(session.execute(pieces).scalars())


def ready_amounts(session: Session, today: date, item_ids: Collection[UUID]) -> dict[UUID, dict[UUID, Decimal]]:
    """How much of these items each depot of the city has ready: ``{depot_id: {item_id: quantity}}``. Three queries."""
    figures = select(DepotItem.depot_id, DepotItem.item_id, DepotItem.in_reach)
    spoilt = (
        select(Stock.depot_id, Stock.item_id, func.sum(Stock.quantity))
        .select_from(Lot)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Place, Place.id == Stock.place_id)
        .join(Item, Item.id == Lot.item_id)
        .where(
            Lot.item_id.in_(item_ids),
            Lot.condition == Condition.FIT,
            Place.in_reach,
            Stock.quantity > 0,
            not_counting(today),
        )
        .group_by(Stock.depot_id, Stock.item_id)
    )
    found: dict[UUID, dict[UUID, Decimal]] = defaultdict(dict)
    for depot_id, item_id, in_reach in session.execute(
        figures.where(DepotItem.item_id.in_(item_ids), DepotItem.in_reach > 0)
    ):
        found[depot_id][item_id] = in_reach
    less = [*session.execute(spoilt), *session.execute(incomplete_kits(today, None).where(Lot.item_id.in_(item_ids)))]
    for depot_id, item_id, quantity in less:
        found[depot_id][item_id] = found[depot_id].get(item_id, ZERO) - quantity
    return found


_to: Any = aliased(Place)
_GONE = (PlaceKind.HOLDER, PlaceKind.INCIDENT, PlaceKind.TRANSIT)


def taken_since() -> Any:
    """What the person of a reservation has taken of it since: off the ledger, so that a take needs no further write."""
    return (
        select(func.coalesce(func.sum(Movement.quantity), 0))
        .join(_to, _to.id == Movement.to_place_id)
        .where(
            Movement.person_id == Reservation.person_id,
            Movement.recorded_at >= Reservation.made_at,
            Movement.item_id == Reservation.item_id,
            Movement.from_depot_id == Reservation.depot_id,
            or_(
                Movement.kind.in_((Kind.ISSUE, Kind.CONSUME)),
                and_(Movement.kind == Kind.TRANSFER, _to.kind.in_(_GONE)),
            ),
        )
        .correlate(Reservation)
        .scalar_subquery()
    )


def standing(now: datetime) -> tuple[Any, ...]:
    """The conditions under which a reservation still stands, but for what was taken of it."""
    return Reservation.until > now, Reservation.ended_at.is_(None)


def put_aside(
    session: Session, now: datetime, depot_ids: Collection[UUID], item_ids: Collection[UUID], but_for: UUID
) -> dict[Key, Decimal]:
    """How much of these items is put aside at these depots for others than ``but_for``."""
    rows = session.execute(
        select(Reservation.depot_id, Reservation.item_id, Reservation.quantity, taken_since()).where(
            *standing(now),
            Reservation.depot_id.in_(depot_ids),
            Reservation.item_id.in_(item_ids),
            Reservation.person_id != but_for,
        )
    )
    aside: dict[Key, Decimal] = defaultdict(Decimal)
    for depot_id, item_id, quantity, taken in rows:
        aside[depot_id, item_id] += max(ZERO, quantity - _exact(taken))
    return aside


def _exact(value: Any) -> Decimal:
    """A sum of quantities as a quantity: an empty one comes as a bare 0."""
    return Decimal(value)
