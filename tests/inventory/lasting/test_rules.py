"""How long stock lasts, by rules alone."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.lasting.rules import ZERO, Batch, burn_rate, course, weeks_observed

TODAY = date(2026, 11, 23)
amounts = st.decimals(min_value=0, max_value=1000, places=0)
dates = st.none() | st.integers(-30, 2000).map(lambda days: TODAY + timedelta(days=days))
batches = st.lists(st.builds(Batch, amounts, dates), max_size=8)


def batch(quantity: int, days: int | None = None) -> Batch:
    return Batch(Decimal(quantity), None if days is None else TODAY + timedelta(days=days))


def test_what_has_no_end_lasts_by_its_use_alone() -> None:
    gone = course([batch(70)], 7.0, TODAY)
    assert gone.days(TODAY) == 70
    assert gone.wasted == ZERO


def test_the_first_to_end_goes_first_and_its_rest_is_wasted() -> None:
    # one a day: of 30 that end after ten days (today and nine more) ten are used; 5 more without end
    gone = course([batch(5), batch(30, 9)], 7.0, TODAY)
    assert gone.unused == {TODAY + timedelta(days=9): Decimal(20)}
    assert gone.days(TODAY) == 15


def test_a_batch_whose_turn_never_comes_is_wasted_whole() -> None:
    gone = course([batch(30, 9), batch(8, 9)], 7.0, TODAY)
    assert gone.wasted == 28
    assert gone.days(TODAY) == 10


def test_what_nobody_uses_ends_on_its_last_day_or_never() -> None:
    assert course([batch(3, 20)], 0.0, TODAY).days(TODAY) == 21
    assert course([batch(3, 20), batch(1)], 0.0, TODAY).empty_on is None
    assert course([batch(1000)], 0.001, TODAY).empty_on is None  # within ten years


def test_below_the_minimum_comes_by_use_or_by_an_end() -> None:
    assert course([batch(70)], 7.0, TODAY, Decimal(20)).low_on == TODAY + timedelta(days=50)
    assert course([batch(30, 9), batch(10)], 0.0, TODAY, Decimal(20)).low_on == TODAY + timedelta(days=10)
    assert course([batch(5)], 0.0, TODAY, Decimal(6)).low_on == TODAY
    assert course([batch(5)], 0.0, TODAY, Decimal(5)).low_on is None


def test_nothing_there_is_empty_today() -> None:
    assert course([], 1.0, TODAY).days(TODAY) == 0
    assert course([batch(9, -1)], 1.0, TODAY).days(TODAY) == 0


@given(batches, st.floats(0, 500), amounts)
def test_no_more_is_wasted_than_ends_and_more_use_never_lasts_longer(
    held: list[Batch], rate: float, minimum: Decimal
) -> None:
    slow, fast = course(held, rate, TODAY, minimum), course(held, rate * 2 + 1, TODAY, minimum)
    ending = sum((one.quantity for one in held if one.usable_through and one.usable_through >= TODAY), ZERO)
    assert fast.wasted <= slow.wasted + len(held) <= ending + len(held)  # each end is rounded by itself
    for before, after in ((fast.empty_on, slow.empty_on), (fast.low_on, slow.low_on)):
        assert after is None or (before is not None and before <= after)
    if slow.low_on is not None and slow.empty_on is not None and minimum > 0:
        assert slow.low_on <= slow.empty_on


def test_an_even_use_is_known_better_than_one_in_bursts() -> None:
    even = burn_rate([Decimal(4)] * 13)
    bursts = burn_rate([Decimal(52)] + [ZERO] * 12)
    assert even.per_week == bursts.per_week == pytest.approx(4)
    assert bursts.high - bursts.low > 2 * (even.high - even.low)


def test_the_range_is_that_of_a_count() -> None:
    # 10 used one by one in ten weeks: the exact 80% interval of a Poisson total of 10 is 6.2 to 15.4
    rate = burn_rate([Decimal(1)] * 10)
    assert (rate.low * 10, rate.high * 10) == (pytest.approx(6.2, abs=0.1), pytest.approx(15.4, abs=0.1))


def test_nothing_used_still_leaves_a_highest_rate_that_time_lowers() -> None:
    month, year = burn_rate([ZERO] * 4), burn_rate([ZERO] * 52)
    assert (month.low, month.per_week, year.low) == (0, 0, 0)
    assert month.high > year.high > 0
    assert not burn_rate([]).is_known
    assert not burn_rate([ZERO] * 3).is_known


@given(st.lists(st.decimals(-5, 500, places=3), min_size=1, max_size=60))
def test_the_rate_lies_in_its_range(weekly: list[Decimal]) -> None:
    rate = burn_rate(weekly)
    assert 0 <= rate.low <= rate.per_week <= rate.high


def test_weeks_are_counted_whole_and_within_the_window() -> None:
    assert weeks_observed(None, TODAY, 13) == 0
    assert weeks_observed(TODAY, TODAY, 13) == 0
    assert weeks_observed(TODAY - timedelta(days=6), TODAY, 13) == 1
    assert weeks_observed(TODAY - timedelta(days=900), TODAY, 13) == 13
