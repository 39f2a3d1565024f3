"""Taking an import back: stock by counter-movements, everything else by the values that stood there before."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from core.audit import record
from core.errors import conflict
from core.ids import derived_id
from core.languages import N_
from core.quantities import write_quantity
from depots.models import Depot, DepotRequirement, DepotStatus, Place
from depots.requirements import work_out_requirements
from inventory.booking.posting import settle
from inventory.catalogue.models import Item
from inventory.editing.following import follow
from inventory.exchange.journal import take_back
from inventory.exchange.known import BRINGS_IN
from inventory.exchange.models import ImportChange, ImportRun, ImportState
from inventory.exchange.people_back import follow_back, touched_by
from inventory.exchange.retiring import retire_places
from inventory.exchange.runs import run_of
from inventory.readiness.counting import forget_figures
from inventory.stock import reasons
from inventory.stock.count_models import Count, CountLine, CountState
from inventory.stock.lines import Line, Spot
from inventory.stock.locks import lock_lots_of
from inventory.stock.models import Kind, Lot, Movement, Stock
from people.policy import Caller, require_at

BATCH = 5000
NAMED = 5  # of what has moved on, in the refusal


def undo(
    session: Session,
    caller: Caller,
    run_id: UUID,
    now: datetime,
    today: date,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Take a done import back as a whole; returns how many movements or rows that were.

    Refuses (409) where the stock has moved on or a row was changed since: nothing is undone then.
    """
    run_of(session, caller, run_id)
    run = session.get_one(ImportRun, run_id, with_for_update=True, populate_existing=True)
    if run.state != ImportState.DONE:
        raise conflict("not-done", N_("this import is not done, or was taken back already"))
    is_stock = run.subject == "stock"
    undone = _move_back(session, caller, run, now, progress) if is_stock else _restore(session, caller, run, now, today)
    row = session.get_one(ImportRun, run_id)
    if is_stock:
        figures = retire_places(session, run_id, now)
        row.outcome = msgspec.json.encode(msgspec.json.decode(row.outcome) | figures).decode()
    told = {"subject": run.subject, "file": run.file_name}
    record(session, caller.person_id, now, "import-taken-back", "import", str(run_id), before=told)
    row.state, row.undone_at, row.undone_by_id = ImportState.UNDONE, now, caller.person_id
    return undone


def _restore(session: Session, caller: Caller, run: ImportRun, now: datetime, today: date) -> int:
    if run.subject == "depots":
        _check_empty(session, run)
    touched = touched_by(session, caller, run.id, now) if run.subject == "people" else None
    try:
        with session.begin_nested():
            undone = take_back(session, run.id)
    except IntegrityError:
        raise conflict(
            "in-use", N_("what the import entered is in use by now; it cannot be taken back as a whole")
        ) from None
    session.expire_all()
    if touched is not None:
        follow_back(session, caller, touched, now)
        return undone
    if run.subject == "depots":
        closed = select(Depot.id).where(Depot.status == DepotStatus.CLOSED)
        session.execute(delete(DepotRequirement).where(DepotRequirement.depot_id.in_(closed)))
    if run.subject == "assets":
        return undone
    if run.subject == "catalogue":
        _follow_back(session, run)
    elif run.subject != "districts":
        work_out_requirements(session, today)
    forget_figures(session)
    return undone


def _follow_back(session: Session, run: ImportRun) -> None:
    """Let what there is of the items follow them back."""
    changes = select(ImportChange.key, ImportChange.before).where(
        ImportChange.run_id == run.id,
        ImportChange.table_name == Item.__tablename__,
        ImportChange.before.is_not(None),
    )
    for key, before in session.execute(changes).all():
        item = session.get_one(Item, UUID(msgspec.json.decode(key)["id"]))
        follow(session, item, msgspec.json.decode(before or "{}").keys())


def _check_empty(session: Session, run: ImportRun) -> None:
    stocked = session.execute(
        select(Depot.code)
        .join(Stock, Stock.depot_id == Depot.id)
        .where(Depot.created_at == run.finished_at, ~Stock.outside, Stock.quantity > 0)
        .limit(1)
    ).scalar()
    if stocked is not None:
        raise conflict("in-use", N_("there is gear at the depot {code} by now; it cannot be taken back"), code=stocked)


def _move_back(
    session: Session, caller: Caller, run: ImportRun, now: datetime, progress: Callable[[int, int], None]
) -> int:
    _check_still_there(session, caller, run.id)
    total = session.execute(
        select(func.count()).select_from(Movement).where(Movement.request_id == run.id)
    ).scalar_one()
    # Controlled gear first and at once: a hand-out of an item covers all its lines (T96)
    rows = session.execute(_lines_of(run.id).where(Item.controlled)).all()
    if rows:
        settle(session, caller, [_back(row, run, now) for row in rows], now)
    done = 0
    while done < total:
        window = (Movement.line >= done, Movement.line < done + BATCH, ~Item.controlled)
        rows = session.execute(_lines_of(run.id).where(*window)).all()
        if rows:
            settle(session, caller, [_back(row, run, now) for row in rows], now)
        done += BATCH
        progress(min(done, total), total)
    return total


def _check_still_there(session: Session, caller: Caller, run_id: UUID) -> None:
    """Lock what was brought in, and refuse if any of it has left its place, or is not the caller's to move."""
    brought = (
        select(Movement.to_place_id, Movement.lot_id, func.sum(Movement.quantity).label("quantity"))
        .where(Movement.request_id == run_id)
        .group_by(Movement.to_place_id, Movement.lot_id)
        .subquery()
    )
    here = (Stock.place_id == brought.c.to_place_id) & (Stock.lot_id == brought.c.lot_id)
    lock_lots_of(session, select(brought.c.lot_id))
    session.execute(
        select(Stock.place_id).join(brought, here).order_by(Stock.lot_id, Stock.place_id).with_for_update(of=Stock)
    ).all()
    _check_not_counted(session, brought, run_id)
    depots = select(Depot.id, Depot.district_code).where(
        Depot.id.in_(select(Movement.to_depot_id).where(Movement.request_id == run_id))
    )
    for depot_id, district in session.execute(depots):
        require_at(caller, BRINGS_IN, depot_id, district)
    moved = session.execute(
        select(Item.name_zh, Item.name_en, Lot.serial, Lot.number, Place.path_zh, Place.path_en, Depot.code)
        .select_from(brought)
        .join(Stock, here)
        .join(Lot, Lot.id == brought.c.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Place, Place.id == brought.c.to_place_id)
        .join(Depot, Depot.id == Place.depot_id)
        .where(Stock.quantity < brought.c.quantity)
        .limit(NAMED)
    ).all()
    if moved:
        raise conflict(
            "moved-on",
            N_("some of it has been taken, moved or used since, so it cannot be taken back as a whole: {what}"),
            what=_named(moved),
        )


def _named(moved: Sequence[Any]) -> tuple[str, str]:
    """What has moved on, in both languages."""
    zh = "；".join(f"{row.code} {row.path_zh} {row.name_zh} {row.serial or row.number or ''}".strip() for row in moved)
    en = "; ".join(f"{row.code} {row.path_en} {row.name_en} {row.serial or row.number or ''}".strip() for row in moved)
    return zh, en


def _check_not_counted(session: Session, brought: Any, run_id: UUID) -> None:
    """Refuse what somebody has counted since: the count says that it lies there (B42)."""
    counted = session.execute(
        select(Depot.code, Place.path_zh, Place.path_en)
        .select_from(CountLine)
        .join(Count, Count.id == CountLine.count_id)
        .join(brought, (brought.c.to_place_id == CountLine.place_id) & (brought.c.lot_id == CountLine.lot_id))
        .join(Place, Place.id == CountLine.place_id)
        .join(Depot, Depot.id == Place.depot_id)
        .join(ImportRun, ImportRun.id == run_id)
        .where(Count.state == CountState.CLOSED, CountLine.recorded_at >= ImportRun.finished_at)
        .limit(1)
    ).first()
    if counted is not None:
        raise conflict(
            "counted-since",
            N_("{place} was counted since; what the count has seen is not taken back as a whole"),
            place=(f"{counted.code} {counted.path_zh}", f"{counted.code} {counted.path_en}"),
        )


def _lines_of(run_id: UUID) -> Any:
    source, target = aliased(Place), aliased(Place)
    return (
        select(
            Movement.line,
            Lot.item_id,
            Item.code,
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
        )
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(source, source.id == Movement.from_place_id)
        .join(target, target.id == Movement.to_place_id)
        .where(Movement.request_id == run_id)
        .order_by(Movement.line)
    )


def _back(row: Any, run: ImportRun, now: datetime) -> Line:
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
    )
