"""Pure rules of the causes: when to warn, and what is urgent."""

from datetime import date
from functools import cache

# AED and its parts, breathing apparatus (T95)
URGENT_ITEMS = frozenset({"MED-003", "MED-004", "MED-005", "MED-006"})
URGENT_CATEGORIES = frozenset({"RSP"})


@cache
def warning_steps(warn_days: str) -> tuple[int, ...]:
    """The days before the last usable day at which to warn, from far to near: ``"90 30 7"`` (T16)."""
    return tuple(sorted((int(word) for word in warn_days.split()), reverse=True))


def step_reached(usable_through: date, today: date, warn_days: str) -> int | None:
    """The nearest warning step that a date has reached: 0 once it is over, None while it is far off.

    A lot of which the last usable day is today is at its nearest step; tomorrow it has expired (T29).
    """
    if usable_through < today:
        return 0
    left = (usable_through - today).days
    reached = [step for step in warning_steps(warn_days) if left <= step]
    return min(reached, default=None)


def is_urgent(item_code: str, category_code: str, *, controlled: bool) -> bool:
    """Whether an item is one that a life hangs on, or that is regulated."""
    return controlled or item_code in URGENT_ITEMS or category_code in URGENT_CATEGORIES
