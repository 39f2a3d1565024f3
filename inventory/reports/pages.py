"""The reports as pages; the same rows as their files."""

from itertools import islice
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import not_found
from core.languages import N_, say
from core.pages import page
from inventory.listing.listing import Asked, Listing, as_words, value_of
from inventory.listing.requests import asked_of
from inventory.reports.fences import SUBJECTS
from inventory.reports.lists import REPORTS
from inventory.reports.periods import period_asked
from inventory.stock.seals import last_seal
from people.policy import Act

SHOWN = 300


@get("/reports", may=Act.SEE, include_in_schema=False)
async def reports_page() -> Redirect:
    """The reports, beginning with the month's."""
    return Redirect("/reports/month", status_code=303)


@get("/reports/{name:str}", may=Act.SEE, include_in_schema=False)
async def report_page(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[str]:
    """A report over a period."""
    listing = next((report for report in REPORTS if report.name == name), None)
    if listing is None:
        raise not_found(N_("there is no list called {name}"), name=name[:40])
    asked = asked_of(request)
    period = period_asked(asked)
    about: str = ""
    rows: list[Any] = []
    if name != "ledger" or asked.text("id"):
        about, rows = await context_of(request).database.survey(_read, listing, asked)
    query = {**asked.filters, "since": str(period.first), "until": str(period.last)}
    query.pop("month", None)
    return page(
        request,
        "inventory/reports/report.html",
        listing=listing,
        reports=REPORTS,
        subjects=SUBJECTS,
        filters=asked.filters,
        since=period.first,
        until=period.last,
        about=about,
        rows=rows[:SHOWN],
        more=len(rows) > SHOWN,
        query=urlencode(query),
        seal=await context_of(request).database.read(last_seal) if name == "ledger" else None,
    )


def _read(session: Session, listing: Listing, asked: Asked) -> tuple[str, list[list[str]]]:
    about = say(asked.language, "{about}", about=listing.about(session, asked)) if listing.about else ""
    rows = islice(listing.rows(session, asked), SHOWN + 1)
    return about, [[as_words(value_of(column, row, asked)) for column in listing.columns] for row in rows]


ROUTES = [reports_page, report_page]
