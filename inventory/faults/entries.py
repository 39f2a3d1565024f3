"""Faults reported by phone, labels on the wrong thing, and faults mended."""

from uuid import UUID

from sqlalchemy import select

from core.errors import not_found
from core.languages import N_, say
from core.quantities import read_quantity, write_quantity
from depots.models import Depot
from inventory.faults.faults import Trouble, close_defect, note_defect, report_fault
from inventory.stock.models import Stock
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.policy import Act


class Fault(NewEntry, tag="fault", kw_only=True):
    """Gear is faulty. It stops counting as ready at once."""

    thing: str  # label code or lot
    quantity: str = "1"
    description: str
    place: str | None = None  # where it is; found out when it is in one place only


class NotThis(NewEntry, tag="not-this", kw_only=True):
    """The label is on another thing than the page shows (T75): two labels were swapped, or one is misplaced."""

    thing: str
    description: str = ""


class Mended(NewEntry, tag="mended", kw_only=True):
    """A fault is mended, or was none."""

    defect: UUID
    note: str


def record_fault(scene: Scene, entry: Fault) -> Answer:
    """Open a fault under the entry's id."""
    lot, _ = scene.lot(entry.thing, "thing")
    place_id = scene.place(entry.place, "place", Act.REPORT).id if entry.place else _where(scene, lot.id)
    quantity = read_quantity(entry.quantity)
    trouble = Trouble(
        lot.id,
        place_id,
        entry.description,
        quantity,
        seen_at=scene.happened_at,
        late=scene.late,
        id=entry.id,
    )
    defect = report_fault(scene.session, scene.caller, trouble, scene.now, scene.today)
    scene.depot_id = defect.depot_id
    return {"defect": str(defect.id), "quantity": write_quantity(quantity)}


def _where(scene: Scene, lot_id: UUID) -> UUID:
    """The place inside a depot of the caller's where most of a lot lies."""
    rows = scene.session.execute(
        select(Stock.place_id, Depot)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(Stock.lot_id == lot_id, ~Stock.outside, Stock.quantity > 0)
        .order_by(Stock.quantity.desc(), Stock.place_id)
    )
    for place_id, depot in rows:
        if any(duty.covers(depot.id, depot.district_code) for duty in scene.caller.duties):
            return place_id
    raise not_found(N_("this is not at that place any more; scan it again"))


def record_not_this(scene: Scene, entry: NotThis) -> Answer:
    """A task for the depot: look which label belongs where. Nothing is taken out of service."""
    lot, item = scene.lot(entry.thing, "thing")
    place_id = _where(scene, lot.id)
    place = scene.place(str(place_id), "thing", Act.REPORT)
    said = entry.description or say(
        scene.caller.language, N_("The label is not on this: {item}"), item=(item.name_zh, item.name_en)
    )
    trouble = Trouble(lot.id, place_id, said, seen_at=scene.happened_at, id=entry.id)
    defect = note_defect(scene.session, place.depot_id, trouble, scene.now, person_id=scene.caller.person_id)
    return {"defect": str(defect.id)}


def record_mended(scene: Scene, entry: Mended) -> Answer:
    """Close a fault."""
    defect = close_defect(scene.session, scene.caller, entry.defect, entry.note, scene.now)
    scene.depot_id = defect.depot_id
    return {"defect": str(defect.id)}


ENTRIES: Verbs = {Fault: record_fault, NotThis: record_not_this, Mended: record_mended}
