"""Of what a report is: a place, a depot, a district, the city, an item, a lot, a person or an incident."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import True_, and_, not_, or_, select, true
from sqlalchemy.orm import Session

from core.errors import bad_field, not_found
from core.languages import N_
from depots.models import Depot, District, Place
from depots.places import visible_depot
from inventory.catalogue.models import Item
from inventory.documents.models import Incident
from inventory.listing.listing import Asked
from inventory.reports.crossing import Fence
from inventory.stock.reaching import lots_reached
from people.models import Person
from people.policy import Act, may_in_city, reach, require_at

SUBJECTS = {
    "depot": N_("Depot"),
    "place": N_("Place"),
    "item": N_("Item"),
    "lot": N_("Lot or piece"),
    "person": N_("Person"),
    "incident": N_("Incident"),
}


@dataclass(frozen=True)
class Subject:
    """Of what, with its name in Chinese and English."""

    fence: Fence
    name: tuple[str, str]


def subject_asked(session: Session, asked: Asked) -> Subject:
    """What the ledger is asked of: ``of`` says what sort, ``id`` which one (a code, an account or an id).

    An item, lot or person can be narrowed to a depot. Refuses (404) what the caller may not see.
    """
    kind = asked.text("of") or "depot"
    if kind not in SUBJECTS:
        raise bad_field("of", N_("a ledger is of a depot, place, item, lot, person or incident"))
    if kind == "depot":
        return depot_subject(session, asked, asked.needed("id"))
    if kind == "place":
        return _place(session, asked)
    if kind == "incident":
        return _incident(session, asked)
    held = depots_subject(session, asked)
    if kind == "item":
        item = session.execute(select(Item).where(Item.code == asked.needed("id"))).scalar_one_or_none()
        if item is None:
            raise not_found()
        item_id = item.id
        name = (f"{item.code} {item.name_zh}", f"{item.code} {item.name_en}")
        fence = Fence(held.fence.inside, lambda row: [row.item_id == item_id], held.fence.edges)
        return Subject(fence, _joined(name, held.name))
    if kind == "lot":
        return _lot(session, asked, held)
    return _person(session, asked, held)


def _joined(name: tuple[str, str], where: tuple[str, str]) -> tuple[str, str]:
    return f"{name[0]} · {where[0]}", f"{name[1]} · {where[1]}"


def depot_subject(session: Session, asked: Asked, code: str) -> Subject:
    """Everything on the books of a depot: stored, lent, in use, in the workshop, on the way."""
    depot = visible_depot(session, asked.caller, code)
    depot_id = depot.id
    fence = Fence(
        lambda place: and_(place.depot_id == depot_id, not_(place.outside)),
        edges=lambda place: place.depot_id == depot_id,
    )
    return Subject(fence, (f"{depot.code} {depot.name_zh}", f"{depot.code} {depot.name_en}"))


def depots_subject(session: Session, asked: Asked) -> Subject:
    """On the books of the depot that ``depot`` names, of a ``district``, or of every depot within reach."""
    code, district = asked.text("depot"), asked.text("district")
    if code is not None:
        return depot_subject(session, asked, code)
    visible = reach(asked.caller, Act.SEE, Depot.id, Depot.district_code)
    name = ("全部可见站点", "all depots within reach")
    depots = select(Depot.id).where(visible)
    if district is not None:
        row = session.get(District, district)
        if row is None:
            raise not_found(N_("there is no district {code}"), code=district[:20])
        name = (row.name_zh, row.name_en)
        depots = depots.where(Depot.district_code == district)
    elif isinstance(visible, True_):
        return Subject(Fence(lambda place: not_(place.outside), edges=lambda place: true()), name)
    fence = Fence(
        lambda place: and_(place.depot_id.in_(depots), not_(place.outside)),
        edges=lambda place: place.depot_id.in_(depots),
    )
    return Subject(fence, name)


def _place(session: Session, asked: Asked) -> Subject:
    place_id = asked.id("id")
    row = session.execute(
        select(Place, Depot).join(Depot, Depot.id == Place.depot_id).where(Place.id == place_id)
    ).first()
    if row is None:
        raise not_found()
    place, depot = row
    require_at(asked.caller, Act.SEE, depot.id, depot.district_code)
    name = (f"{depot.name_zh} › {place.path_zh}", f"{depot.name_en} › {place.path_en}")
    return Subject(Fence(lambda row: row.id == place_id), name)


def _lot(session: Session, asked: Asked, held: Subject) -> Subject:
    lot_id = asked.id("id")
    found = lots_reached(session, asked.caller, [lot_id]).get(lot_id) if lot_id else None
    if found is None:
        raise not_found()
    lot, item = found
    mark = lot.serial or lot.number or ""
    name = (f"{item.name_zh} {mark}".strip(), f"{item.name_en} {mark}".strip())
    fence = Fence(held.fence.inside, lambda row: [row.lot_id == lot_id], held.fence.edges)
    return Subject(fence, _joined(name, held.name))


def _person(session: Session, asked: Asked, held: Subject) -> Subject:
    """A person's hands: what was issued to them and came back, at depots within the caller's reach.

    Refuses (404) who never had anything of these depots in hand, as if there were no such account; who sees the whole
    city sees everybody.
    """
    account = asked.needed("id")
    seen = reach(asked.caller, Act.SEE, Depot.id, Depot.district_code)
    hands = select(Place.id).join(Depot, Depot.id == Place.depot_id).where(Place.person_id == Person.id, seen).exists()
    known = or_(hands, Person.id == asked.caller.person_id)
    if may_in_city(asked.caller, Act.SEE):
        known = true()
    person = session.execute(select(Person).where(Person.account == account, known)).scalar_one_or_none()
    if person is None:
        raise not_found()
    person_id, inside = person.id, held.fence.inside
    fence = Fence(lambda place: and_(place.person_id.is_not(None), place.person_id == person_id, inside(place)))
    return Subject(fence, _joined((person.name, person.name), held.name))


def _incident(session: Session, asked: Asked) -> Subject:
    incident_id = asked.id("id")
    row = session.execute(
        select(Incident, Depot).join(Depot, Depot.id == Incident.depot_id).where(Incident.id == incident_id)
    ).first()
    if row is None:
        raise not_found()
    incident, depot = row
    require_at(asked.caller, Act.SEE, depot.id, depot.district_code)
    name = (f"{depot.name_zh} · {incident.place}", f"{depot.name_en} · {incident.place}")
    return Subject(Fence(lambda place: place.id == incident_id), name)


def asked_depots(asked: Asked) -> list[Any]:
    """The depot or district that is asked for, as conditions."""
    depot, district = asked.text("depot"), asked.text("district")
    return [Depot.code == depot] * (depot is not None) + [Depot.district_code == district] * (district is not None)
