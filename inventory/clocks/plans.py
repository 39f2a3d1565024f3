"""Plans: what they ask, and how officers change them. Every change is a version with its author, and recalculates."""

import json
import re
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.errors import bad_field, conflict, forbidden, not_found
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_quantity, write_quantity
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.clocks.anchors import ANCHORINGS
from inventory.clocks.clocks import Plans, clock_of, due_row, facts_of, figures_changed, plans_of, put_rows, rule_of
from inventory.clocks.models import Due, MaintenancePlan, Meter, PlanVersion, Reading
from inventory.clocks.rules import metered, rebase
from inventory.clocks.terms import UNITS, Anchor, Clock
from inventory.stock.models import Lot, Stock
from people.models import Person
from people.policy import Act, Caller, may

LONGEST_INTERVAL = 1200
# What a plan says; the rest of its row is how it is kept
CONTENT = (
    "task_zh",
    "task_en",
    "anchor",
    "first_after_months",
    "every",
    "unit",
    "done_by",
    "blocks_use",
    "source",
    "clause",
    "clause_zh",
    "note",
    "note_zh",
    "kind",
    "anchor_on",
    "season_from",
    "season_to",
    "off_every",
    "off_unit",
    "crowded_types",
    "crowded_every",
    "crowded_unit",
    "meter",
    "meter_every",
    "grace_days",
    "checklist",
    "active",
)
_WORDS = frozenset({"task_zh", "task_en", "done_by", "source", "clause", "clause_zh", "note", "note_zh", "checklist"})


class Question(msgspec.Struct, frozen=True):
    """One line of a checklist. A reading has limits, a choice its good answers; a photo must be there."""

    key: str
    kind: Literal["yes_no", "reading", "choice", "photo"]
    zh: str
    en: str
    low: str | None = None
    high: str | None = None
    unit: str = ""
    choices: list[str] = []
    good: list[str] = []


def checklist_of(plan: MaintenancePlan) -> list[Question]:
    """What a check of this plan asks; empty: only whether it is in order."""
    return msgspec.json.decode(plan.checklist, type=list[Question])


def content_of(plan: MaintenancePlan) -> str:
    """What a plan says, as stored for its versions."""
    return msgspec.json.encode({name: getattr(plan, name) for name in CONTENT}).decode()


class PlanEdit(msgspec.Struct, forbid_unknown_fields=True):
    """What an officer lets a plan say from now on; what is left out stays."""

    reason: str
    task_zh: str | None = None
    task_en: str | None = None
    every: int | None = None
    unit: str | None = None
    first_after_months: int | None = None
    blocks_use: bool | None = None
    grace_days: int | None = None
    season_from: str | None = None
    season_to: str | None = None
    off_every: int | None = None
    off_unit: str | None = None
    crowded_types: str | None = None
    crowded_every: int | None = None
    crowded_unit: str | None = None
    meter: str | None = None
    meter_every: str | None = None
    note: str | None = None
    note_zh: str | None = None
    checklist: list[Question] | None = None
    active: bool | None = None


def the_plan(session: Session, code: str) -> MaintenancePlan:
    """The plan with this code; 404 if there is none."""
    plan = session.get(MaintenancePlan, code)
    if plan is None:
        raise not_found(N_("there is no plan with the code {code}"), code=code)
    return plan


def counts_from_manufacture(session: Session, item: Item) -> bool:
    """Whether a date of an item's pieces, of service or scrap, is counted from when they were made."""
    plans = select(MaintenancePlan.code).where(
        MaintenancePlan.item_id == item.id, MaintenancePlan.anchor == Anchor.MFG.value, MaintenancePlan.active
    )
    return item.retire_age_months is not None or session.execute(plans).first() is not None


def edit_plan(session: Session, caller: Caller, code: str, edit: PlanEdit, now: datetime) -> PlanVersion:
    """Make a new version of a plan, and count every due date anew from when it was last done (T23)."""
    if not may(caller, Act.APPROVE):
        raise forbidden(N_("your role does not allow this"))
    reason = clean_text(edit.reason, "reason", 500, required=True)
    plan = session.execute(
        select(MaintenancePlan).where(MaintenancePlan.code == code).with_for_update()
    ).scalar_one_or_none()
    if plan is None:
        raise not_found(N_("there is no plan with the code {code}"), code=code)
    before = content_of(plan)
    if plan.version == 1 and session.get(PlanVersion, (code, 1)) is None:
        session.add(PlanVersion(plan_code=code, version=1, content=before, at=now))
    for name, value in _values(edit).items():
        setattr(plan, name, value)
    _check(plan)
    after = content_of(plan)
    if after == before:
        raise conflict("unchanged", N_("nothing was changed"))
    plan.version, plan.edited = plan.version + 1, True
    session.flush()
    counted, moved = recalculate(session, plan.item_id, {code} if _timing(before) != _timing(after) else set())
    version = PlanVersion(
        plan_code=code,
        version=plan.version,
        content=after,
        reason=reason,
        person_id=caller.person_id,
        at=now,
        recalculated=counted,
        moved=moved,
    )
    session.add(version)
    session.flush()
    return version


def _values(edit: PlanEdit) -> dict[str, Any]:
    """The columns that an edit sets. 0 or an empty text takes an interval, season or meter away."""
    given = {name: getattr(edit, name) for name in edit.__struct_fields__ if name != "reason"}
    values = {name: value for name, value in given.items() if value is not None}
    for name in ("task_zh", "task_en"):
        if name in values:
            values[name] = clean_text(values[name], name, 200, required=True)
    for name in ("note", "note_zh"):
        if name in values:
            values[name] = clean_text(values[name], name, 500)
    for name in ("every", "first_after_months", "off_every", "crowded_every"):
        if name in values:
            if not 0 <= values[name] <= LONGEST_INTERVAL:
                raise bad_field(name, N_("this is no interval"))
            values[name] = values[name] or None
    if "meter_every" in values:
        text = values["meter_every"]
        values["meter_every"] = read_quantity(text) if text else None
    if "checklist" in values:
        values["checklist"] = msgspec.json.encode(_checked(values["checklist"])).decode()
    return values


def _checked(questions: list[Question]) -> list[Question]:
    keys = [question.key for question in questions]
    if len(keys) != len(set(keys)) or not all(re.fullmatch(r"[a-z][a-z0-9_]{0,23}", key) for key in keys):
        raise bad_field("checklist", N_("each question has a short name of its own, in small letters"))
    for question in questions:
        clean_text(question.zh, "checklist", 200, required=True)
        clean_text(question.en, "checklist", 200, required=True)
        for limit in (question.low, question.high):
            if limit is not None:
                _limit(limit)
        if question.kind == "choice" and not (question.choices and set(question.good) <= set(question.choices)):
            raise bad_field("checklist", N_("a choice names its answers, and which of them are good"))
    return questions


def _limit(text: str) -> Decimal:
    try:
        limit = Decimal(text)
    except ArithmeticError:
        limit = Decimal("NaN")
    if not limit.is_finite():
        raise bad_field("checklist", N_("a limit is a number"))
    return limit


def _check(plan: MaintenancePlan) -> None:
    """Refuse (422) a plan that no clock could follow."""
    for name in ("unit", "off_unit", "crowded_unit"):
        unit = getattr(plan, name)
        if unit and unit not in UNITS:
            raise bad_field(name, N_("the units are day, week, month, use and shift"))
    anchoring = ANCHORINGS[Anchor(plan.anchor)]
    fault = anchoring.fault_of(plan)
    if fault is not None:
        raise bad_field(*fault)
    for name in ("season_from", "season_to"):
        if getattr(plan, name) and not _is_month_day(getattr(plan, name)):
            raise bad_field(name, N_("a season is told by month and day, such as 09-15"))
    if bool(plan.season_from) != bool(plan.season_to):
        raise bad_field("season_to", N_("a season has a first and a last day"))
    if bool(plan.meter) != (plan.meter_every is not None) or (plan.meter and plan.meter not in set(Meter)):
        raise bad_field("meter", N_("a meter is hours, cycles or km, and has an interval"))
    if plan.meter and not anchoring.by_meter:
        raise bad_field("meter", N_("only what counts from the last time may also go by a meter"))
    if bool(plan.crowded_types) != (plan.crowded_every is not None):
        raise bad_field("crowded_every", N_("crowded places have their own interval, or none is named"))
    if plan.crowded_every and not plan.crowded_unit:
        plan.crowded_unit = plan.unit
    if plan.off_every and not plan.off_unit:
        plan.off_unit = plan.unit
    if not 0 <= plan.grace_days <= 365:
        raise bad_field("grace_days", N_("this is no interval"))


def _is_month_day(text: str) -> bool:
    try:
        date.fromisoformat(f"2024-{text}")
    except ValueError:
        return False
    return len(text) == 5


def timing_of(plan: MaintenancePlan) -> dict[str, Any]:
    """What a plan says that its due dates follow from."""
    return _timing(content_of(plan))


def _timing(content: str) -> dict[str, Any]:
    return {name: value for name, value in json.loads(content).items() if name not in _WORDS}


def recalculate(session: Session, item_id: UUID, changed: Collection[str]) -> tuple[int, int]:
    """Work out every due date of an item anew; returns how many clocks there are, and of how many the date moved.

    The clocks of ``changed`` plans count from the last act; gear that has no clock yet is given one. History stays.
    """
    plans = plans_of(session, [item_id])
    codes = [plan.code for plan in plans.of(item_id)]
    session.execute(
        delete(Due).where(
            Due.plan_code.in_(select(MaintenancePlan.code).where(MaintenancePlan.item_id == item_id)),
            Due.plan_code.not_in(codes),
        )
    )
    there = {
        (row.lot_id, row.depot_id, row.plan_code): row
        for row in session.execute(select(Due).where(Due.plan_code.in_(codes))).scalars()
    }
    held = session.execute(
        select(Lot, Stock.depot_id, Depot.type_code)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(Stock.item_id == item_id, ~Stock.outside, Stock.quantity > 0)
        .distinct()
    ).all()
    meters = _meters(session, item_id) if any(plan.meter for plan in plans.of(item_id)) else {}
    rows, moved = [], 0
    for lot, depot_id, type_code in held:
        for plan in plans.of(item_id):
            row = there.get((lot.id, depot_id, plan.code))
            new = _renewed(
                plan, plans, lot, depot_id, type_code=type_code, row=row, changed=plan.code in changed, meters=meters
            )
            moved += row is None or row.due_on != new["due_on"]
            rows.append(new)
    for row in there.values():
        session.expunge(row)
    put_rows(session, rows)
    figures_changed(session, {(depot_id, item_id) for _, depot_id, _ in held})
    return len(rows), moved


def _renewed(
    plan: MaintenancePlan,
    plans: Plans,
    lot: Lot,
    depot_id: UUID,
    *,
    type_code: str,
    row: Due | None,
    changed: bool,
    meters: dict[tuple[UUID, str], tuple[Decimal, date]],
) -> dict[str, Any]:
    """The row of a clock as it stands under the plan's present version."""
    since = row.since_on if row else lot.received_at.date()
    rule = rule_of(plan, type_code, row.anchor_on if row else None)
    clock = clock_of(row) if row else Clock()
    if row is not None and changed:
        clock = rebase(rule, clock)
    facts = facts_of(lot, plans.scrap_months.get(lot.item_id), since)
    if changed and (lot.id, plan.meter) in meters:
        value, day = meters[lot.id, plan.meter]
        clock = metered(rule, Clock(**{**clock.__dict__, "metered_on": None}), value, day)
    return due_row(lot.id, depot_id, plan.code, rule, facts, clock, anchor_on=row.anchor_on if row else None)


def _meters(session: Session, item_id: UUID) -> dict[tuple[UUID, str], tuple[Decimal, date]]:
    """The highest reading of each lot's meters, and when it was taken."""
    rows = session.execute(
        select(Reading.lot_id, Reading.meter, func.max(Reading.value), func.max(Reading.happened_at))
        .join(Lot, Lot.id == Reading.lot_id)
        .where(Lot.item_id == item_id)
        .group_by(Reading.lot_id, Reading.meter)
    )
    return {(lot_id, meter.value): (value, at.date()) for lot_id, meter, value, at in rows}


class PlanRow(msgspec.Struct, frozen=True):
    """A plan as lists show it."""

    code: str
    item: str
    item_zh: str
    item_en: str
    task_zh: str
    task_en: str
    kind: str
    anchor: str
    first_after_months: int | None
    every: int | None
    unit: str
    meter: str
    meter_every: str | None
    season_from: str
    season_to: str
    blocks_use: bool
    grace_days: int
    done_by: str
    source: str
    clause: str
    clause_zh: str
    version: int
    active: bool


def plan_rows(session: Session, q: str | None = None) -> list[PlanRow]:
    """All plans, by item; with ``q`` those of items or tasks with these letters."""
    statement = (
        select(MaintenancePlan, Item)
        .join(Item, Item.id == MaintenancePlan.item_id)
        .order_by(Item.code, MaintenancePlan.code)
    )
    rows = [_plan_row(plan, item) for plan, item in session.execute(statement)]
    wanted = (q or "").strip().lower()
    return [
        row
        for row in rows
        if wanted in " ".join((row.code, row.item, row.item_zh, row.item_en, row.task_zh, row.task_en)).lower()
    ]


def _plan_row(plan: MaintenancePlan, item: Item) -> PlanRow:
    told = {name: getattr(plan, name) for name in PlanRow.__struct_fields__ if hasattr(plan, name)}
    told["meter_every"] = write_quantity(plan.meter_every) if plan.meter_every else None
    return PlanRow(item=item.code, item_zh=item.name_zh, item_en=item.name_en, **told)


def versions_of(session: Session, code: str) -> list[Any]:
    """The versions of a plan with who made them, the newest first: (version, person or None)."""
    statement = (
        select(PlanVersion, Person)
        .outerjoin(Person, Person.id == PlanVersion.person_id)
        .where(PlanVersion.plan_code == code)
        .order_by(PlanVersion.version.desc())
    )
    return list(session.execute(statement).all())
