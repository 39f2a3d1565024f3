"""Which depots the demo city has: the announced mix of types, the city's sub-districts, coordinates on land."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from core.settings import ROOT
from depots.models import Post


class DemoSet(msgspec.Struct, frozen=True):
    """What a plausible city is made of: the words of the reference city, from ``reference/demo.json``."""

    first: list[str]  # types: a small city shows each at least once, in this order
    wooded: list[str]  # how the names of sub-districts with woods begin
    phone_area: str
    sites: dict[str, list[tuple[str, str]]]  # by type


def read_demo_set() -> DemoSet:
    """The words of the demo city."""
    return msgspec.json.decode((ROOT / "reference" / "demo.json").read_bytes(), type=DemoSet)


@dataclass(frozen=True)
class Town:
    """A sub-district of the reference."""

    code: str
    district_code: str
    district_zh: str
    district_en: str
    name_zh: str
    name_en: str
    lat: float
    lon: float
    spread_km: float


@dataclass(frozen=True)
class PlannedDepot:
    """A depot before it is entered."""

    number: int
    code: str
    type_code: str
    add_ons: tuple[str, ...]
    town: Town
    name_zh: str
    name_en: str
    lat: float
    lon: float
    crew: int
    area_m2: int
    posts: dict[Post, str]  # who holds which; here and there one is vacant

    @property
    def address_zh(self) -> str:
        return f"{self.town.district_zh}{self.town.name_zh}演示路{self.number}号"


SURNAMES = "陈李黄张林刘王吴罗杨"
GIVEN = ("志强", "伟明", "丽娟", "建华", "小燕", "国栋", "文静", "海波")
VACANT = 0.02  # of the crew posts


def types_of(count: int, told: Mapping[str, int], first: list[str]) -> list[str]:
    """The types of so many depots: the announced mix (``told``), and beyond it the type that is shown ``first``."""
    total = sum(told.values())
    if total and count > total:
        return [first[0]] * (count - total) + [code for code, number in told.items() for _ in range(number)]
    chosen = list(first[:count])
    mix = told or dict.fromkeys(first, 1)
    total = sum(mix.values())
    while len(chosen) < count:
        # whichever type is furthest below its share comes next
        chosen.append(min(mix, key=lambda code: chosen.count(code) - len(chosen) * mix[code] / total))
    return chosen


def plan_city(count: int, seed: int, towns: list[Town], told: Mapping[str, int], demo: DemoSet) -> list[PlannedDepot]:
    """The depots of a city; the same for the same count and seed."""
    spread = random.Random(f"city/{seed}")
    towns = sorted(towns, key=lambda town: town.code)
    spread.shuffle(towns)
    return [
        _plan(number, type_code, towns, random.Random(f"depot/{seed}/{number}"), demo)
        for number, type_code in enumerate(types_of(count, told, demo.first), start=1)
    ]


def _plan(number: int, type_code: str, towns: list[Town], rng: random.Random, demo: DemoSet) -> PlannedDepot:
    town = towns[(number - 1) % len(towns)]
    site_zh, site_en = rng.choice(demo.sites[type_code])
    ordinal = (number - 1) // len(towns) + 1
    suffix = f"{ordinal}号" if ordinal > 1 else ""
    lat, lon = _near(town, rng)
    return PlannedDepot(
        number=number,
        code=f"{type_code}-{number:04d}",
        type_code=type_code,
        add_ons=_add_ons(type_code, town, rng, demo.wooded),
        town=town,
        name_zh=f"{town.district_zh}{town.name_zh}{site_zh}{suffix}应急管理服务站",
        name_en=f"{town.name_en} {site_en} Emergency Station{f' No. {ordinal}' if ordinal > 1 else ''}",
        lat=lat,
        lon=lon,
        crew=rng.randint(10, 30),
        area_m2=65 if type_code == "STR" else rng.randint(40, 400),
        posts={post: rng.choice(SURNAMES) + rng.choice(GIVEN) for post in Post if rng.random() > VACANT},
    )


def _add_ons(type_code: str, town: Town, rng: random.Random, woods: list[str]) -> tuple[str, ...]:
    found = {"CTR": {"FLD", "QKE"}, "STR": {"RIO"}}.get(type_code, set())
    wooded = town.name_zh.startswith(tuple(woods))
    if wooded and rng.random() < 0.5:
        found |= {"FOR", "WTR"}
    if type_code in ("IND", "MAL", "COM") and rng.random() < 0.15:
        found |= {"FLD"}
    return tuple(sorted(found))


def _near(town: Town, rng: random.Random) -> tuple[float, float]:
    """A point within the town's spread of its centre, which keeps it on land (small at the coast)."""
    distance, angle = town.spread_km * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
    lat = town.lat + distance * math.cos(angle) / 111.2
    lon = town.lon + distance * math.sin(angle) / (111.2 * math.cos(math.radians(town.lat)))
    return round(lat, 5), round(lon, 5)
