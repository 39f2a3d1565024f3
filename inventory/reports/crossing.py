"""What went into and out of some places over a period: opening + in − out = closing.

The places of a report (a shelf, a depot, a person's hands, the city) are a fence; a movement counts where it crosses.
Closing is reckoned back from the balances of now, which ``readyshelf verify`` holds equal to the movements, so that a
report costs by what moved since its period began and not by the city's whole past. One statement reads both, so that
no movement falls between them.

A vehicle or kit takes its load along to another depot without a movement of the load: a depot's report counts the load
as that of the depot where its place is now.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, case, func, literal, not_, or_, select, type_coerce, union_all
from sqlalchemy.orm import Session, aliased

from core.columns import Quantity
from depots.models import Place
from inventory.catalogue.models import Item
from inventory.reports.periods import Period
from inventory.stock.models import Movement, Stock

ZERO = Decimal(0)
Inside = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True)
class Fence:
    """The places of a report, and which stock of theirs: conditions on a Place, and on rows with item_id and lot_id."""

    inside: Inside
    of: Callable[[Any], list[Any]] = lambda row: []


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


def crosses(fence: Fence) -> ColumnElement[bool]:
    """Whether a movement, joined with ``source`` and ``target``, goes in or out."""
    leaves, enters = fence.inside(source), fence.inside(target)
    return or_(and_(leaves, not_(enters)), and_(enters, not_(leaves)))


def accounts(session: Session, fence: Fence, period: Period) -> dict[UUID, Account]:
    """Each item's account over the period; items that were not there and did not move are left out."""
    enters = fence.inside(target)
    beyond = case((enters, type_coerce(source.kind, String)), else_=type_coerce(target.kind, String))
    held = (
        select(
            Stock.item_id.label("item_id"),
            literal(0).label("way"),
            literal(0).label("later"),
            literal("").label("kind"),
            func.sum(Stock.quantity, type_=Quantity()).label("quantity"),
        )
        .join(Place, Place.id == Stock.place_id)
        .where(Stock.quantity != literal(0, Quantity()), fence.inside(Place), *fence.of(Stock))
        .group_by(Stock.item_id)
    )
    crossings = (
        select(
            Movement.item_id.label("item_id"),
            case((enters, 1), else_=-1).label("way"),
            case((Movement.recorded_at < period.until, 0), else_=1).label("later"),
            beyond.label("kind"),
            Movement.quantity.label("quantity"),
        )
        .join(source, source.id == Movement.from_place_id)
        .join(target, target.id == Movement.to_place_id)
        .where(Movement.recorded_at >= period.since, crosses(fence), *fence.of(Movement))
        .subquery()
    )
    moved = select(
        crossings.c.item_id,
        crossings.c.way,
        crossings.c.later,
        crossings.c.kind,
        func.sum(crossings.c.quantity, type_=Quantity()),
    ).group_by(crossings.c.item_id, crossings.c.way, crossings.c.later, crossings.c.kind)
    found: dict[UUID, Account] = defaultdict(Account)
    for item_id, way, later, kind, quantity in session.execute(union_all(held, moved)):
        account = found[item_id]
        if way == 0:
            account.opening += quantity
            continue
        account.opening -= way * quantity
        if not later:
            (account.came if way > 0 else account.went)[kind] += quantity
    return {item: account for item, account in found.items() if account.opening or account.came or account.went}


def items_of(session: Session, ids: Sequence[UUID]) -> list[Item]:
    """These items by code."""
    found = list(session.execute(select(Item)).scalars()) if len(ids) > 500 else []
    if not found:
        found = list(session.execute(select(Item).where(Item.id.in_(ids))).scalars())
    wanted = set(ids)
    return sorted((item for item in found if item.id in wanted), key=lambda item: item.code)
