"""A process that enters a file of stock, or takes it back, a row at a time, and is killed before the fourth."""

import os
import signal
import sys
from pathlib import Path
from uuid import UUID

from core.database import Database
from core.settings import Settings
from inventory.exchange import portions
from inventory.exchange.portions import Pace
from inventory.exchange.runs import carry_out
from inventory.exchange.undoing import undo
from people.accounts import caller_called
from rooms import LISTENERS, make_context
from tests.clock import SetClock
from tests.conftest import NOW, ZONE


def main(url: str, folder: str, run_id: str, act: str) -> None:
    settings = Settings(database_url=url, var_dir=Path(folder), secret="s" * 32, run_jobs=False)
    database = Database(url, listeners=LISTENERS)
    context = make_context(settings, SetClock(NOW, ZONE), database)
    caller = database.run(caller_called, "admin", NOW)
    portions.FIRST = portions.SMALLEST = portions.LARGEST = 1
    left = 3

    def rest(_pace: Pace) -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    Pace.rest = rest  # type: ignore[method-assign]  # the moment between two portions
    if act == "undo":
        undo(context, caller, UUID(run_id))
    else:
        carry_out(context, caller, UUID(run_id), write=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
