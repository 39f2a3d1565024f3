"""What a code stands for, shown in full: the thing, where it is, whether it is fit. What the page of a scan shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from core.errors import not_found
from core.languages import N_
from depots.here import apart
from depots.models import Depot, Place, PlaceKind
from inventory.catalogue.models import Item, Tracking
from inventory.clocks.models import Due
from inventory.closing.notes import ClosedNote, closed_note
from inventory.documents.devices import spares_for
from inventory.documents.kit_content import Part, kits_of
from inventory.faults.models import Defect, DefectState
from inventory.finding.travel import Point, straight_m
from inventory.fitness.judging import lot_column, why_column
from inventory.fitness.rules import READY, Stop, Why, seen, stop_of, why_not, worst
from inventory.stock.models import Lot, Stock
from inventory.stock.rules import Packs, in_packs
from labels.codes.binding import Bound, bound_to
from labels.codes.codes import Reading
from people.policy import Act, Caller, may_at, reach

NEARBY = 5  # other depots that are named
NOT_OURS = {
    Reading.MISTYPED: N_("this code has a slip in it: the check character does not fit; look again or scan the label"),
    Reading.PRODUCT: N_("this is the product's bar code; it names the product, not this piece; scan our own label"),
    Reading.GS1: N_("this is the maker's code for the product or batch, not our label; scan our own label"),
    Reading.DEVICE: N_("this is the maker's device code, not our label; scan our own label"),
    Reading.TAG: N_("this is an RFID tag that is not linked to anything yet; link it to the item as a second code"),
    Reading.MEDICINE: N_("this is the medicine's trace code, not our label; scan our own label"),
    Reading.FOREIGN: N_("this code leads to somebody else's page, not to our label; scan our own label"),
    Reading.UNKNOWN: N_("this is not one of our codes; they have 8 letters and digits, such as 7K3M-9QXW"),
}


@dataclass(frozen=True)
class Whereabouts:
    """So much of a lot in one place, and what the caller may do with it there."""

    place_id: UUID
    depot: Any
    path_zh: str
    path_en: str
    kind: PlaceKind
    in_reach: bool
    person_id: UUID | None
    quantity: Decimal
    may_take: bool
    may_keep: bool
    why: str  # why it does not count as ready there; empty if it does
    here: bool  # at the depot where the caller stands


@dataclass(frozen=True)
class Nearby:
    """Another depot that has some of it, and how far it is from here."""

    depot_id: UUID
    code: str
    name_zh: str
    name_en: str
    ready: Decimal  # within reach there
    km: float | None


@dataclass(frozen=True)
class LotPage:
    """A lot as its page shows it."""

    code: str
    item: Item
    lot: Lot
    where: list[Whereabouts]
    home_zh: str
    home_en: str
    why: str  # why it is not ready, wherever it lies; empty if it is
    stop: Stop  # what that means to who wants to take it
    defects: list[Defect] = field(default_factory=list)
    lacks: list[Part] = field(default_factory=list)  # of a kit: the parts that are short or past their date (T43, T48)
    ends: date | None = None  # of a kit: its own date, that of the component that ends first
    parts: list[Part] = field(default_factory=list)  # of a device: what is in it (T41)
    spares: list[Any] = field(default_factory=list)  # of a device: (lot, place) of what may be put in
    elsewhere: list[Depot] = field(default_factory=list)  # beyond the caller's reach: whom to ask (T91)
    here: Depot | None = None  # where the caller stands
    nearby: list[Nearby] = field(default_factory=list)  # other depots within reach, the nearest first

    @property
    def single(self) -> bool:
        return self.item.tracking == Tracking.SERIAL

    def packs(self, where: Whereabouts) -> Packs | None:
        """The quantity there in whole packs and the rest (T58), by the lot's own pack size before the item's."""
        size = self.lot.pack_size or self.item.pack_size
        return in_packs(where.quantity, size) if size and where.quantity >= size else None


def lot_page(
    session: Session, caller: Caller, code: str, lot_id: UUID, today: date, here: Depot | None = None
) -> LotPage:
    """A lot where the caller stands and in their hands, and whether it is fit today. Eleven queries at most.

    Other depots that have it are named with their distance only: what is booked is booked here, or by its name (K2).
    """
    lot, item = session.execute(select(Lot, Item).join(Item, Item.id == Lot.item_id).where(Lot.id == lot_id)).one()
    reached = _nearby(session, caller, lot_id, here)
    alone = {one.depot_id for one in reached} if len(reached) == 1 else set()
    shown = {here.id} | alone if here is not None and item.tracking != Tracking.SERIAL else alone
    rows = _rows(session, caller, lot_id, today, shown)
    where = [_whereabouts(caller, quantity, place, depot, why, here) for quantity, place, depot, why, _ in rows]
    nearby = [one for one in reached if one.ready and one.depot_id not in shown]
    elsewhere = [] if where or nearby else _elsewhere(session, lot_id)
    if item.controlled:
        if elsewhere and not reached:  # where it went is none of theirs (T96); of what is used up they see as much
            raise not_found()
        elsewhere = []
    defects = _open_defects(session, lot_id) if where else []
    home = session.get(Place, lot.home_place_id) if lot.home_place_id and where else None
    if home is not None and home.depot_id not in {depot.id for _, _, depot, *_ in rows}:
        home = None  # it went to another depot with a kit or vehicle, and left the piece behind
    why = (
        worst([said for *_, said in rows])
        if rows
        else why_not(seen(lot, opened_counts=item.opened_counts), None, today) or READY
    )
    names = (home.path_zh if home else "", home.path_en if home else "")
    stop = stop_of(Why(why), hard_stop=item.hard_stop) if why else Stop.NONE
    page = LotPage(code, item, lot, where, *names, why, stop, defects, elsewhere=elsewhere)
    page = replace(page, here=here, nearby=nearby[:NEARBY])
    place = session.get(Place, lot_id) if item.holds and where else None
    kit = kits_of(session, today, [place])[0] if place else None
    page = replace(page, lacks=kit.short, ends=kit.ends) if kit else page
    if item.holds != "device" or not where:
        return page
    spares = spares_for(session, caller, lot_id, item.id, where[0].depot.id) if where[0].may_take else []
    return replace(page, parts=kit.parts if kit else [], spares=spares)


def _rows(session: Session, caller: Caller, lot_id: UUID, today: date, shown: set[UUID]) -> Sequence[Any]:
    """Where the lot is at the depots shown, and in the caller's hands; why it is not ready there."""
    return session.execute(
        select(Stock.quantity, Place, Depot, why_column(today), lot_column(Stock.depot_id, today))
        .select_from(Stock)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .join(Place, Place.id == Stock.place_id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(
            Stock.lot_id == lot_id,
            ~Stock.outside,
            Stock.quantity > 0,
            reach(caller, Act.SEE, Depot.id, Depot.district_code),
            Stock.depot_id.in_(shown) | (Place.person_id == caller.person_id),
        )
        .order_by(Place.person_id == caller.person_id, Depot.code, Place.position)
        .limit(50)
    ).all()


def _nearby(session: Session, caller: Caller, lot_id: UUID, here: Depot | None) -> list[Nearby]:
    """The depots within reach that have some of it, the nearest first."""
    at = (here.lat, here.lon) if here is not None and here.lat is not None and here.lon is not None else None
    ready = func.sum(case((Place.in_reach, Stock.quantity), else_=0))
    rows = session.execute(
        select(Depot.id, Depot.code, Depot.name_zh, Depot.name_en, Depot.lat, Depot.lon, ready)
        .join(Stock, Stock.depot_id == Depot.id)
        .join(Place, Place.id == Stock.place_id)
        .where(
            *(Stock.lot_id == lot_id, ~Stock.outside, Stock.quantity > 0),
            reach(caller, Act.SEE, Depot.id, Depot.district_code),
        )
        .group_by(Depot.id)
        .order_by(*([apart(*at)] if at else []), Depot.code)
        .limit(NEARBY + 1)  # here may be one of them
    ).all()
    return [_near(row, at) for row in rows]


def _near(row: Any, at: tuple[float, float] | None) -> Nearby:
    depot_id, code, name_zh, name_en, lat, lon, ready = row
    km = straight_m(Point(*at), Point(lat, lon)) / 1000 if at and lat is not None else None
    return Nearby(depot_id, code, name_zh, name_en, ready, km)


def _elsewhere(session: Session, lot_id: UUID) -> list[Depot]:
    """The depots that have some of it now, such as the successor of a closed one; the finder tells as much."""
    here = select(Stock.depot_id).where(Stock.lot_id == lot_id, ~Stock.outside, Stock.quantity > 0)
    return list(session.execute(select(Depot).where(Depot.id.in_(here)).order_by(Depot.code).limit(3)).scalars())


def _open_defects(session: Session, lot_id: UUID) -> list[Defect]:
    statement = select(Defect).where(Defect.lot_id == lot_id, Defect.state != DefectState.CLOSED)
    return list(session.execute(statement.order_by(Defect.reported_at)).scalars())


def _whereabouts(
    caller: Caller, quantity: Decimal, place: Place, depot: Depot, why: str, here: Depot | None
) -> Whereabouts:
    return Whereabouts(
        place.id,
        depot,
        place.path_zh,
        place.path_en,
        place.kind,
        place.in_reach,
        place.person_id,
        quantity,
        may_at(caller, Act.TAKE, depot.id, depot.district_code),
        may_at(caller, Act.KEEP, depot.id, depot.district_code),
        why,
        here is not None and here.id == depot.id,
    )


@dataclass(frozen=True)
class PublicThing:
    """What a passer-by may know of a thing: its name, whom to call, and when it is looked at next (T80)."""

    code: str
    name_zh: str
    name_en: str
    depot_id: UUID | None
    lot_id: UUID | None
    place_id: UUID | None
    phone: str = ""
    next_check: date | None = None
    closed: ClosedNote | None = None  # the depot is closed: nothing is reported there any more


def public_thing(session: Session, code: str) -> PublicThing | None:
    """What anybody may know of the thing with this code; None if it is unknown or regulated gear (T80, T96)."""
    label = bound_to(session, code)
    if label is None:
        return None
    if label.depot_id or label.place_id:
        return _public_place(session, label)
    if label.lot_id is None:
        return None
    row = session.execute(
        select(Item.name_zh, Item.name_en, Item.controlled, Item.category_code)
        .join(Lot, Lot.item_id == Item.id)
        .where(Lot.id == label.lot_id)
    ).one()
    if row.controlled or row.category_code == "RIO":
        return None
    at = session.execute(
        select(Depot.id, Depot.phone)
        .join(Stock, Stock.depot_id == Depot.id)
        .where(Stock.lot_id == label.lot_id, ~Stock.outside, Stock.quantity > 0)
        .distinct()
        .limit(2)
    ).all()
    # A batch may lie at many depots: then there is no one number to call
    depot_id, phone = (at[0].id, at[0].phone) if len(at) == 1 else (None, "")
    due = select(func.min(Due.due_on)).where(Due.lot_id == label.lot_id, Due.depot_id == depot_id)
    next_check = session.execute(due).scalar_one() if depot_id else None
    return PublicThing(code, row.name_zh, row.name_en, depot_id, label.lot_id, None, phone, next_check)


def _public_place(session: Session, label: Bound) -> PublicThing:
    statement = select(Depot).where(Depot.id == label.depot_id)
    if label.place_id:
        statement = select(Depot).join(Place, Place.depot_id == Depot.id).where(Place.id == label.place_id)
    depot = session.execute(statement).scalar_one()
    closed = closed_note(session, depot)
    if closed is not None:
        return PublicThing(label.code, depot.name_zh, depot.name_en, None, None, None, closed.phone, closed=closed)
    return PublicThing(label.code, depot.name_zh, depot.name_en, depot.id, None, label.place_id, depot.phone)
