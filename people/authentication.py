"""Who sends a request: the bearer token of a program or the session cookie of a browser, and what guards the routes."""

from typing import Any
from urllib.parse import quote

from litestar.config.csrf import CSRFConfig
from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.middleware.csrf import CSRFMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from core.context import context_of, wants_page
from core.errors import Refusal
from core.languages import N_
from core.settings import Settings
from people.policy import check_route
from people.sign_in import caller_of

SESSION_COOKIE = "session"


class SignInNeeded(Exception):
    """A page that needs somebody signed in; ``to`` is where to send the browser."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


class WhoIsCalling:
    """Puts the caller (or None) on the request. One query, and none when nothing was sent to check."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
            scope["user"] = await self._caller(connection)
        await self.app(scope, receive, send)

    async def _caller(self, connection: ASGIConnection[Any, Any, Any, Any]) -> Any:
        context = context_of(connection)
        bearer = bearer_token(connection.headers.get("authorization", ""))
        if bearer is not None:
            caller = await context.database.read(caller_of, bearer, "token", context.clock.now())
            if caller is None:
                raise Refusal(401, "token", N_("this token is not known, or has been revoked"))
            return caller
        cookie = connection.cookies.get(SESSION_COOKIE)
        if not cookie:
            return None
        return await context.database.read(caller_of, cookie, "session", context.clock.now())


def bearer_token(header: str) -> str | None:
    """The token in an Authorization header, or None if there is none."""
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


class FormsFromOurPages(CSRFMiddleware):
    """The framework's CSRF check, for browsers only: a bearer token is never sent by a browser on its own."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", []))
        if bearer_token(headers.get(b"authorization", b"").decode("latin-1")) is not None:
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


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
    return [WhoIsCalling, DefineMiddleware(FormsFromOurPages, config=csrf)]


def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let through whom the route's stated act allows. A browser is sent to sign in and back."""
    try:
        check_route(handler.opt.get("may"), connection.scope.get("user"))
    except Refusal as refusal:
        if refusal.status == 401 and wants_page(connection) and connection.scope.get("method") == "GET":
            path = connection.scope["path"]
            query = connection.scope.get("query_string", b"").decode("latin-1")
            raise SignInNeeded("/sign-in?next=" + quote(path + (f"?{query}" if query else ""))) from None
        raise


def safe_next(path: str | None) -> str:
    """Where to go after signing in: a path of our own, never another site."""
    if path and path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path:
        return path
    return "/"
