"""What a code is bound to and in what state that is: the look-up of programs and label readers."""

from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Date, Select, bindparam, func, select
from sqlalchemy.orm import Session

from core.errors import not_found
from core.languages import N_
from core.prepared import Prepared
from depots.models import Depot, Place
from inventory.catalogue.models import Item
from inventory.fitness.judging import lot_column_in_reach
from inventory.fitness.rules import READY
from inventory.stock.models import Condition, Expiry, Lot
from labels.codes.binding import within_reach
from labels.codes.codes import read_scan
from labels.codes.models import Label
from labels.codes.things import NOT_OURS
from people.policy import Caller


class LotState(msgspec.Struct, frozen=True):
    """A batch or a piece. ``fit``: ready wherever it lies in reach; else ``why`` not, in one word."""

    id: UUID
    item: str
    number: str | None
    serial: str | None
    condition: Condition
    expiry: Expiry
    usable_through: date | None
    fit: bool
    why: str = READY


class PlaceState(msgspec.Struct, frozen=True):
    """A place inside a depot."""

    id: UUID
    path_zh: str
    path_en: str


class LabelState(msgspec.Struct, frozen=True):
    """What a code is bound to: a lot, a place, a depot, or (``blank``) nothing yet.

    ``replaced``: a newer label is on the thing; this one works for ever all the same (T74). ``depot`` is the code of
    the depot that is meant or that the place belongs to.
    """

    code: str
    state: str  # bound, blank or replaced
    kind: str | None  # lot, place or depot
    name_zh: str | None = None
    name_en: str | None = None
    depot: str | None = None
    lot: LotState | None = None
    place: PlaceState | None = None
    replaced_by: str | None = None


_COLUMNS: tuple[Any, ...] = (
    Label.code,
    Label.replaced_by,
    Label.lot_id,
    Label.place_id,
    func.coalesce(Item.name_zh, Place.name_zh, Depot.name_zh).label("name_zh"),
    func.coalesce(Item.name_en, Place.name_en, Depot.name_en).label("name_en"),
    Depot.code.label("depot"),
    Item.code.label("item"),
    Lot.number,
    Lot.serial,
    Lot.condition,
    Lot.expiry,
    Lot.usable_through,
    Place.path_zh,
    Place.path_en,
)
_STATE: Select[Any] = (
    select(*_COLUMNS)
    .select_from(Label)
    .outerjoin(Lot, Lot.id == Label.lot_id)
    .outerjoin(Item, Item.id == Lot.item_id)
    .outerjoin(Place, Place.id == Label.place_id)
    .outerjoin(Depot, Depot.id == func.coalesce(Label.depot_id, Place.depot_id))
)


@lru_cache(maxsize=512)
def _state_for(caller: Caller) -> Prepared:
    """The statement for a caller, built once: building it costs more than running it."""
    why = lot_column_in_reach(caller, Label.lot_id, bindparam("today", type_=Date())).label("why")
    return Prepared(_STATE.add_columns(why).where(Label.code == bindparam("code"), within_reach(caller)))


def our_code(text: str) -> str:
    """The code in a scanned or typed text. Refuses (404) what is not ours, saying what it is instead (T100)."""
    scan = read_scan(text)
    if scan.code is None:
        raise not_found(NOT_OURS[scan.reading])
    return scan.code


def label_state(where: Session | Connection, caller: Caller, text: str, today: date) -> LabelState:
    """What a scanned or typed code is bound to, and its state on a date. One query.

    Refuses (404) what is not ours, was never made, or is bound to something outside the caller's reach.
    """
    code = our_code(text)
    row = _state_for(caller).first(where, {"code": code, "today": today})
    if row is None:
        raise not_found(N_("no label with this code was ever made, or it is not at one of your depots"))
    lot = place = None
    if row.lot_id:
        known = row.lot_id, row.item, row.number, row.serial, row.condition, row.expiry, row.usable_through
        lot = LotState(*known, row.why == READY, row.why)
    elif row.place_id:
        place = PlaceState(row.place_id, row.path_zh, row.path_en)
    kind = "lot" if lot else "place" if place else "depot" if row.depot else None
    state = "replaced" if row.replaced_by else "bound" if kind else "blank"
    return LabelState(code, state, kind, row.name_zh, row.name_en, row.depot, lot, place, row.replaced_by)
