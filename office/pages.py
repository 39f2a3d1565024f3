"""Pages of the office: the start, and the style guide."""

from typing import Any

from litestar import Request, Response, get

from core.pages import page
from people.policy import Act


@get("/style-guide", may=Act.APPROVE, include_in_schema=False)
async def style_guide(request: Request[Any, Any, Any]) -> Response[str]:
    """Type, colours, spacing, tables, forms and states, shown with the parts that the pages are made of."""
    return page(request, "office/style_guide.html")


ROUTES = [style_guide]
