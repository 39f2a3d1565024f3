"""Handover (交接班): the shift's walk along the places in shelf order; both shifts sign; the rest is handed on."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import conflict
from core.inputs import clean_text
from core.languages import N_
from core.quantities import write_quantity
from depots.models import Place
from inventory.documents.count_report import Difference, report, told_line
from inventory.documents.counting import (
    book_differences,
    counted_elsewhere,
    enter_count,
    require_some,
    storage_places,
    the_count,
)
from inventory.documents.incidents import open_incidents
from inventory.documents.loans import open_loans
from inventory.documents.models import Handover, Seal
from inventory.documents.shift_share import in_hands, in_stocktake, left_out, sealed_whole
from inventory.faults.models import Defect, DefectState
from inventory.stock.count_models import Count, CountPurpose, CountState
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs, shift_day
from people.policy import Act


class StartHandover(NewEntry, tag="start-handover", kw_only=True):
    """The walk begins; the handover has the entry's id. Lines are counted by ``count`` entries, faults by ``fault``."""

    depot: str


class GiveShift(NewEntry, tag="give-shift", kw_only=True):
    """The leaving shift signs."""

    handover: UUID
    note: str = ""


class TakeShift(NewEntry, tag="take-shift", kw_only=True):
    """The coming shift signs: differences are booked, and it answers for what is handed on."""

    handover: UUID


def start_handover(scene: Scene, entry: StartHandover) -> Answer:
    """Open a walk over all places of a depot; one at a time. Places in a stocktake are left to it: it may take days."""
    depot = scene.depot(entry.depot, Act.KEEP)
    running = scene.session.execute(
        select(Count.id).where(
            Count.depot_id == depot.id, Count.purpose == CountPurpose.HANDOVER, Count.state == CountState.OPEN
        )
    ).first()
    if running is not None:
        message = N_("a handover of this depot is open already; finish it first")
        raise conflict("handover-open", message, extra={"handover": str(running.id)})
    places = require_some(storage_places(scene.session, depot.id))
    elsewhere = {row.place_id for row in counted_elsewhere(scene.session, places)}
    places = [place for place in places if place.id not in elsewhere]
    enter_count(scene, entry.id, depot.id, CountPurpose.HANDOVER, places)
    # the shift that ends was on duty just before now
    ends = scene.happened_at - timedelta(hours=1)
    handover = Handover(
        id=entry.id,
        depot_id=depot.id,
        shift_day=shift_day(ends, scene.moment.zone, scene.moment.shift_at),
        giver_id=scene.caller.person_id,
        given_at=scene.happened_at,
    )
    scene.session.add(handover)
    return {"handover": str(entry.id), "places": [str(place.id) for place in places]}


def _handover(scene: Scene, handover_id: UUID) -> tuple[Handover, Count]:
    handover = scene.document(Handover, handover_id, N_("there is no handover with this id"), Act.KEEP)
    return handover, the_count(scene, handover_id, Act.KEEP)


def give_shift(scene: Scene, entry: GiveShift) -> Answer:
    """Sign as the leaving shift; tells what the walk found, and what was not looked at."""
    handover, count = _handover(scene, entry.handover)
    handover.giver_id, handover.given_at = scene.caller.person_id, scene.happened_at
    handover.note = clean_text(entry.note, "note", 500)
    handed_on = _handed_on(scene, handover, count, report(scene.session, count))
    handed_on["in_hands"] = in_hands(scene.session, handover.depot_id, scene.caller.person_id)
    handed_on["in_stocktake"] = in_stocktake(scene.session, count)
    handover.handed_on = json.dumps(handed_on, ensure_ascii=False)
    return handed_on


def _handed_on(scene: Scene, handover: Handover, count: Count, rows: Sequence[Difference]) -> dict[str, Any]:
    """What the leaving shift signs for. A kit whose seal was found whole stands for what is in it (T44)."""
    whole = sealed_whole(scene.session, count)
    blank = [row for row in rows if row.counted is None and not {row.place.id, row.place.parent_id} & whole]
    return {
        **what_stands(scene, handover.depot_id),
        "differences": [told_line(row) for row in rows if row.difference],
        "uncounted": len(blank),
        "left_out": left_out(scene.session, count, blank),
    }


def take_shift(scene: Scene, entry: TakeShift) -> Answer:
    """Sign as the coming shift. Not the same person, and for just what the leaving shift has signed."""
    handover, count = _handover(scene, entry.handover)
    if handover.handed_on == "{}":
        raise conflict("not-given", N_("the leaving shift signs first"))
    if handover.giver_id == scene.caller.person_id:
        raise conflict("same-person", N_("the coming shift signs, and that is another person"))
    rows = report(scene.session, count)
    given = json.loads(handover.handed_on)
    # what was taken or brought back meanwhile is told as it is now, on the comer's own phone
    held = in_hands(scene.session, handover.depot_id, handover.giver_id)
    told = {"in_hands": held, "in_stocktake": given.get("in_stocktake", [])}  # not in older ones
    if {**given, **told} != {**_handed_on(scene, handover, count, rows), **told}:
        raise conflict("changed-since", N_("something changed after the leaving shift had signed; it signs again"))
    booked = book_differences(scene, count, rows)
    handed_on = {**given, **told, "differences": booked}
    handover.taker_id, handover.taken_at = scene.caller.person_id, scene.happened_at
    handover.handed_on = json.dumps(handed_on, ensure_ascii=False)
    return handed_on


def what_stands(scene: Scene, depot_id: UUID) -> dict[str, Any]:
    """What stands open and passes to the next shift or keeper: loans, faults, incidents, kits sealed short (T46)."""
    session = scene.session
    defects = session.execute(
        select(Defect.id)
        .where(Defect.depot_id == depot_id, Defect.state != DefectState.CLOSED)
        .order_by(Defect.reported_at, Defect.id)
    ).scalars()
    incidents = [row for row in open_incidents(session, depot_id, scene.now) if row.closed_at is None]
    return {
        "loans": [
            {"loan": str(loan.id), "lot": str(lot_id), "quantity": write_quantity(quantity)}
            for loan, lot_id, quantity in open_loans(session, depot_id)
        ],
        "faults": [str(defect_id) for defect_id in defects],
        "incidents": [str(incident.id) for incident in incidents],
        "kits": _sealed_short(session, depot_id),
    }


def _sealed_short(session: Session, depot_id: UUID) -> list[dict[str, Any]]:
    """The kits and vehicles whose seal says what was missing when it was put on, in shelf order."""
    rows = session.execute(
        select(Place, Seal)
        .join(Seal, Seal.place_id == Place.id)
        .where(Place.depot_id == depot_id, Seal.broken_at.is_(None), Seal.short != "[]")
        .order_by(Place.position, Place.id)
    )
    return [
        {
            "place": str(place.id),
            "place_zh": place.path_zh,
            "place_en": place.path_en,
            "seal": seal.number,
            "short": json.loads(seal.short),
        }
        for place, seal in rows
    ]


ENTRIES: Verbs = {StartHandover: start_handover, GiveShift: give_shift, TakeShift: take_shift}
