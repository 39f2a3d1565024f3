"""Serving below a path of a host that others share: ``READYSHELF_BASE_URL=https://city.example.org/readyshelf``.

Inside, every address begins at the root. Here, at the very edge, the path is taken off what comes in (a proxy may have
done so already) and put before our own addresses in what goes out: pages, scripts, redirects, cookies. An address is
ours if it begins with the first part of one of our routes, so that nothing else that begins with a slash is touched.
"""

import re
from collections.abc import Collection
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

TEXTS = ("text/html", "text/javascript", "application/javascript", "text/css", "application/manifest+json")
JSON = ("application/json", "application/problem+json")


class Below:
    """The application below a path. ``firsts``: the first parts of the routes' paths."""

    def __init__(self, app: ASGIApp, path: str, firsts: Collection[str]) -> None:
        self.app, self.path = app, path
        ours = "|".join(sorted(map(re.escape, firsts), key=len, reverse=True))
        self._quoted = re.compile(rf"""(["'`(])/(?=(?:{ours})(?:[/"'`?#)]|\$\{{))""")
        self._root = re.compile(r"""\b(href|action|src)="/(?=[?#"])""")
        # of what is to do, which the app follows; of a problem, which opens the page that explains it
        self._links = re.compile(rf"""("(?:to|type)":")/(?=(?:{ours})["/?#])""")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        if path == self.path or path.startswith(f"{self.path}/"):
            path = path[len(self.path) :] or "/"
        # what is compressed cannot be changed any more; the proxy compresses
        headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
        inside: Any = {**scope, "path": path, "raw_path": path.encode(), "headers": headers}
        await self.app(inside, receive, _Rewriting(self, send).send)

    def outside(self, address: str) -> str:
        """An address of ours as the browser must ask for it."""
        if not address.startswith("/") or address.startswith(("//", f"{self.path}/")) or address == self.path:
            return address
        return self.path + address

    def text(self, body: str, kind: str) -> str:
        """A text that goes out, with our own addresses below the path."""
        if kind in JSON:
            return self._links.sub(rf"\1{self.path}/", body)
        return self._root.sub(rf'\1="{self.path}/', self._quoted.sub(rf"\1{self.path}/", body))


class _Rewriting:
    """One answer on its way out."""

    def __init__(self, below: Below, send: Send) -> None:
        self.below, self._send = below, send
        self.start: Any = None
        self.kind = ""
        self.body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(name, self._header(name.lower(), value)) for name, value in message["headers"]]
            self.start = {**message, "headers": headers}
            told = {name.lower(): value.decode("latin-1") for name, value in headers}
            self.kind = told.get(b"content-type", "").partition(";")[0].strip()
            if self.kind not in (*TEXTS, *JSON):
                await self._send(self.start)
        elif message["type"] != "http.response.body" or self.kind not in (*TEXTS, *JSON):
            await self._send(message)
        else:
            self.body += message["body"]
            if not message.get("more_body"):
                await self._finish(message)

    async def _finish(self, message: Message) -> None:
        body = self.below.text(self.body.decode(), self.kind).encode()
        headers = [(name, value) for name, value in self.start["headers"] if name.lower() != b"content-length"]
        if self.body:  # a HEAD has none, and an answer without a body no length
            headers.append((b"content-length", str(len(body)).encode()))
        start: Any = {**self.start, "headers": headers}
        await self._send(start)
        last: Any = {**message, "body": body}
        await self._send(last)

    def _header(self, name: bytes, value: bytes) -> bytes:
        if name == b"location":
            return self.below.outside(value.decode("latin-1")).encode("latin-1")
        if name == b"set-cookie":
            return re.sub(rb"(?i)\bpath=/(?=;|$)", b"Path=" + self.below.path.encode() + b"/", value)
        return value
