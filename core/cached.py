"""Values that a process caches of a database until a counter there has moved.

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


class Cached(Generic[Value]):
    """A value made from a database, cached per database as long as the counter stands still."""

    def __init__(self, make: Callable[[Session], Value]) -> None:
        self._make = make
        self._cached: PerDatabase[_Made[Value]] = PerDatabase()

    def of(self, session: Session, version: int) -> Value:
        """The value for the session's database, made anew if the counter does not stand at ``version`` as then.

        The counter is read before: what changes while the value is made is seen at the next call.
        """
        database = str(session.get_bind().engine.url)
        cached = self._cached.get(database)
        if cached is None or not cached.holds(version):
            cached = _Made(version, self._make(session))
            self._cached.set(database, cached)
        return cached.value


class CachedAnswers:
    """Answers that hold for one state of a database: of another state none is cached."""

    def __init__(self) -> None:
        self._cached: PerDatabase[_Made[dict[Any, Any]]] = PerDatabase()

    def of(self, database: str, state: Any) -> dict[Any, Any]:
        """Return the cached answers for this state, to read and to add to."""
        cached = self._cached.get(database)
        if cached is None or not cached.holds(state) or len(cached.value) >= ANSWERS:
            cached = _Made(state, {})
            self._cached.set(database, cached)
        return cached.value
