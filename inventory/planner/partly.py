"""What a gap that cannot be closed is given all the same: in an emergency two of three count (B36)."""

from collections import defaultdict
from uuid import UUID

from depots.models import Level
from inventory.planner.rules import Edge, Gap, Move, Solution, Task

Key = tuple[UUID, UUID]


def fill_partly(task: Task, solution: Solution) -> None:
    """Add to a solution what is left over for gaps that stay open, the weightiest first, each from its nearest givers.

    Nothing is bought for them, and no recommended line is worth half a trip.
    """
    left = _Left(task, solution)
    still_open = [
        number
        for number, gap in enumerate(task.gaps)
        if number not in solution.closed and gap.level != Level.RECOMMENDED
    ]
    partly = set()
    for number in sorted(still_open, key=lambda n: (-task.terms.weight(task.gaps[n].level), task.gaps[n].short)):
        if left.fill(task.gaps[number]):
            partly.add(number)
    solution.partly = frozenset(partly)
    solution.moves = [Move(edge.giver, edge.receiver, edge.item_id, sent) for edge, sent in left.sent.items() if sent]


class _Left:
    """What the givers can still do without after a solution, and what it sends where."""

    def __init__(self, task: Task, solution: Solution) -> None:
        self.supplies = {(supply.depot_id, supply.item_id): supply.quantity for supply in task.supplies}
        self.limits = [limit.quantity for limit in task.limits]
        self.limits_of: dict[Key, list[int]] = defaultdict(list)
        for number, limit in enumerate(task.limits):
            for item_id in limit.items:
                self.limits_of[limit.depot_id, item_id].append(number)
        self.ways: dict[Key, list[Edge]] = defaultdict(list)
        for edge in sorted(task.edges, key=lambda one: task.km[one.giver, one.receiver]):
            self.ways[edge.receiver, edge.item_id].append(edge)
        self.sent: dict[Edge, int] = defaultdict(int)
        self.arrived: dict[Key, int] = defaultdict(int)
        for move in solution.moves:
            self._send(Edge(move.giver, move.receiver, move.item_id), move.quantity)
        for buy in solution.buys:
            self.arrived[buy.receiver, buy.item_id] += buy.quantity

    def fill(self, gap: Gap) -> bool:
        """Send what there is towards a gap; whether anything comes of it."""
        short = gap.short - sum(self.arrived[gap.depot_id, item_id] for item_id in gap.items)
        began = short
        for edge in (edge for item_id in gap.items for edge in self.ways[gap.depot_id, item_id]):
            key = edge.giver, edge.item_id
            spare = min([self.supplies.get(key, 0), *(self.limits[number] for number in self.limits_of[key])])
            part = min(short, spare)
            if part > 0:
                self._send(edge, part)
                short -= part
        return short < began

    def _send(self, edge: Edge, part: int) -> None:
        key = edge.giver, edge.item_id
        self.supplies[key] = self.supplies.get(key, 0) - part
        for number in self.limits_of[key]:
            self.limits[number] -= part
        self.arrived[edge.receiver, edge.item_id] += part
        self.sent[edge] += part
