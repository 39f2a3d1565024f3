"""What plans and their clocks are made of. All days are dates in the depot's time zone (T29)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from inventory.stock.rules import add_months, month_end

DAY = timedelta(days=1)
# Calendar tasks fall due at the end of a calendar period. This day ends a year, a month and an ISO week alike.
CALENDAR_ANCHOR = date(2023, 12, 31)
FURTHEST = date(2200, 1, 1)


UNITS = ("day", "week", "month", "use", "shift")  # of a plan's interval


class Anchor(StrEnum):
    """From where a plan counts; ``anchors.py`` says what follows from it."""

    MFG = "MFG"
    LAST = "LAST"
    CAL = "CAL"
    INSVC = "INSVC"
    USE = "USE"
    SHIFT = "SHIFT"


@dataclass(frozen=True)
class Season:
    """A window of the year, both ends in it; it may cross the year's end (T28). Each end is (month, day)."""

    first: tuple[int, int]
    last: tuple[int, int]

    def holds(self, day: date) -> bool:
        """Whether a day lies in the window."""
        at = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= at <= self.last
        return at >= self.first or at <= self.last

    def next_in(self, day: date) -> date:
        """The first day from this one on that lies in the window."""
        return day if self.holds(day) else _next_such(day, self.first)

    def next_out(self, day: date) -> date:
        """The first day from this one on that lies outside it."""
        while self.holds(day):
            day = _next_such(day, self.last) + DAY
            if day >= FURTHEST:
                break
        return day


def _next_such(day: date, at: tuple[int, int]) -> date:
    """The first day from this one on with this month and day; the 29th of February is the 28th where there is none."""
    for year in (day.year, day.year + 1):
        found = date(year, at[0], 1) + timedelta(days=min(at[1], month_end(year, at[0]).day) - 1)
        if found >= day:
            return found
    raise AssertionError("unreachable: next year has every month and day")


@dataclass(frozen=True)
class Rule:
    """How often a plan wants its task done, as it holds for one thing in one place."""

    anchor: Anchor
    every: int | None = None  # so many units; none for a date that comes once, such as scrap
    unit: str = "month"  # month, week, day, use, shift
    first_after_months: int | None = None
    anchor_on: date = CALENDAR_ANCHOR
    season: Season | None = None
    off_every: int | None = None  # outside the season; none: not at all
    off_unit: str = "week"
    meter_every: Decimal | None = None  # engine hours, charge cycles or kilometres since it was last done
    blocks: bool = False  # overdue, the thing is not ready
    grace_days: int = 0  # overdue for so many days before it blocks
    retires: bool = False  # the date is that of scrap


@dataclass(frozen=True)
class Facts:
    """What a plan must know of a thing."""

    since: date  # when it came under this plan: received here, or moved to a place where another interval holds
    made_on: date | None = None
    made_by_month: bool = False  # the stamp names a month: due through its last day (T26)
    in_service_on: date | None = None
    scrap_from: date | None = None  # no task falls due on this day or later (XF 95-2015 7.1; T25)


@dataclass(frozen=True)
class Clock:
    """How far one plan on one thing has come."""

    last_done_on: date | None = None
    base_on: date | None = None  # rolling: counted from
    step: int = 1  # rolling: how many intervals from there
    closed_through: date | None = None  # the due date that was closed last
    used_on: date | None = None  # used, and not seen to since
    uses: int = 0
    metered_on: date | None = None  # when the meter reached the interval
    meter_base: Decimal | None = None  # what the meter showed when it was last done


def add(day: date, number: int, unit: str) -> date:
    """So many months, weeks, days or shifts later; a day that the month does not have is its last."""
    if unit == "month":
        return add_months(day, number)
    return day + timedelta(days=number * (7 if unit == "week" else 1))


def scrap_from(made_on: date | None, retire_age_months: int | None, *, by_month: bool = False) -> date | None:
    """The first day that belongs to scrap: none of a thing's tasks falls on it or later."""
    if made_on is None or not retire_age_months:
        return None
    day = add(made_on, retire_age_months, "month")
    return day.replace(day=1) if by_month else day


@dataclass(frozen=True)
class Closing:
    """What an act did: the clock after it, and the due date that it closed (None: an extra look, kept as such)."""

    clock: Clock
    closed: date | None
