"""The one clock. Whoever needs the time is given a clock; nobody asks the system."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo, available_timezones


@cache
def time_zones() -> frozenset[str]:
    """The names of the IANA list on this machine; it is looked through once, for it is hundreds of files."""
    return frozenset(available_timezones())


class Clock(Protocol):
    """Gives the present instant, and the calendar date in the depots' time zone."""

    zone: ZoneInfo

    def now(self) -> datetime:
        """The present instant, in UTC."""

    def today(self) -> date:
        """The calendar date of now in the depots' time zone (T29: in China the day turns at 16:00 UTC)."""


@dataclass
class SystemClock:
    """The computer's clock, read in a given time zone."""

    zone: ZoneInfo

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self) -> date:
        return local_date(self.now(), self.zone)


@dataclass(frozen=True)
class Moment:
    """When something is recorded: the instant, and how days and shifts are counted around it."""

    now: datetime
    zone: ZoneInfo
    shift_at: time  # when one shift follows the other

    @property
    def today(self) -> date:
        return local_date(self.now, self.zone)


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a calendar date begins in a time zone (UTC)."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar date of an instant in a time zone."""
    return instant.astimezone(zone).date()
