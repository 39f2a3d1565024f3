"""Who is calling, remembered by each process until the database says that something about it has changed.

Triggers count ``access_state`` up in the transaction that ends a session or a token, changes a role or a person, or
moves a depot. Every request reads the counter before anything is believed: what has been ended is ended at once, in
every process. What ends by the clock is remembered no longer than until then.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime

from core.database import Database
from people.policy import Caller
from people.sign_in import recognised

VERSION = "SELECT version FROM access_state"
MOST = 20_000  # callers remembered
LASTS = 60  # seconds: all is read anew after this, should a change of the schema have lost a trigger


@dataclass(frozen=True)
class _Remembered:
    caller: Caller
    since: datetime
    until: datetime | None

    def holds(self, now: datetime) -> bool:
        return self.since <= now and (self.until is None or now < self.until)


class Callers:
    """What one process remembers of one database."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], _Remembered] = {}
        self._version, self._since = 0, 0.0

    async def caller(self, database: Database, secret: str, kind: str, now: datetime) -> Caller | None:
        """Who holds this secret; None if it is unknown, over or revoked."""
        version = await database.version(VERSION)
        if version != self._version or time.monotonic() - self._since > LASTS or len(self._known) > MOST:
            self._known.clear()
            self._version, self._since = version, time.monotonic()
        key = kind, hashlib.sha256(secret.encode()).digest()
        known = self._known.get(key)
        if known is not None and known.holds(now):
            return known.caller
        found = await database.read(recognised, secret, kind, now)
        if found is None:
            return None
        # The counter was read before: should it have moved by now, another request has seen that, and has cleared
        if self._version == version:
            self._known[key] = _Remembered(found[0], now, found[1])
        return found[0]
