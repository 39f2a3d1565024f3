"""The application inside the process that tells the story: no sockets, no start, no kills; many more steps a second.

Only on the embedded database, in a folder that may be in memory. What a server alone can show (kills, faults of its
surroundings, restores, two processes) the other stages play.
"""

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from litestar import Litestar

from core.settings import Settings
from inventory.verifying.verifying import verify_all
from rooms import CHECKS, create_app, make_context

HOST = "testserver.local"


@cache
def _application(settings: Settings) -> Litestar:
    """Built once: another database is another context."""
    return create_app(settings)


class Client:
    """Speaks ASGI to the application, one request after the other."""

    def __init__(self, application: Litestar, loop: asyncio.AbstractEventLoop) -> None:
        self.application, self.loop = application, loop

    def get(self, address: str, params: Any = None, headers: Any = None) -> httpx.Response:
        return self._ask("GET", address, params, headers, b"")

    def post(self, address: str, json: Any, headers: Any) -> httpx.Response:
        return self._ask("POST", address, None, {**headers, "Content-Type": "application/json"}, _dumped(json))

    def put(self, address: str, content: bytes, headers: Any) -> httpx.Response:
        return self._ask("PUT", address, None, headers, content)

    def _ask(self, method: str, address: str, params: Any, headers: Any, body: bytes) -> httpx.Response:
        split = urlsplit(address)
        query = "&".join(part for part in (split.query, urlencode(params or {})) if part)
        told = {"host": HOST, "content-length": str(len(body)), **headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": split.path,
            "raw_path": split.path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode()) for name, value in told.items()],
            "client": ("127.0.0.1", 1),
            "server": (HOST, 80),
        }
        return self.loop.run_until_complete(self._call(scope, body))

    async def _call(self, scope: Any, body: bytes) -> httpx.Response:
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
        return httpx.Response(answer["status"], headers=answer["headers"], content=b"".join(parts))

    def close(self) -> None:
        """Nothing is open."""


def _dumped(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body, ensure_ascii=False).encode()


class Inside:
    """Takes the place of a server."""

    def __init__(self, database_url: str, folder: Path) -> None:
        kind: Any = {"base_url": f"http://{HOST}", "run_jobs": False, "secret": "s" * 32, "second_factor": "off"}
        settings = Settings(database_url=database_url, var_dir=folder / "var", **kind)
        self.context = make_context(settings)
        application = _application(
            Settings(database_url="sqlite:////nowhere/city.db", var_dir=Path("/nowhere"), **kind)
        )
        application.state.context = self.context
        self.client = Client(application, asyncio.new_event_loop())

    def start(self) -> "Inside":
        return self

    def kill(self) -> None:
        """It cannot be killed without its story."""

    def stop(self) -> None:
        self.client.loop.run_until_complete(self.context.database.close())
        self.client.loop.close()

    def verify(self) -> str:
        verdict = self.context.database.run(verify_all, CHECKS)
        return "" if not verdict.faults else str(verdict.faults)
