"""When a task falls due: pure rules of plans and their clocks.

A plan says how often; a clock is one plan on one thing. ``open_date`` is the day by which the task is due: done on that
day it is in time, the day after it is overdue. ``close`` is what an act of a day does to the clock. What differs from
anchor to anchor lives in ``anchors.py``.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from inventory.clocks.anchors import ANCHORINGS
from inventory.clocks.terms import FURTHEST, Clock, Closing, Facts, Rule


def open_date(rule: Rule, facts: Facts, clock: Clock) -> date | None:
    """The day by which the task is due; None while nothing is, or when scrap comes first."""
    due = ANCHORINGS[rule.anchor].open_date(rule, facts, clock)
    if due is None or due >= FURTHEST:
        return None
    if facts.scrap_from is not None and due >= facts.scrap_from and not rule.retires:
        return None
    return due


def opens_on(rule: Rule, due: date) -> date:
    """The first day on which an act counts for a date; a rolling task may be done at any time."""
    return ANCHORINGS[rule.anchor].opens_on(rule, due)


def close(rule: Rule, facts: Facts, clock: Clock, day: date, reading: Decimal | None = None) -> Closing:
    """The task was done on a day. One act closes one due date at most (T21).

    A second act of the same day, one told after a later one, and one before the date's period has begun close nothing.
    """
    return ANCHORINGS[rule.anchor].close(rule, clock, open_date(rule, facts, clock), day, reading)


def skip(rule: Rule, facts: Facts, clock: Clock, day: date) -> list[tuple[date, Clock]]:
    """The dates missed for good on a day, each with the clock after it is given up; the last one stays open."""
    anchoring = ANCHORINGS[rule.anchor]
    skipped: list[tuple[date, Clock]] = []
    while anchoring.fixed and rule.every is not None:
        due = open_date(rule, facts, clock)
        if due is None or due >= day:
            break
        following = replace(clock, closed_through=due)
        after = open_date(rule, facts, following)
        if after is None or not anchoring.is_missed(rule, after, day):
            break  # the last one missed is the one that today's act is for
        clock = following
        skipped.append((due, clock))
    return skipped


def rebase(rule: Rule, clock: Clock) -> Clock:
    """The clock under another rule: counted anew from when the task was last done (T23, T24)."""
    return ANCHORINGS[rule.anchor].rebase(rule, clock)


def told_past(rule: Rule, facts: Facts, day: date) -> Clock:
    """The clock of a task of which only the last date is known.

    Of dates that stand fixed, the one next to the date given is taken to be the one that was done.
    """
    clock = rebase(rule, Clock(last_done_on=day))
    while ANCHORINGS[rule.anchor].fixed and rule.every is not None:
        due = open_date(rule, facts, clock)
        if due is None or day < opens_on(rule, due):
            break
        clock = replace(clock, closed_through=due)
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
    """The first day on which the thing is not ready, should the task not be done by then."""
    if due is None or not rule.blocks:
        return None
    return ANCHORINGS[rule.anchor].blocked_from(rule, due)


class State(StrEnum):
    """How a task stands on a day, from good to bad."""

    COMING = "coming"
    DUE = "due"  # may be done now, and is in time
    OVERDUE = "overdue"
    BLOCKED = "blocked"  # overdue, and the thing is not ready for it


def state_of(due: date, blocked: date | None, opens: date, today: date) -> State:
    """How a task stands today. Worked out when asked for: a stored state would age."""
    if blocked is not None and blocked <= today:
        return State.BLOCKED
    if due < today:
        return State.OVERDUE
    return State.DUE if opens <= today else State.COMING


def may_send(held: int, away: int, sending: int) -> bool:
    """Whether so many more extinguishers of a depot may go to the workshop without a stand-in.

    At most a quarter of them at once (GB 50444-2008 5.1.2, 5.1.3; of 12 three may go, the fourth warns: T34).
    """
    return (away + sending) * 4 <= held
