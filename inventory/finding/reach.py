"""Five-minute cover, the rules: who can do what, which points are reached, and what if a piece is missing. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from inventory.finding.memory import Capability, KnownDepot, Memory, Spot
from inventory.finding.travel import Leg, Nearby, Roads

ZERO = Decimal(0)
Amounts = Mapping[UUID, Decimal]  # item -> ready
Reach = dict[Spot, dict[UUID, float]]  # spot -> depots within the time, with the minutes from each


def short_of(capability: Capability, ready: Amounts) -> list[tuple[int, Decimal]]:
    """The parts that a depot lacks, and how much of each; empty: it has the capability."""
    have = [sum((ready.get(item_id, ZERO) for item_id in part.item_ids), ZERO) for part in capability.parts]
    return [
        (place, part.quantity - there)
        for place, (part, there) in enumerate(zip(capability.parts, have, strict=True))
        if there < part.quantity
    ]


def having(capability: Capability, ready: Mapping[UUID, Amounts]) -> set[UUID]:
    """The depots that have a capability."""
    return {depot_id for depot_id, amounts in ready.items() if not short_of(capability, amounts)}


@lru_cache(maxsize=8)
def reach(memory: Memory, roads: Roads, minutes: float) -> Reach:
    """Which depots reach each spot in time. Cached for as long as depots, roads and time stay the same."""
    return reach_of(memory.spots, memory.nearby, roads, minutes)


def reach_of(spots: Iterable[Spot], nearby: Nearby[KnownDepot], roads: Roads, minutes: float) -> Reach:
    """As ``reach``: only depots that could be in time as the crow flies are asked about by road."""
    within = roads.within_m(minutes)
    found: Reach = {}
    for spot in spots:
        near = [depot for _, depot in nearby.within(spot.point, within)]
        legs = roads.legs([depot.point for depot in near if depot.point is not None], spot.point)
        found[spot] = {depot.id: leg.minutes for depot, leg in zip(near, legs, strict=True) if leg.minutes <= minutes}
    return found


def covered(reached: Reach, havers: Collection[UUID]) -> set[Spot]:
    """The spots that some depot with the capability reaches in time."""
    able = set(havers)
    return {spot for spot, depots in reached.items() if not able.isdisjoint(depots)}


def soonest(spot: Spot, havers: Nearby[KnownDepot], roads: Roads, asked: int = 3) -> tuple[KnownDepot, Leg] | None:
    """From where help comes soonest to a spot that is not covered: of the nearest few as the crow flies."""
    near: list[KnownDepot] = []
    for _, depot in havers.nearest(spot.point):
        near.append(depot)
        if len(near) == asked:
            break
    if not near:
        return None
    legs = roads.legs([depot.point for depot in near if depot.point is not None], spot.point)
    return min(zip(near, legs, strict=True), key=lambda pair: pair[1].minutes)


@dataclass(frozen=True)
class Loss:
    """What a depot can no longer do, what it is short of, and who loses cover by it."""

    capability: Capability
    parts: list[tuple[int, Decimal]]
    spots: list[Spot]


@dataclass(frozen=True)
class Loaner:
    """So much of an item from another depot, by which nobody is worse covered than before."""

    giver: UUID
    item_id: UUID
    quantity: Decimal


class City:
    """What rests on what: the capabilities, who has them ready, and which spots each depot reaches."""

    def __init__(self, capabilities: Iterable[Capability], reached: Reach, ready: Mapping[UUID, Amounts]) -> None:
        self.capabilities = list(capabilities)
        self.reached = reached
        self.ready = ready
        self.able = {one.code: having(one, ready) for one in self.capabilities}
        self._serves: dict[UUID, list[Spot]] = defaultdict(list)
        for spot, depots in reached.items():
            for depot_id in depots:
                self._serves[depot_id].append(spot)

    def losses(self, depot_id: UUID, missing: Amounts) -> list[Loss]:
        """What the depot can no longer do without what is missing, and which spots lose cover (N-1)."""
        after = _less(self.ready.get(depot_id, {}), missing)
        found = []
        for one in self.capabilities:
            parts = short_of(one, after)
            if depot_id in self.able[one.code] and parts:
                gone = self._lost(one, {depot_id: after})
                found.append(Loss(one, parts, sorted(gone, key=lambda spot: (spot.kind, spot.code))))
        return found

    def restores(self, depot_id: UUID, missing: Amounts, loaner: Loaner) -> bool:
        """Whether with this loaner every spot that was covered is covered again, by every capability."""
        lent = {loaner.item_id: loaner.quantity}
        giver = _less(self.ready.get(loaner.giver, {}), lent)
        receiver = _less(_less(self.ready.get(depot_id, {}), missing), {loaner.item_id: -loaner.quantity})
        changed = {loaner.giver: giver, depot_id: receiver}
        return not any(self._lost(one, changed) for one in self.capabilities)

    def _lost(self, one: Capability, changed: Mapping[UUID, Amounts]) -> list[Spot]:
        """The spots that lose a capability's cover when these depots have this instead. Only theirs are looked at."""
        able = self.able[one.code]
        now = {depot_id: not short_of(one, amounts) for depot_id, amounts in changed.items()}
        looked_at = {spot for depot_id in changed if depot_id in able for spot in self._serves[depot_id]}
        return [
            spot
            for spot in looked_at
            if not any(now.get(depot_id, depot_id in able) for depot_id in self.reached[spot])
        ]

    def loaners(self, depot_id: UUID, missing: Amounts, nearest: Iterable[UUID], most: int = 5) -> list[Loaner]:
        """The loaners that restore the cover, from the nearest giver on.

        Tried: from each other depot in turn, so much of any item as would fill the parts that are short.
        """
        wanted: dict[UUID, Decimal] = {}
        for loss in self.losses(depot_id, missing):
            for place, short in loss.parts:
                for item_id in loss.capability.parts[place].item_ids:
                    wanted[item_id] = max(short, wanted.get(item_id, ZERO))
        # The very thing that is missing before what could stand in for it
        order = sorted(wanted, key=lambda item_id: item_id not in missing)
        found: list[Loaner] = []
        for giver in nearest:
            for item_id in order:
                loaner = Loaner(giver, item_id, wanted[item_id])
                has = self.ready.get(giver, {}).get(item_id, ZERO)
                if giver != depot_id and has >= loaner.quantity and self.restores(depot_id, missing, loaner):
                    found.append(loaner)
                    break
            if len(found) == most:
                break
        return found


def _less(ready: Amounts, missing: Amounts) -> Amounts:
    left = dict(ready)
    for item_id, quantity in missing.items():
        left[item_id] = left.get(item_id, ZERO) - quantity
    return left
