"""What a process keeps in memory for the finder: words, items, and where the depots are.

A counter, counted up whenever one of their tables changes, tells when it is old (``core/cached.py``).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cached import DATABASES, Cached
from core.errors import not_found
from core.languages import N_
from depots.city import city_of
from depots.city_models import CoverPoint
from depots.models import Depot, DepotStatus, Subdistrict
from inventory.catalogue.models import HOLDS_PARTS, MEASURE, Item
from inventory.finding.models import CapabilityPart, FindingState, Need, Synonym
from inventory.finding.travel import Nearby, Point
from inventory.finding.words import Meaning, WordIndex, index_of

SHORTEST_NAME = 2  # characters of a place's name


@dataclass(frozen=True)
class KnownItem:
    """What the finder must know of an item."""

    id: UUID
    code: str
    name_zh: str
    name_en: str
    unit_zh: str
    unit_en: str
    decimals: int
    controlled: bool
    holds: str | None
    measure_per: Decimal | None
    measure_zh: str | None
    measure_en: str | None


@dataclass(frozen=True)
class KnownDepot:
    """What the finder must know of an open depot."""

    id: UUID
    code: str
    name_zh: str
    name_en: str
    district_code: str
    phone: str
    hours: str
    point: Point | None


@dataclass(frozen=True)
class Part:
    """So many of any of some items."""

    item_ids: tuple[UUID, ...]
    quantity: Decimal


@dataclass(frozen=True)
class Capability:
    """What a depot can do when it has all the parts ready."""

    code: str
    name_zh: str
    name_en: str
    parts: tuple[Part, ...]

    @property
    def item_ids(self) -> set[UUID]:
        return {item_id for part in self.parts for item_id in part.item_ids}


@dataclass(frozen=True)
class Spot:
    """A point of the city that help must reach: a depot, a sub-district's centre, or another that the city names."""

    kind: str  # "depot", "subdistrict" or "point"
    code: str
    name_zh: str
    name_en: str
    district_code: str
    depot_id: UUID | None
    point: Point


@dataclass(frozen=True, eq=False)
class Memory:
    """The whole of it."""

    words: WordIndex
    items: dict[str, KnownItem]
    troubles: dict[str, tuple[str, str]]
    depots: dict[str, KnownDepot]
    nearby: Nearby[KnownDepot]
    capabilities: dict[str, Capability]
    spots: list[Spot]
    centre: Point | None  # of the city

    @cached_property
    def depot_words(self) -> WordIndex:
        """What the depots are called; made when somebody first looks for one."""
        index = WordIndex()
        for one in self.depots.values():
            index.add(Meaning(one.code, (one.code,)), [(one.code, 1.0), (one.name_zh, 1.0), (one.name_en, 1.0)])
        return index

    def capability(self, code: str) -> Capability:
        """The capability with this code; 404 if there is none."""
        if code not in self.capabilities:
            raise not_found(N_("there is no capability with the code {code}"), code=code)
        return self.capabilities[code]

    def kits_among(self, item_ids: Collection[UUID]) -> set[UUID]:
        """Which of these items are kits."""
        return {item.id for item in self.items.values() if item.holds in HOLDS_PARTS and item.id in item_ids}

    def depot(self, code: str) -> KnownDepot:
        """The open depot with this code; 404 if there is none."""
        if code not in self.depots:
            raise not_found(N_("there is no depot with the code {code}"), code=code)
        return self.depots[code]

    def origin(self, named: str) -> Point | None:
        """Where a search begins: the depot with this code, else the middle of the places that are called so (坪山).

        404 if nothing is.
        """
        called = named.strip().casefold()
        if named in self.depots or len(called) < SHORTEST_NAME:
            return self.depot(named).point
        points = [one.point for one in self.spots if called in one.name_zh or called in one.name_en.casefold()]
        if not points:
            return self.depot(named).point
        return Point(sum(one.lat for one in points) / len(points), sum(one.lon for one in points) / len(points))

    def nearest(self, point: Point) -> Iterator[tuple[float | None, KnownDepot]]:
        """Open depots, the nearest first; those of which nobody knows where they are come last."""
        yield from self.nearby.nearest(point)
        for depot in self.depots.values():
            if depot.point is None:
                yield None, depot


def remembered(session: Session) -> Memory:
    """The memory for the session's database, made anew if anything in it has changed. One query if not."""
    return _cached.of(session, session.connection().execute(_VERSION).scalar_one())


def _remember(session: Session) -> Memory:
    rows = session.execute(
        select(
            Item.id,
            Item.code,
            Item.name_zh,
            Item.name_en,
            Item.unit_zh,
            Item.unit_en,
            Item.decimals,
            Item.controlled,
            Item.holds,
            *MEASURE,
        )
        .where(Item.active)
        .order_by(Item.code)
    )
    items = {row.code: KnownItem(*row) for row in rows}
    codes = {item.id: item.code for item in items.values()}
    synonyms = session.execute(select(Synonym.item_id, Synonym.word).order_by(Synonym.item_id, Synonym.word))
    needs = session.execute(select(Need.code, Need.name_zh, Need.name_en, Need.words, Need.items).order_by(Need.code))
    needs_told = needs.all()
    words = _words(
        tuple((item.code, item.name_zh, item.name_en) for item in items.values()),
        tuple((codes[item_id], word) for item_id, word in synonyms if item_id in codes),
        tuple((code, (zh, en, *said.split("|")), tuple(helps.split())) for code, zh, en, said, helps in needs_told),
    )
    depots = _depots(session)
    city = city_of(session)
    return Memory(
        words,
        items,
        {code: (zh, en) for code, zh, en, _, _ in needs_told},
        depots,
        Nearby((depot.point, depot) for depot in depots.values() if depot.point is not None),
        _capabilities(session, items),
        _spots(session, depots),
        _point(city.lat, city.lon),
    )


@lru_cache(maxsize=DATABASES)
def _words(
    items: tuple[tuple[str, str, str], ...],
    synonyms: tuple[tuple[str, str], ...],
    needs: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...],
) -> WordIndex:
    """The index of the words. It costs 0.3 s of CPU, so a depot that moves or changes its telephone leaves it alone."""
    return index_of(items, synonyms, needs)


def _depots(session: Session) -> dict[str, KnownDepot]:
    rows = session.execute(
        select(
            Depot.id,
            Depot.code,
            Depot.name_zh,
            Depot.name_en,
            Depot.district_code,
            Depot.phone,
            Depot.hours,
            Depot.lat,
            Depot.lon,
        )
        .where(Depot.status == DepotStatus.OPEN)
        .order_by(Depot.code)
    )
    return {row.code: KnownDepot(*row[:7], _point(row.lat, row.lon)) for row in rows}


def _spots(session: Session, depots: dict[str, KnownDepot]) -> list[Spot]:
    spots = [
        Spot("depot", one.code, one.name_zh, one.name_en, one.district_code, one.id, one.point)
        for one in depots.values()
        if one.point is not None
    ]
    for kind, table in (("subdistrict", Subdistrict), ("point", CoverPoint)):
        rows = select(table.code, table.name_zh, table.name_en, table.district_code, table.lat, table.lon)
        for code, zh, en, district, lat, lon in session.execute(rows.where(table.active).order_by(table.code)):
            spots.append(Spot(kind, code, zh, en, district, None, Point(lat, lon)))
    return spots


def _point(lat: float | None, lon: float | None) -> Point | None:
    return None if lat is None or lon is None else Point(lat, lon)


def _capabilities(session: Session, items: dict[str, KnownItem]) -> dict[str, Capability]:
    """Those of which every part can be had: an item that the catalogue no longer has does not count towards a part."""
    parts: dict[str, list[Part]] = defaultdict(list)
    names: dict[str, tuple[str, str]] = {}
    rows = session.execute(select(CapabilityPart).order_by(CapabilityPart.capability, CapabilityPart.part)).scalars()
    for row in rows:
        names.setdefault(row.capability, (row.name_zh, row.name_en))
        known = tuple(items[code].id for code in row.items.split() if code in items)
        parts[row.capability].append(Part(known, row.quantity))
    return {code: Capability(code, *names[code], tuple(parts[code])) for code in parts}


_VERSION = select(FindingState.version)
_cached = Cached(_remember)
