"""What lies where, read and locked for a booking, and kept up in memory while its lines are decided."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Select, True_, and_, bindparam, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from core.prepared import Prepared
from depots.models import Depot, Place, PlaceKind
from inventory.catalogue.models import HOLDS_PARTS, Item, Tracking
from inventory.clocks.blocking import is_blocked
from inventory.fitness.judging import is_incomplete
from inventory.stock.holdings import ITEM_COLUMNS, LOT_COLUMNS, ItemFacts, LotView
from inventory.stock.lines import Spot
from inventory.stock.models import Condition, Expiry, Lot, Movement, Stock
from inventory.stock.reaching import in_own_hands
from people.policy import Act, Caller, reach


@dataclass
class Holding:
    """A balance: so much of a lot in a place. ``quantity`` follows the lines decided so far."""

    item: ItemFacts
    lot: LotView
    spot: Spot
    kind: PlaceKind
    person_id: UUID | None
    district_code: str
    my_hands: UUID | None  # the caller's own place in this depot, if there is one already
    quantity: Decimal
    unchecked: bool = False  # a check that blocks its use is overdue here
    incomplete: bool = False  # a kit that lacks a part

    # What the choice of a lot looks at (fitness: Candidate)
    @property
    def condition(self) -> Condition:
        return self.lot.condition

    @property
    def expiry(self) -> Expiry:
        return self.lot.expiry

    @property
    def usable_through(self) -> date | None:
        return self.lot.usable_through

    @property
    def opened_on(self) -> date | None:
        return self.lot.opened_on

    @property
    def opened_counts(self) -> bool:
        return self.item.opened_counts

    @property
    def received_at(self) -> datetime:
        return self.lot.received_at


@dataclass
class Holdings:
    """The balances that a booking chooses among, locked until its transaction ends."""

    rows: list[Holding] = field(default_factory=list)
    repeated: bool = False  # one of the requests is in the ledger already

    def of(self, lot_id: UUID | None, item_code: str | None, source_id: UUID | None) -> list[Holding]:
        """The balances inside depots of what a wish names."""
        return [
            row
            for row in self.rows
            if not row.spot.outside
            and (lot_id is None or row.lot.lot_id == lot_id)
            and (item_code is None or row.item.code == item_code)
            and (source_id is None or row.spot.place_id == source_id)
        ]


_I, _L = len(ITEM_COLUMNS), len(ITEM_COLUMNS) + len(LOT_COLUMNS)


_mine = aliased(Place)
_TODAY: Any = bindparam("today", type_=Date())
_HOLDINGS: Select[Any] = (
    select(
        *ITEM_COLUMNS,
        *LOT_COLUMNS,
        Place.id,
        Place.depot_id,
        Place.outside,
        Place.in_reach,
        Place.kind,
        Place.person_id,
        Depot.district_code,
        _mine.id,
        Stock.quantity,
        is_blocked(Lot.id, Stock.depot_id, _TODAY),
        and_(Item.holds.in_(HOLDS_PARTS), is_incomplete(Lot.id, Lot.item_id, Stock.depot_id, _TODAY)),
        select(Movement.id).where(Movement.request_id.in_(bindparam("requests", expanding=True))).exists(),
    )
    .select_from(Stock)
    .join(Place, Place.id == Stock.place_id)
    .join(Lot, Lot.id == Stock.lot_id)
    .join(Item, Item.id == Stock.item_id)
    .join(Depot, Depot.id == Stock.depot_id)
    .outerjoin(_mine, (_mine.depot_id == Stock.depot_id) & (_mine.person_id == bindparam("me")))
    # What a depot has used up or lost is nothing to take from; whoever posts there has locked what lies inside
    .where(~Stock.outside)
    .order_by(Stock.lot_id, Stock.place_id)
    .with_for_update(of=Stock)
    # The lot's condition is read as it stands once the lock is had: a recall that was quicker is seen (B24). It comes
    # after the balance of each row; who changes a condition locks lots alone, so that neither waits in a circle. The
    # same of the place: whether it is in reach may have changed with the vehicle that it is. A key share would do for
    # the lot, which is changed under a lock for update, but reads the place as it was
    .with_statement_hint("FOR KEY SHARE OF lot FOR SHARE OF place", "postgresql")
)
_BY_LOT = _HOLDINGS.where(Stock.lot_id.in_(bindparam("lots", expanding=True)))
_called = aliased(Item)  # what is called by the code of a line that was merged is of the line that it became
_CALLED = select(func.coalesce(_called.merged_into_id, _called.id))
_BY_ITEM = _HOLDINGS.where(Stock.item_id.in_(_CALLED.where(_called.code.in_(bindparam("codes", expanding=True)))))
_NAMED_DEPOTS = select(Place.depot_id).where(Place.id.in_(bindparam("places", expanding=True)))


def lock_lots(
    session: Session,
    caller: Caller,
    lot_ids: Collection[UUID],
    *,
    places: Collection[UUID],
    near: Collection[UUID],
    requests: Collection[UUID],
    today: date,
) -> Holdings:
    """The balances of these lots within the caller's reach, locked in the order (lot, place).

    A bulk item's one lot lies in every depot: with ``places``, only the depots of those are read; with ``near``,
    bulk is read only there, for it goes to a place of the same depot.
    """
    values = {"lots": list(lot_ids), "places": [*places, *near], "today": today}
    where = "there" if places else "bulk there" if near else ""
    return _lock(session, caller, _of_lots(caller, where), values, requests)


def lock_items(
    session: Session,
    caller: Caller,
    item_codes: Collection[str],
    *,
    places: Collection[UUID],
    own: bool,
    requests: Collection[UUID],
    today: date,
) -> Holdings:
    """All balances of these items in the depots of these places and, with ``own``, at the caller's own depots."""
    values = {"codes": list(item_codes), "places": list(places), "today": today}
    return _lock(session, caller, _of_items(caller, own=own), values, requests)


# Built once for a caller: building a statement costs more than running it
@lru_cache(maxsize=512)
def _of_lots(caller: Caller, where: str) -> Prepared:
    statement, lists = _BY_LOT, ["lots", "requests"]
    if where:
        lists.append("places")
        there = Stock.depot_id.in_(_NAMED_DEPOTS)
        statement = statement.where(there if where == "there" else or_(there, Item.tracking != Tracking.BULK))
    elif (depots := _depots_within(caller)) is not None:
        statement = statement.where(Stock.depot_id.in_(depots))
    return Prepared(statement.where(_within(caller)), lists)


@lru_cache(maxsize=512)
def _of_items(caller: Caller, *, own: bool) -> Prepared:
    there: Any = Stock.depot_id.in_(_NAMED_DEPOTS)
    if own:
        there = or_(there, Stock.depot_id.in_(caller.own_depots()))
    return Prepared(_BY_ITEM.where(there, _within(caller)), ["codes", "places", "requests"])


def _within(caller: Caller) -> ColumnElement[bool]:
    """Where the caller may see, and what they hold of any depot: it comes back after they were moved elsewhere, too."""
    return or_(reach(caller, Act.SEE, Stock.depot_id, Depot.district_code), in_own_hands(caller))


def _depots_within(caller: Caller) -> Any | None:
    """The depots that ``_within`` is about, for an index to find; None where that is the city.

    A bulk item's lot lies in every depot: by the condition alone, its balances in all of them would be read.
    """
    depot, hands = aliased(Depot), aliased(Place)
    seen = reach(caller, Act.SEE, depot.id, depot.district_code)
    if isinstance(seen, True_):
        return None
    return union_all(select(depot.id).where(seen), select(hands.depot_id).where(hands.person_id == caller.person_id))


def _lock(
    session: Session, caller: Caller, statement: Prepared, values: dict[str, Any], requests: Collection[UUID]
) -> Holdings:
    holdings = Holdings()
    for row in statement.all(session, {**values, "me": caller.person_id, "requests": list(requests)}):
        place_id, depot_id, outside, in_reach, *told, was_there = row[_L:]
        spot = Spot(place_id, depot_id, outside, in_reach)
        holdings.rows.append(Holding(ItemFacts(*row[:_I]), LotView(*row[_I:_L]), spot, *told))
        holdings.repeated |= bool(was_there)
    return holdings
