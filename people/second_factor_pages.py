"""Pages of the second factor: the code at sign-in, the set-up, recovery codes."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import Refusal, not_found
from core.languages import N_
from core.pages import form_of, page
from core.problems import page_with
from core.qr import qr_picture
from people.access import reset_second_factor
from people.accounts import caller_called, person_by_id
from people.authentication import safe_next
from people.entering import end_of_pending, let_in, pending, session_cookie, try_code
from people.pages import look_at_current
from people.policy import PUBLIC, Act, Caller
from people.second_factor import (
    begin_set_up,
    confirm_set_up,
    is_required,
    new_recovery_codes,
    state_of,
    take_code,
    turn_off,
)
from people.sign_in import find_account, revoke

NextPath = Annotated[str | None, QueryParameter(name="next")]
Small = Annotated[str, QueryParameter()]
TO_SIGN_IN = "/sign-in"


@get("/sign-in/code", may=PUBLIC, include_in_schema=False)
async def code_page(request: Request[Any, Any, Any], next_path: NextPath = None, small: Small = "") -> Response[Any]:
    """Asks who gave the right password for a code."""
    try:
        await pending(request)
    except Refusal:
        return Redirect(TO_SIGN_IN, status_code=303)
    return page_with(request, "people/code.html", None, next_path=safe_next(next_path), small=small)


@post("/sign-in/code", may=PUBLIC, include_in_schema=False, status_code=303)
async def give_code(request: Request[Any, Any, Any]) -> Response[Any]:
    """Look at the code, and open the session."""
    context = context_of(request)
    form = await form_of(request)
    next_path, small = safe_next(form.get("next")), form.get("small", "")
    try:
        proof = await pending(request)
    except Refusal:
        return Redirect(TO_SIGN_IN, status_code=303)
    now = context.clock.now()
    try:
        await try_code(request, proof.person_id, take_code, form.get("code", ""))
    except Refusal as refusal:
        return page_with(request, "people/code.html", refusal, next_path=next_path, small=small)
    await context.database.write(revoke, proof.person_id, proof.credential_id, now)
    return await let_in(request, proof.person_id, next_path, small=bool(small))


@get("/sign-in/second-factor", may=PUBLIC, include_in_schema=False)
async def set_up_page(request: Request[Any, Any, Any], next_path: NextPath = None) -> Response[Any]:
    """The set-up for who may not sign in without: no session is open yet."""
    try:
        proof = await pending(request)
    except Refusal:
        return Redirect(TO_SIGN_IN, status_code=303)
    return await _set_up(request, proof.person_id, "/sign-in/second-factor", safe_next(next_path))


@post("/sign-in/second-factor", may=PUBLIC, include_in_schema=False, status_code=200)
async def set_up(request: Request[Any, Any, Any]) -> Response[Any]:
    """The first code makes the second factor count, and opens the session."""
    context = context_of(request)
    form = await form_of(request)
    next_path = safe_next(form.get("next"))
    try:
        proof = await pending(request)
    except Refusal:
        return Redirect(TO_SIGN_IN, status_code=303)
    now, person_id = context.clock.now(), proof.person_id
    try:
        codes = await try_code(request, person_id, confirm_set_up, form.get("code", ""))
    except Refusal as refusal:
        return await _set_up(request, person_id, "/sign-in/second-factor", next_path, refusal)
    await context.database.write(revoke, person_id, proof.credential_id, now)
    request.scope["user"] = await context.database.read(_signed_in, person_id, now)  # for the page's head
    answer = page(request, "people/recovery_codes.html", codes=codes, next_path=next_path)
    answer.cookies = [await session_cookie(request, person_id), end_of_pending()]
    return answer


def _signed_in(session: Session, person_id: UUID, now: datetime) -> Caller:
    return caller_called(session, person_by_id(session, person_id).account, now)


async def _set_up(
    request: Request[Any, Any, Any], person_id: UUID, to: str, next_path: str, refusal: Refusal | None = None
) -> Response[Any]:
    context = context_of(request)
    now = context.clock.now()
    try:
        key, address = await context.database.write(begin_set_up, context.settings, person_id, now)
    except Refusal as has_one:
        if has_one.status != 409:
            raise
        return Redirect("/sign-in/code" if to != ACCOUNT else ACCOUNT, status_code=303)
    grouped = " ".join(key[at : at + 4] for at in range(0, len(key), 4))
    values = {"picture": qr_picture(address), "key": grouped, "to": to, "next_path": next_path}
    return page_with(request, "people/second_factor.html", refusal, asks_password=to == ACCOUNT, **values)


ACCOUNT = "/account/second-factor"


@get("/account/second-factor", may=Act.OWN, include_in_schema=False)
async def own_factor(request: Request[Any, Any, Any]) -> Response[Any]:
    """One's own second factor: set up, or what is left of the recovery codes."""
    return await _own_factor(request)


async def _own_factor(request: Request[Any, Any, Any], refusal: Refusal | None = None) -> Response[Any]:
    context, person_id = context_of(request), request.user.person_id
    since, left = await context.database.read(state_of, person_id)
    if since is None:
        return await _set_up(request, person_id, ACCOUNT, "/account", refusal)
    required = await context.database.read(is_required, context.settings, person_id, context.clock.now())
    return page_with(request, "people/own_factor.html", refusal, since=since, left=left, required=required)


@post("/account/second-factor", may=Act.OWN, include_in_schema=False, status_code=200)
async def set_up_own(request: Request[Any, Any, Any]) -> Response[Any]:
    """Set one's own second factor up: asks for the password, where there is one, and for a first code."""
    context, person_id = context_of(request), request.user.person_id
    form = await form_of(request)
    try:
        found = await context.database.read(find_account, request.user.account)
        if found.password_hash is not None:
            await look_at_current(request, form.get("current", "")[:200])
        codes = await try_code(request, person_id, confirm_set_up, form.get("code", ""))
    except Refusal as refusal:
        return await _own_factor(request, refusal)
    return page(request, "people/recovery_codes.html", codes=codes, next_path="/account")


@post("/account/second-factor/{what:str}", may=Act.OWN, include_in_schema=False, status_code=200)
async def change_own(request: Request[Any, Any, Any], what: FromPath[str]) -> Response[Any]:
    """``codes``: new recovery codes; ``off``: no second factor any more. Each asks for a code."""
    context, person_id = context_of(request), request.user.person_id
    form = await form_of(request)
    now, settings = context.clock.now(), context.settings
    if what not in ("codes", "off"):
        raise not_found(N_("there is nothing at this address"))
    try:
        await try_code(request, person_id, take_code, form.get("code", ""))
        if what == "off":
            await context.database.write(turn_off, settings, person_id, now)
            return Redirect("/account", status_code=303)
        codes = await context.database.write(new_recovery_codes, settings, person_id, now)
    except Refusal as refusal:
        return await _own_factor(request, refusal)
    return page(request, "people/recovery_codes.html", codes=codes, next_path="/account")


@post(
    "/people/{person_id:uuid}/second-factor/reset",
    may=Act.ADMINISTER,
    of_account=True,
    include_in_schema=False,
    status_code=303,
)
async def reset_factor(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> Response[Any]:
    """A lost phone: the second factor is no more, and every session ends."""
    context = context_of(request)
    await context.database.write(reset_second_factor, request.user, person_id, context.clock.now())
    return Redirect(f"/people/{person_id}/access", status_code=303)


ROUTES = [code_page, give_code, set_up_page, set_up, own_factor, set_up_own, change_own, reset_factor]
