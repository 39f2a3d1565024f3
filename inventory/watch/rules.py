"""Pure rules of watches."""

from collections.abc import Iterable
from datetime import date
from decimal import ROUND_CEILING, Decimal

from inventory.watch.models import Watch


def in_force(watch: Watch, today: date) -> bool:
    """Whether a watch holds on a day: its own last day is still in it, the day of an early end is not."""
    return watch.begins_on <= today <= watch.ends_on and (watch.ended_on is None or today < watch.ended_on)


def raised(minimum: Decimal, watches: Iterable[Watch], decimals: int) -> Decimal:
    """A minimum under some watches: of several the higher wins, they never add up; rounded up to what can be counted.

    What is not required at all (0) stays so under a factor; an added amount makes it required.
    """
    unit = Decimal(1).scaleb(-decimals)
    each = [(minimum * watch.factor + watch.added).quantize(unit, ROUND_CEILING) for watch in watches]
    return max([minimum, *each])
