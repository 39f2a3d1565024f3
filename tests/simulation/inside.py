"""The application inside the process that tells the story: no sockets and no start, so many more steps a second.

A kill makes it forget what it remembers, a full disk is one of SQLite's own saying. What servers alone can show (kills
in the middle of an act, restores, two processes) the other stages play.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar import Litestar, Request
from sqlalchemy.orm import Session
from uvicorn.loops.auto import auto_loop_factory

from core.embedded import Writes
from core.engines import POOL_SECONDS
from core.problems import ON_ERRORS
from core.settings import Settings
from inventory.booking.wishes import Wish
from inventory.verifying.verifying import verify_all
from people.policy import check_route
from people.recognising import Callers
from phone.api import book_movements, tell_entry
from rooms import CHECKS, create_app
from tests.databases import forget_cached
from tests.simulation.answered import Answer

HOST = "testserver.local"
ACTS = {"/api/movements": (book_movements, Wish | list[Wish]), "/api/entries": (tell_entry, Any)}  # with their shapes
MOST_PAGES = 2**32 - 2  # SQLite's own bound
Result = TypeVar("Result")


class Straight(Writes):
    """Writes in the thread that asks: nobody else waits, and two threads that hand each other every act cost time."""

    async def run(self, act: Callable[[Session], Result]) -> Result:
        waiting = self._asked(act)
        self._commit_together([waiting])
        result: Result = await waiting.answer
        return result


class Client:
    """Speaks ASGI to the application, one request after the other; ``straight``: acts go to their routes at once."""

    def __init__(self, application: Litestar, loop: asyncio.AbstractEventLoop) -> None:
        self.application, self.loop, self.straight = application, loop, False
        self._callers = Callers()

    def get(self, address: str, params: Any = None, headers: Any = None) -> Answer:
        return self._ask("GET", address, params, headers, b"")

    def post(self, address: str, json: Any, headers: Any) -> Answer:
        headers, body = {**headers, "Content-Type": "application/json"}, _dumped(json)
        if self.straight and address in ACTS:
            scope = _scope("POST", address, "", headers, body)
            return self.loop.run_until_complete(self._act(*ACTS[address], scope, body))
        return self._ask("POST", address, None, headers, body)

    def put(self, address: str, content: bytes, headers: Any) -> Answer:
        return self._ask("PUT", address, None, headers, content)

    def _ask(self, method: str, address: str, params: Any, headers: Any, body: bytes) -> Answer:
        split = urlsplit(address)
        query = "&".join(part for part in (split.query, urlencode(params or {})) if part)
        return self.loop.run_until_complete(self._call(_scope(method, split.path, query, headers, body), body))

    async def _act(self, route: Any, shape: Any, scope: Any, body: bytes) -> Answer:
        """What the route does, without the way to it: who calls, may they, the body's shape, the verb, the answer."""
        context, bearer = self.application.state.context, dict(scope["headers"])[b"authorization"].decode()[7:]
        caller = await self._callers.caller(context.database, bearer, "token", context.clock.now())
        scope |= {"user": caller, "litestar_app": self.application, "state": {}, "route_handler": route}
        request: Request[Any, Any, Any] = Request(scope, receive=_whole(body))
        try:
            check_route(route.opt["may"], caller, changes=True)
            await route.before_request(request)
            answer = await route.fn(request, msgspec.json.decode(body, type=shape))
        except Exception as error:
            answer = _handler_of(error)(request, error)
        content = answer.content if isinstance(answer.content, bytes) else msgspec.json.encode(answer.content)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(answer.status_code, headers, content)

    async def _call(self, scope: Any, body: bytes) -> Answer:
        asked, answer, parts, over = [body], {}, [], asyncio.Event()

        async def receive() -> Any:
            if asked:
                return {"type": "http.request", "body": asked.pop(), "more_body": False}
            await over.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer.update(message)
            else:
                parts.append(message.get("body", b""))
                if not message.get("more_body", False):
                    over.set()

        await self.application(scope, receive, send)
        told = {name.decode().lower(): value.decode("latin-1") for name, value in answer["headers"]}
        return Answer(answer["status"], told, b"".join(parts))

    def close(self) -> None:
        """Nothing is open."""


def _scope(method: str, path: str, query: str, headers: Any, body: bytes) -> Any:
    told = {"host": HOST, "content-length": str(len(body)), **headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in told.items()],
        "client": ("127.0.0.1", 1),
        "server": (HOST, 80),
    }


def _handler_of(error: Exception) -> Any:
    """How the application answers this."""
    return next(ON_ERRORS[kind] for kind in type(error).__mro__ if kind in ON_ERRORS)


def _whole(body: bytes) -> Any:
    """A body that comes in one piece."""

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _dumped(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body, ensure_ascii=False).encode()


class Inside:
    """Takes the place of a server, for one story after the other: what it has compiled and built it need not again."""

    def __init__(self, database_url: str, folder: Path) -> None:
        kind: Any = {"base_url": f"http://{HOST}", "run_jobs": False, "secret": "s" * 32, "second_factor": "off"}
        settings = Settings(database_url=database_url, var_dir=folder / "var", **kind)
        application: Litestar = create_app(settings)
        self.context = application.state.context
        database = self.context.database
        if database.is_sqlite:
            database._writes = Straight(database.engine, database._ways, POOL_SECONDS)
        self.client = Client(application, auto_loop_factory()())

    def start(self) -> "Inside":
        return self

    def kill(self) -> None:
        """As far as it can be without its story: what it remembers is gone, and its connections are."""
        self.stop()

    @contextmanager
    def full(self) -> Iterator[None]:
        """The embedded file may not grow by a single page."""
        connection = self.context.database._writes._begun(time.monotonic() + POOL_SECONDS)
        connection.rollback()
        driver: Any = connection.connection.driver_connection
        pages = driver.execute("PRAGMA page_count").fetchone()[0]
        driver.execute(f"PRAGMA max_page_count={pages}")
        try:
            yield
        finally:
            driver.execute(f"PRAGMA max_page_count={MOST_PAGES}")

    def stop(self) -> None:
        """Let go of the database, which is another one when the next story begins."""
        self.client.loop.run_until_complete(self.context.database.close())
        forget_cached()

    def verify(self) -> str:
        verdict = self.context.database.run(verify_all, CHECKS)
        return "" if not verdict.faults else str(verdict.faults)
