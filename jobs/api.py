"""JSON routes of the jobs room."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, get, post
from litestar.params import FromPath, QueryParameter

from core.house import house_of
from core.paging import PAGE_DEFAULT, PAGE_LARGEST, Page
from jobs.alerts import AlertFilters, AlertRow, acknowledge, alerts
from jobs.models import AlertKind
from people.policy import Act

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LARGEST, description="rows on a page")]
Text = Annotated[str | None, QueryParameter(max_length=1000)]
Kind = Annotated[AlertKind | None, QueryParameter()]


@get("/api/alerts", may=Act.SEE, summary="What somebody must know, newest first")
async def list_alerts(
    request: Request[Any, Any, Any],
    depot: Text = None,
    kind: Kind = None,
    alert_state: Annotated[Literal["open", "new", "resolved", "all"], QueryParameter(name="state")] = "open",
    limit: Limit = PAGE_DEFAULT,
    cursor: Text = None,
) -> Page[AlertRow]:
    """Filtered by depot code, kind and state."""
    filters = AlertFilters(depot, kind, alert_state)
    return await house_of(request).database.read(alerts, request.user, filters, limit, cursor)


@post("/api/alerts/{alert_id:uuid}/acknowledge", may=Act.ANSWER, status_code=204, summary="Somebody is at it")
async def acknowledge_alert(request: Request[Any, Any, Any], alert_id: FromPath[UUID]) -> None:
    """Notes who answered; the alert resolves by itself once its cause is gone."""
    house = house_of(request)
    await house.database.write(acknowledge, request.user, alert_id, house.clock.now())


ROUTES = [list_alerts, acknowledge_alert]
