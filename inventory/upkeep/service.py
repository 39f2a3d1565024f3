"""Pieces sent away to be put right, what stands in for them, and their way back.

While a piece is away it does not count as ready; what stands in for it does. It comes back to its own place
(GB 50444-2008 5.1.2, 5.1.3). A vehicle takes its load along: that too is out of reach until it is back (T39).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import local_date
from core.errors import bad_field, conflict, not_found
from core.ids import derived_id
from core.inputs import clean_text, read_day
from core.languages import N_
from core.quantities import read_quantity
from depots.models import LYING, STORAGE, Depot, Place, PlaceKind
from depots.places import standing_place_id
from inventory.booking.at_hand import check_not_sent, check_sending, is_gone, is_sent
from inventory.catalogue.models import Item, Tracking
from inventory.clocks.plans import counts_from_manufacture, the_plan
from inventory.clocks.rules import may_send
from inventory.faults.faults import close_defect
from inventory.faults.models import Defect, DefectState
from inventory.stock import reasons
from inventory.stock.carrying import enter_carrier
from inventory.stock.lots import LotFacts, find_or_make_lot
from inventory.stock.models import Condition, Kind, Lot, Stock
from inventory.stock.origins import goes_back, shelf_for
from inventory.stock.rules import EXTINGUISHERS
from inventory.telling.moving import Move, move
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs
from inventory.upkeep.checks import Answers, CheckDone, CheckLine, record_check
from inventory.upkeep.models import Service
from inventory.upkeep.quarter import extinguishers_of
from inventory.upkeep.scrap import propose
from people.policy import Act, require_at

LOANER_DAYS = 30  # a loaner that nobody named a day for is asked after by then (T35)
MOST_AT_ONCE = 50


class NewLoaner(msgspec.Struct, forbid_unknown_fields=True):
    """A piece that the workshop lends."""

    serial: str = ""
    maker: str = ""
    made_on: str | None = None  # 2020-01 or 2020-01-15


class ServiceLine(msgspec.Struct, forbid_unknown_fields=True):
    """A piece that goes, and what stands in for it: a spare of the depot, or the workshop's own piece."""

    thing: str
    loaner: str | None = None
    new_loaner: NewLoaner | None = None
    loaner_owner: str = ""
    loaner_back_on: date | None = None
    equal_or_better: str = ""  # why another item may stand in


class SendToService(NewEntry, tag="send-service", kw_only=True):
    """Pieces go to a workshop, laboratory or inspection station."""

    lines: list[ServiceLine]
    vendor: str
    due_back_on: date
    plan: str | None = None  # the task that is done there
    reason: str = ""
    beyond_quarter: str = ""  # why more than a quarter of the extinguishers go at once (T34)


class BackFromService(NewEntry, tag="back-service", kw_only=True):
    """A piece is back at its own place, or given up. Cost in yuan."""

    service: UUID
    outcome: Literal["mended", "given_up"] = "mended"
    cost: str | None = None
    note: str = ""
    answers: Answers = msgspec.field(default_factory=dict)  # to the plan's questions, where it has some
    loaner_taken: bool = True


class LoanerGone(NewEntry, tag="loaner-gone", kw_only=True):
    """The workshop has its loaner back."""

    service: UUID


@dataclass
class Going:
    """A piece on its way out of the door."""

    lot: Lot
    item: Item
    depot: Depot
    place: Place
    own_place_id: UUID
    line: ServiceLine


def send(scene: Scene, entry: SendToService) -> Answer:
    """Send pieces away, each with its own record; what stands in is put in its place in the same act."""
    if not 1 <= len(entry.lines) <= MOST_AT_ONCE:
        raise bad_field("lines", N_("between 1 and {most} lines at once"), most=MOST_AT_ONCE)
    vendor = clean_text(entry.vendor, "vendor", 100, required=True)
    if entry.plan is not None:
        the_plan(scene.session, entry.plan)
    if entry.due_back_on < local_date(scene.happened_at, scene.moment.zone):
        raise bad_field("due_back_on", N_("it comes back after it has gone"))
    going = [_going(scene, line) for line in entry.lines]
    beyond = clean_text(entry.beyond_quarter, "beyond_quarter", 300)
    within = [_within_quarter(scene, depot_id, going) for depot_id in {one.depot.id for one in going}]
    if not all(within) and not beyond and not scene.late:
        message = N_("more than a quarter of the extinguishers would be away; put a stand-in in place, or say why")
        raise conflict("quarter-rule", message)
    sent = [_send_one(scene, entry, number, one, vendor, beyond) for number, one in enumerate(going)]
    scene.session.flush()
    return {"services": sent, "beyond_quarter": not all(within)}


def _going(scene: Scene, line: ServiceLine) -> Going:
    lot, item = scene.lot(line.thing, "thing")
    if item.tracking != Tracking.SERIAL:
        raise bad_field("thing", N_("single pieces go to service; move a batch to the workshop instead"))
    row = scene.session.execute(
        select(Place, Depot)
        .join(Stock, Stock.place_id == Place.id)
        .join(Depot, Depot.id == Place.depot_id)
        .where(Stock.lot_id == lot.id, ~Stock.outside, Stock.quantity > 0)
    ).first()
    if row is None:
        raise not_found(N_("this is not at that place any more; scan it again"))
    place, depot = row
    require_at(scene.caller, Act.KEEP, depot.id, depot.district_code)
    scene.depot_id = depot.id
    if place.kind == PlaceKind.WORKSHOP:
        raise conflict("away", N_("this piece is at the workshop already"))
    check_not_sent(scene.session, place.id, scene.happened_at, "thing")
    check_sending(scene.session, scene.caller, place, late=scene.late)
    own = place.id
    if place.kind not in STORAGE:
        ((back, _),) = goes_back(scene.session, lot, place.id, depot.id, Decimal(1))
        own = back or place.id
    return Going(lot, item, depot, place, own, line)


def _within_quarter(scene: Scene, depot_id: UUID, going: Sequence[Going]) -> bool:
    """The quarter rule at one depot, after these have gone (T34)."""
    bare = [
        one
        for one in going
        if one.depot.id == depot_id
        and one.item.category_code == EXTINGUISHERS
        and one.line.loaner is None
        and one.line.new_loaner is None
    ]
    return not bare or may_send(*extinguishers_of(scene.session, depot_id), len(bare))


def _send_one(
    scene: Scene, entry: SendToService, number: int, one: Going, vendor: str, beyond: str
) -> dict[str, str | None]:
    session, line = scene.session, one.line
    workshop = standing_place_id(one.depot.id, PlaceKind.WORKSHOP)
    reason = clean_text(entry.reason, "reason", 500)
    why, at = reason or vendor, scene.happened_at
    move(scene, [Move(Kind.TRANSFER, one.lot.id, Decimal(1), one.place.id, workshop, why, seen_at=at)])
    loaner = _stand_in(scene, one)
    today = local_date(scene.happened_at, scene.moment.zone)
    owner = clean_text(line.loaner_owner, "loaner_owner", 100) or (vendor if line.new_loaner else "")
    service = Service(
        id=derived_id(entry.id, "service", number),
        depot_id=one.depot.id,
        lot_id=one.lot.id,
        own_place_id=one.own_place_id,
        plan_code=entry.plan,
        defect_id=_open_fault_of(session, one.lot.id),
        vendor=vendor,
        reason=reason,
        beyond_quarter=beyond,
        due_back_on=entry.due_back_on,
        sent_at=scene.happened_at,
        sent_by_id=scene.caller.person_id,
        loaner_lot_id=loaner,
        loaner_owner=owner if loaner else "",
        loaner_back_on=(line.loaner_back_on or today + timedelta(days=LOANER_DAYS)) if loaner and owner else None,
    )
    session.add(service)
    return {
        "service": str(service.id),
        "lot": str(one.lot.id),
        "loaner": str(loaner) if loaner else None,
        "from": str(one.place.id),
    }


def _open_fault_of(session: Session, lot_id: UUID) -> UUID | None:
    statement = select(Defect.id).where(Defect.lot_id == lot_id, Defect.state == DefectState.OPEN)
    return session.execute(statement.order_by(Defect.reported_at).limit(1)).scalar_one_or_none()


def _stand_in(scene: Scene, one: Going) -> UUID | None:
    """Put what stands in where the piece was; of the same item, or said to be equal or better."""
    line, session = one.line, scene.session
    if line.new_loaner is not None:
        told = line.new_loaner
        serial = clean_text(told.serial, "serial", 64) or None
        maker = clean_text(told.maker, "maker", 100) or None
        facts = LotFacts(serial=serial, maker=maker, **_made(scene, one.item, told.made_on))
        lot = find_or_make_lot(session, one.item, facts, scene.now)
        enter_carrier(session, one.item, lot.id, serial or "", one.depot.id, scene.now)
        supplier = standing_place_id(one.depot.id, PlaceKind.SUPPLIER)
        move(scene, [Move(Kind.RECEIVE, lot.id, Decimal(1), supplier, one.own_place_id, reasons.LOANER)])
        return lot.id
    if line.loaner is None:
        return None
    lot, item = scene.lot(line.loaner, "loaner")
    better = clean_text(line.equal_or_better, "equal_or_better", 300)
    if lot.id == one.lot.id or (item.id != one.item.id and not better):
        raise bad_field("loaner", N_("of the same kind, or say why it is equal or better"))
    at = session.execute(
        select(Stock.place_id).where(
            Stock.lot_id == lot.id, Stock.depot_id == one.depot.id, ~Stock.outside, Stock.quantity > 0
        )
    ).scalar_one_or_none()
    if at is None or lot.condition != Condition.FIT:
        raise bad_field("loaner", N_("what stands in must be here and fit"))
    if at != one.own_place_id:
        move(scene, [Move(Kind.TRANSFER, lot.id, Decimal(1), at, one.own_place_id, reasons.STANDS_IN)])
    return lot.id


def _made(scene: Scene, item: Item, text: str | None) -> dict[str, Any]:
    """When a lent piece was made. Asked for where its dates count from then: else it would be overdue at once (T35)."""
    if text:
        made_on, by_month = read_day(text, "made_on")
        if made_on > scene.today:
            raise bad_field("made_on", N_("this cannot have been made after today"))
        return {"made_on": made_on, "made_precision": "month" if by_month else "day"}
    if not scene.late and counts_from_manufacture(scene.session, item):
        raise bad_field("made_on", N_("say when the lent piece was made; the stamp is on its body"))
    return {}


def _the_service(scene: Scene, service_id: UUID) -> Service:
    return scene.document(Service, service_id, N_("there is no service with this id"), Act.KEEP)


def back(scene: Scene, entry: BackFromService) -> Answer:
    """Mended: back to its own place, its fault closed, the task done. Given up: on hold, proposed for scrap."""
    service, session = _the_service(scene, entry.service), scene.session
    if service.back_at is not None:
        raise conflict("closed", N_("this piece is back already"))
    note = clean_text(entry.note, "note", 500)
    service.cost = _yuan(entry.cost) if entry.cost else None
    service.back_at, service.back_by_id = scene.happened_at, scene.caller.person_id
    service.outcome, service.note = entry.outcome, note
    workshop = standing_place_id(service.depot_id, PlaceKind.WORKSHOP)
    answer: Answer = {"service": str(service.id), "outcome": entry.outcome}
    if service.loaner_lot_id is not None and entry.loaner_taken:
        _send_loaner_home(scene, service)
    if entry.outcome == "given_up":
        hold = standing_place_id(service.depot_id, PlaceKind.HOLD)
        move(scene, [Move(Kind.TRANSFER, service.lot_id, Decimal(1), workshop, hold, note)])
        answer["scrap"] = str(propose(scene, service.lot_id, note or service.vendor).id)
        return answer
    target = _where_it_goes_back(session, service, scene.happened_at)
    move(scene, [Move(Kind.TRANSFER, service.lot_id, Decimal(1), workshop, target, note)])
    if service.defect_id is not None:
        defect = session.get_one(Defect, service.defect_id)
        if defect.state != DefectState.CLOSED:
            close_defect(session, scene.caller, defect.id, note or service.vendor, scene.now)
    if service.plan_code is not None:
        line = CheckLine(
            str(service.lot_id), service.plan_code, passed=True, answers=entry.answers, note=note or service.vendor
        )
        checked = record_check(scene, CheckDone(id=derived_id(entry.id, "done"), lines=[line]))
        answer["next_due"] = checked["checks"][0]["next_due"]
    answer["place"] = str(target)
    session.flush()
    return answer


def _where_it_goes_back(session: Session, service: Service, at: datetime) -> UUID:
    """Its own place; a shelf, else the hold, where that is none of the depot any more.

    A vehicle or kit may be lost, at another depot or on the way there by now. Whoever had it lent does not get it back
    from the workshop: their loan or call-out may be over, and nobody would ask for it there.
    """
    own = session.get_one(Place, service.own_place_id)
    there = own.depot_id == service.depot_id and own.kind in LYING
    if there and not is_gone(session, [own.id]) and not is_sent(session, own.id, at):
        return own.id
    lot, depot_id = session.get_one(Lot, service.lot_id), service.depot_id
    shelf = shelf_for(session, lot.id, lot.home_place_id, lot.item_id, depot_id)
    return shelf.place_id if shelf else standing_place_id(depot_id, PlaceKind.HOLD)


def _yuan(text: str) -> Decimal:
    return Decimal(0) if text.strip("0.") == "" else read_quantity(text, "cost")


def loaner_gone(scene: Scene, entry: LoanerGone) -> Answer:
    """The workshop's piece leaves the book (T35)."""
    service = _the_service(scene, entry.service)
    if service.loaner_lot_id is None or service.loaner_gone_at is not None:
        raise conflict("closed", N_("no loaner stands in any more"))
    _send_loaner_home(scene, service)
    scene.session.flush()
    return {"service": str(service.id)}


def _send_loaner_home(scene: Scene, service: Service) -> None:
    """The workshop's loaner goes back to its owner; the depot's own spare to where it lives."""
    session = scene.session
    if service.loaner_gone_at is not None or service.loaner_lot_id is None:
        return
    lot = session.get_one(Lot, service.loaner_lot_id)
    at = session.execute(
        select(Stock.place_id).where(
            Stock.lot_id == lot.id, Stock.depot_id == service.depot_id, ~Stock.outside, Stock.quantity > 0
        )
    ).scalar_one_or_none()
    target = standing_place_id(service.depot_id, PlaceKind.SUPPLIER) if service.loaner_owner else lot.home_place_id
    if target is not None and not service.loaner_owner and is_sent(session, target, scene.happened_at):
        target = standing_place_id(service.depot_id, PlaceKind.HOLD)  # the kit where it lives is on the way
    if at is not None and target is not None and at != target:
        move(scene, [Move(Kind.TRANSFER, lot.id, Decimal(1), at, target, reasons.LOANER_BACK)])
    service.loaner_gone_at = scene.happened_at


ENTRIES: Verbs = {SendToService: send, BackFromService: back, LoanerGone: loaner_gone}
