"""JSON route of what runs out."""

from datetime import date
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import QueryParameter

from core.context import context_of
from core.paging import PAGE_DEFAULT, Cursor, Limit, Page
from inventory.lasting.models import Extent
from inventory.lasting.running_out import Filters, ForecastRow, forecasts
from people.policy import Act

Text = Annotated[str | None, QueryParameter(max_length=100)]
Of = Annotated[Extent | None, QueryParameter(description="the city, its districts or its depots; else the widest seen")]
Day = Annotated[date | None, QueryParameter(description="only what is so before this day")]


@get("/api/forecasts", operation_id="listForecasts", may=Act.SEE, summary="What runs out, the soonest first")
async def list_forecasts(
    request: Request[Any, Any, Any],
    *,
    part: Of = None,
    item: Text = None,
    category: Text = None,
    district: Text = None,
    depot: Text = None,
    before: Day = None,
    low_before: Day = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: Cursor = None,
) -> Page[ForecastRow]:
    """Filtered by part of the city, item, category, district and depot, and by the day: out, or below its minimum."""
    filters = Filters(part, item, category, district, depot, before, low_before)
    return await context_of(request).database.survey(forecasts, request.user, filters, limit, cursor)


ROUTES = [list_forecasts]
