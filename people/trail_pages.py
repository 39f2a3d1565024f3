"""The audit trail as a page and as JSON: the auditor's first page."""

from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromQuery, QueryParameter

from core.context import context_of
from core.inputs import read_date
from core.pages import page
from core.paging import PAGE_DEFAULT, PAGE_LARGEST, Page
from people.policy import Act
from people.trail import PLACES, AuditRow, TrailFilters, instant_of, places_in, titles_of, trail
from people.trail_words import ACT_WORDS, FIELD_WORDS, LINE_WORDS, LIST_WORDS, VALUE_WORDS

SHOWN = 20  # on a phone four screens
FILTERS = ("by", "act", "kind", "subject", "since", "until")
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LARGEST)]


@get("/api/audit", may=Act.AUDIT, summary="The audit trail, newest first")
async def list_audit(
    request: Request[Any, Any, Any],
    *,
    by: FromQuery[str | None] = None,
    act: FromQuery[str | None] = None,
    kind: FromQuery[str | None] = None,
    subject: FromQuery[str | None] = None,
    since: FromQuery[date | None] = None,
    until: FromQuery[date | None] = None,
    limit: Limit = PAGE_DEFAULT,
    cursor: FromQuery[str | None] = None,
) -> Page[AuditRow]:
    """Administrative acts, sign-ins, exports. ``by``: an account; ``subject``: an id, a code or an account."""
    filters = TrailFilters(by, act, kind, subject, since, until)
    return await context_of(request).database.read(trail, request.user, filters, limit, cursor)


def filters_of(asked: dict[str, str]) -> TrailFilters:
    """The filters in a query's texts."""
    said = {name: asked.get(name, "").strip() for name in FILTERS}
    texts, days = FILTERS[:4], FILTERS[4:]
    found: dict[str, Any] = {name: said[name] or None for name in texts}
    found |= {name: read_date(said[name], name) for name in days}
    return TrailFilters(**found)


@get("/manage/audit", may=Act.AUDIT, include_in_schema=False)
async def audit_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Who did what, when and from where."""
    asked = {name: request.query_params.get(name, "").strip()[:200] for name in FILTERS}
    cursor = request.query_params.get("cursor") or None
    database = context_of(request).database
    found = await database.read(trail, request.user, filters_of(asked), SHOWN, cursor)
    places, titles = await database.read(
        lambda session: (places_in(session, found.items), titles_of(session, found.items))
    )
    query = urlencode({name: value for name, value in asked.items() if value})
    words: dict[str, Any] = {
        "act_words": ACT_WORDS,
        "field_words": FIELD_WORDS,
        "value_words": VALUE_WORDS,
        "line_words": LINE_WORDS,
        "instant_of": instant_of,
        "titles": titles,
        "list_words": LIST_WORDS,
        "of_place": PLACES,
    }
    return page(request, "people/audit.html", found=found, asked=asked, query=query, places=places, **words)


ROUTES = [list_audit, audit_page]
