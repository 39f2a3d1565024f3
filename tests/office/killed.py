"""A server that is killed at a moment of an act on many rows: forked as any other, and armed."""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Engine, event

from office import list_pages
from tests.serving import PROCESSES, RunningServer, _serve

# before its first row; behind the first row that it writes; with all written, before COMMIT; before the answer is sent
MOMENTS = ("begun", "half", "written", "booked")
_WRITES = ("INSERT", "UPDATE", "DELETE")


def _die(*_args: object, **_named: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("killed")


def arm(moment: str) -> None:
    """Let this process be killed at this moment of the first act on many rows that it is asked for."""
    if moment == "booked":
        list_pages.Redirect = _die  # type: ignore[misc,assignment]
        return
    whole, under_way = list_pages.act_on, False

    def act_on(session: Any, caller: Any, table: Any, act: Any, reader: Any, choice: Any) -> Any:
        def do(*args: Any) -> Any:
            nonlocal under_way
            under_way = True
            if moment == "begun":
                _die()
            return act.do(*args)

        whole(session, caller, table, replace(act, do=do), reader, choice)
        session.flush()
        _die()

    @event.listens_for(Engine, "after_cursor_execute")
    def _executed(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if under_way and moment == "half" and statement.lstrip().startswith(_WRITES):
            _die()

    list_pages.act_on = act_on  # type: ignore[assignment]


def _serve_armed(moment: str, arguments: list[str], environment: dict[str, str], log: Path) -> None:
    arm(moment)
    _serve(arguments, environment, log)


class ArmedServer(RunningServer):
    """A server that will be killed."""

    def __init__(self, database_url: str, var_dir: Path, moment: str) -> None:
        super().__init__(database_url, var_dir)
        self.moment = moment

    def start(self, wait: bool = True) -> "ArmedServer":
        """Start it; one that does not answer is stopped."""
        arguments = (self.moment, ["serve", "--port", str(self.port), *self.options], self.environment, self.log)
        self.process = PROCESSES.Process(target=_serve_armed, args=arguments, daemon=True)
        self.process.start()
        if wait:
            self.wait()
        return self
