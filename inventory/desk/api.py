"""JSON routes of the officer's desk."""

from datetime import date
from typing import Annotated, Any

from litestar import Request, get
from litestar.params import FromPath, QueryParameter

from core.compression import COMPRESSED
from core.house import house_of
from inventory.desk.history import By, History, history
from inventory.desk.pieces import Explained, explain_pieces
from people.policy import Act

Key = Annotated[str | None, QueryParameter(max_length=32, description="one part, by its code")]
Day = Annotated[date | None, QueryParameter()]


@get(
    "/api/readiness/history",
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
    house = house_of(request)
    return await house.database.survey(history, request.user, house.clock.today(), by, key or None, since, until)


@get(
    "/api/depots/{depot_code:str}/requirements/{subject:str}",
    may=Act.SEE,
    summary="One requirement of a depot, down to the pieces",
)
async def requirement_pieces(
    request: Request[Any, Any, Any], depot_code: FromPath[str], subject: FromPath[str]
) -> Explained:
    """Which lots and pieces count towards it, which do not, and why. `subject`: an item's code, or `GROUP:` and a
    group's."""
    house = house_of(request)
    return await house.database.read(explain_pieces, request.user, depot_code, subject, house.clock.today())


ROUTES = [readiness_history, requirement_pieces]
