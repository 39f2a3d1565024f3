"""The page on which somebody chooses what lists and figures are about."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import QueryParameter
from litestar.response import Redirect

from core.context import context_of
from core.errors import Refusal
from core.pages import form_of
from core.problems import page_with
from core.scopes import SCOPE_COOKIE, write_scope
from depots.scope import choose_scope, districts_within
from people.authentication import safe_next
from people.policy import Act

NextPath = Annotated[str | None, QueryParameter(name="next", max_length=500)]
YEAR = 365 * 86400  # seconds


@get("/scope", may=Act.SEE, include_in_schema=False)
async def scope_page(request: Request[Any, Any, Any], next_path: NextPath = None) -> Response[str]:
    """The districts and depots within reach, to choose from."""
    return await _form(request, safe_next(next_path))


async def _form(
    request: Request[Any, Any, Any], next_path: str, depot: str = "", refusal: Refusal | None = None
) -> Response[str]:
    districts = await context_of(request).database.read(districts_within, request.user)
    return page_with(request, "depots/scope.html", refusal, districts=districts, next_path=next_path, depot=depot)


@post("/scope", may=Act.SEE, include_in_schema=False, status_code=303)
async def choose(request: Request[Any, Any, Any]) -> Response[Any]:
    """Choose it for this browser; with neither, all that is within reach."""
    form = await form_of(request)
    next_path, depot = safe_next(form.get("next")), form.get("depot", "")
    try:
        scope = await context_of(request).database.read(choose_scope, request.user, form.get("district", ""), depot)
    except Refusal as refusal:
        return await _form(request, next_path, depot, refusal)
    value, age = ("", 0) if scope is None else (write_scope(scope), YEAR)
    cookie = Cookie(SCOPE_COOKIE, value=value, max_age=age, httponly=True, samesite="lax")
    return Redirect(next_path, status_code=303, cookies=[cookie])


ROUTES = [scope_page, choose]
