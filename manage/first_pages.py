"""The page at which an empty city gets its first administrator."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect

from core.context import context_of, language_of
from core.errors import Refusal
from core.pages import form_of
from core.problems import page_with
from manage.first import FirstAdministrator, check_first, claim_code, make_first, require_unclaimed
from people.policy import PUBLIC
from people.sign_in import hasher
from people.tries import BENCH

AFTER = "/sign-in?done=begun&next=/manage/steps"


@get("/first-start", may=PUBLIC, include_in_schema=False)
async def first_page(request: Request[Any, Any, Any]) -> Response[str]:
    """The form, while nobody administers the city."""
    await context_of(request).database.read(require_unclaimed)
    return _form(request, {})


def _form(request: Request[Any, Any, Any], form: dict[str, str], refusal: Refusal | None = None) -> Response[str]:
    told = {name: form.get(name, "")[:254] for name in ("account", "name", "email")}
    return page_with(request, "manage/first.html", refusal, told=told)


@post("/first-start", may=PUBLIC, include_in_schema=False, status_code=303)
async def first_form(request: Request[Any, Any, Any]) -> Response[Any]:
    """Count the try, then look at the code, then make the administrator, who signs in with what they chose."""
    context, form = context_of(request), await form_of(request)
    wanted = FirstAdministrator(
        form.get("account", ""),
        form.get("name", ""),
        form.get("email", ""),
        form.get("password", "")[:200],
        form.get("again", "")[:200],
        language_of(request),
    )
    now = context.clock.now()
    try:
        await context.database.read(require_unclaimed)
        check_first(wanted)
        await context.database.write(claim_code, now)
        password_hash = await BENCH.look_at(hasher().hash, wanted.password)
        await context.database.write(make_first, form.get("code", "")[:50], wanted, password_hash, now)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        return _form(request, form, refusal)
    return Redirect(AFTER, status_code=303)


ROUTES = [first_page, first_form]
