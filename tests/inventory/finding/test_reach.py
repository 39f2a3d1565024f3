"""Cover, its holes and what-if, against slow references on random cities."""

import random
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refusal
from core.settings import Settings
from inventory.finding.memory import Capability, KnownDepot, Part, Spot
from inventory.finding.reach import City, Loaner, covered, having, reach_of, short_of, soonest
from inventory.finding.travel import Leg, Nearby, Point, StraightRoads, read_point, roads_of, straight_m

ROADS = StraightRoads(25, 1.4, 1)
ITEMS = [UUID(int=number) for number in range(1, 5)]
PUMP, HOSE, AED, SPARE = ITEMS
CAPABILITIES = [
    Capability("drain", "", "", (Part((PUMP, SPARE), Decimal(2)), Part((HOSE,), Decimal(1)))),
    Capability("aed", "", "", (Part((AED,), Decimal(1)),)),
    Capability("pump", "", "", (Part((PUMP,), Decimal(1)),)),
]
points = st.builds(Point, st.floats(22.4, 22.8), st.floats(113.7, 114.4))


class City30:
    """A random city: depots and other points within a few kilometres, with some of everything."""

    def __init__(self, seed: int, count: int = 30) -> None:
        rng = random.Random(seed)
        point = lambda: Point(22.5 + rng.random() * 0.05, 113.9 + rng.random() * 0.05)  # noqa: E731
        self.depots = [
            KnownDepot(UUID(int=1000 + n), f"D{n:02d}", "", "", "440305", "", "", point()) for n in range(count)
        ]
        self.spots = [
            *(Spot("depot", one.code, "", "", "440305", one.id, one.point) for one in self.depots if one.point),
            *(Spot("subdistrict", f"S{n}", "", "", "440305", None, point()) for n in range(10)),
        ]
        self.ready = {one.id: {item: Decimal(rng.choice([0, 0, 1, 1, 2, 3])) for item in ITEMS} for one in self.depots}
        self.nearby = Nearby((one.point, one) for one in self.depots if one.point)
        self.reached = reach_of(self.spots, self.nearby, ROADS, 5)
        self.city = City(CAPABILITIES, self.reached, self.ready)


def slowly_covered(town: City30, capability: Capability, ready: dict[UUID, dict[UUID, Decimal]]) -> set[str]:
    """Every spot against every depot, every part against every item."""
    found = set()
    for spot in town.spots:
        for depot in town.depots:
            able = all(
                sum(ready[depot.id][item] for item in part.item_ids) >= part.quantity for part in capability.parts
            )
            assert depot.point
            minutes = 1 + straight_m(depot.point, spot.point) * 1.4 / 1000 / 25 * 60
            if able and minutes <= 5:
                found.add(spot.code)
    return found


@pytest.mark.parametrize("seed", range(20))
def test_cover_equals_the_slow_reference_on_random_cities(seed: int) -> None:
    town = City30(seed)
    for capability in CAPABILITIES:
        quick = {spot.code for spot in covered(town.reached, having(capability, town.ready))}
        assert quick == slowly_covered(town, capability, town.ready)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_lost_without_a_piece_equals_the_slow_reference(seed: int) -> None:
    town, rng = City30(seed, 15), random.Random(seed)
    for depot in rng.sample(town.depots, 5):
        missing = {rng.choice(ITEMS): Decimal(rng.choice([1, 2]))}
        told = {
            loss.capability.code: {spot.code for spot in loss.spots} for loss in town.city.losses(depot.id, missing)
        }
        after = changed(town.ready, depot.id, missing)
        for capability in CAPABILITIES:
            gone = slowly_covered(town, capability, town.ready) - slowly_covered(town, capability, after)
            assert told.get(capability.code, set()) == gone, capability.code


@pytest.mark.parametrize("seed", range(20))
def test_a_loaner_is_told_exactly_where_the_slow_reference_finds_that_it_restores_everything(seed: int) -> None:
    town, rng = City30(seed, 12), random.Random(seed)
    depot = rng.choice(town.depots)
    missing = {PUMP: Decimal(1)}
    assert depot.point
    near = [one.id for _, one in town.nearby.nearest(depot.point)]
    told = town.city.loaners(depot.id, missing, near, most=100)
    wanted: dict[UUID, Decimal] = {}
    for capability in CAPABILITIES:
        if not short_of(capability, town.ready[depot.id]):
            after = changed(town.ready, depot.id, missing)[depot.id]
            for place, short in short_of(capability, after):
                for item in capability.parts[place].item_ids:
                    wanted[item] = max(short, wanted.get(item, Decimal(0)))
    good = set()
    for giver in near:
        for item, quantity in wanted.items():
            if giver == depot.id or town.ready[giver][item] < quantity:
                continue
            after = changed(town.ready, depot.id, missing)
            after = changed(after, giver, {item: quantity})
            after = changed(after, depot.id, {item: -quantity})
            if all(slowly_covered(town, c, town.ready) <= slowly_covered(town, c, after) for c in CAPABILITIES):
                good.add(giver)
    assert {one.giver for one in told} == good
    places = [near.index(one.giver) for one in told]
    assert places == sorted(places)


def changed(ready: Any, depot: UUID, missing: dict[UUID, Decimal]) -> dict[UUID, dict[UUID, Decimal]]:
    left = dict(ready[depot])
    for item, quantity in missing.items():
        left[item] -= quantity
    return {**ready, depot: left}


def test_a_loaner_that_robs_peter_to_pay_paul_is_none() -> None:
    here, there = Point(22.5, 113.9), Point(22.6, 113.9)
    depots = [KnownDepot(uuid4(), code, "", "", "", "", "", point) for code, point in (("A", here), ("B", there))]
    spots = [Spot("depot", one.code, "", "", "", one.id, one.point) for one in depots if one.point]
    reached = reach_of(spots, Nearby((one.point, one) for one in depots if one.point), ROADS, 5)
    for spare, restored in ((1, False), (2, True)):
        ready = {depots[0].id: {AED: Decimal(1)}, depots[1].id: {AED: Decimal(spare)}}
        city = City(CAPABILITIES, reached, ready)
        loaner = Loaner(depots[1].id, AED, Decimal(1))
        assert [spot.code for loss in city.losses(depots[0].id, {AED: Decimal(1)}) for spot in loss.spots] == ["A"]
        assert city.restores(depots[0].id, {AED: Decimal(1)}, loaner) is restored


def test_help_for_a_hole_comes_from_where_it_is_soonest_by_road_not_by_the_straight_line() -> None:
    class River:
        """Whoever lives north of the river must drive round."""

        def legs(self, origins: Any, target: Point) -> list[Leg]:
            return [Leg(0, 60.0 if (one.lat > 22.5) != (target.lat > 22.5) else 20.0) for one in origins]

        def within_m(self, minutes: float) -> float:
            return 1e6

        def stated(self) -> dict[str, Any]:
            return {}

    north = KnownDepot(uuid4(), "N", "", "", "", "", "", Point(22.501, 113.9))
    south = KnownDepot(uuid4(), "S", "", "", "", "", "", Point(22.45, 113.9))
    spot = Spot("subdistrict", "X", "", "", "", None, Point(22.499, 113.9))
    found = soonest(spot, Nearby((one.point, one) for one in (north, south) if one.point), River())
    assert found and (found[0].code, found[1].minutes) == ("S", 20.0)
    nearby = Nearby((one.point, one) for one in (north, south) if one.point)
    assert set(reach_of([spot], nearby, River(), 30)[spot]) == {south.id}


@given(st.lists(points, max_size=60), points)
def test_the_nearest_come_first_and_none_is_left_out(there: list[Point], here: Point) -> None:
    found = list(Nearby((point, number) for number, point in enumerate(there)).nearest(here))
    assert sorted(number for _, number in found) == list(range(len(there)))
    assert all(one[0] <= other[0] for one, other in pairwise(found))
    assert [distance for distance, _ in found] == pytest.approx(sorted(straight_m(here, one) for one in there))


@given(points, points, st.floats(0, 60))
def test_nothing_farther_than_within_is_reached_in_time(one: Point, other: Point, minutes: float) -> None:
    if straight_m(one, other) > ROADS.within_m(minutes) + 0.01:
        assert ROADS.legs([one], other)[0].minutes > minutes


def test_the_model_is_stated_and_can_be_set_or_replaced() -> None:
    slow = roads_of(Settings(travel_speed_kmh=10, travel_detour=2, travel_start_minutes=0))
    leg = slow.legs([Point(22.5, 113.9)], Point(22.5 + 1 / 111.195, 113.9))[0]
    assert (round(leg.distance_m, -1), round(leg.minutes, 1)) == (2000, 12.0)
    assert slow.stated()["speed_kmh"] == 10
    named = roads_of(Settings(roads="tests.inventory.finding.test_reach:engine"))
    assert named.stated() == {"model": "exact"}


def engine(settings: Settings) -> Any:
    """What a city with a road engine of its own names in the settings."""

    class Exact(StraightRoads):
        def stated(self) -> dict[str, Any]:
            return {"model": "exact"}

    return Exact(settings.travel_speed_kmh, 1, 0)


@pytest.mark.parametrize("text", ["", "22", "a,b", "1,2,3", "91,0", "0,181", "nan,0", "inf,0"])
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        read_point(text, "near")
