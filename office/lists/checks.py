"""Checks that are due or overdue: a row per piece, depot and plan, the most urgent first."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import and_, case, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from core.errors import bad_field
from core.inputs import read_date
from core.languages import N_
from depots.models import Depot, Place, Profile
from inventory.catalogue.models import Item
from inventory.clocks.models import Due, MaintenancePlan
from inventory.clocks.rules import State
from inventory.stock.models import Lot, Stock
from inventory.telling.entries import book_entry
from inventory.telling.scene import NewEntry
from inventory.upkeep import checks as checking
from inventory.upkeep.checks import MOST_LINES, CheckDone, CheckLine, SetClock
from inventory.upkeep.lists import HORIZON, LEAD, is_held
from inventory.upkeep.pages import KIND_WORDS, STATE_WORDS
from office.along import Way
from office.lists.common import (
    BY_ITEM,
    CATEGORY,
    DEPOT,
    DISTRICT,
    ITEM,
    ITEM_VALUES,
    by_lots_of_items,
    depot_values,
    entry_id,
    names_of,
    one_of,
    seen_at,
    types_seen,
    words_of_depot,
    words_of_item,
    words_of_lot,
)
from office.lists.gear import CODE_COLUMN, DEPOT_COLUMN, NUMBER_COLUMN
from office.tables import Act, Chip, Column, Join, Key, Reader, Table
from people.policy import Act as May

WEEK_WORDS = {
    "past": N_("overdue"),
    "this": N_("this week"),
    "next": N_("next week"),
    "later": N_("after next week"),
}
MOODS = {State.BLOCKED: "bad", State.OVERDUE: "bad", State.DUE: "warn", State.COMING: ""}
_RANK = {State.BLOCKED: 0, State.OVERDUE: 1, State.DUE: 2, State.COMING: 3}
_lying: Any = aliased(Stock)
_where: Any = aliased(Place)


def _state(reader: Reader) -> Any:
    """As ``state_of`` says it of one piece."""
    opens = or_(Due.opens_on <= reader.today, Due.opens_on.is_(None) & (Due.due_on <= reader.today + LEAD))
    return case(
        (Due.blocked_from <= reader.today, State.BLOCKED.value),
        (Due.due_on < reader.today, State.OVERDUE.value),
        (opens, State.DUE.value),
        else_=State.COMING.value,
    )


def _states(reader: Reader) -> Mapping[str, Any]:
    """As ``_state``, by the index of the days: nothing blocks before the day on which it is due."""
    today = reader.today
    blocked, late = Due.blocked_from <= today, Due.due_on < today
    usable = or_(Due.blocked_from.is_(None), Due.blocked_from > today)
    opens, coming = Due.opens_on <= today, Due.opens_on > today
    rolling, soon = Due.opens_on.is_(None), Due.due_on <= today + LEAD
    return {
        State.BLOCKED.value: and_(Due.due_on <= today, blocked),
        State.OVERDUE.value: and_(late, usable),
        State.DUE.value: and_(Due.due_on >= today, usable, or_(opens, and_(rolling, soon))),
        State.COMING.value: and_(Due.due_on >= today, usable, or_(coming, and_(rolling, not_(soon)))),
    }


def _week(reader: Reader) -> Any:
    sunday = reader.today + timedelta(days=6 - reader.today.weekday())
    return case(
        (Due.due_on < reader.today, "past"),
        (Due.due_on <= sunday, "this"),
        (Due.due_on <= sunday + timedelta(days=7), "next"),
        else_="later",
    )


def _weeks(reader: Reader) -> Mapping[str, Any]:
    """As ``_week``, by the index of the days."""
    today, sunday = reader.today, reader.today + timedelta(days=6 - reader.today.weekday())
    next_sunday = sunday + timedelta(days=7)
    return {
        "past": Due.due_on < today,
        "this": and_(Due.due_on >= today, Due.due_on <= sunday),
        "next": and_(Due.due_on > sunday, Due.due_on <= next_sunday),
        "later": Due.due_on > next_sunday,
    }


def _urgency(reader: Reader) -> Any:
    rank = case({state.value: number for state, number in _RANK.items()}, value=_state(reader))
    return rank, Due.due_on


def plan_names(session: Session, codes: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """What is done by the plans with these codes."""
    plan = MaintenancePlan
    rows = session.execute(select(plan.code, plan.task_zh, plan.task_en).where(plan.code.in_(codes)))
    return {code: (zh, en) for code, zh, en in rows}


def _within(reader: Reader) -> Sequence[Any]:
    """What is due within the horizon: what blocks use by now was due before (``Anchoring.blocked_from``)."""
    return (Due.due_on <= reader.today + timedelta(days=HORIZON), is_held(), seen_at(reader, Depot))


def _place(path: Any) -> Any:
    """Where most of it lies."""
    here = (_lying.lot_id == Due.lot_id, _lying.depot_id == Due.depot_id, ~_lying.outside, _lying.quantity > 0)
    lying = select(path).join(_lying, _lying.place_id == _where.id).where(*here).correlate(Due)
    return func.coalesce(lying.order_by(_lying.quantity.desc(), _where.position).limit(1).scalar_subquery(), "")


def _values(reader: Reader) -> Sequence[Any]:
    return (
        *ITEM_VALUES,
        *depot_values(),
        Lot.id.label("lot"),
        Lot.number,
        Lot.serial,
        MaintenancePlan.task_zh,
        MaintenancePlan.task_en,
        MaintenancePlan.kind,
        Due.due_on,
        Due.last_done_on,
        _state(reader).label("state"),
        _place(_where.path_zh).label("place_zh"),
        _place(_where.path_en).label("place_en"),
    )


def _told(session: Session, reader: Reader, entry: NewEntry) -> None:
    book_entry(session, reader.caller, entry, checking.ENTRIES, reader.moment)


def _in_order(session: Session, reader: Reader, keys: Sequence[Key], said: Mapping[str, str]) -> int:
    """Somebody has looked, and all is in order. A plan that asks questions refuses: it is answered piece by piece."""
    lines = [CheckLine(str(lot), plan, passed=True) for lot, _, plan in keys]
    for number in range(0, len(lines), MOST_LINES):
        entry = CheckDone(id=entry_id(said, "checks", number), lines=lines[number : number + MOST_LINES])
        _told(session, reader, entry)
    return len(lines)


def _by_the_papers(session: Session, reader: Reader, keys: Sequence[Key], said: Mapping[str, str]) -> int:
    """What the papers say of them: when it was last done."""
    day = read_date(said.get("day", ""), "day")
    if day is None:
        raise bad_field("day", N_("choose a date"))
    reason = said.get("reason", "")
    for lot, depot, plan in keys:
        papers = entry_id(said, "papers", lot, depot, plan)
        _told(session, reader, SetClock(id=papers, thing=str(lot), plan=plan, reason=reason, last_done_on=day))
    return len(keys)


def _old(query: Mapping[str, str]) -> str | None:
    """Addresses of before: ``state=done`` was a list of its own kind, ``open`` is what is shown by itself."""
    rest = urlencode({name: query[name] for name in ("depot", "district", "type") if query.get(name)})
    if query.get("state") == "done":
        return f"/upkeep/done?{rest}"
    return f"/upkeep?{rest}" if query.get("state") in ("open", "all") else None


PLAN = Chip("plan", N_("Plan"), lambda _: MaintenancePlan.code, names=plan_names, many=True)
PLAN_KIND = Chip("task", N_("Task"), lambda _: MaintenancePlan.kind, KIND_WORDS)
TASK_COLUMN = Column("what", N_("Task"), lambda row: (row.task_zh, row.task_en), width=26)
PIECE_COLUMN = Column(
    "item",
    N_("Item"),
    lambda row: (row.item_zh, row.item_en),
    link=lambda row: f"/lots/{row.lot}/upkeep",
    sort=lambda _: Item.code,
    along=BY_ITEM,
    width=26,
)
CHECKS = Table(
    name="checks",
    title=N_("Checks due"),
    path="/upkeep",
    base=Due,
    key=(Due.lot_id, Due.depot_id, Due.plan_code),
    key_shape=(UUID, UUID, str),
    joins=(
        Join(MaintenancePlan, MaintenancePlan.code == Due.plan_code),
        Join(Depot, Depot.id == Due.depot_id),
        Join(Lot, Lot.id == Due.lot_id),
        Join(Item, Item.id == Lot.item_id, few=by_lots_of_items(Due.lot_id)),
    ),
    within=_within,
    values=_values,
    columns=(
        Column(
            "state",
            N_("State"),
            lambda row: STATE_WORDS[State(row.state)],
            "badge",
            mood=lambda row: MOODS[State(row.state)],
            sort=_urgency,
            shape=(int, date),
            along=Way(),
            bands=_states,
        ),
        Column("due", N_("Due"), lambda row: row.due_on, "date", sort=lambda _: Due.due_on, shape=date, along=Way()),
        PIECE_COLUMN,
        CODE_COLUMN,
        NUMBER_COLUMN,
        TASK_COLUMN,
        replace(DEPOT_COLUMN, sort=lambda _: Depot.code, along=Way((Depot,))),
        Column("place", N_("Place"), lambda row: (row.place_zh, row.place_en), width=28),
        Column("last", N_("Last done"), lambda row: row.last_done_on, "date", none=N_("never done")),
    ),
    chips=(
        Chip(
            "state",
            N_("State"),
            _state,
            {state.value: word for state, word in STATE_WORDS.items()},
            where=one_of(_states),
        ),
        Chip("week", N_("By week"), _week, WEEK_WORDS, where=one_of(_weeks), ordered=True),
        PLAN_KIND,
        CATEGORY,
        DISTRICT,
        Chip("type", N_("Type"), lambda _: Depot.type_code, names=names_of(Profile), known=types_seen),
        DEPOT,
        ITEM,
        PLAN,
    ),
    words=(words_of_item(Lot.item_id), words_of_depot(Due.depot_id), words_of_lot(Due.lot_id)),
    order="state",
    acts=(
        Act("passed", N_("Checked: in order"), _in_order, May.TAKE, key="c"),
        Act("papers", N_("By the papers, done on"), _by_the_papers, May.KEEP, ("day", "reason"), "d"),
    ),
    acts_may=May.TAKE,
    empty=N_("Nothing is due."),
    old=_old,
)
