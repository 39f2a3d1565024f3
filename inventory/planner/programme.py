"""A mixed-integer programme: gathered column by column and row by row, and handed to HiGHS."""

import time
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

CLOSE_ENOUGH = 0.001  # of the objective: the solver stops when no plan can be better by more
WIDE = 20_000  # columns
_TINY = 1e-7
_LEAST_SECONDS = 1.0
_ENDS = (
    highspy.HighsModelStatus.kOptimal,
    highspy.HighsModelStatus.kModelEmpty,
    highspy.HighsModelStatus.kTimeLimit,
)


@dataclass(frozen=True)
class Found:
    """The columns' values, and how far they are at most from the optimum (0.01: one per cent)."""

    values: list[float]
    distance: float


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

    def solve(self, until: float, start: list[float]) -> Found:
        """The least cost before the instant ``until`` of the monotonic clock.

        ``start`` is a plan that is possible: the answer is never worse, however short the time. A wide programme is
        first solved without whole numbers, which bounds it, then in whole numbers over what that solution uses.
        """
        if len(self.cost) <= WIDE:
            return self._whole(until, start, self.upper)
        solver = self._solver(self._part(until, 0.75))
        solver.passModel(self._model(self.upper, whole=False))
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return Found(start, 1.0)  # the time was too short even for a bound
        loose = list(solver.getSolution().col_value)
        bound = solver.getInfo().objective_function_value
        used = [
            upper if value > _TINY or begun > 0 else 0.0
            for upper, value, begun in zip(self.upper, loose, start, strict=True)
        ]
        values = self._whole(self._part(until, 0.75), start, used).values
        found = Found(values, self._distance(values, bound))
        if found.distance <= CLOSE_ENOUGH or until - time.monotonic() < _LEAST_SECONDS:
            return found
        last = self._whole(until, values, self.upper)
        return Found(last.values, min(last.distance, self._distance(last.values, bound)))

    def _part(self, until: float, share: float) -> float:
        now = time.monotonic()
        return now + (until - now) * share

    def _whole(self, until: float, start: list[float], upper: list[float]) -> Found:
        solver = self._solver(until)
        solver.passModel(self._model(upper, whole=True))
        solver.run()
        status = solver.getModelStatus()
        if status not in _ENDS:
            raise RuntimeError(f"the solver ended with {solver.modelStatusToString(status)}")
        info = solver.getInfo()
        values = list(solver.getSolution().col_value)
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible and values
        # The start is compared afterwards, not handed over: HiGHS 1.16 forgets what its presolve has settled when it
        # weighs a start, takes it for cheaper than it is, and stops there.
        if not feasible or np.dot(self.cost, start) < np.dot(self.cost, values):
            values = start
        return Found(values, self._distance(values, info.mip_dual_bound))

    def _solver(self, until: float) -> Any:
        solver: Any = highspy.Highs()  # type: ignore[no-untyped-call]  # its initialiser carries no types
        for name, value in (("output_flag", False), ("threads", 1), ("mip_rel_gap", CLOSE_ENOUGH)):
            solver.setOptionValue(name, value)
        solver.setOptionValue("time_limit", max(_LEAST_SECONDS, until - time.monotonic()))
        return solver

    def _distance(self, values: list[float], bound: float) -> float:
        found = float(np.dot(self.cost, values))
        better = found - bound
        return 0.0 if better < 1e-6 else min(1.0, better / max(abs(found), 1e-6))

    def _model(self, upper: list[float], *, whole: bool) -> highspy.HighsLp:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.cost), len(self.rows)
        model.col_cost_ = np.array(self.cost)
        model.col_lower_, model.col_upper_ = np.array(self.lower), np.array(upper)
        model.row_lower_ = np.array([lower for lower, _ in self.rows])
        model.row_upper_ = np.array([upper for _, upper in self.rows])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(self.starts, dtype=np.int32)
        model.a_matrix_.index_ = np.array(self.columns, dtype=np.int32)
        model.a_matrix_.value_ = np.array(self.values)
        if whole:
            model.integrality_ = [highspy.HighsVarType.kInteger] * len(self.cost)
        return model
