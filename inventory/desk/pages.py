"""Pages of the officer's desk: trends, and a requirement down to its pieces."""

from datetime import date, timedelta
from typing import Annotated, Any, cast, get_args

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import bad_field
from core.house import house_of
from core.languages import N_
from core.pages import page
from depots.models import Subdistrict
from inventory.desk.history import By, History, history
from inventory.desk.pieces import explain_pieces
from inventory.exchange.lists import LEVEL_WORDS
from inventory.pages import choices
from inventory.reasons import REASONS
from people.policy import Act, Caller

Code = Annotated[str, QueryParameter(max_length=32)]
SPANS = (30, 90, 365, 730)  # days
PARTS = get_args(By)


def as_script(value: Any) -> str:
    """A value as JSON that may stand in a page's data block."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")


@get("/trends", may=Act.SEE, include_in_schema=False)
async def trends_page(
    request: Request[Any, Any, Any],
    of: Code = "city:",
    days: Annotated[int, QueryParameter(ge=1, le=730)] = 90,
) -> Response[str]:
    """How readiness went, day by day, and of which days nothing is known. ``of``: such as district:440305 or type:."""
    house = house_of(request)
    shown = await house.database.survey(_trends, request.user, house.clock.today(), of, days)
    return page(request, "inventory/desk/trends.html", **shown, of=of, span=days, spans=SPANS)


def _trends(session: Session, caller: Caller, today: date, of: str, days: int) -> dict[str, Any]:
    by, _, key = of.partition(":")
    if by not in PARTS:
        raise bad_field("of", N_("readiness is told of the city, a district, sub-district, type or depot"))
    told = history(session, caller, today, cast(By, by), key or None, today - timedelta(days=days - 1), today)
    parts = choices(session)
    streets = session.execute(select(Subdistrict).order_by(Subdistrict.code)).scalars()
    return {
        "told": told,
        "rows": _by_day(told),
        "choices": (
            ("district", N_("District"), parts["districts"]),
            ("type", N_("Type"), parts["types"]),
            ("subdistrict", N_("Sub-district"), list(streets)),
        ),
        "chart": as_script(told),
    }


def _by_day(told: History) -> list[tuple[date, list[Any]]]:
    """The table behind the picture: since recording began, the latest day first."""
    first = told.recorded_since or told.until
    columns = [group.figures for group in told.groups]
    rows = [(day, [column[place] for column in columns]) for place, day in enumerate(told.days) if day >= first]
    return rows[::-1]


@get("/depots/{code:str}/requirements/{subject:str}", may=Act.SEE, include_in_schema=False)
async def requirement_page(
    request: Request[Any, Any, Any], code: FromPath[str], subject: FromPath[str]
) -> Response[str]:
    """Why a requirement is met or not: piece by piece."""
    house = house_of(request)
    today = house.clock.today()
    told = await house.database.read(explain_pieces, request.user, code, subject, today)
    return page(request, "inventory/desk/requirement.html", told=told, today=today, reasons=REASONS, levels=LEVEL_WORDS)


ROUTES = [trends_page, requirement_page]
