"""The pure rules of dates, and packs."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.stock.rules import (
    add_months,
    fits_decimals,
    in_packs,
    is_past,
    month_end,
    split,
    usable_through,
)
from jobs.causes.rules import step_reached, warning_steps
from jobs.channels.rules import pause_before
from tests.clock import SetClock
from tests.conftest import ZONE

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
AMOUNTS = st.decimals(Decimal("0.001"), Decimal(1000), places=3)


def test_T01_T02_a_month_lasts_to_its_last_day() -> None:
    assert month_end(2027, 2) == date(2027, 2, 28)
    assert month_end(2028, 2) == date(2028, 2, 29)
    for month in (0, 13, -1):
        with pytest.raises(ValueError, match="month"):
            month_end(2027, month)


def test_T08_months_from_manufacture_end_with_the_month_where_it_is_shorter() -> None:
    assert add_months(date(2025, 8, 31), 6) == date(2026, 2, 28)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)


def test_T10_opening_can_only_shorten() -> None:
    label = date(2027, 6, 30)
    assert usable_through(label, date(2026, 3, 1), 30) == date(2026, 3, 31)
    assert usable_through(label, date(2027, 6, 20), 30) == label
    assert usable_through(label, date(2027, 6, 20), 0) == date(2027, 6, 20)


@given(DAYS, DAYS, st.integers(0, 400), DAYS, st.integers(1, 240))
def test_nothing_makes_a_lot_last_longer_than_its_label(
    label: date, opened: date, life: int, made: date, age: int
) -> None:
    ends = usable_through(label, opened, life, made, age)
    assert ends is not None
    assert ends <= label
    assert usable_through(None) is None


def test_T29_the_day_turns_at_midnight_in_shenzhen() -> None:
    last = date(2027, 2, 28)
    assert not is_past(last, SetClock(datetime(2027, 2, 28, 15, 59, tzinfo=UTC), ZONE).today())
    assert is_past(last, SetClock(datetime(2027, 2, 28, 16, 0, tzinfo=UTC), ZONE).today())


@given(AMOUNTS, st.lists(AMOUNTS, max_size=6))
def test_a_quantity_is_split_exactly_or_not_at_all(wanted: Decimal, available: list[Decimal]) -> None:
    parts = split(wanted, available)
    if parts is None:
        assert sum(available) < wanted
    else:
        assert sum(parts) == wanted
        assert all(0 <= part <= there for part, there in zip(parts, available, strict=True))


def test_T58_ninety_three_pieces_are_four_boxes_of_twenty_and_thirteen() -> None:
    packs = in_packs(Decimal(93), Decimal(20))
    assert (packs.packs, packs.loose) == (4, 13)


def test_T59_litres_have_decimals_and_extinguishers_none() -> None:
    assert Decimal("0.1") + Decimal("0.2") == Decimal("0.3")
    assert fits_decimals(Decimal("0.125"), 3)
    assert not fits_decimals(Decimal("0.5"), 0)


def test_T16_the_step_reached_is_the_nearest_one() -> None:
    today = date(2026, 11, 23)
    steps = [step_reached(today + timedelta(days), today, "90 30 7") for days in (91, 90, 31, 30, 8, 7, 0, -1)]
    assert steps == [None, 90, 90, 30, 30, 7, 7, 0]
    assert warning_steps("7 90 30") == (90, 30, 7)


@given(st.integers(1, 100))
def test_pauses_grow_and_never_pass_six_hours(tries: int) -> None:
    assert timedelta(minutes=1) <= pause_before(tries) <= pause_before(tries + 1) <= timedelta(hours=6)
