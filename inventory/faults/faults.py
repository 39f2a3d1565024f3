"""Faults: reported by whoever sees them; an open one takes the piece out of service until it is closed."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.errors import conflict, not_found
from core.ids import new_id
from core.inputs import clean_text
from core.languages import N_
from core.quantities import write_quantity
from depots.models import Depot, PlaceKind
from depots.places import standing_place_id
from inventory.booking.booking import book
from inventory.booking.wishes import Wish
from inventory.catalogue.models import Item, Tracking
from inventory.faults.models import Defect, DefectState
from inventory.stock.lots import set_condition
from inventory.stock.models import Condition, Kind, Lot, Stock
from inventory.stock.reaching import document_reached
from people.policy import Act, Caller, require_at

LONGEST = 500


@dataclass(frozen=True)
class Trouble:
    """What somebody says is wrong, with what, and where."""

    lot_id: UUID | None
    place_id: UUID | None
    description: str
    quantity: Decimal | None = None  # of a batch
    contact: str = ""
    seen_at: datetime | None = None  # if not now
    late: bool = False  # reported afterwards, perhaps when the book has it elsewhere already
    id: UUID | None = None  # of the entry that tells it


def report_fault(session: Session, caller: Caller, trouble: Trouble, now: datetime, today: date) -> Defect:
    """Somebody of the depot says that gear is faulty; it stops counting as ready at once.

    A single piece is marked unfit where it is. Of a batch, the faulty pieces go to the depot's hold, for the rest of
    the batch is sound.
    """
    description = clean_text(trouble.description, "description", LONGEST, required=True)
    row = session.execute(
        select(Lot, Item, Depot)
        .join(Item, Item.id == Lot.item_id)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(Lot.id == trouble.lot_id, Stock.place_id == trouble.place_id, (Stock.quantity > 0) | trouble.late)
    ).first()
    if row is None:
        raise not_found(N_("this is not at that place any more; scan it again"))
    lot, item, depot = row
    require_at(caller, Act.REPORT, depot.id, depot.district_code)
    if item.tracking == Tracking.SERIAL:
        set_condition(session, lot, Condition.UNFIT, description[:300])
    elif trouble.place_id != (hold := standing_place_id(depot.id, PlaceKind.HOLD)):
        wish = _to_hold(trouble, hold, description)
        book(session, caller, [wish], now, today, act=Act.REPORT)
    return note_defect(session, depot.id, trouble, now, DefectState.OPEN, caller.person_id)


def _to_hold(trouble: Trouble, hold: UUID, description: str) -> Wish:
    return Wish(
        id=uuid4(),
        kind=Kind.TRANSFER,
        quantity="1" if trouble.quantity is None else write_quantity(trouble.quantity),
        lot=trouble.lot_id,
        source=str(trouble.place_id),
        target=str(hold),
        reason=description,
        late=trouble.late,
    )


def note_defect(
    session: Session,
    depot_id: UUID,
    trouble: Trouble,
    now: datetime,
    state: DefectState = DefectState.REPORTED,
    person_id: UUID | None = None,
) -> Defect:
    """Note that something is wrong. ``REPORTED`` takes nothing out of service: a stranger's word, or a question."""
    defect = Defect(
        id=trouble.id or new_id(),
        depot_id=depot_id,
        lot_id=trouble.lot_id,
        place_id=trouble.place_id,
        quantity=trouble.quantity,
        state=state,
        description=clean_text(trouble.description, "description", LONGEST, required=True),
        contact=clean_text(trouble.contact, "contact", 100),
        person_id=person_id,
        reported_at=trouble.seen_at or now,
    )
    session.add(defect)
    session.flush()
    return defect


def close_defect(session: Session, caller: Caller, defect_id: UUID, note: str, now: datetime) -> Defect:
    """The fault is mended, or was none. A piece is fit again once its last open fault is closed."""
    note = clean_text(note, "note", LONGEST, required=True)
    defect = document_reached(session, caller, Defect, defect_id, Defect.depot_id)
    if defect is None:
        raise not_found(N_("there is no such fault"))
    depot = session.get_one(Depot, defect.depot_id)
    require_at(caller, Act.KEEP, depot.id, depot.district_code)
    if defect.state == DefectState.CLOSED:
        raise conflict("closed", N_("this fault is closed already"))
    was_open = defect.state == DefectState.OPEN
    defect.state, defect.closed_at, defect.closed_by_id = DefectState.CLOSED, now, caller.person_id
    defect.closing_note = note
    session.flush()
    if defect.lot_id is not None and was_open:
        _mend(session, defect.lot_id)
    return defect


def _mend(session: Session, lot_id: UUID) -> None:
    others = session.execute(
        select(func.count()).select_from(Defect).where(Defect.lot_id == lot_id, Defect.state == DefectState.OPEN)
    ).scalar_one()
    lot = session.get_one(Lot, lot_id)
    if others == 0 and lot.condition == Condition.UNFIT:
        set_condition(session, lot, Condition.FIT, "")
