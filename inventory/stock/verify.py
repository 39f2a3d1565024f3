"""``readyshelf verify``: every balance made anew from the movements and compared with the one that is kept."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, literal, select, union_all
from sqlalchemy.orm import Session

from core.columns import Quantity
from core.quantities import write_quantity
from depots.models import Place
from inventory.stock.models import Condition, DepotItem, Lot, Movement, Stock

SHOWN = 20


@dataclass
class Verdict:
    """How many rows were checked, and every kind of difference with up to twenty examples."""

    movements: int = 0
    balances: int = 0
    depot_figures: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.faults


def verify(session: Session) -> Verdict:
    """Recompute the book. Reads only; memory does not grow with the city, for the database does the sums."""
    verdict = Verdict(
        movements=_count(session, Movement), balances=_count(session, Stock), depot_figures=_count(session, DepotItem)
    )
    _collect(session, verdict, "balance differs from movements", _balances())
    _collect(session, verdict, "balance is kept for the wrong depot, item or side", _misplaced())
    _collect(session, verdict, "below zero inside a depot", _negatives())
    _collect(session, verdict, "lot does not sum to zero over all places", _sums())
    _collect(session, verdict, "depot figure differs from balances", _figures())
    return verdict


def _count(session: Session, table: Any) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def _collect(session: Session, verdict: Verdict, fault: str, statement: Any) -> None:
    found = statement.subquery()
    number = session.execute(select(func.count()).select_from(found)).scalar_one()
    if not number:
        return
    verdict.faults[fault] = number
    for one, other, difference in session.execute(select(found).limit(SHOWN)):
        verdict.examples.append(f"{fault}: {one} / {other}: {write_quantity(difference)}")


def _typed(column: Any) -> Any:
    return func.sum(column, type_=Quantity())


def _balances() -> Select[Any]:
    """Movements in, less movements out, less the balance: anything but zero is a fault."""
    parts = union_all(
        select(Movement.to_place_id.label("place"), Movement.lot_id.label("lot"), Movement.quantity.label("change")),
        select(Movement.from_place_id, Movement.lot_id, -Movement.quantity),
        select(Stock.place_id, Stock.lot_id, -Stock.quantity),
    ).subquery()
    difference = _typed(parts.c.change)
    return (
        select(parts.c.place, parts.c.lot, difference)
        .group_by(parts.c.place, parts.c.lot)
        .having(func.sum(parts.c.change) != literal(0, Quantity()))
    )


def _misplaced() -> Select[UUID, UUID, Decimal]:
    return (
        select(Stock.place_id, Stock.lot_id, Stock.quantity)
        .join(Place, Place.id == Stock.place_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .where((Place.depot_id != Stock.depot_id) | (Lot.item_id != Stock.item_id) | (Place.outside != Stock.outside))
    )


def _negatives() -> Select[UUID, UUID, Decimal]:
    return select(Stock.place_id, Stock.lot_id, Stock.quantity).where(
        ~Stock.outside,
        Stock.quantity < 0,
    )


def _sums() -> Select[Any]:
    return (
        select(Stock.lot_id, literal("all places"), _typed(Stock.quantity))
        .group_by(Stock.lot_id)
        .having(func.sum(Stock.quantity) != literal(0, Quantity()))
    )


def _figures() -> Select[Any]:
    """What each depot holds and has in reach, from the balances, less what its figures say."""
    inside = select(
        Stock.depot_id.label("depot"),
        Stock.item_id.label("item"),
        Stock.quantity.label("held"),
        literal(0, Quantity()).label("in_reach"),
    ).where(~Stock.outside)
    reachable = (
        select(Stock.depot_id, Stock.item_id, literal(0, Quantity()), Stock.quantity)
        .join(Place, and_(Place.id == Stock.place_id, Place.in_reach))
        .join(Lot, and_(Lot.id == Stock.lot_id, Lot.condition == Condition.FIT))
    )
    kept = select(DepotItem.depot_id, DepotItem.item_id, -DepotItem.held, -DepotItem.in_reach)
    parts = union_all(inside, reachable, kept).subquery()
    held, in_reach = func.sum(parts.c.held), func.sum(parts.c.in_reach)
    zero = literal(0, Quantity())
    return (
        select(parts.c.depot, parts.c.item, _typed(parts.c.held + parts.c.in_reach))
        .group_by(parts.c.depot, parts.c.item)
        .having((held != zero) | (in_reach != zero))
    )
