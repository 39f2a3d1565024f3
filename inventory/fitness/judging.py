"""The judgement of ``rules`` as SQL: the reason as a column, and the condition that gear counts.

``today`` is a date, or a bound parameter where the statement is built once. Statements are over ``Stock``, ``Lot``,
``Item`` and ``Place``; a lot that is looked at by itself may be an alias.
"""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, false, func, literal, not_, or_, select, union
from sqlalchemy.orm import Session, aliased

from core.columns import THOUSANDTHS
from depots.models import Depot, Place, PlaceKind
from inventory.catalogue.models import HOLDS_PARTS, Item, KitLine
from inventory.clocks.blocking import blocked_lots, is_blocked
from inventory.clocks.models import Due
from inventory.fitness.rules import PLACES, READY, Why
from inventory.stock.models import Condition, Expiry, Lot, Stock
from people.policy import Act, Caller, reach

SEAL_ROLE = "seal"  # the seal itself stands in a kit's list; it is no content
CARRIERS = (PlaceKind.VEHICLE, PlaceKind.KIT)
Reasons = tuple[tuple[Why, Any], ...]

_around: Any = aliased(Place)
_carrier: Any = aliased(Lot)
_part: Any = aliased(Lot)
_content: Any = aliased(Stock)
_lying: Any = aliased(Stock)
_depot: Any = aliased(Depot)


def is_incomplete(lot_id: Any, item_id: Any, depot_id: Any, today: Any) -> Any:
    """The condition that a kit lacks a part of its list, sound and in it (T43, T48); of anything else it is not true.

    Each line is looked up by the kit's own place, so that a few kits cost little in a large city.
    """
    return (
        select(KitLine.kit_item_id)
        .where(*_parts_of(lot_id, item_id), _sound_inside(lot_id, depot_id, today) < KitLine.quantity)
        .correlate_except(KitLine)
        .exists()
    )


def _parts_of(lot_id: Any, item_id: Any) -> tuple[Any, ...]:
    """The conditions of a line of the list of what is a kit."""
    kit = select(_around.id).where(_around.id == lot_id, _around.kind == PlaceKind.KIT).correlate_except(_around)
    return KitLine.kit_item_id == item_id, KitLine.role != SEAL_ROLE, kit.exists()


def _sound_inside(lot_id: Any, depot_id: Any, today: Any) -> Any:
    """How much of a line's item is in a kit, sound."""
    return (
        select(func.coalesce(func.sum(_content.quantity), 0))
        .join(_part, _part.id == _content.lot_id)
        .where(
            _content.place_id == lot_id,
            _content.item_id == KitLine.item_id,
            _content.quantity > 0,
            is_sound(_part, depot_id, today),
        )
        .correlate_except(_content, _part)
        .scalar_subquery()
    )


def lacks_a_part(
    session: Session, lot_id: UUID, item_id: UUID, depot_id: UUID, today: date, moved: Mapping[UUID, Decimal]
) -> bool:
    """Whether a kit lacks a part once so much of these items has been moved into it, or out of it (below zero)."""
    statement = select(KitLine.item_id, KitLine.quantity, _sound_inside(lot_id, depot_id, today))
    lines = session.execute(statement.where(*_parts_of(lot_id, item_id))).all()
    return any(there + moved.get(part, 0) < wanted for part, wanted, there in lines)


def is_sound(lot: Any, depot_id: Any, today: Any) -> Any:
    """The condition that a part serves its kit: an opened pack does, an unchecked piece does not."""
    return and_(
        lot.condition == Condition.FIT,
        or_(lot.usable_through.is_(None), lot.usable_through >= today),
        lot.expiry != Expiry.UNKNOWN,
        ~is_blocked(lot.id, depot_id, today),
    )


def chain(place: Any) -> tuple[Any, ...]:
    """The ids of a place and of the two around it: a bin, in a kit, on a vehicle. Vehicles and kits have the ids of
    their lots."""
    above = select(_around.parent_id).where(_around.id == place.parent_id).correlate_except(_around).scalar_subquery()
    return place.id, place.parent_id, above


def carrier_blocked(place: Any, today: Any) -> Any:
    """The condition that a vehicle or kit is overdue for a check that blocks it, for what lies in it."""
    return (
        select(Due.lot_id)
        .where(Due.lot_id.in_(chain(place)), Due.depot_id == place.depot_id, Due.blocked_from <= today)
        .correlate_except(Due)
        .exists()
    )


def carrier_unfit(place: Any) -> Any:
    """The condition that a vehicle or kit is faulty or recalled, for what lies in it."""
    return (
        select(_carrier.id)
        .where(_carrier.id.in_(chain(place)), _carrier.condition != Condition.FIT)
        .correlate_except(_carrier)
        .exists()
    )


def places(today: Any) -> Reasons:
    """Why nothing in a place counts, in the order of ``Why``."""
    kinds = tuple((why, Place.kind == kind) for kind, why in PLACES.items())
    carrier = or_(carrier_blocked(Place, today), carrier_unfit(Place))
    return (*kinds, (Why.CARRIER, carrier), (Why.AWAY, ~Place.in_reach))


def dates(today: Any) -> Reasons:
    """What of the lot itself keeps fit gear from counting: a matter of dates and of opening."""
    return (
        (Why.EXPIRED, func.coalesce(Lot.usable_through < today, false())),
        (Why.UNDATED, Lot.expiry == Expiry.UNKNOWN),
        (Why.OPENED, and_(Lot.opened_on.is_not(None), ~Item.opened_counts)),
    )


def lots(today: Any, unchecked: Any, incomplete: Any) -> Reasons:
    """Why a lot does not count wherever it lies, by the conditions that a check is overdue and that a part lacks."""
    return (
        (Why.RECALLED, Lot.condition == Condition.QUARANTINED),
        (Why.UNFIT, Lot.condition == Condition.UNFIT),
        *dates(today),
        (Why.UNCHECKED, unchecked),
        (Why.INCOMPLETE, incomplete),
    )


def why_column(today: Any) -> Any:
    """Why a balance does not count, as a column: one of ``Why``, or ``READY``."""
    return _column((*places(today), *_here(Stock.depot_id, today)))


def lot_column(depot_id: Any, today: Any) -> Any:
    """Why a lot does not count as ready wherever it lies in a depot, as a column."""
    return _column(_here(depot_id, today))


def lot_column_in_reach(caller: Caller, lot_id: Any, today: Any) -> Any:
    """Why a lot does not count as ready at any depot that the caller sees, as a column (for a statement over Lot and
    Item as outer joins)."""
    here = (
        select(_lying.depot_id)
        .join(_depot, _depot.id == _lying.depot_id)
        .where(
            _lying.lot_id == lot_id,
            ~_lying.outside,
            _lying.quantity > 0,
            reach(caller, Act.SEE, _lying.depot_id, _depot.district_code),
        )
        .correlate_except(_lying, _depot)
    )
    unchecked = (
        select(Due.lot_id)
        .where(Due.lot_id == lot_id, Due.blocked_from <= today, here.where(_lying.depot_id == Due.depot_id).exists())
        .correlate_except(Due)
        .exists()
    )
    return _column(lots(today, unchecked, _lacks_part(here.limit(1).scalar_subquery(), today)))


def _here(depot_id: Any, today: Any) -> Reasons:
    return lots(today, is_blocked(Lot.id, depot_id, today), _lacks_part(depot_id, today))


def _lacks_part(depot_id: Any, today: Any) -> Any:
    return and_(Item.holds.in_(HOLDS_PARTS), is_incomplete(Lot.id, Lot.item_id, depot_id, today))


def _column(reasons: Reasons) -> Any:
    return case(*((condition, literal(why.value)) for why, condition in reasons), else_=literal(READY))


def any_of(reasons: Reasons) -> Any:
    """The condition that one of these reasons holds."""
    return or_(*(condition for _, condition in reasons))


def none_of(reasons: Reasons) -> Any:
    """The condition that none of these reasons holds."""
    return not_(any_of(reasons))


def ready_stock(today: Any) -> Select[Any]:
    """Balances that count as ready, but for kits that lack a part; to be narrowed and grouped."""
    return (
        select(Stock.depot_id)
        .select_from(Stock)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .join(Place, Place.id == Stock.place_id)
        .where(
            Stock.quantity > 0,
            Place.in_reach,  # the ledger keeps it: out of the places of whatever is lent, away, or in an unfit carrier
            Lot.condition == Condition.FIT,
            none_of(dates(today)),
            ~is_blocked(Lot.id, Stock.depot_id, today),
            ~carrier_blocked(Place, today),
        )
    )


def inside(late: Any) -> Any:
    """The places in the vehicles and kits among these lots, as ids: the carriers themselves, and two steps inwards."""
    inner, innermost = aliased(Place), aliased(Place)
    near = select(inner.id).join(late, inner.parent_id == late.c.lot_id)
    far = select(innermost.id).join(inner, innermost.parent_id == inner.id).join(late, inner.parent_id == late.c.lot_id)
    return union(select(late.c.lot_id), near, far)


def incomplete_kits(today: date, depot_ids: Collection[UUID] | None) -> Select[UUID, UUID, int]:
    """How many kits that would count as ready lack a part: (depot, item of the kit, how many thousandths, as
    quantities are kept). The condition ``is_incomplete``, but for all kits of a city at once."""
    kit_place: Any = aliased(Place)
    content = (
        select(_content.place_id, _content.item_id, func.sum(_content.quantity).label("quantity"))
        .join(_part, _part.id == _content.lot_id)
        .join(kit_place, and_(kit_place.id == _content.place_id, kit_place.kind == PlaceKind.KIT))
        .where(_content.quantity > 0, is_sound(_part, _content.depot_id, today))
        .group_by(_content.place_id, _content.item_id)
    )
    if depot_ids is not None:
        # said of the place as well, or a few depots' kits are looked up among the whole city's
        content = content.where(_content.depot_id.in_(depot_ids), kit_place.depot_id.in_(depot_ids))
    have = content.subquery()
    statement = (
        ready_stock(today)
        .with_only_columns(Stock.depot_id, Lot.item_id, func.count(Lot.id.distinct()) * THOUSANDTHS)
        .join(kit_place, and_(kit_place.id == Lot.id, kit_place.kind == PlaceKind.KIT))
        .join(KitLine, and_(KitLine.kit_item_id == Lot.item_id, KitLine.role != SEAL_ROLE))
        .outerjoin(have, and_(have.c.place_id == Lot.id, have.c.item_id == KitLine.item_id))
        .where(func.coalesce(have.c.quantity, 0) < KitLine.quantity)
        .group_by(Stock.depot_id, Lot.item_id)
    )
    return statement if depot_ids is None else statement.where(Stock.depot_id.in_(depot_ids))


def late_lots(today: date, depot_ids: Any) -> Any:
    """The lots that are overdue for a check that blocks them, with their depots."""
    return blocked_lots(today, depot_ids)
