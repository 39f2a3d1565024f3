"""Faults looked into: what becomes of each."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import conflict
from core.inputs import clean_text
from core.languages import N_
from inventory.catalogue.models import Item, Tracking
from inventory.faults.faults import close_defect
from inventory.faults.models import Defect, DefectState
from inventory.stock.lots import set_condition
from inventory.stock.models import Condition, Lot
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from inventory.upkeep.models import Triage, Verdict
from inventory.upkeep.scrap import propose
from people.policy import Act


class TriageFault(NewEntry, tag="triage", kw_only=True):
    """Somebody looked into a fault, and says what is to be done."""

    defect: UUID
    verdict: Verdict
    note: str = ""


def triage(scene: Scene, entry: TriageFault) -> Answer:
    """Record what becomes of a fault; a report that is believed takes a piece out of service."""
    defect = scene.document(Defect, entry.defect, N_("there is no such fault"), Act.KEEP)
    if defect.state == DefectState.CLOSED:
        raise conflict("closed", N_("this fault is closed already"))
    note = clean_text(entry.note, "note", 500, required=entry.verdict == Verdict.NO_FAULT)
    row = scene.session.get(Triage, defect.id) or Triage(
        defect_id=defect.id, verdict=entry.verdict, person_id=scene.caller.person_id, at=scene.now
    )
    row.verdict, row.note, row.person_id, row.at = entry.verdict, note, scene.caller.person_id, scene.happened_at
    scene.session.add(row)
    if entry.verdict == Verdict.NO_FAULT:
        close_defect(scene.session, scene.caller, defect.id, note, scene.now)
        return {"defect": str(defect.id), "state": DefectState.CLOSED}
    if defect.state == DefectState.REPORTED:
        defect.state = DefectState.OPEN
        _take_out(scene.session, defect)
    answer: Answer = {"defect": str(defect.id), "state": defect.state}
    if entry.verdict == Verdict.DISPOSE and defect.lot_id is not None:
        answer["scrap"] = str(propose(scene, defect.lot_id, note or defect.description).id)
    scene.session.flush()
    return answer


def _take_out(session: Session, defect: Defect) -> None:
    lot = session.get(Lot, defect.lot_id) if defect.lot_id else None
    if lot is None:
        return
    item = session.get_one(Item, lot.item_id)
    if item.tracking == Tracking.SERIAL and lot.condition == Condition.FIT:
        set_condition(session, lot, Condition.UNFIT, defect.description[:300])


ENTRIES: Verbs = {TriageFault: triage}
