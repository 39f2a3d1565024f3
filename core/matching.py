"""``If-Match``: a change that is made only while the thing is as the caller saw it (RFC 9110, 13.1.1).

The thing is what GET shows at the same address, or at the nearest above it: ``PUT /api/catalogue/items/{code}/packs``
changes what ``GET /api/catalogue/items/{code}`` shows. The route of that GET is asked again inside the transaction that
changes it, so that nobody can write in between: on SQLite one writes at a time, on PostgreSQL such a transaction is
serializable, and one that lost a race runs anew and sees what was written.

The answer names the thing's new ETag, so that a program needs no GET between two changes. ``ETag`` is the tag of what
stands at the address itself, and a PUT must not answer with one unless it stored the body as it came (9.3.4): the tag
stands in ``Next-If-Match`` on every such answer, and in ``ETag`` where both readings are one.

Who sends a change again because the answer was lost comes with the tag of before. What would change nothing has been
done already: it is answered as done (13.1.1), and nothing is written.
"""

from collections.abc import Callable, Coroutine
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
    """What a request says of the thing that it changes. Held once: in the request's first transaction that writes.

    ``sets``: the request says how the thing is to be, in what GET shows of it (the route's option ``sets``). ``own``:
    the thing stands at the request's own address.
    """

    def __init__(
        self,
        said: str,
        connection: ASGIConnection[Any, Any, Any, Any],
        shown_by: HTTPRouteHandler,
        *,
        sets: bool = False,
        own: bool = False,
    ) -> None:
        self.said, self.met = said, False
        self._connection, self._shown_by = connection, shown_by
        self._sets, self._own = sets, own
        self._stale: Refusal | None = None  # the thing had changed, though to what the request asks for
        self._becomes: str | None = None

    def carry_out(self, session: Session, act: Callable[[], Result]) -> Result:
        """The outcome of a change, made if the thing is as the caller saw it, or is already as the change makes it."""
        if not self.met:
            self._stale = None
            try:
                self.hold(session)
            except Refusal as refusal:
                if refusal.status != 412 or not self._sets:
                    raise
                self._stale = refusal
        if self._stale is not None:
            return self._done_already(session, act, self._stale)
        result = act()
        self._becomes = self._tag_after(session)
        return result

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The tag to send with the next change of the thing, if there is such a thing still."""
        if self._becomes is None:
            return []
        tag = self._becomes.encode()
        own = self._own and self._connection.scope.get("method") != "PUT"
        return [(b"next-if-match", tag), *([(b"etag", tag)] if own else [])]

    def _done_already(self, session: Session, act: Callable[[], Result], stale: Refusal) -> Result:
        """The outcome of what changes nothing any more, and is undone all the same. Raises ``stale`` if it would."""
        tried = session.begin_nested()
        try:
            result = act()
            self._becomes = self._tag_after(session)
        except Refusal:
            raise stale from None
        finally:
            tried.rollback()
        if self._becomes != stale.extra["etag"]:
            raise stale
        return result

    def _tag_after(self, session: Session) -> str | None:
        session.flush()
        try:
            return self._tag_within(session)
        except Refusal:
            return None  # gone, or beyond what the caller may see

    def _tag_within(self, session: Session) -> str:
        before = WITHIN.set(session)
        try:
            return at_once(self._tag())
        finally:
            WITHIN.reset(before)

    def hold(self, session: Session) -> None:
        """Refuse (412) if the thing is not as the caller saw it; 404 if it does not exist for the caller."""
        if session.get_bind().dialect.name == "postgresql":
            session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
        tag = self._tag_within(session)
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
    own = _shown(connection.app).get(scope["path_template"]) is shown_by
    sets = bool(scope["route_handler"].opt.get("sets"))
    CONDITION.set(Condition(said, connection, shown_by, sets=sets, own=own))


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
