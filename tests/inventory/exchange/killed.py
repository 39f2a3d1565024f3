"""A process that enters a file and is killed on the way: between two rows, or as the transaction is committed."""

import os
import signal
import sys
from pathlib import Path
from uuid import UUID

from sqlalchemy import event

from core.database import Database
from core.settings import Settings
from inventory.exchange.runs import carry_out
from people.accounts import caller_called
from rooms import LISTENERS, make_context
from tests.clock import SetClock
from tests.conftest import NOW, ZONE


def main(url: str, folder: str, run_id: str, moment: str) -> None:
    settings = Settings(database_url=url, var_dir=Path(folder), secret="s" * 32, run_jobs=False)
    database = Database(url, listeners=LISTENERS)
    context = make_context(settings, SetClock(NOW, ZONE), database)
    caller = database.run(caller_called, "admin", NOW)
    entering = False

    @event.listens_for(database.engine, "after_cursor_execute")
    def _executed(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal entering
        entering = entering or statement.startswith("INSERT INTO person")
        if entering and moment == "rows":  # the people are there, their roles are not
            os.kill(os.getpid(), signal.SIGKILL)

    @event.listens_for(database.engine, "commit")
    def _committing(_connection: object) -> None:
        if entering:
            os.kill(os.getpid(), signal.SIGKILL)

    carry_out(context, caller, UUID(run_id), write=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
