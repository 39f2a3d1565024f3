"""JSON route of the search over everything."""

from typing import Annotated, Any

from litestar import Request, get
from litestar.params import QueryParameter

from core.context import context_of
from office.search import SearchAnswer, search
from people.policy import Act

Words = Annotated[str, QueryParameter(max_length=200, description="Chinese, pinyin, English, a code or a number")]


@get("/api/search", may=Act.SEE, summary="Everything that the words may mean, within reach")
async def search_all(request: Request[Any, Any, Any], q: Words = "") -> SearchAnswer:
    """Depots, places, items, lots, label codes, people, documents and pages, the likeliest kind first."""
    context = context_of(request)
    return await context.database.survey(search, request.user, q, context.clock.now(), context.clock.today())


ROUTES = [search_all]
