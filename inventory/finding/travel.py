"""How far and how long: points, the nearest first, and the roads between them behind one small interface.

The model that comes along knows no roads: the straight line, lengthened, at one speed. An exact road engine takes its
place by the setting ``READYSHELF_ROADS=package.module:factory``; the factory is called with the settings.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import heapify, heappop
from importlib import import_module
from itertools import count, repeat, takewhile
from typing import Any, Generic, Protocol, TypeVar

from core.errors import bad_field
from core.languages import N_
from core.settings import Settings

EARTH_M = 6_371_008.8  # mean radius (IUGG)
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Point:
    """WGS84 degrees."""

    lat: float
    lon: float


@dataclass(frozen=True)
class Leg:
    """A way from one point to another by road."""

    distance_m: float
    minutes: float


class Roads(Protocol):
    """What knows the roads. ``legs`` tells the way from each origin to the target.

    ``within_m`` is a straight distance beyond which nothing is reached in so many minutes: it only saves questions.
    ``stated`` says in numbers what the answers rest on.
    """

    def legs(self, origins: Sequence[Point], target: Point) -> list[Leg]: ...
    def within_m(self, minutes: float) -> float: ...
    def stated(self) -> dict[str, Any]: ...
    def __hash__(self) -> int: ...  # answers are kept per engine


def straight_m(one: Point, other: Point) -> float:
    """Metres over the ground as the crow flies (haversine)."""
    lat, lon = math.radians(other.lat - one.lat), math.radians(other.lon - one.lon)
    cosines = math.cos(math.radians(one.lat)) * math.cos(math.radians(other.lat))
    chord = math.sin(lat / 2) ** 2 + cosines * math.sin(lon / 2) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(chord)))


@dataclass(frozen=True)
class StraightRoads:
    """Straight line × detour, at one speed, after a turn-out time."""

    speed_kmh: float
    detour: float
    start_minutes: float

    def legs(self, origins: Sequence[Point], target: Point) -> list[Leg]:
        return [self._leg(straight_m(origin, target)) for origin in origins]

    def _leg(self, straight: float) -> Leg:
        distance = straight * self.detour
        return Leg(distance, self.start_minutes + distance / 1000 / self.speed_kmh * 60)

    def within_m(self, minutes: float) -> float:
        return max(0.0, minutes - self.start_minutes) / 60 * self.speed_kmh * 1000 / self.detour

    def stated(self) -> dict[str, Any]:
        return {
            "model": "straight",
            "speed_kmh": self.speed_kmh,
            "detour": self.detour,
            "start_minutes": self.start_minutes,
        }


@lru_cache(maxsize=8)
def roads_of(settings: Settings) -> Roads:
    """The roads that the settings name."""
    if settings.roads:
        module, _, factory = settings.roads.partition(":")
        engine: Roads = getattr(import_module(module), factory)(settings)
        return engine
    return StraightRoads(settings.travel_speed_kmh, settings.travel_detour, settings.travel_start_minutes)


def read_point(text: str, field: str) -> Point:
    """A point as ``lat,lon`` in degrees. Refuses what is none."""
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        raise bad_field(field, N_("write a point as latitude,longitude in degrees, such as 12.34,56.78")) from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # NaN too
        raise bad_field(field, N_("write a point as latitude,longitude in degrees, such as 12.34,56.78"))
    return Point(lat, lon)


def _on_sphere(point: Point) -> tuple[float, float, float]:
    lat, lon = math.radians(point.lat), math.radians(point.lon)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


class Nearby(Generic[Thing]):
    """Things at points, nearest first: compared by the straight line through the earth, put in order only as far as
    somebody asks. The first of a thousand takes a quarter of a millisecond."""

    def __init__(self, things: Iterable[tuple[Point, Thing]]) -> None:
        told = list(things)
        self._things = [thing for _, thing in told]
        self._spots = [_on_sphere(point) for point, _ in told]

    def nearest(self, point: Point) -> Iterator[tuple[float, Thing]]:
        """(straight metres, thing), the nearest first."""
        # numpy would save a tenth of a millisecond and take 13 MB of every server
        heap = list(zip(map(math.dist, self._spots, repeat(_on_sphere(point))), count(), strict=False))
        heapify(heap)
        while heap:
            chord, number = heappop(heap)
            yield 2 * EARTH_M * math.asin(min(1.0, chord / 2)), self._things[number]

    def within(self, point: Point, metres: float) -> list[tuple[float, Thing]]:
        """Everything no farther than so many straight metres, the nearest first."""
        return list(takewhile(lambda found: found[0] <= metres, self.nearest(point)))
