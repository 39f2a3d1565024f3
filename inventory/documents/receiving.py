"""Receiving goods by what stands on them: codes, dates in the label's own words, packs; and products not known yet."""

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import record
from core.errors import Refusal, bad_field, conflict
from core.inputs import clean_text, read_day
from core.languages import N_, say
from core.quantities import read_quantity, write_quantity
from depots.models import STORAGE
from inventory.assets.keeping import AssetEdit, put_asset
from inventory.booking.booking import MovementAnswer
from inventory.booking.wishes import Wish
from inventory.catalogue.models import Category, Item, Tracking
from inventory.catalogue.naming import item_named
from inventory.documents.learning import learn, matched_by_hand
from inventory.documents.makers_codes import MakersCode, item_of, read_code, unknown_product
from inventory.documents.models import PackCode, Proposal, ProposalState
from inventory.documents.restocking import brought_for, incident_of
from inventory.stock.lots import NewLot, ages
from inventory.stock.models import Kind, Lot, Stock
from inventory.stock.rules import keeps_until, month_end, plain_number
from inventory.telling.basket import book_wishes
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from people.policy import Act


class DateWord(StrEnum):
    """Which words stand before the date on the label (T06)."""

    THROUGH = "through"  # 有效期至: the last usable day, or the month's last
    FROM = "from"  # 失效期: invalid from that day or month on
    MADE = "made"  # 生产日期 and 保质期: made on, good for so many months (T08)
    UNKNOWN = "unknown"  # rubbed off (T09)
    NONE = "none"


class LabelDate(msgspec.Struct, forbid_unknown_fields=True):
    """A date as the label has it: ``2027-02`` or ``2027-02-15``."""

    word: DateWord
    date: str = ""
    months: int | None = None  # shelf life, for ``made``


class Receive(NewEntry, tag="receive", kw_only=True):
    """Goods come in. What the code says need not be typed; what is typed goes before the code."""

    place: str
    quantity: str
    unit: Literal["piece", "pack", "box"] = "piece"
    code: str | None = None  # the maker's code as scanned
    item: str | None = None
    number: str | None = None
    serial: str | None = None
    maker: str | None = None
    expiry: LabelDate | None = None
    made_on: str | None = None  # 2020-01 or 2020-01-15: many stamps name a month only (T26)
    size: str | msgspec.UnsetType = msgspec.UNSET  # one of the item's sizes (T49)
    reason: str | msgspec.UnsetType = msgspec.UNSET  # why dangerous goods are put there all the same (T99)
    incident: UUID | msgspec.UnsetType = msgspec.UNSET  # whose used up gear it restocks
    asset: AssetEdit | msgspec.UnsetType = msgspec.UNSET  # what the delivery note says of price, supplier, warranty


class Propose(NewEntry, tag="propose", kw_only=True):
    """A product that the catalogue does not know, or a pack code of an item that it does. An officer decides."""

    depot: str
    name: str
    unit: str
    code: str = ""
    contains: str = "1"
    item: str | None = None
    note: str = ""


class NewItem(msgspec.Struct, forbid_unknown_fields=True):
    """The catalogue line that a proposal becomes."""

    code: str
    name_zh: str
    name_en: str
    category: str
    unit_zh: str
    unit_en: str
    tracking: Tracking = Tracking.LOT
    expires: bool = True
    consumable: bool = False


class Decide(NewEntry, tag="decide-proposal", kw_only=True):
    """An officer says what a proposed product is: an item of the catalogue, a new one, or nothing."""

    proposal: UUID
    approve: bool
    item: str | None = None
    new_item: NewItem | None = None
    note: str = ""


def last_usable_day(
    word: DateWord, text: str, months: int | None = None, *, anniversary_counts: bool = True
) -> tuple[date | None, str]:
    """The last usable day by the words and date of a label, and how precisely it is known.

    有效期至 2027-02 ends with the month; 失效期 2027-02 begins to be invalid then, so the month before is the last
    (T06). A printed date is taken as printed (T07). Made on and shelf life: months are added, clamped to the month's
    end, by the item's rule for the anniversary (T08); such a date is marked ``calc``. Refuses (422) what is no date.
    """
    if word in (DateWord.UNKNOWN, DateWord.NONE):
        return None, "day"
    day, whole_month = read_day(text, "expiry.date")
    if word == DateWord.MADE:
        if not months or not 0 < months <= 600:
            raise bad_field("expiry.months", N_("say for how many months it keeps"))
        return keeps_until(day, months, anniversary_counts=anniversary_counts), "calc"
    if word == DateWord.FROM:
        return day - timedelta(days=1), "month" if whole_month else "day"
    return (month_end(day.year, day.month), "month") if whole_month else (day, "day")


def receive(scene: Scene, entry: Receive) -> Answer:
    """Book goods into a place, with lot, date and serial number from the code, the label's words, or both."""
    place = scene.place(entry.place, "place", Act.KEEP)
    if place.kind not in STORAGE:
        raise bad_field("place", N_("goods are received into a place inside the depot"))
    incident = incident_of(scene, entry.incident, place.depot_id) if entry.incident else None
    code = read_code(entry.code, scene.today) if entry.code else MakersCode("")
    if code.readings and not (entry.number or entry.serial):
        message = N_("the scanner dropped a separator: say which lot and serial number stand on the label")
        raise conflict("ambiguous-code", message, extra={"readings": code.readings})
    known = item_of(scene.session, code.product) if code.product else None
    item, contains = _item(scene, entry, code, known)
    quantity = read_quantity(entry.quantity) * (contains if entry.unit == "pack" else 1)
    number = entry.number if entry.number is not None else (None if code.readings else code.number)
    serial = entry.serial if entry.serial is not None else (None if code.readings else code.serial)
    lot = _lot_of(item, entry, code, number, serial, scene.today)
    answers = _book(scene, entry, item, quantity, str(place.id), lot)
    if code.product and known is None:
        learn(scene, place.depot_id, code, item)
    if incident is not None:
        brought = sum((Decimal(one.quantity) for one in answers), Decimal(0))
        brought_for(scene, incident, item.code, brought)
    ends = lot.expires_on if lot else None
    return {
        **_note_asset(scene, entry, answers),
        "movements": answers,
        "item": item.code,
        "quantity": write_quantity(quantity),
        "usable_through": ends.isoformat() if ends else None,
        "date_missing": bool(lot and lot.expiry_unknown),
        "other_date": _has_another_date(scene.session, place.depot_id, item, lot),
        "notes": code.notes,
    }


def _note_asset(scene: Scene, entry: Receive, answers: list[MovementAnswer]) -> Answer:
    """Record asset facts of what came. What came cannot be sent away: late facts that do not fit are left."""
    if not entry.asset:
        return {}
    lots = {line.lot: None for answer in answers for line in answer.lines}
    if len(lots) > 1 and entry.asset.number:
        raise bad_field("asset.number", N_("several pieces do not bear one asset number; receive them one by one"))
    try:
        with scene.session.begin_nested():
            for lot_id in lots:
                put_asset(scene.session, scene.caller, lot_id, entry.asset, scene.now)
    except Refusal as refusal:
        if not entry.late:
            raise
        return {"asset_refused": say(scene.caller.language, refusal.message, **refusal.params)}
    return {}


def _has_another_date(session: Session, depot_id: UUID, item: Item, lot: NewLot | None) -> bool:
    """Whether the depot has the same lot number of the same maker with another date: one is a slip (T18)."""
    if lot is None or not lot.number or lot.expires_on is None:
        return False
    other = (
        select(Lot.id)
        .join(Stock, Stock.lot_id == Lot.id)
        .where(
            Stock.depot_id == depot_id,
            ~Stock.outside,
            Stock.quantity > 0,
            Lot.item_id == item.id,
            Lot.number == lot.number,
            func.coalesce(Lot.maker, "") == plain_number(lot.maker or ""),
            Lot.expires_on != lot.expires_on,
        )
    )
    return session.execute(other).first() is not None


def _item(scene: Scene, entry: Receive, code: MakersCode, known: tuple[Item, Decimal] | None) -> tuple[Item, Decimal]:
    if entry.item is None:
        matched = matched_by_hand(scene.session, scene.caller, code.product) if code.product and not known else None
        if matched is not None and entry.unit != "pack":
            return matched, Decimal(1)
        if known is None:
            raise unknown_product(code.product)
        return known
    item = item_named(scene.session, entry.item)
    if item is None:
        raise bad_field("item", N_("there is no item with the code {code}"), code=entry.item)
    if known is not None and known[0].id != item.id:
        raise bad_field("item", N_("the product code names another item: {code}"), code=known[0].code)
    if entry.unit == "pack" and known is None:
        raise bad_field("unit", N_("nobody has said how many this pack holds; count it in pieces"))
    return item, known[1] if known else Decimal(1)


def _lot_of(
    item: Item, entry: Receive, code: MakersCode, number: str | None, serial: str | None, today: date
) -> NewLot | None:
    """The facts of the batch or piece; a date that should be there and is not raises a task (T09)."""
    if item.tracking == Tracking.BULK and not ages(item):
        return NewLot(size=entry.size) if entry.size else None
    made_on, by_month = read_day(entry.made_on, "made_on") if entry.made_on else (code.made_on, False)
    expires_on, precision = code.expires_on, code.precision
    if entry.expiry is not None:
        expires_on, precision = last_usable_day(
            entry.expiry.word, entry.expiry.date, entry.expiry.months, anniversary_counts=item.anniversary_counts
        )
        if entry.expiry.word == DateWord.MADE:
            made_on, by_month = read_day(entry.expiry.date, "expiry.date")
    if made_on is not None and made_on > today:
        raise bad_field("made_on", N_("this cannot have been made after today"))
    if ages(item):  # a lot without a number, by its age alone (B35)
        aged = NewLot(made_on=made_on, made_precision="month" if by_month else "day", size=entry.size)
        return aged if made_on or entry.size else None
    unknown = expires_on is None and item.expires and (entry.expiry is None or entry.expiry.word != DateWord.NONE)
    return NewLot(
        number=number,
        serial=serial,
        maker=entry.maker,
        made_on=made_on,
        made_precision="month" if by_month else "day",
        expires_on=expires_on,
        expiry_precision=precision,  # type: ignore[arg-type]  # one of the three words by construction
        expiry_unknown=unknown,
        size=entry.size,
    )


def _book(
    scene: Scene, entry: Receive, item: Item, quantity: Decimal, place: str, lot: NewLot | None
) -> list[MovementAnswer]:
    """One movement; several single pieces without a serial number become so many pieces of one each."""
    pieces = 1
    if item.tracking == Tracking.SERIAL:
        if quantity != quantity.to_integral_value() or quantity > 100:
            raise bad_field("quantity", N_("single pieces are received one by one, a hundred at most"))
        pieces = int(quantity)
        if pieces > 1 and lot is not None and lot.serial:
            raise bad_field("quantity", N_("this is a single piece; its quantity is 1"))
    each = quantity / pieces
    wishes = [
        Wish(
            id=scene.next_id(),
            kind=Kind.RECEIVE,
            quantity=write_quantity(each),
            unit="box" if entry.unit == "box" else "piece",
            item=item.code,
            target=place,
            new_lot=lot,
            reason=entry.reason or "",
        )
        for _ in range(pieces)
    ]
    return book_wishes(scene, wishes)


def propose(scene: Scene, entry: Propose) -> Answer:
    """Ask an officer what a product is."""
    depot = scene.depot(entry.depot, Act.KEEP)
    code = read_code(entry.code, scene.today) if entry.code else MakersCode("")
    item = None
    if entry.item is not None:
        item = item_named(scene.session, entry.item)
        if item is None:
            raise bad_field("item", N_("there is no item with the code {code}"), code=entry.item)
    standing = (
        code.product
        and scene.session.execute(
            select(Proposal.id).where(
                Proposal.depot_id == depot.id, Proposal.gtin == code.product, Proposal.state == ProposalState.OPEN
            )
        ).scalar()
    )
    if standing:
        return {"proposal": str(standing)}  # asked already; the officer has not answered yet
    proposal = Proposal(
        id=entry.id,
        depot_id=depot.id,
        gtin=code.product,
        raw=clean_text(code.raw.replace("\x1d", "<GS>"), "code", 300),
        name=clean_text(entry.name, "name", 100, required=True),
        unit=clean_text(entry.unit, "unit", 20, required=True),
        contains=read_quantity(entry.contains, "contains"),
        item_id=item.id if item else None,
        note=clean_text(entry.note, "note", 300),
        by_id=scene.caller.person_id,
        at=scene.happened_at,
    )
    scene.session.add(proposal)
    scene.session.flush()
    return {"proposal": str(proposal.id)}


def decide(scene: Scene, entry: Decide) -> Answer:
    """Approve or reject a proposal; approved, its code names the item from now on."""
    proposal = scene.document(Proposal, entry.proposal, N_("there is no proposal with this id"), Act.APPROVE)
    if proposal.state != ProposalState.OPEN:
        raise conflict("closed", N_("this proposal has been decided"))
    if proposal.by_id == scene.caller.person_id:
        raise conflict("same-person", N_("somebody else approves what one has proposed"))
    proposal.decided_at, proposal.decided_by_id = scene.happened_at, scene.caller.person_id
    proposal.note = clean_text(entry.note or proposal.note, "note", 300)
    told: dict[str, Any] = {"name": proposal.name, "gtin": proposal.gtin}
    if not entry.approve:
        proposal.state = ProposalState.REJECTED
        _note(scene, "proposal-refused", proposal, told)
        return {"state": proposal.state}
    item = _decided_item(scene.session, entry, proposal)
    proposal.state, proposal.item_id = ProposalState.APPROVED, item.id
    if proposal.gtin is not None:
        scene.session.merge(PackCode(gtin=proposal.gtin, item_id=item.id, contains=proposal.contains))
    told |= {"item": item.code, "new": entry.new_item is not None}
    record(
        scene.session, scene.caller.person_id, scene.now, "proposal-approved", "proposal", str(proposal.id), after=told
    )
    return {"state": proposal.state, "item": item.code}


def _note(scene: Scene, act: str, proposal: Proposal, told: dict[str, Any]) -> None:
    record(scene.session, scene.caller.person_id, scene.now, act, "proposal", str(proposal.id), after=told)


def _decided_item(session: Session, entry: Decide, proposal: Proposal) -> Item:
    if entry.new_item is not None:
        return _new_item(session, entry.new_item)
    if entry.item is None:
        if proposal.item_id is None:
            raise bad_field("item", N_("say which item of the catalogue this is, or enter a new one"))
        return session.get_one(Item, proposal.item_id)
    item = item_named(session, entry.item)
    if item is None:
        raise bad_field("item", N_("there is no item with the code {code}"), code=entry.item)
    return item


def _new_item(session: Session, new: NewItem) -> Item:
    code = clean_text(new.code, "new_item.code", 32, required=True)
    if session.execute(select(Item.id).where(Item.code == code)).first():
        raise conflict("item-exists", N_("there is an item with the code {code} already"), code=code)
    if session.get(Category, new.category) is None:
        raise bad_field("new_item.category", N_("there is no category {code}"), code=new.category)
    texts: dict[str, Any] = {
        name: clean_text(getattr(new, name), f"new_item.{name}", longest, required=True)
        for name, longest in (("name_zh", 100), ("name_en", 150), ("unit_zh", 20), ("unit_en", 20))
    }
    item = Item(
        code=code,
        category_code=new.category,
        tracking=new.tracking,
        expires=new.expires and new.tracking == Tracking.LOT,
        consumable=new.consumable,
        source="proposal",
        **texts,
    )
    session.add(item)
    session.flush()
    return item


ENTRIES: Verbs = {Receive: receive, Propose: propose, Decide: decide}
