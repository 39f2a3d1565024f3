"""Pages of the people room: signing in and out, the language, and one's own account."""

import asyncio
import re
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from core.context import context_of
from core.errors import Refusal, bad_field, forbidden
from core.inputs import clean_text
from core.languages import LANGUAGES, N_
from core.pages import form_of, page
from core.problems import page_with
from people.accounts import has_administrator, person_by_id, set_language, set_password
from people.authentication import SESSION_COOKIE, safe_next
from people.demo import DEMO_ACCOUNTS, DEMO_PASSWORD
from people.entering import after_password
from people.passwords import check_password
from people.policy import PUBLIC, ROLE_WORDS, Act
from people.sign_in import (
    MOST_DAYS,
    TokenScope,
    credentials_of,
    find_account,
    hasher,
    issue_token,
    may_use_password,
    note_wrong_sign_in,
    password_is,
    revoke,
    wrong_sign_in,
)
from people.tries import BENCH, claim_try, forget_failures, forget_try

NextPath = Annotated[str | None, QueryParameter(name="next")]


@get("/sign-in", may=PUBLIC, include_in_schema=False)
async def sign_in_page(
    request: Request[Any, Any, Any], next_path: NextPath = None, done: Annotated[str, QueryParameter()] = ""
) -> Response[str]:
    """The form. On the demo city it says which accounts there are; a city that has nobody yet is begun from here."""
    empty = not await context_of(request).database.read(has_administrator)
    return sign_in_form(request, safe_next(next_path), "", done=done, empty=empty)


def sign_in_form(
    request: Request[Any, Any, Any],
    next_path: str,
    account: str,
    refusal: Refusal | None = None,
    done: str = "",
    *,
    empty: bool = False,
) -> Response[str]:
    """The page of the form, with what was wrong with the last try."""
    settings = context_of(request).settings
    demo = settings.demo
    return page_with(
        request,
        "people/sign_in.html",
        refusal,
        next_path=next_path,
        directory=bool(settings.oidc_issuer),
        passwords=settings.passwords != "none",
        account=account,
        done=done,
        empty=empty,
        demo_accounts=DEMO_ACCOUNTS if demo else (),
        demo_password=DEMO_PASSWORD if demo else "",
    )


@post("/sign-in", may=PUBLIC, include_in_schema=False, status_code=303)
async def sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Check the password off the loop (it is slow on purpose) and open a new session, or ask for the second factor."""
    form = await form_of(request)
    account, password = form.get("account", "").strip()[:64], form.get("password", "")[:200]
    next_path = safe_next(form.get("next"))
    try:
        person_id = await look_at_password(request, account, password)
    except Refusal as refusal:
        return sign_in_form(request, next_path, account, refusal)
    return await after_password(request, person_id, next_path, small=bool(form.get("small")))


def address_of(request: Request[Any, Any, Any]) -> str:
    """The network address that a request comes from."""
    return request.client.host if request.client else "unknown"


async def look_at_password(request: Request[Any, Any, Any], account: str, password: str) -> UUID:
    """Whose password it is. Refuses a wrong one (401), and one that comes too soon after others (429)."""
    database, settings = context_of(request).database, context_of(request).settings
    now = context_of(request).clock.now()
    claimed = await database.write(claim_try, account, address_of(request), now, settings.sign_in_attempts)
    await asyncio.sleep(claimed.delay.total_seconds())
    found = await database.read(find_account, account)
    try:
        right = await BENCH.look_at(password_is, found, password)
    except Refusal:
        await database.write(forget_try, claimed)
        raise
    if not right or found.person_id is None:
        by = None if request.user is None else request.user.person_id
        await database.write(note_wrong_sign_in, account, now, by)
        raise wrong_sign_in()
    await database.write(forget_failures, claimed)
    if not await database.read(may_use_password, settings, found.person_id, now):
        raise forbidden(N_("sign in by way of the directory; passwords are not taken here"))
    return found.person_id


@post("/sign-out", may=Act.OWN, include_in_schema=False, status_code=303)
async def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
    """End this session, here and on the server."""
    context = context_of(request)
    person_id, now = request.user.person_id, context.clock.now()
    await context.database.write(revoke, person_id, request.user.credential_id, now, person_id)
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
    return await account_answer(request)


async def account_answer(
    request: Request[Any, Any, Any], new_token: str | None = None, refusal: Refusal | None = None, done: str = ""
) -> Response[str]:
    """The page of one's own account; ``done``: what has just been changed."""
    context, person_id = context_of(request), request.user.person_id
    credentials = await context.database.read(credentials_of, person_id, context.clock.now())
    person = await context.database.read(person_by_id, person_id)
    return page_with(
        request,
        "people/account.html",
        refusal,
        tokens=[one for one in credentials if one.kind == "token"],
        devices=[one for one in credentials if one.kind == "session"],
        person=person,
        mail=context.settings.smtp is not None,
        new_token=new_token,
        done=done,
        role_words=ROLE_WORDS,
    )


def _days(text: str) -> int | None:
    if not text.strip():
        return None
    if not re.fullmatch(r"\d{1,4}", text.strip(), re.ASCII):
        raise bad_field("days", N_("a token lasts from 1 to {most} days"), most=MOST_DAYS)
    return int(text)


@post("/account/tokens", may=Act.OWN, include_in_schema=False, status_code=200)
async def add_token(request: Request[Any, Any, Any]) -> Response[str]:
    """Make a token for a program; it is shown this once."""
    context = context_of(request)
    form = await form_of(request)
    name = clean_text(form.get("name", ""), "name", 100, required=True)
    scope = TokenScope(_days(form.get("days", "")), "read_only" in form, form.get("depot", "").strip() or None)
    now, by = context.clock.now(), request.user.person_id
    token = await context.database.write(issue_token, request.user.account, name, now, scope, by)
    return await account_answer(request, token)


@post("/account/password", may=Act.OWN, include_in_schema=False, status_code=200)
async def change_password(request: Request[Any, Any, Any]) -> Response[str]:
    """Set another password; other devices and all tokens end with the old one."""
    context, caller = context_of(request), request.user
    form = await form_of(request)
    password = form.get("password", "")
    try:
        await look_at_current(request, form.get("current", "")[:200])
        check_password(password, caller.account)
        password_hash = await BENCH.look_at(hasher().hash, password)
    except Refusal as refusal:
        return await account_answer(request, refusal=refusal)
    now, person_id = context.clock.now(), caller.person_id
    await context.database.write(set_password, person_id, password_hash, now, but=caller.credential_id, by=person_id)
    return await account_answer(request, done="password")


async def look_at_current(request: Request[Any, Any, Any], password: str) -> None:
    """Refuse (422) a password that is not the caller's; wrong ones count as when signing in."""
    try:
        await look_at_password(request, request.user.account, password)
    except Refusal as refusal:
        if refusal.status == 401:  # they are signed in: only this field is wrong
            raise bad_field("current", N_("the password until now is wrong")) from None
        raise


@post("/account/credentials/{credential_id:uuid}/revoke", may=Act.OWN, include_in_schema=False, status_code=303)
async def revoke_credential(request: Request[Any, Any, Any], credential_id: FromPath[UUID]) -> Response[Any]:
    """End a token or a signed-in device at once: a lost phone wipes what it holds at its next contact."""
    context = context_of(request)
    person_id = request.user.person_id
    await context.database.write(revoke, person_id, credential_id, context.clock.now(), person_id)
    return Redirect("/account", status_code=303)


@get("/privacy", may=PUBLIC, include_in_schema=False)
async def privacy(request: Request[Any, Any, Any]) -> Response[str]:
    """What is stored of whom, and how long: for residents too."""
    settings = context_of(request).settings
    return page(request, "people/privacy.html", forget_days=settings.forget_days, session_hours=settings.session_hours)


ROUTES = [
    privacy,
    sign_in_page,
    sign_in,
    sign_out,
    choose_language,
    account_page,
    add_token,
    change_password,
    revoke_credential,
]
