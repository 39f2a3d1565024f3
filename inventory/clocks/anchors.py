"""From where a plan counts: manufacture, the last time, the calendar, being put in service, a use, a shift.

A class for each way of counting, all that follows from it in it; ``ANCHORINGS`` says which anchor counts how.
The months of a calendar are added (``add_months``) from the first anchor, so that a date clamped to a short month
does not drift (T20) and the 29th of February comes back (T19); an RFC 5545 rule (``rrule``) would leave those months
out.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from core.languages import N_
from core.registers import require_each
from inventory.clocks.models import MaintenancePlan
from inventory.clocks.terms import DAY, FURTHEST, Anchor, Clock, Closing, Facts, Rule, Season, add
from inventory.stock.rules import month_end

_NO_INTERVAL = N_("this is no interval")


@dataclass(frozen=True)
class Anchoring(ABC):
    """How a plan with an anchor counts. ``due`` is a day by which the task is due, ``day`` that of an act."""

    words: str
    fixed = False  # the dates stand, whenever the task is done; one may be missed for good
    from_birth = False  # in months from a date that the thing has once
    own_date = False  # the next date may be the thing's own, such as that of a vehicle's insurance
    by_use = False  # a use makes it due
    by_shift = False  # an act belongs to the day of its shift (T30)
    by_meter = False  # a meter may make it due earlier

    @abstractmethod
    def open_date(self, rule: Rule, facts: Facts, clock: Clock) -> date | None:
        """The day by which the task is due; None while nothing is."""

    @abstractmethod
    def fault_of(self, plan: MaintenancePlan) -> tuple[str, str] | None:
        """The field that no clock could follow, and why."""

    def opens_on(self, rule: Rule, due: date) -> date:
        """The first day on which an act counts for a date."""
        return date.min

    def close(self, rule: Rule, clock: Clock, due: date | None, day: date, reading: Decimal | None) -> Closing:
        """The task was done on a day. A second act of the same day and one told after a later one close nothing."""
        if clock.last_done_on is not None and day <= clock.last_done_on:
            return Closing(clock, None)
        seen = replace(clock, last_done_on=day)
        if due is None or day < self.opens_on(rule, due):
            return Closing(seen, None)
        through = due if clock.closed_through is None else max(due, clock.closed_through)
        return Closing(replace(seen, closed_through=through), due)

    def is_missed(self, rule: Rule, after: date, day: date) -> bool:
        """Whether the date before ``after`` is missed for good on a day."""
        return after <= day

    def rebase(self, rule: Rule, clock: Clock) -> Clock:
        """The clock under another rule."""
        return clock

    def blocked_from(self, rule: Rule, due: date) -> date:
        """The first day on which the thing is not ready, should the task not be done by then."""
        return due + DAY + timedelta(days=rule.grace_days)


class ByCalendar(Anchoring):
    """Done late or early, the next date stays (T21). It is missed for good once the next period has begun."""

    fixed = True
    own_date = True

    def open_date(self, rule: Rule, facts: Facts, clock: Clock) -> date | None:
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

    def fault_of(self, plan: MaintenancePlan) -> tuple[str, str] | None:
        if not plan.every or plan.unit not in ("day", "week", "month"):
            return "every", N_("a plan by the calendar has an interval of days, weeks or months")
        return None

    def opens_on(self, rule: Rule, due: date) -> date:
        """The day after the calendar's date before."""
        return _before_in_calendar(rule, due) + DAY

    def is_missed(self, rule: Rule, after: date, day: date) -> bool:
        return self.opens_on(rule, after) <= day

    def rebase(self, rule: Rule, clock: Clock) -> Clock:
        last = clock.last_done_on
        return replace(clock, closed_through=_next_of_calendar(rule, last - DAY) if last else None)


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


def _before_in_calendar(rule: Rule, due: date) -> date:
    """The date of the calendar before one of its dates."""
    every, unit = rule.every or 1, rule.unit
    if unit != "month":
        return due - timedelta(days=every * (7 if unit == "week" else 1))
    months = (due.year - rule.anchor_on.year) * 12 + due.month - rule.anchor_on.month
    return add(rule.anchor_on, months - every, unit)


class _FromBirth(Anchoring):
    """The first date, then every so often, each from the same day. Missed for good once the next one is over."""

    fixed = True
    from_birth = True

    @abstractmethod
    def born(self, facts: Facts) -> date | None:
        """The day from which the months count."""

    def by_month(self, facts: Facts) -> bool:
        """Whether only the month of that day is known: due through its last day (T26)."""
        return False

    def open_date(self, rule: Rule, facts: Facts, clock: Clock) -> date | None:
        """The first date of the series that is not closed."""
        born = self.born(facts)
        if born is None:  # an unknown date is a task at once, never "no date" (T09, T22)
            return None if clock.last_done_on else facts.since
        months = rule.first_after_months if rule.first_after_months is not None else (rule.every or 0)
        while True:
            due = add(born, months, "month")
            due = month_end(due.year, due.month) if self.by_month(facts) else due
            if clock.closed_through is None or due > clock.closed_through:
                return due
            if rule.every is None or due >= FURTHEST:
                return None
            months += rule.every

    def fault_of(self, plan: MaintenancePlan) -> tuple[str, str] | None:
        if plan.unit != "month":
            return "unit", N_("from manufacture or service one counts in months")
        return None if plan.every or plan.first_after_months else ("every", _NO_INTERVAL)

    def opens_on(self, rule: Rule, due: date) -> date:
        """Of the long intervals the second half."""
        return due - timedelta(days=rule.every * 15) if rule.every else date.min


class FromManufacture(_FromBirth):
    """From the date on the thing."""

    def born(self, facts: Facts) -> date | None:
        return facts.made_on

    def by_month(self, facts: Facts) -> bool:
        return facts.made_by_month


class FromService(_FromBirth):
    """From when it was put in service, or came here."""

    def born(self, facts: Facts) -> date | None:
        return facts.in_service_on or facts.since


class SinceLast(Anchoring):
    """Rolling: from the last act, which may come at any time."""

    def open_date(self, rule: Rule, facts: Facts, clock: Clock) -> date | None:
        """By the interval or by the meter, whichever comes first."""
        due = _rolling(rule, facts, clock)
        if clock.metered_on is not None:
            due = min(due, clock.metered_on) if due else clock.metered_on
        return due

    def fault_of(self, plan: MaintenancePlan) -> tuple[str, str] | None:
        return None if plan.every or plan.meter_every else ("every", _NO_INTERVAL)

    def close(self, rule: Rule, clock: Clock, due: date | None, day: date, reading: Decimal | None) -> Closing:
        """Done on the very day it is due, the interval goes on from where it counted; else it counts from the act."""
        closing = super().close(rule, clock, due, day, reading)
        if closing.closed is None:
            return closing
        on_time = clock.base_on is not None and day == due and clock.metered_on is None and rule.season is None
        base, step = (clock.base_on, clock.step + 1) if on_time else (day, 1)
        meter = reading if reading is not None else clock.meter_base
        after = replace(closing.clock, base_on=base, step=step, metered_on=None, meter_base=meter)
        return Closing(after, closing.closed)

    def rebase(self, rule: Rule, clock: Clock) -> Clock:
        return replace(clock, base_on=clock.last_done_on, step=1, closed_through=clock.last_done_on)


class SinceLastOrByMeter(SinceLast):
    """From the last act, or when the meter has come so far since."""

    by_meter = True


class EachShift(SinceLast):
    """From the last shift in which it was done."""

    by_shift = True


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


class AfterUse(Anchoring):
    """Due from the use on, and until it is done once."""

    by_use = True

    def open_date(self, rule: Rule, facts: Facts, clock: Clock) -> date | None:
        """The day of the use, after so many uses."""
        return clock.used_on if clock.uses >= (rule.every or 1) else None

    def fault_of(self, plan: MaintenancePlan) -> tuple[str, str] | None:
        return None

    def close(self, rule: Rule, clock: Clock, due: date | None, day: date, reading: Decimal | None) -> Closing:
        if due is None or due > day:
            return Closing(clock, None)
        return Closing(replace(clock, last_done_on=day, used_on=None, uses=0), due)

    def blocked_from(self, rule: Rule, due: date) -> date:
        """Not ready from the use on (a wet hose: T40)."""
        return due


ANCHORINGS: dict[Anchor, Anchoring] = {
    Anchor.MFG: FromManufacture(N_("from manufacture")),
    Anchor.LAST: SinceLastOrByMeter(N_("from the last time")),
    Anchor.CAL: ByCalendar(N_("by the calendar")),
    Anchor.INSVC: FromService(N_("from being put in service")),
    Anchor.USE: AfterUse(N_("after each use")),
    Anchor.SHIFT: EachShift(N_("each shift")),
}
require_each(Anchor, ANCHORINGS, "ANCHORINGS of inventory/clocks/anchors.py")
BY_USE = [anchor.value for anchor, anchoring in ANCHORINGS.items() if anchoring.by_use]
BY_SHIFT = [anchor.value for anchor, anchoring in ANCHORINGS.items() if anchoring.by_shift]
