"""The id of a request: in its answer, in a problem's body, in every line of the log that it causes.

A proxy that the settings trust may have named the request already; what anybody else sends is not believed, so that
nobody can write into our log under the id of another's request.
"""

import re
from collections.abc import MutableMapping, Sequence
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, cast

from uuid_utils import uuid7

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Receive, Scope, Send

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
HEADER = b"x-request-id"
GIVEN = "readyshelf.request_id"  # in the scope: what the proxy named it
_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")


class NamedByProxy:
    """Takes the id that a trusted proxy sends. Stands outside of what puts the client in the place of the proxy."""

    def __init__(self, app: "ASGIApp", trusted: Sequence[str]) -> None:
        self._app = app
        networks = [ip_network(part) for part in trusted]

        @lru_cache(maxsize=1024)
        def is_trusted(host: str) -> bool:
            try:
                address = ip_address(host)
            except ValueError:  # a socket in the file system: its rights say who may write to it, not who does
                return False
            return any(address in network for network in networks)

        self._is_trusted = is_trusted

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        ours = cast(dict[str, Any], scope)
        if ours["type"] == "http":
            client = scope.get("client")
            said = next((value for name, value in scope["headers"] if name == HEADER), None)
            if said and _WELL_FORMED.fullmatch(said) and client and self._is_trusted(client[0]):
                ours[GIVEN] = said.decode("ascii")
        await self._app(scope, receive, send)


def name_request(scope: "Scope") -> str:
    """The id of this request from here on; each request runs in a context of its own."""
    given: Any = scope.get(GIVEN)
    name = given or uuid7().hex  # as ``new_id``, without an object of Python's own for it
    REQUEST_ID.set(name)
    return name


def with_request_id(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of the log: which request a line belongs to."""
    if name := REQUEST_ID.get():
        event["request_id"] = name
    return event
