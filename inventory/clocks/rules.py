"""When a task falls due: pure rules of plans and their clocks. All days are dates in the depot's time zone (T29).

A plan says how often; a clock is one plan on one thing. ``open_date`` is the day by which the task is due: done on that
day it is in time, the day after it is overdue. ``close`` is what an act of a day does to the clock. The months of a
calendar are added by ``relativedelta`` from the first anchor, so that a date clamped to a short month does not drift
(T20) and the 29th of February comes back (T19); an RFC 5545 rule (``rrule``) would leave those months out.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dateutil.relativedelta import relativedelta

from inventory.stock.rules import month_end

DAY = timedelta(days=1)
# Calendar tasks fall due at the end of a calendar period. This day ends a year, a month and an ISO week alike.
CALENDAR_ANCHOR = date(2023, 12, 31)
FURTHEST = date(2200, 1, 1)


class Anchor(StrEnum):
    """From where a plan counts."""

    MFG = "MFG"  # manufacture
    LAST = "LAST"  # the last time it was done
    CAL = "CAL"  # the calendar: done late or early, the next date stays (T21)
    INSVC = "INSVC"  # put in service
    USE = "USE"  # each use
    SHIFT = "SHIFT"  # each shift


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
        return day + relativedelta(months=number)
    return day + timedelta(days=number * (7 if unit == "week" else 1))


def scrap_from(made_on: date | None, retire_age_months: int | None, by_month: bool = False) -> date | None:
    """The first day that belongs to scrap: none of a thing's tasks falls on it or later."""
    if made_on is None or not retire_age_months:
        return None
    day = add(made_on, retire_age_months, "month")
    return day.replace(day=1) if by_month else day


def open_date(rule: Rule, facts: Facts, clock: Clock) -> date | None:
    """The day by which the task is due; None while nothing is, or when scrap comes first."""
    due = _open(rule, facts, clock)
    if due is None or due >= FURTHEST:
        return None
    if facts.scrap_from is not None and due >= facts.scrap_from and not rule.retires:
        return None
    return due


def _open(rule: Rule, facts: Facts, clock: Clock) -> date | None:
    if rule.anchor == Anchor.USE:
        return clock.used_on if clock.uses >= (rule.every or 1) else None
    if rule.anchor == Anchor.CAL:
        return _calendar(rule, facts, clock)
    if rule.anchor in (Anchor.MFG, Anchor.INSVC):
        return _from_birth(rule, facts, clock)
    due = _rolling(rule, facts, clock)
    if clock.metered_on is not None:
        due = min(due, clock.metered_on) if due else clock.metered_on
    return due


def _calendar(rule: Rule, facts: Facts, clock: Clock) -> date | None:
    """The first date of the calendar that is not closed and not before the thing came here."""
    after = facts.since - DAY
    if clock.closed_through is not None:
        after = max(after, clock.closed_through)
    due = _next_of_calendar(rule, after)
    if rule.season is None or rule.off_every is not None:
        return due
    while not rule.season.holds(due) and due < FURTHEST:
        # One step, so that the window's own first date is not jumped over
        due = _next_of_calendar(rule, due)
    return due


def _next_of_calendar(rule: Rule, after: date) -> date:
    """The first of ``anchor_on + n * every`` after a day, n any whole number."""
    every, unit = rule.every or 1, rule.unit
    if unit == "month":
        months = (after.year - rule.anchor_on.year) * 12 + after.month - rule.anchor_on.month
        n = months // every
        while add(rule.anchor_on, n * every, unit) > after:
            n -= 1
        while add(rule.anchor_on, n * every, unit) <= after:
            n += 1
        return add(rule.anchor_on, n * every, unit)
    span = every * (7 if unit == "week" else 1)
    return rule.anchor_on + timedelta(days=((after - rule.anchor_on).days // span + 1) * span)


def opens_on(rule: Rule, due: date) -> date:
    """The first day on which an act counts for a date: the day after the calendar's date before.

    Of the long intervals from manufacture or service the second half; a rolling task may be done at any time.
    """
    if rule.anchor == Anchor.CAL:
        return _before_in_calendar(rule, due) + DAY
    if rule.anchor in (Anchor.MFG, Anchor.INSVC) and rule.every:
        return due - timedelta(days=rule.every * 15)
    return date.min


def _before_in_calendar(rule: Rule, due: date) -> date:
    """The date of the calendar before one of its dates."""
    every, unit = rule.every or 1, rule.unit
    if unit != "month":
        return due - timedelta(days=every * (7 if unit == "week" else 1))
    months = (due.year - rule.anchor_on.year) * 12 + due.month - rule.anchor_on.month
    return add(rule.anchor_on, months - every, unit)


def _from_birth(rule: Rule, facts: Facts, clock: Clock) -> date | None:
    """From manufacture or first service: the first date, then every so often, each from the same anchor."""
    by_month = rule.anchor == Anchor.MFG and facts.made_by_month
    anchor = facts.made_on if rule.anchor == Anchor.MFG else (facts.in_service_on or facts.since)
    if anchor is None:  # an unknown date is a task at once, never "no date" (T09, T22)
        return None if clock.last_done_on else facts.since
    months = rule.first_after_months if rule.first_after_months is not None else (rule.every or 0)
    while True:
        due = add(anchor, months, "month")
        due = month_end(due.year, due.month) if by_month else due
        if clock.closed_through is None or due > clock.closed_through:
            return due
        if rule.every is None or due >= FURTHEST:
            return None
        months += rule.every


def _rolling(rule: Rule, facts: Facts, clock: Clock) -> date | None:
    """From the last act; from manufacture or receipt if there was none (T22: due now, shown as "never")."""
    if clock.base_on is None:
        if rule.first_after_months and facts.made_on:
            due = add(facts.made_on, rule.first_after_months, "month")
            due = month_end(due.year, due.month) if facts.made_by_month else due
        else:
            due = facts.since
    elif rule.every is None:
        return None  # by meter alone
    elif rule.season is not None:
        due = _seasonal(rule, rule.season, clock)
    else:
        due = add(clock.base_on, clock.step * rule.every, rule.unit)
    if clock.closed_through is not None and due <= clock.closed_through:
        due = clock.closed_through + DAY  # a clamped month's end: a date never comes twice
    return due


def _seasonal(rule: Rule, season: Season, clock: Clock) -> date:
    """The first day, behind the date that was closed last, on which the interval that holds that day has run out."""
    assert clock.base_on is not None
    earliest = date.min if clock.closed_through is None else clock.closed_through + DAY
    within = season.next_in(max(earliest, add(clock.base_on, rule.every or 1, rule.unit)))
    if rule.off_every is None:
        return within
    return min(within, season.next_out(max(earliest, add(clock.base_on, rule.off_every, rule.off_unit))))


@dataclass(frozen=True)
class Closing:
    """What an act did: the clock after it, and the due date that it closed (None: an extra look, kept as such)."""

    clock: Clock
    closed: date | None


def close(rule: Rule, facts: Facts, clock: Clock, day: date, reading: Decimal | None = None) -> Closing:
    """The task was done on a day. One act closes one due date at most (T21).

    A second act of the same day, one told after a later one, and one before the date's period has begun close nothing.
    """
    due = open_date(rule, facts, clock)
    if rule.anchor == Anchor.USE:
        if due is None or due > day:
            return Closing(clock, None)
        return Closing(replace(clock, last_done_on=day, used_on=None, uses=0), due)
    if clock.last_done_on is not None and day <= clock.last_done_on:
        return Closing(clock, None)
    seen = replace(clock, last_done_on=day)
    if due is None or day < opens_on(rule, due):
        return Closing(seen, None)
    if rule.anchor in (Anchor.LAST, Anchor.SHIFT):
        on_time = clock.base_on is not None and day == due and clock.metered_on is None and rule.season is None
        base, step = (clock.base_on, clock.step + 1) if on_time else (day, 1)
        meter = reading if reading is not None else clock.meter_base
        seen = replace(seen, base_on=base, step=step, metered_on=None, meter_base=meter)
    through = due if clock.closed_through is None else max(due, clock.closed_through)
    return Closing(replace(seen, closed_through=through), due)


def skip(rule: Rule, facts: Facts, clock: Clock, day: date) -> list[tuple[date, Clock]]:
    """The dates that are missed for good on a day, each with the clock after it is given up; the last one stays open.

    A date of the calendar is missed once the next period has begun; one of the long intervals once the next is over.
    """
    skipped: list[tuple[date, Clock]] = []
    while rule.anchor in (Anchor.CAL, Anchor.MFG, Anchor.INSVC) and rule.every is not None:
        due = open_date(rule, facts, clock)
        if due is None or due >= day:
            break
        following = replace(clock, closed_through=due)
        after = open_date(rule, facts, following)
        begun = after is not None and (opens_on(rule, after) if rule.anchor == Anchor.CAL else after) <= day
        if not begun:
            break  # the last one missed is the one that today's act is for
        clock = following
        skipped.append((due, clock))
    return skipped


def rebase(rule: Rule, clock: Clock) -> Clock:
    """The clock under another rule: counted anew from when the task was last done (T23, T24)."""
    last = clock.last_done_on
    if rule.anchor in (Anchor.LAST, Anchor.SHIFT):
        return replace(clock, base_on=last, step=1, closed_through=last)
    if rule.anchor == Anchor.CAL:
        return replace(clock, closed_through=_next_of_calendar(rule, last - DAY) if last else None)
    return clock


def used(clock: Clock, day: date) -> Clock:
    """It came back from use."""
    return replace(clock, used_on=day, uses=clock.uses + 1)


def metered(rule: Rule, clock: Clock, value: Decimal, day: date) -> Clock:
    """The meter shows a value. The interval counts from what it showed when the task was last done, else from 0."""
    if rule.meter_every is None or clock.metered_on is not None:
        return clock
    if value - (clock.meter_base or Decimal(0)) < rule.meter_every:
        return clock
    return replace(clock, metered_on=day)


def blocked_from(rule: Rule, due: date | None) -> date | None:
    """The first day on which the thing is not ready, should the task not be done by then.

    What must be seen to after each use is not ready from the use on (a wet hose: T40).
    """
    if due is None or not rule.blocks:
        return None
    return due if rule.anchor == Anchor.USE else due + DAY + timedelta(days=rule.grace_days)


class State(StrEnum):
    """How a task stands on a day, from good to bad."""

    COMING = "coming"
    DUE = "due"  # may be done now, and is in time
    OVERDUE = "overdue"
    BLOCKED = "blocked"  # overdue, and the thing is not ready for it


def state_of(due: date, blocked: date | None, opens: date, today: date) -> State:
    """How a task stands today. Worked out when asked for: a kept state would age."""
    if blocked is not None and blocked <= today:
        return State.BLOCKED
    if due < today:
        return State.OVERDUE
    return State.DUE if opens <= today else State.COMING


def worst(states: list[State]) -> State | None:
    """Several clocks on one thing: the worst decides (T25)."""
    order = list(State)
    return max(states, key=order.index, default=None)


def may_send(held: int, away: int, sending: int) -> bool:
    """Whether so many more extinguishers of a depot may go to the workshop without a stand-in.

    At most a quarter of them at once (GB 50444-2008 5.1.2, 5.1.3; of 12 three may go, the fourth warns: T34).
    """
    return (away + sending) * 4 <= held
