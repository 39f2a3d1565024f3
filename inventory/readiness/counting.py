"""Readiness: what of the required gear is there, fit and in date now. Held and ready are two numbers (T89).

Ready of an item at a depot = what is in reach and fit (the ledger writes it to ``depot_item``) less what of it is past
its date, has no known date (T09), is an opened pack of an item whose opened packs do not count (T13), is overdue for a
check that blocks its use, is in a vehicle or kit that is so, or a kit of which a part is missing or past its date
(T43, T48): the judgement of the room ``fitness``.

Each depot's figures are stored in ``depot_readiness``. They stay right until its stock changes (``dirty``) or a date
passes (``good_through``); readers work those depots out live, and ``refresh`` writes them down.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Select,
    String,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.orm import Session

from core.columns import table_of
from core.ids import derived_id
from core.upsert import upsert
from depots.events import DepotsChanged
from depots.models import Depot, DepotRequirement, DepotStatus, ItemGroupMember, ItemGroupSize, Level, Place
from depots.requirements import holds_on, requirements_outdated, work_out_requirements
from inventory.catalogue.models import Item
from inventory.clocks.blocking import BLOCKS, is_blocked, next_blocks
from inventory.fitness.judging import carrier_blocked, dates, incomplete_kits, inside, late_lots, none_of
from inventory.readiness.crew import crew_lines
from inventory.readiness.models import DepotReadiness
from inventory.stock.models import Condition, DepotItem, Lot, Stock

ZERO = Decimal(0)
IN_SIGHT = timedelta(days=470)  # how far ahead is written down what ends when: a year, and LOOK_AGAIN
LOOK_AGAIN = timedelta(days=100)  # figures are made anew after this, though nothing changed: more has come into sight
_NO_SIZE: Any = cast(null(), String).label("size")
BATCH = 25  # depots written down in one transaction: a take waits for no more than that


@dataclass(frozen=True)
class Amount:
    """How much of an item a depot has: on its books, and ready to be grabbed now."""

    held: Decimal = ZERO
    ready: Decimal = ZERO


def _counts(today: date) -> Any:
    """The condition that what is fit and in reach counts as ready, of gear that is no kit."""
    unblocked = and_(~is_blocked(Lot.id, Stock.depot_id, today), ~carrier_blocked(Place, today))
    return and_(none_of(dates(today)), unblocked)


def _otherwise_ready(today: date) -> Any:
    """How much is fit, in reach and in date, whatever checks of it are overdue; to be joined and grouped."""
    return (
        select(Stock.depot_id, Stock.item_id, func.sum(Stock.quantity))
        .select_from(Stock)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Place, Place.id == Stock.place_id)
        .join(Item, Item.id == Stock.item_id)
        .where(Lot.condition == Condition.FIT, Place.in_reach, Stock.quantity > 0, none_of(dates(today)))
    )


def size_id(item_id: UUID, size: str) -> UUID:
    """What stands for one size of an item among amounts and members, beside the item itself (T49)."""
    return derived_id(item_id, size)


def _sized(*columns: Any) -> Any:
    """What there is of sizes that a requirement names, by depot, item and size; to be joined and narrowed."""
    named = select(ItemGroupSize.item_id)
    return (
        select(Stock.depot_id, Stock.item_id, *columns, Lot.size)
        .select_from(Stock)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Place, Place.id == Stock.place_id)
        .join(Item, Item.id == Stock.item_id)
        .where(Stock.item_id.in_(named), Stock.quantity > 0, ~Stock.outside, Lot.size.is_not(None))
        .group_by(Stock.depot_id, Stock.item_id, Lot.size)
    )


def amounts(session: Session, today: date, depot_ids: Collection[UUID] | None = None) -> dict[UUID, dict[UUID, Amount]]:
    """Held and ready per depot and item, or size of an item (``size_id``): ``{depot_id: {item_id: Amount}}``. Two
    queries."""
    figures = select(DepotItem.depot_id, DepotItem.item_id, DepotItem.held, DepotItem.in_reach, _NO_SIZE)
    total = func.sum(Stock.quantity)
    reachable = case((and_(Lot.condition == Condition.FIT, Place.in_reach), Stock.quantity), else_=0)
    sized = _sized(total, func.sum(reachable))
    spoilt = _spoilt(today)
    late = late_lots(today, depot_ids)
    unchecked = (
        _otherwise_ready(today)
        .join(late, and_(Stock.lot_id == late.c.lot_id, Stock.depot_id == late.c.depot_id))
        .group_by(Stock.depot_id, Stock.item_id)
    )
    carried = (
        _otherwise_ready(today)
        .where(Stock.place_id.in_(inside(late)), ~is_blocked(Lot.id, Stock.depot_id, today))
        .group_by(Stock.depot_id, Stock.item_id)
    )
    lost_sizes = _sized(total).where(Lot.condition == Condition.FIT, Place.in_reach, not_(_counts(today)))
    if depot_ids is not None:
        sized, lost_sizes = (one.where(Stock.depot_id.in_(depot_ids)) for one in (sized, lost_sizes))
        figures = figures.where(DepotItem.depot_id.in_(depot_ids))
        spoilt = spoilt.where(Stock.depot_id.in_(depot_ids))
    less: dict[tuple[UUID, UUID], Decimal] = defaultdict(Decimal)
    whole = (one.add_columns(_NO_SIZE) for one in (spoilt, unchecked, carried, incomplete_kits(today, depot_ids)))
    for depot_id, item_id, quantity, size in session.execute(union_all(*whole, lost_sizes)):
        less[depot_id, size_id(item_id, size) if size else item_id] += quantity
    found: dict[UUID, dict[UUID, Amount]] = defaultdict(dict)
    for depot_id, item_id, held, in_reach, size in session.execute(union_all(figures, sized)):
        key = size_id(item_id, size) if size else item_id
        found[depot_id][key] = Amount(held, in_reach - less.get((depot_id, key), ZERO))
    return found


def _spoilt(today: date) -> Select[UUID, UUID, Decimal]:
    """What is fit and in reach but past one of its dates, per depot and item."""
    return (
        select(Stock.depot_id, Stock.item_id, func.sum(Stock.quantity))
        .select_from(Lot)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Place, Place.id == Stock.place_id)
        .join(Item, Item.id == Lot.item_id)
        .where(
            Lot.condition == Condition.FIT,
            Place.in_reach,
            Stock.quantity > 0,
            or_(*(fault for _, fault in dates(today))),
        )
        .group_by(Stock.depot_id, Stock.item_id)
    )


def group_members(session: Session) -> dict[str, set[UUID]]:
    """The items of each any-of group (T86), or the sizes of items (``size_id``, T49)."""
    members: dict[str, set[UUID]] = defaultdict(set)
    items = select(ItemGroupMember.group_code, ItemGroupMember.item_id, _NO_SIZE)
    sizes = select(ItemGroupSize.group_code, ItemGroupSize.item_id, ItemGroupSize.size)
    for code, item_id, size in session.execute(union_all(items, sizes)):
        members[code].add(size_id(item_id, size) if size else item_id)
    return members


def amount_for(
    item_id: UUID | None, group_code: str | None, of_depot: dict[UUID, Amount], members: dict[str, set[UUID]]
) -> Amount:
    """What counts towards a requirement: the item's amount, or the sum over a group's members."""
    if item_id is not None:
        return of_depot.get(item_id, Amount())
    counting = [of_depot[member] for member in members.get(group_code or "", ()) if member in of_depot]
    return Amount(sum((a.held for a in counting), ZERO), sum((a.ready for a in counting), ZERO))


_REQUIREMENTS = select(
    DepotRequirement.depot_id,
    DepotRequirement.subject,
    DepotRequirement.item_id,
    DepotRequirement.group_code,
    DepotRequirement.level,
    DepotRequirement.minimum,
    DepotRequirement.low_below,
)


def work_out(session: Session, today: date, depot_ids: Collection[UUID]) -> list[dict[str, Any]]:
    """The figures of these depots for today, as rows of ``depot_readiness``, without writing them."""
    have = amounts(session, today, depot_ids)
    members = group_members(session)
    ends, blocks = _coming(session, today, depot_ids)
    rows = {
        depot_id: _blank(depot_id, today, ends.get(depot_id, {}), blocks.get(depot_id, date.max))
        for depot_id in depot_ids
    }
    missing: dict[UUID, list[str]] = defaultdict(list)
    required = session.execute(_REQUIREMENTS.where(DepotRequirement.depot_id.in_(depot_ids), holds_on(today)))
    for depot_id, subject, level, minimum, low, amount in judged(required, have, members):
        row = rows[depot_id]
        row[level.value] += 1
        row[f"{level.value}_held"] += amount.held >= minimum
        row[f"{level.value}_ready"] += amount.ready >= minimum
        row["low"] += amount.ready < low
        if level != Level.RECOMMENDED and amount.ready < minimum:
            missing[depot_id].append(subject)
    for depot_id, crew in crew_lines(session, depot_ids).items():
        must, row = Level.MANDATORY.value, rows[depot_id]
        vacant = [line.subject for line in crew if not line.met]
        row[must] += len(crew)
        for kind in ("_held", "_ready"):
            row[f"{must}{kind}"] += len(crew) - len(vacant)
        missing[depot_id] += vacant
    for depot_id, subjects in missing.items():
        rows[depot_id]["missing"] = json.dumps(sorted(subjects))
    return list(rows.values())


def judged(
    required: Iterable[Any], have: dict[UUID, dict[UUID, Amount]], members: dict[str, set[UUID]]
) -> Iterator[tuple[UUID, str, Level, Decimal, Decimal, Amount]]:
    """Each requirement, as a row of ``depot_requirement``, with what its depot has of it: (depot, subject, level,
    minimum, low, amount)."""
    for depot_id, subject, item_id, group, level, minimum, low in required:
        yield depot_id, subject, level, minimum, low, amount_for(item_id, group, have.get(depot_id, {}), members)


def _blank(depot_id: UUID, today: date, ends: dict[date, int], unblocked_through: date) -> dict[str, Any]:
    counts = {f"{level.value}{kind}": 0 for level in Level for kind in ("", "_held", "_ready")}
    # Until the first of these days is over dates change nothing; and what comes into sight later must be seen in time
    good_through = min([unblocked_through, *(end for end in ends if end >= today)])
    told = json.dumps({end.isoformat(): number for end, number in sorted(ends.items())})
    fixed = {"depot_id": depot_id, "day": today, "good_through": min(good_through, today + LOOK_AGAIN)}
    return {**fixed, **counts, "low": 0, "missing": "[]", "ends": told}


def _coming(
    session: Session, today: date, depot_ids: Collection[UUID]
) -> tuple[dict[UUID, dict[date, int]], dict[UUID, date]]:
    """What the coming days change: per depot how many balances end with which day, for all days past and the days in
    sight; and the last day before the next piece is overdue for a check that blocks its use, or before something else
    is required. One query."""
    ends = (
        select(Stock.depot_id, Lot.usable_through, func.count())
        .join(Lot, Lot.id == Stock.lot_id)
        .where(
            Stock.depot_id.in_(depot_ids),
            ~Stock.outside,
            Stock.quantity > 0,
            Lot.usable_through <= today + IN_SIGHT,
        )
        .group_by(Stock.depot_id, Lot.usable_through)
    )
    found: dict[UUID, dict[date, int]] = defaultdict(dict)
    blocks: dict[UUID, date] = {}
    coming = union_all(ends, next_blocks(today, depot_ids), *_versions(today, depot_ids))
    for depot_id, day, number in session.execute(coming):
        if number == BLOCKS:
            blocks[depot_id] = min(blocks.get(depot_id, date.max), day - timedelta(days=1))
        else:
            found[depot_id][day] = number
    return found, blocks


def _versions(today: date, depot_ids: Collection[UUID]) -> Iterator[Any]:
    """The next day on which something else is required, by depot (T88); marked as what blocks, for it ends figures."""
    for day in (DepotRequirement.since, DepotRequirement.until):
        later = select(DepotRequirement.depot_id, func.min(day), literal(BLOCKS))
        yield later.where(DepotRequirement.depot_id.in_(depot_ids), day > today).group_by(DepotRequirement.depot_id)


def stale(session: Session, today: date) -> list[UUID]:
    """Open depots whose stored figures may be wrong: stock changed, a date passed, or never worked out."""
    dirty = exists().where(DepotItem.depot_id == Depot.id, DepotItem.dirty)
    statement = (
        select(Depot.id)
        .outerjoin(DepotReadiness, DepotReadiness.depot_id == Depot.id)
        .where(
            Depot.status == DepotStatus.OPEN,
            or_(
                dirty,
                DepotReadiness.depot_id.is_(None),
                DepotReadiness.good_through < today,
                DepotReadiness.day > today,
            ),
        )
        .order_by(Depot.id)
    )
    return list(session.execute(statement).scalars())


def refresh(session: Session, today: date, depot_ids: Collection[UUID] | None = None) -> int:
    """Write down the figures of the stale depots (at most a batch of them, or those named); returns how many.

    ``dirty`` is taken back before the figures are read: a movement that comes in between sets it again.
    """
    batch = list(depot_ids)[:BATCH] if depot_ids is not None else stale(session, today)[:BATCH]
    if not batch:
        return 0
    seen = update(DepotItem).where(DepotItem.depot_id.in_(batch), DepotItem.dirty).values(dirty=False)
    # Thousands of rows, and no session has read them as objects: without this SQLAlchemy asks for each one's key
    session.execute(seen.execution_options(synchronize_session=False))
    rows = work_out(session, today, batch)
    statement = upsert(session, table_of(DepotReadiness))
    columns = {name: statement.excluded[name] for name in rows[0] if name != "depot_id"}
    session.execute(statement.on_conflict_do_update(index_elements=["depot_id"], set_=columns), rows)
    return len(batch)


def renew_requirements(session: Session, today: date) -> None:
    """Work out anew what depots must hold if a version of a profile has begun (T88)."""
    if requirements_outdated(session, today):
        work_out_requirements(session, today)
        forget_figures(session)


def forget_figures(session: Session) -> None:
    """Let every depot be worked out anew: what they must hold has changed."""
    session.execute(delete(DepotReadiness))


def forget_figures_of(session: Session, changed: DepotsChanged) -> None:
    """Let these depots be worked out anew."""
    session.execute(delete(DepotReadiness).where(DepotReadiness.depot_id.in_(changed.depot_ids)))
