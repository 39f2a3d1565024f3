"""The plan as a mixed-integer programme, solved by HiGHS, in two steps: as much as possible closed, then cheaply.

An item's own transport problem would be totally unimodular and fall apart by item; trips (a vehicle goes once for
several items), budgets and any-of groups tie the items together, so they are solved as one.
"""

import math
import time
from collections import defaultdict
from uuid import UUID

from inventory.planner.greedy import Columns, first_plan
from inventory.planner.programme import Programme
from inventory.planner.rules import Buy, Edge, Move, Pair, Solution, Task, needs, trips


def solve(task: Task, seconds: float | None = None) -> Solution:
    """The plan: of all that close the most (by weight) the cheapest, as far as the time reaches.

    ``seconds`` is the time that is left; by itself all that the terms allow.
    """
    began = time.monotonic()
    until = began + (task.terms.seconds if seconds is None else seconds)
    programme, columns = Programme(), Columns()
    _moves_and_buys(task, programme, columns)
    _gaps(task, programme, columns)
    _limits(task, programme, columns)
    solution = Solution()
    if columns.closed:
        start = first_plan(task, programme, columns)
        if any(programme.lower[column] == 0.0 for column in columns.closed.values()):
            start = _close_most(task, programme, columns, solution, start, (began + until) / 2)
        start += _trips(task, programme, columns, start)
        found = programme.solve(until, start)
        solution.gap_cost = found.distance
        _read(task, columns, found.values, solution)
    solution.seconds = time.monotonic() - began
    return solution


def _moves_and_buys(task: Task, programme: Programme, columns: Columns) -> None:
    useful = needs(task.gaps)
    there = {(supply.depot_id, supply.item_id): supply.quantity for supply in task.supplies}
    most = {
        edge: min(there.get((edge.giver, edge.item_id), 0), useful.get((edge.receiver, edge.item_id), 0))
        for edge in task.edges
    }
    for edge in _worth_a_trip(task, most):
        columns.moves[edge] = programme.column(0.0, most[edge])
    for key, quantity in useful.items() if task.terms.buy else ():
        if key[1] in task.prices:
            columns.buys[key] = programme.column(task.prices[key[1]], quantity)


def _worth_a_trip(task: Task, most: dict[Edge, int]) -> list[Edge]:
    """The ways that could ever pay: where all can be bought, a trip that costs more than all it brings never does."""
    useful = [edge for edge, quantity in most.items() if quantity > 0]
    if not task.terms.buy or task.terms.budget is not None:
        return useful
    saved: dict[Pair, float] = defaultdict(float)
    for edge in useful:
        saved[edge.giver, edge.receiver] += task.prices.get(edge.item_id, math.inf) * most[edge]
    return [
        edge
        for edge in useful
        if saved[edge.giver, edge.receiver] > task.km[edge.giver, edge.receiver] * task.terms.yuan_per_km
    ]


def _gaps(task: Task, programme: Programme, columns: Columns) -> None:
    """A gap is closed wholly or not at all."""
    arriving: dict[tuple[UUID, UUID], list[int]] = defaultdict(list)
    for edge, column in columns.moves.items():
        arriving[edge.receiver, edge.item_id].append(column)
    for key, column in columns.buys.items():
        arriving[key].append(column)
    for number, gap in enumerate(task.gaps):
        coming = [column for item_id in gap.items for column in arriving[gap.depot_id, item_id]]
        if sum(programme.upper[column] for column in coming) < gap.short:
            continue
        certain = task.terms.budget is None and any((gap.depot_id, item) in columns.buys for item in gap.items)
        closed = programme.column(0.0, 1.0, float(certain))
        columns.closed[number] = closed
        programme.row(0.0, math.inf, [*((column, 1.0) for column in coming), (closed, -float(gap.short))])


def _limits(task: Task, programme: Programme, columns: Columns) -> None:
    """No depot gives more than it can do without; purchases stay within the budget."""
    leaving: dict[tuple[UUID, UUID], list[int]] = defaultdict(list)
    for edge, column in columns.moves.items():
        leaving[edge.giver, edge.item_id].append(column)
    for supply in task.supplies:
        own = leaving.get((supply.depot_id, supply.item_id), [])
        if own:
            programme.row(0.0, supply.quantity, [(column, 1.0) for column in own])
    for limit in task.limits:
        own = [column for item_id in limit.items for column in leaving.get((limit.depot_id, item_id), [])]
        if own:
            programme.row(0.0, limit.quantity, [(column, 1.0) for column in own])
    if task.terms.budget is not None and columns.buys:
        spent = [(column, task.prices[item_id]) for (_, item_id), column in columns.buys.items()]
        programme.row(0.0, float(task.terms.budget), spent)


def _trips(task: Task, programme: Programme, columns: Columns, start: list[float]) -> list[float]:
    """What goes from a depot to another needs trips; the rows per item only help the solver to see it sooner.

    Returns how many trips the plan ``start`` needs, as the values of the new columns.
    """
    room = task.terms.trip_units
    carried: dict[Pair, list[int]] = defaultdict(list)
    for edge, column in columns.moves.items():
        carried[edge.giver, edge.receiver].append(column)
    needed = []
    for pair, moved in carried.items():
        most = trips(int(sum(programme.upper[column] for column in moved)), room)
        trip = programme.column(task.km[pair] * task.terms.yuan_per_km, most)
        needed.append(float(trips(round(sum(start[column] for column in moved)), room)))
        programme.row(0.0, math.inf, [(trip, float(room)), *((column, -1.0) for column in moved)])
        for column in moved:
            if programme.upper[column] < room:
                programme.row(0.0, math.inf, [(trip, programme.upper[column]), (column, -1.0)])
    return needed


def _close_most(
    task: Task, programme: Programme, columns: Columns, solution: Solution, start: list[float], until: float
) -> list[float]:
    """Find how much can be closed, and hold the programme to it; returns a plan that does it."""
    costs = programme.cost
    programme.cost = [0.0] * len(costs)
    weights = {column: float(task.terms.weight(task.gaps[number].level)) for number, column in columns.closed.items()}
    for column, weight in weights.items():
        programme.cost[column] = -weight
    found = programme.solve(until, start)
    solution.gap_closing, programme.cost = found.distance, costs
    values = [float(round(value)) for value in found.values]
    programme.row(sum(weight * values[column] for column, weight in weights.items()), math.inf, list(weights.items()))
    return values


def _read(task: Task, columns: Columns, values: list[float], solution: Solution) -> None:
    """What the columns say; what came half-way towards a gap that stays open is left out."""
    solution.closed = frozenset(number for number, column in columns.closed.items() if round(values[column]) == 1)
    of_use = {
        (task.gaps[number].depot_id, item_id) for number in solution.closed for item_id in task.gaps[number].items
    }
    for edge, column in columns.moves.items():
        if (quantity := round(values[column])) > 0 and (edge.receiver, edge.item_id) in of_use:
            solution.moves.append(Move(edge.giver, edge.receiver, edge.item_id, quantity))
    for key, column in columns.buys.items():
        if (quantity := round(values[column])) > 0 and key in of_use:
            solution.buys.append(Buy(*key, quantity))
