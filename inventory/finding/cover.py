"""Five-minute cover of the city, its holes, and "what if this piece were out of service" (N-1)."""

from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.errors import bad_field, conflict, not_found
from core.inputs import clean_text
from core.languages import N_
from core.quantities import write_quantity
from depots.models import Depot, DepotRequirement, Place, PlaceKind
from depots.requirements import holds_on
from inventory.catalogue.models import Item
from inventory.finding.memory import Capability, KnownDepot, Memory, Spot, remembered
from inventory.finding.reach import City, Loaner, Loss, having, reach, soonest
from inventory.finding.ready import ZERO, broken_kits, ready_amounts
from inventory.finding.travel import Nearby, Roads
from inventory.fitness.judging import ready_stock
from inventory.stock.carrying import inner_places
from inventory.stock.models import Lot, Stock
from people.policy import Act, Caller, may_at, require_at

TRIED = 60  # depots that are asked for a loaner, the nearest first


class Ability(msgspec.Struct, frozen=True):
    """A capability that can be asked about."""

    code: str
    name_zh: str
    name_en: str


class SpotCover(msgspec.Struct, frozen=True):
    """A point of the city: whether it is covered, and from where help comes soonest, in how many minutes."""

    kind: str
    code: str
    name_zh: str
    name_en: str
    district: str
    lat: float
    lon: float
    covered: bool
    has_it: bool  # the depot itself has the capability
    by: str | None
    by_zh: str | None
    by_en: str | None
    minutes: float | None


class Cover(msgspec.Struct, frozen=True):
    """A capability's cover of the points within the caller's reach. Help may come from any depot of the city."""

    capability: Ability
    within_minutes: float
    roads: dict[str, Any]
    able: int
    points: int
    covered: int
    holes: list[SpotCover]
    spots: list[SpotCover]


def abilities(session: Session) -> list[Ability]:
    """All capabilities, by code."""
    return [_ability(one) for one in remembered(session).capabilities.values()]


def _ability(one: Capability) -> Ability:
    return Ability(one.code, one.name_zh, one.name_en)


def cover(session: Session, caller: Caller, code: str, today: date, roads: Roads, minutes: float) -> Cover:
    """Which points a capability covers within so many minutes; the holes, the farthest from help first."""
    memory = remembered(session)
    capability = memory.capability(code)
    havers = having(capability, _ready(session, memory, capability.item_ids, today))
    able = [depot for depot in memory.depots.values() if depot.id in havers]
    reached = reach(memory, roads, minutes)
    nearby = Nearby((depot.point, depot) for depot in able if depot.point is not None)
    by_id = {depot.id: depot for depot in able}
    spots = [_spot(spot, near, by_id, nearby, roads) for spot, near in reached.items() if _within_reach(caller, spot)]
    holes = [spot for spot in spots if not spot.covered]
    holes.sort(key=lambda spot: (spot.minutes is not None, -(spot.minutes or 0.0), spot.code))
    total = len(spots)
    return Cover(_ability(capability), minutes, roads.stated(), len(able), total, total - len(holes), holes, spots)


def _ready(session: Session, memory: Memory, items: set[UUID], today: date) -> dict[UUID, dict[UUID, Decimal]]:
    return ready_amounts(session, today, items, memory.kits_among(items))


def _within_reach(caller: Caller, spot: Spot) -> bool:
    # A sub-district is nobody's depot: who answers for its district sees it
    return may_at(caller, Act.SEE, spot.depot_id or UUID(int=0), spot.district_code)


def _spot(
    spot: Spot, near: dict[UUID, float], able: dict[UUID, KnownDepot], nearby: Nearby[KnownDepot], roads: Roads
) -> SpotCover:
    in_time = [(minutes, able[depot_id].code, able[depot_id]) for depot_id, minutes in near.items() if depot_id in able]
    helper: KnownDepot | None = None
    soon: float | None = None
    if in_time:
        soon, _, helper = min(in_time, key=lambda one: one[:2])
    else:
        found = soonest(spot, nearby, roads)
        if found is not None:
            helper, soon = found[0], found[1].minutes
    return SpotCover(
        spot.kind,
        spot.code,
        spot.name_zh,
        spot.name_en,
        spot.district_code,
        spot.point.lat,
        spot.point.lon,
        bool(in_time),
        spot.depot_id in able,
        helper.code if helper else None,
        helper.name_zh if helper else None,
        helper.name_en if helper else None,
        None if soon is None else round(soon, 1),
    )


class Lost(msgspec.Struct, frozen=True):
    """What the depot can no longer do, and the points that lose cover by it."""

    capability: Ability
    short: list[str]  # how much of each part is wanting
    spots: list[SpotCover]


class Lender(msgspec.Struct, frozen=True):
    """A loaner that restores the cover: from where, how much of what; and whether the giver keeps its minimum."""

    depot: str
    depot_zh: str
    depot_en: str
    phone: str
    distance_m: int
    minutes: float
    item: str
    item_zh: str
    item_en: str
    quantity: str
    keeps_minimum: bool


class WhatIf(msgspec.Struct, frozen=True):
    """What becomes of the city's cover without a piece, and what would mend it."""

    lot: UUID
    number: str
    item: str
    item_zh: str
    item_en: str
    depot: str
    depot_zh: str
    depot_en: str
    counts_now: bool  # False: it is not ready today, so nothing rests on it
    within_minutes: float
    lost: list[Lost]
    loaners: list[Lender]


def what_if(
    session: Session,
    caller: Caller,
    piece: str,
    depot_code: str | None,
    today: date,
    roads: Roads,
    *,
    minutes: float,
) -> WhatIf:
    """Without this piece (a lot's id, or a serial or lot number), and all that is in it: who loses cover of what, and
    which loaner restores it, the nearest first, those that keep the giver's minimum before the others."""
    memory = remembered(session)
    lot, item, depot = _piece(session, caller, piece, depot_code)
    missing = _goes_along(session, lot, item, depot.id, today)
    lost, lenders = _without(session, memory, depot, missing, roads, today, minutes=minutes)
    return WhatIf(
        lot.id,
        lot.serial or lot.number or "",
        item.code,
        item.name_zh,
        item.name_en,
        depot.code,
        depot.name_zh,
        depot.name_en,
        bool(missing),
        minutes,
        [_lost(loss) for loss in lost],
        lenders,
    )


def _without(
    session: Session,
    memory: Memory,
    depot: Depot,
    missing: dict[UUID, Decimal],
    roads: Roads,
    today: date,
    *,
    minutes: float,
) -> tuple[list[Loss], list[Lender]]:
    """The cover that is lost when this is missing at a depot, and who can lend what restores it."""
    touched = [one for one in memory.capabilities.values() if not one.item_ids.isdisjoint(missing)]
    if not touched:
        return [], []
    items = {item_id for one in touched for item_id in one.item_ids}
    # A loaner may be wanted elsewhere for something else: no capability that uses any of these may suffer
    watched = [one for one in memory.capabilities.values() if not one.item_ids.isdisjoint(items)]
    items |= {item_id for one in watched for item_id in one.item_ids}
    ready = _ready(session, memory, items, today)
    city = City(watched, reach(memory, roads, minutes), ready)
    lost, lenders = city.losses(depot.id, missing), []
    known = memory.depots.get(depot.code)
    if any(loss.spots for loss in lost) and known is not None and known.point is not None:
        near = [one for _, one in islice(memory.nearby.nearest(known.point), TRIED)]
        found = city.loaners(depot.id, missing, [one.id for one in near])
        lenders = _lenders(session, memory, roads, known, found=found, ready=ready, today=today)
    return lost, lenders


def _lost(loss: Loss) -> Lost:
    spots = [
        SpotCover(
            one.kind,
            one.code,
            one.name_zh,
            one.name_en,
            one.district_code,
            one.point.lat,
            one.point.lon,
            False,
            False,
            None,
            None,
            None,
            None,
        )
        for one in loss.spots
    ]
    return Lost(_ability(loss.capability), [write_quantity(short) for _, short in loss.parts], spots)


def _piece(session: Session, caller: Caller, text: str, depot_code: str | None) -> tuple[Lot, Item, Depot]:
    """The piece or lot, and the depot that has it, within the caller's reach."""
    text = clean_text(text, "piece", 64, required=True)
    try:
        named = Lot.id == UUID(text)
    except ValueError:
        named = or_(Lot.serial == text, Lot.number == text)
    statement = (
        select(Lot, Item, Depot)
        .join(Item, Item.id == Lot.item_id)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(named, ~Stock.outside, Stock.quantity > 0)
        .order_by(Item.code, Depot.code)
        .distinct()
        .limit(200)
    )
    if depot_code:
        statement = statement.where(Depot.code == depot_code)
    seen = [row for row in session.execute(statement) if may_at(caller, Act.SEE, row[2].id, row[2].district_code)]
    if not seen:
        raise not_found(N_("no piece or lot of your depots has this number"))
    if len(seen) > 1:
        told = [{"lot": str(lot.id), "item": item.code, "depot": depot.code} for lot, item, depot in seen[:20]]
        raise conflict("several", N_("several have this number; name the lot and the depot"), extra={"lots": told})
    lot, item, depot = seen[0]
    require_at(caller, Act.SEE, depot.id, depot.district_code)
    return lot, item, depot


def _goes_along(session: Session, lot: Lot, item: Item, depot_id: UUID, today: date) -> dict[UUID, Decimal]:
    """What of the depot's ready gear is gone without the lot: itself, what is in it (T39), and a kit that it is in."""
    places = inner_places(session, lot.id) if item.holds else []
    rows = session.execute(
        ready_stock(today)
        .with_only_columns(Stock.item_id, Place.id, Place.kind, Lot.id, func.sum(Stock.quantity))
        .where(Stock.depot_id == depot_id, or_(Stock.lot_id == lot.id, Stock.place_id.in_(places)))
        .group_by(Stock.item_id, Place.id, Place.kind, Lot.id)
    ).all()
    broken = set(broken_kits(session, today, [depot_id], None))
    missing: dict[UUID, Decimal] = {}
    for item_id, _, _, lot_id, quantity in rows:
        if lot_id not in broken:
            missing[item_id] = missing.get(item_id, ZERO) + quantity
    around = {
        place for _, place, kind, _, _ in rows if kind == PlaceKind.KIT and place != lot.id and place not in places
    }
    for kit_item in session.execute(select(Lot.item_id).where(Lot.id.in_(around - broken))).scalars():
        missing[kit_item] = missing.get(kit_item, ZERO) + 1
    return missing


def _lenders(
    session: Session,
    memory: Memory,
    roads: Roads,
    to: KnownDepot,
    *,
    found: list[Loaner],
    ready: dict[UUID, dict[UUID, Decimal]],
    today: date,
) -> list[Lender]:
    depots = {depot.id: depot for depot in memory.depots.values()}
    items = {item.id: item for item in memory.items.values()}
    minimums = _minimums(session, found, today)
    lenders = []
    for one in found:
        giver, item = depots[one.giver], items[one.item_id]
        if giver.point is None or to.point is None:
            raise bad_field("piece", N_("nobody knows where this depot is"))
        leg = roads.legs([giver.point], to.point)[0]
        left = ready[one.giver][one.item_id] - one.quantity
        lenders.append(
            Lender(
                giver.code,
                giver.name_zh,
                giver.name_en,
                giver.phone,
                round(leg.distance_m),
                round(leg.minutes, 1),
                item.code,
                item.name_zh,
                item.name_en,
                write_quantity(one.quantity),
                left >= minimums.get((one.giver, one.item_id), ZERO),
            )
        )
    return sorted(lenders, key=lambda lender: (not lender.keeps_minimum, lender.minutes))


def _minimums(session: Session, found: list[Loaner], today: date) -> dict[tuple[UUID, UUID | None], Decimal]:
    return {
        (row.depot_id, row.item_id): row.minimum
        for row in session.execute(
            select(DepotRequirement.depot_id, DepotRequirement.item_id, DepotRequirement.minimum).where(
                DepotRequirement.depot_id.in_({one.giver for one in found}),
                DepotRequirement.item_id.in_({one.item_id for one in found}),
                holds_on(today),
            )
        )
    }
