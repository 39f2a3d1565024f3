"""One process of a simulated city: does the daily job for the instants that it is told, one by one, until killed.

``job INSTANT``: as the process that leads does it, once for the day. ``both INSTANT``: whatever others do, as two
processes do that both believe they lead. ``lead``: what whoever comes to lead does first.
"""

from datetime import datetime
from multiprocessing.connection import Connection
from zoneinfo import ZoneInfo

from core.context import AppContext
from core.database import Database
from core.settings import Settings
from jobs.running.running import note_interrupted, run_job
from jobs.running.schedule import JOBS, last_due, sweep_and_write
from rooms import LISTENERS
from tests.clock import SetClock


def work(database_url: str, orders: Connection) -> None:
    """Answers every order with a word of its own."""
    zone = ZoneInfo("Asia/Shanghai")
    settings = Settings(database_url=database_url, secret="s" * 32, run_jobs=False)
    database = Database(database_url, listeners=LISTENERS)
    orders.send("ready")
    while True:
        order, _, instant = orders.recv().partition(" ")
        if order == "lead":
            database.run(note_interrupted)
        else:
            context = AppContext(settings, database, SetClock(datetime.fromisoformat(instant), zone))
            if order == "both":
                sweep_and_write(context)
            else:
                run_job(context, JOBS["sweep"], last_due(context))
        orders.send("done")
