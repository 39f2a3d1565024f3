"""Putting stock aside for somebody on the way. It ends by itself; taking fulfils it; nobody else is offered it.

The shelf is not locked: who stands before it and needs the thing takes it. What is put aside is only not offered.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.errors import bad_field, conflict, id_reused, not_found
from core.languages import N_
from core.quantities import read_quantity, write_quantity
from depots.models import Depot
from inventory.catalogue.models import HOLDS_PARTS, Item
from inventory.finding.memory import KnownDepot, KnownItem, remembered
from inventory.finding.models import Reservation
from inventory.finding.ready import ZERO, put_aside, ready_places, standing, taken_since
from inventory.stock.models import DepotItem
from inventory.stock.rules import fits_decimals
from people.models import Person
from people.policy import Act, Caller, may_at, reach

MOST = 20  # that one person may have put aside at a time: gear is for everybody


class ToPutAside(msgspec.Struct, forbid_unknown_fields=True):
    """What to put aside, under the client's own id."""

    id: UUID
    depot: str
    item: str
    quantity: str = "1"


class Aside(msgspec.Struct, frozen=True):
    """A reservation that stands: what is still to be fetched of it, by whom, until when."""

    id: UUID
    depot: str
    depot_zh: str
    depot_en: str
    phone: str
    item: str
    item_zh: str
    item_en: str
    quantity: str
    left: str
    person: str
    mine: bool
    made_at: datetime
    until: datetime


def reserve(
    session: Session, caller: Caller, wanted: ToPutAside, now: datetime, today: date, minutes: int
) -> tuple[Aside, bool]:
    """Put stock aside for the caller for so many minutes; returns it, and whether it is new.

    Refuses (409) what is not ready there or already put aside for others, with what is left.
    """
    memory = remembered(session)
    depot = memory.depot(wanted.depot)
    item = memory.items.get(wanted.item)
    if item is None:
        raise bad_field("item", N_("there is no item with the code {code}"), code=wanted.item)
    quantity = read_quantity(wanted.quantity)
    if not fits_decimals(quantity, item.decimals):
        raise bad_field("quantity", N_("this item is counted in whole numbers or with fewer decimals"))
    if item.controlled and not may_at(caller, Act.TAKE, depot.id, depot.district_code):
        raise not_found()
    there = session.get(Reservation, wanted.id)
    if there is not None:
        same = (there.depot_id, there.item_id, there.quantity, there.person_id)
        if same != (depot.id, item.id, quantity, caller.person_id):
            raise id_reused()
        return _row(caller, there, depot, item, caller.name, ZERO), False
    # Two people want the last one: the depot's figure is what they wait in line for
    session.execute(
        select(DepotItem.held).where(DepotItem.depot_id == depot.id, DepotItem.item_id == item.id).with_for_update()
    )
    _check_own(session, caller, depot, item, now)
    _check_there(session, caller, depot, item, quantity, now=now, today=today)
    row = Reservation(
        id=wanted.id,
        depot_id=depot.id,
        item_id=item.id,
        quantity=quantity,
        person_id=caller.person_id,
        made_at=now,
        until=now + timedelta(minutes=minutes),
    )
    session.add(row)
    session.flush()
    return _row(caller, row, depot, item, caller.name, ZERO), True


def _check_own(session: Session, caller: Caller, depot: KnownDepot, item: KnownItem, now: datetime) -> None:
    rows = session.execute(
        select(Reservation.depot_id, Reservation.item_id, Reservation.quantity, taken_since()).where(
            *standing(now), Reservation.person_id == caller.person_id
        )
    ).all()
    open_ones = [row for row in rows if row[2] > Decimal(row[3])]
    if any((row[0], row[1]) == (depot.id, item.id) for row in open_ones):
        raise conflict("already-reserved", N_("you have this put aside here already"))
    if len(open_ones) >= MOST:
        raise conflict("too-many-reserved", N_("you have {most} things put aside; end one first"), most=MOST)


def _check_there(
    session: Session,
    caller: Caller,
    depot: KnownDepot,
    item: KnownItem,
    quantity: Decimal,
    *,
    now: datetime,
    today: date,
) -> None:
    places = ready_places(session, today, [depot.id], [item.id], kits=item.holds in HOLDS_PARTS)
    key = (depot.id, item.id)
    ready = sum((one.quantity for one in places.get(key, [])), ZERO)
    aside = put_aside(session, now, [depot.id], [item.id], caller.person_id).get(key, ZERO)
    left = max(ZERO, ready - aside)
    if left < quantity:
        raise conflict(
            "not-enough-stock",
            N_("there is not enough of {item} to put aside: {available} free"),
            extra={"available": write_quantity(left)},
            item=(item.name_zh, item.name_en),
            available=write_quantity(left),
        )


def reservations(session: Session, caller: Caller, now: datetime) -> list[Aside]:
    """What is put aside for the caller anywhere, and at the depots that the caller keeps; the soonest to end first."""
    keeps = reach(caller, Act.KEEP, Depot.id, Depot.district_code)
    rows = session.execute(
        select(Reservation, Depot, Item, Person.name, taken_since())
        .join(Depot, Depot.id == Reservation.depot_id)
        .join(Item, Item.id == Reservation.item_id)
        .join(Person, Person.id == Reservation.person_id)
        .where(*standing(now), or_(Reservation.person_id == caller.person_id, keeps))
        .order_by(Reservation.until, Reservation.id)
        .limit(200)
    )
    told = [(row, depot, item, name, Decimal(taken)) for row, depot, item, name, taken in rows]
    return [_row(caller, *one) for one in told if one[0].quantity > one[4]]


def _row(
    caller: Caller, row: Reservation, depot: KnownDepot | Depot, item: KnownItem | Item, person: str, taken: Decimal
) -> Aside:
    return Aside(
        row.id,
        depot.code,
        depot.name_zh,
        depot.name_en,
        depot.phone,
        item.code,
        item.name_zh,
        item.name_en,
        write_quantity(row.quantity),
        write_quantity(row.quantity - taken),
        person,
        row.person_id == caller.person_id,
        row.made_at,
        row.until,
    )


def end_reservation(session: Session, caller: Caller, reservation_id: UUID, now: datetime) -> None:
    """Called off by whom it is for, or ended (handed over, not fetched) by who keeps the depot. Twice is harmless."""
    keeps = reach(caller, Act.KEEP, Depot.id, Depot.district_code)
    row = session.execute(
        select(Reservation)
        .join(Depot, Depot.id == Reservation.depot_id)
        .where(Reservation.id == reservation_id, or_(Reservation.person_id == caller.person_id, keeps))
        .with_for_update(of=Reservation)
    ).scalar_one_or_none()
    if row is None:
        raise not_found()
    if row.ended_at is None:
        row.ended_at, row.ended_by_id = now, caller.person_id
