"""Who sends a request: the bearer token of a program or the session cookie of a browser, and what guards the routes."""

import re
from functools import partial
from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.middleware.csrf import CSRFMiddleware, generate_csrf_token
from litestar.response import Redirect
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from litestar.utils.scope.state import ScopeState

from core.choosing import CHOSEN, read_choice
from core.context import PROBES, context_of, wants_page
from core.errors import Refusal
from core.form_tokens import allow_form_token, token_asked_for
from core.languages import N_
from core.matching import read_condition
from core.settings import Settings
from people.policy import PUBLIC, Act, check_route
from people.recognising import Callers

SESSION_COOKIE = "session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_MISREAD = re.compile(r"[\x00-\x1f\x7f\\]")


class SignInNeeded(Exception):
    """A page that needs somebody signed in; ``to`` is where to send the browser."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


class WhoIsCalling:
    """Puts the caller (or None) on the request; what was sent to check is looked up (``recognising.py``)."""

    def __init__(self, app: ASGIApp, callers: Callers) -> None:
        self.app, self._callers = app, callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            scope["user"] = None if scope["path"] in PROBES else await self._caller(ASGIConnection(scope))
        await self.app(scope, receive, send)

    async def _caller(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Any:
        context = context_of(connection)
        said = sent(connection.scope, b"authorization")
        bearer = None if said is None else bearer_token(said.decode("latin-1"))
        if bearer is not None:
            caller = await self._callers.caller(context.database, bearer, "token", context.clock.now())
            if caller is None:
                raise Refusal(401, "token", N_("this token is not known, or has been revoked"))
            return caller
        cookie = connection.cookies.get(SESSION_COOKIE) if sent(connection.scope, b"cookie") else None
        if not cookie:
            return None
        return await self._callers.caller(context.database, cookie, "session", context.clock.now())


def sent(scope: Scope, name: bytes) -> bytes | None:
    """A header of a request, or None: without the framework's table of them all, which most requests never need."""
    return next((value for header, value in scope["headers"] if header == name), None)


def bearer_token(header: str) -> str | None:
    """The token in an Authorization header, or None if there is none."""
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


class FormsFromOurPages(CSRFMiddleware):
    """The framework's CSRF check, for browsers only: a bearer token is never sent by a browser on its own.

    A new token and its cookie are made only for an answer that holds a form (``core/form_tokens.py``).
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = sent(scope, b"authorization")
        if said is not None and bearer_token(said.decode("latin-1")) is not None:
            await self.app(scope, receive, send)
        elif scope["type"] == ScopeType.HTTP and scope["method"] in self.config.safe_methods:
            await self._read(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that changes nothing, and set the cookie if the answer asked for a token."""
        cookie = ASGIConnection(scope).cookies.get(self.config.cookie_name) if sent(scope, b"cookie") else None
        if cookie is not None:
            ScopeState.from_scope(scope).csrf_token = cookie
            await self.app(scope, receive, send)
            return
        allow_form_token(scope, partial(generate_csrf_token, self.config.secret))

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and (token := token_asked_for(scope)) is not None:
                self._set_cookie_if_needed(message, token)
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def middleware(settings: Settings) -> list[Any]:
    """The middleware that every request passes, outermost first."""
    csrf = CSRFConfig(
        secret=settings.signing_secret(),
        cookie_name="csrf",
        header_name="x-csrftoken",
        cookie_secure=settings.base_url.startswith("https"),
        cookie_httponly=True,
        cookie_samesite="lax",
    )
    return [DefineMiddleware(WhoIsCalling, callers=Callers()), DefineMiddleware(FormsFromOurPages, config=csrf), WhoMay]


class WhoMay:
    """Lets through whom the route's stated act allows. A browser is sent to sign in and back.

    Not one of the framework's guards: for each of these it copies the handler, with every request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and not _is_open(scope):
            self._check(ASGIConnection(scope), scope["route_handler"])
        await self.app(scope, receive, send)

    def _check(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        try:
            stated, method = handler.opt.get("may"), connection.scope.get("method")
            if stated is None and method == "OPTIONS":
                return  # the framework's own answer: which methods there are
            own_pages = handler.opt.get("of_account", stated == Act.OWN and wants_page(connection))
            check_route(stated, connection.scope.get("user"), changes=method not in SAFE_METHODS, own_pages=own_pages)
            if method not in SAFE_METHODS:
                read_condition(connection)
            elif CHOSEN.get() is not None and isinstance(handler, HTTPRouteHandler):
                read_choice(connection, handler)
        except Refusal as refusal:
            if refusal.status == 401 and wants_page(connection) and connection.scope.get("method") == "GET":
                path = connection.scope["path"]
                query = connection.scope.get("query_string", b"").decode("latin-1")
                raise SignInNeeded("/sign-in?next=" + quote(path + (f"?{query}" if query else ""))) from None
            raise


def _is_open(scope: HTTPScope) -> bool:
    """Whether nothing can be said against a request: anybody may read this, and all of it is asked for."""
    reads = scope["method"] in SAFE_METHODS and CHOSEN.get() is None
    return reads and scope["route_handler"].opt.get("may") == PUBLIC


def to_sign_in(_request: Request[Any, Any, Any], error: SignInNeeded) -> Response[Any]:
    """Send the browser to sign in, and back afterwards."""
    return Redirect(error.to, status_code=303)


def safe_next(path: str | None) -> str:
    """Where to go after signing in: a path of our own, never another site.

    A browser reads a backslash as a slash, and reads over tabs and line ends: ``/<tab>/host`` is another site too.
    """
    if path and path.startswith("/") and not path.startswith("//") and not _MISREAD.search(path):
        return path
    return "/"
