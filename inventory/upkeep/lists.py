"""What falls due, what is overdue, what was done: as lists for people and programs."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import Session

from core.columns import among
from core.paging import Page, page_of, read_cursor, typed_bound
from depots.models import Depot, DepotStatus, Place
from depots.places import path_at
from inventory.catalogue.models import Item
from inventory.clocks.models import Check, Due, MaintenancePlan, Outcome
from inventory.clocks.rules import State, state_of
from inventory.stock.models import Lot, Stock
from people.models import Person
from people.policy import Act, Caller, reach

HORIZON = 31  # days ahead that the list of what is due looks, unless told otherwise
ACTS_SHOWN = 100  # of a piece's history, the newest
LEAD = timedelta(days=7)  # a rolling task may be done at any time; it is called due so long before
CheckState = Literal["open", "overdue", "blocked", "all", "done"]


class CheckRow(msgspec.Struct, frozen=True):
    """A task on a thing: due (``due_on``, ``state``), or done (``done_on``, ``outcome``, ``by``). Dates are local."""

    plan: str
    task_zh: str
    task_en: str
    kind: str
    item: str
    item_zh: str
    item_en: str
    lot: UUID
    number: str
    depot: str
    depot_zh: str
    depot_en: str
    phone: str
    place: UUID | None
    place_zh: str
    place_en: str
    blocks_use: bool
    due_on: date | None
    state: str
    last_done_on: date | None = None
    never: bool = False
    blocked_from: date | None = None
    id: UUID | None = None
    done_on: date | None = None
    outcome: Outcome | None = None
    note: str = ""
    by: str | None = None
    defect: UUID | None = None
    label: str | None = None  # the code on the thing


@dataclass(frozen=True)
class CheckFilters:
    """Which tasks. ``within``: days ahead, for ``open``."""

    state: CheckState = "open"
    depot: str | None = None
    district: str | None = None
    type_code: str | None = None
    item: str | None = None
    plan: str | None = None
    lot: UUID | None = None
    place: UUID | None = None
    within: int = HORIZON


_NAMES: tuple[Any, ...] = (
    MaintenancePlan.code,
    MaintenancePlan.task_zh,
    MaintenancePlan.task_en,
    MaintenancePlan.kind,
    Item.code.label("item"),
    Item.name_zh.label("item_zh"),
    Item.name_en.label("item_en"),
    func.coalesce(Lot.serial, Lot.number, "").label("number"),
    Depot.code.label("depot"),
    Depot.name_zh.label("depot_zh"),
    Depot.name_en.label("depot_en"),
    Depot.phone,
    MaintenancePlan.blocks_use,
)
_PATHS = (path_at(Place, Check.depot_id, "zh").label("path_zh"), path_at(Place, Check.depot_id, "en").label("path_en"))


def checks(
    session: Session, caller: Caller, filters: CheckFilters, today: date, limit: int, cursor: str | None = None
) -> Page[CheckRow]:
    """A page of tasks within reach: what is due soonest first, or what was done newest first. Two queries."""
    if filters.state == "done":
        return _done(session, caller, filters, limit, cursor)
    columns = (Due.due_on, Due.lot_id, Due.plan_code)
    statement = (
        _joined(select(Due, *_NAMES), Due)
        .where(*_within(caller, filters), *_state(filters, today), is_held())
        .order_by(*columns, Due.depot_id)
        .limit(limit + 1)
    )
    after = read_cursor(cursor, tuple[date, UUID, str])
    if after is not None:
        statement = statement.where(tuple_(*columns) > typed_bound(after, columns))
    rows = list(session.execute(statement))
    where = _places(session, {(row.Due.lot_id, row.Due.depot_id) for row in rows})
    return page_of(
        rows,
        limit,
        lambda row: (row.Due.due_on, row.Due.lot_id, row.Due.plan_code),
        lambda row: _due_row(row, where, today),
    )


def _joined(statement: Any, table: Any) -> Any:
    return (
        statement.select_from(table)
        .join(MaintenancePlan, MaintenancePlan.code == table.plan_code)
        .join(Lot, Lot.id == table.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Depot, Depot.id == table.depot_id)
    )


def _within(caller: Caller, filters: CheckFilters, table: Any = Due) -> list[Any]:
    conditions = [reach(caller, Act.SEE, Depot.id, Depot.district_code)]
    wanted = (
        (Depot.code, filters.depot),
        (Depot.district_code, filters.district),
        (Depot.type_code, filters.type_code),
        (Item.code, filters.item),
        (table.plan_code, filters.plan),
        (table.lot_id, filters.lot),
    )
    conditions += [column == value for column, value in wanted if value is not None]
    if filters.place is not None:
        conditions.append(
            select(Stock.lot_id)
            .where(Stock.lot_id == table.lot_id, Stock.place_id == filters.place, Stock.quantity > 0)
            .correlate_except(Stock)
            .exists()
        )
    return conditions


def is_held() -> Any:
    """The condition that the thing is still on the depot's books, and the depot open (T91).

    With an offset PostgreSQL looks each thing up; without it joins the whole city's stock first (4.3 s for 24,000).
    """
    held = select(Stock.lot_id).where(
        Stock.lot_id == Due.lot_id, Stock.depot_id == Due.depot_id, ~Stock.outside, Stock.quantity > 0
    )
    return (Depot.status == DepotStatus.OPEN) & held.correlate_except(Stock).limit(1).offset(0).exists()


def _state(filters: CheckFilters, today: date) -> list[Any]:
    if filters.state == "overdue":
        return [Due.due_on < today]
    if filters.state == "blocked":
        return [Due.due_on.is_not(None), Due.blocked_from <= today]
    if filters.state == "all":
        return [Due.due_on.is_not(None)]
    return [or_(Due.due_on <= today + timedelta(days=filters.within), Due.blocked_from <= today)]


def _places(session: Session, pairs: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Any]:
    """Where most of each (lot, depot) lies."""
    if not pairs:
        return {}
    rows = session.execute(
        select(Stock.lot_id, Stock.depot_id, Place.id, Place.path_zh, Place.path_en)
        .join(Place, Place.id == Stock.place_id)
        .where(among((Stock.lot_id, Stock.depot_id), pairs), ~Stock.outside, Stock.quantity > 0)
        .order_by(Stock.quantity, Place.position.desc())
    )
    return {(row.lot_id, row.depot_id): row for row in rows}


def _names(row: Any, place: Any) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("task_zh", "task_en", "kind", "blocks_use", "number")}
    for name in ("item", "item_zh", "item_en", "depot", "depot_zh", "depot_en", "phone"):
        told[name] = getattr(row, name)
    at = (place.id, place.path_zh, place.path_en) if place is not None else (None, "", "")
    return {**told, "plan": row.code, "place": at[0], "place_zh": at[1], "place_en": at[2]}


def state_today(due: Due, today: date) -> State:
    """How a clock with an open date stands today."""
    assert due.due_on is not None
    return state_of(due.due_on, due.blocked_from, due.opens_on or due.due_on - LEAD, today)


def _due_row(row: Any, where: dict[tuple[UUID, UUID], Any], today: date) -> CheckRow:
    due: Due = row.Due
    return CheckRow(
        **_names(row, where.get((due.lot_id, due.depot_id))),
        lot=due.lot_id,
        due_on=due.due_on,
        state=state_today(due, today).value,
        last_done_on=due.last_done_on,
        never=due.last_done_on is None,
        blocked_from=due.blocked_from,
    )


def _done(session: Session, caller: Caller, filters: CheckFilters, limit: int, cursor: str | None) -> Page[CheckRow]:
    columns = (Check.recorded_at, Check.id)
    statement = (
        _joined(select(Check, *_NAMES, *_PATHS, Person.account.label("by")), Check)
        .join(Person, Person.id == Check.person_id)
        .outerjoin(Place, Place.id == Check.place_id)
        .where(*_within(caller, filters, Check))
        .order_by(Check.recorded_at.desc(), Check.id.desc())
        .limit(limit + 1)
    )
    after = read_cursor(cursor, tuple[datetime, UUID])
    if after is not None:
        statement = statement.where(tuple_(*columns) < typed_bound(after, columns))
    return page_of(
        list(session.execute(statement)), limit, lambda row: (row.Check.recorded_at, row.Check.id), _done_row
    )


def _done_row(row: Any) -> CheckRow:
    check: Check = row.Check
    told = {**_names(row, None), "place": check.place_id}
    told |= {"place_zh": row.path_zh or "", "place_en": row.path_en or ""}
    return CheckRow(
        **told,
        lot=check.lot_id,
        due_on=check.period,
        state="done",
        id=check.id,
        done_on=check.done_on,
        outcome=check.outcome,
        note=check.note,
        by=row.by,
        defect=check.defect_id,
    )


@dataclass(frozen=True)
class PieceClock:
    """One plan on one piece, for its page."""

    due: Due
    plan: MaintenancePlan
    depot: Depot
    state: State | None


def clocks_of_lot(session: Session, caller: Caller, lot_id: UUID, today: date) -> list[PieceClock]:
    """All plans on a lot within reach, the worst first (T25)."""
    rows = session.execute(
        select(Due, MaintenancePlan, Depot)
        .join(MaintenancePlan, MaintenancePlan.code == Due.plan_code)
        .join(Depot, Depot.id == Due.depot_id)
        .where(Due.lot_id == lot_id, reach(caller, Act.SEE, Depot.id, Depot.district_code), is_held())
        .order_by(MaintenancePlan.code)
        .limit(100)
    ).all()
    found = [PieceClock(due, plan, depot, state_today(due, today) if due.due_on else None) for due, plan, depot in rows]
    order = list(State)
    return sorted(found, key=lambda one: (-order.index(one.state) if one.state else 1, one.due.due_on or date.max))


def gone_through(session: Session, lot_id: UUID) -> list[Any]:
    """A piece's history: (check, plan, person), the newest first."""
    statement = (
        select(Check, MaintenancePlan, Person)
        .join(MaintenancePlan, MaintenancePlan.code == Check.plan_code)
        .join(Person, Person.id == Check.person_id)
        .where(Check.lot_id == lot_id)
        .order_by(Check.done_on.desc(), Check.recorded_at.desc(), Check.id)
        .limit(ACTS_SHOWN)
    )
    return list(session.execute(statement).all())
