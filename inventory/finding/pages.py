"""Pages of the finder and of five-minute cover."""

from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.context import AppContext, context_of
from core.errors import Refusal, bad_field
from core.ids import new_id
from core.languages import N_
from core.pages import form_of, page
from core.quantities import read_quantity, write_quantity
from core.scripts import as_script
from depots.models import Depot
from inventory.catalogue.naming import item_named
from inventory.documents.transfers import ENTRIES, AskedLine, AskTransfer
from inventory.finding.cover import abilities, cover, what_if
from inventory.finding.memory import remembered
from inventory.finding.reserving import ToPutAside, end_reservation, reservations, reserve
from inventory.finding.search import Offer, Question, enough_together, find
from inventory.finding.travel import roads_of
from inventory.telling.entries import book_entry
from people.policy import Act, Caller, may

Text = Annotated[str, QueryParameter(max_length=200)]
NEAR, FAR = 20, 80  # offers on a page: more only for who asks on, since the near ones do not have enough
Code = Annotated[str, QueryParameter(max_length=32)]
HOLES = 100  # shown on a page; the picture shows all
DONE = {
    "aside": N_("Put aside for you."),
    "ended": N_("No longer put aside."),
    "asked": N_("The transfer is asked for."),
}


@get("/find", may=Act.SEE, include_in_schema=False)
async def find_page(
    request: Request[Any, Any, Any],
    *,
    q: Text = "",
    near: Code = "",
    from_depot: Code = "",
    quantity: Code = "1",
    item: Code = "",
    far: Annotated[bool, QueryParameter()] = False,
    done: Code = "",
) -> Response[str]:
    """Who near me has it, ready now."""
    context = context_of(request)
    question = Question(q, near or None, from_depot or None, quantity or "1", item or None, FAR if far else NEAR)
    shown = await context.database.read(_search, request.user, question, context)
    words: dict[str, Any] = {
        "q": q,
        "near": near,
        "from_depot": from_depot or shown["home"],
        "quantity": quantity,
        "item": item,
    }
    return page(
        request,
        "inventory/find.html",
        **shown,
        **words,
        done=DONE.get(done),
        minutes=context.settings.reserve_minutes,
        further=not far and shown["found"] is not None and len(shown["found"].items) == NEAR,
        may_take=may(request.user, Act.TAKE),
        may_keep=may(request.user, Act.KEEP),
        link=lambda **changes: "/find?" + urlencode({**words, "item": "", **changes}),
        new_id=new_id,
    )


def _search(session: Session, caller: Caller, question: Question, context: AppContext) -> dict[str, Any]:
    memory = remembered(session)
    own = caller.own_depots()[:1]
    home = session.get(Depot, own[0]) if own else None
    found, problem, together = None, None, None
    asked = bool(question.q.strip() or question.item)
    placed = bool(question.near or question.from_depot or home)
    if asked and placed:
        try:
            roads = roads_of(context.settings)
            found = find(session, caller, question, context.clock.now(), context.clock.today(), roads)
            together = _together(found.items, read_quantity(question.quantity))
        except Refusal as refusal:
            problem = refusal
    return {
        "found": found,
        "named": item_named(session, question.item) if question.item else None,
        "together": together,
        "from_known": question.from_depot in memory.depots,
        "problem": problem,
        "unplaced": asked and not placed,
        "home": home.code if home else "",
        "depots": list(memory.depots.values()),
        "centre": f"{memory.centre.lat:.2f},{memory.centre.lon:.2f}" if memory.centre else "",
        "aside": reservations(session, caller, context.clock.now()),
    }


def _together(offers: list[Offer], wanted: Decimal) -> dict[str, Any]:
    depots, ready = enough_together(offers, wanted)
    short = max(wanted - ready, Decimal(0))
    return {"depots": depots, "ready": write_quantity(ready), "short": write_quantity(short) if short else ""}


def _back(form: dict[str, str], done: str) -> Redirect:
    kept = {name: form.get(name, "") for name in ("q", "near", "from_depot", "quantity", "item")}
    return Redirect("/find?" + urlencode({**kept, "done": done}), status_code=303)


def _id_of(form: dict[str, str]) -> UUID:
    try:
        return UUID(form.get("id", ""))
    except ValueError:
        raise bad_field("id", N_("this is not an id")) from None


@post("/find/reserve", may=Act.TAKE, include_in_schema=False, status_code=303)
async def reserve_from_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """One tap puts it aside."""
    context = context_of(request)
    form = await form_of(request)
    wanted = ToPutAside(_id_of(form), form.get("depot", ""), form.get("what", ""), form.get("many", "1"))
    minutes = context.settings.reserve_minutes
    await context.database.write(reserve, request.user, wanted, context.clock.now(), context.clock.today(), minutes)
    return _back(form, "aside")


@post("/find/reservations/{reservation_id:uuid}/end", may=Act.TAKE, include_in_schema=False, status_code=303)
async def end_from_page(request: Request[Any, Any, Any], reservation_id: FromPath[UUID]) -> Response[Any]:
    """Called off, or handed over."""
    context = context_of(request)
    form = await form_of(request)
    await context.database.write(end_reservation, request.user, reservation_id, context.clock.now())
    return _back(form, "ended")


@post("/find/ask", may=Act.KEEP, include_in_schema=False, status_code=303)
async def ask_from_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """One tap asks for a transfer to the depot that was searched from."""
    context = context_of(request)
    form = await form_of(request)
    lines = [AskedLine(form.get("what", ""), form.get("many", "1"))]
    entry = AskTransfer(id=_id_of(form), giver=form.get("depot", ""), receiver=form.get("from_depot", ""), lines=lines)
    await context.database.write(book_entry, request.user, entry, ENTRIES, context.moment())
    return _back(form, "asked")


@get("/cover", may=Act.SEE, include_in_schema=False)
async def cover_page(
    request: Request[Any, Any, Any], capability: Code = "", piece: Text = "", depot: Code = ""
) -> Response[str]:
    """Where help is too far, and what if a piece were out of service."""
    context = context_of(request)
    shown = await context.database.survey(_cover, request.user, capability, piece, depot, context)
    return page(request, "inventory/cover.html", **shown, piece=piece, most=HOLES)


def _cover(
    session: Session, caller: Caller, capability: str, piece: str, depot: str, context: AppContext
) -> dict[str, Any]:
    roads, today = roads_of(context.settings), context.clock.today()
    minutes = context.settings.cover_minutes
    known = abilities(session)
    if not capability and not piece.strip() and known:
        capability = known[0].code  # the one that the page's box shows
    told = cover(session, caller, capability, today, roads, minutes) if capability else None
    outcome, problem = None, None
    if piece.strip():
        try:
            outcome = what_if(session, caller, piece, depot or None, today, roads, minutes=minutes)
        except Refusal as refusal:
            problem = refusal
    chart = (
        [[one.lon, one.lat, one.has_it, one.covered, one.name_zh, one.name_en] for one in told.spots] if told else []
    )
    return {
        "abilities": known,
        "capability": capability,
        "cover": told,
        "outcome": outcome,
        "problem": problem,
        "minutes": minutes,
        "roads": roads.stated(),
        "chart": as_script(chart),
    }


ROUTES = [find_page, reserve_from_page, end_from_page, ask_from_page, cover_page]
