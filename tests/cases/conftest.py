"""A caller with a role who speaks HTTP to the application in process: the product's own doors, and no other way."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.clock import SetClock
from tests.conftest import BOTH, ZONE, Town, prepared_database


@dataclass
class Speaker:
    """Somebody of the town, or a passer-by. Times of the town are written as its people write them."""

    client: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(self, path: str, **query: Any) -> Any:
        """What the API answers to a GET; a refusal fails the test."""
        answer = await self.client.get(path, params=query or None, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def read(self, path: str, **query: Any) -> str:
        """The words of a page."""
        answer = await self.client.get(path, params=query or None, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def send(self, path: str, status: int, method: str = "POST", **content: Any) -> Any:
        """Send something (``json``, ``data``, ``files``) and expect a status; the JSON answer, or the raw one."""
        answer = await self.client.request(method, path, headers=self.headers, **content)
        assert answer.status_code == status, answer.text
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer

    async def tell(self, kind: str, status: int = 201, **fields: Any) -> Any:
        """Send an entry as the phone does: its result where it is booked, the problem where it is refused."""
        body = {"id": str(uuid4()), "kind": kind, **fields}
        answer = await self.send("/api/entries", status, json=_plain(body))
        return answer["outcome"]["result"] if status in (200, 201) else answer

    async def move(self, kind: str, status: int = 201, **fields: Any) -> Any:
        """Send one movement; ``source`` and ``target`` are its "from" and "to"."""
        for name, sent in (("source", "from"), ("target", "to")):
            if name in fields:
                fields[sent] = fields.pop(name)
        body = {"id": str(uuid4()), "kind": kind, "quantity": "1", **fields}
        return await self.send("/api/movements", status, json=_plain(body))


def _plain(value: Any) -> Any:
    """Ids, dates and instants as JSON has them."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value if isinstance(value, str | bool | int | type(None)) else _written(value)


def _written(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def fields_of(problem: dict[str, Any]) -> list[str]:
    """Which fields a refusal names."""
    return [error["field"] for error in problem["errors"]]


@pytest.fixture
def speak(client: httpx.AsyncClient, town: Town) -> Callable[[str], Speaker]:
    """Somebody of the town by their account; "" is a passer-by who has not signed in."""
    return lambda account: Speaker(client, town.auth(account) if account else {})


@pytest.fixture
def keeper(speak: Callable[[str], Speaker]) -> Speaker:
    return speak("keeper")


@pytest.fixture
def officer(speak: Callable[[str], Speaker]) -> Speaker:
    return speak("officer")


@pytest.fixture
def admin(speak: Callable[[str], Speaker]) -> Speaker:
    return speak("admin")


@pytest.fixture
def move_clock(clock: SetClock) -> Callable[..., None]:
    """Set the town's clock to an hour of a day in Shenzhen ("2026-05-21 00:10"), or move it on (``days=3``)."""

    def move(to: str = "", **later: float) -> None:
        clock.instant = datetime.fromisoformat(to).replace(tzinfo=ZONE) if to else clock.instant + timedelta(**later)

    return move


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Cases run on the embedded database; one that is about the database runs on both (``on_both``)."""
    yield from prepared_database(request, getattr(request, "param", "sqlite"))


on_both = pytest.mark.parametrize("database_url", BOTH, indirect=True)
