"""Hand-outs of controlled gear as pages and phones show them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from core.quantities import write_quantity
from depots.models import Depot
from inventory.booking.models import HandOut
from inventory.catalogue.models import Item
from inventory.stock.models import Lot
from people.models import Person
from people.policy import Act, Caller, may_at, reach

SHOWN_FOR = timedelta(days=30)
MOST_SHOWN = 100


class HandOutRow(msgspec.Struct, frozen=True):
    """One hand-out. ``state``: asked, agreed (good until ``ends_at``), used, refused, or over (nobody answered, or
    nobody took it in time)."""

    id: UUID
    depot: str
    depot_zh: str
    depot_en: str
    item: str
    item_zh: str
    item_en: str
    unit_zh: str
    unit_en: str
    lot: UUID | None
    mark: str
    quantity: str
    reason: str
    asked_by: str
    asked_at: datetime
    ends_at: datetime
    witness: str | None
    answered_at: datetime | None
    state: str
    mine: bool
    may_confirm: bool


def hand_outs(
    session: Session,
    caller: Caller,
    now: datetime,
    depot: str | None = None,
    lot_id: UUID | None = None,
) -> list[HandOutRow]:
    """Hand-outs of the last month within reach, the newest first. One query."""
    second = aliased(Person)
    statement = (
        select(HandOut, Depot, Item, func.coalesce(Lot.serial, Lot.number, ""), Person.name, second.name)
        .join(Depot, Depot.id == HandOut.depot_id)
        .join(Item, Item.id == HandOut.item_id)
        .join(Person, Person.id == HandOut.asked_by_id)
        .outerjoin(Lot, Lot.id == HandOut.lot_id)
        .outerjoin(second, second.id == HandOut.witness_id)
        .where(reach(caller, Act.SEE, Depot.id, Depot.district_code), HandOut.asked_at > now - SHOWN_FOR)
        .order_by(HandOut.asked_at.desc(), HandOut.id)
        .limit(MOST_SHOWN)
    )
    if depot is not None:
        statement = statement.where(Depot.code == depot)
    if lot_id is not None:
        statement = statement.where(HandOut.lot_id == lot_id, HandOut.ends_at >= now)
    return [_shown(row, caller, now) for row in session.execute(statement)]


def state_of(hand_out: HandOut, now: datetime) -> str:
    """How a hand-out stands."""
    if hand_out.used_at is not None:
        return "used"
    if hand_out.answered_at is not None and not hand_out.agreed:
        return "refused"
    if hand_out.ends_at < now:
        return "over"
    return "agreed" if hand_out.agreed else "asked"


def _shown(row: Any, caller: Caller, now: datetime) -> HandOutRow:
    one, depot, item, mark, asker, second = row
    state, mine = state_of(one, now), one.asked_by_id == caller.person_id
    return HandOutRow(
        one.id,
        depot.code,
        depot.name_zh,
        depot.name_en,
        item.code,
        item.name_zh,
        item.name_en,
        item.unit_zh,
        item.unit_en,
        one.lot_id,
        mark,
        write_quantity(one.quantity),
        one.reason,
        asker,
        one.asked_at,
        one.ends_at,
        second,
        one.answered_at,
        state,
        mine,
        state == "asked" and not mine and may_at(caller, Act.TAKE, depot.id, depot.district_code),
    )
