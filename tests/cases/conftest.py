"""A caller with a role who speaks HTTP to the application in process: the product's own doors, and no other way."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app import COMMANDS
from depots.requirements import work_out_requirements
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

    async def receive(self, place: Any, item: str, quantity: str = "1", **label: Any) -> Any:
        """Receive goods by what their label says; their lot as the API lists it, with what the entry ``told``."""
        told = await self.tell("receive", place=place, item=item, quantity=quantity, **label)
        return {**await self.lot(item, told["movements"][0]["lines"][0]["lot"]), "told": told}

    async def lot(self, item: str, lot_id: Any) -> Any:
        """A lot as the API lists it."""
        rows = (await self.ask("/api/lots", item=item, limit=200))["items"]
        return next(row for row in rows if row["id"] == str(lot_id))

    async def code(self, thing: Any, depot: str = "STR-0001") -> str:
        """What stands on the label of a lot, piece or place, as a phone is told it."""
        codes = (await self.ask(f"/api/phone/{depot}/shelves"))["codes"]
        return next(code for code, bound in codes.items() if bound == str(thing))

    async def state(self, lot: Any, depot: str = "STR-0001") -> Any:
        """What a label reader is told of a lot: whether it is fit, and if not, why."""
        return (await self.ask(f"/api/labels/{await self.code(lot, depot)}"))["lot"]

    async def page(self, lot: Any, depot: str = "STR-0001") -> str:
        """The page that a lot's label opens."""
        return await self.read(f"/q/{await self.code(lot, depot)}")

    async def alerts(self, kind: str) -> list[Any]:
        """The open alerts of a kind."""
        rows: list[Any] = (await self.ask("/api/alerts", kind=kind, limit=200))["items"]
        return rows

    async def line(self, subject: str, depot: str = "STR-0001") -> Any:
        """A depot's requirement: what is held, what is ready, and why the rest does not count."""
        rows = await self.ask(f"/api/depots/{depot}/readiness")
        return next(row for row in rows if row["subject"] == subject)


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
def command(town: Town) -> Callable[..., int]:
    """Run ``readyshelf NAME ...`` in process; its exit code. Without its own output: tests read that with capsys."""

    def run(name: str, *arguments: str) -> int:
        found = next(command for command in COMMANDS if command.name == name)
        parser = ArgumentParser()
        found.add_arguments(parser)
        return found.run(parser.parse_args(arguments), town.context)

    return run


@pytest.fixture
def required(town: Town) -> None:
    """The depots know what they must hold."""
    town.run(work_out_requirements, town.context.clock.today())


@pytest.fixture
def move_clock(clock: SetClock) -> Callable[..., None]:
    """Set the town's clock to an hour of a day in Shenzhen ("2026-05-21 00:10"), or move it on (``days=3``)."""

    def move(to: str = "", **later: float) -> None:
        if to:
            clock.instant = datetime.fromisoformat(to).replace(tzinfo=ZONE).astimezone(UTC)
        clock.instant += timedelta(**later)

    return move


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Cases run on the embedded database; one that is about the database runs on both (``on_both``)."""
    yield from prepared_database(request, getattr(request, "param", "sqlite"))


on_both = pytest.mark.parametrize("database_url", BOTH, indirect=True)
