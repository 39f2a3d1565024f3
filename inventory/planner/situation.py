"""What a plan starts from: open gaps, what each depot can do without, and the ways between them.

Spare is what lies loose on a shelf, is fit, sealed, in date for a while yet, not overdue for a check that blocks, not
reserved and not promised to an open transfer, beyond what the depot itself keeps. Kits, vehicles and what is in them
stay where they are: moving one moves its load. What is on its way to a depot already fills its gap.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.settings import Settings
from depots.lists import depot_filters
from depots.models import Depot, DepotRequirement, DepotStatus, Level, Place, PlaceKind
from depots.requirements import holds_on
from inventory.catalogue.models import Item
from inventory.documents.models import Transfer, TransferLine, TransferState
from inventory.finding.models import Reservation
from inventory.finding.ready import standing, taken_since
from inventory.finding.travel import Nearby, Point, Roads, roads_of
from inventory.fitness.judging import ready_stock
from inventory.planner.rules import Edge, Gap, Limit, Pair, Supply, Task, Terms, needs, prices_from
from inventory.readiness.counting import Amount, amount_for, amounts, group_members
from inventory.stock.models import Lot, Stock
from people.policy import Act, Caller, may_in_city, reach

ZERO = Decimal(0)
MOST_GIVERS = 60  # per gap and item: who needs more to fill a gap is told that ways were left out
Key = tuple[UUID, UUID]  # depot, item
Raised = Mapping[tuple[UUID, str], Decimal]  # depot, subject: a minimum in place of the usual one


@dataclass(frozen=True)
class Scope:
    """Whose gaps: of a district, of a type, or (neither) of all depots within the caller's reach."""

    district: str | None = None
    type_code: str | None = None


@dataclass
class City:
    """The depots within the caller's reach: what they must hold, have, and can do without."""

    terms: Terms
    points: dict[UUID, Point | None]
    in_scope: set[UUID]
    lines: list[Any]
    have: dict[UUID, dict[UUID, Amount]]
    members: dict[str, set[UUID]]
    items: dict[UUID, Any]
    raised: Raised
    coming: dict[Key, Decimal] = field(default_factory=dict)  # by open transfers
    going: dict[Key, Decimal] = field(default_factory=dict)  # by transfers asked for, and put aside for somebody
    loose: dict[Key, Decimal] = field(default_factory=dict)  # what may be given away at all

    def minimum(self, line: Any) -> Decimal:
        """What a requirement asks for, under a watch more."""
        return max(line.minimum, self.raised.get((line.depot_id, line.subject), ZERO)) if self.raised else line.minimum

    def subjects(self, line: Any) -> tuple[UUID, ...]:
        """The items that count towards a requirement: none for sizes, of which nothing is planned (T49)."""
        if line.item_id is not None:
            return (line.item_id,)
        members = [item_id for item_id in self.members.get(line.group_code, ()) if item_id in self.items]
        return tuple(sorted(members, key=lambda item_id: self.items[item_id].code))

    @cached_property
    def gaps(self) -> list[Gap]:
        """The open gaps in scope, what is on its way counted in; in whole units, rounded up.

        Worked out once, when all but ``loose`` is read: a city has two hundred thousand requirements.
        """
        found = []
        for line in self.lines:
            if line.depot_id not in self.in_scope:
                continue
            if line.level == Level.RECOMMENDED and not self.terms.recommended:
                continue
            minimum = self.minimum(line)
            there = amount_for(line.item_id, line.group_code, self.have.get(line.depot_id, {}), self.members).ready
            if there >= minimum:
                continue
            items = self.subjects(line)
            there += sum((self.coming.get((line.depot_id, item_id), ZERO) for item_id in items), ZERO)
            short = math.ceil(minimum - there)
            if short > 0 and items:
                found.append(Gap(line.depot_id, line.subject, line.level, short, items))
        return found

    def keeps(self, line: Any, *, least: bool = False) -> Decimal:
        """What a giving depot keeps of a requirement; at ``least`` its minimum."""
        return max(self.minimum(line), line.par if self.terms.keeps == "par" and not least else ZERO)

    def supplies(self, *, least: bool = False) -> list[Supply]:
        """What depots can do without, in whole units, rounded down."""
        kept = {
            key: self.keeps(line, least=least)
            for line in self.lines
            if (key := (line.depot_id, line.item_id)) in self.loose
        }
        found = []
        for (depot_id, item_id), loose in self.loose.items():
            ready = self.have.get(depot_id, {}).get(item_id, Amount()).ready
            spare = min(loose, ready - kept.get((depot_id, item_id), ZERO))
            spare -= self.going.get((depot_id, item_id), ZERO)
            if spare >= 1:
                found.append(Supply(depot_id, item_id, int(spare)))
        return found

    def limits(self) -> list[Limit]:
        """What depots can do without of any-of groups."""
        found = []
        for line in self.lines:
            if line.group_code is None:
                continue
            items = self.subjects(line)
            if not items:
                continue
            ready = amount_for(None, line.group_code, self.have.get(line.depot_id, {}), self.members).ready
            ready -= sum((self.going.get((line.depot_id, item_id), ZERO) for item_id in items), ZERO)
            found.append(Limit(line.depot_id, frozenset(items), max(0, int(ready - self.keeps(line)))))
        return found


def read_city(
    session: Session,
    caller: Caller,
    terms: Terms,
    scope: Scope,
    now: datetime,
    today: date,
    *,
    raised: Raised | None = None,
    only: Collection[UUID] | None = None,
    items: Collection[UUID] | None = None,
) -> City:
    """The depots where the caller may plan (or ``only`` some of them), as they are now. Some ten queries.

    What may be given away is read for ``items``, or for those that fill a gap.
    """
    within = [Depot.status == DepotStatus.OPEN, reach(caller, Act.APPROVE, Depot.id, Depot.district_code)]
    if only is not None:
        within.append(Depot.id.in_(only))
    depots = session.execute(select(Depot.id, Depot.lat, Depot.lon).where(*within)).all()
    ids = [row.id for row in depots]
    some = None if only is None and may_in_city(caller, Act.APPROVE) else ids
    chosen = select(Depot.id).where(*within, *depot_filters(scope.district, scope.type_code))
    catalogue = select(Item.id, Item.code, Item.category_code, Item.holds, Item.consumable, Item.expires)
    city = City(
        terms,
        {row.id: None if row.lat is None or row.lon is None else Point(row.lat, row.lon) for row in depots},
        set(session.execute(chosen).scalars()),
        list(session.execute(_required(today, some))),
        amounts(session, today, some),
        group_members(session),
        {row.id: row for row in session.execute(catalogue)},
        raised or {},
    )
    _under_way(session, city, now)
    wanted = {item_id for gap in city.gaps for item_id in gap.items} if items is None else items
    city.loose = read_loose(session, city, today, wanted)
    return city


def _required(today: date, depot_ids: Collection[UUID] | None) -> Select[*tuple[Any, ...]]:
    lines = select(
        DepotRequirement.depot_id,
        DepotRequirement.subject,
        DepotRequirement.item_id,
        DepotRequirement.group_code,
        DepotRequirement.level,
        DepotRequirement.minimum,
        DepotRequirement.par,
    ).where(holds_on(today))
    return lines if depot_ids is None else lines.where(DepotRequirement.depot_id.in_(depot_ids))


def _under_way(session: Session, city: City, now: datetime) -> None:
    """What open transfers bring and take, and what is put aside for somebody."""
    asked = select(Transfer.from_depot_id, Transfer.to_depot_id, TransferLine.item_id, TransferLine.quantity).join(
        TransferLine, TransferLine.transfer_id == Transfer.id
    )
    sent = (
        select(Transfer.from_depot_id, Transfer.to_depot_id, Stock.item_id, Stock.quantity)
        .join(Stock, Stock.place_id == Transfer.id)
        .where(Transfer.closed_at.is_(None), Transfer.state == TransferState.SENT, Stock.quantity > 0)
    )
    coming: dict[Key, Decimal] = defaultdict(Decimal)
    going: dict[Key, Decimal] = defaultdict(Decimal)
    for giver, receiver, item_id, quantity in session.execute(asked.where(Transfer.state == TransferState.REQUESTED)):
        going[giver, item_id] += quantity
        coming[receiver, item_id] += quantity
    for _giver, receiver, item_id, quantity in session.execute(sent):
        coming[receiver, item_id] += quantity
    aside = select(Reservation.depot_id, Reservation.item_id, Reservation.quantity, taken_since())
    for depot_id, item_id, quantity, taken in session.execute(aside.where(*standing(now))):
        going[depot_id, item_id] += max(ZERO, quantity - Decimal(taken))
    city.coming, city.going = coming, going


def _carried() -> Any:
    """The ids of kits and vehicles as places, and of all places inside them."""
    carried = select(Place.id).where(Place.kind.in_((PlaceKind.VEHICLE, PlaceKind.KIT))).cte("carried", recursive=True)
    inner = aliased(Place)
    return carried.union(select(inner.id).join(carried, inner.parent_id == carried.c.id))


def loose_stock(today: date) -> Any:
    """Sealed stock that counts as ready and lies in no kit or vehicle, nor is one; to be narrowed and grouped."""
    carried = _carried()
    # a join, not NOT IN: PostgreSQL overestimates the recursion, and would search the whole list for every balance
    return (
        ready_stock(today)
        .outerjoin(carried, carried.c.id == Stock.place_id)
        .where(
            or_(Item.holds.is_(None), Item.holds == "device"),
            Lot.opened_on.is_(None),
            ~Stock.outside,
            carried.c.id.is_(None),
        )
    )


def read_loose(session: Session, city: City, today: date, items: Collection[UUID]) -> dict[Key, Decimal]:
    """Per depot and item what may be given away at all."""
    ends = today + timedelta(days=city.terms.days_left)
    statement = (
        loose_stock(today)
        .with_only_columns(Stock.depot_id, Stock.item_id, func.sum(Stock.quantity))
        .where(
            Stock.depot_id.in_(list(city.points)),
            Stock.item_id.in_(list(items)),
            or_(Lot.usable_through.is_(None), Lot.usable_through >= ends),
        )
        .group_by(Stock.depot_id, Stock.item_id)
    )
    return {(depot_id, item_id): quantity for depot_id, item_id, quantity in session.execute(statement)}


def task_of(city: City, settings: Settings) -> Task:
    """What the solver is given: the gaps, and for each gap and item the nearest givers, as many as can fill it."""
    gaps = city.gaps
    supplies = city.supplies()
    ways, left_out = _ways(city, gaps, supplies)
    km = kilometres(city.points, {(edge.giver, edge.receiver) for edge in ways}, roads_of(settings))
    limits, prices = tuple(city.limits()), prices_of(city, settings)
    return Task(tuple(gaps), tuple(supplies), limits, tuple(ways), km, prices, city.terms, left_out)


def prices_of(city: City, settings: Settings) -> dict[UUID, float]:
    """Yuan for a base unit of each item, by its category: the catalogue holds no prices."""
    by_category = prices_from(settings.plan_prices)
    return {row.id: by_category[row.category_code] for row in city.items.values() if row.category_code in by_category}


def _ways(city: City, gaps: Iterable[Gap], supplies: Iterable[Supply]) -> tuple[list[Edge], int]:
    """The ways from givers to gaps, and how many from farther off are left out."""
    givers: dict[UUID, list[tuple[Point, UUID]]] = defaultdict(list)
    spare: dict[Key, int] = {}
    for supply in supplies:
        point = city.points.get(supply.depot_id)
        if point is not None:
            givers[supply.item_id].append((point, supply.depot_id))
            spare[supply.depot_id, supply.item_id] = supply.quantity
    near = {item_id: Nearby(found) for item_id, found in givers.items()}
    ways: list[Edge] = []
    left_out = 0
    for (depot_id, item_id), short in needs(gaps).items():
        point = city.points[depot_id]
        if point is None or item_id not in near:
            continue
        chosen, coming = list[UUID](), 0
        for _, giver in near[item_id].nearest(point):
            if len(chosen) >= MOST_GIVERS or (len(chosen) >= city.terms.nearest and coming >= short):
                break
            if giver != depot_id:
                chosen.append(giver)
                coming += spare[giver, item_id]
        ways += [Edge(giver, depot_id, item_id) for giver in chosen]
        left_out += len(givers[item_id]) - ((depot_id, item_id) in spare) - len(chosen)
    return ways, left_out


def kilometres(points: Mapping[UUID, Point | None], pairs: Iterable[Pair], roads: Roads) -> dict[Pair, float]:
    """Kilometres by road of one trip, there and back, rounded to a hundred metres."""
    givers: dict[UUID, list[UUID]] = defaultdict(list)
    for giver, receiver in pairs:
        givers[receiver].append(giver)
    found: dict[Pair, float] = {}
    for receiver, froms in givers.items():
        target = points[receiver]
        origins = [point for point in (points[giver] for giver in froms) if point is not None]
        assert target is not None, "only depots with a point have ways"
        for giver, leg in zip(froms, roads.legs(origins, target), strict=True):
            found[giver, receiver] = round(leg.distance_m * 2 / 1000, 1)
    return found
