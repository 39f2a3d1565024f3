"""Exactly what is ready of some items: fit, in date, in reach. The same rule as readiness, told shelf by shelf."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, Select, Uuid, and_, any_, bindparam, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from core.columns import Instant
from depots.models import Place, PlaceKind
from inventory.catalogue.models import Item
from inventory.clocks.blocking import is_blocked
from inventory.finding.models import Reservation
from inventory.fitness.judging import any_of, carrier_blocked, dates, is_incomplete, ready_stock
from inventory.stock.models import Condition, DepotItem, Kind, Lot, Movement, Stock

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


_TODAY: Any = bindparam("today", type_=Date())


def is_one_of(column: Any, name: str, *, arrays: bool) -> Any:
    """The condition that a column is among ids that are filled in when the statement runs.

    Building a statement costs more than running it, and so does planning it: on PostgreSQL (``arrays``) it stays the
    same text however many ids there are, and is planned once per connection.
    """
    if arrays:
        return column == any_(bindparam(name, type_=ARRAY(Uuid())))
    return column.in_(bindparam(name, expanding=True))


def has_arrays(session: Session) -> bool:
    """Whether the session's database takes arrays: PostgreSQL does."""
    return session.get_bind().dialect.name == "postgresql"


@cache
def _places(*, arrays: bool, of_depots: bool, broken: bool) -> Any:
    place = (Place.id, Place.path_zh, Place.path_en, Place.kind)
    statement = (
        ready_stock(_TODAY)
        .with_only_columns(Stock.depot_id, Stock.item_id, *place, func.sum(Stock.quantity))
        .where(is_one_of(Stock.item_id, "items", arrays=arrays))
        .group_by(Stock.depot_id, Stock.item_id, *place, Place.position)
        .order_by(Place.position)
    )
    if of_depots:
        statement = statement.where(is_one_of(Stock.depot_id, "depots", arrays=arrays))
    return statement.where(not_(is_one_of(Lot.id, "broken", arrays=arrays))) if broken else statement


def ready_places(
    session: Session, today: date, depot_ids: Collection[UUID] | None, item_ids: Collection[UUID], *, kits: bool
) -> dict[Key, list[OnShelf]]:
    """Where in these depots (None: anywhere) how much of these items is ready; in shelf order.

    ``kits``: some of the items are kits.
    """
    broken = broken_kits(session, today, depot_ids, item_ids) if kits else []
    values: dict[str, Any] = {"today": today, "items": list(item_ids)}
    if depot_ids is not None:
        values["depots"] = list(depot_ids)
    if broken:
        values["broken"] = broken
    statement = _places(arrays=has_arrays(session), of_depots=depot_ids is not None, broken=bool(broken))
    found: dict[Key, list[OnShelf]] = defaultdict(list)
    for row in session.connection().execute(statement, values):
        found[row[0], row[1]].append(OnShelf(*row[2:]))
    return found


_kit: Any = aliased(Lot)


@cache
def _broken(*, arrays: bool, of_items: bool, of_depots: bool) -> Select[Any]:
    statement = (
        select(_kit.id)
        .join(Stock, and_(Stock.lot_id == _kit.id, Stock.quantity > 0, ~Stock.outside))
        .join(Place, and_(Place.id == _kit.id, Place.kind == PlaceKind.KIT))
        .where(is_incomplete(_kit.id, _kit.item_id, Stock.depot_id, _TODAY))
    )
    if of_items:
        statement = statement.where(is_one_of(Stock.item_id, "items", arrays=arrays))
    return statement.where(is_one_of(Stock.depot_id, "depots", arrays=arrays)) if of_depots else statement


def broken_kits(
    session: Session, today: date, depot_ids: Collection[UUID] | None, item_ids: Collection[UUID] | None
) -> list[UUID]:
    """The kits of these items that lack a part (T43, T48)."""
    values: dict[str, Any] = {"today": today}
    if item_ids is not None:
        values["items"] = list(item_ids)
    if depot_ids is not None:
        values["depots"] = list(depot_ids)
    statement = _broken(arrays=has_arrays(session), of_items=item_ids is not None, of_depots=depot_ids is not None)
    return list(session.connection().execute(statement, values).scalars())


def ready_amounts(
    session: Session, today: date, item_ids: Collection[UUID], kit_ids: Collection[UUID]
) -> dict[UUID, dict[UUID, Decimal]]:
    """How much of these items each depot of the city has ready: ``{depot_id: {item_id: quantity}}``.

    ``kit_ids`` are those of the items that are kits. Two queries, and two more where there are any.
    """
    figures = select(DepotItem.depot_id, DepotItem.item_id, DepotItem.in_reach)
    found: dict[UUID, dict[UUID, Decimal]] = defaultdict(dict)
    for depot_id, item_id, in_reach in session.execute(
        figures.where(DepotItem.item_id.in_(item_ids), DepotItem.in_reach > 0)
    ):
        found[depot_id][item_id] = in_reach
    for depot_id, item_id, quantity in session.execute(_spoilt(item_ids, today)):
        found[depot_id][item_id] = found[depot_id].get(item_id, ZERO) - quantity
    broken = broken_kits(session, today, None, kit_ids) if kit_ids else []
    for start in range(0, len(broken), 10_000):
        rows = session.execute(
            ready_stock(today)
            .with_only_columns(Stock.depot_id, Stock.item_id, func.sum(Stock.quantity))
            .where(Stock.lot_id.in_(broken[start : start + 10_000]))
            .group_by(Stock.depot_id, Stock.item_id)
        )
        for depot_id, item_id, quantity in rows:
            found[depot_id][item_id] = found[depot_id].get(item_id, ZERO) - quantity
    return found


def _spoilt(item_ids: Collection[UUID], today: date) -> Select[UUID, UUID, Decimal]:
    """What is in reach but past one of its dates, or kept from use, per depot and item."""
    return (
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
            or_(
                any_of(dates(today)),
                is_blocked(Lot.id, Stock.depot_id, today),
                carrier_blocked(Place, today),
            ),
        )
        .group_by(Stock.depot_id, Stock.item_id)
    )


_to: Any = aliased(Place)
_GONE = (PlaceKind.HOLDER, PlaceKind.INCIDENT, PlaceKind.TRANSIT)


def taken_since() -> Any:
    """What the person of a reservation has taken of it since: off the ledger, so that a take needs no further write."""
    return (
        select(func.coalesce(func.sum(Movement.quantity), 0))
        .join(_to, _to.id == Movement.to_place_id)
        .join(Lot, Lot.id == Movement.lot_id)
        .where(
            Movement.person_id == Reservation.person_id,
            Movement.recorded_at >= Reservation.made_at,
            Lot.item_id == Reservation.item_id,
            Movement.from_depot_id == Reservation.depot_id,
            or_(
                Movement.kind.in_((Kind.ISSUE, Kind.CONSUME)),
                and_(Movement.kind == Kind.TRANSFER, _to.kind.in_(_GONE)),
            ),
        )
        .correlate(Reservation)
        .scalar_subquery()
    )


def standing(now: Any) -> tuple[Any, ...]:
    """The conditions under which a reservation still stands, but for what was taken of it."""
    return Reservation.until > now, Reservation.ended_at.is_(None)


@cache
def _aside(*, arrays: bool, of_depots: bool) -> Select[Any]:
    statement = select(Reservation.depot_id, Reservation.item_id, Reservation.quantity, taken_since()).where(
        *standing(bindparam("now", type_=Instant())),
        is_one_of(Reservation.item_id, "items", arrays=arrays),
        Reservation.person_id != bindparam("but_for"),
    )
    return statement.where(is_one_of(Reservation.depot_id, "depots", arrays=arrays)) if of_depots else statement


def put_aside(
    session: Session, now: datetime, depot_ids: Collection[UUID] | None, item_ids: Collection[UUID], but_for: UUID
) -> dict[Key, Decimal]:
    """How much of these items is put aside at these depots (None: anywhere) for others than ``but_for``."""
    values: dict[str, Any] = {"now": now, "items": list(item_ids), "but_for": but_for}
    if depot_ids is not None:
        values["depots"] = list(depot_ids)
    rows = session.connection().execute(_aside(arrays=has_arrays(session), of_depots=depot_ids is not None), values)
    aside: dict[Key, Decimal] = defaultdict(Decimal)
    for depot_id, item_id, quantity, taken in rows:
        aside[depot_id, item_id] += max(ZERO, quantity - _exact(taken))
    return aside


def _exact(value: Any) -> Decimal:
    """A sum of quantities as a quantity: an empty one comes as a bare 0."""
    return Decimal(value)
