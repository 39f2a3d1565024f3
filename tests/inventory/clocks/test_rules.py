"""When tasks fall due: the cases T19 to T30, the extinguishers' lives, and ten years beside a slow simulation."""

import calendar
import csv
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.clock import local_date
from core.settings import ROOT
from inventory.clocks.rules import (
    State,
    blocked_from,
    close,
    metered,
    open_date,
    opens_on,
    rebase,
    skip,
    state_of,
    used,
)
from inventory.clocks.terms import Anchor, Clock, Facts, Rule, Season, scrap_from
from inventory.telling.scene import shift_day

DAY = timedelta(days=1)
ZONE = ZoneInfo("Asia/Shanghai")
MONTHLY = Rule(Anchor.CAL, 1, "month")


def done_on_each(rule: Rule, facts: Facts, clock: Clock, days: list[date]) -> list[date | None]:
    """The date that is open after each act."""
    found = []
    for day in days:
        clock = close(rule, facts, clock, day).clock
        found.append(open_date(rule, facts, clock))
    return found


def dates_done_in_time(rule: Rule, facts: Facts, clock: Clock, count: int) -> list[date]:
    """The next due dates, each done on its very day."""
    found: list[date] = []
    while len(found) < count and (due := open_date(rule, facts, clock)) is not None:
        found.append(due)
        clock = close(rule, facts, clock, due).clock
    return found


def test_T19_a_yearly_task_from_a_leap_day_returns_to_it() -> None:
    yearly = Rule(Anchor.LAST, 12, "month")
    clock = Clock(last_done_on=date(2024, 2, 29), base_on=date(2024, 2, 29))
    dates = dates_done_in_time(yearly, Facts(date(2024, 1, 1)), clock, 4)
    assert dates == [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]


def test_T20_monthly_on_the_31st_does_not_drift() -> None:
    rule = replace(MONTHLY, anchor_on=date(2026, 1, 31))
    dates = dates_done_in_time(rule, Facts(date(2026, 1, 31)), Clock(), 4)
    assert dates == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    rolling = Clock(last_done_on=date(2026, 1, 31), base_on=date(2026, 1, 31))
    dates = dates_done_in_time(Rule(Anchor.LAST, 1, "month"), Facts(date(2026, 1, 1)), rolling, 3)
    assert dates == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_T21_a_late_calendar_check_closes_its_own_month_and_leaves_the_next_open() -> None:
    facts, clock = Facts(date(2026, 3, 1)), Clock(closed_through=date(2026, 2, 28), last_done_on=date(2026, 2, 10))
    late = close(MONTHLY, facts, clock, date(2026, 4, 9))
    assert late.closed == date(2026, 3, 31)
    assert open_date(MONTHLY, facts, late.clock) == date(2026, 4, 30)


def test_T21_a_rolling_task_counts_from_the_day_on_which_it_was_done() -> None:
    rule, facts = Rule(Anchor.LAST, 3, "month"), Facts(date(2026, 1, 1))
    clock = Clock(last_done_on=date(2026, 1, 5), base_on=date(2026, 1, 5))
    assert open_date(rule, facts, close(rule, facts, clock, date(2026, 4, 9)).clock) == date(2026, 7, 9)
    assert open_date(rule, facts, close(rule, facts, clock, date(2026, 4, 4)).clock) == date(2026, 7, 4)


def test_T21_a_day_early_the_calendar_stays_and_a_second_act_of_the_day_closes_nothing() -> None:
    facts = Facts(date(2026, 3, 1))
    early = close(MONTHLY, facts, Clock(), date(2026, 3, 30))
    assert (early.closed, open_date(MONTHLY, facts, early.clock)) == (date(2026, 3, 31), date(2026, 4, 30))
    again = close(MONTHLY, facts, early.clock, date(2026, 3, 30))
    next_day = close(MONTHLY, facts, early.clock, date(2026, 3, 31))
    assert (again.closed, next_day.closed) == (None, None)
    assert open_date(MONTHLY, facts, next_day.clock) == date(2026, 4, 30)


def test_T21_dates_missed_are_given_up_one_by_one_and_the_act_closes_the_last() -> None:
    facts, clock = Facts(date(2026, 1, 1)), Clock()
    given_up = skip(MONTHLY, facts, clock, date(2026, 4, 9))
    assert [due for due, _ in given_up] == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]
    assert close(MONTHLY, facts, given_up[-1][1], date(2026, 4, 9)).closed == date(2026, 4, 30)
    assert close(MONTHLY, facts, clock, date(2026, 4, 9)).closed == date(2026, 1, 31)


def test_T22_never_done_is_due_at_once() -> None:
    for rule in (Rule(Anchor.LAST, 12, "month"), Rule(Anchor.SHIFT, 1, "shift")):
        assert open_date(rule, Facts(since=date(2026, 5, 4)), Clock()) == date(2026, 5, 4)
    undated = Rule(Anchor.MFG, 24, "month", first_after_months=60)
    assert open_date(undated, Facts(since=date(2026, 5, 4)), Clock()) == date(2026, 5, 4)


def test_T23_a_changed_interval_counts_from_the_last_act() -> None:
    clock = Clock(last_done_on=date(2026, 1, 10), base_on=date(2026, 1, 10))
    yearly, half = Rule(Anchor.LAST, 12, "month"), Rule(Anchor.LAST, 6, "month")
    assert open_date(yearly, Facts(date(2025, 1, 1)), clock) == date(2027, 1, 10)
    assert open_date(half, Facts(date(2025, 1, 1)), rebase(half, clock)) == date(2026, 7, 10)


def test_T24_the_interval_follows_the_place_from_the_move_on() -> None:
    half_monthly = Rule(Anchor.CAL, 15, "day")
    clock = close(MONTHLY, Facts(date(2026, 1, 1)), Clock(closed_through=date(2026, 3, 31)), date(2026, 4, 2)).clock
    moved = Facts(since=date(2026, 4, 28))
    dates = dates_done_in_time(half_monthly, moved, rebase(half_monthly, clock), 5)
    assert all(later - earlier == timedelta(days=15) for earlier, later in pairwise(dates))
    assert date(2026, 4, 28) <= dates[0] < date(2026, 4, 28) + timedelta(days=15)


def test_T25_powder_of_2020_01_is_served_three_times_and_never_at_or_after_scrap() -> None:
    stamp = Facts(date(2020, 2, 1), made_on=date(2020, 1, 1), made_by_month=True)
    facts = replace(stamp, scrap_from=scrap_from(stamp.made_on, 120, by_month=True))
    service = Rule(Anchor.MFG, 24, "month", first_after_months=60, blocks=True)
    dates = dates_done_in_time(service, facts, Clock(), 20)
    assert dates == [date(2025, 1, 31), date(2027, 1, 31), date(2029, 1, 31)]
    assert max(dates_done_in_time(MONTHLY, facts, Clock(), 500)) == date(2029, 12, 31)


def test_extinguishers_of_each_agent_are_served_at_the_points_of_the_reference() -> None:
    with (ROOT / "reference" / "extinguisher_life.csv").open(encoding="utf-8-sig") as file:
        agents = list(csv.DictReader(file))
    assert len(agents) == 4
    for agent in agents:
        made, life = date(2020, 3, 15), int(agent["scrap_months_from_manufacture"])
        facts = Facts(made, made_on=made, scrap_from=scrap_from(made, life))
        first, then = int(agent["first_service_months"]), int(agent["then_every_months"])
        dates = dates_done_in_time(Rule(Anchor.MFG, then, "month", first_after_months=first), facts, Clock(), 20)
        months = [(day.year - made.year) * 12 + day.month - made.month for day in dates]
        assert months == [int(month) for month in agent["service_points_months"].split()], agent["agent_en"]


def test_T26_a_stamp_by_month_is_due_through_the_month() -> None:
    scrap = Rule(Anchor.MFG, None, "month", first_after_months=120, retires=True, blocks=True)
    facts = Facts(date(2020, 2, 1), made_on=date(2020, 1, 1), made_by_month=True)
    due = open_date(scrap, facts, Clock())
    assert due == date(2030, 1, 31)
    assert blocked_from(scrap, due) == date(2030, 2, 1)
    states = [state_of(due, blocked_from(scrap, due), due, day) for day in (date(2030, 1, 31), date(2030, 2, 1))]
    assert states == [State.DUE, State.BLOCKED]


def test_T27_a_cylinder_on_the_shelf_for_longer_than_a_cycle_is_blocked() -> None:
    retest = Rule(Anchor.LAST, 36, "month", first_after_months=36, blocks=True)
    facts = Facts(since=date(2021, 6, 1), made_on=date(2021, 5, 10))
    due = open_date(retest, facts, Clock())
    assert due == date(2024, 5, 10)
    assert blocked_from(retest, due) == date(2024, 5, 11) <= date(2026, 3, 1)


def test_T28_in_the_season_every_three_days_across_the_years_end() -> None:
    season = Season((9, 15), (4, 30))
    blower = Rule(Anchor.LAST, 3, "day", season=season, off_every=2, off_unit="week")
    facts = Facts(date(2026, 1, 1))

    def due_after(last: date) -> date | None:
        return open_date(blower, facts, Clock(last_done_on=last, base_on=last))

    assert due_after(date(2026, 12, 31)) == date(2027, 1, 3)
    assert due_after(date(2027, 4, 29)) == date(2027, 5, 13)
    assert due_after(date(2027, 6, 1)) == date(2027, 6, 15)
    assert due_after(date(2027, 9, 10)) == date(2027, 9, 15)
    only_then = replace(blower, off_every=None)
    assert open_date(only_then, facts, Clock(base_on=date(2027, 4, 29))) == date(2027, 9, 15)


def test_T29_a_task_is_due_through_its_date_in_shenzhen_not_in_utc() -> None:
    due = date(2027, 2, 28)
    for instant, state in (
        (datetime(2027, 2, 28, 15, 59, tzinfo=UTC), State.DUE),
        (datetime(2027, 2, 28, 16, 0, tzinfo=UTC), State.OVERDUE),
    ):
        assert state_of(due, None, due, local_date(instant, ZONE)) == state


def test_T30_a_check_after_midnight_belongs_to_the_shift_that_began_before() -> None:
    each_shift = Rule(Anchor.SHIFT, 1, "shift")
    facts = Facts(date(2026, 5, 1))
    clock = Clock(last_done_on=date(2026, 5, 19), base_on=date(2026, 5, 19))
    done = shift_day(datetime(2026, 5, 20, 16, 10, tzinfo=UTC), ZONE, time(8, 30))  # 00:10 on the 21st
    assert done == date(2026, 5, 20)
    closing = close(each_shift, facts, clock, done)
    assert closing.closed == date(2026, 5, 20)
    assert open_date(each_shift, facts, closing.clock) == date(2026, 5, 21)


def test_what_was_used_is_due_and_blocked_until_it_is_seen_to_however_often_a_day() -> None:
    dry = Rule(Anchor.USE, 1, "use", blocks=True)
    facts, clock, day = Facts(date(2026, 1, 1)), Clock(), date(2026, 3, 1)
    assert open_date(dry, facts, clock) is None
    for _ in range(2):
        clock = used(clock, day)
        assert open_date(dry, facts, clock) == blocked_from(dry, open_date(dry, facts, clock)) == day
        closing = close(dry, facts, clock, day)
        assert closing.closed == day
        clock = closing.clock
        assert open_date(dry, facts, clock) is None


def test_by_meter_or_by_months_whichever_comes_first() -> None:
    oil = Rule(Anchor.LAST, 6, "month", meter_every=Decimal(100))
    facts = Facts(date(2026, 1, 1))
    clock = Clock(last_done_on=date(2026, 1, 1), base_on=date(2026, 1, 1), meter_base=Decimal(250))
    clock = metered(oil, clock, Decimal("349.9"), date(2026, 2, 1))
    assert open_date(oil, facts, clock) == date(2026, 7, 1)
    clock = metered(oil, clock, Decimal(350), date(2026, 3, 1))
    assert open_date(oil, facts, clock) == date(2026, 3, 1)
    clock = close(oil, facts, clock, date(2026, 3, 3), reading=Decimal(352)).clock
    assert open_date(oil, facts, clock) == date(2026, 9, 3)
    assert metered(oil, clock, Decimal(451), date(2026, 4, 1)).metered_on is None
    by_meter_alone = replace(oil, every=None)
    assert open_date(by_meter_alone, facts, clock) is None


def test_grace_keeps_an_overdue_thing_ready_for_some_days() -> None:
    rule = Rule(Anchor.SHIFT, 1, "shift", blocks=True, grace_days=6)
    assert blocked_from(rule, date(2026, 5, 1)) == date(2026, 5, 8)
    assert blocked_from(replace(rule, blocks=False), date(2026, 5, 1)) is None


# Ten years, day by day, by somebody who knows nothing of the formulas above

START, END = date(2024, 1, 1), date(2034, 1, 1)


def slow_add(day: date, months: int) -> date:
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def slow_later(day: date, number: int, unit: str) -> date:
    if unit == "month":
        return slow_add(day, number)
    for _ in range(number * {"week": 7}.get(unit, 1)):
        day += DAY
    return day


class SlowClock:
    """One plan on one thing, kept by walking through the days."""

    def __init__(self, rule: Rule, facts: Facts) -> None:
        self.rule, self.facts = rule, facts
        self.base: date | None = None
        self.times, self.last_done = 1, None
        self.last_due: date | None = None
        self.calendar = self._calendar() if rule.anchor in (Anchor.CAL, Anchor.MFG, Anchor.INSVC) else []

    def _calendar(self) -> list[date]:
        rule, days = self.rule, []
        if rule.anchor == Anchor.CAL:
            assert rule.every is not None
            number = 0
            while (day := slow_later(rule.anchor_on, number * rule.every, rule.unit)) < date(2036, 1, 1):
                number += 1
                days.append(day)
            return days
        anchor = self.facts.made_on if rule.anchor == Anchor.MFG else self.facts.in_service_on
        assert anchor is not None and rule.first_after_months is not None
        months = rule.first_after_months
        while (day := slow_add(anchor, months)) < date(2050, 1, 1):
            days.append(day)
            if rule.every is None:
                break
            months += rule.every
        return days

    def is_due_on(self, day: date) -> bool:
        """Whether the open date is this very day, seen from the day itself."""
        if self.facts.scrap_from and day >= self.facts.scrap_from:
            return False
        if self.last_due is not None and day <= self.last_due:
            return False
        if self.calendar:
            holds = self.rule.season is None or self.rule.season.holds(day)
            begun = self.rule.anchor != Anchor.CAL or day >= self.facts.since
            return day in self.calendar and holds and begun
        if self.base is None:
            return day >= self.facts.since
        assert self.rule.every is not None
        season = self.rule.season
        if season is not None and not season.holds(day):
            return self.rule.off_every is not None and day >= slow_later(
                self.base, self.rule.off_every, self.rule.off_unit
            )
        if season is not None:
            return day >= slow_later(self.base, self.rule.every, self.rule.unit)
        return day >= slow_later(self.base, self.times * self.rule.every, self.rule.unit)

    def open(self) -> date | None:
        day = START
        while day < END:
            if self.is_due_on(day):
                return day
            day += DAY
        return None

    def act(self, day: date, due: date | None) -> date | None:
        """Done on a day; the date that it closes."""
        if self.last_done is not None and day <= self.last_done:
            return None
        self.last_done = day
        if due is None:
            return None
        if self.rule.anchor == Anchor.CAL:
            before = [one for one in self.calendar if one < due]
            if before and day <= before[-1]:
                return None
        elif self.calendar and self.rule.every and (due - day).days > self.rule.every * 15:
            return None
        elif not self.calendar:
            if self.base is not None and day == due and self.rule.season is None:
                self.times += 1
            else:
                self.base, self.times = day, 1
        self.last_due = due
        return due


days = st.dates(START, date(2033, 12, 31))
month_days = st.tuples(st.integers(1, 12), st.integers(1, 28))


@st.composite
def plans(draw: st.DrawFn) -> tuple[Rule, Facts]:
    anchor = draw(st.sampled_from([Anchor.CAL, Anchor.MFG, Anchor.LAST, Anchor.INSVC, Anchor.SHIFT]))
    since = draw(st.dates(START, date(2027, 1, 1)))
    made = draw(st.dates(date(2018, 1, 1), date(2026, 1, 1)))
    scrap = draw(st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2036, 1, 1))))
    facts = Facts(since, made_on=made, in_service_on=made, scrap_from=scrap)
    if anchor == Anchor.SHIFT:
        return Rule(anchor, 1, "shift"), facts
    if anchor in (Anchor.MFG, Anchor.INSVC):
        every = draw(st.one_of(st.none(), st.integers(6, 36)))
        # the slow one begins at START: what fell due before is not its matter
        facts = replace(facts, made_on=since, in_service_on=since)
        return Rule(anchor, every, "month", first_after_months=draw(st.integers(1, 60))), facts
    unit = draw(st.sampled_from(["month", "week", "day"]))
    every = draw(st.integers(1, {"month": 36, "week": 12, "day": 90}[unit]))
    rule = Rule(anchor, every, unit, anchor_on=draw(st.dates(date(2019, 1, 1), date(2023, 12, 31))))
    if draw(st.booleans()):
        rule = replace(rule, season=Season(draw(month_days), draw(month_days)))
        if anchor == Anchor.LAST and draw(st.booleans()):
            rule = replace(rule, off_every=draw(st.integers(1, 60)), off_unit="day")
    return rule, facts


@settings(max_examples=150, deadline=None)
@given(plans(), st.lists(st.one_of(st.integers(0, 400), st.none()), max_size=8))
def test_due_dates_equal_a_slow_day_by_day_simulation_never_repeat_go_back_or_reach_scrap(
    plan: tuple[Rule, Facts], waits: list[int | None]
) -> None:
    rule, facts = plan
    clock, slow = Clock(), SlowClock(rule, facts)
    day, closed = facts.since, []
    for wait in [*waits, 0]:
        due, expected = open_date(rule, facts, clock), slow.open()
        assert (due if due is not None and due < END else None) == expected
        if due is None or due >= END:
            return
        assert facts.scrap_from is None or due < facts.scrap_from
        # none: done on the very day
        day = max(day, due) if wait is None else day + timedelta(days=wait)
        if day >= END:
            return
        closing = close(rule, facts, clock, day)
        assert closing.closed == slow.act(day, due)
        clock = closing.clock
        if closing.closed is not None:
            closed.append(closing.closed)
            assert opens_on(rule, closing.closed) <= day
    assert closed == sorted(set(closed))


def test_T28_done_outside_its_window_it_is_due_in_the_next_window_again() -> None:
    """Done a day late, the date of a year ahead counts as closed: the next is in the window too, not the day after."""
    rule = Rule(Anchor.LAST, 1, "month", season=Season((1, 1), (1, 1)))
    facts, clock = Facts(since=date(2024, 1, 1)), Clock()
    for day in (date(2024, 1, 1), date(2024, 1, 2)):
        clock = close(rule, facts, clock, day).clock
    assert open_date(rule, facts, clock) == date(2026, 1, 1)


@given(plans(), st.lists(days, max_size=10))
def test_the_open_date_never_goes_back_whatever_the_order_in_which_acts_are_told(
    plan: tuple[Rule, Facts], acts: list[date]
) -> None:
    rule, facts = plan
    clock, last = Clock(), open_date(rule, facts, Clock())
    for day in acts:
        closing = close(rule, facts, clock, day)
        due = open_date(rule, facts, closing.clock)
        if due is not None and last is not None:
            assert due > last if closing.closed else due == last
        clock, last = closing.clock, due or last


@pytest.mark.parametrize("day", [date(2026, 4, 9), date(2027, 12, 31)])
def test_giving_up_missed_dates_never_gives_up_the_open_one(day: date) -> None:
    for rule in (MONTHLY, Rule(Anchor.MFG, 12, "month", first_after_months=12)):
        facts = Facts(date(2024, 1, 1), made_on=date(2022, 1, 1))
        clock = skip(rule, facts, Clock(), day)[-1][1]
        assert open_date(rule, facts, clock) is not None
        assert skip(rule, facts, clock, day) == []


def test_a_season_that_ends_on_the_29th_of_february_ends_with_february() -> None:
    cold = Season((11, 1), (2, 29))
    assert cold.holds(date(2028, 2, 29))
    assert [cold.next_out(date(year, 1, 10)) for year in (2027, 2028)] == [date(2027, 3, 1), date(2028, 3, 1)]


def test_on_time_goes_on_from_the_old_day_but_by_meter_or_by_season_it_counts_from_the_act() -> None:
    monthly, facts = Rule(Anchor.LAST, 1, "month", meter_every=Decimal(100)), Facts(date(2025, 1, 1))
    clock, done = Clock(last_done_on=date(2026, 1, 31), base_on=date(2026, 1, 31)), date(2026, 2, 28)

    def then(rule: Rule, clock: Clock) -> date | None:
        assert open_date(rule, facts, clock) == done
        return open_date(rule, facts, close(rule, facts, clock, done).clock)

    assert then(monthly, clock) == date(2026, 3, 31)
    assert then(monthly, replace(clock, metered_on=done)) == date(2026, 3, 28)
    assert then(replace(monthly, season=Season((1, 1), (12, 31))), clock) == date(2026, 3, 28)


def test_on_the_very_day_it_is_due_nothing_is_given_up() -> None:
    assert skip(MONTHLY, Facts(date(2026, 1, 1)), Clock(), date(2026, 1, 31)) == []
    assert [due for due, _ in skip(MONTHLY, Facts(date(2026, 1, 1)), Clock(), date(2026, 2, 1))] == [date(2026, 1, 31)]


def test_scrap_of_a_thing_stamped_by_the_month_begins_with_that_month() -> None:
    assert scrap_from(date(2020, 1, 15), 120) == date(2030, 1, 15)
    assert scrap_from(date(2020, 1, 15), 120, by_month=True) == date(2030, 1, 1)
    assert scrap_from(None, 120) is scrap_from(date(2020, 1, 15), None) is None


def test_T23_a_changed_calendar_has_closed_the_date_of_the_last_act() -> None:
    facts = Facts(date(2025, 1, 1))
    for done in (date(2026, 1, 30), date(2026, 1, 31)):
        clock = rebase(MONTHLY, Clock(last_done_on=done, closed_through=date(2025, 6, 30)))
        assert (clock.closed_through, open_date(MONTHLY, facts, clock)) == (date(2026, 1, 31), date(2026, 2, 28))
    assert rebase(MONTHLY, Clock(closed_through=date(2025, 6, 30))).closed_through is None
