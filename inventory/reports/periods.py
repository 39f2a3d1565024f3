"""Periods: days in the depots' time zone, by the calendar or from shift to shift (T30), as the instants between which
something was recorded.

Reports go by the time of recording, not of happening: a closed month's report never changes afterwards. What was told
late stands in the period in which it was reported, with the time at which it happened beside it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from core.errors import bad_field
from core.languages import N_
from inventory.listing.listing import Asked
from inventory.stock.rules import month_end

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True)
class Period:
    """From the beginning of one day to the end of another, both included; each day ``begins`` at midnight or with its
    shift."""

    first: date
    last: date
    zone: ZoneInfo
    begins: time = time()

    @property
    def since(self) -> datetime:
        """The instant at which it begins (UTC)."""
        return datetime.combine(self.first, self.begins, self.zone).astimezone(UTC)

    @property
    def until(self) -> datetime:
        """The instant at which it is over (UTC), not included."""
        return datetime.combine(self.last + timedelta(days=1), self.begins, self.zone).astimezone(UTC)

    def __str__(self) -> str:
        return f"{self.first} – {self.last}" + (f" ({self.begins:%H:%M}–{self.begins:%H:%M})" if self.begins else "")


def period_asked(asked: Asked) -> Period:
    """The period that is asked for: ``month``, or ``since`` and ``until``; else this month up to today.

    ``by`` is ``day`` (the calendar's), or ``shift``: what was booked at 00:10 then belongs to the day before.
    """
    if asked.text("by") not in (None, "day", "shift"):
        raise bad_field("by", N_("a report goes by day or by shift"))
    begins = asked.shift_at if asked.text("by") == "shift" else time()
    said = asked.text("month")
    if said is not None:
        found = _MONTH.fullmatch(said)
        if found is None or not (1 <= int(found[2]) <= 12 and 1900 <= int(found[1]) <= 9000):
            raise bad_field("month", N_("write a month as 2026-11"))
        year, month = int(found[1]), int(found[2])
        return Period(date(year, month, 1), month_end(year, month), asked.zone, begins)
    first = asked.day("since") or asked.today.replace(day=1)
    last = asked.day("until") or max(first, asked.today)
    if not date(1900, 1, 1) <= first <= last <= date(9000, 1, 1):
        raise bad_field("until", N_("the period ends before it begins"))
    return Period(first, last, asked.zone, begins)
