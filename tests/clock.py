"""A clock that stands where a test puts it."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.clock import local_date


@dataclass
class SetClock:
    """A clock that stands where it is put, for tests."""

    instant: datetime
    zone: ZoneInfo

    def now(self) -> datetime:
        return self.instant

    def today(self) -> date:
        return local_date(self.instant, self.zone)
