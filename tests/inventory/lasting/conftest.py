"""A town whose gauze was used for a while."""

from datetime import date, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from depots.requirements import work_out_requirements
from inventory.booking.wishes import Wish
from inventory.stock.models import Kind
from tests.clock import SetClock
from tests.conftest import NOW, Town

TODAY = date(2026, 11, 23)
ZONE = ZoneInfo("Asia/Shanghai")
GAUZE = "MED-007"


@pytest.fixture
def used(town: Town, clock: SetClock) -> Town:
    """Thirteen weeks in which the first depot used two a week of what ends in 69 days, and the other none."""
    town.run(work_out_requirements, TODAY)
    clock.instant = NOW - timedelta(weeks=13)
    here = town.stock(GAUZE, "60", expires_on=TODAY + timedelta(days=69), number="N1")
    town.stock(GAUZE, "40", town.other_shelf, TODAY + timedelta(days=69), number="N1")
    for _ in range(13):
        clock.instant += timedelta(weeks=1)
        town.book(Wish(id=uuid4(), kind=Kind.CONSUME, quantity="2", lot=here))
    clock.instant = NOW
    return town
