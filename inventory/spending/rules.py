"""Pure rules of money over time: months as people count them, and one sum per kind of cost and month."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from dateutil.relativedelta import relativedelta

MONTHS = 12


class Cost(StrEnum):
    """What money went for, in the order in which it is shown."""

    USED = "used"
    DISPOSED = "disposed"
    LOST = "lost"
    EXPIRED = "expired"  # passed its last day and still stands in the depots
    MENDED = "mended"
    PLANNED = "planned"  # what supply plans asked to buy and to drive


def months_back(today: date, count: int) -> list[date]:
    """The first days of so many months, the last that of today."""
    this = today.replace(day=1)
    return [this - relativedelta(months=back) for back in range(count - 1, -1, -1)]


def month_after(month: date) -> date:
    """The first day of the month after."""
    return month + relativedelta(months=1)


@dataclass
class Month:
    """What a month cost, in fen. ``unpriced``: of how many movements the price is not known."""

    first: date
    fen: dict[Cost, int] = field(default_factory=dict)
    unpriced: int = 0

    @property
    def total(self) -> int:
        return sum(self.fen.values())

    def add(self, cost: Cost, fen: int) -> None:
        if fen:
            self.fen[cost] = self.fen.get(cost, 0) + fen


def total_of(months: Iterable[Month], cost: Cost) -> int:
    """What some months cost of a kind."""
    return sum(month.fen.get(cost, 0) for month in months)


def compared(now: int, before: int) -> int | None:
    """By how many per cent a sum is above (or below) the one before, rounded; None without one before."""
    return None if before <= 0 else round(100 * (now - before) / before)
