"""``If-Match``: a change that is made only while the thing is as the caller saw it (RFC 9110, 13.1.1).

The thing is what GET shows at the same address, or at the nearest above it: ``PUT /api/catalogue/items/{code}/packs``
changes what ``GET /api/catalogue/items/{code}`` shows. The route of that GET is asked again inside the transaction that
changes it, so that nobody can write in between: on SQLite one writes at a time, on PostgreSQL such a transaction is
serializable, and one that lost a race runs anew and sees what was written.
"""

from collections.abc import Coroutine
from typing import Any, TypeVar

from litestar import Litestar, Request, Response
from litestar.connection import ASGIConnection
from litestar.handlers import HTTPRouteHandler
from litestar.serialization import encode_json, get_serializer
from sqlalchemy.orm import Session

from core.conditional import holds, tag_of_text
from core.conditions import CONDITION, WITHIN
from core.errors import Refusal, bad_field
from core.languages import N_

Result = TypeVar("Result")


class Condition:
    """What a request says of the thing that it changes. Held once: in the request's first transaction that writes."""

    def __init__(self, said: str, connection: ASGIConnection[Any, Any, Any, Any], shown_by: HTTPRouteHandler) -> None:
        self.said, self.met = said, False
        self._connection, self._shown_by = connection, shown_by

    def hold(self, session: Session) -> None:
        """Refuse (412) if the thing is not as the caller saw it; 404 if it does not exist for the caller."""
        if session.get_bind().dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
        before = WITHIN.set(session)
        try:
            tag = at_once(self._tag())
        finally:
            WITHIN.reset(before)
        if self.said.strip() != "*" and not holds(self.said, tag):
            message = N_("this was changed since you read it; read it again, and repeat what you do on what it is now")
            raise Refusal(412, "changed-meanwhile", message, extra={"etag": tag})

    async def _tag(self) -> str:
        handler, connection = self._shown_by, self._connection
        for guard in handler.guards or ():
            asked = guard(connection, handler)
            if asked is not None:
                await asked
        takes = handler.parsed_fn_signature.parameters
        named = {name: value for name, value in connection.path_params.items() if name in takes}
        answer = await handler.fn(request=Request(connection.scope), **named)
        if isinstance(answer, Response):
            tag = next((value for name, value in answer.headers.items() if name.lower() == "etag"), None)
            if tag is not None:
                return str(tag)
            answer = answer.content
        return tag_of_text(encode_json(answer, get_serializer(handler.resolve_type_encoders())))


def read_condition(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Remember what a request that changes something says in ``If-Match``; refuse (422) where it could mean nothing."""
    said = connection.headers.get("if-match")
    if said is None or not connection.scope["path"].startswith("/api/"):
        return
    scope: Any = connection.scope
    shown_by = thing_of(connection.app, scope["path_template"], scope["route_handler"])
    if shown_by is None:
        raise bad_field("If-Match", N_("this address shows nothing that could have changed; leave the header out"))
    CONDITION.set(Condition(said, connection, shown_by))


def thing_of(app: Litestar, path: str, handler: HTTPRouteHandler) -> HTTPRouteHandler | None:
    """The route that shows what an operation changes; None where it makes something new, or no route shows it."""
    shown, adds = _shown(app), "POST" in handler.http_methods
    if adds and handler.status_code == 201:
        return None
    if not adds and path in shown:
        return shown[path]
    while "{" in path:
        if path in shown:
            return shown[path]
        path = path.rpartition("/")[0]
    return None


def _shown(app: Litestar) -> dict[str, HTTPRouteHandler]:
    """Path to route of all things that can be asked for: by their address alone, and as JSON."""
    known: dict[str, HTTPRouteHandler] | None = app.state.get("shown")
    if known is None:
        known = app.state["shown"] = {
            route.path_format: handler
            for route in app.routes
            for handler in getattr(route, "route_handlers", ())
            if isinstance(handler, HTTPRouteHandler) and "GET" in handler.http_methods and _is_thing(route, handler)
        }
    return known


def _is_thing(route: Any, handler: HTTPRouteHandler) -> bool:
    if not handler.resolve_include_in_schema() or _only_files(handler):
        return False
    own = set(route.path_parameters) | {"request"}
    asked = [one for name, one in handler.parsed_fn_signature.parameters.items() if name not in own]
    return all(one.has_default for one in asked)


def _only_files(handler: HTTPRouteHandler) -> bool:
    return bool(handler.opt.get("files")) and "shows" not in handler.opt


def at_once(asked: Coroutine[Any, Any, Result]) -> Result:
    """The outcome of what never waits: whatever it reads, it reads within this transaction."""
    try:
        asked.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    asked.close()
    raise AssertionError("a route that shows a thing waits for something else than the database")
