"""Taking an import back: stock by counter-movements, everything else by the values that stood there before."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Subquery, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import record
from core.context import AppContext
from core.errors import conflict
from core.languages import N_
from depots.models import Depot, DepotRequirement, DepotStatus, Place
from depots.requirements import work_out_requirements
from inventory.catalogue.models import Item
from inventory.editing.following import follow
from inventory.exchange.journal import take_back
from inventory.exchange.known import BRINGS_IN
from inventory.exchange.models import ImportChange, ImportRun, ImportState
from inventory.exchange.people_back import follow_back, touched_by
from inventory.exchange.portions import UNDOING, hold
from inventory.exchange.returning import (
    NAMED,
    Back,
    Progress,
    any_of,
    brought_by,
    counted_since,
    go_back,
    not_back,
    send_back,
)
from inventory.exchange.runs import run_of
from inventory.readiness.counting import forget_figures
from inventory.stock.models import Lot, Movement, Stock
from people.policy import Caller, require_at


def undo(context: AppContext, caller: Caller, run_id: UUID, progress: Progress = lambda done, total: None) -> int:
    """Take a done import back; returns how many movements or rows that were. Slow: call it in a thread.

    Refuses (409) where the stock has moved on or a row was changed since: nothing is undone then. Stock goes back in
    portions; what somebody uses in the seconds between them stays, and the run names it.
    """
    with context.database.transaction(writes=False) as session:
        run = run_of(session, caller, run_id)
        is_stock, controlled = run.subject == "stock", False
        if is_stock and run.state == ImportState.DONE:
            _check_still_there(session, caller, run_id)
            controlled = any_of(session, *not_back(run_id), Item.controlled)
    if not is_stock:
        return context.database.run(_undo_whole, caller, run_id, context.clock.now(), context.clock.today())
    first = context.database.run(_begin, caller, run_id, context.clock.now(), controlled=controlled)
    return first + go_back(context, run_id, progress).movements


def _done(session: Session, caller: Caller, run_id: UUID) -> ImportRun:
    """A run that can be taken back, held."""
    run_of(session, caller, run_id)
    run = hold(session, run_id)
    if run.state != ImportState.DONE:
        raise conflict("not-done", N_("this import is not done, or was taken back already"))
    return run


def _begin(session: Session, caller: Caller, run_id: UUID, now: datetime, *, controlled: bool) -> int:
    """From here on the run goes back. Controlled gear goes first and at once: a hand-out covers all its lines (T96)."""
    run = _done(session, caller, run_id)
    first = send_back(session, caller, run, now, *not_back(run_id), Item.controlled) if controlled else Back()
    run = hold(session, run_id)
    run.state, run.stage, run.told_at, run.undone_by_id = ImportState.RUNNING, UNDOING, now, caller.person_id
    run.rows_done = 0
    return first.movements


def _undo_whole(session: Session, caller: Caller, run_id: UUID, now: datetime, today: date) -> int:
    run = _done(session, caller, run_id)
    undone = _restore(session, caller, run, now, today)
    row = session.get_one(ImportRun, run_id)
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


def _check_still_there(session: Session, caller: Caller, run_id: UUID) -> None:
    """Refuse if any of what was brought in has left its place, was counted since, or is not the caller's to move."""
    brought = brought_by(*not_back(run_id))
    here = (Stock.place_id == brought.c.to_place_id) & (Stock.lot_id == brought.c.lot_id)
    _check_not_counted(session, brought)
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


def _check_not_counted(session: Session, brought: Subquery) -> None:
    counted = session.execute(counted_since(brought).limit(1)).first()
    if counted is not None:
        raise conflict(
            "counted-since",
            N_("{place} was counted since; what the count has seen is not taken back as a whole"),
            place=(f"{counted.code} {counted.path_zh}", f"{counted.code} {counted.path_en}"),
        )
