"""The plan as a mixed-integer programme, solved by HiGHS, in two steps: as much as possible closed, then cheaply.

An item's own transport problem would be totally unimodular and fall apart by item; trips (a vehicle goes once for
several items), budgets and any-of groups tie the items together, so they are solved as one.
"""

import time
from collections import defaultdict
from typing import Any
from uuid import UUID

import highspy
import numpy as np

from inventory.planner.rules import Buy, Edge, Gap, Move, Pair, Solution, Task, needs, trips

_EXACT = 1e-6  # of the objective: the solver stops when no better plan can be so much better
_LEAST_SECONDS = 1.0


class Programme:
    """Columns and rows as they are gathered, and the solver that they are handed to."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.rows: list[tuple[float, float]] = []
        self.starts, self.columns, self.values = [0], list[int](), list[float]()

    def column(self, cost: float, upper: float, lower: float = 0.0) -> int:
        """A whole number between two bounds; returns its number."""
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.cost) - 1

    def row(self, lower: float, upper: float, terms: list[tuple[int, float]]) -> None:
        """A sum of columns that stays between two bounds."""
        self.rows.append((lower, upper))
        self.columns += [column for column, _ in terms]
        self.values += [value for _, value in terms]
        self.starts.append(len(self.columns))

    def solve(self, seconds: float, start: list[float] | None = None) -> tuple[list[float], float]:
        """The least cost: the columns' values, and how far at most it is from the optimum (0.01: one per cent)."""
        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # its initialiser carries no types
        for name, value in (("output_flag", False), ("threads", 1), ("mip_rel_gap", _EXACT)):
            solver.setOptionValue(name, value)
        solver.setOptionValue("time_limit", max(_LEAST_SECONDS, seconds))
        solver.passModel(self._model())
        if start is not None:
            offered = highspy.HighsSolution()
            offered.col_value = start
            solver.setSolution(offered)
        solver.run()
        status = solver.getModelStatus()
        done = status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty)
        if not done and status != highspy.HighsModelStatus.kTimeLimit:
            raise RuntimeError(f"the solver ended with {solver.modelStatusToString(status)}")
        info = solver.getInfo()
        values = list(solver.getSolution().col_value)
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible or not values:
            values = start if start is not None else [0.0] * len(self.cost)
        return values, self._distance(values, 0.0 if done else info.mip_dual_bound, done)

    def _distance(self, values: list[float], bound: float, done: bool) -> float:
        found = float(np.dot(self.cost, values)) if values else 0.0
        if done or found <= bound:
            return 0.0
        return min(1.0, (found - bound) / max(1e-9, abs(found)))

    def _model(self) -> highspy.HighsLp:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.cost), len(self.rows)
        model.col_cost_ = np.array(self.cost)
        model.col_lower_, model.col_upper_ = np.array(self.lower), np.array(self.upper)
        model.row_lower_ = np.array([lower for lower, _ in self.rows])
        model.row_upper_ = np.array([upper for _, upper in self.rows])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(self.starts, dtype=np.int32)
        model.a_matrix_.index_ = np.array(self.columns, dtype=np.int32)
        model.a_matrix_.value_ = np.array(self.values)
        model.integrality_ = [highspy.HighsVarType.kInteger] * len(self.cost)
        return model


class _Columns:
    """Which column stands for what."""

    def __init__(self) -> None:
        self.moves: dict[Edge, int] = {}
        self.buys: dict[tuple[UUID, UUID], int] = {}
        self.trips: dict[Pair, int] = {}
        self.closed: dict[int, int] = {}


def solve(task: Task) -> Solution:
    """The plan: of all that close the most (by weight) the cheapest, as far as the time reaches."""
    began = time.monotonic()
    programme, columns = Programme(), _Columns()
    _moves_and_buys(task, programme, columns)
    _gaps(task, programme, columns)
    _limits(task, programme, columns)
    _trips(task, programme, columns)
    solution = Solution()
    if columns.closed:
        start = _close_most(task, programme, columns, solution)
        values, solution.gap_cost = programme.solve(task.terms.seconds - (time.monotonic() - began), start)
        _read(task, columns, values, solution)
    solution.seconds = time.monotonic() - began
    return solution


def _moves_and_buys(task: Task, programme: Programme, columns: _Columns) -> None:
    useful = needs(task.gaps)
    there = {(supply.depot_id, supply.item_id): supply.quantity for supply in task.supplies}
    for edge in task.edges:
        most = min(there.get((edge.giver, edge.item_id), 0), useful.get((edge.receiver, edge.item_id), 0))
        if most > 0 and edge not in columns.moves:
            columns.moves[edge] = programme.column(0.0, most)
    for key, most in useful.items() if task.terms.buy else ():
        if key[1] in task.prices:
            columns.buys[key] = programme.column(task.prices[key[1]], most)


def _gaps(task: Task, programme: Programme, columns: _Columns) -> None:
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
        programme.row(0.0, np.inf, [*((column, 1.0) for column in coming), (closed, -float(gap.short))])


def _limits(task: Task, programme: Programme, columns: _Columns) -> None:
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


def _trips(task: Task, programme: Programme, columns: _Columns) -> None:
    """What goes from a depot to another needs trips; the rows per item only help the solver to see it sooner."""
    room = task.terms.trip_units
    carried: dict[Pair, list[int]] = defaultdict(list)
    for edge, column in columns.moves.items():
        carried[edge.giver, edge.receiver].append(column)
    for pair, moved in carried.items():
        most = trips(int(sum(programme.upper[column] for column in moved)), room)
        trip = programme.column(task.km[pair] * task.terms.yuan_per_km, most)
        columns.trips[pair] = trip
        programme.row(0.0, np.inf, [(trip, float(room)), *((column, -1.0) for column in moved)])
        for column in moved:
            if programme.upper[column] < room:
                programme.row(0.0, np.inf, [(trip, programme.upper[column]), (column, -1.0)])


def _close_most(task: Task, programme: Programme, columns: _Columns, solution: Solution) -> list[float] | None:
    """Find how much can be closed, and hold the programme to it; returns a plan that does it."""
    if all(programme.lower[column] == 1.0 for column in columns.closed.values()):
        return None  # each can be bought without limit
    costs = programme.cost
    programme.cost = [0.0] * len(costs)
    weights = {column: float(_weight(task, task.gaps[number])) for number, column in columns.closed.items()}
    for column, weight in weights.items():
        programme.cost[column] = -weight
    values, solution.gap_closing = programme.solve(task.terms.seconds / 2)
    programme.cost = costs
    best = sum(weight * round(values[column]) for column, weight in weights.items())
    programme.row(best, np.inf, list(weights.items()))
    return values


def _weight(task: Task, gap: Gap) -> int:
    return task.terms.weight(gap.level)


def _read(task: Task, columns: _Columns, values: list[float], solution: Solution) -> None:
    for edge, column in columns.moves.items():
        if (quantity := round(values[column])) > 0:
            solution.moves.append(Move(edge.giver, edge.receiver, edge.item_id, quantity))
    for (depot_id, item_id), column in columns.buys.items():
        if (quantity := round(values[column])) > 0:
            solution.buys.append(Buy(depot_id, item_id, quantity))
    solution.closed = frozenset(number for number, column in columns.closed.items() if round(values[column]) == 1)
