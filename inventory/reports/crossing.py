"""What went into and out of some places over a period: opening + in − out = closing.

The places of a report (a shelf, a depot, a person's hands, the city) are a fence; a movement counts where it crosses.
Closing is reckoned back from the balances of now, which ``readyshelf verify`` holds equal to the movements, so that a
report costs by what moved since its period began and not by the city's whole past. One statement reads both, so that
no movement falls between them.

Each end of a movement counts for the depot at which it lay then, wherever its place is today: a vehicle or kit takes
its load along, and that is a line of its own out of one depot's report and into the other's (B31). What a late fact
takes from what a count had booked as lost or in discrepancy crosses no fence: it came and went in one.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from core.columns import Quantity
from depots.models import Place
from inventory.catalogue.models import Item
from inventory.reports.periods import Period
from inventory.stock.models import CarriedLoad, DepotItem, ItemChange, Movement, Stock

ZERO = Decimal(0)
MERGED = "merged"  # the kind of what became another item with its line of the catalogue
Inside = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True)
class Fence:
    """The places of a report, and which stock of theirs: conditions on a Place, and on rows with item_id and lot_id.

    ``edges``: whose edges to the outside belong to it; None where a report is of places and not of depots.
    """

    inside: Inside
    of: Callable[[Any], list[Any]] = lambda row: []
    edges: Inside | None = None


@dataclass
class Account:
    """One item over a period: what was there, what came and went by the kind of the place beyond, what is there."""

    opening: Decimal = ZERO
    came: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))
    went: dict[str, Decimal] = field(default_factory=lambda: defaultdict(lambda: ZERO))

    @property
    def total_in(self) -> Decimal:
        return sum(self.came.values(), ZERO)

    @property
    def total_out(self) -> Decimal:
        return sum(self.went.values(), ZERO)

    @property
    def closing(self) -> Decimal:
        return self.opening + self.total_in - self.total_out


source: Any = aliased(Place, name="source_place")
target: Any = aliased(Place, name="target_place")


class _Then:
    """A place as it was when a movement was recorded: at the depot that the movement names."""

    def __init__(self, place: Any, depot_id: Any) -> None:
        self._place, self.depot_id = place, depot_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._place, name)


_source_then, _target_then = _Then(source, Movement.from_depot_id), _Then(target, Movement.to_depot_id)
_before, _after = _Then(source, CarriedLoad.from_depot_id), _Then(source, CarriedLoad.to_depot_id)
# The inside places of a depot together, as its figures know them
_on_the_books = _Then(SimpleNamespace(outside=false()), DepotItem.depot_id)


_TOLD = (Movement.person_id, Movement.recorded_at, Movement.happened_at)


def flow(fence: Fence, since: datetime, until: datetime | None = None) -> Any:
    """What came in, went out or did both: movements, the load of those that took one along, and merged lines.

    The columns: movement_id (empty where a line of the catalogue was merged), item_id, lot_id, quantity, came and went
    (0 or 1), from_place_id, to_place_id; and who, when and why: person_id, recorded_at, happened_at, kind, reason.
    """
    leaves, enters = fence.inside(_source_then), fence.inside(_target_then)
    came, went = and_(enters, not_(leaves)), and_(leaves, not_(enters))
    if fence.edges is not None:
        through = and_(source.outside, target.outside, fence.edges(_source_then), fence.edges(_target_then))
        came, went = or_(came, through), or_(went, through)
    recorded = _recorded(Movement, since, until)
    moved = (
        select(
            Movement.id.label("movement_id"),
            Movement.item_id.label("item_id"),
            Movement.lot_id.label("lot_id"),
            Movement.quantity.label("quantity"),
            case((came, 1), else_=0).label("came"),
            case((went, 1), else_=0).label("went"),
            Movement.from_place_id.label("from_place_id"),
            Movement.to_place_id.label("to_place_id"),
            *_TOLD,
            type_coerce(Movement.kind, String).label("kind"),
            Movement.reason,
        )
        .join(source, source.id == Movement.from_place_id)
        .join(target, target.id == Movement.to_place_id)
        .where(*recorded, or_(came, went), *fence.of(Movement))
    )
    return union_all(moved, _carried(fence, since, until), _merged(fence, since, until)).subquery("flow")


def _carried(fence: Fence, since: datetime, until: datetime | None) -> Any:
    """The load of what moved, where it came in or went out by that."""
    was, is_now = fence.inside(_before), fence.inside(_after)
    recorded = _recorded(Movement, since, until)
    return (
        select(
            CarriedLoad.movement_id,
            CarriedLoad.item_id,
            CarriedLoad.lot_id,
            CarriedLoad.quantity,
            case((is_now, 1), else_=0),
            case((was, 1), else_=0),
            CarriedLoad.place_id,
            CarriedLoad.place_id,
            *_TOLD,
            type_coerce(Movement.kind, String),
            Movement.reason,
        )
        .join(Movement, Movement.id == CarriedLoad.movement_id)
        .join(source, source.id == CarriedLoad.place_id)
        .where(*recorded, or_(and_(was, not_(is_now)), and_(is_now, not_(was))), *fence.of(CarriedLoad))
    )


def _recorded(table: Any, since: datetime, until: datetime | None) -> list[ColumnElement[bool]]:
    return [table.recorded_at >= since] + ([table.recorded_at < until] if until is not None else [])


def _merged(fence: Fence, since: datetime, until: datetime | None) -> Any:
    """What of the fence became another item: out of the one account, into the other, so that both months stay true."""
    leaves = fence.inside(_Then(source, ItemChange.depot_id))
    enters = fence.inside(_Then(target, ItemChange.depot_id))
    return (
        select(
            null(),
            ItemChange.item_id,
            ItemChange.lot_id,
            ItemChange.quantity,
            case((enters, 1), else_=0),
            case((leaves, 1), else_=0),
            ItemChange.from_place_id,
            ItemChange.to_place_id,
            ItemChange.person_id,
            ItemChange.recorded_at,
            ItemChange.recorded_at,
            literal(MERGED),
            ItemChange.reason,
        )
        .join(source, source.id == ItemChange.from_place_id)
        .join(target, target.id == ItemChange.to_place_id)
        .where(*_recorded(ItemChange, since, until), or_(leaves, enters), *fence.of(ItemChange))
    )


def accounts(session: Session, fence: Fence, period: Period) -> dict[UUID, Account]:
    """Each item's account over the period; items that were not there and did not move are left out."""
    flows = flow(fence, period.since)
    later = case((flows.c.recorded_at < period.until, 0), else_=1)
    kinds = (type_coerce(source.kind, String), type_coerce(target.kind, String))
    moved = (
        select(
            flows.c.item_id,
            flows.c.came,
            flows.c.went,
            later,
            *kinds,
            func.sum(flows.c.quantity, type_=Quantity()),
        )
        .join(source, source.id == flows.c.from_place_id)
        .join(target, target.id == flows.c.to_place_id)
        .group_by(flows.c.item_id, flows.c.came, flows.c.went, later, *kinds)
    )
    found: dict[UUID, Account] = defaultdict(Account)
    for item_id, came, went, is_later, from_kind, to_kind, quantity in session.execute(union_all(_held(fence), moved)):
        account = found[item_id]
        if not came and not went:
            account.opening += quantity
            continue
        account.opening += (went - came) * quantity
        if came and not is_later:
            account.came[from_kind] += quantity
        if went and not is_later:
            account.went[to_kind] += quantity
    return {item: account for item, account in found.items() if account.opening or account.came or account.went}


def _held(fence: Fence) -> Any:
    """What is there now, in the columns of what moved. Of depots as a whole their figures say it, a row per item."""
    if fence.edges is not None and not fence.of(Stock):
        # as a query of its own: SQLite else fetches each row through the index on items (0.4 s for 1001 depots)
        there = select(DepotItem.item_id, DepotItem.held.label("quantity")).where(fence.inside(_on_the_books)).offset(0)
    else:
        there = (
            select(Stock.item_id, Stock.quantity)
            .join(Place, Place.id == Stock.place_id)
            .where(fence.inside(Place), *fence.of(Stock))
        )
    held = there.subquery("held")
    return (
        select(
            held.c.item_id.label("item_id"),
            literal(0).label("came"),
            literal(0).label("went"),
            literal(0).label("later"),
            literal("").label("from_kind"),
            literal("").label("to_kind"),
            func.sum(held.c.quantity, type_=Quantity()).label("quantity"),
        )
        .where(held.c.quantity != literal(0, Quantity()))
        .group_by(held.c.item_id)
    )


def items_of(session: Session, ids: Sequence[UUID]) -> list[Item]:
    """These items by code."""
    found = list(session.execute(select(Item)).scalars()) if len(ids) > 500 else []
    if not found:
        found = list(session.execute(select(Item).where(Item.id.in_(ids))).scalars())
    wanted = set(ids)
    return sorted((item for item in found if item.id in wanted), key=lambda item: item.code)
