"""A plan's lines edited, and turned into transfer requests: all in one transaction, and only once."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.clock import Moment
from core.errors import bad_field, conflict
from core.ids import derived_id
from core.languages import N_
from core.quantities import read_quantity, write_quantity
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.documents.transfers import ENTRIES, AskedLine, AskTransfer
from inventory.planner.models import LineKind, Plan, PlanLine, PlanState
from inventory.planner.proposal import plan_for
from inventory.planner.rules import Supply, Terms
from inventory.planner.situation import Scope, read_city
from inventory.stock import reasons
from inventory.stock.models import Lot
from inventory.stock.rules import fits_decimals
from inventory.telling.entries import book_entry
from inventory.watch.raising import raised_minimums
from people.policy import Caller

ZERO = Decimal(0)
GIVES = (LineKind.TRANSFER, LineKind.REFILL)


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line's new quantity in base units; ``0`` strikes the line out."""

    line: UUID
    quantity: str


def edit(
    session: Session, caller: Caller, plan_id: UUID, changes: Collection[Change], now: datetime, today: date
) -> int:
    """Change quantities and strike lines out; returns how many lines were changed.

    Refuses (409) a plan that is not a proposal any more, and more than a depot can do without.
    """
    plan = _open_plan(session, caller, plan_id)
    lines = {
        line.id: line
        for line in session.execute(
            select(PlanLine).where(PlanLine.plan_id == plan_id, PlanLine.id.in_([change.line for change in changes]))
        ).scalars()
    }
    changed, raised = 0, set[UUID]()
    for change in changes:
        line = lines.get(change.line)
        if line is None:
            raise bad_field("line", N_("there is no such line in this plan"))
        quantity = _quantity(session, line, change.quantity)
        if quantity > line.quantity and line.from_depot_id is not None:
            raised.add(line.from_depot_id)
        changed += quantity != line.quantity
        if quantity == 0:
            session.execute(delete(PlanLine).where(PlanLine.id == line.id))
            session.expunge(line)
        else:
            line.quantity = quantity
    session.flush()
    if raised:
        _require_spare(session, caller, plan, now, today, raised)
    return changed


def _open_plan(session: Session, caller: Caller, plan_id: UUID) -> Plan:
    plan = plan_for(session, caller, plan_id)
    session.refresh(plan, with_for_update=True)
    if plan.state != PlanState.DONE:
        raise conflict("not-now", N_("this plan cannot be changed: it is being made, or it was carried out"))
    return plan


def _quantity(session: Session, line: PlanLine, text: str) -> Decimal:
    quantity = ZERO if text.strip() in ("", "0") else read_quantity(text.strip())
    if not fits_decimals(quantity, session.get_one(Item, line.item_id).decimals):
        raise bad_field("quantity", N_("this item is counted in whole pieces"))
    return quantity


def _require_spare(
    session: Session, caller: Caller, plan: Plan, now: datetime, today: date, givers: Collection[UUID]
) -> None:
    """Refuse (409) if a depot would give more than it can do without as things stand now."""
    terms = msgspec.json.decode(plan.terms, type=Terms)
    statement = select(PlanLine.kind, PlanLine.from_depot_id, PlanLine.item_id, PlanLine.quantity).where(
        PlanLine.plan_id == plan.id, PlanLine.kind.in_(GIVES), PlanLine.from_depot_id.in_(givers)
    )
    moved: dict[LineKind, dict[Any, Decimal]] = {kind: defaultdict(Decimal) for kind in GIVES}
    for kind, depot_id, item_id, quantity in session.execute(statement):
        moved[kind][depot_id, item_id] += quantity
    given, refilled = moved[LineKind.TRANSFER], moved[LineKind.REFILL]
    items = {item_id for _, item_id in (*given, *refilled)}
    raised = raised_minimums(session, today, givers)
    city = read_city(session, caller, terms, Scope(), now, today, raised=raised, only=givers, items=items)
    for key in refilled:
        given[key] += 0  # what refills a swap comes back: only the minimum must be left beside all that goes
    usual, least = _spare(city.supplies()), _spare(city.supplies(least=True))
    for (depot_id, item_id), quantity in given.items():
        spare = min(usual[depot_id, item_id], least[depot_id, item_id] - refilled[depot_id, item_id])
        if quantity > max(spare, ZERO) or refilled[depot_id, item_id] > least[depot_id, item_id]:
            raise _too_much(session, depot_id, item_id, max(spare, ZERO))
    for limit in city.limits():
        own = {item_id: given[limit.depot_id, item_id] for item_id in limit.items if given[limit.depot_id, item_id]}
        if sum(own.values()) > limit.quantity:
            raise _too_much(session, limit.depot_id, next(iter(own)), Decimal(limit.quantity))


def _spare(supplies: Iterable[Supply]) -> dict[Any, Decimal]:
    found: dict[Any, Decimal] = defaultdict(Decimal)
    found |= {(supply.depot_id, supply.item_id): Decimal(supply.quantity) for supply in supplies}
    return found


def _too_much(session: Session, depot_id: UUID, item_id: UUID, spare: Decimal) -> Exception:
    depot, item = session.get_one(Depot, depot_id), session.get_one(Item, item_id)
    return conflict(
        "not-spare",
        N_("{depot} can do without {available} of {item} now, no more; change the quantity or make the plan anew"),
        extra={"depot": depot.code, "item": item.code, "available": write_quantity(spare)},
        depot=(depot.name_zh, depot.name_en),
        item=(item.name_zh, item.name_en),
        available=write_quantity(spare),
    )


def ask_for_transfers(session: Session, caller: Caller, plan_id: UUID, moment: Moment) -> int:
    """Turn every trip of a plan into a transfer request; returns how many there are. A second time nothing happens.

    What a depot can do without is looked at anew: the plan may be hours old. Refuses (409) the whole if one of them
    cannot give what the plan says.
    """
    plan = plan_for(session, caller, plan_id)
    session.refresh(plan, with_for_update=True)
    if plan.state == PlanState.ASKED:
        asked = select(PlanLine.transfer_id).where(PlanLine.plan_id == plan_id, PlanLine.transfer_id.is_not(None))
        return len(set(session.execute(asked).scalars()))
    plan = _open_plan(session, caller, plan_id)
    lines = list(
        session.execute(
            select(PlanLine)
            .where(PlanLine.plan_id == plan_id, PlanLine.from_depot_id.is_not(None))
            .order_by(PlanLine.position)
        ).scalars()
    )
    _require_spare(
        session, caller, plan, moment.now, moment.today, {line.from_depot_id for line in lines if line.from_depot_id}
    )
    _require_refills(session, lines)
    depots, items = _codes(session, Depot), _codes(session, Item)
    trips: dict[tuple[Any, ...], list[PlanLine]] = defaultdict(list)
    for line in lines:
        trips[line.from_depot_id, line.to_depot_id, line.kind].append(line)
    for (giver, receiver, kind), loaded in trips.items():
        entry = AskTransfer(
            id=derived_id("plan", plan.id, giver, receiver, kind),
            giver=depots[giver],
            receiver=depots[receiver],
            lines=[AskedLine(items[line.item_id], write_quantity(line.quantity)) for line in loaded],
            reason=_REASONS[kind](what=" ".join([f"{plan.created_at:%Y-%m-%d}", *_lots(session, loaded)]))[:300],
        )
        book_entry(session, caller, entry, ENTRIES, moment)
        for line in loaded:
            line.transfer_id = entry.id
    plan.state, plan.asked_at, plan.asked_by_id = PlanState.ASKED, moment.now, caller.person_id
    session.flush()
    return len(trips)


def _lots(session: Session, lines: Iterable[PlanLine]) -> list[str]:
    """The numbers of the lots that are to go, where a plan names them."""
    lots = [session.get_one(Lot, line.lot_id) for line in lines if line.lot_id is not None]
    return [lot.number or "" for lot in lots]


_REASONS = {
    LineKind.TRANSFER: reasons.PLAN_GAP,
    LineKind.REFILL: reasons.PLAN_REFILL,
    LineKind.SWAP: reasons.PLAN_SWAP,
}


def _codes(session: Session, model: Any) -> dict[UUID, str]:
    return {row_id: code for row_id, code in session.execute(select(model.id, model.code))}


def _require_refills(session: Session, lines: Iterable[PlanLine]) -> None:
    """Refuse (409) a swap whose refill was struck out or cut down: its depot would be left short."""
    balance: dict[tuple[UUID | None, UUID | None, UUID], Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.kind == LineKind.REFILL:
            balance[line.to_depot_id, line.from_depot_id, line.item_id] += line.quantity
        elif line.kind == LineKind.SWAP:
            balance[line.from_depot_id, line.to_depot_id, line.item_id] -= line.quantity
    for (depot_id, _other, item_id), left in balance.items():
        if left < 0:
            depot, item = session.get_one(Depot, depot_id), session.get_one(Item, item_id)
            raise conflict(
                "no-refill",
                N_("the swap of {item} at {depot} has lost its refill; strike it out as well"),
                depot=(depot.name_zh, depot.name_en),
                item=(item.name_zh, item.name_en),
            )
