"""A plan as officers read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, cast, func, select, true, type_coerce
from sqlalchemy.orm import Session, aliased

from core.columns import THOUSANDTHS
from core.errors import not_found
from core.languages import N_
from depots.models import Depot, Level
from inventory.catalogue.models import Item
from inventory.planner.making import SILENT, Figures
from inventory.planner.models import LineKind, Plan, PlanLine, PlanState
from inventory.planner.rules import Terms
from inventory.stock.models import Lot
from people.models import Person
from people.policy import Act, Caller, may_in_city

ZERO = Decimal(0)
PER_PAGE = 100
_giver: Any = aliased(Depot)
_receiver: Any = aliased(Depot)


class PlanRow(msgspec.Struct, frozen=True):
    """A plan in lists. ``state`` is running, done, asked, failed, or lost (its process ended before it did)."""

    id: UUID
    state: str
    stage: str
    error: str
    district: str | None
    type: str | None
    person: str
    created_at: datetime
    asked_at: datetime | None
    terms: Terms
    figures: Figures | None


class Totals(msgspec.Struct, frozen=True):
    """What the lines come to as they stand now. Kilometres are by road, there and back."""

    transfers: int = 0
    swaps: int = 0
    purchases: int = 0
    trips: int = 0
    km: Decimal = ZERO
    money: Decimal = ZERO


class NamedLine(msgspec.Struct, frozen=True):
    """One line, with names. ``km`` is of one trip; ``price`` yuan for a base unit."""

    id: UUID
    kind: LineKind
    item: str
    item_zh: str
    item_en: str
    unit_zh: str
    unit_en: str
    quantity: Decimal
    proposed: Decimal
    giver: str | None
    giver_zh: str | None
    giver_en: str | None
    receiver: str
    receiver_zh: str
    receiver_en: str
    lot_number: str | None
    usable_through: date | None
    km: Decimal | None
    price: Decimal | None
    subject: str
    level: Level | None
    transfer: UUID | None

    @property
    def money(self) -> Decimal | None:
        """What a purchase costs, in yuan."""
        return None if self.price is None else self.price * self.quantity


@dataclass(frozen=True)
class PlanView:
    """A plan with one page of its lines."""

    plan: PlanRow
    totals: Totals
    lines: list[NamedLine]
    pages: int


def plan_for(session: Session, caller: Caller, plan_id: UUID) -> Plan:
    """A plan that the caller may see: one's own; everybody's for who answers for the city. Otherwise 404."""
    plan = session.get(Plan, plan_id)
    if plan is None or (plan.person_id != caller.person_id and not may_in_city(caller, Act.APPROVE)):
        raise not_found(N_("there is no such plan"))
    return plan


def plans(session: Session, caller: Caller, now: datetime, limit: int = 30) -> list[PlanRow]:
    """The newest plans that the caller may see."""
    visible = true() if may_in_city(caller, Act.APPROVE) else Plan.person_id == caller.person_id
    rows = session.execute(
        select(Plan, Person.name)
        .join(Person, Person.id == Plan.person_id)
        .where(visible)
        .order_by(Plan.created_at.desc(), Plan.id.desc())
        .limit(limit)
    )
    return [_row(plan, name, now) for plan, name in rows]


def plan_row(session: Session, caller: Caller, plan_id: UUID, now: datetime) -> PlanRow:
    """A plan without its lines. Two queries."""
    plan = plan_for(session, caller, plan_id)
    return _row(plan, session.get_one(Person, plan.person_id).name, now)


def _row(plan: Plan, person: str, now: datetime) -> PlanRow:
    lost = plan.state == PlanState.RUNNING and now - plan.touched_at > SILENT
    return PlanRow(
        plan.id,
        "lost" if lost else plan.state.value,
        plan.stage,
        plan.error,
        plan.district_code,
        plan.type_code,
        person,
        plan.created_at,
        plan.asked_at,
        msgspec.json.decode(plan.terms, type=Terms),
        msgspec.json.decode(plan.figures, type=Figures) if plan.figures != "{}" else None,
    )


def plan_view(session: Session, caller: Caller, plan_id: UUID, number: int, now: datetime) -> PlanView:
    """A plan and the page ``number`` of its lines. Five queries."""
    row = plan_row(session, caller, plan_id, now)
    count = session.execute(select(func.count()).where(PlanLine.plan_id == plan_id)).scalar_one()
    totals = totals_of(session, plan_id, row.terms.trip_units)
    statement = _LINES.where(PlanLine.plan_id == plan_id).offset((number - 1) * PER_PAGE).limit(PER_PAGE)
    lines = [NamedLine(*found) for found in session.execute(statement)]
    return PlanView(row, totals, lines, max(1, -(-count // PER_PAGE)))


_LINES = (
    select(
        PlanLine.id,
        PlanLine.kind,
        Item.code,
        Item.name_zh,
        Item.name_en,
        Item.unit_zh,
        Item.unit_en,
        PlanLine.quantity,
        PlanLine.proposed,
        _giver.code,
        _giver.name_zh,
        _giver.name_en,
        _receiver.code,
        _receiver.name_zh,
        _receiver.name_en,
        Lot.number,
        Lot.usable_through,
        PlanLine.km,
        PlanLine.price,
        PlanLine.subject,
        PlanLine.level,
        PlanLine.transfer_id,
    )
    .join(Item, Item.id == PlanLine.item_id)
    .join(_receiver, _receiver.id == PlanLine.to_depot_id)
    .outerjoin(_giver, _giver.id == PlanLine.from_depot_id)
    .outerjoin(Lot, Lot.id == PlanLine.lot_id)
    .order_by(PlanLine.position)
)


def all_lines(session: Session, caller: Caller, plan_id: UUID, kind: LineKind | None = None) -> Iterator[NamedLine]:
    """Every line of a plan, or every one of a kind, read as they are needed."""
    plan_for(session, caller, plan_id)
    statement = _LINES.where(PlanLine.plan_id == plan_id, *(() if kind is None else (PlanLine.kind == kind,)))
    for found in session.execute(statement.execution_options(yield_per=1000)):
        yield NamedLine(*found)


def totals_of(session: Session, plan_id: UUID, trip_units: int) -> Totals:
    """What a plan's lines come to. Two queries."""
    kinds = select(PlanLine.kind, func.count()).where(PlanLine.plan_id == plan_id).group_by(PlanLine.kind)
    count = {kind: number for kind, number in session.execute(kinds)}
    room = trip_units * THOUSANDTHS
    units = cast(func.sum(type_coerce(PlanLine.quantity, BigInteger)), BigInteger)
    pairs = (
        select(
            ((units + room - 1) // room).label("trips"),
            func.max(type_coerce(PlanLine.km, BigInteger)).label("km"),
        )
        .where(PlanLine.plan_id == plan_id, PlanLine.km.is_not(None))
        .group_by(PlanLine.from_depot_id, PlanLine.to_depot_id)
        .subquery()
    )
    money = (
        select(func.sum(type_coerce(PlanLine.price, BigInteger) * type_coerce(PlanLine.quantity, BigInteger)))
        .where(PlanLine.plan_id == plan_id, PlanLine.price.is_not(None))
        .scalar_subquery()
    )
    trips, metres, spent = session.execute(
        select(func.sum(pairs.c.trips), func.sum(pairs.c.trips * pairs.c.km), money)
    ).one()
    return Totals(
        count.get(LineKind.TRANSFER, 0),
        count.get(LineKind.SWAP, 0),
        count.get(LineKind.PURCHASE, 0),
        int(trips or 0),
        Decimal(int(metres or 0)) / THOUSANDTHS,
        Decimal(int(spent or 0)) / THOUSANDTHS / THOUSANDTHS,
    )
