"""Pages of faults looked into, of what is away at workshops, and of loaners."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import bad_field
from core.languages import N_
from core.pages import form_of, page
from depots.models import Depot
from depots.scope import in_scope
from inventory.faults.models import Defect
from inventory.stock.within import document_first
from inventory.telling.forms import book_form, form_id
from inventory.upkeep import triage
from inventory.upkeep.models import Service, Verdict
from inventory.upkeep.service import ENTRIES, LoanerGone
from inventory.upkeep.service_view import away, overdue_back
from inventory.upkeep.triage import TriageFault
from people.policy import Act, Caller, reach

Text = Annotated[str | None, QueryParameter(max_length=40)]
SHOWN = 300
VERDICT_WORDS = {
    Verdict.HERE: N_("to be mended here"),
    Verdict.WORKSHOP: N_("to the workshop"),
    Verdict.DISPOSE: N_("to be disposed of"),
    Verdict.NO_FAULT: N_("no fault"),
}


@post(
    "/defects/{defect_id:uuid}/triage",
    may=Act.KEEP,
    guards=[document_first("defect_id", Defect)],
    include_in_schema=False,
    status_code=303,
)
async def triage_here(request: Request[Any, Any, Any], defect_id: FromPath[UUID]) -> Response[Any]:
    """Record what becomes of a fault; leads on to the next step."""
    form = await form_of(request)
    try:
        verdict = Verdict(form.get("verdict", ""))
    except ValueError:
        raise bad_field("verdict", N_("say what becomes of it")) from None
    entry = TriageFault(id=form_id(form), defect=defect_id, verdict=verdict, note=form.get("note", ""))
    outcome = await book_form(request, entry, triage.ENTRIES)
    if "scrap" in outcome.result:
        return Redirect(f"/scraps/{outcome.result['scrap']}?done=1", status_code=303)
    if verdict == Verdict.WORKSHOP and form.get("lot"):
        return Redirect(f"/lots/{form['lot']}/upkeep?done=1", status_code=303)
    return Redirect(f"/depots/{form.get('depot', '')}?done=triage", status_code=303)


@post(
    "/services/{service_id:uuid}/loaner-gone",
    may=Act.KEEP,
    guards=[document_first("service_id", Service)],
    include_in_schema=False,
    status_code=303,
)
async def loaner_back_here(request: Request[Any, Any, Any], service_id: FromPath[UUID]) -> Response[Any]:
    """The owner of a loaner has it back."""
    form = await form_of(request)
    await book_form(request, LoanerGone(id=form_id(form), service=service_id), ENTRIES)
    return Redirect(f"/lots/{form.get('lot', '')}/upkeep?done=1", status_code=303)


@get("/services", may=Act.SEE, include_in_schema=False)
async def services_page(request: Request[Any, Any, Any], depot: Text = None) -> Response[str]:
    """What is away at workshops, and loaners that still stand in."""
    context = context_of(request)
    today = context.clock.today()
    rows = await context.database.read(_away, await in_scope(request), depot or None, today)
    return page(request, "inventory/upkeep/services.html", rows=rows, depot=depot or "", today=today)


def _away(session: Session, caller: Caller, depot: str | None, today: date) -> list[tuple[Any, ...]]:
    """(service, lot, item, own place, loaner, depot, overdue), what should be back first. Two queries."""
    wanted = select(Depot).where(reach(caller, Act.SEE, Depot.id, Depot.district_code))
    if depot is not None:
        wanted = wanted.where(Depot.code == depot)
    depots = {row.id: row for row in session.execute(wanted).scalars()}
    return [(*row, depots[row[0].depot_id], overdue_back(row[0], today)) for row in away(session, list(depots), SHOWN)]


ROUTES = [triage_here, loaner_back_here, services_page]
