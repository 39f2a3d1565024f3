"""What holds for every address, before the framework chooses a route: HEAD, and files that a browser has."""

from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

from core.audit import ADDRESS

OF_BODY = (b"content-length", b"content-type")
FILES = ("/static/", "/vendor/")


class Edge:
    """Answers HEAD as GET without the body (B23, A4), and 304 for a file whose ETag the browser names."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        client = scope.get("client")
        ADDRESS.set(client[0] if client else "")  # each request runs in a context of its own
        bare = scope["method"] == "HEAD"
        known = dict(scope["headers"]).get(b"if-none-match") if scope["path"].startswith(FILES) else None
        if not bare and known is None:
            await self.app(scope, receive, send)
            return
        unchanged = False

        async def send_less(message: Message) -> None:
            nonlocal unchanged
            if message["type"] == "http.response.start":
                unchanged = known is not None and message["status"] == 200 and _names(known, message)
                if unchanged:
                    headers = [(name, value) for name, value in message["headers"] if name.lower() not in OF_BODY]
                    message = {**message, "status": 304, "headers": headers}
            elif message["type"] == "http.response.body" and (bare or unchanged):
                message = {**message, "body": b""}
            await send(message)

        # A copy: the server itself must go on knowing that it answers a HEAD
        asked: Any = {**scope, "method": "GET"} if bare else scope
        await self.app(asked, receive, send_less)


def _names(known: bytes, message: HTTPResponseStartEvent) -> bool:
    """Whether an If-None-Match holds the answer's ETag; compressed or not, it is the same file (weak comparison)."""
    tag = next((v for k, v in message["headers"] if k.lower() == b"etag"), None)
    tags = {part.strip().removeprefix(b"W/") for part in known.split(b",")}
    return tag is not None and (tag.removeprefix(b"W/") in tags or b"*" in tags)
