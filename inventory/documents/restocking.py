"""What a call-out used up is put back: a booking from a shelf, or what another depot or a supplier brings for it."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import bad_field
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_quantity, write_quantity
from core.upsert import upsert
from depots.models import STORAGE, Place, PlaceKind
from inventory.booking.wishes import Wish
from inventory.catalogue.models import Item
from inventory.documents.models import Incident, Restocked
from inventory.stock.models import Kind, Lot, Movement
from inventory.stock.origins import shelf_for
from inventory.telling.basket import book_wishes, differs
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.policy import Act

ZERO = Decimal(0)


class Restock(NewEntry, tag="restock", kw_only=True, rename={"source": "from", "target": "to"}):
    """So much of what the incident used up is put back: from a place of the depot to where it was taken.

    Without ``from`` nothing is moved: enough of it lies where it belongs, or another booking has brought it.
    """

    incident: UUID
    item: str
    quantity: str
    thing: str | msgspec.UnsetType = msgspec.UNSET  # the lot that is moved
    source: str | msgspec.UnsetType = msgspec.UNSET
    target: str | msgspec.UnsetType = msgspec.UNSET
    note: str = ""


@dataclass(frozen=True)
class Need:
    """A line of a restock list: so much was used up or lost, so much is back on the shelf."""

    item: Item
    used: Decimal
    restocked: Decimal

    @property
    def left(self) -> Decimal:
        return max(self.used - self.restocked, ZERO)


def restock_list(session: Session, incident_ids: Collection[UUID]) -> dict[UUID, list[Need]]:
    """What incidents used up, lost or disposed of, less what has been put back. Two queries."""
    found: dict[UUID, list[Need]] = {incident_id: [] for incident_id in incident_ids}
    if not incident_ids:
        return found
    done = {
        (row.incident_id, row.item_id): row.quantity
        for row in session.execute(select(Restocked).where(Restocked.incident_id.in_(incident_ids))).scalars()
    }
    used = session.execute(
        select(Movement.incident_id, Item, func.sum(Movement.quantity))
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Place, Place.id == Movement.to_place_id)
        .where(
            Movement.incident_id.in_(incident_ids),
            Place.kind.in_((PlaceKind.CONSUMED, PlaceKind.LOST, PlaceKind.DISPOSED)),
        )
        .group_by(Movement.incident_id, Item.id)
        .order_by(Item.code)
    )
    for incident_id, item, quantity in used:
        assert incident_id is not None, "the condition says so"
        found[incident_id].append(Need(item, quantity, done.get((incident_id, item.id), ZERO)))
    return found


def restock(scene: Scene, entry: Restock) -> Answer:
    """Move what is put back, and tick off its line, wholly or in part; also after the incident was closed."""
    incident = scene.document(Incident, entry.incident, N_("there is no incident with this id"), Act.KEEP)
    quantity = read_quantity(entry.quantity)
    need = _need(scene.session, incident, entry.item)
    answer: Answer = {}
    if entry.source:
        if not entry.thing:
            raise bad_field("thing", N_("say which lot is put back"))
        wish = Wish(
            id=scene.next_id(),
            kind=Kind.TRANSFER,
            quantity=entry.quantity,
            lot=scene.lot(entry.thing, "thing")[0].id,
            item=entry.item,
            source=entry.source,
            target=entry.target or str(_belongs(scene.session, incident, need.item)),
            reason=incident.place[:500],
        )
        answers = book_wishes(scene, [wish])
        answer = {"movements": answers, "discrepancy": differs(scene, answers)}
    elif entry.thing or entry.target:
        raise bad_field("from", N_("say from which place"))
    left = note_restocked(scene, incident, need, quantity, clean_text(entry.note, "note", 200))
    return answer | {"left": write_quantity(left)}


def _need(session: Session, incident: Incident, item: str) -> Need:
    found = {row.item.code: row for row in restock_list(session, [incident.id])[incident.id]}
    if item not in found:
        raise bad_field("item", N_("the incident used up none of this"))
    return found[item]


def _belongs(session: Session, incident: Incident, item: Item) -> UUID:
    """Where an item was taken for an incident, else where it lies."""
    place_id = taken_at(session, [incident.id]).get((incident.id, item.id))
    if place_id is not None:
        return place_id
    shelf = shelf_for(session, item.id, None, item.id, incident.depot_id)
    if shelf is None:
        raise bad_field("to", N_("say where it goes"))
    return shelf.place_id


def taken_at(session: Session, incident_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], UUID]:
    """The places of their own depots where items were last taken for incidents: that is where they belong."""
    rows = session.execute(
        select(Movement.incident_id, Lot.item_id, Movement.from_place_id)
        .join(Lot, Lot.id == Movement.lot_id)
        .join(Incident, Incident.id == Movement.incident_id)
        .join(Place, Place.id == Movement.from_place_id)
        .where(
            *(Movement.incident_id.in_(incident_ids), Place.kind.in_(STORAGE)),
            Place.depot_id == Incident.depot_id,
        )
        .order_by(Movement.recorded_at, Movement.from_place_id)
    )
    return {(incident_id, item_id): place_id for incident_id, item_id, place_id in rows if incident_id is not None}


def note_restocked(scene: Scene, incident: Incident, need: Need, quantity: Decimal, note: str) -> Decimal:
    """Tick off so much of a line; the task ends with its last line. Returns what is left of this one."""
    table = table_of(Restocked)
    statement = upsert(scene.session, table).values(
        incident_id=incident.id,
        item_id=need.item.id,
        quantity=quantity,
        person_id=scene.caller.person_id,
        at=scene.happened_at,
        note=note,
    )
    changes = {"quantity": table.c.quantity + statement.excluded.quantity, "at": statement.excluded.at}
    scene.session.execute(statement.on_conflict_do_update(index_elements=["incident_id", "item_id"], set_=changes))
    if all(row.left <= 0 for row in restock_list(scene.session, [incident.id])[incident.id]):
        incident.restock_by = None
    return max(need.left - quantity, ZERO)


def incident_of(scene: Scene, incident_id: UUID, depot_id: UUID) -> Incident:
    """The incident of a depot for which something is asked or received."""
    incident = scene.document(Incident, incident_id, N_("there is no incident with this id"), Act.KEEP)
    if incident.depot_id != depot_id:
        raise bad_field("incident", N_("there is no incident with this id"))
    return incident


def brought_for(scene: Scene, incident: Incident, item: str, quantity: Decimal) -> None:
    """What was received for an incident ticks off its line, if it has one of this item."""
    for need in restock_list(scene.session, [incident.id])[incident.id]:
        if need.item.code == item:
            note_restocked(scene, incident, need, quantity, "")


ENTRIES: Verbs = {Restock: restock}
