"""Pure rules of how long stock lasts: the burn rate with its uncertainty, and the stock worked off first expired first.

A rate is what was used up per week over a window of whole weeks. Use comes in bursts (a call-out takes ten at once), so
the range is that of a quasi-Poisson count: a gamma interval for the total, widened by how unevenly the weeks went.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import NormalDist

ZERO = Decimal(0)
WINDOWS = (4, 13, 26, 52)  # weeks that a rate may be taken over
FEWEST_WEEKS = 4  # a rate from fewer is shown as too little known
SURE = 0.8  # how often the true rate lies in the range
HORIZON_DAYS = 3652  # ten years: what lasts longer has no day
_Z = NormalDist().inv_cdf((1 + SURE) / 2)


@dataclass(frozen=True)
class Rate:
    """What is used up per week, and the range in which the true rate lies 8 times in 10."""

    weeks: int
    total: Decimal
    per_week: float
    low: float
    high: float

    @property
    def is_known(self) -> bool:
        return self.weeks >= FEWEST_WEEKS


def burn_rate(weekly: Sequence[Decimal]) -> Rate:
    """The rate from what was used in each whole week; corrections may make a week negative, never the total."""
    weeks = len(weekly)
    total = max(sum(weekly, ZERO), ZERO)
    if not weeks:
        return Rate(0, ZERO, 0.0, 0.0, 0.0)
    mean = float(total) / weeks
    spread = sum((float(used) - mean) ** 2 for used in weekly) / (weeks - 1) / mean if weeks > 1 and mean else 1.0
    burst = max(spread, 1.0)  # as if so many were used at a time
    times = float(total) / burst
    low = _gamma_quantile(times, -_Z) * burst / weeks
    high = _gamma_quantile(times + 1, _Z) * burst / weeks
    return Rate(weeks, total, mean, min(low, mean), high)


def _gamma_quantile(shape: float, z: float) -> float:
    """A quantile of the gamma distribution with this shape and scale 1 (Wilson and Hilferty 1931)."""
    if shape <= 0:
        return 0.0
    root = 1 - 1 / (9 * shape) + z / (3 * shape**0.5)
    return max(shape * root**3, 0.0)


@dataclass(frozen=True)
class Batch:
    """So much that is ready and ends with the same day; None: it does not end."""

    quantity: Decimal
    usable_through: date | None


@dataclass(frozen=True)
class Course:
    """How stock goes at a rate. A day is the first on which it is so; None: not within ten years."""

    empty_on: date | None
    low_on: date | None  # less than the minimum is left
    unused: dict[date, Decimal]  # by last usable day: what ends before its turn comes

    @property
    def wasted(self) -> Decimal:
        return sum(self.unused.values(), ZERO)

    def days(self, today: date) -> int | None:
        return None if self.empty_on is None else (self.empty_on - today).days


def course(batches: Iterable[Batch], per_week: float, today: date, minimum: Decimal = ZERO) -> Course:
    """Work the stock off at a rate, first expired first (T14); what is past its last day today is left out."""
    usable = [batch for batch in batches if batch.usable_through is None or batch.usable_through >= today]
    usable.sort(key=lambda batch: batch.usable_through or date.max)
    per_day, at = per_week / 7, 0.0  # days from today on
    level = float(sum((batch.quantity for batch in usable), ZERO))
    floor = float(minimum) or float("-inf")  # no minimum: nothing is ever below it
    low_at = 0.0 if level < floor else None
    unused: dict[date, Decimal] = {}
    for batch in usable:
        ends = None if batch.usable_through is None else (batch.usable_through - today).days + 1.0
        if ends is None and not per_day:
            at = float("inf")
            break  # nobody uses it, and it does not end: nor does anything after it
        quantity = float(batch.quantity)
        spent_at = at + quantity / per_day if per_day else float("inf")
        until = spent_at if ends is None else min(spent_at, max(ends, at))
        used = quantity if until == spent_at else (until - at) * per_day
        if low_at is None and level - used < floor:
            low_at = at + (level - floor) / per_day
        if low_at is None and level - quantity < floor:
            low_at = until
        if batch.usable_through is not None and until != spent_at:
            unused[batch.usable_through] = unused.get(batch.usable_through, ZERO) + _pieces(quantity - used)
        level -= quantity
        at = until
    return Course(_day(at, today), _day(low_at, today), {day: left for day, left in unused.items() if left})


def _pieces(quantity: float) -> Decimal:
    """A forecast in whole units, as people plan with; the one place where forecasts are rounded."""
    return Decimal(quantity).quantize(Decimal(1), ROUND_HALF_UP)


def write_rate(per_week: float) -> str:
    """A rate as people read it: two figures that matter, none after the point from ten on."""
    if not per_week:
        return "0"
    return f"{per_week:.0f}" if per_week >= 9.95 else f"{per_week:.1f}" if per_week >= 0.95 else f"{per_week:.2f}"


def _day(at: float | None, today: date) -> date | None:
    return None if at is None or at > HORIZON_DAYS else today + timedelta(days=int(at))


def weeks_observed(since: date | None, today: date, window: int) -> int:
    """How many whole weeks of a window something has been on the books."""
    return 0 if since is None else min(window, ((today - since).days + 1) // 7)
