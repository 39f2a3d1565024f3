"""Page of the life of a piece or lot."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.params import FromPath

from core.context import context_of, language_of
from core.languages import say
from core.pages import page
from core.scripts import as_script
from inventory.desk.life import LANES, MOST, Moment, life
from people.policy import Act


@get("/lots/{lot_id:uuid}/life", may=Act.SEE, include_in_schema=False)
async def life_page(request: Request[Any, Any, Any], lot_id: FromPath[UUID]) -> Response[str]:
    """Its line, each point leading to the line of the ledger behind it; and these lines."""
    context, language = context_of(request), language_of(request)
    lived = await context.database.read(life, request.user, lot_id, context.settings.zone)
    lines = [(one, _said(language, one)) for one in lived.moments]
    chart = {
        "today": context.clock.now().isoformat(),
        "points": [[one.at.isoformat(), list(LANES).index(one.lane), said, one.key] for one, said in lines],
    }
    return page(
        request, "inventory/desk/life.html", life=lived, lines=lines, lanes=LANES, most=MOST, chart=as_script(chart)
    )


def _said(language: str, one: Moment) -> str:
    params = {**one.params, "word": say(language, one.params["word"])} if "word" in one.params else one.params
    return say(language, one.what, **params)


ROUTES = [life_page]
