"""What any scanned text leads to: our label, a linked foreign code, or the item, batch or piece of a maker's code."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.languages import N_, say
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.documents.learning import matched_by_hand
from inventory.documents.makers_codes import MakersCode, item_of, read_code
from inventory.stock.models import Lot, Stock
from inventory.stock.reaching import place_reached
from labels.codes.binding import codes_of
from labels.codes.codes import Reading, read_scan, scheme_of
from labels.codes.fastening import Thing
from labels.codes.foreign import linked_to
from labels.codes.models import Label
from labels.codes.states import LabelState, label_state
from labels.codes.things import NOT_OURS
from people.policy import Act, Caller, reach

SHOWN = 20


class LotFound(msgspec.Struct, frozen=True):
    """A batch or a piece that a maker's code names, with the code on our own label."""

    id: UUID
    code: str
    number: str | None
    serial: str | None
    usable_through: date | None


class ItemFound(msgspec.Struct, frozen=True):
    """The line of the catalogue that a product code names."""

    code: str
    name_zh: str
    name_en: str


class ScanAnswer(msgspec.Struct, frozen=True):
    """What a text is (``reading``) and leads to (``kind``: lot, place, depot, blank, item, or none).

    ``lots``: the one batch or piece that is meant, or those that it may be. ``note``: what the keeper should know.
    """

    reading: Reading
    kind: str
    label: LabelState | None = None
    item: ItemFound | None = None
    lots: list[LotFound] = []
    place_id: UUID | None = None
    foreign: bool = False  # a second code that was linked to the thing
    note: str = ""


def resolve(session: Session, caller: Caller, text: str, today: date, language: str) -> ScanAnswer:
    """Return what a scanned text leads to, within the caller's reach. Nothing is ever created by a scan (T100)."""
    scan = read_scan(text)
    if scan.code is not None:
        label = label_state(session, caller, scan.code, today)
        lots = _lots(session, caller, [label.lot.id]) if label.lot else []
        return ScanAnswer(scan.reading, label.kind or "blank", label, lots=lots)
    linked = linked_to(session, text)
    found = _linked(session, caller, scan.reading, linked) if linked else None
    if found is not None:
        return found
    if scan.reading == Reading.DEVICE:
        note = N_("this is a code by the rules of {scheme}; link it to the item as a second code")
        return ScanAnswer(scan.reading, "none", note=say(language, note, scheme=scheme_of(scan.text) or ""))
    if scan.reading not in (Reading.PRODUCT, Reading.GS1, Reading.MEDICINE, Reading.TAG):
        return ScanAnswer(scan.reading, "none")
    try:
        code = read_code(scan.text, today)
    except Refusal as refusal:
        return ScanAnswer(scan.reading, "none", note=say(language, refusal.message))
    return _made(session, caller, scan.reading, code, language)


def _linked(session: Session, caller: Caller, reading: Reading, thing: Thing) -> ScanAnswer | None:
    """What a second code leads to within the caller's reach; what lies outside is as if it was never linked."""
    if thing.place_id is not None and place_reached(session, caller, thing.place_id) is not None:
        return ScanAnswer(reading, "place", place_id=thing.place_id, foreign=True)
    lots = _lots(session, caller, [thing.lot_id]) if thing.lot_id else []
    return ScanAnswer(reading, "lot", lots=lots, foreign=True) if lots else None


def _made(session: Session, caller: Caller, reading: Reading, code: MakersCode, language: str) -> ScanAnswer:
    if reading == Reading.TAG and not code.gtin:
        return ScanAnswer(reading, "none", note=say(language, NOT_OURS[Reading.TAG]))
    if code.asset and not code.gtin:
        note = say(language, N_("this names a thing by its owner's own number; link it to the item as a second code"))
        return ScanAnswer(reading, "none", note=note)
    known = item_of(session, code.product) if code.product else None
    item = known[0] if known else matched_by_hand(session, caller, code.product) if code.product else None
    if item is None:
        note = say(language, N_("the catalogue does not know this product; propose it, and an officer says what it is"))
        return ScanAnswer(reading, "none", note=note)
    found = ItemFound(item.code, item.name_zh, item.name_en)
    if code.readings:
        note = say(language, N_("this code can be read in two ways; type the number that stands on the label"))
        return ScanAnswer(reading, "item", item=found, note=note)
    if not (code.number or code.serial):
        return ScanAnswer(reading, "item", item=found)
    lots = _lots(session, caller, _lots_meant(session, item, code))
    return ScanAnswer(reading, "lot" if lots else "item", item=found, lots=lots)


def _lots_meant(session: Session, item: Item, code: MakersCode) -> list[UUID]:
    """The piece with this serial number, else the batches with this number; of several dates the one said (T17)."""
    for column, value in ((Lot.serial, code.serial), (Lot.number, code.number)):
        if value:
            statement = select(Lot.id, Lot.expires_on).where(Lot.item_id == item.id, column == value).limit(SHOWN)
            found = list(session.execute(statement))
            dated = [lot_id for lot_id, expires_on in found if code.expires_on and expires_on == code.expires_on]
            if found:
                return dated or [lot_id for lot_id, _ in found]
    return []


def _lots(session: Session, caller: Caller, ids: list[Any]) -> list[LotFound]:
    """Those of the lots that lie within the caller's reach."""
    if not ids:
        return []
    here = (
        select(Stock.lot_id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(Stock.lot_id.in_(ids), reach(caller, Act.SEE, Depot.id, Depot.district_code))
    )
    rows = session.execute(
        select(Lot.id, Lot.number, Lot.serial, Lot.usable_through).where(Lot.id.in_(here)).order_by(Lot.usable_through)
    ).all()
    codes = codes_of(session, Label.lot_id, [row.id for row in rows])
    return [
        LotFound(row.id, codes[row.id], row.number, row.serial, row.usable_through) for row in rows if row.id in codes
    ]
