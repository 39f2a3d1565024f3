"""Lots: entering a batch or a piece, opening a pack, and what condition a lot is in."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import Refusal, bad_field, conflict
from core.events import publish
from core.ids import new_id
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_quantity
from depots.models import Place
from inventory.catalogue.models import Item, Tracking
from inventory.stock.carrying import hold_still, reach_of_load
from inventory.stock.depot_items import add_depot_figures
from inventory.stock.events import LotsCreated
from inventory.stock.lines import Spot
from inventory.stock.locks import lock_for_change
from inventory.stock.models import Condition, Expiry, Lot, Stock
from inventory.stock.rules import month_end, plain_number, usable_through


@dataclass(frozen=True)
class LotFacts:
    """What a label or a delivery note tells of a batch or piece. All but ``expiry_unknown`` are columns of the lot."""

    number: str | None = None
    serial: str | None = None
    size: str | None = None  # one of the item's sizes (T49)
    maker: str | None = None
    made_on: date | None = None
    expires_on: date | None = None  # last usable day
    expiry_precision: str = "day"
    expiry_unknown: bool = False  # the date should be there but cannot be read (T09)
    opened_on: date | None = None
    pack_size: Decimal | None = None
    made_precision: str = "day"  # "month": the stamp names a month only (T26)
    in_service_on: date | None = None


class NewLot(msgspec.Struct, forbid_unknown_fields=True):
    """What a delivery's label says of a batch or piece, as it is sent: ``LotFacts`` before they are checked.

    A new field is UNSET where it is left out, so that what was sent before it was there has the same digest.
    """

    number: str | None = None
    serial: str | None = None
    maker: str | None = None
    made_on: date | None = None
    expires_on: date | None = None
    expiry_precision: Literal["day", "month", "calc"] = "day"
    expiry_unknown: bool = False
    pack_size: str | None = None
    made_precision: Literal["day", "month"] = "day"  # "month": the stamp names a month only (T26)
    in_service_on: date | None = None
    size: str | msgspec.UnsetType = msgspec.UNSET  # left out, it changes no digest


_COLUMNS = [fact.name for fact in fields(LotFacts) if fact.name != "expiry_unknown"]
_STANDING = ("serial", "maker", "opened_on")  # by these a piece is known again; a receipt opens no pack
# what a receipt says of a piece: said anew when it comes back
RECEIVED = (*(name for name in _COLUMNS if name not in _STANDING), "expiry", "usable_through", "received_at")


def facts_of(lot: Lot) -> LotFacts:
    """What stands on a lot that the book knows."""
    facts = {name: getattr(lot, name) for name in _COLUMNS}
    return LotFacts(**facts, expiry_unknown=lot.expiry == Expiry.UNKNOWN)


def read_new_lot(new: NewLot) -> LotFacts:
    """Check what a delivery says of a lot; its texts are no longer than the lot's columns."""
    if new.expires_on and new.made_on and new.expires_on < new.made_on:
        raise bad_field("new_lot.expires_on", N_("this date lies before the date of manufacture"))
    facts = msgspec.structs.asdict(new)
    facts["size"] = new.size or None
    if new.expires_on and new.expiry_precision == "month":
        facts["expires_on"] = month_end(new.expires_on.year, new.expires_on.month)
    if new.pack_size is not None:
        facts["pack_size"] = read_quantity(new.pack_size, "new_lot.pack_size")
    columns: Any = table_of(Lot).c
    for name, text in facts.items():
        if isinstance(text, str):
            facts[name] = clean_text(text, f"new_lot.{name}", columns[name].type.length) or None
    return LotFacts(**facts)


def ages(item: Item) -> bool:
    """Whether an item that is tracked in bulk has an age: filled sandbags rot (FLD-007)."""
    return item.tracking == Tracking.BULK and item.retire_age_months is not None


def natural_key(item: Item, facts: LotFacts, lot_id: UUID) -> str:
    """What makes two receipts the same lot.

    Maker, lot number and date together (T17: one number, two makers; T18: one number, two dates). A serialised piece
    is itself by item, maker and serial number; serial numbers repeat among makers and may be missing (T38). A bulk
    item has one lot; one that ages has a lot for each date of manufacture (T15).
    """
    if item.tracking == Tracking.SERIAL:
        return serial_key(item.id, facts.maker, facts.serial) or f"piece/{lot_id}"
    if item.tracking == Tracking.BULK:
        age = f"/{facts.made_on}" if ages(item) and facts.made_on else ""
        return f"bulk/{item.code}{age}{_sized(facts)}"
    if facts.opened_on:
        return f"opened/{lot_id}"
    ends = facts.expires_on.isoformat() if facts.expires_on else ("unknown" if facts.expiry_unknown else "none")
    return f"lot/{item.code}/{facts.maker or ''}/{facts.number or ''}/{facts.made_on or ''}/{ends}{_sized(facts)}"


def _sized(facts: LotFacts) -> str:
    return f"/size {facts.size}" if facts.size else ""


def serial_key(item_id: UUID, maker: str | None, serial: str | None) -> str | None:
    """What makes two receipts the same piece, however its number was typed (B13); None without a number."""
    number = plain_number(serial or "").upper()
    if not number:
        return None
    told = f"{item_id.hex}/{plain_number(maker or '').upper()}/{number}"
    return f"piece/{hashlib.sha256(told.encode()).hexdigest()}"


def make_lot(item: Item, facts: LotFacts, now: datetime, opened_from: Lot | None = None) -> Lot:
    """A lot, not yet in the session."""
    return Lot(**lot_row(item, facts, now, opened_from))


def lot_row(item: Item, facts: LotFacts, now: datetime, opened_from: Lot | None = None) -> dict[str, Any]:
    """As ``make_lot``, as a row: for whoever enters thousands."""
    lot_id = new_id()
    columns = {name: getattr(facts, name) for name in _COLUMNS}
    columns |= {"serial": _number(facts.serial, "serial", 64), "maker": _number(facts.maker, "maker", 100)}
    columns["pack_size"] = facts.pack_size or item.pack_size  # remembered: the item's box may change (T58, B38)
    limited = item.tracking == Tracking.LOT and item.expires
    if facts.expires_on:
        expiry = Expiry.KNOWN
    elif facts.expiry_unknown or limited:
        expiry = Expiry.UNKNOWN
    else:
        expiry = Expiry.NONE
    return {
        "id": lot_id,
        "item_id": item.id,
        "natural_key": natural_key(item, facts, lot_id),
        "expiry": expiry,
        "usable_through": usable_through(
            facts.expires_on,
            facts.opened_on,
            item.opened_life_days,
            facts.made_on,
            item.retire_age_months,
            facts.made_precision,
        ),
        "opened_from_id": opened_from.id if opened_from else None,
        "received_at": opened_from.received_at if opened_from else now,
        **columns,
    }


def _number(text: str | None, field: str, longest: int) -> str | None:
    number = plain_number(text or "")
    if len(number) > longest:  # written out in full, a ligature is longer
        raise bad_field(field, N_("this is too long: at most {longest} characters"), longest=longest)
    return number or None


def find_or_make_lot(session: Session, item: Item, facts: LotFacts, now: datetime) -> Lot:
    """The lot of these facts, entered if it is new. Tells the labels room of new ones.

    A single piece that is in the book comes back only if it had left it (found again, an import that was taken back);
    it is refused (409) while it is anywhere inside.
    """
    lot = make_lot(item, facts, now)
    there = session.execute(
        select(Lot)
        .where(Lot.natural_key == lot.natural_key)
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if there is not None:
        if item.tracking == Tracking.SERIAL:
            come_back(session, there, lot)
        return there
    session.add(lot)
    session.flush()
    publish(session, LotsCreated([lot.id], now))
    return lot


def is_inside(session: Session, lot_id: UUID) -> bool:
    """Whether some of a lot is at a depot, lent, on its way or in service."""
    inside = select(Stock.place_id).where(Stock.lot_id == lot_id, ~Stock.outside, Stock.quantity > 0)
    return session.execute(inside).first() is not None


def where_are(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, Spot]:
    """Where single pieces are inside, by lot; locked in the ledger's order, so that they are there until the end."""
    # No join: a row that a merge has given another item meanwhile would be left out (``locks.read_settled``)
    single = exists().where(Item.id == Stock.item_id, Item.tracking == Tracking.SERIAL)
    rows = session.execute(
        select(Stock.lot_id, Place.id, Place.depot_id, Place.outside, Place.in_reach)
        .join(Place, Place.id == Stock.place_id)
        .where(Stock.lot_id.in_(lot_ids), ~Stock.outside, Stock.quantity > 0, single)
        .order_by(Stock.lot_id, Stock.place_id)
        .with_for_update(of=Stock)
    )
    return {row[0]: Spot(*row[1:]) for row in rows}


def elsewhere() -> Refusal:
    """A piece is told of at one depot while the book has it at another: two people look, nobody guesses (B1)."""
    return conflict(
        "elsewhere", N_("the book has this piece at another depot; let it be looked for, and moved from there")
    )


def come_back(session: Session, there: Lot, told: Lot) -> None:
    """A piece that had left the book is received again, with what is said of it now."""
    if is_inside(session, there.id):
        raise conflict("there-already", N_("this piece is on the book already; move it instead"))
    for name in RECEIVED:
        setattr(there, name, getattr(told, name))
    session.flush()


def opened_lot(session: Session, item: Item, sealed: Lot, opened_on: date, today: date, now: datetime) -> Lot:
    """The lot that a sealed pack turns into by being opened (T10 to T12). ``opened_on`` may lie in the past (T11)."""
    if opened_on > today:
        raise bad_field("opened_on", N_("a pack cannot have been opened after today"))
    if sealed.opened_on is not None:
        raise conflict("already-opened", N_("this pack is open already"))
    facts = replace(facts_of(sealed), serial=None, opened_on=opened_on)
    lot = make_lot(item, facts, now, opened_from=sealed)
    session.add(lot)
    session.flush()
    publish(session, LotsCreated([lot.id], now))
    return lot


def set_condition(session: Session, lot: Lot, condition: Condition, note: str, *, release: bool = False) -> None:
    """Record that a lot is fit, unfit or on hold, wherever it lies; the depots' figures follow, and so does its load.

    What is on hold stays so whatever is found or mended meanwhile: only with ``release`` (the end of its recall) does
    it become anything else.
    """
    lock_for_change(session, [lot.id])  # waits for what counts with the old condition, and makes the next see the new
    session.refresh(lot)
    if lot.condition == Condition.QUARANTINED and not release:
        return
    if lot.condition == condition:
        lot.condition_note = note
        return
    hold_still(session, lot.id)
    sums = session.execute(
        select(Stock.depot_id, func.sum(Stock.quantity))
        .join(Place, Place.id == Stock.place_id)
        .where(Stock.lot_id == lot.id, Place.in_reach)
        .group_by(Stock.depot_id)
    ).all()
    change = (condition == Condition.FIT) - (lot.condition == Condition.FIT)
    lot.condition, lot.condition_note = condition, note
    session.flush()
    figures = {(depot_id, lot.item_id): (Decimal(0), change * total) for depot_id, total in sums}
    add_depot_figures(session, figures)
    add_depot_figures(session, reach_of_load(session, lot.id))
