"""Checks of the book: every balance made anew from the movements and compared with the one that is stored.

A ``Check`` finds rows that are wrong and says what is to be done; ``mend``, where there is one, derives them anew. The
rooms above offer theirs (``inventory/verifying``); ``verify`` here looks at the book itself, which other rooms' tests
and reports stand on.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, delete, func, literal, select, text, union_all, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.columns import Quantity, table_of
from core.quantities import write_quantity
from core.upsert import upsert
from depots.models import Place
from inventory.stock.carrying import reach_of_load
from inventory.stock.depot_items import add_depot_figures
from inventory.stock.loads import loads_off, mend_loads
from inventory.stock.models import Condition, DepotItem, Lot, Movement, Stock

SHOWN = 20
_ITEM, _STOCK = table_of(DepotItem), table_of(Stock)


class Wrong(NamedTuple):
    """Rows that a check found: how many, and the first of them in words."""

    number: int
    examples: list[str]


class Mended(NamedTuple):
    """A row that was derived anew."""

    which: str
    before: str
    after: str


@dataclass(frozen=True)
class Check:
    """A thing that always holds. ``fault`` says what is wrong where it does not, ``advice`` what is to be done."""

    fault: str
    find: Callable[[Session], Wrong]
    advice: str
    mend: Callable[[Session], Iterable[Mended]] | None = None


@dataclass
class Verdict:
    """How many rows were checked, and every kind of difference with up to twenty examples."""

    movements: int = 0
    balances: int = 0
    depot_figures: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    examples: list[str] = field(default_factory=list)
    advice: dict[str, str] = field(default_factory=dict)

    @property
    def sound(self) -> bool:
        return not self.faults

    def note(self, check: Check, wrong: Wrong) -> None:
        if wrong.number:
            self.faults[check.fault] = wrong.number
            self.examples += [f"{check.fault}: {one}" for one in wrong.examples]
            self.advice[check.fault] = check.advice


def verify(session: Session, checks: Sequence[Check] | None = None) -> Verdict:
    """Recompute the book. Reads only; memory does not grow with the city, for the database does the sums."""
    verdict = Verdict(
        movements=_count(session, Movement), balances=_count(session, Stock), depot_figures=_count(session, DepotItem)
    )
    for check in BOOK if checks is None else checks:
        verdict.note(check, check.find(session))
    return verdict


def _count(session: Session, table: Any) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def rows_of(session: Session, statement: Any, say: Callable[[Any], str]) -> Wrong:
    """The rows of a statement, the first of them in words."""
    how_many, first = _asked(statement)
    number = session.execute(how_many).scalar_one()
    shown = session.execute(first).all() if number else []
    return Wrong(number, [say(row) for row in shown])


@lru_cache(maxsize=32)
def _asked(statement: Any) -> tuple[Any, Any]:
    """How many rows a statement has, and the first of them: put together once, which takes longer than asking."""
    found = statement.subquery()
    return select(func.count()).select_from(found), select(found).limit(SHOWN)


def _looked_up(statement: Callable[[], Any]) -> Callable[[Session], Wrong]:
    made = cache(statement)

    def find(session: Session) -> Wrong:
        return rows_of(session, made(), lambda row: f"{row[0]} / {row[1]}: {write_quantity(row[2])}")

    return find


def _typed(column: Any) -> Any:
    return func.sum(column, type_=Quantity())


def _balances() -> Select[Any]:
    """Movements in, less movements out, less the balance: anything but zero is a fault."""
    parts = union_all(
        select(Movement.to_place_id.label("place"), Movement.lot_id.label("lot"), Movement.quantity.label("change")),
        select(Movement.from_place_id, Movement.lot_id, -Movement.quantity),
        select(Stock.place_id, Stock.lot_id, -Stock.quantity),
    ).subquery()
    return (
        select(parts.c.place, parts.c.lot, _typed(parts.c.change).label("difference"))
        .group_by(parts.c.place, parts.c.lot)
        .having(func.sum(parts.c.change) != literal(0, Quantity()))
    )


def _misplaced() -> Any:
    return (
        select(Stock.place_id, Stock.lot_id, Stock.quantity)
        .join(Place, Place.id == Stock.place_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .where((Place.depot_id != Stock.depot_id) | (Lot.item_id != Stock.item_id) | (Place.outside != Stock.outside))
    )


def _negatives() -> Any:
    return select(Stock.place_id, Stock.lot_id, Stock.quantity).where(~Stock.outside, Stock.quantity < 0)


def _sums() -> Select[Any]:
    return (
        select(Stock.lot_id, literal("all places"), _typed(Stock.quantity))
        .group_by(Stock.lot_id)
        .having(func.sum(Stock.quantity) != literal(0, Quantity()))
    )


def figures_off(depot_ids: Collection[UUID] | None = None) -> Select[Any]:
    """Depots' figures that differ from their balances: (depot, item, held and in reach as they should be and are)."""
    inside = select(
        Stock.depot_id.label("depot"),
        Stock.item_id.label("item"),
        Stock.quantity.label("held"),
        literal(0, Quantity()).label("in_reach"),
        literal(0, Quantity()).label("kept"),
        literal(0, Quantity()).label("kept_in_reach"),
    ).where(~Stock.outside)
    nought = literal(0, Quantity())
    reachable = (
        select(Stock.depot_id, Stock.item_id, nought, Stock.quantity, nought, nought)
        .join(Place, and_(Place.id == Stock.place_id, Place.in_reach))
        .join(Lot, and_(Lot.id == Stock.lot_id, Lot.condition == Condition.FIT))
    )
    kept = select(DepotItem.depot_id, DepotItem.item_id, nought, nought, DepotItem.held, DepotItem.in_reach)
    if depot_ids is not None:
        inside, reachable = (part.where(Stock.depot_id.in_(depot_ids)) for part in (inside, reachable))
        kept = kept.where(DepotItem.depot_id.in_(depot_ids))
    parts = union_all(inside, reachable, kept).subquery()
    sums = [_typed(parts.c[name]).label(name) for name in ("held", "in_reach", "kept", "kept_in_reach")]
    return (
        select(parts.c.depot, parts.c.item, *sums)
        .group_by(parts.c.depot, parts.c.item)
        .having(
            (func.sum(parts.c.held) != func.sum(parts.c.kept))
            | (func.sum(parts.c.in_reach) != func.sum(parts.c.kept_in_reach))
        )
    )


@cache
def _all_figures_off() -> Select[Any]:
    return figures_off()


def find_figures(session: Session, depot_ids: Collection[UUID] | None = None) -> Wrong:
    """The depots' figures that are off, in words."""
    off = _all_figures_off() if depot_ids is None else figures_off(depot_ids)
    return rows_of(session, off, lambda row: f"{row.depot} / {row.item}: {_both(row)}")


def _both(row: Any) -> str:
    return f"{_pair(row.kept, row.kept_in_reach)}, should be {_pair(row.held, row.in_reach)}"


def _pair(held: Any, in_reach: Any) -> str:
    return f"{write_quantity(held)} held, {write_quantity(in_reach)} in reach"


def hold_off(session: Session) -> None:
    """Let no movement and no condition change the figures until the transaction is over (SQLite has one writer)."""
    if session.get_bind().dialect.name == "postgresql":
        # the order in which a booking comes to them
        session.execute(text("LOCK TABLE movement, depot_item IN SHARE ROW EXCLUSIVE MODE"))


def mend_figures(session: Session, depot_ids: Collection[UUID] | None = None) -> list[Mended]:
    """Write the depots' figures anew from the balances."""
    mended = []
    for row in session.execute(figures_off(depot_ids)).all():
        statement = upsert(session, _ITEM).values(
            depot_id=row.depot, item_id=row.item, held=row.held, in_reach=row.in_reach, dirty=True, changes=1
        )
        new = {"held": row.held, "in_reach": row.in_reach, "dirty": True, "changes": _ITEM.c.changes + 1}
        session.execute(statement.on_conflict_do_update(index_elements=["depot_id", "item_id"], set_=new))
        mended.append(
            Mended(f"{row.depot} / {row.item}", _pair(row.kept, row.kept_in_reach), _pair(row.held, row.in_reach))
        )
    return mended


def _mend_balances(session: Session) -> list[Mended]:
    """Balances by the movements. What would put an inside place below zero stays as it is: that is for people."""
    mended = []
    differences = sorted(session.execute(_balances()).all(), key=lambda row: row[2])  # what was too much goes first
    for place_id, lot_id, difference in differences:
        here = (Stock.place_id == place_id, Stock.lot_id == lot_id)
        kept = session.execute(select(Stock.quantity).where(*here)).scalar()
        place, lot = session.get_one(Place, place_id), session.get_one(Lot, lot_id)
        right = (kept or 0) + difference
        if right < 0 and not place.outside:
            continue
        try:
            with session.begin_nested():
                _write_balance(session, place, lot, kept, right)
        except IntegrityError:  # a guard: the movements themselves say that the piece is in two places
            continue
        mended.append(Mended(f"{place_id} / {lot_id}", write_quantity(kept or Decimal(0)), write_quantity(right)))
    return mended


def _write_balance(session: Session, place: Place, lot: Lot, kept: Decimal | None, right: Decimal) -> None:
    here = (Stock.place_id == place.id, Stock.lot_id == lot.id)
    if kept is None:
        row = {"place_id": place.id, "lot_id": lot.id, "item_id": lot.item_id, "depot_id": place.depot_id}
        session.execute(_STOCK.insert().values(**row, outside=place.outside, quantity=right))
    elif right == 0 and session.execute(_moved(place.id, lot.id)).first() is None:
        session.execute(delete(Stock).where(*here))
    else:
        session.execute(update(Stock).where(*here).values(quantity=right))


def _moved(place_id: Any, lot_id: Any) -> Any:
    here = (Movement.from_place_id == place_id) | (Movement.to_place_id == place_id)
    return select(Movement.id).where(Movement.lot_id == lot_id, here).limit(1)


def _mend_misplaced(session: Session) -> list[Mended]:
    mended = []
    for place_id, lot_id, quantity in session.execute(_misplaced()).all():
        place, lot = session.get_one(Place, place_id), session.get_one(Lot, lot_id)
        row = session.get_one(Stock, (place_id, lot_id))
        if quantity < 0 and not place.outside:
            continue
        before = f"depot {row.depot_id}, item {row.item_id}, outside {row.outside}"
        row.depot_id, row.item_id, row.outside = place.depot_id, lot.item_id, place.outside
        after = f"depot {row.depot_id}, item {row.item_id}, outside {row.outside}"
        mended.append(Mended(f"{place_id} / {lot_id}", before, after))
    session.flush()
    return mended


def _in_unfit() -> Any:
    """Places that are said to be in reach though the vehicle or kit that they are, or are in, is not fit (B34)."""
    return (
        select(Place.id, Lot.id.label("lot"), literal(1, Quantity()))
        .join(Lot, Lot.id.in_((Place.id, Place.parent_id)))
        .where(Place.in_reach, Lot.condition != Condition.FIT)
    )


def _mend_in_unfit(session: Session) -> list[Mended]:
    """Take the load of unfit vehicles and kits out of reach, and out of their depots' figures."""
    mended = []
    for lot_id in sorted({row.lot for row in session.execute(_in_unfit()).all()}):
        add_depot_figures(session, reach_of_load(session, lot_id))
        mended.append(Mended(f"load of {lot_id}", "in reach", "out of reach"))
    return mended


def _find_loads(session: Session) -> Wrong:
    """Load that went to another depot in a vehicle or kit and stands otherwise in the depots' reports (B31)."""
    missing, wrong = loads_off(session)
    said = [f"{'missing' if key in missing else 'too much'}: {key.lot_id} in {key.place_id}" for key in missing | wrong]
    return Wrong(len(said), sorted(said)[:SHOWN])


def _mend_loads(session: Session) -> list[Mended]:
    mended = mend_loads(session)
    return [Mended("load that changed depot", f"{mended} rows differ", "as the movements have it")] if mended else []


REPAIR = "derived from what is right: readyshelf verify --repair"
PEOPLE = "movements are never changed: count the place and book the difference"


def check_figures(depot_ids: Collection[UUID] | None = None) -> Check:
    """That depots' figures are their balances: of all, or of these."""
    return Check(
        "depot figure differs from balances",
        lambda session: find_figures(session, depot_ids),
        REPAIR,
        lambda session: mend_figures(session, depot_ids),
    )


BOOK: tuple[Check, ...] = (
    Check("balance differs from movements", _looked_up(_balances), REPAIR, _mend_balances),
    Check(
        "balance is kept for the wrong depot, item or side",
        _looked_up(_misplaced),
        REPAIR,
        _mend_misplaced,
    ),
    Check("below zero inside a depot", _looked_up(_negatives), PEOPLE),
    Check("lot does not sum to zero over all places", _looked_up(_sums), REPAIR),
    Check("load of an unfit vehicle or kit is in reach", _looked_up(_in_unfit), REPAIR, _mend_in_unfit),
    Check("load that changed depot differs from movements", _find_loads, REPAIR, _mend_loads),
    check_figures(),
)
