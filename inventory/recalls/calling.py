"""Recall: one act holds a lot wherever it is, notifies every depot, and lists what was used already (T70 to T72).

A lot on hold is never issued, sent or counted as ready; the depots' figures follow in the same transaction. Stock whose
maker or number is not on record cannot be excluded: it is listed for a look, never passed over (T71).
"""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import Refusal, bad_field, conflict, not_found
from core.events import publish
from core.inputs import clean_text
from core.languages import N_
from core.upsert import insert_missing, upsert
from depots.models import Place, PlaceKind
from inventory.catalogue.models import Item, Tracking
from inventory.catalogue.naming import item_named
from inventory.faults.models import Defect, DefectState
from inventory.recalls.models import Recall, RecallAnswer, RecallLot
from inventory.recalls.rules import Verdict, concerns
from inventory.stock.events import GearCalledBack, LotsCreated
from inventory.stock.locks import lock_for_change, lock_items
from inventory.stock.lots import set_condition
from inventory.stock.models import Condition, Lot, Stock
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.policy import Act, require_city


class CallBack(NewEntry, tag="recall", kw_only=True):
    """Gear is called back: by item, maker and number (empty: any), or by a lot in hand; it has the entry's id."""

    item: str = ""
    maker: str = ""
    number: str = ""
    lot: str = ""
    reason: str


class ReleaseRecall(NewEntry, tag="release-recall", kw_only=True):
    """The recall is over: what it held is free again, unless something else stands against it."""

    recall: UUID
    reason: str


class AnswerRecall(NewEntry, tag="answer-recall", kw_only=True):
    """A depot says what it found and did."""

    recall: UUID
    depot: str
    note: str


def call_back(scene: Scene, entry: CallBack) -> Answer:
    """Hold every lot that the recall is about, list those it cannot exclude, and ask every depot concerned."""
    session = scene.session
    require_city(scene.caller, Act.APPROVE)
    recall = Recall(
        id=entry.id,
        reason=clean_text(entry.reason, "reason", 500, required=True),
        called_by_id=scene.caller.person_id,
        called_at=scene.happened_at,
        **_about(scene, entry),
    )
    lock_items(session, [recall.item_id], alone=True)  # a lot that is being entered is waited for
    session.add(recall)
    session.flush()
    lots = session.execute(select(Lot).where(Lot.item_id == recall.item_id).order_by(Lot.id)).scalars().all()
    found = _hold(session, recall, lots)
    depots = _concerned(session, list(found))
    answers = [{"recall_id": recall.id, "depot_id": depot_id, "note": ""} for depot_id in sorted(depots)]
    insert_missing(session, RecallAnswer, answers, ["recall_id", "depot_id"])
    publish(session, GearCalledBack(recall.id, sorted(depots), scene.now))
    return {
        "recall": str(recall.id),
        "held": [str(lot_id) for lot_id, sure in found.items() if sure],
        "cannot_exclude": [str(lot_id) for lot_id, sure in found.items() if not sure],
        "depots": len(depots),
    }


def _about(scene: Scene, entry: CallBack) -> dict[str, Any]:
    """What the recall is about: the item, maker and number of the entry, or those of the lot in hand."""
    if entry.lot:
        lot, item = scene.lot(entry.lot, "lot")
        number = lot.number or lot.serial
        if not number and item.tracking != Tracking.BULK:
            raise bad_field("lot", N_("this lot has no number on record; call back the item and its maker instead"))
        return {"item_id": item.id, "maker": lot.maker or "", "number": number or ""}
    code = clean_text(entry.item, "item", 32, required=True)
    found = item_named(scene.session, code)
    if found is None:
        raise bad_field("item", N_("there is no item with the code {code}"), code=code)
    maker, number = clean_text(entry.maker, "maker", 100), clean_text(entry.number, "number", 64)
    return {"item_id": found.id, "maker": maker, "number": number}


def _hold(session: Session, recall: Recall, lots: Iterable[Lot]) -> dict[UUID, bool]:
    """Put the lots that the recall is about on hold; returns {lot: whether it is sure}."""
    found: dict[UUID, bool] = {}
    parents = {lot.id: lot for lot in lots}
    for lot in parents.values():
        source = parents.get(lot.opened_from_id) if lot.opened_from_id else None
        numbers = (lot.number, lot.serial, source.number if source else None)
        verdict = concerns(recall.maker, recall.number, lot.maker, numbers)
        if verdict != Verdict.CLEAR:
            found[lot.id] = verdict == Verdict.AFFECTED
    rows = [{"recall_id": recall.id, "lot_id": lot_id, "sure": sure} for lot_id, sure in found.items()]
    insert_missing(session, RecallLot, rows, ["recall_id", "lot_id"])
    lock_for_change(session, [lot_id for lot_id, sure in found.items() if sure])
    for lot_id, sure in found.items():
        if sure:
            set_condition(session, parents[lot_id], Condition.QUARANTINED, recall.reason[:300])
    return found


def _concerned(session: Session, lot_ids: Collection[UUID]) -> set[UUID]:
    """The depots that hold any of the lots, or have used some of it up."""
    holding = select(Stock.depot_id).where(Stock.lot_id.in_(lot_ids), ~Stock.outside, Stock.quantity > 0)
    used = (
        select(Stock.depot_id)
        .join(Place, Place.id == Stock.place_id)
        .where(Stock.lot_id.in_(lot_ids), Place.kind == PlaceKind.CONSUMED, Stock.quantity > 0)
    )
    return set(session.execute(holding.union(used)).scalars())


def hold_newcomers(session: Session, event: LotsCreated) -> None:
    """A lot that arrives or is opened while a recall of it stands is on hold from its first moment."""
    items = session.execute(select(Lot.item_id).where(Lot.id.in_(event.lot_ids)).distinct()).scalars()
    lock_items(session, list(items), alone=False)  # a recall that is being called is waited for
    rows = session.execute(
        select(Lot, Recall)
        .join(Recall, Recall.item_id == Lot.item_id)
        .where(Lot.id.in_(event.lot_ids), Recall.released_at.is_(None))
        .order_by(Lot.id)
    ).all()
    for lot, recall in rows:
        _hold(session, recall, [lot])


def the_recall(session: Session, recall_id: UUID, *, must_be_open: bool = True) -> Recall:
    """The recall with this id."""
    recall = session.get(Recall, recall_id)
    if recall is None:
        raise not_found(N_("there is no recall with this id"))
    if must_be_open and recall.released_at is not None:
        raise _over()
    return recall


def _over() -> Refusal:
    return conflict("closed", N_("this recall is over"))


def release_recall(scene: Scene, entry: ReleaseRecall) -> Answer:
    """End a recall. A lot stays on hold while another recall is about it, and unfit while a fault of it is open."""
    session = scene.session
    require_city(scene.caller, Act.APPROVE)
    recall = the_recall(session, entry.recall)
    lock_items(session, [recall.item_id], alone=True)
    session.refresh(recall, with_for_update=True)
    if recall.released_at is not None:
        raise _over()
    recall.release_reason = clean_text(entry.reason, "reason", 500, required=True)
    recall.released_at, recall.released_by_id = scene.happened_at, scene.caller.person_id
    session.flush()
    mine = select(RecallLot.lot_id).where(RecallLot.recall_id == recall.id, RecallLot.sure)
    others = set(
        session.execute(
            select(RecallLot.lot_id)
            .join(Recall, Recall.id == RecallLot.recall_id)
            .where(RecallLot.lot_id.in_(mine), RecallLot.sure, Recall.released_at.is_(None))
        ).scalars()
    )
    rows = session.execute(
        select(Lot, Item.tracking).join(Item, Item.id == Lot.item_id).where(Lot.id.in_(mine)).order_by(Lot.id)
    ).all()
    faulty = set(
        session.execute(
            select(Defect.lot_id).where(Defect.lot_id.in_(mine), Defect.state == DefectState.OPEN)
        ).scalars()
    )
    lock_for_change(session, [lot.id for lot, _ in rows if lot.id not in others])
    freed = 0
    for lot, tracking in rows:
        if lot.id in others:
            continue
        # Of a batch the faulty pieces lie in the hold, and the batch itself is sound
        unfit = tracking == Tracking.SERIAL and lot.id in faulty
        set_condition(session, lot, Condition.UNFIT if unfit else Condition.FIT, "", release=True)
        freed += not unfit
    return {"released": freed, "held_by_another": len(others)}


def answer_recall(scene: Scene, entry: AnswerRecall) -> Answer:
    """Record for a depot what was found and done. It may be said again; the last word stands."""
    recall = the_recall(scene.session, entry.recall)
    depot = scene.depot(entry.depot, Act.ANSWER)
    row = {
        "recall_id": recall.id,
        "depot_id": depot.id,
        "person_id": scene.caller.person_id,
        "answered_at": scene.happened_at,
        "note": clean_text(entry.note, "note", 300, required=True),
    }
    statement = upsert(scene.session, table_of(RecallAnswer))
    changes = {name: statement.excluded[name] for name in ("person_id", "answered_at", "note")}
    scene.session.execute(
        statement.on_conflict_do_update(index_elements=["recall_id", "depot_id"], set_=changes), [row]
    )
    return {"recall": str(recall.id), "depot": depot.code}


def unanswered(session: Session, depot_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], Recall]:
    """The open recalls that these depots have not answered: ``{(recall, depot): recall}``.

    A depot that got such gear only afterwards (it was on the way) is asked as well.
    """
    asked = (
        select(Recall, RecallAnswer.depot_id)
        .join(RecallAnswer, RecallAnswer.recall_id == Recall.id)
        .where(
            Recall.released_at.is_(None),
            RecallAnswer.depot_id.in_(depot_ids),
            RecallAnswer.answered_at.is_(None),
        )
    )
    holding = (
        select(Recall, Stock.depot_id)
        .join(RecallLot, RecallLot.recall_id == Recall.id)
        .join(Stock, Stock.lot_id == RecallLot.lot_id)
        .outerjoin(RecallAnswer, (RecallAnswer.recall_id == Recall.id) & (RecallAnswer.depot_id == Stock.depot_id))
        .where(
            Recall.released_at.is_(None),
            Stock.depot_id.in_(depot_ids),
            ~Stock.outside,
            Stock.quantity > 0,
            RecallAnswer.answered_at.is_(None),
        )
    )
    return {
        (recall.id, depot_id): recall
        for statement in (asked, holding)
        for recall, depot_id in session.execute(statement)
    }


ENTRIES: Verbs = {CallBack: call_back, ReleaseRecall: release_recall, AnswerRecall: answer_recall}
