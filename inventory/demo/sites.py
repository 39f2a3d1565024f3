"""Which depots the demo city has: the real mix of types, real sub-districts, coordinates on land."""

import math
import random
from dataclasses import dataclass

from depots.models import Post

# Stations per type at the end of November 2023, as the city told them: 1000 in all, under a headline of 1001 (T90)
TOLD = {"IND": 704, "OTH": 145, "SML": 70, "MAL": 31, "COM": 28, "CTR": 18, "HOS": 4}
# A small city shows each face at least once, the street-side depot first
FIRST = ("STR", "IND", "SML", "MAL", "COM", "CTR", "OTH", "HOS")
WOODED = frozenset({"盐田", "梅沙", "葵涌", "大鹏", "南澳", "马峦", "碧岭", "石岩", "梅林", "赤石", "鹅埠"})
SITES = {
    "CTR": (("街道中心", "Centre"),),
    "IND": (
        ("科技园", "Science Park"),
        ("第一工业区", "No. 1 Industrial Zone"),
        ("智造园", "Smart Works Park"),
        ("产业园", "Business Park"),
        ("电子城", "Electronics Town"),
    ),
    "MAL": (("购物中心", "Shopping Centre"), ("天虹商场", "Rainbow Mall"), ("广场", "Plaza")),
    "COM": (("社区党群中心", "Community Centre"), ("社区", "Community")),
    "SML": (("小型消防站", "Small Fire Station"),),
    "HOS": (("人民医院", "People's Hospital"),),
    "OTH": (("救援仓库", "Rescue Warehouse"), ("公益场馆", "Public Hall"), ("森林防火哨所", "Forest Fire Post")),
    "STR": (("商业中心街面", "High Street"),),
}


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


SURNAMES = "陈李黄张林刘王吴罗杨"
GIVEN = ("志强", "伟明", "丽娟", "建华", "小燕", "国栋", "文静", "海波")
VACANT = 0.02  # of the crew posts


def types_of(count: int) -> list[str]:
    """The types of so many depots: the told mix, with one street-side depot beyond it."""
    if count >= sum(TOLD.values()) + 1:
        rest = count - sum(TOLD.values())
        return ["STR"] * rest + [code for code, number in TOLD.items() for _ in range(number)]
    chosen = list(FIRST[:count])
    total = sum(TOLD.values())
    while len(chosen) < count:
        # whichever type is furthest below its share comes next
        chosen.append(min(TOLD, key=lambda code: chosen.count(code) - len(chosen) * TOLD[code] / total))
    return chosen


def plan_city(count: int, seed: int, towns: list[Town]) -> list[PlannedDepot]:
    """The depots of a city; the same for the same count and seed."""
    spread = random.Random(f"city/{seed}")
    towns = sorted(towns, key=lambda town: town.code)
    spread.shuffle(towns)
    return [
        _plan(number, type_code, towns[(number - 1) % len(towns)], random.Random(f"depot/{seed}/{number}"))
        for number, type_code in enumerate(types_of(count), start=1)
    ]


def _plan(number: int, type_code: str, town: Town, rng: random.Random) -> PlannedDepot:
    site_zh, site_en = rng.choice(SITES[type_code])
    ordinal = (number - 1) // 78 + 1
    suffix = f"{ordinal}号" if ordinal > 1 else ""
    lat, lon = _near(town, rng)
    return PlannedDepot(
        number=number,
        code=f"{type_code}-{number:04d}",
        type_code=type_code,
        add_ons=_add_ons(type_code, town, rng),
        town=town,
        name_zh=f"{town.district_zh}{town.name_zh}{site_zh}{suffix}应急管理服务站",
        name_en=f"{town.name_en} {site_en} Emergency Station{f' No. {ordinal}' if ordinal > 1 else ''}",
        lat=lat,
        lon=lon,
        crew=rng.randint(10, 30),
        area_m2=65 if type_code == "STR" else rng.randint(40, 400),
        posts={post: rng.choice(SURNAMES) + rng.choice(GIVEN) for post in Post if rng.random() > VACANT},
    )


def _add_ons(type_code: str, town: Town, rng: random.Random) -> tuple[str, ...]:
    found = {"CTR": {"FLD", "QKE"}, "STR": {"RIO"}}.get(type_code, set())
    wooded = any(town.name_zh.startswith(name) for name in WOODED)
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
