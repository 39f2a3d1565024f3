"""The figures of one depot, as they are written down and as they are answered."""

import json
from bisect import bisect_right
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from depots.models import Level

KEPT_TEXTS = 4_096  # of what is missing and what ends when: 5 KB each, two a depot, few of which change at a time


class DepotNames(NamedTuple):
    """What a depot is shown with."""

    id: UUID
    code: str
    name_zh: str
    name_en: str
    type: str
    district: str


class Ends:
    """How many balances of a depot end with which day."""

    def __init__(self, told: dict[str, int]) -> None:
        self.by_day = dict(sorted(told.items()))
        self._days, self._sums = list(self.by_day), list(accumulate(self.by_day.values()))

    def through(self, day: date) -> int:
        """How many end on this day or before."""
        index = bisect_right(self._days, day.isoformat())  # ISO dates compare as texts
        return self._sums[index - 1] if index else 0


class DepotFigures(msgspec.Struct, frozen=True):
    """One depot's readiness."""

    id: UUID
    code: str
    name_zh: str
    name_en: str
    type: str
    district: str
    lines: int
    lines_held: int
    lines_ready: int
    recommended: int
    recommended_held: int
    recommended_ready: int
    low: int
    missing: list[str]
    ends: Ends

    @property
    def ready(self) -> bool:
        return self.lines_ready == self.lines


def figures_of(depot: DepotNames, row: dict[str, Any]) -> DepotFigures:
    """A row of ``DepotReadiness``, written or just worked out, as figures with the depot's names."""
    must, special = Level.MANDATORY.value, Level.SPECIALTY.value

    def both(kind: str) -> int:
        return int(row[f"{must}{kind}"] + row[f"{special}{kind}"])

    return DepotFigures(
        **depot._asdict(),
        lines=both(""),
        lines_held=both("_held"),
        lines_ready=both("_ready"),
        recommended=row["recommended"],
        recommended_held=row["recommended_held"],
        recommended_ready=row["recommended_ready"],
        low=row["low"],
        missing=_missing(row["missing"]),
        ends=_ends(row["ends"]),
    )


@lru_cache(maxsize=KEPT_TEXTS)
def _missing(text: str) -> list[str]:
    return json.loads(text)


@lru_cache(maxsize=KEPT_TEXTS)
def _ends(text: str) -> Ends:
    return Ends(json.loads(text))
