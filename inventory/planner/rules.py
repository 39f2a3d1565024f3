"""Pure rules of planning: what a plan is asked, what it answers, how trips are counted. No database, no clock."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

import msgspec

from depots.models import Level

Pair = tuple[UUID, UUID]  # from, to: depots


class Terms(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On what terms a plan is made. They are stored with the plan and stated on its page.

    A giving depot keeps its ``par`` or its ``minimum``. Money is in yuan, kilometres are by road, there and back; one
    trip between two depots carries ``trip_units`` base units at most. A gap counts as much as its level's weight.
    """

    keeps: Literal["par", "minimum"] = "par"
    buy: bool = True
    budget: int | None = None  # yuan for purchases in all; empty: no limit
    recommended: bool = False  # recommended lines too
    trip_units: int = 200
    yuan_per_km: float = 3.0
    weight_mandatory: int = 100
    weight_specialty: int = 10
    weight_recommended: int = 1
    nearest: int = 6  # givers that are looked at per gap and item at least; more where they cannot fill it
    days_left: int = 60  # stock that ends sooner fills no gap: it is swapped to where it is used up
    seconds: float = 20.0  # for reading the city and the solver

    def weight(self, level: Level) -> int:
        """What closing a gap of this level is worth against others."""
        return {
            Level.MANDATORY: self.weight_mandatory,
            Level.SPECIALTY: self.weight_specialty,
            Level.RECOMMENDED: self.weight_recommended,
        }[level]


@dataclass(frozen=True)
class Gap:
    """A depot has so many base units too few ready of a subject; any of the items fills it (T86)."""

    depot_id: UUID
    subject: str
    level: Level
    short: int
    items: tuple[UUID, ...]


@dataclass(frozen=True)
class Supply:
    """So much of an item a depot can do without."""

    depot_id: UUID
    item_id: UUID
    quantity: int


@dataclass(frozen=True)
class Limit:
    """So much of some items together a depot can do without: its own any-of requirement."""

    depot_id: UUID
    items: frozenset[UUID]
    quantity: int


@dataclass(frozen=True)
class Edge:
    """A way that an item may go."""

    giver: UUID
    receiver: UUID
    item_id: UUID


@dataclass(frozen=True)
class Task:
    """What the solver is given. ``km`` is of one trip, there and back; ``prices`` are yuan for a base unit."""

    gaps: tuple[Gap, ...]
    supplies: tuple[Supply, ...]
    limits: tuple[Limit, ...]
    edges: tuple[Edge, ...]
    km: Mapping[Pair, float]
    prices: Mapping[UUID, float]
    terms: Terms
    left_out: int = 0  # ways from farther givers that the solver is not told of


@dataclass(frozen=True)
class Move:
    """So much of an item goes from a depot to another."""

    giver: UUID
    receiver: UUID
    item_id: UUID
    quantity: int


@dataclass(frozen=True)
class Buy:
    """So much of an item is bought for a depot."""

    receiver: UUID
    item_id: UUID
    quantity: int


@dataclass
class Solution:
    """What the solver found. ``closed`` are the gaps, by number, that the moves and purchases close.

    ``gap_closing`` and ``gap_cost`` say how far, at most, it is from the optimum, as the solver proves it: 0 is
    optimal, 0.01 one per cent.
    """

    closed: frozenset[int] = frozenset()
    moves: list[Move] = field(default_factory=list)
    buys: list[Buy] = field(default_factory=list)
    gap_closing: float = 0.0
    gap_cost: float = 0.0
    seconds: float = 0.0
    partly: frozenset[int] = frozenset()  # gaps that stay open, but are given what there is (B36)

    def worth(self, task: Task) -> int:
        """The closed gaps, each by its level's weight."""
        return sum(task.terms.weight(task.gaps[number].level) for number in self.closed)

    def cost(self, task: Task) -> float:
        """Yuan: purchases, and kilometres at their price."""
        units: dict[Pair, int] = defaultdict(int)
        for move in self.moves:
            units[move.giver, move.receiver] += move.quantity
        km = sum(task.km[pair] * trips(total, task.terms.trip_units) for pair, total in units.items())
        return km * task.terms.yuan_per_km + sum(task.prices[buy.item_id] * buy.quantity for buy in self.buys)


def trips(units: int, trip_units: int) -> int:
    """How often a vehicle goes for so many base units."""
    return -(-units // trip_units)


def prices_from(text: str) -> dict[str, float]:
    """Yuan for a base unit per category, written as ``VEH=60000 EXT=150`` (the settings have checked that)."""
    return {code: float(price) for code, _, price in (part.partition("=") for part in text.split())}


def needs(gaps: Iterable[Gap]) -> dict[tuple[UUID, UUID], int]:
    """Per depot and item the most that could be of use: the largest gap that the item helps to fill."""
    found: dict[tuple[UUID, UUID], int] = defaultdict(int)
    for gap in gaps:
        for item_id in gap.items:
            found[gap.depot_id, item_id] = max(found[gap.depot_id, item_id], gap.short)
    return found
