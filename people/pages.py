"""Pages of the people room: signing in and out, the language, and one's own account."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from core.context import context_of
from core.errors import Refusal
from core.inputs import clean_text
from core.languages import LANGUAGES
from core.pages import form_of, page
from people.accounts import set_language
from people.authentication import SESSION_COOKIE, safe_next
from people.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from people.policy import PUBLIC, ROLE_WORDS, Act
from people.sign_in import (
    credentials_of,
    device_of,
    find_account,
    issue_token,
    note_failure,
    open_session,
    password_is,
    revoke,
    wrong_sign_in,
)

NextPath = Annotated[str | None, QueryParameter(name="next")]


@get("/sign-in", may=PUBLIC, include_in_schema=False)
async def sign_in_page(request: Request[Any, Any, Any], next_path: NextPath = None) -> Response[str]:
    """The form. On the demo city it says which accounts there are."""
    return _sign_in_form(request, safe_next(next_path), "")


def _sign_in_form(
    request: Request[Any, Any, Any], next_path: str, account: str, refusal: Refusal | None = None
) -> Response[str]:
    demo = context_of(request).settings.demo
    return page(
        request,
        "people/sign_in.html",
        status_code=refusal.status if refusal else 200,
        next_path=next_path,
        account=account,
        refusal=refusal,
        demo_accounts=DEMO_ACCOUNTS if demo else (),
        demo_password=DEMO_PASSWORD if demo else "",
    )


@post("/sign-in", may=PUBLIC, include_in_schema=False, status_code=303)
async def sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Check the password off the loop (it is slow on purpose) and open a new session."""
    context = context_of(request)
    form = await form_of(request)
    account, password = form.get("account", "").strip()[:64], form.get("password", "")[:200]
    next_path = safe_next(form.get("next"))
    address = request.client.host if request.client else "unknown"
    now = context.clock.now()
    try:
        found = await context.database.read(find_account, account, address, now, context.settings.sign_in_attempts)
        if not await asyncio.to_thread(password_is, found, password):
            await context.database.write(note_failure, account, address, now)
            raise wrong_sign_in()
    except Refusal as refusal:
        return _sign_in_form(request, next_path, account, refusal)
    assert found.person_id is not None, "the password of an account was right"
    hours = context.settings.session_hours
    device = device_of(request.headers.get("user-agent", ""))
    secret = await context.database.write(open_session, found.person_id, now, hours, device)
    cookie = Cookie(
        SESSION_COOKIE,
        value=secret,
        max_age=hours * 3600,
        httponly=True,
        samesite="lax",
        secure=context.settings.base_url.startswith("https"),
    )
    return Redirect(next_path, status_code=303, cookies=[cookie])


@post("/sign-out", may=Act.OWN, include_in_schema=False, status_code=303)
async def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
    """End this session, here and on the server."""
    context = context_of(request)
    await context.database.write(revoke, request.user.person_id, request.user.credential_id, context.clock.now())
    return Redirect("/sign-in", status_code=303, cookies=[Cookie(SESSION_COOKIE, value="", max_age=0)])


@post("/language", may=PUBLIC, include_in_schema=False, status_code=303)
async def choose_language(request: Request[Any, Any, Any]) -> Response[Any]:
    """Switch the language of this browser and, signed in, of the person's mails."""
    form = await form_of(request)
    language = form.get("language", "")
    back = safe_next(form.get("next"))
    if language not in LANGUAGES:
        return Redirect(back, status_code=303)
    if request.user is not None:
        await context_of(request).database.write(set_language, request.user.person_id, language)
    cookie = Cookie("language", value=language, max_age=365 * 86400, httponly=True, samesite="lax")
    return Redirect(back, status_code=303, cookies=[cookie])


@get("/account", may=Act.OWN, include_in_schema=False)
async def account_page(request: Request[Any, Any, Any]) -> Response[str]:
    """One's own roles, signed-in devices and tokens."""
    return await _account(request, None)


async def _account(request: Request[Any, Any, Any], new_token: str | None) -> Response[str]:
    context = context_of(request)
    credentials = await context.database.read(credentials_of, request.user.person_id, context.clock.now())
    return page(
        request,
        "people/account.html",
        tokens=[one for one in credentials if one.kind == "token"],
        devices=[one for one in credentials if one.kind == "session"],
        new_token=new_token,
        role_words=ROLE_WORDS,
    )


@post("/account/tokens", may=Act.OWN, include_in_schema=False, status_code=200)
async def add_token(request: Request[Any, Any, Any]) -> Response[str]:
    """Make a token for a program; it is shown this once."""
    context = context_of(request)
    form = await form_of(request)
    name = clean_text(form.get("name", ""), "name", 100, required=True)
    token = await context.database.write(issue_token, request.user.account, name, context.clock.now())
    return await _account(request, token)


@post("/account/credentials/{credential_id:uuid}/revoke", may=Act.OWN, include_in_schema=False, status_code=303)
async def revoke_credential(request: Request[Any, Any, Any], credential_id: FromPath[UUID]) -> Response[Any]:
    """End a token or a signed-in device at once: a lost phone wipes what it was told at its next contact."""
    context = context_of(request)
    await context.database.write(revoke, request.user.person_id, credential_id, context.clock.now())
    return Redirect("/account", status_code=303)


ROUTES = [sign_in_page, sign_in, sign_out, choose_language, account_page, add_token, revoke_credential]
