"""A process that sends what waits in the outbox, to be killed at it: DATABASE SERVER INSTANT."""

import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from app import LISTENERS
from core.database import Database
from core.settings import read_smtp_url
from jobs.channels.outbox import deliver
from tests.clock import SetClock

if __name__ == "__main__":
    database_url, server, instant = sys.argv[1:]
    clock = SetClock(datetime.fromisoformat(instant), ZoneInfo("Asia/Shanghai"))
    deliver(Database(database_url, listeners=LISTENERS), clock, read_smtp_url(server), "readyshelf@example.org")
