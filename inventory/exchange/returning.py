"""Stock of an import goes back by counter-movements, portion by portion: a whole one, or one that was broken off.

What has gone back is what stands in the ledger with its counter-movement, so that this can be cut off anywhere and gone
on with. What others have used in the meantime stays, and is named.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Subquery, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from core.audit import record
from core.context import AppContext
from core.ids import derived_id
from core.quantities import write_quantity
from depots.models import Depot, Place
from inventory.booking.posting import settle
from inventory.catalogue.models import Item
from inventory.exchange.models import ImportRun, ImportState
from inventory.exchange.portions import BOOKING, GOES_BACK, RETURNING, UNDOING, Pace, Stopped, hold
from inventory.exchange.retiring import retire_places
from inventory.stock import reasons
from inventory.stock.carrying import inner_places
from inventory.stock.count_models import Count, CountLine, CountState
from inventory.stock.lines import Line, Spot
from inventory.stock.locks import lock_lots_of
from inventory.stock.models import Kind, Lot, Movement, Stock
from people.models import Person
from people.policy import Caller

SILENT = timedelta(minutes=10)  # a run not heard of for so long has died with its process
NAMED = 5  # of what has moved on
Moved = tuple[str, str]  # what it is and where, in both languages
Progress = Callable[[int, int], None]  # rows done, rows in all


@dataclass
class Back:
    """What has gone back, and what stays because others have used it."""

    movements: int = 0
    stay: int = 0
    named: list[Moved] = field(default_factory=list)

    def add(self, other: "Back") -> None:
        """Count another portion in."""
        self.movements += other.movements
        self.stay += other.stay
        self.named = (self.named + other.named)[:NAMED]

    def told(self) -> dict[str, Any]:
        """For the outcome of a run."""
        if not self.stay:
            return {}
        zh, en = "；".join(zh for zh, _ in self.named), "; ".join(en for _, en in self.named)
        return {"stay": self.stay, "stayed": [zh, en]}


def not_back(run_id: UUID) -> list[ColumnElement[bool]]:
    """The movements of a run that were not taken back."""
    back = aliased(Movement)
    request_id = derived_id(run_id, "undo")
    gone = exists().where(back.request_id == request_id, back.line == Movement.line)
    return [Movement.request_id == run_id, ~gone]


def how_many(session: Session, run_id: UUID) -> int:
    """How many movements of a run stand without a counter-movement."""
    return session.execute(select(func.count()).select_from(Movement).where(*not_back(run_id))).scalar_one()


def any_of(session: Session, *which: Any) -> bool:
    """Whether there are any such movements."""
    lines = select(Movement.line).join(Lot, Lot.id == Movement.lot_id).join(Item, Item.id == Lot.item_id)
    return session.execute(lines.where(*which).limit(1)).first() is not None


def brought_by(*which: Any) -> Subquery:
    """What these movements brought: by place and lot how much, and when first."""
    at = func.min(Movement.recorded_at).label("at")
    return (
        select(Movement.to_place_id, Movement.lot_id, func.sum(Movement.quantity).label("quantity"), at)
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(*which)
        .group_by(Movement.to_place_id, Movement.lot_id)
        .subquery()
    )


def counted_since(brought: Subquery) -> Any:
    """The places and lots of these that somebody has counted since: the count says that they lie there (B42)."""
    return (
        select(CountLine.place_id, CountLine.lot_id, Depot.code, Place.path_zh, Place.path_en)
        .join(Count, Count.id == CountLine.count_id)
        .join(brought, (brought.c.to_place_id == CountLine.place_id) & (brought.c.lot_id == CountLine.lot_id))
        .join(Place, Place.id == CountLine.place_id)
        .join(Depot, Depot.id == Place.depot_id)
        .where(Count.state == CountState.CLOSED, CountLine.recorded_at >= brought.c.at)
    )


def go_back(context: AppContext, run_id: UUID, progress: Progress = lambda done, total: None) -> Back:
    """Take back all that stands of a run in stage RETURNING or UNDOING, and end it. Slow. Raises Stopped."""
    with context.database.transaction(writes=False) as session:
        total = how_many(session, run_id)
    pace, back, below = Pace(context.database), Back(), 1 << 30
    while True:
        done = pace.run(partial(_portion, context=context, run_id=run_id, below=below, size=pace.size))
        if done is None:
            break
        below, portion = done
        back.add(portion)
        progress(back.movements + back.stay, total)
    pace.run(lambda session: _end(session, context, run_id, back))
    return back


def _portion(session: Session, context: AppContext, run_id: UUID, below: int, size: int) -> tuple[int, Back] | None:
    """The last lines below this one: what was put into a vehicle goes before the vehicle."""
    now, run = context.clock.now(), _at_it(session, run_id)
    here = [*not_back(run_id), Movement.line < below]
    if run.stage == UNDOING:
        here.append(~Item.controlled)  # it went first and at once, or stays
    lines = (
        select(Movement.line)
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .where(*here)
        .order_by(Movement.line.desc())
        .limit(size)
    )
    first = session.execute(lines).scalars().all()[-1:]
    if not first:
        return None
    portion = send_back(session, _hand(session, run), run, now, *here, Movement.line >= first[0])
    told = {"rows_done": ImportRun.rows_done + portion.movements + portion.stay, "told_at": now}
    session.execute(
        update(ImportRun).where(ImportRun.id == run_id).values(**told).execution_options(synchronize_session=False)
    )
    return first[0], portion


def _at_it(session: Session, run_id: UUID) -> ImportRun:
    run = hold(session, run_id)
    if run.state != ImportState.RUNNING or run.stage not in GOES_BACK:
        raise Stopped
    return run


def _hand(session: Session, run: ImportRun) -> Caller:
    """Who books what goes back: who takes the import back, else who brought it in."""
    person = session.get_one(Person, run.undone_by_id if run.stage == UNDOING else run.person_id)
    return Caller(person.id, person.account, person.name, person.language, ())


def send_back(session: Session, caller: Caller, run: ImportRun, now: datetime, *which: Any) -> Back:
    """Book the counter-movements of these movements of a run, all but those of what has been used since."""
    brought = brought_by(*which)
    here = (Stock.place_id == brought.c.to_place_id) & (Stock.lot_id == brought.c.lot_id)
    lock_lots_of(session, select(brought.c.lot_id))
    lying = select(Stock.place_id, Stock.lot_id, Stock.quantity).join(brought, here)
    locked = lying.order_by(Stock.lot_id, Stock.place_id).with_for_update(of=Stock)
    there = {(place_id, lot_id): quantity for place_id, lot_id, quantity in session.execute(locked)}
    for place_id, lot_id, *_ in session.execute(counted_since(brought)):
        there[place_id, lot_id] = Decimal(0)
    back = Back()
    lines: list[Any] = []
    carriers: list[Any] = []
    for row in session.execute(_lines_of(*which)):
        key = (row.target, row.lot_id)
        if there.get(key, Decimal(0)) < row.quantity:
            back.add(Back(stay=1, named=[_named(row)]))
            continue
        there[key] -= row.quantity
        (carriers if row.holds is not None and not row.controlled else lines).append(row)
    _settle(session, caller, run, lines, now)
    empty = [row for row in carriers if not _loaded(session, row.lot_id)]
    _settle(session, caller, run, empty, now)
    for row in carriers:
        if row not in empty:
            back.add(Back(stay=1, named=[_named(row)]))
    back.movements = len(lines) + len(empty)
    return back


def _settle(session: Session, caller: Caller, run: ImportRun, rows: Sequence[Any], now: datetime) -> None:
    if rows:
        settle(session, caller, [_line(row, run, now) for row in rows], now)


def _loaded(session: Session, carrier_id: UUID) -> bool:
    """Whether others have put something into a vehicle or kit: it does not leave with that."""
    held = select(Stock.lot_id).where(Stock.place_id.in_(inner_places(session, carrier_id)), Stock.quantity > 0)
    return session.execute(held.limit(1)).first() is not None


def _lines_of(*which: Any) -> Any:
    source, target = aliased(Place), aliased(Place)
    return (
        select(
            Movement.line,
            Lot.item_id,
            Lot.serial,
            Lot.number,
            Item.code,
            Item.name_zh,
            Item.name_en,
            Item.holds,
            Item.controlled,
            Movement.lot_id,
            Lot.condition,
            Movement.quantity,
            source.id.label("source"),
            source.depot_id.label("source_depot"),
            target.id.label("target"),
            target.depot_id.label("target_depot"),
            target.in_reach,
            target.path_zh,
            target.path_en,
        )
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(source, source.id == Movement.from_place_id)
        .join(target, target.id == Movement.to_place_id)
        .where(*which)
        .order_by(Movement.line.desc())
    )


def _named(row: Any) -> Moved:
    number = row.serial or row.number or ""
    return f"{row.path_zh} {row.name_zh} {number}".strip(), f"{row.path_en} {row.name_en} {number}".strip()


def _line(row: Any, run: ImportRun, now: datetime) -> Line:
    return Line(
        request_id=derived_id(run.id, "undo"),
        line=row.line,
        digest=run.file_hash,
        kind=Kind.ADJUST,
        item_id=row.item_id,
        item_code=row.code,
        lot_id=row.lot_id,
        condition=row.condition,
        quantity=Decimal(row.quantity),
        source=Spot(row.target, row.target_depot, outside=False, in_reach=row.in_reach),
        target=Spot(row.source, row.source_depot, outside=True, in_reach=False),
        happened_at=now,
        reason=reasons.UNDONE_IMPORT(file=run.file_name)[:500],
        entered=write_quantity(Decimal(row.quantity)),
        holds=row.holds is not None,
        controlled=row.controlled,
        signed=run.stage == RETURNING,  # it was never handed to the depot: no second person is asked for
    )


def _end(session: Session, context: AppContext, run_id: UUID, back: Back) -> None:
    now, run = context.clock.now(), _at_it(session, run_id)
    undone, hand = run.stage == UNDOING, _hand(session, run)
    outcome = msgspec.json.decode(run.outcome) | retire_places(session, run_id, now) | back.told()
    told = {"subject": run.subject, "file": run.file_name}
    record(session, hand.person_id, now, "import-taken-back", "import", str(run_id), before=told)
    run = session.get_one(ImportRun, run_id)
    run.outcome, run.stage = msgspec.json.encode(outcome).decode(), ""
    if undone:
        run.state, run.undone_at = ImportState.UNDONE, now
    else:
        run.state = ImportState.FAULTY if run.fault_count else ImportState.FAILED
        run.finished_at = now


def is_half_way(run: ImportRun) -> bool:
    """Whether some of a run's portions stand, and others do not."""
    entering = run.subject == "stock" and run.stage == BOOKING and run.rows_done > 0
    return run.state == ImportState.RUNNING and (entering or run.stage in GOES_BACK)


def is_broken_off(run: ImportRun, now: datetime) -> bool:
    """Whether a run has stopped half-way with its process."""
    return is_half_way(run) and run.told_at < now - SILENT


def begin_return(run: ImportRun, now: datetime) -> bool:
    """Let what stands of a run that is held go back, by whoever calls ``go_back`` next; False if nothing stands."""
    if not is_half_way(run):
        return False
    if run.stage == BOOKING:
        run.stage, run.rows_done, run.rows_total = RETURNING, 0, run.rows_done
    run.told_at = now
    return True


def return_broken_off(context: AppContext) -> int:
    """Take back what stands of imports whose process has died half-way; returns how many those were."""
    now = context.clock.now()
    with context.database.transaction(writes=False) as session:
        running = session.execute(select(ImportRun).where(ImportRun.state == ImportState.RUNNING)).scalars()
        found = [run.id for run in running if is_broken_off(run, now)]
    for run_id in found:
        with suppress(Stopped):  # somebody has taken it on by now
            context.database.run(_take_over, run_id, now)
            go_back(context, run_id)
    return len(found)


def _take_over(session: Session, run_id: UUID, now: datetime) -> None:
    run = hold(session, run_id)
    if not is_broken_off(run, now):
        raise Stopped
    begin_return(run, now)
