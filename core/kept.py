"""What a process keeps in memory of a database until a counter there says that it has changed.

The counter is counted up by triggers in the transaction that changes a watched table: asking costs one small query.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

DATABASES = 4  # per process; tests use many
ANSWERS = 256  # of one state
LASTS = 600  # seconds: made anew after this at the latest, should a schema change have lost a trigger

Value = TypeVar("Value")


class PerDatabase(Generic[Value]):
    """A value for each database of the process; where there are too many, the one that was set first goes."""

    def __init__(self) -> None:
        self._values: dict[str, Value] = {}

    def get(self, database: str) -> Value | None:
        return self._values.get(database)

    def set(self, database: str, value: Value) -> None:
        self._values.pop(database, None)
        while len(self._values) >= DATABASES:
            self._values.pop(next(iter(self._values)), None)
        self._values[database] = value

    def clear(self) -> None:
        self._values.clear()


@dataclass(frozen=True)
class _Made(Generic[Value]):
    """A value, and the state of the database that it was made of."""

    state: Any
    value: Value
    at: float = field(default_factory=time.monotonic)

    def holds(self, state: Any) -> bool:
        return bool(self.state == state) and time.monotonic() - self.at <= LASTS


class Kept(Generic[Value]):
    """A value made from a database, kept per database as long as the counter stands still."""

    def __init__(self, make: Callable[[Session], Value]) -> None:
        self._make = make
        self._kept: PerDatabase[_Made[Value]] = PerDatabase()

    def of(self, session: Session, version: int) -> Value:
        """The value for the session's database, made anew if the counter does not stand at ``version`` as then.

        The counter is read before: what changes while the value is made is seen at the next call.
        """
        database = str(session.get_bind().engine.url)
        kept = self._kept.get(database)
        if kept is None or not kept.holds(version):
            kept = _Made(version, self._make(session))
            self._kept.set(database, kept)
        return kept.value


class KeptAnswers:
    """Answers that hold for one state of a database: of another state none is kept."""

    def __init__(self) -> None:
        self._kept: PerDatabase[_Made[dict[Any, Any]]] = PerDatabase()

    def of(self, database: str, state: Any) -> dict[Any, Any]:
        """What is known for this state, to look in and to add to."""
        kept = self._kept.get(database)
        if kept is None or not kept.holds(state) or len(kept.value) >= ANSWERS:
            kept = _Made(state, {})
            self._kept.set(database, kept)
        return kept.value
