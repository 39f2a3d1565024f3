"""Every entry that a device may send, which verb books it, and that each is booked once.

The device names the entry: sent again it is recognised, and the first answer is given word for word. A late fact that
cannot be booked is not thrown away: it is kept as refused, the depot is told, and the keeper sees why.
"""

import json
from collections.abc import Callable, Collection
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.database import TryAgain
from core.errors import Refusal
from core.events import publish
from core.languages import N_
from inventory.booking.wishes import Labelled
from inventory.closing import closing
from inventory.documents import counting, handover, incidents, keepers, kits, loans, receiving, transfers
from inventory.documents.models import Entry, EntryState
from inventory.faults import entries as faults
from inventory.recalls import calling
from inventory.stock.events import EntryRefused
from inventory.telling import basket
from inventory.telling.photos import attach_photos
from inventory.telling.scene import Answer, Scene, Told, digest_of
from inventory.upkeep import checks, scrap, service
from inventory.witnessing import witness
from people.policy import Caller

VERBS: dict[type[Told], Callable[[Scene, Any], Answer]] = {
    basket.Basket: basket.book_basket,
    faults.Fault: faults.tell_fault,
    faults.NotThis: faults.tell_not_this,
    faults.Mended: faults.tell_mended,
    loans.Lend: loans.lend,
    loans.GiveBack: loans.give_back,
    incidents.OpenIncident: incidents.open_incident,
    incidents.Draw: incidents.draw,
    incidents.Arrived: incidents.arrived,
    incidents.OnScene: incidents.on_scene,
    incidents.Paper: incidents.write_paper,
    incidents.ApproveIncident: incidents.approve_incident,
    incidents.Restock: incidents.restock,
    incidents.CloseIncident: incidents.close_incident,
    transfers.AskTransfer: transfers.ask_transfer,
    transfers.Dispatch: transfers.dispatch,
    transfers.ReceiveTransfer: transfers.receive_transfer,
    transfers.RejectTransfer: transfers.reject_transfer,
    transfers.TakeBack: transfers.take_back,
    transfers.SignLoss: transfers.sign_loss,
    counting.StartCount: counting.start_count,
    counting.CountLines: counting.count_lines,
    counting.ApproveCount: counting.approve_count,
    counting.CancelCount: counting.cancel_count,
    handover.StartHandover: handover.start_handover,
    handover.GiveShift: handover.give_shift,
    handover.TakeShift: handover.take_shift,
    kits.CheckSeal: kits.check_seal,
    kits.CountKit: kits.count_kit,
    kits.Refill: kits.refill,
    kits.PutSeal: kits.put_seal,
    receiving.Receive: receiving.receive,
    receiving.Propose: receiving.propose,
    receiving.Decide: receiving.decide,
    checks.CheckDone: checks.tell_check,
    checks.ReadMeter: checks.tell_reading,
    checks.SetClock: checks.tell_clock,
    service.TriageFault: service.triage,
    service.SendToService: service.send,
    service.BackFromService: service.back,
    service.LoanerGone: service.loaner_gone,
    scrap.ProposeScrap: scrap.propose_scrap,
    scrap.DecideScrap: scrap.decide_scrap,
    scrap.Scrapped: scrap.scrapped,
    calling.CallBack: calling.call_back,
    calling.ReleaseRecall: calling.release_recall,
    calling.AnswerRecall: calling.answer_recall,
    keepers.StartKeepers: keepers.start_keepers,
    keepers.SignKeepers: keepers.sign_keepers,
    keepers.GiveUpKeepers: keepers.give_up_keepers,
    witness.AskWitness: witness.ask_witness,
    witness.Witness: witness.witness,
    closing.PlanClosing: closing.plan_closing,
    closing.SendAll: closing.send_all,
    closing.WriteOffRest: closing.write_off_rest,
    closing.CloseDepot: closing.close_depot,
    closing.GiveUpClosing: closing.give_up_closing,
    closing.ReopenDepot: closing.reopen_depot,
}
AnyEntry = (
    basket.Basket
    | faults.Fault
    | faults.NotThis
    | faults.Mended
    | loans.Lend
    | loans.GiveBack
    | incidents.OpenIncident
    | incidents.Draw
    | incidents.Arrived
    | incidents.OnScene
    | incidents.Paper
    | incidents.ApproveIncident
    | incidents.Restock
    | incidents.CloseIncident
    | transfers.AskTransfer
    | transfers.Dispatch
    | transfers.ReceiveTransfer
    | transfers.RejectTransfer
    | transfers.TakeBack
    | transfers.SignLoss
    | counting.StartCount
    | counting.CountLines
    | counting.ApproveCount
    | counting.CancelCount
    | handover.StartHandover
    | handover.GiveShift
    | handover.TakeShift
    | kits.CheckSeal
    | kits.CountKit
    | kits.Refill
    | kits.PutSeal
    | receiving.Receive
    | receiving.Propose
    | receiving.Decide
    | checks.CheckDone
    | checks.ReadMeter
    | checks.SetClock
    | service.TriageFault
    | service.SendToService
    | service.BackFromService
    | service.LoanerGone
    | scrap.ProposeScrap
    | scrap.DecideScrap
    | scrap.Scrapped
    | calling.CallBack
    | calling.ReleaseRecall
    | calling.AnswerRecall
    | keepers.StartKeepers
    | keepers.SignKeepers
    | keepers.GiveUpKeepers
    | witness.AskWitness
    | witness.Witness
    | closing.PlanClosing
    | closing.SendAll
    | closing.WriteOffRest
    | closing.CloseDepot
    | closing.GiveUpClosing
    | closing.ReopenDepot
)


class Problem(msgspec.Struct, frozen=True):
    """Why a late fact could not be booked. ``message`` is a text id; ``params`` fill its ``{names}``."""

    kind: str
    message: str
    params: dict[str, Any]
    extra: dict[str, Any]


class Outcome(msgspec.Struct, frozen=True):
    """What became of an entry. It is the same however often it is asked for."""

    id: UUID
    kind: str
    state: EntryState
    late: bool
    recorded_at: datetime
    result: dict[str, Any]
    problem: Problem | None = None


def tell(
    session: Session,
    caller: Caller,
    entry: Told,
    now: datetime,
    zone: ZoneInfo,
    shift_at: time,
    look_up: Callable[[Session, Collection[str]], Labelled],
) -> tuple[Outcome, bool]:
    """Book an entry, once; returns what became of it, and whether it was new.

    Refuses (409) an id that was used for another content. A late entry that the verb refuses is kept as refused.
    """
    told = session.get(Entry, entry.id)
    if told is not None:
        return _recalled(told, caller, digest_of(entry)), False
    scene = Scene(session, caller, now, zone, shift_at, entry, look_up)
    kind = type(entry).__struct_config__.tag
    row = Entry(
        id=entry.id,
        kind=str(kind),
        digest=scene.digest,
        person_id=caller.person_id,
        happened_at=scene.happened_at,
        recorded_at=now,
        late=entry.late,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:  # the same entry, at the same moment, by another connection
        raise TryAgain from error
    result, problem = _booked(scene)
    outcome = Outcome(
        entry.id,
        row.kind,
        EntryState.REFUSED if problem else EntryState.BOOKED,
        entry.late,
        now,
        result,
        problem,
    )
    row.state = outcome.state
    row.answer = msgspec.json.encode(outcome).decode()
    session.flush()
    # As it will be told again: the answer of a repeat comes out of the database
    return msgspec.json.decode(row.answer, type=Outcome), True


def _booked(scene: Scene) -> tuple[Answer, Problem | None]:
    """Run the verb. What a late entry's verb refuses is undone alone, and told to the depot (rule 5)."""
    verb = VERBS[type(scene.entry)]
    if not scene.late:
        result = verb(scene, scene.entry)
        attach_photos(scene)
        return result, None
    try:
        with scene.session.begin_nested():
            result = verb(scene, scene.entry)
            attach_photos(scene)
        return result, None
    except Refusal as refusal:
        if refusal.status == 403:
            raise
        problem = Problem(
            refusal.kind,
            refusal.message,
            refusal.params,
            json.loads(msgspec.json.encode(refusal.extra)),
        )
        depot_id = scene.depot_id or next(iter(scene.caller.own_depots()), None)
        if depot_id is not None:
            publish(scene.session, EntryRefused(scene.entry.id, depot_id, str(refusal), scene.now))
        return {}, problem


def _recalled(told: Entry, caller: Caller, digest: str) -> Outcome:
    if told.person_id != caller.person_id or told.digest != digest:
        raise Refusal(409, "id-reused", N_("this id was used before for something else"), extra={"id": str(told.id)})
    return msgspec.json.decode(told.answer, type=Outcome)


def entries_of(session: Session, caller: Caller, limit: int = 50) -> list[Outcome]:
    """What became of the caller's own entries, the newest first."""
    rows = session.execute(
        select(Entry.answer)
        .where(Entry.person_id == caller.person_id)
        .order_by(Entry.recorded_at.desc(), Entry.id.desc())
        .limit(limit)
    ).scalars()
    return [msgspec.json.decode(answer, type=Outcome) for answer in rows]
