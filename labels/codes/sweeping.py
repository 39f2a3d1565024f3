"""A sweep: the tags that a reader saw at a shelf or truck, and what each stands for. It counts and books nothing.

What it answers goes into a count as its lines, like what was counted by hand: there is no other way into the book.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.errors import bad_field
from core.languages import N_
from core.tags import SCHEME, Tag, read_tag
from depots.models import Depot, Place
from inventory.catalogue.models import Item, Tracking
from inventory.documents.models import PackCode
from inventory.stock.carrying import inner_places
from inventory.stock.models import Lot, Stock
from inventory.stock.reaching import place_reached
from labels.codes.binding import labelled
from labels.codes.event_models import ForeignCode
from labels.codes.fastening import Thing, thing_named
from people.policy import Act, Caller, reach, require_at

MOST_TAGS = 2000  # of a truck, read several times over
LONGEST_TAG = 200
MOST_SHOWN = 500  # unknown ones
PLACES_OF_ONE = 5  # of a lot that is read where the book has none of it: a city's batch lies in a thousand
Seen = dict[str, tuple[Tag | None, str]]


class Swept(msgspec.Struct, frozen=True):
    """A thing that a sweep is about, and where the book has it."""

    lot: UUID
    item: str
    name_zh: str
    name_en: str
    number: str | None
    serial: str | None
    place: UUID
    place_zh: str
    place_en: str
    depot: str
    tags: int  # of its tags were read
    quantity: str | None  # what the tags say lies there; none: tags on packs, count by hand


class SweepAnswer(msgspec.Struct, frozen=True):
    """What a reader saw.

    ``here``: the lines for a count of ``place`` and the places in it. ``elsewhere``: read here, but the book has it in
    another place: a reader also sees through a wall. ``unseen``: has a tag and belongs here by the book, but none was
    read: look for it. ``unknown``: tags that lead to nothing in stock
    within reach.
    """

    place: UUID
    read: int  # tags, each once
    repeats: int
    here: list[Swept]
    elsewhere: list[Swept]
    unseen: list[Swept]
    unknown: list[str]


def sweep(session: Session, caller: Caller, place_text: str, tags: Sequence[str]) -> SweepAnswer:
    """Return what the tags read at a place stand for. Refuses (404, 422) a place that is not within reach."""
    place = _place(session, caller, place_text)
    seen = _distinct(tags)
    meant = _meant(session, caller, seen)
    inside = set(inner_places(session, place.id))  # the bays of a shelf, the lockers of a truck
    lots = Counter(thing.lot_id for thing in meant.values() if thing.lot_id)
    tagged = _tagged(session, inside) - set(lots)
    rows = _rows(session, caller, {*lots, *tagged}, Stock.place_id.in_(inside))
    here = [row for row in rows if row.Lot.id in lots]
    found = {row.Lot.id for row in here}
    elsewhere = _rows(session, caller, set(lots) - found, Stock.place_id.not_in(inside), PLACES_OF_ONE)
    known = found | {row.Lot.id for row in elsewhere}
    unknown = [
        sent
        for text, (_, sent) in seen.items()
        if not (thing := meant.get(text)) or (thing.lot_id and thing.lot_id not in known)
    ]
    return SweepAnswer(
        place=place.id,
        read=len(seen),
        repeats=sum(1 for text in tags if text.strip()) - len(seen),
        here=_swept(here, lots),
        elsewhere=_swept(elsewhere, lots),
        unseen=_swept([row for row in rows if row.Lot.id in tagged], Counter()),
        unknown=sorted(unknown)[:MOST_SHOWN],
    )


def _place(session: Session, caller: Caller, text: str) -> Place:
    thing = thing_named(session, caller, text)
    # a vehicle or kit carries one label: as a place it has its piece's id
    place_id = thing.place_id or thing.lot_id
    place = place_reached(session, caller, place_id) if place_id else None
    if place is None:
        raise bad_field("place", N_("no place has this id or label"))
    depot = session.get_one(Depot, place.depot_id)
    require_at(caller, Act.TAKE, depot.id, depot.district_code)
    return place


def _distinct(tags: Sequence[str]) -> Seen:
    """Each tag once, by its stored text, with how it was sent first; what is no tag stands as it was sent."""
    if len(tags) > MOST_TAGS:
        raise bad_field("tags", N_("at most {most} tags at a time"), most=MOST_TAGS)
    seen: Seen = {}
    for raw in tags:
        if raw.strip():
            sent = raw.strip()[:LONGEST_TAG]
            tag = read_tag(sent)
            seen.setdefault(tag.text if tag else sent, (tag, sent))
    return seen


def _meant(session: Session, caller: Caller, seen: Seen) -> dict[str, Thing]:
    """What the tags stand for: bound as second codes, holding one of our codes, or a maker's product and serial."""
    # A place out of reach does not exist; lots out of reach are left out where their rows are read (``_rows``)
    linked = session.execute(
        select(ForeignCode.text, ForeignCode.lot_id, ForeignCode.place_id)
        .outerjoin(Place, Place.id == ForeignCode.place_id)
        .outerjoin(Depot, Depot.id == Place.depot_id)
        .where(
            ForeignCode.text.in_(list(seen)),
            or_(ForeignCode.place_id.is_(None), reach(caller, Act.SEE, Depot.id, Depot.district_code)),
        )
    )
    meant = {text: Thing(lot_id=lot_id, place_id=place_id) for text, lot_id, place_id in linked}
    ours = labelled(session, caller, [text for text in seen if text not in meant])
    meant |= {text: Thing(place_id=place_id) for text, place_id in ours.places.items()}
    meant |= {text: Thing(lot_id=lot_id) for text, lot_id in ours.lots.items()}
    return meant | _by_serial(session, {text: tag for text, (tag, _) in seen.items() if tag and text not in meant})


def _by_serial(session: Session, tags: Mapping[str, Tag]) -> dict[str, Thing]:
    """The pieces whose product and serial number a tag says (SGTIN)."""
    wanted = {(tag.gtin, tag.serial): text for text, tag in tags.items() if tag.gtin and tag.serial}
    if not wanted:
        return {}
    gtins, serials = {gtin for gtin, _ in wanted if gtin}, {serial for _, serial in wanted}
    shorter = {gtin.lstrip("0"): gtin for gtin in gtins}
    products = select(Item.id, Item.gtin).where(Item.gtin.in_({*gtins, *shorter}))
    packs = select(PackCode.item_id, PackCode.gtin).where(PackCode.gtin.in_(gtins))
    items = {shorter.get(gtin or "", gtin): item for item, gtin in session.execute(products)}
    items |= {gtin: item for item, gtin in session.execute(packs)}
    pieces = select(Lot.id, Lot.item_id, Lot.serial).where(
        Lot.item_id.in_(set(items.values())), Lot.serial.in_(serials)
    )
    lots = {(lot.item_id, lot.serial): lot.id for lot in session.execute(pieces)}
    return {
        text: Thing(lot_id=lot_id)
        for (gtin, serial), text in wanted.items()
        if (lot_id := lots.get((items.get(gtin), serial)))
    }


def _tagged(session: Session, inside: set[UUID]) -> set[UUID]:
    """The lots that lie there by the book and have a tag bound to them."""
    statement = (
        select(Stock.lot_id)
        .join(ForeignCode, ForeignCode.lot_id == Stock.lot_id)
        .where(Stock.place_id.in_(inside), Stock.quantity > 0, ForeignCode.text.startswith(SCHEME))
        .distinct()
    )
    return set(session.execute(statement).scalars())


def _rows(session: Session, caller: Caller, lots: set[UUID], where: Any, most: int | None = None) -> list[Any]:
    """Where the lots lie within reach, in shelf order; of each lot ``most`` places, if so many."""
    if not lots:
        return []
    nth = func.row_number().over(partition_by=Stock.lot_id, order_by=(Depot.code, Place.position, Place.id))
    lying = (
        select(Stock.lot_id, Stock.place_id, Stock.depot_id, nth.label("nth"))
        .join(Place, Place.id == Stock.place_id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(
            *(Stock.lot_id.in_(lots), ~Stock.outside, Stock.quantity > 0, where),
            reach(caller, Act.SEE, Depot.id, Depot.district_code),
        )
        .subquery()
    )
    statement = (
        select(Lot, Item, Place, Depot.code)
        .select_from(lying)
        .join(Lot, Lot.id == lying.c.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Place, Place.id == lying.c.place_id)
        .join(Depot, Depot.id == lying.c.depot_id)
        .order_by(Depot.code, Place.position, Item.code, Lot.serial, Lot.id)
    )
    return list(session.execute(statement if most is None else statement.where(lying.c.nth <= most)).all())


def _swept(rows: Sequence[Any], tags: Counter[UUID]) -> list[Swept]:
    times = Counter(row.Lot.id for row in rows)
    return [
        Swept(
            lot=row.Lot.id,
            item=row.Item.code,
            name_zh=row.Item.name_zh,
            name_en=row.Item.name_en,
            number=row.Lot.number,
            serial=row.Lot.serial,
            place=row.Place.id,
            place_zh=row.Place.path_zh,
            place_en=row.Place.path_en,
            depot=row.code,
            tags=tags[row.Lot.id],
            quantity=_quantity(row.Lot, row.Item, tags[row.Lot.id]) if times[row.Lot.id] == 1 else None,
        )
        for row in rows
    ]


def _quantity(lot: Lot, item: Item, tags: int) -> str | None:
    """A piece is one however many tags it carries; a tag on a pack does not say how much is left in it."""
    if item.tracking == Tracking.SERIAL:
        return str(min(tags, 1))
    return None if lot.pack_size or item.pack_size else str(tags)
