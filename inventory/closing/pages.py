"""Pages and JSON routes of closing a depot: what is still there, the plan, the way out, and reopening."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from core.context import context_of
from core.errors import bad_field
from core.languages import N_
from core.pages import form_of, page
from core.paging import the_one
from inventory.closing.closing import (
    ENTRIES,
    CloseDepot,
    GiveUpClosing,
    PlanClosing,
    ReopenDepot,
    SendAll,
    WriteOffRest,
)
from inventory.closing.view import ClosingRow, as_told, closing_view, closings
from inventory.stock.within import DEPOT_FIRST
from inventory.telling.forms import book_form, form_id
from inventory.telling.scene import NewEntry
from people.models import Role
from people.policy import ROLE_WORDS, Act

Done = Annotated[str | None, QueryParameter(max_length=20)]
STATE_WORDS = {
    "planned": N_("being closed"),
    "closed": N_("closed"),
    "given_up": N_("plan given up"),
    "reopened": N_("opened again"),
}
ROLES: dict[Role, str] = dict(ROLE_WORDS)


@get("/api/closings", may=Act.SEE, summary="Depots that are closed, being closed, or were")
async def list_closings(request: Request[Any, Any, Any]) -> list[ClosingRow]:
    """Within reach, the newest first. Planning, sending, closing and reopening are entries."""
    return await context_of(request).database.read(closings, request.user)


@get(
    "/api/depots/{depot_code:str}/closing",
    operation_id="getDepotClosing",
    may=Act.SEE,
    summary="What is still at a depot, and its closings",
)
async def get_closing(request: Request[Any, Any, Any], depot_code: FromPath[str]) -> dict[str, Any]:
    """Stock lines, what is open, people on duty; the plan, if one stands."""
    return as_told(
        await context_of(request).database.read(closing_view, request.user, depot_code, context_of(request).clock.now())
    )


@get("/closings", may=Act.SEE, include_in_schema=False)
async def closings_page(request: Request[Any, Any, Any]) -> Response[str]:
    """All closings within reach."""
    rows = await context_of(request).database.read(closings, request.user)
    return page(request, "inventory/closing/closings.html", rows=rows, state_words=STATE_WORDS)


@get("/depots/{code:str}/closing", may=Act.SEE, include_in_schema=False)
async def closing_page(request: Request[Any, Any, Any], code: FromPath[str], done: Done = None) -> Response[str]:
    """One depot: what is still there, and the next step."""
    view = await context_of(request).database.read(closing_view, request.user, code, context_of(request).clock.now())
    words: dict[str, Any] = {"state_words": STATE_WORDS, "role_words": ROLES}
    return page(request, "inventory/closing/closing.html", view=view, done=done, new_id=uuid4, **words)


def _step(form: dict[str, str]) -> NewEntry:
    """The entry that a form of the page stands for."""
    entry_id, act = form_id(form), form.get("act", "")
    if act == "plan":
        said: dict[str, Any] = {"depot": form.get("depot", ""), "why": form.get("why", "")}
        return PlanClosing(id=entry_id, successor=form.get("successor", "").strip() or None, **said)
    if act == "reopen":
        back: Any = "back" if form.get("people") == "back" else "none"
        return ReopenDepot(id=entry_id, depot=form.get("depot", ""), why=form.get("why", ""), people=back)
    try:
        closing = UUID(form.get("closing", ""))
    except ValueError:
        raise bad_field("closing", N_("this is not an id")) from None
    if act == "send":
        return SendAll(id=entry_id, closing=closing, to=form.get("to", "").strip() or None)
    if act == "write-off":
        return WriteOffRest(id=entry_id, closing=closing, reason=form.get("reason", ""))
    if act == "close":
        people: Any = "move" if form.get("people") == "move" else "end"
        return CloseDepot(id=entry_id, closing=closing, people=people)
    if act == "give-up":
        return GiveUpClosing(id=entry_id, closing=closing)
    raise bad_field("act", N_("this form is damaged; open the page again"))


@post("/depots/{code:str}/closing", may=Act.KEEP, guards=[DEPOT_FIRST], include_in_schema=False, status_code=303)
async def closing_step(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Plan, send, write off, close, give up or reopen; the verb says who may."""
    form = {**await form_of(request), "depot": code}
    await book_form(request, _step(form), ENTRIES)
    return Redirect(f"/depots/{code}/closing?done={form['act']}", status_code=303)


@get("/api/closings/{closing_id:uuid}", operation_id="getClosing", may=Act.SEE, summary="A closing")
async def get_one_closing(request: Request[Any, Any, Any], closing_id: FromPath[UUID]) -> ClosingRow:
    """Within reach."""
    return the_one(await context_of(request).database.read(closings, request.user), "id", closing_id)


ROUTES = [get_one_closing, list_closings, get_closing, closings_page, closing_page, closing_step]
