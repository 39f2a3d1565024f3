"""What may still come back, as a list, a page and a file (T62)."""

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import uuid4

from litestar import Request, Response, get, post
from litestar.params import QueryParameter
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.context import context_of
from core.ids import derived_id
from core.languages import N_
from core.pages import form_of, page
from core.paging import PAGE_DEFAULT, Cursor, Limit, Page
from inventory.booking.wishes import Wish
from inventory.documents.loans import ENTRIES as LOANS
from inventory.documents.loans import Back, GiveBack
from inventory.documents.reclaiming import Reclaim, reclaims
from inventory.listing.listing import AT_ONCE, Asked, Listing, all_pages, either, of
from inventory.stock.labelled import labelled
from inventory.stock.models import Kind
from inventory.telling.basket import ENTRIES as BASKETS
from inventory.telling.basket import Basket
from inventory.telling.forms import book_form, form_id
from people.policy import Act

Code = Annotated[str | None, QueryParameter(max_length=16)]


@get("/api/reclaims", may=Act.SEE, summary="What was given out and may still come back")
async def list_reclaims(
    request: Request[Any, Any, Any], depot: Code = None, limit: Limit = PAGE_DEFAULT, cursor: Cursor = None
) -> Page[Reclaim]:
    """By depot and item; `until` is the last day on which it is asked back, `in_time` whether that is not over."""
    context = context_of(request)
    return await context.database.read(labelled(reclaims), request.user, context.clock.today(), depot, limit, cursor)


@get("/reclaims", may=Act.SEE, include_in_schema=False)
async def reclaims_page(
    request: Request[Any, Any, Any], depot: Code = None, done: Code = None, cursor: Cursor = None
) -> Response[str]:
    """What may still come back, and until when; it comes back or is booked as used up."""
    context = context_of(request)
    told = await context.database.read(reclaims, request.user, context.clock.today(), depot, PAGE_DEFAULT, cursor)
    return page(request, "inventory/reclaims.html", told=told, depot=depot or "", done=done, new_id=uuid4)


@post("/reclaims", may=Act.TAKE, include_in_schema=False, status_code=303)
async def settle_reclaim(request: Request[Any, Any, Any]) -> Response[Any]:
    """It came back, or its time is over."""
    form = await form_of(request)
    entry_id, lot, place = form_id(form), form.get("lot", ""), form.get("place", "")
    quantity = form.get("quantity", "")
    if form.get("became") == "used":
        wish = Wish(derived_id(entry_id, "used"), Kind.CONSUME, quantity, lot=form_id({"id": lot}), source=place)
        await book_form(request, Basket(id=entry_id, movements=[wish]), BASKETS)
    else:
        await book_form(request, GiveBack(id=entry_id, lines=[Back(lot, quantity, source=place)]), LOANS)
    return Redirect(f"/reclaims?done=1&depot={form.get('depot', '')}", status_code=303)


def _reclaims(session: Session, asked: Asked) -> Iterator[Any]:
    return all_pages(lambda cursor: reclaims(session, asked.caller, asked.today, asked.text("depot"), AT_ONCE, cursor))


LISTING = Listing(
    "reclaims",
    N_("To reclaim"),
    (
        of("depot", N_("Depot code"), "code", 12),
        of("item", N_("Item code"), "code", 12),
        either("item", N_("Item")),
        of("number", N_("Lot or serial number"), "code"),
        of("quantity", N_("Quantity"), "number", 10),
        either("unit", N_("Unit"), 8),
        either("place", N_("Place")),
        of("since", N_("Given out"), "date", 12),
        of("until", N_("Reclaim until"), "date", 12),
    ),
    _reclaims,
)
ROUTES = [list_reclaims, reclaims_page, settle_reclaim]
