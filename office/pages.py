"""Pages of the office: the start, and the style guide."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import QueryParameter

from core.context import context_of, language_of
from core.languages import say
from core.pages import page
from depots.scope import in_scope
from jobs.running.wishes import SWEEP, may_ask_for
from office.search import search
from office.today import my_day
from people.accounts import has_administrator
from people.policy import PUBLIC, Act, may, may_in_city


@get("/", may=PUBLIC, include_in_schema=False)
async def start(request: Request[Any, Any, Any]) -> Response[str]:
    """What needs whoever is signed in; for others the box to scan or type into."""
    context = context_of(request)
    if request.user is None or not may(request.user, Act.SEE):
        empty = request.user is None and not await context.database.read(has_administrator)
        return page(request, "labels/start.html", empty=empty)
    caller, now = await in_scope(request), context.clock.now()
    mine = await context.database.survey(my_day, caller, now, context.clock.today())
    may_look, may_take = may_ask_for(request.user, SWEEP), may(request.user, Act.TAKE)
    titles = [say(language_of(request), title) for title in mine.empty]
    rights: dict[str, Any] = {
        "may_look": may_look,
        "may_take": may_take,
        "may_set_up": may_in_city(request.user, Act.ADMINISTER),
    }
    return page(request, "office/today.html", mine=mine, titles=titles, now=now, **rights)


Words = Annotated[str, QueryParameter(max_length=200)]


@get("/search", may=Act.SEE, include_in_schema=False)
async def search_page(request: Request[Any, Any, Any], q: Words = "") -> Response[str]:
    """What the words may mean, for who presses Enter or has no script."""
    context = context_of(request)
    found = await context.database.survey(search, request.user, q, context.clock.now(), context.clock.today())
    return page(request, "office/search.html", found=found)


@get("/style-guide", may=Act.APPROVE, include_in_schema=False)
async def style_guide(request: Request[Any, Any, Any]) -> Response[str]:
    """Type, colours, spacing, tables, forms and states, shown with the parts that the pages are made of."""
    return page(request, "office/style_guide.html")


ROUTES = [start, search_page, style_guide]
