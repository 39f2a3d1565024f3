"""A plan from the wish to its lines: entered at once, made in a thread of its own, shown on its page."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.context import AppContext
from core.errors import bad_field
from core.ids import new_id
from core.languages import N_
from core.settings import Settings
from depots.models import District, Profile
from inventory.finding.travel import roads_of
from inventory.planner.models import LineKind, Plan, PlanLine, PlanState
from inventory.planner.partly import fill_partly
from inventory.planner.rules import Gap, Solution, Task, Terms
from inventory.planner.situation import City, Scope, kilometres, read_city, read_loose, task_of
from inventory.planner.swaps import Use, possible_swaps, read_use, worth_it
from inventory.watch.raising import raised_minimums
from people.policy import Caller

log = structlog.get_logger()
SILENT = timedelta(minutes=15)  # a run not heard of for so long has died with its process
SOLVES_AT_LEAST = 8.0  # seconds, however long reading took
_TURN = threading.Lock()  # one plan at a time in a process: scans go first

_Number = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class PlanWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan as it is wished for: whose gaps, and on what terms. What is left out comes from the settings."""

    district: Annotated[str, msgspec.Meta(max_length=8)] = ""
    type: Annotated[str, msgspec.Meta(max_length=8)] = ""
    keeps: Literal["par", "minimum"] = "par"
    buy: bool = True
    budget: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] | None = None
    recommended: bool = False
    trip_units: _Number | None = None
    yuan_per_km: Annotated[float, msgspec.Meta(ge=0, le=10_000)] | None = None
    weight_mandatory: _Number = 100
    weight_specialty: _Number = 10
    weight_recommended: _Number = 1
    nearest: Annotated[int, msgspec.Meta(ge=1, le=50)] = 6
    days_left: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 60


class Figures(msgspec.Struct, frozen=True):
    """What a plan found and does. Gaps are counted by level; the distances are shares (0.01: one per cent)."""

    gaps: dict[str, int]
    closed: dict[str, int]
    gap_closing: float
    gap_cost: float
    reading_seconds: float
    solving_seconds: float
    partly: dict[str, int] = {}  # gaps that stay open, but are given what there is
    left_out: int = 0  # ways from farther givers that were not looked at


def terms_of(wish: PlanWish, settings: Settings) -> Terms:
    """The terms of a wish, filled up from the settings."""
    return Terms(
        keeps=wish.keeps,
        buy=wish.buy,
        budget=wish.budget,
        recommended=wish.recommended,
        trip_units=wish.trip_units or settings.plan_trip_units,
        yuan_per_km=settings.plan_yuan_per_km if wish.yuan_per_km is None else wish.yuan_per_km,
        weight_mandatory=wish.weight_mandatory,
        weight_specialty=wish.weight_specialty,
        weight_recommended=wish.weight_recommended,
        nearest=wish.nearest,
        days_left=wish.days_left,
        seconds=settings.plan_seconds,
    )


def start_plan(session: Session, caller: Caller, wish: PlanWish, terms: Terms, now: datetime) -> UUID:
    """Enter a plan; it stands running until ``make_plan`` has made it. Refuses (422) an unknown district or type."""
    if wish.district and session.get(District, wish.district) is None:
        raise bad_field("district", N_("there is no district with this code"))
    profile = session.get(Profile, wish.type) if wish.type else None
    if wish.type and (profile is None or profile.kind != "type"):
        raise bad_field("type", N_("there is no depot type with this code"))
    plan = Plan(
        person_id=caller.person_id,
        district_code=wish.district or None,
        type_code=wish.type or None,
        terms=msgspec.json.encode(terms).decode(),
        created_at=now,
        touched_at=now,
    )
    session.add(plan)
    session.flush()
    return plan.id


def make_plan(context: AppContext, caller: Caller, plan_id: UUID) -> None:
    """Read, solve and write a plan, in a thread of its own. What goes wrong is logged and shown on the plan's page."""
    while not _TURN.acquire(timeout=SILENT.total_seconds() / 3):
        _write_progress(context, plan_id, stage="waiting")
    try:
        _make(context, caller, plan_id)
    except Exception as fault:
        log.error("plan failed", plan=str(plan_id), exc_info=fault)
        _write_progress(context, plan_id, state=PlanState.FAILED, error=type(fault).__name__)
    finally:
        _TURN.release()


def _make(context: AppContext, caller: Caller, plan_id: UUID) -> None:
    _write_progress(context, plan_id, stage="reading")
    began, now, today = context.clock.now(), context.clock.now(), context.clock.today()
    with context.database.transaction(writes=False) as session:
        plan = session.get_one(Plan, plan_id)
        terms = msgspec.json.decode(plan.terms, type=Terms)
        scope, raised = Scope(plan.district_code, plan.type_code), raised_minimums(session, today)
        city = read_city(session, caller, terms, scope, now, today, raised=raised)
        use = read_use(session, city, now, today)
        city.loose |= read_loose(session, city, today, {ending.item_id for ending in use.endings})
    task = task_of(city, context.settings)
    reading = (context.clock.now() - began).total_seconds()
    _write_progress(context, plan_id, stage="solving")
    # the city was read in the same time: who waits for a plan waits for both
    from inventory.planner.solving import solve  # slow to import (highspy, numpy): only where a plan is made

    solution = solve(task, max(SOLVES_AT_LEAST, terms.seconds - reading))
    fill_partly(task, solution)
    _write_progress(context, plan_id, stage="writing")
    figures = figures_of(task, solution, reading)
    lines = [*swap_lines(context, city, use, task, solution, today), *lines_of(task, solution)]
    context.database.run(_write, plan_id, lines, figures, context.clock.now())


def figures_of(task: Task, solution: Solution, reading_seconds: float) -> Figures:
    """What is told of a solution."""
    gaps: dict[str, int] = defaultdict(int)
    closed: dict[str, int] = defaultdict(int)
    partly: dict[str, int] = defaultdict(int)
    for number, gap in enumerate(task.gaps):
        gaps[gap.level.value] += 1
        closed[gap.level.value] += number in solution.closed
        partly[gap.level.value] += number in solution.partly
    proven = solution.gap_closing, solution.gap_cost, reading_seconds, solution.seconds
    return Figures(dict(gaps), dict(closed), *proven, dict(partly), task.left_out)


def lines_of(task: Task, solution: Solution) -> Iterator[dict[str, Any]]:
    """A solution as rows of ``supply_plan_line``, trips together, without plan and position."""
    gap_for = _gap_for(task, solution)
    for move in sorted(solution.moves, key=lambda one: (str(one.giver), str(one.receiver), str(one.item_id))):
        yield {
            **_line(LineKind.TRANSFER, move.receiver, move.item_id, move.quantity, gap_for),
            "from_depot_id": move.giver,
            "km": Decimal(str(task.km[move.giver, move.receiver])),
        }
    for buy in sorted(solution.buys, key=lambda one: (str(one.receiver), str(one.item_id))):
        yield {
            **_line(LineKind.PURCHASE, buy.receiver, buy.item_id, buy.quantity, gap_for),
            "price": Decimal(str(task.prices[buy.item_id])),
        }


def swap_lines(
    context: AppContext, city: City, use: Use, task: Task, solution: Solution, today: date
) -> Iterator[dict[str, Any]]:
    """The swaps as rows, each after its refill: the refill goes first, and brings the swap along on the way back."""
    found = list(possible_swaps(city, use, solution.moves, today))
    pairs = {(swap.receiver, swap.ending.depot_id) for swap in found}
    km = kilometres(city.points, pairs, roads_of(context.settings))
    going = {(move.giver, move.receiver) for move in solution.moves}
    for swap in worth_it(found, km, task.prices, going, task.terms):
        ending = swap.ending
        blank: dict[str, Any] = {"item_id": ending.item_id, "price": None, "subject": "", "level": None}
        amount = {"quantity": Decimal(swap.quantity), "proposed": Decimal(swap.quantity)}
        way = {"from_depot_id": swap.receiver, "to_depot_id": ending.depot_id}
        back = {"from_depot_id": ending.depot_id, "to_depot_id": swap.receiver}
        trip = Decimal(str(km[swap.receiver, ending.depot_id]))
        yield {**blank, **amount, **way, "kind": LineKind.REFILL, "lot_id": None, "km": trip}
        yield {**blank, **amount, **back, "kind": LineKind.SWAP, "lot_id": ending.lot_id, "km": None}


def _gap_for(task: Task, solution: Solution) -> dict[tuple[UUID, UUID], Gap]:
    """For which gap an item comes to a depot: of several the strictest, an item's own before a group's."""
    found: dict[tuple[UUID, UUID], Gap] = {}
    for number in solution.closed | solution.partly:
        gap = task.gaps[number]
        for item_id in gap.items:
            before = found.get((gap.depot_id, item_id))
            if before is None or _rank(task, gap) > _rank(task, before):
                found[gap.depot_id, item_id] = gap
    return found


def _rank(task: Task, gap: Gap) -> tuple[int, int]:
    return task.terms.weight(gap.level), -len(gap.items)


def _line(
    kind: LineKind, receiver: UUID, item_id: UUID, quantity: int, gap_for: dict[tuple[UUID, UUID], Gap]
) -> dict[str, Any]:
    gap = gap_for[receiver, item_id]
    return {
        "kind": kind,
        "from_depot_id": None,
        "to_depot_id": receiver,
        "item_id": item_id,
        "lot_id": None,
        "quantity": Decimal(quantity),
        "proposed": Decimal(quantity),
        "km": None,
        "price": None,
        "subject": gap.subject,
        "level": gap.level,
    }


def _write(session: Session, plan_id: UUID, lines: list[dict[str, Any]], figures: Figures, now: datetime) -> None:
    rows = [{**line, "id": new_id(), "plan_id": plan_id, "position": number} for number, line in enumerate(lines)]
    for start in range(0, len(rows), 1000):
        session.execute(insert(table_of(PlanLine)), rows[start : start + 1000])
    _change(session, plan_id, state=PlanState.DONE, figures=msgspec.json.encode(figures).decode(), touched_at=now)


def _write_progress(context: AppContext, plan_id: UUID, **values: Any) -> None:
    context.database.run(_change, plan_id, touched_at=context.clock.now(), **values)


def _change(session: Session, /, plan_id: UUID, **values: Any) -> None:
    session.execute(update(table_of(Plan)).where(Plan.id == plan_id).values(**values))
