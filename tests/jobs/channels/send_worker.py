"""A process that sends what waits in the outbox, to be killed at it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.database import Database
from core.settings import read_smtp_url
from jobs.channels.outbox import deliver
from rooms import LISTENERS
from tests.clock import SetClock


def send(database_url: str, server: str, instant: datetime) -> None:
    """All that waits, once."""
    clock = SetClock(instant, ZoneInfo("Asia/Shanghai"))
    deliver(Database(database_url, listeners=LISTENERS), clock, read_smtp_url(server), "readyshelf@example.org")
