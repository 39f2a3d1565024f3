"""What a process keeps in memory of a database until a counter there says that it has changed.

The counter is counted up by triggers in the transaction that changes a watched table: asking costs one small query.
"""

import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

DATABASES = 4  # per process; tests use many
ANSWERS = 256  # of one state
LASTS = 600  # seconds: made anew after this at the latest, should a schema change have lost a trigger

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """A value made from a database, kept per database as long as the counter stands still."""

    def __init__(self, make: Callable[[Session], Value]) -> None:
        self._make = make
        self._kept: dict[str, tuple[int, float, Value]] = {}

    def of(self, session: Session, version: int) -> Value:
        """The value for the session's database, made anew if the counter does not stand at ``version`` as then.

        The counter is read before: what changes while the value is made is seen at the next call.
        """
        database = str(session.get_bind().engine.url)
        kept = self._kept.get(database)
        if kept is not None and kept[0] == version and time.monotonic() - kept[1] <= LASTS:
            return kept[2]
        value = self._make(session)
        self._kept.pop(database, None)
        while len(self._kept) >= DATABASES:
            self._kept.pop(next(iter(self._kept)), None)
        self._kept[database] = (version, time.monotonic(), value)
        return value


class KeptAnswers:
    """Answers that hold for one state of a database: of another state none is kept."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Any, float, dict[Any, Any]]] = {}

    def of(self, database: str, state: Any) -> dict[Any, Any]:
        """What is known for this state, to look in and to add to."""
        kept = self._kept.get(database)
        if kept is None or kept[0] != state or time.monotonic() - kept[1] > LASTS or len(kept[2]) >= ANSWERS:
            self._kept.pop(database, None)
            while len(self._kept) >= DATABASES:
                self._kept.pop(next(iter(self._kept)))
            kept = self._kept[database] = (state, time.monotonic(), {})
        return kept[2]
