"""Incidents: a call-out in three fields, gear drawn to it fast, the paper later; closed once the shelf is full again.

What was taken for an incident lies in the incident's own place until it comes back, is used up, or is lost.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from core.clock import local_date
from core.errors import bad_field, conflict
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_amount, write_quantity
from depots.models import PlaceKind
from inventory.booking.keeping import HANDED_OUT
from inventory.documents.loans import Thing, as_wish
from inventory.documents.models import Channel, Incident, IncidentKind
from inventory.documents.restocking import restock_list
from inventory.stock.events import DrawnForIncident
from inventory.stock.models import Movement, Stock
from inventory.telling.basket import book_wishes, differs
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.policy import Act

ARRIVE_WITHIN = timedelta(minutes=5)  # the city's target for street-side depots (S00)
PAPER_WITHIN = timedelta(hours=24)  # after this a draw without an approval is listed (T57)
RESTOCK_WITHIN = timedelta(days=7)
RESTOCK_LATEST = timedelta(days=92)
ZERO = Decimal(0)


class OpenIncident(NewEntry, tag="open-incident", kw_only=True):
    """A call-out begins. The incident has the entry's id; ``happened_at`` is when the call came."""

    depot: str
    what: IncidentKind
    channel: Channel
    place: str


class Draw(NewEntry, tag="draw", kw_only=True):
    """Gear is taken for an incident: no approval is waited for."""

    incident: UUID
    lines: list[Thing]


class Arrived(NewEntry, tag="arrived", kw_only=True):
    """The first of ours is on the scene."""

    incident: UUID


class SceneCount(msgspec.Struct, forbid_unknown_fields=True):
    """So much of what was taken is there before leaving."""

    thing: str
    quantity: str


class OnScene(NewEntry, tag="on-scene", kw_only=True):
    """Counted on the scene before leaving: what is not there is looked for now, not tomorrow."""

    incident: UUID
    lines: list[SceneCount]


class Paper(NewEntry, tag="paper", kw_only=True):
    """What was left out when it had to go fast: whose order it was, and a note (T57)."""

    incident: UUID
    ordered_by: str
    note: str = ""
    place: str | None = None


class ApproveIncident(NewEntry, tag="approve-incident", kw_only=True):
    """Somebody with the right says that the draw was in order."""

    incident: UUID


class CloseIncident(NewEntry, tag="close-incident", kw_only=True):
    """Everything is back, used up or lost. What is not restocked stays a task, with a day: in a week if unsaid."""

    incident: UUID
    restock_by: date | msgspec.UnsetType = msgspec.UNSET


def open_incident(scene: Scene, entry: OpenIncident) -> Answer:
    """Open a call-out: kind, channel and place are enough."""
    depot = scene.depot(entry.depot, Act.TAKE)
    place = clean_text(entry.place, "place", 200, required=True)
    incident = Incident(
        id=entry.id,
        depot_id=depot.id,
        kind=entry.what,
        channel=entry.channel,
        place=place,
        opened_at=scene.happened_at,
        opened_by_id=scene.caller.person_id,
    )
    scene.session.add(incident)
    scene.open_place(incident.id, depot.id, PlaceKind.INCIDENT, f"出动：{place}", f"Call-out: {place}")
    return {"incident": str(incident.id)}


def _incident(scene: Scene, incident_id: UUID, act: Act, *, must_be_open: bool = True) -> Incident:
    incident = scene.document(Incident, incident_id, N_("there is no incident with this id"), act)
    if must_be_open and incident.closed_at is not None and not scene.late:
        raise conflict("closed", N_("this incident is closed"))
    return incident


def draw(scene: Scene, entry: Draw) -> Answer:
    """Move gear to the incident."""
    incident = _incident(scene, entry.incident, Act.TAKE)
    if not entry.lines:
        raise bad_field("lines", N_("say what is taken"))
    wishes = [as_wish(scene, line, str(incident.id), incident.id) for line in entry.lines]
    for wish in wishes:  # the call-out is reason enough for what is past its date or lacks a part, but for a hard stop
        wish.reason = wish.reason or incident.place[:500]
    answers = book_wishes(scene, wishes)
    return {"movements": answers, "discrepancy": differs(scene, answers)}


def arrived(scene: Scene, entry: Arrived) -> Answer:
    """Note when the first of ours was there; the earliest word stands."""
    incident = _incident(scene, entry.incident, Act.TAKE, must_be_open=False)
    if scene.happened_at < incident.opened_at:
        raise bad_field("happened_at", N_("nobody arrives before the call came"))
    if incident.arrived_at is None or scene.happened_at < incident.arrived_at:
        incident.arrived_at = scene.happened_at
    took = incident.arrived_at - incident.opened_at
    return {"seconds": int(took.total_seconds()), "in_time": took <= ARRIVE_WITHIN}


def on_scene(scene: Scene, entry: OnScene) -> Answer:
    """Compare what is there with what was taken; nothing is booked, for it may still turn up."""
    incident = _incident(scene, entry.incident, Act.TAKE)
    counted = {scene.lot(line.thing, "thing")[0].id: read_amount(line.quantity) for line in entry.lines}
    incident.counted_at = scene.happened_at
    missing = [
        {"lot": str(row.lot_id), "taken": write_quantity(row.quantity), "there": write_quantity(there)}
        for row in out_at(scene.session, incident.id)
        if (there := counted.get(row.lot_id, ZERO)) < row.quantity
    ]
    return {"missing": missing}


def write_paper(scene: Scene, entry: Paper) -> Answer:
    """Complete what was left out, until the draw is approved: what was signed stays as it was signed (B18).

    The words that stood there before are kept with the entry.
    """
    incident = _incident(scene, entry.incident, Act.TAKE, must_be_open=False)
    if incident.approved_at is not None:
        raise conflict("approved", N_("this draw is approved; what was signed stays as it was signed"))
    before = {"ordered_by": incident.ordered_by, "note": incident.note, "place": incident.place}
    incident.ordered_by = clean_text(entry.ordered_by, "ordered_by", 100, required=True)
    incident.note = clean_text(entry.note, "note", 500)
    if entry.place is not None:
        incident.place = clean_text(entry.place, "place", 200, required=True)
    return {"before": before}


def unapprove(session: Session, event: DrawnForIncident) -> None:
    """More was drawn: an approval that was given before does not speak of it, and is given anew."""
    incident = session.get(Incident, event.incident_id, with_for_update=True)
    if incident is not None:
        incident.approved_at = incident.approved_by_id = None


def approve_incident(scene: Scene, entry: ApproveIncident) -> Answer:
    """Sign the draw as it is: the paper, and all that was drawn. Not one's own; it falls with whatever changes."""
    incident = _incident(scene, entry.incident, Act.APPROVE, must_be_open=False)
    drew = select(Movement.person_id).where(
        Movement.incident_id == incident.id,
        Movement.kind.in_(HANDED_OUT) | (Movement.to_place_id == incident.id),
        Movement.from_place_id != incident.id,
    )
    if scene.caller.person_id in {incident.opened_by_id, *scene.session.execute(drew).scalars()}:
        raise conflict("same-person", N_("who opened a call-out or drew gear for it does not approve it"))
    if incident.approved_at is None:
        incident.approved_at, incident.approved_by_id = scene.now, scene.caller.person_id
    return {}


def close_incident(scene: Scene, entry: CloseIncident) -> Answer:
    """Close; refuses while something is out, and says what. What must be bought first stays a task with a day."""
    incident = _incident(scene, entry.incident, Act.KEEP)
    out = out_at(scene.session, incident.id)
    if out:
        lots = [{"lot": str(row.lot_id), "quantity": write_quantity(row.quantity)} for row in out]
        message = N_("{count} lines have not come back: return them, or say that they are used up or lost")
        raise conflict("not-back", message, extra={"out": lots}, count=len(out))
    short = [row for row in restock_list(scene.session, [incident.id])[incident.id] if row.left > 0]
    incident.closed_at, incident.closed_by_id = scene.happened_at, scene.caller.person_id
    if not short:
        return {}
    closed_on = local_date(scene.happened_at, scene.moment.zone)
    incident.restock_by = entry.restock_by or closed_on + RESTOCK_WITHIN
    if not closed_on <= incident.restock_by <= closed_on + RESTOCK_LATEST:
        raise bad_field("restock_by", N_("what was used up is restocked after the call-out, within three months"))
    lines = [{"item": row.item.code, "quantity": write_quantity(row.left)} for row in short]
    return {"restock_by": incident.restock_by.isoformat(), "restock": lines}


def out_at(session: Session, place_id: UUID) -> list[Stock]:
    """What lies in the place of an incident, loan or transfer now."""
    statement = select(Stock).where(Stock.place_id == place_id, Stock.quantity > 0).order_by(Stock.lot_id)
    return list(session.execute(statement).scalars())


def without_approval(session: Session, depot_ids: Collection[UUID], now: datetime) -> list[Incident]:
    """Incidents of these depots for which gear was drawn and whose approval is more than a day overdue (T57)."""
    drawn = exists().where(Movement.incident_id == Incident.id)
    statement = (
        select(Incident)
        .where(
            Incident.depot_id.in_(depot_ids),
            Incident.approved_at.is_(None),
            Incident.opened_at < now - PAPER_WITHIN,
            drawn,
        )
        .order_by(Incident.opened_at)
    )
    return list(session.execute(statement).scalars())


def open_incidents(session: Session, depot_id: UUID, now: datetime) -> list[Incident]:
    """The incidents of a depot that are open, or closed and not yet approved or restocked, the newest first."""
    statement = (
        select(Incident)
        .where(
            Incident.depot_id == depot_id,
            or_(Incident.closed_at.is_(None), Incident.approved_at.is_(None), Incident.restock_by.is_not(None)),
            Incident.opened_at > now - timedelta(days=60),
        )
        .order_by(Incident.opened_at.desc(), Incident.id.desc())
        .limit(50)
    )
    return list(session.execute(statement).scalars())


ENTRIES: Verbs = {
    OpenIncident: open_incident,
    Draw: draw,
    Arrived: arrived,
    OnScene: on_scene,
    Paper: write_paper,
    ApproveIncident: approve_incident,
    CloseIncident: close_incident,
}
