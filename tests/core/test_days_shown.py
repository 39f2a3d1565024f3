"""What day a page shows for an instant: that of the city, not that of UTC."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from core.pages import day_shown

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_an_instant_is_shown_as_the_day_that_it_has_in_the_city() -> None:
    assert day_shown(datetime(2026, 11, 30, 23, 5, tzinfo=UTC), SHANGHAI) == "2026-12-01"
    assert day_shown(datetime(2026, 11, 30, 15, 59, tzinfo=UTC), SHANGHAI) == "2026-11-30"
    assert day_shown(date(2026, 11, 30), SHANGHAI) == "2026-11-30"
    assert day_shown(None, SHANGHAI) == ""
