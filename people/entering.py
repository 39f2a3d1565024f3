"""From a right password to a session: at once, or by way of the second factor."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.response import Redirect

from core.context import context_of
from core.errors import Refusal
from core.languages import N_
from people.authentication import SESSION_COOKIE
from people.second_factor import WRONG_CODE, Need, claim_code, need_of, note_wrong_code
from people.sign_in import PENDING, caller_of, device_of, only_audits, open_pending, open_session, works_at_depots

APP = "/app"  # where who works at a depot begins on a small screen
PENDING_COOKIE, PENDING_MINUTES = "pending", 10
Result = TypeVar("Result")
PAGES = {Need.CODE: "/sign-in/code", Need.SET_UP: "/sign-in/second-factor"}


async def after_password(
    request: Request[Any, Any, Any], person_id: UUID, next_path: str, *, small: bool
) -> Response[Any]:
    """Let in who gave the right password, or send them on to the second factor: no session is open until then."""
    context = context_of(request)
    need = await context.database.read(need_of, context.settings, person_id, context.clock.now())
    if need is Need.NOTHING:
        return await let_in(request, person_id, next_path, small=small)
    now = context.clock.now()
    secret = await context.database.write(open_pending, person_id, now, PENDING_MINUTES)
    to = f"{PAGES[need]}?next={quote(next_path)}{'&small=yes' if small else ''}"
    cookie = _cookie(request, PENDING_COOKIE, secret, PENDING_MINUTES * 60)
    return Redirect(to, status_code=303, cookies=[cookie])


async def let_in(request: Request[Any, Any, Any], person_id: UUID, next_path: str, *, small: bool) -> Response[Any]:
    """Open a session and send the browser on."""
    cookie = await session_cookie(request, person_id)
    context, now = context_of(request), context_of(request).clock.now()
    if next_path == "/" and small and await context.database.read(works_at_depots, person_id, now):
        next_path = APP
    elif next_path == "/" and await context.database.read(only_audits, person_id, now):
        next_path = "/manage/audit"
    return Redirect(next_path, status_code=303, cookies=[cookie, end_of_pending()])


async def session_cookie(request: Request[Any, Any, Any], person_id: UUID) -> Cookie:
    """Open a session; gives the cookie that holds it."""
    context = context_of(request)
    hours = context.settings.session_hours
    device = device_of(request.headers.get("user-agent", ""))
    secret = await context.database.write(open_session, person_id, context.clock.now(), hours, device)
    return _cookie(request, SESSION_COOKIE, secret, hours * 3600)


def end_of_pending() -> Cookie:
    return Cookie(PENDING_COOKIE, value="", max_age=0)


def _cookie(request: Request[Any, Any, Any], name: str, value: str, seconds: int) -> Cookie:
    secure = context_of(request).settings.base_url.startswith("https")
    return Cookie(name, value=value, max_age=seconds, httponly=True, samesite="lax", secure=secure)


@dataclass(frozen=True)
class Pending:
    """Whose password was right, and the proof of it."""

    person_id: UUID
    credential_id: UUID


async def try_code(request: Request[Any, Any, Any], person_id: UUID, verb: Callable[..., Result], code: str) -> Result:
    """Count a try, then let the verb look at the code; a wrong one is written down."""
    context = context_of(request)
    database, now = context.database, context.clock.now()
    await database.write(claim_code, person_id, now)
    try:
        return await database.write(verb, context.settings, person_id, code, now)
    except Refusal as refusal:
        if refusal.kind == WRONG_CODE:
            await database.write(note_wrong_code, person_id, now)
        raise


async def pending(request: Request[Any, Any, Any]) -> Pending:
    """Who has given the right password and no second factor yet; refuses (401) whom we do not know."""
    context = context_of(request)
    secret = request.cookies.get(PENDING_COOKIE)
    caller = await context.database.read(caller_of, secret, PENDING, context.clock.now()) if secret else None
    if caller is None or caller.credential_id is None:
        raise Refusal(401, "sign-in", N_("sign in with your password first"))
    return Pending(caller.person_id, caller.credential_id)
