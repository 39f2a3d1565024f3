"""The rules for every address, before the framework chooses a route: HEAD, a request's id, answers not modified."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, Message, Receive, Scope, Send

from core.audit import ADDRESS
from core.choosing import CHOSEN, MEDIA_TYPE, asks_for_fields, cut
from core.conditional import holds, tag_of_text
from core.conditions import CONDITION
from core.ending import ENDING
from core.limits import QUOTAS, quota_headers
from core.measuring import note_request
from core.request_ids import HEADER, name_request

CLOSE = (b"connection", b"close")
OF_BODY = (b"content-length", b"content-type")
FILES = ("/static/", "/vendor/")
TAGGED = (*FILES, "/api/")
JSON = b"application/json"
READS = ("GET", "HEAD")
Headers = Sequence[tuple[bytes, bytes]]


class Edge:
    """Answers HEAD as GET without the body (B23, A4), and 304 to who names the ETag of a file or of an API's answer.

    An answer of the API that its route gave no ETag has one of its text: what was asked again in vain costs no traffic.
    """

    def __init__(self, app: ASGIApp, always: Callable[[Scope], Headers]) -> None:
        """``always``: the headers that every answer has, errors included, unless it has its own of that name."""
        self.app, self._always = app, always

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        client = scope.get("client")
        ADDRESS.set(client[0] if client else "")  # each request runs in a context of its own
        QUOTAS.set({})
        CONDITION.set(None)
        asked: Any = scope
        chosen: list[str] | None = None
        if scope["method"] in READS and asks_for_fields(scope.get("query_string", b"")):
            chosen = []  # what is cut must come as plain text
            plain = [(name, value) for name, value in scope["headers"] if name.lower() != b"accept-encoding"]
            asked = {**scope, "headers": plain}
        CHOSEN.set(chosen)
        name = name_request(scope).encode()
        begun, bare = perf_counter(), scope["method"] == "HEAD"
        tagged = scope["method"] in READS and scope["path"].startswith(TAGGED)
        known = next((value for key, value in scope["headers"] if key == b"if-none-match"), None) if tagged else None
        headers = self._always(scope)
        answer = _Answer(known, name, headers, send, bare=bare, tagged=tagged, chosen=chosen)
        if bare:  # a copy: the server itself must go on knowing that it answers a HEAD
            asked = {**asked, "method": "GET"}
        try:
            await self.app(asked, receive, answer.send)
        finally:
            note_request(scope["method"], asked.get("path_template"), answer.status, begun)


class _Answer:
    """One answer on its way out."""

    def __init__(
        self,
        known: bytes | None,
        name: bytes,
        always: Headers,
        send: Send,
        *,
        bare: bool,
        tagged: bool,
        chosen: list[str] | None,
    ) -> None:
        self.bare, self.tagged, self.known, self.name, self._send = bare, tagged, known, name, send
        self.always, self.chosen = always, chosen
        self.status = 500  # until it begins
        self.waiting: Any = None  # the start of an answer whose ETag its text makes

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.tagged and (_wants_tag(message) or (self.chosen and message["status"] == 200)):
                self.waiting = message
            else:
                await self._start(message)
        elif message["type"] != "http.response.body":
            await self._send(message)
        else:
            if (start := self.waiting) is not None:
                self.waiting = None
                if self.chosen and not message.get("more_body"):
                    message, start = _cut(message, start, self.chosen)
                if not message.get("more_body"):  # the text of a list comes whole
                    tag = tag_of_text(message["body"]).encode()
                    start = {**start, "headers": [*start["headers"], (b"etag", tag)]}
                await self._start(start)
            await self._send({**message, "body": b""} if self.bare else message)

    async def _start(self, message: HTTPResponseStartEvent) -> None:
        headers = list(message["headers"])
        if self.known is not None and message["status"] == 200 and _names(self.known, message):
            headers = [(name, value) for name, value in headers if name.lower() not in OF_BODY]
            message = {**message, "status": 304}
            self.bare, self.status = True, 304
        present = {name.lower() for name, _ in headers}
        headers += [header for header in self.always if header[0] not in present]
        headers.append((HEADER, self.name))
        headers += quota_headers()
        if message["status"] < 300 and (condition := CONDITION.get()) is not None:
            headers += condition.headers()
        if ENDING.begun:  # whoever keeps the connection would write the next request into one that ends
            headers.append(CLOSE)
        await self._send({**message, "headers": headers})


def _cut(
    message: HTTPResponseBodyEvent, start: HTTPResponseStartEvent, names: list[str]
) -> tuple[HTTPResponseBodyEvent, HTTPResponseStartEvent]:
    """A list's answer with the fields chosen, and what stands at its beginning."""
    body = cut(message["body"], names)
    others = [(name, value) for name, value in start["headers"] if name.lower() not in (*OF_BODY, b"etag")]
    about = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", str(len(body)).encode())]
    return {**message, "body": body}, {**start, "headers": [*others, *about]}


def _wants_tag(message: HTTPResponseStartEvent) -> bool:
    """Whether this is an answer of the API that has no ETag yet. What is compressed differs each time that it is."""
    if message["status"] != 200:
        return False
    is_json = False
    for name, value in message["headers"]:
        if (lower := name.lower()) in (b"etag", b"content-encoding"):
            return False
        is_json = is_json or (lower == b"content-type" and value.startswith(JSON))
    return is_json


def _names(known: bytes, message: HTTPResponseStartEvent) -> bool:
    """Whether an If-None-Match names the answer's ETag, or any."""
    tag = next((v for k, v in message["headers"] if k.lower() == b"etag"), None)
    said = known.decode("latin-1")
    return tag is not None and (holds(said, tag.decode("latin-1")) or holds(said, "*"))
