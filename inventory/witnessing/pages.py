"""Pages and JSON routes of two-person issue: who asks, and the second person's yes or no (T96)."""

from typing import Annotated, Any
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from core.context import context_of
from core.languages import N_
from core.pages import form_of, page
from core.paging import the_one
from inventory.booking.models import HandOut
from inventory.stock.within import document_first
from inventory.telling.forms import book_form, form_id
from inventory.witnessing.view import HandOutRow, hand_outs
from inventory.witnessing.witness import ENTRIES, GOOD_FOR, AskWitness, Witness
from people.policy import Act

Text = Annotated[str | None, QueryParameter(max_length=40)]
STATE_WORDS = {
    "asked": N_("waits for a second person"),
    "agreed": N_("confirmed: take it now"),
    "used": N_("handed out"),
    "refused": N_("refused"),
    "over": N_("run out"),
}


@get("/api/hand-outs", may=Act.SEE, summary="Controlled gear that is asked for, and who confirmed it")
async def list_hand_outs(request: Request[Any, Any, Any], depot: Text = None) -> list[HandOutRow]:
    """Of the last month, within reach. Asking and confirming are entries."""
    context = context_of(request)
    return await context.database.read(hand_outs, request.user, context.clock.now(), depot)


@get("/hand-outs", may=Act.SEE, include_in_schema=False)
async def hand_outs_page(request: Request[Any, Any, Any], done: Text = None) -> Response[str]:
    """What waits for a second person, and what was handed out."""
    context = context_of(request)
    rows = await context.database.read(hand_outs, request.user, context.clock.now())
    fresh = [row for row in rows if row.state in ("asked", "agreed")]
    past = [row for row in rows if row.state not in ("asked", "agreed")]
    minutes = int(GOOD_FOR.total_seconds() // 60)
    more: dict[str, Any] = {"state_words": STATE_WORDS, "done": done, "new_id": uuid4, "minutes": minutes}
    return page(request, "inventory/witnessing/hand_outs.html", fresh=fresh, past=past, **more)


@post("/hand-outs", may=Act.TAKE, include_in_schema=False, status_code=303)
async def ask_here(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ask for a second person from the page of a thing."""
    form = await form_of(request)
    said: dict[str, Any] = {
        "depot": form.get("depot", ""),
        "thing": form.get("lot", ""),
        "quantity": form.get("quantity", "1"),
        "reason": form.get("reason", ""),
    }
    await book_form(request, AskWitness(id=form_id(form), **said), ENTRIES)
    return Redirect("/hand-outs?done=asked", status_code=303)


@post(
    "/hand-outs/{hand_out_id:uuid}",
    may=Act.TAKE,
    guards=[document_first("hand_out_id", HandOut)],
    include_in_schema=False,
    status_code=303,
)
async def answer_here(request: Request[Any, Any, Any], hand_out_id: FromPath[UUID]) -> Response[Any]:
    """The second person's word."""
    form = await form_of(request)
    agree = form.get("agree") == "yes"
    await book_form(request, Witness(id=form_id(form), hand_out=hand_out_id, agree=agree), ENTRIES)
    return Redirect(f"/hand-outs?done={'agreed' if agree else 'refused'}", status_code=303)


@get("/api/hand-outs/{hand_out_id:uuid}", may=Act.SEE, summary="A hand-out")
async def get_hand_out(request: Request[Any, Any, Any], hand_out_id: FromPath[UUID]) -> HandOutRow:
    """Of the last month, within reach."""
    context = context_of(request)
    return the_one(await context.database.read(hand_outs, request.user, context.clock.now(), None), "id", hand_out_id)


ROUTES = [get_hand_out, list_hand_outs, hand_outs_page, ask_here, answer_here]
