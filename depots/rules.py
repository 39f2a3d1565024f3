"""Pure rules of what a depot must hold."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from depots.models import Level

_ORDER = {Level.MANDATORY: 0, Level.SPECIALTY: 1, Level.RECOMMENDED: 2}


@dataclass(frozen=True)
class Demand:
    """One profile's wish for one subject."""

    profile_code: str
    level: Level
    minimum: Decimal
    combine: str  # "max" or "sum"
    spare_per: int | None = None

    @property
    def spares(self) -> int:
        """Spare pieces at a backup ratio of so many to one, rounded up (T87; XF 621-2013 5.6)."""
        return math.ceil(self.minimum / self.spare_per) if self.spare_per else 0

    @property
    def whole(self) -> Decimal:
        """What is in use and its spares."""
        return self.minimum + self.spares

    def __str__(self) -> str:
        spares = f"+{self.spares} ({self.spare_per}:1)" if self.spare_per else ""
        return f"{self.profile_code} {self.minimum.normalize():f}{spares}"


@dataclass(frozen=True)
class Combined:
    """What several profiles together ask for, and how that came about."""

    level: Level
    minimum: Decimal
    why: str


def combine(demands: Sequence[Demand]) -> Combined:
    """Join the demands of a depot's type and add-ons for one subject (T85).

    Shared gear counts once: the larger minimum holds. Gear per person adds up. The strictest level wins. ``why``
    names every profile with its number and spares, and the rule.
    """
    parts = ", ".join(map(str, demands))
    adds = len(demands) > 1 and any(demand.combine == "sum" for demand in demands)
    minimum = sum((d.whole for d in demands), Decimal(0)) if adds else max(d.whole for d in demands)
    rule = "" if len(demands) == 1 else (" (sum)" if adds else " (max)")
    return Combined(min((d.level for d in demands), key=_ORDER.__getitem__), minimum, parts + rule)
