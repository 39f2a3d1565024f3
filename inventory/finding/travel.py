"""How far and how long: points, the nearest first, and the roads between them behind one small interface.

The model that comes along knows no roads: the straight line, lengthened, at one speed. An exact road engine takes its
place by the setting ``READYSHELF_ROADS=package.module:factory``; the factory is called with the settings.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import heapify, heappop, heappush
from importlib import import_module
from itertools import takewhile
from typing import Any, Generic, Protocol, TypeVar

from core.errors import bad_field
from core.languages import N_
from core.settings import Settings

EARTH_M = 6_371_008.8  # mean radius (IUGG)
CELL = 0.02  # degrees: about 2 km
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
        raise bad_field(field, N_("write a point as latitude,longitude in degrees, such as 22.53,113.94")) from None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):  # NaN too
        raise bad_field(field, N_("write a point as latitude,longitude in degrees, such as 22.53,113.94"))
    return Point(lat, lon)


class Nearby(Generic[Thing]):
    """Things at points, told nearest first, looking only as far as is asked for.

    They lie in cells of two kilometres; a cell is opened when nothing nearer can be left. So the cost is by the cells
    of the map (which does not grow with the number of depots) and by what is taken.
    """

    def __init__(self, things: Iterable[tuple[Point, Thing]]) -> None:
        cells: dict[tuple[int, int], list[tuple[Point, Thing]]] = defaultdict(list)
        for point, thing in things:
            cells[math.floor(point.lat / CELL), math.floor(point.lon / CELL)].append((point, thing))
        self._cells = list(cells.values())
        self._boxes = [_box([point for point, _ in cell]) for cell in self._cells]

    def nearest(self, point: Point) -> Iterator[tuple[float, Thing]]:
        """(straight metres, thing), the nearest first."""
        closed = [(_least(point, box), number) for number, box in enumerate(self._boxes)]
        heapify(closed)
        opened: list[tuple[float, int, int]] = []
        while closed or opened:
            while closed and (not opened or closed[0][0] <= opened[0][0]):
                _, number = heappop(closed)
                for place, (there, _thing) in enumerate(self._cells[number]):
                    heappush(opened, (straight_m(point, there), number, place))
            distance, number, place = heappop(opened)
            yield distance, self._cells[number][place][1]

    def within(self, point: Point, metres: float) -> list[tuple[float, Thing]]:
        """Everything no farther than so many straight metres, the nearest first."""
        return list(takewhile(lambda found: found[0] <= metres, self.nearest(point)))


_Box = tuple[float, float, float, float]


def _box(points: Sequence[Point]) -> _Box:
    lats, lons = [point.lat for point in points], [point.lon for point in points]
    return min(lats), max(lats), min(lons), max(lons)


def _least(point: Point, box: _Box) -> float:
    """No point of the box is nearer than this: the way to its edge, a little shortened, for the earth is round."""
    edge = Point(min(max(point.lat, box[0]), box[1]), min(max(point.lon, box[2]), box[3]))
    return 0.99 * straight_m(point, edge)
