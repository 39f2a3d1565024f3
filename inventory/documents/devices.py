"""A device holds its battery: a piece of its own, with an age and a charge, that goes where the device goes (T41).

A device is a place like a kit from the day on which something is put into it; until then nobody knows its battery, and
nothing is asked. From then on it is ready only with what its list names in it, sound and in date.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import bad_field, conflict, not_found
from core.languages import N_
from core.quantities import write_quantity
from depots.models import LYING, STORAGE, Depot, Place
from depots.places import add_places
from inventory.booking.at_hand import check_not_sent, check_sending
from inventory.catalogue.models import Item, KitLine, Tracking
from inventory.documents.kit_content import kits_of
from inventory.fitness.judging import SEAL_ROLE
from inventory.stock import reasons
from inventory.stock.carrying import carrier_place
from inventory.stock.lots import elsewhere
from inventory.stock.models import Condition, Kind, Lot, Stock
from inventory.stock.reaching import lots_reached
from inventory.stock.sightings import Sighting, seen_since
from inventory.telling.moving import Move, move
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.policy import Act, Caller, reach

ONE = Decimal(1)


class FitPart(NewEntry, tag="fit-part", kw_only=True):
    """A battery goes into a device. The one that it replaces comes out: to where the new one lay, or ``to``."""

    device: str
    part: str
    to: str | None = None


class Charged(NewEntry, tag="charged", kw_only=True):
    """A battery is charged so far."""

    thing: str
    percent: int


def fit_part(scene: Scene, entry: FitPart) -> Answer:
    """Put a part into a device, and take out what is too much then, the oldest first.

    Reported late, a piece that somebody has seen since came from where it lay until then, and is undone as of then;
    what was put in since stays in.
    """
    device, item = scene.lot(entry.device, "device")
    part, part_item = scene.lot(entry.part, "part")
    line = scene.session.get(KitLine, (item.id, part_item.id)) if item.holds == "device" else None
    if line is None:
        raise bad_field("part", N_("this is no part of {item}"), item=(item.name_zh, item.name_en))
    if part.condition != Condition.FIT:
        raise conflict("unfit", N_("this is marked as faulty; it must not be used"))
    stands, later = _where(scene.session, device, "device"), _seen_since(scene, part.id, part_item)
    lies = scene.session.get_one(Place, later.place_id) if later else _where(scene.session, part, "part")
    scene.depot_of(stands.depot_id, Act.TAKE)
    if lies.depot_id != stands.depot_id:
        raise elsewhere()
    if lies.id == device.id:
        raise conflict("there-already", N_("the book has this piece there already"))
    for one, field in ((stands, "device"), (lies, "part")):
        check_not_sent(scene.session, one.id, scene.happened_at, field)
    check_sending(scene.session, scene.caller, lies, late=scene.late)
    place = _opened(scene, device, item, stands)
    target = _rests(scene, entry.to, device, stands.depot_id) if entry.to else lies
    replaced, too_many = _replaced(scene, place.id, part_item, line.quantity, target.id)
    if too_many > 0 and later is None:
        raise conflict(
            "refilled-since", N_("something else was put into this device since; look what is in it, and report it")
        )
    at = scene.happened_at
    move(scene, [*replaced, Move(Kind.TRANSFER, part.id, ONE, lies.id, place.id, reasons.PUT_IN, seen_at=at)])
    return {"device": str(device.id), "in": str(part.id), "out": [str(one.lot_id) for one in replaced]}


def _seen_since(scene: Scene, lot_id: UUID, item: Item) -> Sighting | None:
    """Of what is reported late: whether somebody has seen a single piece since."""
    single = scene.late and item.tracking == Tracking.SERIAL
    return seen_since(scene.session, lot_id, scene.happened_at) if single else None


def _replaced(
    scene: Scene, device_id: UUID, item: Item, should: Decimal, target_id: UUID
) -> tuple[list[Move], Decimal]:
    """What comes out of a device when one more goes in, and how much stays that is too much: it was seen since."""
    inside = scene.session.execute(
        select(Stock.lot_id, Stock.quantity)
        .join(Lot, Lot.id == Stock.lot_id)
        .where(Stock.place_id == device_id, Stock.item_id == item.id, Stock.quantity > 0)
        .order_by(Lot.made_on, Lot.received_at, Lot.id)
    ).all()
    too_many = sum((row.quantity for row in inside), ONE - should)
    moves = []
    for lot_id, quantity in inside:
        if (out := min(quantity, too_many)) > 0 and _seen_since(scene, lot_id, item) is None:
            moves.append(Move(Kind.TRANSFER, lot_id, out, device_id, target_id, reasons.REPLACED))
            too_many -= out
    return moves, too_many


def _rests(scene: Scene, text: str, device: Lot, depot_id: UUID) -> Place:
    """Where the part that comes out goes: a storage place of the same depot, or its hold; not into the device."""
    place = scene.place(text, "to", Act.TAKE)
    if place.depot_id != depot_id:
        raise bad_field("to", N_("this place is at another depot; gear goes there by a transfer between depots"))
    if place.kind not in LYING or place.id == device.id:
        raise bad_field("to", N_("what comes out goes onto a shelf or into the hold"))
    return place


def _where(session: Session, lot: Lot, field: str) -> Place:
    """Where a piece is inside."""
    statement = select(Place).join(Stock, Stock.place_id == Place.id)
    found = session.execute(statement.where(Stock.lot_id == lot.id, Stock.quantity > 0, ~Stock.outside).limit(2))
    places = list(found.scalars())
    if len(places) != 1:
        raise bad_field(field, N_("this is not at that place any more; scan it again"))
    return places[0]


def _opened(scene: Scene, device: Lot, item: Item, stands: Place) -> Place:
    """The device as a place; entered when something is put into it for the first time."""
    there = scene.session.get(Place, device.id)
    if there is not None:
        return there
    place = carrier_place(
        item,
        device.id,
        device.serial or "",
        stands.depot_id,
        scene.now,
        parent=stands if stands.kind in STORAGE else None,
        position=stands.position,
    )
    place.path_zh = f"{stands.path_zh} › {place.name_zh}"[:300]
    place.path_en = f"{stands.path_en} › {place.name_en}"[:300]
    place.in_reach = stands.in_reach and device.condition == Condition.FIT
    add_places(scene.session, [place], scene.now)
    return place


def charged(scene: Scene, entry: Charged) -> Answer:
    """Note how far a battery is charged; an older word does not undo a newer one."""
    if not 0 <= entry.percent <= 100:
        raise bad_field("percent", N_("write a percentage from 0 to 100"))
    lot, _ = scene.lot(entry.thing, "thing")
    scene.depot_of(_where(scene.session, lot, "thing").depot_id, Act.TAKE)
    if lot.charged_at is None or lot.charged_at <= scene.happened_at:
        lot.charge, lot.charged_at = entry.percent, scene.happened_at
    return {"charge": lot.charge}


class PartIn(msgspec.Struct, frozen=True):
    """A battery that is in a device now."""

    lot: UUID
    item: str
    item_zh: str
    item_en: str
    number: str
    quantity: str
    made_on: date | None
    usable_through: date | None
    condition: Condition
    charge: int | None
    charged_at: datetime | None


class Lacking(msgspec.Struct, frozen=True):
    """What a device should hold and does not, sound and in date."""

    item: str
    item_zh: str
    item_en: str
    should: str
    there: str


class Device(msgspec.Struct, frozen=True):
    """A device with what is in it. ``known``: something was put into it once; else nobody knows its battery."""

    lot: UUID
    item: str
    number: str
    known: bool
    parts: list[PartIn]
    lacks: list[Lacking]


def device(session: Session, caller: Caller, lot_id: UUID, today: date) -> Device:
    """A device within the caller's reach; 404 beyond it, and for what is none."""
    lot, item = lots_reached(session, caller, [lot_id]).get(lot_id, (None, None))
    if lot is None or item is None or item.holds != "device":
        raise not_found()
    place = session.get(Place, lot_id)
    kit = kits_of(session, today, [place])[0] if place else None
    return Device(
        lot.id,
        item.code,
        lot.serial or "",
        kit is not None,
        [_part(part.item, one, quantity) for part in (kit.parts if kit else ()) for one, quantity in part.lots],
        [
            Lacking(p.item.code, p.item.name_zh, p.item.name_en, write_quantity(p.should), write_quantity(p.ready))
            for p in (kit.short if kit else ())
        ],
    )


def _part(item: Item, lot: Lot, quantity: Any) -> PartIn:
    return PartIn(
        lot.id,
        item.code,
        item.name_zh,
        item.name_en,
        lot.serial or lot.number or "",
        write_quantity(quantity),
        lot.made_on,
        lot.usable_through,
        lot.condition,
        lot.charge,
        lot.charged_at,
    )


def spares_for(session: Session, caller: Caller, device_id: UUID, item_id: UUID, depot_id: UUID) -> list[Any]:
    """What of a device's parts lies ready to be put in at its depot, the best charged first: (lot, place)."""
    parts = select(KitLine.item_id).where(KitLine.kit_item_id == item_id, KitLine.role != SEAL_ROLE)
    statement = (
        select(Lot, Place)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Place, Place.id == Stock.place_id)
        .join(Depot, Depot.id == Place.depot_id)
        .where(
            Stock.item_id.in_(parts),
            Stock.depot_id == depot_id,
            Stock.quantity > 0,
            Place.in_reach,
            Place.id != device_id,
            Lot.condition == Condition.FIT,
            reach(caller, Act.SEE, Depot.id, Depot.district_code),
        )
        .order_by(Lot.charge.is_(None), Lot.charge.desc(), Lot.id)
        .limit(50)
    )
    return list(session.execute(statement).all())


ENTRIES: Verbs = {FitPart: fit_part, Charged: charged}
