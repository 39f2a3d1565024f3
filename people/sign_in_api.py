"""Signing in for programs and phones: a token for account, password and, where it is asked for, a code."""

from typing import Any

import msgspec
from litestar import Request, post
from litestar.params import JSONBody

from core.context import context_of
from core.errors import Refusal
from core.inputs import clean_text
from core.languages import N_
from people.entering import try_code
from people.pages import look_at_password
from people.policy import PUBLIC
from people.second_factor import Need, need_of, take_code
from people.sign_in import TokenScope, issue_token


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``code``: of the authenticator, or a recovery code; asked for by the answer ``/problems/second-factor``."""

    account: str
    password: str
    code: str = ""
    name: str = "sign-in"
    days: int = 1


class SignedIn(msgspec.Struct, frozen=True):
    """To be sent as ``Authorization: Bearer``; shown this once."""

    token: str


# No cookie is set and none is read: a form of another site gains nothing here
@post(
    "/api/sign-in",
    operation_id="signIn",
    refuses=(401, 403),
    may=PUBLIC,
    exclude_from_csrf=True,
    summary="A token for account and password",
)
async def sign_in_api(request: Request[Any, Any, Any], data: JSONBody[SignIn]) -> SignedIn:
    """401 ``second-factor``: send the same again with a code. 403 ``second-factor-set-up``: first in a browser."""
    context = context_of(request)
    account, settings = data.account.strip()[:64], context.settings
    name = clean_text(data.name, "name", 100, required=True)
    person_id = await look_at_password(request, account, data.password[:200])
    now = context.clock.now()
    need = await context.database.read(need_of, settings, person_id, now)
    if need is Need.SET_UP:
        said = N_("this account must set up a second factor first; sign in with a browser to do so")
        raise Refusal(403, "second-factor-set-up", said)
    if need is Need.CODE:
        if not data.code.strip():
            raise Refusal(401, "second-factor", N_("a code of the authenticator is needed too"))
        await try_code(request, person_id, take_code, data.code[:40])
    token = await context.database.write(issue_token, account, name, now, TokenScope(days=data.days), person_id)
    return SignedIn(token)


ROUTES = [sign_in_api]
