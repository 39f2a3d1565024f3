"""The token that a form of ours carries, and its cookie: made only for an answer that asks for it.

Health checks, files and most of ``/api`` are answered without: a token costs random bytes, a hash and a cookie.
"""

from collections.abc import Callable

from litestar.types import Scope
from litestar.utils.scope.state import ScopeState

_MAKE = "make_form_token"


def allow_form_token(scope: Scope, make: Callable[[], str]) -> None:
    """Let whatever answers this request have a new token."""
    scope["state"][_MAKE] = make


def form_token(scope: Scope) -> str:
    """The token of the browser that asks, made now if it has none; empty where no form could be sent back."""
    if token_asked_for(scope) is None and _MAKE in scope["state"]:
        ScopeState.from_scope(scope).csrf_token = scope["state"][_MAKE]()
    return token_asked_for(scope) or ""


def token_asked_for(scope: Scope) -> str | None:
    """The token that this answer holds, or None if nothing asked for one."""
    token = ScopeState.from_scope(scope).csrf_token
    return token if isinstance(token, str) else None
