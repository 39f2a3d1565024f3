"""A plan made gap by gap, the weightiest first, each from its nearest givers: what the solver begins with."""

from collections import defaultdict
from uuid import UUID

from inventory.planner.programme import Programme
from inventory.planner.rules import Edge, Gap, Pair, Task

Key = tuple[UUID, UUID]


class Columns:
    """Which column stands for what."""

    def __init__(self) -> None:
        self.moves: dict[Edge, int] = {}
        self.buys: dict[Key, int] = {}
        self.closed: dict[int, int] = {}


def first_plan(task: Task, programme: Programme, columns: Columns) -> list[float]:
    """The columns' values of a plan that is possible."""
    made = _Made(task, columns)
    values = list(programme.lower)
    order = sorted(columns.closed, key=lambda n: (-task.terms.weight(task.gaps[n].level), task.gaps[n].short))
    for number in order:
        if made.fill(task.gaps[number]):
            values[columns.closed[number]] = 1.0
    for column, quantity in made.quantities.items():
        values[column] = float(quantity)
    return values


class _Made:
    """A plan as far as it is made: what is left of supplies, limits and budget."""

    def __init__(self, task: Task, columns: Columns) -> None:
        self.task, self.columns = task, columns
        self.quantities: dict[int, int] = defaultdict(int)
        self.arrived: dict[Key, int] = defaultdict(int)
        self.going: set[Pair] = set()
        self.left = {(supply.depot_id, supply.item_id): supply.quantity for supply in task.supplies}
        self.limits = [limit.quantity for limit in task.limits]
        self.limits_of: dict[Key, list[int]] = defaultdict(list)
        for number, limit in enumerate(task.limits):
            for item_id in limit.items:
                self.limits_of[limit.depot_id, item_id].append(number)
        self.money = float("inf") if task.terms.budget is None else float(task.terms.budget)
        self.ways: dict[Key, list[Edge]] = defaultdict(list)
        for edge in sorted(columns.moves, key=lambda one: task.km[one.giver, one.receiver]):
            self.ways[edge.receiver, edge.item_id].append(edge)

    def fill(self, gap: Gap) -> bool:
        """Fill a gap wholly; where that cannot be, nothing is done."""
        short = gap.short - sum(self.arrived[gap.depot_id, item_id] for item_id in gap.items)
        taken: list[tuple[Edge, int]] = []
        for item_id in gap.items:
            for edge in self.ways[gap.depot_id, item_id]:
                part = min(short, self._spare(edge))
                if part > 0 and self._pays(edge, part):
                    self._take(edge, part)
                    taken.append((edge, part))
                    short -= part
        if short <= 0 or self._buy(gap, short):
            return True
        for edge, part in taken:
            self._take(edge, -part)
        return False

    def _spare(self, edge: Edge) -> int:
        key = edge.giver, edge.item_id
        return min(self.left[key], *(self.limits[number] for number in self.limits_of[key]), self.left[key])

    def _pays(self, edge: Edge, part: int) -> bool:
        """Whether a trip costs less than buying would, where anything can be bought."""
        pair, terms = (edge.giver, edge.receiver), self.task.terms
        if pair in self.going or terms.budget is not None or (edge.receiver, edge.item_id) not in self.columns.buys:
            return True
        return self.task.km[pair] * terms.yuan_per_km < self.task.prices[edge.item_id] * part

    def _take(self, edge: Edge, part: int) -> None:
        key = edge.giver, edge.item_id
        self.left[key] -= part
        for number in self.limits_of[key]:
            self.limits[number] -= part
        self.arrived[edge.receiver, edge.item_id] += part
        self.quantities[self.columns.moves[edge]] += part
        self.going.add((edge.giver, edge.receiver))

    def _buy(self, gap: Gap, short: int) -> bool:
        keys = [(gap.depot_id, item_id) for item_id in gap.items if (gap.depot_id, item_id) in self.columns.buys]
        key = min(keys, key=lambda one: self.task.prices[one[1]], default=None)
        if key is None or self.task.prices[key[1]] * short > self.money:
            return False
        self.money -= self.task.prices[key[1]] * short
        self.arrived[key] += short
        self.quantities[self.columns.buys[key]] += short
        return True
