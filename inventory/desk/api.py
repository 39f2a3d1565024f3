"""JSON routes of the officer's desk."""

from datetime import date
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import FromPath, QueryParameter

from core.compression import COMPRESSED
from core.context import context_of
from core.paging import PAGE_DEFAULT, Cursor, Limit, Page
from depots.scope import in_scope
from inventory.desk.city_map import CityMap, city_map
from inventory.desk.expiry_calendar import Calendar, Ending, calendar, ending
from inventory.desk.history import By, History, history
from inventory.desk.matrix import Matrix, ShortDepot, matrix, short_depots
from inventory.desk.pieces import Explained, explain_pieces
from inventory.stock.labelled import labelled
from people.policy import Act

Key = Annotated[str | None, QueryParameter(max_length=32, description="one part, by its code")]
Day = Annotated[date | None, QueryParameter()]
Text = Annotated[str | None, QueryParameter(max_length=40)]
Type = Annotated[str | None, QueryParameter(name="type", max_length=8)]


@get(
    "/api/readiness/history",
    operation_id="getReadinessHistory",
    may=Act.SEE,
    summary="Readiness day by day",
    middleware=[COMPRESSED],
)
async def readiness_history(
    request: Request[Any, Any, Any],
    by: Annotated[By, QueryParameter()] = "city",
    key: Key = None,
    since: Day = None,
    until: Day = None,
) -> History:
    """The last 90 days, or from `since` to `until` (at most 800 days), of the depots within reach.

    `figures` stand in the order of `days`; null where nothing was recorded. By depot, name the one in `key`.
    """
    context = context_of(request)
    return await context.database.survey(
        history, request.user, context.clock.today(), by, key=key or None, since=since, until=until
    )


@get(
    "/api/depots/{depot_code:str}/requirements/{subject:str}",
    operation_id="getRequirement",
    may=Act.SEE,
    summary="One requirement of a depot, down to the pieces",
)
async def requirement_pieces(
    request: Request[Any, Any, Any], depot_code: FromPath[str], subject: FromPath[str]
) -> Explained:
    """Which lots and pieces count towards it, which do not, and why. `subject`: an item's code, or `GROUP:` and a
    group's."""
    context = context_of(request)
    return await context.database.read(explain_pieces, request.user, depot_code, subject, context.clock.today())


@get(
    "/api/map",
    operation_id="getMap",
    may=Act.SEE,
    summary="Depots with their place and readiness, for a map",
    middleware=[COMPRESSED],
)
async def depots_on_a_map(
    request: Request[Any, Any, Any], capability: Text = None, district: Text = None, type_code: Type = None
) -> CityMap:
    """All depots within reach. With a capability (see `/api/capabilities`), `able` tells who has it ready now.

    A browser in which a depot or district was chosen is answered for that alone, as its pages are.
    """
    context = context_of(request)
    asked = (capability or None, district or None, type_code or None)
    return await context.database.survey(city_map, await in_scope(request), context.clock.today(), *asked)


@get(
    "/api/readiness/matrix",
    operation_id="getReadinessMatrix",
    may=Act.SEE,
    summary="Required and ready lines by district and category",
)
async def readiness_matrix(request: Request[Any, Any, Any], type_code: Type = None) -> Matrix:
    """Lines are mandatory and specialty ones of the depots within reach."""
    context = context_of(request)
    return await context.database.survey(matrix, request.user, context.clock.today(), type_code or None)


@get(
    "/api/readiness/short",
    operation_id="listShortDepots",
    may=Act.SEE,
    summary="The depots that lack something, and what",
)
async def depots_short(
    request: Request[Any, Any, Any],
    district: Text = None,
    type_code: Type = None,
    category: Text = None,
    subject: Text = None,
) -> list[ShortDepot]:
    """What stands behind a cell of the matrix: of one category of gear, or one required item or group."""
    context = context_of(request)
    return await context.database.survey(
        short_depots,
        request.user,
        context.clock.today(),
        district=district or None,
        type_code=type_code or None,
        category=category or None,
        subject=subject or None,
    )


@get(
    "/api/expiry",
    operation_id="getExpiryCalendar",
    may=Act.SEE,
    summary="How much ends on which day of the next twelve months",
)
async def expiry_calendar(request: Request[Any, Any, Any], district: Text = None, type_code: Type = None) -> Calendar:
    """Balances of lots by their last usable day, in truth: label, opening and scrap age, the earliest."""
    context = context_of(request)
    asked = (district or None, type_code or None)
    return await context.database.survey(calendar, request.user, context.clock.today(), *asked)


@get(
    "/api/expiry/lots",
    operation_id="listExpiringLots",
    may=Act.SEE,
    summary="What ends in a period, the earliest first",
)
async def expiring_lots(
    request: Request[Any, Any, Any],
    *,
    until: Annotated[date, QueryParameter(description="last usable day, at the latest")],
    since: Day = None,
    district: Text = None,
    type_code: Type = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: Cursor = None,
) -> Page[Ending]:
    """Without `since`, also what is past its last day already."""
    context = context_of(request)
    return await context.database.survey(
        labelled(ending),
        request.user,
        since,
        until,
        limit=limit,
        cursor=cursor,
        district=district or None,
        type_code=type_code or None,
    )


ROUTES = [
    readiness_history,
    requirement_pieces,
    depots_on_a_map,
    readiness_matrix,
    depots_short,
    expiry_calendar,
    expiring_lots,
]
