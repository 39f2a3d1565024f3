"""Who near me has it, ready now: the question of one o'clock at night (T69).

It costs by what it shows. What is meant, and which depots are near, is known in memory. The depots' own figures say
which of the nearest have any; only the few that will be shown are looked at shelf by shelf.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from core.errors import bad_field
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_quantity, write_quantity
from depots.models import Depot, PlaceKind
from inventory.catalogue.measures import Measure, measured
from inventory.catalogue.models import HOLDS_PARTS
from inventory.finding.memory import KnownDepot, KnownItem, Memory, remembered
from inventory.finding.ready import OnShelf, has_arrays, is_one_of, put_aside, ready_places
from inventory.finding.travel import Leg, Point, Roads, read_point
from inventory.finding.words import LONGEST, Match
from inventory.stock.models import DepotItem
from people.policy import Act, Caller, may_at

FIRST = 60  # depots that are asked first, the nearest
MANY = 100  # pairs beyond which shelves are asked for everywhere at once
RARE = 300  # an item that no more depots have is looked up by itself
AS_SURE = 3.0  # items meant nearly as surely as the likeliest are looked for together
TOGETHER = 4
LOOKS = 3  # times that more is looked at shelf by shelf when what the figures list turns out not to be ready
PLACES = 6  # shelves shown per offer
ZERO = Decimal(0)


class Meant(msgspec.Struct, frozen=True):
    """An item that the words may mean, how surely (0 to 100), and the trouble that led to it."""

    item: str
    item_zh: str
    item_en: str
    score: float
    trouble_zh: str | None
    trouble_en: str | None
    searched: bool  # whether offers of it were looked for


class Shelf(msgspec.Struct, frozen=True):
    """Where it lies."""

    id: UUID
    path_zh: str
    path_en: str
    kind: PlaceKind
    quantity: str


class Offer(msgspec.Struct, frozen=True):
    """A depot that has it, ready now. Metres and minutes by road, from the point that was asked about."""

    depot: str
    depot_zh: str
    depot_en: str
    phone: str
    hours: str
    lat: float | None
    lon: float | None
    distance_m: int | None
    minutes: float | None
    item: str
    item_zh: str
    item_en: str
    unit_zh: str
    unit_en: str
    ready: str
    enough: bool
    path_zh: str
    path_en: str
    places: list[Shelf]
    measure: Measure | None  # what is ready, in the second measure (T60)


class Found(msgspec.Struct, frozen=True):
    """The answer: the offers, the nearest first; what was understood; and what the minutes rest on."""

    items: list[Offer]
    meant: list[Meant]
    lat: float
    lon: float
    roads: dict[str, Any]
    complete: bool  # False: of kits, which are costly to look through, only the nearest were looked at


@dataclass(frozen=True)
class Question:
    """As asked. ``item`` names the item by its code in place of words."""

    q: str = ""
    near: str | None = None
    from_depot: str | None = None
    quantity: str = "1"
    item: str | None = None
    limit: int = 10


@dataclass
class _Search:
    session: Session
    caller: Caller
    memory: Memory
    now: datetime
    today: date
    origin: Point
    wanted: Sequence[KnownItem]
    complete: bool = True
    looked_at: dict[tuple[UUID, UUID], tuple[list[OnShelf], Decimal]] = field(default_factory=dict)  # depot, item

    def item_ids(self) -> list[UUID]:
        return [item.id for item in self.wanted]

    def shows(self, item: KnownItem, depot: KnownDepot) -> bool:
        """Regulated gear is shown where the caller may look anyway, and hidden from other depots' search (T96)."""
        return not item.controlled or may_at(self.caller, Act.SEE, depot.id, depot.district_code)


class _Pair(NamedTuple):
    """A depot that has some of an item within reach, whatever its date."""

    depot: KnownDepot
    item: KnownItem


def find(session: Session, caller: Caller, question: Question, now: datetime, today: date, roads: Roads) -> Found:
    """The offers for a question. Eight queries at most, whatever the city's size, if the item is rare or near."""
    memory = remembered(session)
    quantity = read_quantity(question.quantity)
    origin = origin_of(session, memory, caller, question)
    meant, wanted = _meant(memory, question)
    search = _Search(session, caller, memory, now, today, origin, wanted)
    offers: list[Offer] = []
    if wanted:
        told: set[tuple[UUID, UUID]] = set()
        offers = _offers(search, roads, quantity, quantity, question.limit, told)
        if len(offers) < question.limit and quantity > 1:
            # Nobody else has enough alone: who has at least some
            offers += _offers(search, roads, ZERO, quantity, question.limit - len(offers), told)
    return Found(offers, meant, origin.lat, origin.lon, roads.stated(), search.complete)


def origin_of(session: Session, memory: Memory, caller: Caller, question: Question) -> Point:
    """The point asked about: the one named, the depot or the place named, else the caller's first depot."""
    if question.near:
        return read_point(question.near, "near")
    if question.from_depot:
        point, field = memory.origin(question.from_depot), "from_depot"
    else:
        own, field = caller.own_depots(), "near"
        first = select(Depot.code).where(Depot.id.in_(own[:1]))
        code = session.execute(first).scalar_one_or_none() if own else None
        point = memory.depots[code].point if code in memory.depots else None
    if point is None:
        raise bad_field(field, N_("say from where: a depot by its code, or a point as latitude,longitude"))
    return point


def enough_together(offers: Sequence[Offer], wanted: Decimal) -> tuple[int, Decimal]:
    """How many of the offers, the nearest first, have that many together, and how many they have; all if too few."""
    ready, depots = ZERO, dict[str, None]()
    for offer in offers:
        if ready >= wanted:
            break
        ready += Decimal(offer.ready)
        depots[offer.depot] = None
    return len(depots), ready


def _meant(memory: Memory, question: Question) -> tuple[list[Meant], list[KnownItem]]:
    if question.item:
        item = memory.items.get(question.item)
        if item is None:
            raise bad_field("item", N_("there is no item with the code {code}"), code=question.item)
        return [_meanings(memory, Match(item.code, 100.0), searched=True)], [item]
    words = clean_text(question.q, "q", LONGEST, required=True)
    matches = memory.words.search(words)
    sure = [match.item for match in matches if match.score >= matches[0].score - AS_SURE][:TOGETHER]
    return [_meanings(memory, match, searched=match.item in sure) for match in matches], [
        memory.items[code] for code in sure
    ]


def items_called(session: Session, words: str) -> list[str]:
    """The codes of the items that are called so by any of their names (T92): those that the finder would look for."""
    matches = [match for match in remembered(session).words.search(words[:LONGEST]) if match.trouble is None]
    return [match.item for match in matches if match.score >= matches[0].score - AS_SURE]


def _meanings(memory: Memory, match: Match, *, searched: bool) -> Meant:
    item = memory.items[match.item]
    zh, en = memory.troubles[match.trouble] if match.trouble else (None, None)
    return Meant(item.code, item.name_zh, item.name_en, match.score, zh, en, searched)


def _offers(
    search: _Search, roads: Roads, least: Decimal, wanted: Decimal, limit: int, told: set[tuple[UUID, UUID]]
) -> list[Offer]:
    """The nearest offers of at least ``least`` that were not offered yet."""
    offers: list[Offer] = []
    looks = 0
    for pairs in _candidates(search, least):
        left = [pair for pair in pairs if (pair.depot.id, pair.item.id) not in told]
        while left:
            if looks >= LOOKS:  # much is listed, nothing of it is ready: all the rest at once, but for kits
                search.complete &= all(pair.item.holds not in HOLDS_PARTS for pair in left)
                left = [pair for pair in left if pair.item.holds not in HOLDS_PARTS]
            size = limit << looks if looks < LOOKS else len(left)
            chunk, left = left[:size], left[size:]
            looks += 1
            found = list(_ready(search, chunk, least)) if chunk else []
            points = [pair.depot.point for pair, _, _ in found if pair.depot.point is not None]
            legs = iter(roads.legs(points, search.origin))
            for pair, shelves, ready in found:
                told.add((pair.depot.id, pair.item.id))
                leg = None if pair.depot.point is None else next(legs)
                offers.append(_offer(pair, shelves, ready, leg, enough=ready >= wanted))
            if len(offers) >= limit:
                return _nearest_first(offers)[:limit]
    return _nearest_first(offers)


def _nearest_first(offers: list[Offer]) -> list[Offer]:
    """A road engine may see it otherwise than the straight line; the likelier item goes first at one depot."""
    return sorted(offers, key=lambda offer: (offer.minutes is None, offer.minutes or 0.0))


def _candidates(search: _Search, least: Decimal) -> Iterator[list[_Pair]]:
    """Depots with enough on their figures, the nearest first, in growing batches; a rare item's all at once."""
    order = search.memory.nearest(search.origin)
    batch, asked = FIRST, set[UUID]()
    while near := list(islice(order, batch)):
        pairs = _have(search, least, near)
        yield pairs
        asked |= {depot.id for _, depot in near}
        if batch == FIRST:
            rare = _have_of_all(search, least)
            if rare is not None:
                rest = [(straight, depot) for straight, depot in order if depot.id in rare]
                yield _pairs(search, rest, rare)
                return
        batch *= 2


@cache
def _haves(*, arrays: bool, near: bool) -> Select[UUID, UUID]:
    statement = select(DepotItem.depot_id, DepotItem.item_id).where(
        is_one_of(DepotItem.item_id, "items", arrays=arrays),
        DepotItem.in_reach > 0,
        DepotItem.in_reach >= bindparam("least"),
    )
    return (
        statement.where(is_one_of(DepotItem.depot_id, "depots", arrays=arrays)) if near else statement.limit(RARE + 1)
    )


def _have(search: _Search, least: Decimal, near: Sequence[tuple[float | None, KnownDepot]]) -> list[_Pair]:
    values = {"least": least, "items": search.item_ids(), "depots": [depot.id for _, depot in near]}
    statement = _haves(arrays=has_arrays(search.session), near=True)
    return _pairs(search, near, _by_depot(search.session.connection().execute(statement, values)))


def _have_of_all(search: _Search, least: Decimal) -> dict[UUID, set[UUID]] | None:
    """Every depot that has one of the items, if these are few; else None."""
    values = {"least": least, "items": search.item_ids()}
    rows = search.session.connection().execute(_haves(arrays=has_arrays(search.session), near=False), values).all()
    return None if len(rows) > RARE else _by_depot(rows)


def _by_depot(rows: Iterable[Any]) -> dict[UUID, set[UUID]]:
    have: dict[UUID, set[UUID]] = {}
    for depot_id, item_id in rows:
        have.setdefault(depot_id, set()).add(item_id)
    return have


def _pairs(
    search: _Search, near: Sequence[tuple[float | None, KnownDepot]], have: dict[UUID, set[UUID]]
) -> list[_Pair]:
    return [
        _Pair(depot, item)
        for _, depot in near
        if (there := have.get(depot.id))
        for item in search.wanted
        if item.id in there and search.shows(item, depot)
    ]


def _ready(search: _Search, pairs: Sequence[_Pair], least: Decimal) -> Iterator[tuple[_Pair, list[OnShelf], Decimal]]:
    """Of these, the ones that truly have it ready and not put aside for somebody else."""
    new = [pair for pair in pairs if (pair.depot.id, pair.item.id) not in search.looked_at]
    if new:
        _look(search, new)
    for pair in pairs:
        shelves, ready = search.looked_at[pair.depot.id, pair.item.id]
        if ready > 0 and ready >= least:
            yield pair, shelves, ready


def _look(search: _Search, pairs: Sequence[_Pair]) -> None:
    """Shelf by shelf. No pair is looked at twice for one question."""
    items = {pair.item.id for pair in pairs}
    depots = {pair.depot.id for pair in pairs} if len(pairs) <= MANY else None
    kits = any(pair.item.holds in HOLDS_PARTS for pair in pairs)
    places = ready_places(search.session, search.today, depots, items, kits=kits)
    aside = put_aside(search.session, search.now, depots, items, search.caller.person_id)
    for pair in pairs:
        key = (pair.depot.id, pair.item.id)
        shelves = places.get(key, [])
        ready = sum((shelf.quantity for shelf in shelves), ZERO) - aside.get(key, ZERO)
        search.looked_at[key] = shelves, ready


def _offer(pair: _Pair, shelves: list[OnShelf], ready: Decimal, leg: Leg | None, *, enough: bool) -> Offer:
    depot, item = pair.depot, pair.item
    return Offer(
        depot.code,
        depot.name_zh,
        depot.name_en,
        depot.phone,
        depot.hours,
        depot.point.lat if depot.point else None,
        depot.point.lon if depot.point else None,
        round(leg.distance_m) if leg else None,
        round(leg.minutes, 1) if leg else None,
        item.code,
        item.name_zh,
        item.name_en,
        item.unit_zh,
        item.unit_en,
        write_quantity(ready),
        enough,
        shelves[0].path_zh,
        shelves[0].path_en,
        [_shelf(one) for one in shelves[:PLACES]],
        measured(ready, item.measure_per, item.measure_zh, item.measure_en),
    )


def _shelf(one: OnShelf) -> Shelf:
    return Shelf(one.place_id, one.path_zh, one.path_en, one.kind, write_quantity(one.quantity))
