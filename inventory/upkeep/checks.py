"""Checks: recorded by whoever stood before the piece, one line per piece and plan.

There is no "all fine" for a shelf: each piece is scanned or named, what was not named stays due and is in the answer.
An act closes one due date; dates missed before it are given up with a reason, each in a row of its own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from core.errors import bad_field, conflict, not_found
from core.ids import derived_id, is_id
from core.inputs import clean_text
from core.languages import N_
from depots.models import Place
from inventory.clocks.anchors import ANCHORINGS, BY_USE
from inventory.clocks.checklist import Judgement, judge
from inventory.clocks.clocks import (
    SCRAP,
    clock_of,
    figures_changed,
    rule_of,
)
from inventory.clocks.models import Check, Due, MaintenancePlan, Meter, Outcome
from inventory.clocks.plans import checklist_of
from inventory.clocks.rules import close, skip, told_past
from inventory.clocks.terms import Clock
from inventory.faults.faults import Trouble, report_fault
from inventory.stock import reasons
from inventory.stock.models import Stock
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from inventory.upkeep.readings import ReadMeter, note_reading, record_reading
from inventory.upkeep.subjects import Subject, done_on, subjects_of
from people.policy import Act, require_at

MOST_LINES = 200
Answers = dict[str, str | bool]


class CheckLine(msgspec.Struct, forbid_unknown_fields=True):
    """One piece, one plan. ``thing`` is the code that was scanned, or the lot picked from the list."""

    thing: str
    plan: str
    passed: bool | None = None  # where the plan asks no questions
    answers: Answers = {}
    note: str = ""
    missed_because: str = ""  # gives up the dates missed before, with this reason


class CheckDone(NewEntry, tag="check", kw_only=True):
    """Somebody looked, at one piece or along a shelf. ``place``: the shelf that was gone through."""

    lines: list[CheckLine]
    place: str | None = None


class SetClock(NewEntry, tag="set-clock", kw_only=True):
    """What the papers say of a piece: when a task was last done, or the date of its own (insurance, inspection)."""

    thing: str
    plan: str
    reason: str
    last_done_on: date | None = None
    next_due_on: date | None = None


@dataclass
class Round:
    """The checks of one entry on their way into the book."""

    scene: Scene
    subjects: dict[tuple[UUID, str], Subject]
    stale: set[tuple[UUID, UUID]] = field(default_factory=set)  # (depot, item) whose figures change
    told: list[dict[str, Any]] = field(default_factory=list)


def record_check(scene: Scene, entry: CheckDone) -> Answer:
    """Book the lines, all or none. What fails opens a fault, which takes the piece out of service at once."""
    if not 1 <= len(entry.lines) <= MOST_LINES:
        raise bad_field("lines", N_("between 1 and {most} lines at once"), most=MOST_LINES)
    lots = _lots(scene, [line.thing for line in entry.lines])
    keys = [(lots[line.thing], line.plan) for line in entry.lines]
    if len(set(keys)) < len(keys):
        raise bad_field("lines", N_("a piece stands twice in this list; each is looked at once"))
    walk = Round(scene, subjects_of(scene, keys))
    for number, (line, key) in enumerate(zip(entry.lines, keys, strict=True)):
        if key not in walk.subjects:
            raise bad_field("plan", N_("this plan is not for this piece, or it is not at one of your depots"))
        _check_one(walk, number, line, walk.subjects[key])
    figures_changed(scene.session, walk.stale)
    scene.session.flush()
    answer: Answer = {"checks": walk.told}
    if entry.place is not None:
        answer |= _beside(walk, scene.place(entry.place, "place", Act.SEE), {line.plan for line in entry.lines})
    return answer


def ready_after_use(scene: Scene, lot_id: UUID, depot_id: UUID, number: int) -> list[str]:
    """Whoever says that what comes back is ready has seen to it: what is due after each use is done (T40).

    ``number`` tells the lines of one entry apart. Returns the plans that stay due, for they ask questions that "ready"
    does not answer.
    """
    rows = scene.session.execute(
        select(MaintenancePlan)
        .join(Due, Due.plan_code == MaintenancePlan.code)
        .where(
            Due.lot_id == lot_id,
            Due.depot_id == depot_id,
            Due.due_on.is_not(None),
            MaintenancePlan.anchor.in_(BY_USE),
            MaintenancePlan.kind == "check",
        )
        .order_by(MaintenancePlan.code)
    ).scalars()
    plans = list(rows)
    plain = [plan.code for plan in plans if not checklist_of(plan)]
    walk = Round(scene, subjects_of(scene, [(lot_id, code) for code in plain]) if plain else {})
    for index, (key, subject) in enumerate(walk.subjects.items()):
        line = CheckLine(thing=str(lot_id), plan=key[1], passed=True, note=reasons.RETURNED["ready"])
        _check_one(walk, number * MOST_LINES + index, line, subject)
    figures_changed(scene.session, walk.stale)
    scene.session.flush()
    return [plan.code for plan in plans if plan.code not in plain]


def _lots(scene: Scene, things: Sequence[str]) -> dict[str, UUID]:
    """The lots that were scanned or picked; a code that is no piece is refused."""
    found = scene.lots(things, "thing")
    return {thing: found[thing][0].id for thing in things}


def _check_one(walk: Round, number: int, line: CheckLine, subject: Subject) -> None:
    scene = walk.scene
    _require(scene, subject)
    judged = _judged(scene, subject.plan, line)
    day = done_on(scene, subject.rule)
    given_up, clock = _give_up(scene, number, line, subject, day)
    meter = judged.meters.get(Meter(subject.plan.meter)) if subject.plan.meter else None
    closing = close(subject.rule, subject.facts, clock, day, meter)
    check = _note(
        scene,
        subject,
        derived_id(scene.entry.id, "check", number),
        Outcome.PASSED if judged.passed else Outcome.FAILED,
        day,
        period=closing.closed,
        note=clean_text(line.note, "note", 500),
        answers=json.dumps(judged.answers, ensure_ascii=False),
        scanned=not is_id(line.thing),
    )
    walk.stale |= subject.set_clock(closing.clock, scene.today)
    for kind, value in judged.meters.items():
        note_reading(scene, subject.lot, kind, value)
    if not judged.passed:
        _open_fault(scene, subject, check, judged, number)
    walk.told.append(_answer_of(subject, check, closing.closed, given_up))


def _require(scene: Scene, subject: Subject) -> None:
    """Refuse who may not, and what only waits for its scrap."""
    act = Act.KEEP if subject.plan.kind == "service" else Act.TAKE
    require_at(scene.caller, act, subject.depot.id, subject.depot.district_code)
    scene.depot_id = subject.depot.id
    if subject.plan.kind == SCRAP:
        raise conflict("scrap", N_("this piece has reached its scrap age; propose it for scrap"))


def _give_up(scene: Scene, number: int, line: CheckLine, subject: Subject, day: date) -> tuple[list[date], Clock]:
    """Give up the dates missed before, if a reason is given; these dates, and the clock after them."""
    clock = clock_of(subject.row)
    reason = clean_text(line.missed_because, "missed_because", 500)
    skipped = skip(subject.rule, subject.facts, clock, day) if reason else []
    for due, after in skipped:
        check_id = derived_id(scene.entry.id, "skipped", number, due)
        _note(scene, subject, check_id, Outcome.SKIPPED, day, period=due, note=reason)
        clock = after
    return [due for due, _ in skipped], clock


def _answer_of(subject: Subject, check: Check, closed: date | None, given_up: Sequence[date]) -> dict[str, Any]:
    return {
        "check": str(check.id),
        "lot": str(subject.lot.id),
        "plan": subject.plan.code,
        "passed": check.outcome == Outcome.PASSED,
        "closed": closed.isoformat() if closed else None,
        "given_up": [due.isoformat() for due in given_up],
        "next_due": subject.row.due_on.isoformat() if subject.row.due_on else None,
        "defect": str(check.defect_id) if check.defect_id else None,
    }


def _judged(scene: Scene, plan: MaintenancePlan, line: CheckLine) -> Judgement:
    questions = checklist_of(plan)
    photos = {str(photo) for photo in scene.entry.photos}
    if line.passed is None and not questions:
        raise bad_field("passed", N_("say whether it is in order"))
    # Whoever sees at once that a piece is broken need not answer the rest
    judged = Judgement() if line.passed is False and not line.answers else judge(questions, line.answers, photos)
    if line.passed is False:
        judged.passed = False
        if not judged.wrong_zh:
            clean_text(line.note, "note", 500, required=True)
    return judged


def _note(scene: Scene, subject: Subject, check_id: UUID, outcome: Outcome, day: date, **more: Any) -> Check:
    """A row of the piece's history; ``more`` are its other columns."""
    check = Check(
        id=check_id,
        plan_code=subject.plan.code,
        plan_version=subject.plan.version,
        lot_id=subject.lot.id,
        depot_id=subject.depot.id,
        place_id=subject.place_id,
        outcome=outcome,
        done_on=day,
        person_id=scene.caller.person_id,
        happened_at=scene.happened_at,
        recorded_at=scene.now,
        entry_id=scene.entry.id,
        **more,
    )
    scene.session.add(check)
    return check


def _open_fault(scene: Scene, subject: Subject, check: Check, judged: Judgement, number: int) -> None:
    """A failed check is a fault of the piece, or of what of the batch lies there."""
    plan = subject.plan
    if subject.place_id is None:
        raise not_found(N_("this is not at that place any more; scan it again"))
    if scene.caller.language == "zh":
        said = f"{plan.task_zh}：{'；'.join(judged.wrong_zh) or check.note}"
    else:
        said = f"{plan.task_en}: {'; '.join(judged.wrong_en) or check.note}"
    scene.session.flush()
    trouble = Trouble(
        subject.lot.id,
        subject.place_id,
        said[:500],
        subject.quantity,
        seen_at=scene.happened_at,
        late=scene.late,
        id=derived_id(scene.entry.id, "defect", number),
    )
    defect = report_fault(scene.session, scene.caller, trouble, scene.now, scene.today)
    check.defect_id = defect.id


def _beside(walk: Round, place: Place, plan_codes: set[str]) -> Answer:
    """What the round along a shelf did not name, and what stands elsewhere by the book (T32)."""
    named = {subject.lot.id for subject in walk.subjects.values()}
    rows = walk.scene.session.execute(
        select(Due.lot_id, Due.plan_code)
        .join(Stock, (Stock.lot_id == Due.lot_id) & (Stock.depot_id == Due.depot_id))
        .where(
            Stock.place_id == place.id,
            Stock.quantity > 0,
            Due.plan_code.in_(plan_codes),
            Due.lot_id.not_in(named),
            func.coalesce(Due.opens_on, Due.due_on) <= walk.scene.today,
        )
        .order_by(Due.due_on, Due.lot_id)
    )
    return {
        "left": [{"lot": str(lot_id), "plan": code} for lot_id, code in rows],
        "elsewhere": [
            {"lot": str(subject.lot.id), "place": str(subject.place_id)}
            for subject in walk.subjects.values()
            if subject.place_id != place.id
        ],
    }


def record_clock(scene: Scene, entry: SetClock) -> Answer:
    """Set a clock by the papers: for gear that comes with a past, and for dates that are a piece's own."""
    reason = clean_text(entry.reason, "reason", 500, required=True)
    lot, _ = scene.lot(entry.thing, "thing")
    subject = subjects_of(scene, [(lot.id, entry.plan)]).get((lot.id, entry.plan))
    if subject is None:
        raise bad_field("plan", N_("this plan is not for this piece, or it is not at one of your depots"))
    require_at(scene.caller, Act.KEEP, subject.depot.id, subject.depot.district_code)
    scene.depot_id = subject.depot.id
    if (entry.last_done_on is None) == (entry.next_due_on is None):
        raise bad_field("last_done_on", N_("say when it was last done, or when it is due next"))
    if entry.last_done_on is not None:
        if entry.last_done_on > scene.today:
            raise bad_field("last_done_on", N_("this lies in the future"))
        clock = told_past(subject.rule, subject.facts, entry.last_done_on)
    else:
        if not ANCHORINGS[subject.rule.anchor].own_date:
            raise bad_field("next_due_on", N_("only a date of the calendar is a piece's own"))
        subject.row.anchor_on = entry.next_due_on
        # The papers know of dates before it came here: one that has passed is overdue, and not the next one's business
        subject.row.since_on = min(subject.row.since_on, entry.next_due_on or scene.today)
        subject.facts = replace(subject.facts, since=subject.row.since_on)
        subject.rule = rule_of(subject.plan, subject.depot.type_code, entry.next_due_on)
        before = clock_of(subject.row)
        clock = Clock(last_done_on=before.last_done_on, closed_through=_just_before(entry.next_due_on))
    figures_changed(scene.session, subject.set_clock(clock, scene.today))
    day = entry.last_done_on or scene.today
    _note(scene, subject, derived_id(entry.id, "clock"), Outcome.TOLD, day, note=reason)
    scene.session.flush()
    return {"lot": str(lot.id), "plan": entry.plan, "next_due": str(subject.row.due_on or "")}


def _just_before(day: date | None) -> date | None:
    return date.fromordinal(day.toordinal() - 1) if day else None


ENTRIES: Verbs = {CheckDone: record_check, ReadMeter: record_reading, SetClock: record_clock}
