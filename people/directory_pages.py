"""Signing in by way of the city's directory: there, and back."""

from typing import Annotated, Any
from urllib.parse import quote, unquote

from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.params import QueryParameter
from litestar.response import Redirect

from core.context import context_of
from core.errors import Refusal, not_found
from core.languages import N_
from people.authentication import safe_next
from people.entering import let_in
from people.identities import person_for
from people.pages import sign_in_form
from people.policy import PUBLIC
from people.sign_in import note_wrong_sign_in

COOKIE, SECONDS = "directory", 600
LONGEST_NEXT = 1000
NAMED = "directory:"  # stands before the reason in the audit trail, where others have an account


@get("/sign-in/directory", may=PUBLIC, include_in_schema=False)
async def to_directory(
    request: Request[Any, Any, Any],
    next_path: Annotated[str | None, QueryParameter(name="next")] = None,
    small: Annotated[str, QueryParameter()] = "",
) -> Response[Any]:
    """Send the browser there. What it must bring back hangs on a secret in its own cookie."""
    from people.oidc import Way, directory_of  # cryptography: only for a city that has a directory

    settings = _settings(request)
    way = Way.begin()
    try:
        address = await directory_of(settings).address(way)
    except Refusal as refusal:
        return sign_in_form(request, safe_next(next_path), "", refusal)
    kept = f"{way.secret}.{'s' if small else 'l'}{quote(safe_next(next_path), safe='')}"[:LONGEST_NEXT]
    secure = settings.base_url.startswith("https")
    cookie = Cookie(COOKIE, value=kept, max_age=SECONDS, httponly=True, samesite="lax", secure=secure)
    return Redirect(address, status_code=303, cookies=[cookie])


@get("/sign-in/directory/return", may=PUBLIC, include_in_schema=False)
async def from_directory(request: Request[Any, Any, Any]) -> Response[Any]:
    """Check what the browser brings, find the person, and open a session. The directory has its own second factor."""
    from people.oidc import Way, directory_of  # as above

    context, settings = context_of(request), _settings(request)
    secret, _, rest = request.cookies.get(COOKIE, "").partition(".")
    small, next_path = rest[:1] == "s", safe_next(unquote(rest[1:]))
    brought = {name: str(value) for name, value in request.query_params.items()}
    over = Cookie(COOKIE, value="", max_age=0)
    try:
        if not secret:
            said = N_("this sign-in was not begun in this browser, or too long ago")
            raise Refusal(401, "directory-state", said)
        claims = await directory_of(settings).claims(Way(secret), brought, context.clock.now())
        person = await context.database.write(person_for, settings, claims, context.clock.now())
    except Refusal as refusal:
        await context.database.write(note_wrong_sign_in, f"{NAMED} {refusal}"[:200], context.clock.now())
        answer: Response[Any] = sign_in_form(request, next_path, "", refusal)
    else:
        answer = await let_in(request, person.id, next_path, small=small)
    answer.cookies = [*answer.cookies, over]
    return answer


def _settings(request: Request[Any, Any, Any]) -> Any:
    settings = context_of(request).settings
    if not settings.oidc_issuer:
        raise not_found(N_("there is nothing at this address"))
    return settings


ROUTES = [to_directory, from_directory]
