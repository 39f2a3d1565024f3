"""Kits and vehicles as places: what should be in them, what is, what ends first; numbered seals; refilling.

A kit's seal of the recorded number, whole, stands for its content: a quick check by the dates on record. Another
number, or a broken seal, means a full count (T44).
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.errors import bad_field, conflict
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_amount, write_quantity
from depots.models import STORAGE, Place, PlaceKind
from depots.places import standing_place_id
from inventory.booking.at_hand import check_not_sent
from inventory.catalogue.models import Tracking
from inventory.clocks.blocking import is_blocked
from inventory.documents.count_report import books_at, report, told_line
from inventory.documents.counting import Counted, book_differences, note_lines, open_count
from inventory.documents.kit_content import ZERO, KitView, kits_of, last_moved
from inventory.documents.models import CheckKind, CheckResult, Seal
from inventory.fitness.rules import Seen, first_expiring, hindrance, seen
from inventory.stock import reasons
from inventory.stock.carrying import hold_still
from inventory.stock.count_models import CountPurpose
from inventory.stock.models import Kind, Lot, Stock
from inventory.stock.rules import split
from inventory.stock.sightings import seen_since
from inventory.telling.moving import Move, move
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.policy import Act


class CheckSeal(NewEntry, tag="check-seal", kw_only=True):
    """The seal was looked at: its number as read, and whether it is whole."""

    place: str
    number: str = ""
    whole: bool


class CountKit(NewEntry, tag="count-kit", kw_only=True):
    """A kit or vehicle counted in full; differences are booked at once."""

    place: str
    lines: list[Counted]


class Refill(NewEntry, tag="refill", kw_only=True):
    """Fill a kit from the shelves of its depot, the soonest to end first."""

    place: str


class PutSeal(NewEntry, tag="put-seal", kw_only=True):
    """A new seal, though the kit may be short (T46)."""

    place: str
    number: str


def _kit(scene: Scene, text: str) -> Place:
    place = scene.place(text, "place", Act.KEEP)
    if place.kind not in (PlaceKind.KIT, PlaceKind.VEHICLE):
        raise bad_field("place", N_("this is neither a kit nor a vehicle"))
    return place


def _one(scene: Scene, place: Place) -> KitView:
    return kits_of(scene.session, scene.today, [place])[0]


def _seal_on(scene: Scene, place: Place) -> Seal | None:
    """The seal that was on a kit when this happened: a word reported late speaks of the seal of that time."""
    at = scene.happened_at
    return scene.session.execute(
        select(Seal)
        .where(Seal.place_id == place.id, Seal.put_at <= at, or_(Seal.broken_at.is_(None), Seal.broken_at > at))
        .order_by(Seal.put_at.desc())
        .limit(1)
    ).scalar_one_or_none()


def check_seal(scene: Scene, entry: CheckSeal) -> Answer:
    """Same number, whole, and nothing booked out since: a quick check. Else the seal counts as broken, and a full count
    is asked for (T44)."""
    place = _kit(scene, entry.place)
    kit, seal = _one(scene, place), _seal_on(scene, place)
    number = clean_text(entry.number, "number", 32)
    opened = seal is not None and bool(last_moved(scene.session, [(place.id, seal.put_at)]))
    # what the book took out since stands against the seal, however whole it is (T45)
    same = entry.whole and seal is not None and seal.number == number and not opened
    if not same:
        _break_seals(scene, place)
    passed = same and kit.ready
    details = {"number": number, "recorded": seal.number if seal else None, "whole": entry.whole}
    _keep(scene, place, CheckKind.SEAL, passed=passed, details=details)
    return {**_content_of(kit), "full_count": not same, "ready": same and kit.ready}


def _break_seals(scene: Scene, place: Place) -> None:
    """The seal that was on it at that time is on it no more; one that was put on since is not spoken of."""
    seal = _seal_on(scene, place)
    if seal is not None:
        seal.broken_at, seal.broken_by_id = scene.happened_at, scene.caller.person_id


def _keep(scene: Scene, place: Place, kind: CheckKind, *, passed: bool, details: dict[str, Any]) -> None:
    scene.session.add(
        CheckResult(
            id=scene.entry.id,
            depot_id=place.depot_id,
            place_id=place.id,
            kind=kind,
            passed=passed,
            details=json.dumps(details, ensure_ascii=False),
            person_id=scene.caller.person_id,
            at=scene.happened_at,
        )
    )


def count_kit(scene: Scene, entry: CountKit) -> Answer:
    """Book what a full count of a kit or vehicle found.

    A single piece that the book has elsewhere in the depot is moved here, by its identity (T32); lines that were not
    counted stay as they are, and are told.
    """
    place = _kit(scene, entry.place)
    lines = [(*scene.lot(line.thing, "thing"), read_amount(line.quantity)) for line in entry.lines]
    pieces = {
        (place.id, lot.id, scene.happened_at): lot
        for lot, item, quantity in lines
        if item.tracking == Tracking.SERIAL and quantity > 0
    }
    # Reported late, one may have left since: where the book of that moment has it here, there is nothing to bring
    there = books_at(scene.session, pieces)
    moved = [told for at, lot in pieces.items() if not there[at] for told in _bring_here(scene, lot, place)]
    counted = {lot.id: quantity for lot, _, quantity in lines}
    count = open_count(scene, entry.id, place.depot_id, CountPurpose.KIT, [place])
    note_lines(scene, count, place.id, counted)
    rows = report(scene.session, count)
    booked = book_differences(scene, count, rows, signed=False)
    kit = _one(scene, place)
    uncounted = [told_line(row) for row in rows if row.counted is None]
    details = {"differences": len(booked), "uncounted": len(uncounted)}
    _keep(scene, place, CheckKind.FULL, passed=kit.ready and not uncounted, details=details)
    return {"booked": booked, "moved": moved, "uncounted": uncounted, **_content_of(kit)}


def _bring_here(scene: Scene, lot: Lot, place: Place) -> list[dict[str, str]]:
    """Move a piece to where it was found, if the book has it in another place of the depot."""
    there = scene.session.execute(
        select(Place)
        .join(Stock, Stock.place_id == Place.id)
        .where(Stock.lot_id == lot.id, Stock.quantity > 0, Place.depot_id == place.depot_id, ~Place.outside)
    ).scalar_one_or_none()
    if there is None or there.id == place.id or seen_since(scene.session, lot.id, scene.happened_at) is not None:
        return []  # it is where somebody has seen it since this was found
    check_not_sent(scene.session, there.id, scene.happened_at, "thing")
    move(scene, [Move(Kind.TRANSFER, lot.id, Decimal(1), there.id, place.id, reasons.FOUND_HERE, field="place")])
    return [{"lot": str(lot.id), "from": str(there.id), "from_zh": there.path_zh, "from_en": there.path_en}]


def refill(scene: Scene, entry: Refill) -> Answer:
    """Draw what a kit is short of from the shelves, FEFO; tells what is still short because the shelves have none."""
    place = _kit(scene, entry.place)
    hold_still(scene.session, place.id)  # else two who fill it at once fill it twice
    scene.session.refresh(place)
    check_not_sent(scene.session, place.id, scene.happened_at, "place")
    if not place.in_reach and not scene.late:
        raise conflict("kit-out", N_("this kit or vehicle is out; it is filled when it is back"))
    kit = _one(scene, place)
    _take_out_spoilt(scene, kit)
    moves: list[Move] = []
    for part in kit.short:
        shelves = _shelf_stock(scene.session, place.depot_id, part.item.id, scene.today)
        usable = first_expiring([row for row in shelves if row.opened_on is None], scene.today)
        wanted = min(part.short, sum((row.quantity for row in usable), ZERO))
        parts = split(wanted, [row.quantity for row in usable]) or []
        moves += [
            Move(Kind.TRANSFER, row.lot_id, quantity, row.place_id, place.id, reasons.REFILL)
            for row, quantity in zip(usable, parts, strict=False)
            if quantity
        ]
    if moves:
        _break_seals(scene, place)
    move(scene, moves)
    drawn = [{"lot": str(one.lot_id), "quantity": write_quantity(one.quantity)} for one in moves]
    return {"drawn": drawn, **_content_of(_one(scene, place))}


def _take_out_spoilt(scene: Scene, kit: KitView) -> None:
    """What is past its date makes room: it goes to the depot's hold, to be disposed of in order."""
    hold = standing_place_id(kit.place.depot_id, PlaceKind.HOLD)
    moves = [
        Move(Kind.TRANSFER, lot.id, quantity, kit.place.id, hold, reasons.PAST_ITS_DATE)
        for part in kit.parts
        for lot, quantity in part.lots
        if hindrance(seen(lot), hard_stop=part.item.hard_stop, today=scene.today)
    ]
    move(scene, moves)


@dataclass(frozen=True, kw_only=True)
class _OnShelf(Seen):
    """A balance on a shelf, as the choice of a lot looks at it."""

    place_id: UUID
    lot_id: UUID
    quantity: Decimal
    received_at: datetime


def _shelf_stock(session: Session, depot_id: UUID, item_id: UUID, today: date) -> list[_OnShelf]:
    """What the shelves of a depot have of an item, locked; other kits and vehicles keep theirs."""
    shelves = STORAGE - {PlaceKind.KIT, PlaceKind.VEHICLE}
    rows = session.execute(
        select(Stock.place_id, Lot, Stock.quantity, is_blocked(Lot.id, Stock.depot_id, today))
        .join(Place, Place.id == Stock.place_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .where(
            Stock.depot_id == depot_id,
            Stock.item_id == item_id,
            Stock.quantity > 0,
            Place.kind.in_(shelves),
            Place.in_reach,  # a box in a vehicle that is out is not on the shelf (B14)
        )
        .order_by(Stock.lot_id, Stock.place_id)
        .with_for_update(of=Stock)
        .with_statement_hint("FOR KEY SHARE OF lot", "postgresql")  # its condition as it stands by now
        .execution_options(populate_existing=True)
    )
    return [
        _OnShelf(
            *(lot.condition, lot.expiry, lot.usable_through, lot.opened_on),
            unchecked=unchecked,
            place_id=place_id,
            lot_id=lot.id,
            quantity=quantity,
            received_at=lot.received_at,
        )
        for place_id, lot, quantity, unchecked in rows
    ]


def put_seal(scene: Scene, entry: PutSeal) -> Answer:
    """Put a numbered seal on; if the kit is short, the seal says what is missing to whoever comes next (T46)."""
    place = _kit(scene, entry.place)
    number = clean_text(entry.number, "number", 32, required=True)
    used = scene.session.execute(
        select(Seal.id).where(Seal.place_id == place.id, Seal.number == number).limit(1)
    ).first()
    if used is not None:
        raise conflict("seal-used", N_("this seal number was on this kit before; a new seal has a new number"))
    _break_seals(scene, place)
    kit = _one(scene, place)
    short = _content_of(kit)["short"]
    later = select(func.min(Seal.put_at)).where(Seal.place_id == place.id, Seal.put_at > scene.happened_at)
    seal = Seal(
        place_id=place.id,
        number=number,
        put_at=scene.happened_at,
        put_by_id=scene.caller.person_id,
        broken_at=scene.session.execute(later).scalar_one(),  # reported late: that one has taken its place since
        short=json.dumps(short, ensure_ascii=False),
    )
    scene.session.add(seal)
    return {"seal": number, "short": short, "ready": kit.ready}


def _content_of(kit: KitView) -> dict[str, Any]:
    return {
        "short": [
            {
                "item": part.item.code,
                "item_zh": part.item.name_zh,
                "item_en": part.item.name_en,
                "there": write_quantity(part.ready),
                "should": write_quantity(part.should),
            }
            for part in kit.short
        ],
        "ends": kit.ends.isoformat() if kit.ends else None,
        "ready": kit.ready,
    }


ENTRIES: Verbs = {CheckSeal: check_seal, CountKit: count_kit, Refill: refill, PutSeal: put_seal}
