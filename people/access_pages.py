"""Pages for whoever manages a person: invite, reset, see and end sessions and tokens."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from core.context import context_of
from core.pages import form_of, page
from core.qr import qr_picture
from people.access import access_of, end_all, end_credential, forget_in_directory, make_way_in
from people.policy import Act


@get("/people/{person_id:uuid}/access", may=Act.APPROVE, of_account=True, include_in_schema=False)
async def access_page(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> Response[str]:
    """How a person signs in, and what ends it."""
    context = context_of(request)
    access = await context.database.read(access_of, request.user, person_id, context.settings, context.clock.now())
    return page(request, "people/access.html", access=access)


@post("/people/{person_id:uuid}/link", may=Act.APPROVE, of_account=True, include_in_schema=False, status_code=200)
async def make_link_for(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> Response[Any]:
    """Invite, or reset the password: the link goes by mail, or is shown this once, to be scanned or printed."""
    context = context_of(request)
    by_mail = (await form_of(request)).get("how") == "mail"
    caller, settings, now = request.user, context.settings, context.clock.now()
    link = await context.database.write(make_way_in, caller, person_id, settings, now, by_mail=by_mail)
    access = await context.database.read(access_of, caller, person_id, settings, now)
    picture = None if by_mail else qr_picture(link.address)
    return page(request, "people/link.html", access=access, link=link, by_mail=by_mail, picture=picture)


@post("/people/{person_id:uuid}/sign-out", may=Act.APPROVE, of_account=True, include_in_schema=False, status_code=303)
async def sign_out_everywhere(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> Response[Any]:
    """End a person's sessions, and with ``tokens`` the tokens of their programs."""
    context = context_of(request)
    tokens = "tokens" in await form_of(request)
    await context.database.write(end_all, request.user, person_id, context.clock.now(), tokens=tokens)
    return Redirect(f"/people/{person_id}/access", status_code=303)


@post(
    "/people/{person_id:uuid}/credentials/{credential_id:uuid}/revoke",
    may=Act.APPROVE,
    of_account=True,
    include_in_schema=False,
    status_code=303,
)
async def end_one(
    request: Request[Any, Any, Any], person_id: FromPath[UUID], credential_id: FromPath[UUID]
) -> Response[Any]:
    """End one session or token of a person at once."""
    context = context_of(request)
    await context.database.write(end_credential, request.user, person_id, credential_id, context.clock.now())
    return Redirect(f"/people/{person_id}/access", status_code=303)


@post(
    "/people/{person_id:uuid}/directory/forget",
    may=Act.ADMINISTER,
    of_account=True,
    include_in_schema=False,
    status_code=303,
)
async def forget_directory(request: Request[Any, Any, Any], person_id: FromPath[UUID]) -> Response[Any]:
    """The directory has given the person another id: let the next sign-in bind it."""
    context = context_of(request)
    await context.database.write(forget_in_directory, request.user, person_id, context.clock.now())
    return Redirect(f"/people/{person_id}/access", status_code=303)


ROUTES = [forget_directory, access_page, make_link_for, sign_out_everywhere, end_one]
