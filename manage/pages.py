"""Pages of the manage room."""

from typing import Any

from litestar import Request, Response, get

from core.pages import page
from manage.index import subjects_for
from people.policy import Act


@get("/manage", may=Act.SEE, include_in_schema=False)
async def manage_page(request: Request[Any, Any, Any]) -> Response[str]:
    """All administration by subject, as far as it is the caller's."""
    return page(request, "manage/index.html", subjects=subjects_for(request.user))


ROUTES = [manage_page]
