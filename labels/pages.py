"""The pages that a scan opens: the thing, with big buttons for its keeper; a public page for anybody else."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID, uuid4

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy.orm import Session

from core.context import context_of, language_of
from core.errors import bad_field, not_found
from core.languages import N_
from core.limits import claim
from core.pages import form_of, page
from core.quantities import read_quantity
from depots.here import HERE, NEAR, Clues, here_of
from depots.models import Depot, Place
from depots.places import shelves_of
from inventory.booking.wishes import Wish
from inventory.faults.faults import Trouble, note_defect, report_fault
from inventory.fitness.words import WHY_WORDS
from inventory.stock.models import Kind
from inventory.stock.reaching import lots_reached
from inventory.stock.within import looked_up
from inventory.witnessing.view import HandOutRow, hand_outs
from labels.codes.binding import bound_reached, codes_of, standing_for
from labels.codes.booking import book_scanned
from labels.codes.codes import Reading, read_scan, spoken
from labels.codes.models import Label
from labels.codes.resolving import ScanAnswer, resolve
from labels.codes.things import NOT_OURS, lot_page, public_thing
from people.policy import PUBLIC, Act, Caller, may

Code = Annotated[str, QueryParameter(name="code")]
Done = Annotated[str | None, QueryParameter()]
At = Annotated[str, QueryParameter(max_length=64)]
HERE_SECONDS = 12 * 3600  # a shift
DONE = {
    "issue": N_("Taken. It is in your hands now."),
    "consume": N_("Taken and used up."),
    "return": N_("Returned. Thank you."),
    "transfer": N_("Moved."),
    "fault": N_("Reported. It no longer counts as ready."),
}
PROBLEM_WINDOW = timedelta(hours=1)
PROBLEMS_PER_ADDRESS = 5


@get("/q", may=PUBLIC, include_in_schema=False)
async def typed(request: Request[Any, Any, Any], code: Code = "") -> Response[Any]:
    """A code typed by hand or by a hand-held scanner, in any of its forms (T83)."""
    scan = read_scan(code[:300])
    if scan.code is not None:
        return Redirect(f"/q/{scan.code}", status_code=303)
    found = await _resolved(request, code)
    if found is not None and found.place_id is not None:
        return Redirect(f"/places/{found.place_id}", status_code=303)
    if found is not None and len(found.lots) == 1:
        return Redirect(f"/q/{found.lots[0].code}", status_code=303)
    return _not_ours(request, code[:300], scan.reading, found)


async def _resolved(request: Request[Any, Any, Any], text: str) -> ScanAnswer | None:
    """What somebody else's code leads to, for who may see it."""
    if request.user is None or not may(request.user, Act.SEE):
        return None
    context = context_of(request)
    return await context.database.read(resolve, request.user, text, context.clock.today(), language_of(request))


def _not_ours(
    request: Request[Any, Any, Any], text: str, reading: Reading, found: ScanAnswer | None = None
) -> Response[str]:
    foreign = (
        text if reading in (Reading.FOREIGN, Reading.GS1) and text.lower().startswith(("http://", "https://")) else ""
    )
    return page(
        request,
        "labels/not_ours.html",
        status_code=404,
        text=text,
        reading=reading,
        sentence=NOT_OURS.get(reading) or N_("no label with this code was ever made"),
        foreign=foreign,
        found=found,
        spoken=spoken,
    )


@get("/q/{code:str}", may=PUBLIC, include_in_schema=False)
async def thing(request: Request[Any, Any, Any], code: FromPath[str], done: Done = None, at: At = "") -> Response[Any]:
    """What a label's QR opens. ``at``: the place or depot where its reader stands."""
    scan = read_scan(code)
    if scan.code is None:
        return _not_ours(request, code, scan.reading)
    context = context_of(request)
    if request.user is None or not may(request.user, Act.SEE):
        return await _public(request, scan.code, done)
    clues = Clues(at, request.cookies.get(HERE, ""), request.cookies.get(NEAR, ""))
    found = await context.database.read(
        _look_up, request.user, scan.code, context.clock.today(), context.clock.now(), clues
    )
    if found is None:
        return await _out_of_reach(request, scan.code)
    if isinstance(found, str):
        return Redirect(found, status_code=303)
    if isinstance(found, Scanned):
        cookie = Cookie(HERE, value=found.depot, max_age=HERE_SECONDS, samesite="lax")
        return Redirect(found.path, status_code=303, cookies=[cookie])
    return page(
        request,
        "labels/lot.html",
        shown=found[0],
        shelves=found[1],
        asked=found[2],
        newer=found[3],
        spoken=spoken(scan.code),
        today=context.clock.today(),
        done=DONE.get(done or ""),
        why_words=WHY_WORDS,
        new_id=uuid4,
        caller_id=request.user.person_id,
        at=at,
    )


@dataclass(frozen=True)
class Scanned:
    """A place's or depot's label was scanned: its page, and where its reader stands now."""

    path: str
    depot: str


def _look_up(session: Session, caller: Caller, code: str, today: date, now: datetime, clues: Clues) -> Any:
    """The lot's page, or the address of the place's or depot's page, or None for what is not within reach."""
    label = bound_reached(session, caller, code)
    if label is None:
        return None
    newer = standing_for(session, label)
    note = f"?label={newer}" if newer else ""
    if label.place_id is not None:
        depot = session.get_one(Depot, session.get_one(Place, label.place_id).depot_id)
        return Scanned(f"/places/{label.place_id}{note}", depot.code)
    if label.depot_id is not None:
        depot = session.get_one(Depot, label.depot_id)
        return Scanned(f"/depots/{depot.code}{note}", depot.code)
    if label.lot_id is None:
        return f"/labels/{code}"  # blank: bound on its first scan
    here = here_of(session, caller, clues)
    shown = lot_page(session, caller, code, label.lot_id, today, here)
    depots = {where.depot.id for where in shown.where if where.may_keep}
    mine: list[HandOutRow] = []
    if shown.item.controlled:
        mine = [row for row in hand_outs(session, caller, now, lot_id=label.lot_id) if row.mine]
    return shown, shelves_of(session, depots), {row.depot: row for row in reversed(mine)}, newer


async def _out_of_reach(request: Request[Any, Any, Any], code: str) -> Response[Any]:
    """Whoever holds a label of another depot in hand sees what any passer-by may know of it, and no more."""
    found = await context_of(request).database.read(public_thing, code)
    if found is None:
        return _not_ours(request, code, Reading.OURS)
    return page(request, "labels/public.html", thing=found, done=None)


async def _public(request: Request[Any, Any, Any], code: str, done: str | None) -> Response[str]:
    """What a passer-by sees: the name and a way to report a problem; no stock, no person, nothing regulated (T80)."""
    found = await context_of(request).database.read(public_thing, code)
    if found is None:
        return page(request, "labels/public_none.html", status_code=404)
    return page(request, "labels/public.html", thing=found, done=done)


@get("/lots/{lot_id:uuid}", may=Act.SEE, include_in_schema=False)
async def by_lot(request: Request[Any, Any, Any], lot_id: FromPath[UUID], at: At = "") -> Response[Any]:
    """From a line of a list to the page that the thing's own label opens."""
    code = await context_of(request).database.read(_code_on, request.user, lot_id)
    return Redirect(f"/q/{code}{'?at=' + quote(at, safe='') if at else ''}", status_code=303)


def _code_on(session: Session, caller: Caller, lot_id: UUID) -> str:
    code = codes_of(session, Label.lot_id, lots_reached(session, caller, [lot_id])).get(lot_id)
    if code is None:
        raise not_found()
    return code


@post("/q/{code:str}/problem", may=PUBLIC, include_in_schema=False, status_code=303)
async def report_problem(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """A passer-by reports a problem; a few per hour from one address."""
    context = context_of(request)
    form = await form_of(request)
    address = request.client.host if request.client else "unknown"
    await context.database.write(_note_problem, _own(code), form, address, context.clock.now())
    return Redirect(f"/q/{_own(code)}?done=problem", status_code=303)


def _own(code: str) -> str:
    scan = read_scan(code)
    if scan.code is None:
        raise not_found(NOT_OURS.get(scan.reading, NOT_OURS[Reading.UNKNOWN]))
    return scan.code


def _note_problem(session: Session, code: str, form: dict[str, str], address: str, now: Any) -> None:
    claim(session, "problem", f"address:{address}", now, PROBLEMS_PER_ADDRESS, PROBLEM_WINDOW)
    found = public_thing(session, code)
    if found is None or found.depot_id is None:
        raise not_found(N_("there is nothing to report on here; please tell the depot itself"))
    said, contact = form.get("description", ""), form.get("contact", "")
    note_defect(session, found.depot_id, Trouble(found.lot_id, found.place_id, said, contact=contact), now)


def _label(session: Session, caller: Caller, code: str) -> bool:
    return bound_reached(session, caller, _own(code)) is not None


_LABEL_FIRST = looked_up("code", _label, N_("no label with this code was ever made"))


@post("/q/{code:str}/book", may=Act.TAKE, guards=[_LABEL_FIRST], include_in_schema=False, status_code=303)
async def book_here(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Take, return, use up or move what was scanned. The form carries its own id: sent twice, booked once."""
    context = context_of(request)
    form = await form_of(request)
    wish = _wish(_own(code), form)
    await context.database.write(book_scanned, request.user, [wish], context.clock.now(), context.clock.today())
    return Redirect(f"/q/{_own(code)}?done={quote(wish.kind.value)}{_still_at(form)}", status_code=303)


def _still_at(form: dict[str, str]) -> str:
    return f"&at={quote(form['at'][:64], safe='')}" if form.get("at") else ""


def _wish(code: str, form: dict[str, str]) -> Wish:
    try:
        request_id, kind = UUID(form.get("id", "")), Kind(form.get("kind", ""))
    except ValueError:
        raise bad_field("id", N_("this form is damaged; scan the label again")) from None
    return Wish(
        id=request_id,
        kind=kind,
        quantity=form.get("quantity", "1"),
        label=code,
        source=form.get("from") or None,
        target=form.get("to") or None,
        reason=form.get("reason", ""),
    )


@post("/q/{code:str}/fault", may=Act.REPORT, include_in_schema=False, status_code=303)
async def report_fault_here(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Somebody of the depot reports a fault: the gear stops counting as ready at once."""
    context = context_of(request)
    form = await form_of(request)
    await context.database.write(
        _note_fault, request.user, _own(code), form, context.clock.now(), context.clock.today()
    )
    return Redirect(f"/q/{_own(code)}?done=fault{_still_at(form)}", status_code=303)


def _note_fault(session: Session, caller: Caller, code: str, form: dict[str, str], now: Any, today: date) -> None:
    label = bound_reached(session, caller, code)
    if label is None or label.lot_id is None:
        raise not_found(N_("no label with this code was ever made"))
    try:
        place_id = UUID(form.get("from", ""))
    except ValueError:
        raise bad_field("from", N_("say where it is")) from None
    quantity = read_quantity(form.get("quantity", "1"))
    report_fault(session, caller, Trouble(label.lot_id, place_id, form.get("description", ""), quantity), now, today)


ROUTES = [typed, thing, by_lot, report_problem, book_here, report_fault_here]
