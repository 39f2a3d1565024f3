"""Pages of upkeep: a piece's history, the plans and their editor."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.context import context_of
from core.errors import bad_field, not_found
from core.languages import N_
from core.pages import form_of, page
from depots.models import Depot, Place
from inventory.catalogue.models import Item, Tracking
from inventory.clocks.anchors import ANCHORINGS
from inventory.clocks.models import Meter, Outcome
from inventory.clocks.plans import PlanEdit, Question, checklist_of, edit_plan, plan_rows, the_plan, versions_of
from inventory.clocks.rules import State
from inventory.stock.dating import DateRow, date_changes
from inventory.stock.models import Condition, Lot, Stock
from inventory.stock.reasons import reason_in
from inventory.stock.within import LOT_FIRST, document_first
from inventory.telling.forms import book_form, form_id
from inventory.upkeep import checks as checking
from inventory.upkeep import service
from inventory.upkeep.checks import CheckDone, CheckLine
from inventory.upkeep.lists import PieceClock, clocks_of_lot, gone_through
from inventory.upkeep.models import Service
from inventory.upkeep.service import BackFromService, NewLoaner, SendToService, ServiceLine
from inventory.upkeep.service_view import services_of
from people.policy import Act, Caller, may, may_at, reach

Text = Annotated[str | None, QueryParameter(max_length=1000)]
Type = Annotated[str | None, QueryParameter(name="type", max_length=8)]
Which = Annotated[str, QueryParameter(name="state", max_length=8)]
PER_PAGE = 50
STATE_WORDS = {
    State.COMING: N_("coming"),
    State.DUE: N_("due now"),
    State.OVERDUE: N_("overdue"),
    State.BLOCKED: N_("overdue, not ready"),
}
OUTCOME_WORDS = {
    Outcome.PASSED: N_("in order"),
    Outcome.FAILED: N_("not in order"),
    Outcome.SKIPPED: N_("missed"),
    Outcome.TOLD: N_("by the papers"),
}
UNIT_WORDS = {
    "month": N_("months"),
    "week": N_("weeks"),
    "day": N_("days"),
    "use": N_("uses"),
    "shift": N_("shifts"),
    "": "",
}
EVERY_WORDS = {
    "month": N_("every {number} months"),
    "week": N_("every {number} weeks"),
    "day": N_("every {number} days"),
    "use": N_("every {number} uses"),
    "shift": N_("every {number} shifts"),
    "": "{number}",
}
# How sure a plan's interval is, as the reference list says it
CONFIDENCE_WORDS = {
    "standard": N_("by the standard"),
    "standard-secondary": N_("by the standard, as others quote it"),
    "standard (maker)": N_("by the maker"),
    "standard (US analogue)": N_("by a standard of the United States"),
    "public page": N_("from a public page"),
    "general knowledge": N_("usual in the trade"),
    "illustrative": N_("an example; set your own"),
}
METER_WORDS = {
    Meter.HOURS.value: N_("hours run"),
    Meter.CYCLES.value: N_("charge cycles"),
    Meter.KM.value: N_("km driven"),
}
KIND_WORDS = {"check": N_("check"), "service": N_("service"), "scrap": N_("scrap")}


def _words() -> dict[str, Any]:
    return {
        "state_words": {state.value: word for state, word in STATE_WORDS.items()},
        "outcome_words": OUTCOME_WORDS,
        "anchor_words": {anchor.value: anchoring.words for anchor, anchoring in ANCHORINGS.items()},
        "unit_words": UNIT_WORDS,
        "every_words": EVERY_WORDS,
        "meter_words": METER_WORDS,
        "kind_words": KIND_WORDS,
        "reason_in": reason_in,
        "confidence_words": CONFIDENCE_WORDS,
    }


@dataclass(frozen=True)
class PieceUpkeep:
    """A piece with its clocks, what was done, and its stays at workshops."""

    lot: Lot
    item: Item
    clocks: list[PieceClock]
    questions: dict[str, list[Question]]
    history: list[Any]
    services: list[Service]
    may_check: bool
    may_keep: bool
    depots: list[Depot]
    dates: list[DateRow]  # how its dates were set and corrected
    spares: list[Lot]  # fit pieces of the same kind here that could stand in (T34)

    @property
    def loaner_out(self) -> Service | None:
        """A stay that is over, of which the workshop's own piece still stands in (T35)."""
        return next((one for one in self.services if one.loaner_lot_id and one.loaner_gone_at is None), None)

    @property
    def away(self) -> Service | None:
        return next((one for one in self.services if one.back_at is None), None)


def piece_upkeep(session: Session, caller: Caller, lot_id: UUID, today: date) -> PieceUpkeep:
    """A piece as its upkeep page shows it; 404 where it is out of reach. Seven queries."""
    row = session.execute(select(Lot, Item).join(Item, Item.id == Lot.item_id).where(Lot.id == lot_id)).first()
    depots = _depots_of(session, caller, lot_id)
    if row is None or not depots:
        raise not_found()
    clocks = clocks_of_lot(session, caller, lot_id, today)

    def here(act: Act) -> bool:
        return any(may_at(caller, act, depot.id, depot.district_code) for depot in depots)

    return PieceUpkeep(
        row[0],
        row[1],
        clocks,
        {clock.plan.code: checklist_of(clock.plan) for clock in clocks},
        gone_through(session, lot_id),
        services_of(session, lot_id),
        here(Act.TAKE),
        here(Act.KEEP),
        depots,
        date_changes(session, caller, lot_id),
        _spares(session, row[0], depots[0]) if row[1].tracking == Tracking.SERIAL else [],
    )


def _depots_of(session: Session, caller: Caller, lot_id: UUID) -> list[Depot]:
    """The depots within reach that have some of a lot."""
    here = select(Stock.depot_id).where(Stock.lot_id == lot_id, ~Stock.outside, Stock.quantity > 0)
    within = reach(caller, Act.SEE, Depot.id, Depot.district_code)
    return list(session.execute(select(Depot).where(Depot.id.in_(here), within).order_by(Depot.code)).scalars())


def _spares(session: Session, lot: Lot, depot: Depot) -> list[Lot]:
    """Other fit pieces of the same item that lie within reach at the depot."""
    statement = (
        select(Lot)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Place, Place.id == Stock.place_id)
        .where(
            Lot.item_id == lot.item_id,
            Lot.id != lot.id,
            Lot.condition == Condition.FIT,
            Stock.depot_id == depot.id,
            Stock.quantity > 0,
            Place.in_reach,
        )
        .order_by(Lot.serial)
        .limit(50)
    )
    return list(session.execute(statement).scalars())


@get("/lots/{lot_id:uuid}/upkeep", may=Act.SEE, include_in_schema=False)
async def piece_page(request: Request[Any, Any, Any], lot_id: FromPath[UUID], done: Text = None) -> Response[str]:
    """All clocks of a piece, the worst first, and everything that was done to it."""
    context = context_of(request)
    today = context.clock.today()
    view = await context.database.read(piece_upkeep, request.user, lot_id, today)
    return page(request, "inventory/upkeep/piece.html", view=view, today=today, done=done, new_id=uuid4, **_words())


@post("/lots/{lot_id:uuid}/check", may=Act.TAKE, guards=[LOT_FIRST], include_in_schema=False, status_code=303)
async def check_here(request: Request[Any, Any, Any], lot_id: FromPath[UUID]) -> Response[Any]:
    """One check from the desk. The form carries its own id: sent twice, booked once."""
    form = await form_of(request)
    code = form.get("plan", "")
    questions = await context_of(request).database.read(lambda session: checklist_of(the_plan(session, code)))
    answers: dict[str, str | bool] = {}
    for question in questions:
        given = form.get(f"answer-{question.key}", "")
        if given:
            answers[question.key] = given == "yes" if question.kind == "yes_no" else given
    line = CheckLine(
        str(lot_id),
        code,
        passed={"yes": True, "no": False}.get(form.get("passed", "")),
        answers=answers,
        note=form.get("note", ""),
        missed_because=form.get("missed_because", ""),
    )
    await book_form(request, CheckDone(id=form_id(form), lines=[line]), checking.ENTRIES)
    return Redirect(f"/lots/{lot_id}/upkeep?done=1", status_code=303)


@post("/lots/{lot_id:uuid}/service", may=Act.KEEP, guards=[LOT_FIRST], include_in_schema=False, status_code=303)
async def send_away(request: Request[Any, Any, Any], lot_id: FromPath[UUID]) -> Response[Any]:
    """Send a piece to a workshop."""
    form = await form_of(request)
    try:
        due_back = date.fromisoformat(form.get("due_back_on", ""))
    except ValueError:
        raise bad_field("due_back_on", N_("this is not a date such as 2026-05-21")) from None
    entry = SendToService(
        id=form_id(form),
        lines=[_line(lot_id, form)],
        vendor=form.get("vendor", ""),
        due_back_on=due_back,
        plan=form.get("plan") or None,
        reason=form.get("reason", ""),
        beyond_quarter=form.get("beyond_quarter", ""),
    )
    await book_form(request, entry, service.ENTRIES)
    return Redirect(f"/lots/{lot_id}/upkeep?done=1", status_code=303)


def _line(lot_id: UUID, form: dict[str, str]) -> ServiceLine:
    """The piece, and what stands in for it: one of the depot's own, or one that the workshop lends."""
    lent = form.get("stand_in") == "lent"
    return ServiceLine(
        str(lot_id),
        loaner=None if lent else form.get("stand_in") or None,
        new_loaner=NewLoaner(form.get("loaner_serial", ""), made_on=form.get("loaner_made") or None) if lent else None,
        loaner_owner=form.get("loaner_owner", "") if lent else "",
    )


@post(
    "/services/{service_id:uuid}/back",
    may=Act.KEEP,
    guards=[document_first("service_id", Service)],
    include_in_schema=False,
    status_code=303,
)
async def take_back(request: Request[Any, Any, Any], service_id: FromPath[UUID]) -> Response[Any]:
    """A piece is back from the workshop, or given up."""
    form = await form_of(request)
    entry = BackFromService(
        id=form_id(form),
        service=service_id,
        outcome="given_up" if form.get("outcome") == "given_up" else "mended",
        cost=form.get("cost") or None,
        note=form.get("note", ""),
        loaner_taken=form.get("loaner_stays") != "yes",
    )
    await book_form(request, entry, service.ENTRIES)
    return Redirect(f"/lots/{form.get('lot', '')}/upkeep?done=1", status_code=303)


@get("/upkeep/plans", may=Act.SEE, include_in_schema=False)
async def plans_page(request: Request[Any, Any, Any], q: Text = None) -> Response[str]:
    """All plans by item."""
    rows = await context_of(request).database.read(plan_rows, q)
    return page(request, "inventory/upkeep/plans.html", rows=rows, q=q or "", **_words())


@get("/upkeep/plans/{code:str}", may=Act.SEE, include_in_schema=False)
async def plan_page(request: Request[Any, Any, Any], code: FromPath[str], done: Text = None) -> Response[str]:
    """One plan: what it says, what it said before, and the form to change it."""
    view = await context_of(request).database.read(_plan_view, code)
    may_edit = may(request.user, Act.APPROVE)
    return page(request, "inventory/upkeep/plan.html", **view, may_edit=may_edit, done=done, **_words())


def _plan_view(session: Session, code: str) -> dict[str, Any]:
    plan = the_plan(session, code)
    versions = [(entry, person, msgspec.json.decode(entry.content)) for entry, person in versions_of(session, code)]
    item = session.get_one(Item, plan.item_id)
    return {"plan": plan, "item": item, "versions": versions, "questions": checklist_of(plan)}


@post("/upkeep/plans/{code:str}", may=Act.APPROVE, include_in_schema=False, status_code=303)
async def change_plan(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Make a new version of a plan."""
    context = context_of(request)
    edit = _edit_of(await form_of(request))
    await context.database.offload(edit_plan, request.user, code, edit, context.clock.now())
    return Redirect(f"/upkeep/plans/{code}?done=1", status_code=303)


def _edit_of(form: dict[str, str]) -> PlanEdit:
    """The form as an edit: an empty number takes an interval away."""
    values: dict[str, Any] = {"reason": form.get("reason", "")}
    for name in ("task_zh", "task_en", "unit", "season_from", "season_to", "off_unit", "meter", "meter_every", "note"):
        if name in form:
            values[name] = form[name].strip()
    for name in ("crowded_types", "crowded_unit"):
        if name in form:
            values[name] = form[name].strip()
    for name in ("every", "first_after_months", "off_every", "crowded_every", "grace_days"):
        if name in form:
            text = form[name].strip() or "0"
            if not (text.isascii() and text.isdigit() and len(text) < 6):
                raise bad_field(name, N_("this is no interval"))
            values[name] = int(text)
    if "task_zh" in form:
        values["blocks_use"] = form.get("blocks_use") == "yes"
        values["active"] = form.get("active") == "yes"
    return PlanEdit(**values)


ROUTES = [piece_page, check_here, send_away, take_back, plans_page, plan_page, change_plan]
