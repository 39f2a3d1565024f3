"""Closing a depot or merging it into another: planned, emptied by ordinary movements, closed, perhaps reopened (T91).

A closed depot keeps its ledger, its reports and its labels for ever; it takes no gear and counts nowhere.
"""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import bad_field, conflict, not_found
from core.events import publish
from core.inputs import clean_text
from core.languages import N_, say
from depots.models import Depot, DepotRequirement, DepotStatus, PlaceKind
from depots.places import standing_place_id
from depots.requirements import work_out_requirements
from inventory.closing.models import Closing
from inventory.closing.notes import last_closed
from inventory.closing.remains import left_lines, remains
from inventory.documents.models import Transfer, TransferState
from inventory.faults.models import Defect, DefectState
from inventory.readiness.models import DepotReadiness
from inventory.stock import reasons
from inventory.stock.count_models import Count, CountState
from inventory.stock.events import DepotClosed
from inventory.stock.locks import status_of_depot
from inventory.stock.models import DepotItem, Kind
from inventory.stock.reaching import depot_reached
from inventory.telling.moving import Move, move
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from inventory.upkeep.models import OPEN_STATES, Scrap, ScrapState
from people.accounts import Term, give_role, take_role, take_role_at
from people.duties import not_over
from people.models import Assignment, Role
from people.policy import Act, require_at


class PlanClosing(NewEntry, tag="plan-closing", kw_only=True):
    """A depot is to be closed; with a successor, merged into that. The plan has the entry's id."""

    depot: str
    why: str
    successor: str | None = None


class SendAll(NewEntry, tag="send-all", kw_only=True):
    """All that lies at the depot leaves in one transfer, to the successor or another depot."""

    closing: UUID
    to: str | None = None


class WriteOffRest(NewEntry, tag="write-off-rest", kw_only=True):
    """What is left of batches and loose goods is disposed of, by somebody other than who made the plan."""

    closing: UUID
    reason: str


class CloseDepot(NewEntry, tag="close-depot", kw_only=True):
    """The depot is empty and closes. Its people's roles move to the successor, or end."""

    closing: UUID
    people: Literal["move", "end"] = "end"


class GiveUpClosing(NewEntry, tag="give-up-closing", kw_only=True):
    """The depot stays."""

    closing: UUID


class ReopenDepot(NewEntry, tag="reopen-depot", kw_only=True):
    """A closed depot opens again. With ``people`` "back", who had a role there has it again."""

    depot: str
    why: str
    people: Literal["back", "none"] = "none"


def plan_closing(scene: Scene, entry: PlanClosing) -> Answer:
    """Open the plan of a closing; one at a time. Nothing moves yet."""
    depot = scene.depot(entry.depot, Act.APPROVE)
    standing = running(scene.session, depot.id)
    if standing is not None:
        message = N_("the closing of this depot is planned already")
        raise conflict("closing-planned", message, extra={"closing": str(standing.id)})
    successor = _successor(scene, entry.successor, depot) if entry.successor else None
    closing = Closing(
        id=entry.id,
        depot_id=depot.id,
        successor_id=successor.id if successor else None,
        why=clean_text(entry.why, "why", 500, required=True),
        planned_by_id=scene.caller.person_id,
        planned_at=scene.happened_at,
    )
    scene.session.add(closing)
    scene.session.flush()
    return {"closing": str(closing.id)}


def running(session: Session, depot_id: UUID) -> Closing | None:
    """The plan of a depot that is neither carried out nor given up."""
    return session.execute(
        select(Closing).where(Closing.depot_id == depot_id, Closing.closed_at.is_(None), Closing.given_up_at.is_(None))
    ).scalar_one_or_none()


def _successor(scene: Scene, code: str, leaving: Depot) -> Depot:
    """Who takes over: a depot where the caller decides as well (B8), and that does not close itself (B39)."""
    found = depot_reached(scene.session, scene.caller, code)
    if found is None:
        raise bad_field("successor", N_("there is no depot with the code {code}"), code=code)
    require_at(scene.caller, Act.APPROVE, found.id, found.district_code)
    # Both depots alone, in the order of their ids: two plans that name each other are not made at the same moment
    scene.session.execute(
        select(Depot.id).where(Depot.id.in_([found.id, leaving.id])).order_by(Depot.id).with_for_update()
    ).all()
    found = _open_depot(scene, code, "successor", leaving)
    if running(scene.session, found.id) is not None:
        raise bad_field("successor", N_("the closing of this depot is planned as well; name one that stays"))
    return found


def _open_depot(scene: Scene, code: str, field: str, leaving: Depot) -> Depot:
    found = scene.session.execute(select(Depot).where(Depot.code == code)).scalar_one_or_none()
    if found is None:
        raise bad_field(field, N_("there is no depot with the code {code}"), code=code)
    if found.id == leaving.id:
        raise bad_field(field, N_("name another depot"))
    if status_of_depot(scene.session, found.id) != DepotStatus.OPEN:
        raise bad_field(field, N_("this depot is closed; name one that is open"))
    return found


def _plan(scene: Scene, closing_id: UUID, act: Act) -> tuple[Closing, Depot]:
    """A plan that still stands, and its depot, where the caller may do this."""
    closing = scene.documents(Closing, closing_id, N_("no closing is planned under this id"), Closing.depot_id)
    depot = scene.allowed(closing.depot_id, act)
    if closing.closed_at is not None or closing.given_up_at is not None:
        raise conflict("closed", N_("this closing is carried out or given up already"))
    return closing, depot


def send_all(scene: Scene, entry: SendAll) -> Answer:
    """Everything that lies here goes on the way, vehicles and kits with all that is in them.

    Recalled and faulty gear goes too: its state stands with the lot, wherever that is.
    """
    closing, giver = _plan(scene, entry.closing, Act.KEEP)
    receiver = _receiver(scene, closing, entry.to, giver)
    lines = [line for line in left_lines(scene.session, giver.id) if line.goes]
    if not lines:
        raise conflict("nothing-left", N_("nothing lies on the shelves here any more"))
    reason = say(scene.caller.language, reasons.CLOSING, depot=giver.code, why=closing.why)[:300]
    transfer = Transfer(
        id=entry.id,
        from_depot_id=giver.id,
        to_depot_id=receiver.id,
        state=TransferState.SENT,
        reason=reason,
        asked_by_id=scene.caller.person_id,
        asked_at=scene.happened_at,
        sent_by_id=scene.caller.person_id,
        sent_at=scene.happened_at,
    )
    scene.session.add(transfer)
    scene.open_place(
        transfer.id, giver.id, PlaceKind.TRANSIT, f"在途：{receiver.name_zh}", f"On the way: {receiver.name_en}"
    )
    moves = [Move(Kind.TRANSFER, line.lot, Decimal(line.quantity), line.place, transfer.id, reason) for line in lines]
    return {"transfer": str(transfer.id), "to": receiver.code, "lines": len(move(scene, moves))}


def _receiver(scene: Scene, closing: Closing, named: str | None, giver: Depot) -> Depot:
    if named:
        return _open_depot(scene, named, "to", giver)
    if closing.successor_id is None:
        raise bad_field("to", N_("this depot has no successor; say to which depot its gear goes"))
    return _open_depot(scene, scene.session.get_one(Depot, closing.successor_id).code, "to", giver)


def write_off_rest(scene: Scene, entry: WriteOffRest) -> Answer:
    """Dispose of the batches and loose goods that lie here; single pieces are sent on or scrapped one by one."""
    closing, depot = _plan(scene, entry.closing, Act.APPROVE)
    if closing.planned_by_id == scene.caller.person_id:
        raise conflict("same-person", N_("who plans the closing does not write off; somebody else does"))
    reason = clean_text(entry.reason, "reason", 300, required=True)
    lines = left_lines(scene.session, depot.id)
    goods = [line for line in lines if line.goes and not line.single]
    if not goods:
        raise conflict("nothing-left", N_("no batches or loose goods lie here any more"))
    disposed = standing_place_id(depot.id, PlaceKind.DISPOSED)
    move(scene, [Move(Kind.DISPOSE, one.lot, Decimal(one.quantity), one.place, disposed, reason) for one in goods])
    return {"written_off": len(goods), "left": len(lines) - len(goods)}


def close_depot(scene: Scene, entry: CloseDepot) -> Answer:
    """Close: refused while stock, loans, call-outs, transfers or stays at workshops are open, with what is there."""
    closing, depot = _plan(scene, entry.closing, Act.APPROVE)
    scene.session.refresh(depot, with_for_update=True)  # waits for what is arriving here, and keeps out the rest (B40)
    there = remains(scene.session, depot.id, scene.now)
    if not there.empty:
        numbers = {name: getattr(there, name) for name in ("stock", "loans", "incidents", "transfers", "services")}
        raise conflict(
            "not-empty",
            N_(
                "it cannot close yet. Still there: {stock} stock lines, {loans} loans, {incidents} call-outs, "
                "{transfers} transfers, {services} pieces at workshops; send everything to the successor first"
            ),
            extra={"remains": numbers},
            **numbers,
        )
    if entry.people == "move" and closing.successor_id is None:
        raise bad_field("people", N_("there is no successor to move the people to"))
    if entry.people == "move" and closing.successor_id is not None:
        heir = scene.session.get_one(Depot, closing.successor_id)
        require_at(scene.caller, Act.APPROVE, heir.id, heir.district_code)  # who gives rights there (B8)
    depot.status = DepotStatus.CLOSED
    closing.closed_by_id, closing.closed_at = scene.caller.person_id, scene.happened_at
    closing.people = json.dumps(_part(scene, closing, moves=entry.people == "move"))
    _tidy(scene, depot.id)
    record(scene.session, closing.closed_by_id, scene.now, "depot-closed", "depot", depot.code)
    publish(scene.session, DepotClosed(depot.id, scene.now))
    return {"depot": depot.code, "people": len(there.people)}


def _part(scene: Scene, closing: Closing, *, moves: bool) -> list[dict[str, Any]]:
    """End the roles that people had at this depot; move them to the successor where that is wanted."""
    session, by, now = scene.session, scene.caller.person_id, scene.now
    standing = select(Assignment).where(Assignment.depot_id == closing.depot_id, not_over(now))
    here = session.execute(standing.order_by(Assignment.id)).scalars().all()
    told = []
    for assignment in here:
        person_id, role = assignment.person_id, assignment.role
        term = Term(assignment.starts_at, assignment.ends_at)
        new = moves and not _holds(session, person_id, role, closing.successor_id, now)
        if new:
            give_role(session, by, now, person_id, role, district_code=None, depot_id=closing.successor_id, term=term)
        take_role(session, by, now, assignment)
        told.append({"person": str(person_id), "role": role.value, "moved": new, **term.told()})
    session.flush()
    return told


def _holds(session: Session, person_id: UUID, role: Role, depot_id: UUID | None, now: datetime) -> bool:
    statement = select(Assignment.id).where(
        Assignment.person_id == person_id, Assignment.role == role, Assignment.depot_id == depot_id, not_over(now)
    )
    return session.execute(statement).first() is not None


def _tidy(scene: Scene, depot_id: UUID) -> None:
    """Nothing is required, counted or asked of a closed depot any more."""
    note = say(scene.caller.language, N_("depot closed"))
    session, by, at = scene.session, scene.caller.person_id, scene.now
    session.execute(delete(DepotRequirement).where(DepotRequirement.depot_id == depot_id))
    session.execute(delete(DepotReadiness).where(DepotReadiness.depot_id == depot_id))
    session.execute(update(DepotItem).where(DepotItem.depot_id == depot_id).values(dirty=False))
    session.execute(
        update(Count)
        .where(Count.depot_id == depot_id, Count.state == CountState.OPEN)
        .values(state=CountState.CANCELLED, closed_at=at, closed_by_id=by)
    )
    session.execute(
        update(Defect)
        .where(Defect.depot_id == depot_id, Defect.state != DefectState.CLOSED)
        .values(state=DefectState.CLOSED, closed_at=at, closed_by_id=by, closing_note=note)
    )
    session.execute(
        update(Scrap)
        .where(Scrap.depot_id == depot_id, Scrap.state.in_(OPEN_STATES))
        .values(state=ScrapState.REJECTED, decided_by_id=by, decided_at=at, decision_note=note)
    )
    session.flush()


def give_up_closing(scene: Scene, entry: GiveUpClosing) -> Answer:
    """The plan is dropped. What has been sent already goes on as any transfer does."""
    closing, depot = _plan(scene, entry.closing, Act.APPROVE)
    closing.given_up_by_id, closing.given_up_at = scene.caller.person_id, scene.happened_at
    scene.session.flush()
    return {"depot": depot.code}


def reopen_depot(scene: Scene, entry: ReopenDepot) -> Answer:
    """Open a closed depot again: it is asked for what its type requires, from today on."""
    session = scene.session
    depot = depot_reached(session, scene.caller, entry.depot, alone=True)
    if depot is None:
        raise not_found(N_("there is no depot with the code {code}"), code=entry.depot)
    scene.allowed(depot.id, Act.APPROVE)
    if depot.status != DepotStatus.CLOSED:
        raise conflict("open", N_("this depot is open"))
    why = clean_text(entry.why, "why", 500, required=True)
    depot.status = DepotStatus.OPEN
    record(session, scene.caller.person_id, scene.now, "depot-reopened", "depot", depot.code, after={"why": why})
    back = 0
    closing = last_closed(session, depot.id)
    if closing is not None:
        closing.reopened_by_id, closing.reopened_at, closing.reopen_why = scene.caller.person_id, scene.happened_at, why
        back = _come_back(scene, closing) if entry.people == "back" else 0
    session.flush()
    work_out_requirements(session, scene.today, [depot.id])
    return {"depot": depot.code, "people": back}


def _come_back(scene: Scene, closing: Closing) -> int:
    session, by, now = scene.session, scene.caller.person_id, scene.now
    told: list[dict[str, Any]] = msgspec.json.decode(closing.people)
    for row in told:
        person_id, role = UUID(row["person"]), Role(row["role"])
        give_role(session, by, now, person_id, role, district_code=None, depot_id=closing.depot_id, term=Term.of(row))
        if row["moved"]:
            take_role_at(session, by, now, person_id, role, closing.successor_id)
    return len(told)


ENTRIES: Verbs = {
    PlanClosing: plan_closing,
    SendAll: send_all,
    WriteOffRest: write_off_rest,
    CloseDepot: close_depot,
    GiveUpClosing: give_up_closing,
    ReopenDepot: reopen_depot,
}
