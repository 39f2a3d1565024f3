"""Setting or correcting the dates of a lot that is in the book; what they were stays in the record."""

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.events import publish
from depots.models import Depot
from inventory.catalogue.models import Item, Tracking
from inventory.stock.dating_models import DateChange
from inventory.stock.events import LotsCreated
from inventory.stock.lots import LotFacts, facts_of, make_lot
from inventory.stock.models import Expiry, Lot, Stock
from people.models import Person
from people.policy import Act, Caller, may_at

DATES = ("expiry", "expires_on", "expiry_precision", "made_on", "made_precision", "usable_through")
CHANGES_SHOWN = 20  # the newest


@dataclass(frozen=True)
class LotDates:
    """What a label says of a lot's dates."""

    expires_on: date | None
    expiry_precision: str
    expiry_unknown: bool
    made_on: date | None
    made_precision: str

    def on(self, lot: Lot) -> LotFacts:
        """The facts of the lot with these dates."""
        return replace(facts_of(lot), **self.__dict__)


class DateRow(msgspec.Struct, frozen=True):
    """One line of the record. ``by`` and ``depot`` are empty where the depot lies beyond the reader's reach."""

    at: datetime
    by: str
    depot_zh: str
    depot_en: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


def dates_as_text(lot: Lot) -> str:
    """The dates of a lot as the record has them."""
    return json.dumps({name: getattr(lot, name) for name in DATES}, default=str, sort_keys=True)


def depots_with(session: Session, lot_ids: Collection[UUID]) -> set[UUID]:
    """The depots at which some of these lots are: stored, lent, on the way, in service."""
    rows = session.execute(
        select(Stock.depot_id).where(Stock.lot_id.in_(lot_ids), ~Stock.outside, Stock.quantity > 0).distinct()
    )
    return set(rows.scalars())


def opened_of(session: Session, lot: Lot) -> list[Lot]:
    """The packs of a lot that were opened and bear its label: what is read on one holds of all."""
    rows = session.execute(select(Lot).where(Lot.opened_from_id == lot.id).order_by(Lot.id)).scalars()
    return [one for one in rows if (one.expiry, one.expires_on, one.made_on) == _label(lot)]


def _label(lot: Lot) -> tuple[Expiry, date | None, date | None]:
    return lot.expiry, lot.expires_on, lot.made_on


def redate(session: Session, item: Item, lot: Lot, dates: LotDates) -> None:
    """Write other dates on a lot. Where another lot is known by the same facts, both stay, each its own line (T18)."""
    rewrite(session, item, lot, dates.on(lot))


def rewrite(session: Session, item: Item, lot: Lot, facts: LotFacts) -> None:
    """Write the dates that follow from these facts, by the item as it is now, on a lot."""
    told = make_lot(item, facts, lot.received_at)
    for name in DATES:
        setattr(lot, name, getattr(told, name))
    if item.tracking != Tracking.SERIAL and lot.opened_on is None:
        lot.natural_key = free_key(session, told.natural_key, lot.id)
    session.flush()


def part_of(session: Session, item: Item, lot: Lot, dates: LotDates, now: datetime) -> Lot:
    """The lot that a depot's share of a batch without a number becomes, once its own label has been read."""
    told = make_lot(item, dates.on(lot), now)
    there = session.execute(select(Lot).where(Lot.natural_key == told.natural_key)).scalar_one_or_none()
    if there is not None and there.condition == lot.condition and lot.opened_on is None:
        return there
    told.natural_key = free_key(session, told.natural_key, told.id)
    told.condition, told.condition_note = lot.condition, lot.condition_note
    told.opened_from_id, told.received_at = lot.opened_from_id, lot.received_at
    session.add(told)
    session.flush()
    publish(session, LotsCreated([told.id], now))
    return told


def free_key(session: Session, key: str, lot_id: UUID) -> str:
    """This key, or one of the lot's own where another lot has it."""
    other = select(Lot.id).where(Lot.natural_key == key, Lot.id != lot_id)
    return f"twin/{lot_id}" if session.execute(other).first() else key


def later_change(session: Session, lot_id: UUID, happened_at: datetime) -> bool:
    """Whether the dates of a lot were read again after this time."""
    later = select(DateChange.id).where(DateChange.lot_id == lot_id, DateChange.happened_at > happened_at)
    return session.execute(later).first() is not None


def date_changes(session: Session, caller: Caller, lot_id: UUID) -> list[DateRow]:
    """How the dates of a lot changed, the newest first."""
    rows = session.execute(
        select(DateChange, Person.name, Depot)
        .join(Person, Person.id == DateChange.person_id)
        .join(Depot, Depot.id == DateChange.depot_id)
        .where(DateChange.lot_id == lot_id)
        .order_by(DateChange.recorded_at.desc(), DateChange.happened_at.desc(), DateChange.id)
        .limit(CHANGES_SHOWN)
    )
    found = []
    for change, name, depot in rows:
        seen = may_at(caller, Act.SEE, depot.id, depot.district_code)
        names = (name, depot.name_zh, depot.name_en) if seen else ("", "", "")
        before, after = json.loads(change.before), json.loads(change.after)
        found.append(DateRow(change.happened_at, *names, before, after, change.reason if seen else ""))
    return found
