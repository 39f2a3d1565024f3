"""Which places a shift looks at, and what the walk of a handover left out: by exception, yet each in its turn."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from depots.models import Place
from depots.places import holder_place_id
from inventory.catalogue.models import Item
from inventory.documents.count_report import Difference
from inventory.documents.models import CheckKind, CheckResult, Seal
from inventory.stock.count_models import Count, CountLine, CountPlace, CountState
from inventory.stock.models import Lot, Stock

SEEN_WITHIN = 7  # days, unless the settings say otherwise


def seen_before(session: Session, depot_id: UUID, before: datetime) -> dict[UUID, datetime]:
    """When somebody last counted each place of a depot, or looked at its seal."""
    counted = (
        select(CountLine.place_id, func.max(CountLine.counted_at))
        .join(Place, Place.id == CountLine.place_id)
        .where(Place.depot_id == depot_id, CountLine.counted_at < before)
        .group_by(CountLine.place_id)
    )
    looked = (
        select(CheckResult.place_id, func.max(CheckResult.at))
        .where(CheckResult.depot_id == depot_id, CheckResult.at < before)
        .group_by(CheckResult.place_id)
    )
    found: dict[UUID, datetime] = {}
    for statement in (counted, looked):
        for place_id, at in session.execute(statement):
            found[place_id] = max(at, found.get(place_id, at))
    return found


def share_of(
    session: Session, depot_id: UUID, place_ids: Collection[UUID], opened_at: datetime, days: int = SEEN_WITHIN
) -> list[UUID]:
    """The places that a shift looks at: those unseen for longest, so that each has its turn within so many days.

    Empty places are left out; what was missed in its turn comes on top.
    """
    filled = select(Stock.place_id).where(Stock.place_id.in_(place_ids), Stock.quantity > 0).distinct()
    stocked = list(session.execute(filled).scalars())
    seen = seen_before(session, depot_id, opened_at)
    never = datetime.min.replace(tzinfo=opened_at.tzinfo)
    oldest = sorted(stocked, key=lambda place: (seen.get(place, never), place))
    turn = oldest[: ceil(len(oldest) / days)]
    late = opened_at - timedelta(days=days - 1)
    return turn + [place for place in oldest[len(turn) :] if place in seen and seen[place] < late]


def sealed_whole(session: Session, count: Count) -> set[UUID]:
    """The kits whose seal was found whole since the walk began, and those counted in full by their own list."""
    rows = session.execute(
        select(CheckResult.place_id, CheckResult.kind).where(
            CheckResult.depot_id == count.depot_id,
            CheckResult.at >= count.opened_at,
            CheckResult.kind.in_((CheckKind.SEAL, CheckKind.FULL)),
        )
    ).all()
    whole = select(Seal.place_id).where(Seal.place_id.in_({place for place, _ in rows}), Seal.broken_at.is_(None))
    sealed = set(session.execute(whole).scalars())
    return {place for place, kind in rows if kind == CheckKind.FULL or place in sealed}


def left_out(session: Session, count: Count, rows: Sequence[Difference]) -> list[dict[str, Any]]:
    """The places with lines that nobody looked at in this walk, and when each was last looked at."""
    seen = seen_before(session, count.depot_id, count.opened_at)
    places: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        at = seen.get(row.place.id)
        told = {
            "place": str(row.place.id),
            "place_zh": row.place.path_zh,
            "place_en": row.place.path_en,
            "lines": 0,
            "seen": at.isoformat() if at else None,
        }
        places.setdefault(row.place.id, told)["lines"] += 1
    return list(places.values())


def in_stocktake(session: Session, count: Count) -> list[dict[str, Any]]:
    """The places of the depot that were left to a stocktake, which is open."""
    own = select(CountPlace.place_id).where(CountPlace.count_id == count.id)
    rows = session.execute(
        select(Place.id, Place.path_zh, Place.path_en)
        .join(CountPlace, CountPlace.place_id == Place.id)
        .join(Count, Count.id == CountPlace.count_id)
        .where(Place.depot_id == count.depot_id, Count.state == CountState.OPEN, Place.id.not_in(own))
        .order_by(Place.position, Place.id)
    )
    return [{"place": str(row.id), "place_zh": row.path_zh, "place_en": row.path_en} for row in rows]


def in_hands(session: Session, depot_id: UUID, person_id: UUID) -> list[dict[str, Any]]:
    """What somebody has taken from a depot and not brought back."""
    return held_by(session, depot_id, [person_id])[person_id]


def held_by(session: Session, depot_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """What each of these people has taken from a depot and not brought back. One query."""
    people = {holder_place_id(depot_id, person_id): person_id for person_id in person_ids}
    held: dict[UUID, list[dict[str, Any]]] = {person_id: [] for person_id in person_ids}
    rows = session.execute(
        select(Stock.place_id, Lot, Item, Stock.quantity)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(Stock.place_id.in_(people), Stock.quantity > 0)
        .order_by(Item.code, Lot.id)
    )
    for place_id, lot, item, quantity in rows:
        held[people[place_id]].append(
            {
                "lot": str(lot.id),
                "item_zh": item.name_zh,
                "item_en": item.name_en,
                "number": lot.serial or lot.number or "",
                "quantity": write_quantity(quantity),
            }
        )
    return held
