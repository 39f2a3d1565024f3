"""Loans: to responders, to people of other units without an account, to residents at the convenience cabinet.

What is still out lies in the loan's own place. Gear comes back by scan, in one of five states, of which only "ready"
goes back into reach (T40).
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import Moment
from core.errors import bad_field, conflict
from core.ids import derived_id, is_id
from core.inputs import clean_text
from core.languages import N_, say
from core.quantities import read_quantity, write_quantity
from depots.models import STORAGE, Depot, Place, PlaceKind
from depots.places import standing_place_id
from inventory.booking.wishes import Wish
from inventory.catalogue.models import Item, Tracking
from inventory.documents.models import Borrower, Loan
from inventory.faults.faults import Trouble, note_defect
from inventory.faults.models import DefectState
from inventory.stock import reasons
from inventory.stock.events import LeftReach, PutWithBorrower
from inventory.stock.lots import set_condition
from inventory.stock.models import Condition, Kind, Lot, Stock
from inventory.stock.origins import goes_back
from inventory.stock.reaching import place_reached
from inventory.telling.basket import book_wishes, differs
from inventory.telling.moving import Move, move
from inventory.telling.scene import Answer, NewEntry, Scene, Verbs, no_labels
from inventory.upkeep.checks import ready_after_use
from people.policy import Act, Caller, reach

LONGEST_LOAN = timedelta(days=366)
LOST_AFTER = timedelta(days=7)  # a resident's loan that is so long overdue is written off as lost (T61)


class Thing(msgspec.Struct, forbid_unknown_fields=True, rename={"source": "from"}):
    """So much of what a label or lot names, in base units or packs; or of an item, by FEFO."""

    thing: str | None = None
    item: str | None = None
    quantity: str = "1"
    unit: str = "piece"
    source: str | None = None
    reason: str = ""  # why it is used though it is past its date, unchecked or incomplete
    size: str | msgspec.UnsetType = msgspec.UNSET  # of an item that comes in sizes (T49)


class Lend(NewEntry, tag="lend", kw_only=True):
    """Gear goes out on loan. The loan has the entry's id."""

    depot: str
    lines: list[Thing]
    borrower: Borrower
    due_at: datetime
    name: str = ""
    unit: str = ""
    phone: str = ""


class ReturnState(StrEnum):
    """How gear came back."""

    READY = "ready"
    CLEAN = "clean"  # to be cleaned or dried first
    CHECK = "check"  # somebody must look at it
    DAMAGED = "damaged"
    LOST = "lost"


class Back(msgspec.Struct, forbid_unknown_fields=True, rename={"source": "from", "target": "to"}):
    """So much of a lot came back in a state, to a place of the depot or to where it lives."""

    thing: str
    quantity: str = "1"
    state: ReturnState = ReturnState.READY
    source: str | None = None  # the loan, incident or hands it comes from, where several have it
    target: str | None = None
    note: str = ""


class GiveBack(NewEntry, tag="give-back", kw_only=True):
    """Gear comes back from a loan, an incident, or somebody's hands: closed by what was scanned (T33)."""

    lines: list[Back]


def lend(scene: Scene, entry: Lend) -> Answer:
    """Open a loan and move the gear into it."""
    depot = scene.depot(entry.depot, Act.TAKE)
    loan = Loan(
        id=entry.id,
        depot_id=depot.id,
        borrower=entry.borrower,
        lent_at=scene.happened_at,
        due_at=_due(entry.due_at, scene.happened_at),
        lent_by_id=scene.caller.person_id,
        **_who(entry),
    )
    scene.session.add(loan)
    scene.open_place(loan.id, depot.id, PlaceKind.HOLDER, *names_of_loan(loan))
    answers = book_wishes(scene, [as_wish(scene, line, str(loan.id)) for line in entry.lines])
    return {"loan": str(loan.id), "movements": answers, "discrepancy": differs(scene, answers)}


def check_running(session: Session, event: PutWithBorrower) -> None:
    """Nothing more goes into a loan that is over: it would be out, and nobody would ask for it."""
    loan = session.get(Loan, event.place_id)
    if loan is not None and loan.closed_at is not None:
        raise conflict("closed", N_("this loan is over; lend it anew"))


def names_of_loan(loan: Loan) -> tuple[str, str]:
    """What the place of a loan is called, in both languages: by whoever borrows, as far as that is stored."""
    who = loan.name or loan.unit
    if not who and loan.borrower != Borrower.RESIDENT:
        return "借出", "On loan"
    return f"借出：{who}" if who else "借出：市民", f"On loan: {who or 'a resident'}"


def as_wish(scene: Scene, line: Thing, target: str, incident: UUID | None = None) -> Wish:
    """A line of a document as a movement out of the shelves."""
    if (line.thing is None) == (line.item is None):
        raise bad_field("lines", N_("say what it is: an item's code, a label's code or a lot"))
    if line.unit not in ("piece", "box"):
        raise bad_field("unit", N_("the units are piece and box"))
    return Wish(
        id=scene.next_id(),
        kind=Kind.ISSUE,
        quantity=line.quantity,
        unit="box" if line.unit == "box" else "piece",
        lot=scene.lot(line.thing, "thing")[0].id if line.thing else None,
        item=line.item,
        source=line.source,
        target=target,
        reason=line.reason,
        incident=incident,
        size=line.size,
    )


def _who(entry: Lend) -> dict[str, Any]:
    """Who borrows: of a resident the last four digits of a phone at most, never a name (T61)."""
    phone = clean_text(entry.phone, "phone", 32)
    if entry.borrower == Borrower.RESIDENT:
        if entry.name or entry.unit or len(phone) > 4:
            raise bad_field("phone", N_("of a resident only the last four digits of a phone are kept, or nothing"))
        return {"phone": phone}
    who = {
        "name": clean_text(entry.name, "name", 100, required=True),
        "unit": clean_text(entry.unit, "unit", 100, required=entry.borrower == Borrower.OUTSIDE),
        "phone": phone,
    }
    if entry.borrower == Borrower.OUTSIDE and not phone:
        raise bad_field("phone", N_("write down a phone number: the borrower has no account"))
    return who


def _due(due_at: datetime, lent_at: datetime) -> datetime:
    if due_at.tzinfo is None:
        raise bad_field("due_at", N_("an instant needs its time zone, such as 2026-05-21T01:00:00+08:00"))
    if not lent_at < due_at <= lent_at + LONGEST_LOAN:
        raise bad_field("due_at", N_("a loan ends after it begins, and within a year"))
    return due_at


def give_back(scene: Scene, entry: GiveBack) -> Answer:
    """Take gear back; a loan of which nothing is out any more is closed."""
    if not entry.lines:
        raise bad_field("lines", N_("say what came back"))
    told = [_one_back(scene, line, number) for number, line in enumerate(entry.lines)]
    sources = {row["from"] for row in told}
    over = select(Loan.id).where(Loan.id.in_([UUID(one) for one in sources]), Loan.closed_at.is_not(None))
    closed = scene.session.execute(over.order_by(Loan.id)).scalars()
    return {"lines": told, "loans_closed": [str(one) for one in closed]}


def _one_back(scene: Scene, line: Back, number: int) -> dict[str, Any]:
    quantity = read_quantity(line.quantity)
    out, lot, item, depot = _what_is_out(scene, line, quantity)
    targets, kind = _goes_to(scene, lot, line, depot, out, quantity)
    reason = line.note or reasons.RETURNED[line.state]
    incident_id = out.id if out.kind == PlaceKind.INCIDENT else None
    at = scene.happened_at
    move(scene, [Move(kind, lot.id, part, out.id, to, reason, incident_id, seen_at=at) for to, part in targets])
    if line.state in (ReturnState.CLEAN, ReturnState.CHECK, ReturnState.DAMAGED):
        _open_task(scene, line, lot, item, depot=depot, place_id=targets[0][0], quantity=quantity)
    left = ready_after_use(scene, lot.id, depot.id, number) if line.state == ReturnState.READY else []
    parts = [{"to": str(target), "quantity": write_quantity(part)} for target, part in targets]
    told = {"from": str(out.id), "to": parts[0]["to"], "quantity": write_quantity(quantity), "state": line.state}
    return told | ({"parts": parts} if len(parts) > 1 else {}) | ({"checks_due": left} if left else {})


def _what_is_out(scene: Scene, line: Back, quantity: Decimal) -> tuple[Place, Lot, Item, Depot]:
    """Who or what has it out, the lot, and the depot it goes back to: one's own hands first, of whichever depot."""
    source_id = scene.id_of(line.source, "from") if line.source is not None else None
    hands = scene.hands_with(line.thing, "thing", source_id)
    if hands is not None:
        return hands, *scene.lot_in(hands.id, line.thing, "thing"), scene.depot_of_hands(hands)
    lot, item = scene.lot(line.thing, "thing")
    out = _where_out(scene, lot, item, line, quantity)
    return out, lot, item, scene.depot_of(out.depot_id, Act.TAKE)


def _where_out(scene: Scene, lot: Lot, item: Item, line: Back, quantity: Decimal) -> Place:
    """The hands, loan or incident that a lot comes back from."""
    if line.source is not None:
        place = place_reached(scene.session, scene.caller, scene.id_of(line.source, "from"))
        if place is None or place.kind not in (PlaceKind.HOLDER, PlaceKind.INCIDENT):
            raise bad_field("from", N_("no loan, incident or person has this"))
        return place
    rows = scene.session.execute(
        select(Place, Stock.quantity)
        .join(Stock, Stock.place_id == Place.id)
        .join(Depot, Depot.id == Place.depot_id)
        .where(
            Stock.lot_id == lot.id,
            Stock.quantity > 0,
            Place.kind.in_((PlaceKind.HOLDER, PlaceKind.INCIDENT)),
            reach(scene.caller, Act.TAKE, Depot.id, Depot.district_code),
        )
    ).all()
    mine = [place for place, _ in rows if place.person_id == scene.caller.person_id]
    enough = [place for place, there in rows if there >= quantity]
    if mine or len(rows) == 1 or len(enough) == 1:
        found: Place = (mine or ([enough[0]] if len(enough) == 1 else [rows[0][0]]))[0]
        return found
    if rows:
        extra = {"out": [{"place": str(place.id), "name_zh": place.name_zh} for place, _ in rows]}
        raise conflict("several-have-it", N_("several have some of this; say whose comes back"), extra=extra)
    raise _nobody_has(scene, item)


def _nobody_has(scene: Scene, item: Item) -> Exception:
    """The book does not have this piece out: another one was lent, and that one stays out (T33)."""
    others = scene.session.execute(
        select(Lot.serial, Lot.number, Place.name_zh)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Place, Place.id == Stock.place_id)
        .join(Depot, Depot.id == Place.depot_id)
        .where(
            Lot.item_id == item.id,
            Stock.quantity > 0,
            Place.kind.in_((PlaceKind.HOLDER, PlaceKind.INCIDENT)),
            reach(scene.caller, Act.TAKE, Depot.id, Depot.district_code),  # another depot's borrower is its own (B18)
        )
        .order_by(Lot.id, Place.id)
        .limit(5)
    ).all()
    message = N_("the book does not have this piece out; another one of {item} may have been lent, and stays out")
    extra = {"out": [{"number": serial or number or "", "with": name} for serial, number, name in others]}
    return conflict("not-out", message, extra=extra, item=(item.name_zh, item.name_en))


def _goes_to(
    scene: Scene, lot: Lot, line: Back, depot: Depot, out: Place, quantity: Decimal
) -> tuple[list[tuple[UUID, Decimal]], Kind]:
    """The places that it goes to, with how much to each: where it was taken, if nobody says another (K1)."""
    if line.state == ReturnState.LOST:
        return [(standing_place_id(depot.id, PlaceKind.LOST), quantity)], Kind.ADJUST
    if line.state != ReturnState.READY:
        return [(standing_place_id(depot.id, PlaceKind.HOLD), quantity)], Kind.RETURN
    if line.target is not None:
        return [(_shelf(scene, line.target, depot, out), quantity)], Kind.RETURN
    targets = []
    for target, part in goes_back(scene.session, lot, out.id, depot.id, quantity):
        if target is None:
            raise bad_field("to", N_("say where it goes"))
        targets.append((target, part))
    return targets, Kind.RETURN


def _shelf(scene: Scene, target: str, depot: Depot, out: Place) -> UUID:
    """The shelf that was named. Of the depot whose gear one holds it may be one that one no longer sees."""
    own = scene.session.get(Place, UUID(target)) if is_id(target) and out.person_id == scene.caller.person_id else None
    place = own if own is not None and own.depot_id == depot.id else scene.place(target, "to", Act.TAKE)
    if place.kind not in STORAGE or place.depot_id != depot.id:
        raise bad_field("to", N_("gear is returned to a shelf of the depot it came from"))
    return place.id


_TASKS = {
    ReturnState.CLEAN: N_("Clean or dry, then put back"),
    ReturnState.CHECK: N_("Check, then put back"),
    ReturnState.DAMAGED: N_("Came back damaged"),
}


def _open_task(
    scene: Scene, line: Back, lot: Lot, item: Item, *, depot: Depot, place_id: UUID, quantity: Decimal
) -> None:
    language = scene.caller.language
    said = say(language, _TASKS[line.state])
    if line.note:
        said += ("：" if language == "zh" else ": ") + line.note
    trouble = Trouble(lot.id, place_id, said[:500], quantity)
    note_defect(scene.session, depot.id, trouble, scene.happened_at, DefectState.OPEN, scene.caller.person_id)
    if line.state == ReturnState.DAMAGED and item.tracking == Tracking.SERIAL:
        set_condition(scene.session, lot, Condition.UNFIT, said[:300])


def close_left(session: Session, event: LeftReach) -> None:
    """Close the loans of which nothing is out any more, whatever took the last of it: a return, a count, a workshop."""
    still = select(Stock.place_id).where(Stock.place_id.in_(event.place_ids), Stock.quantity > 0)
    loans = select(Loan).where(Loan.id.in_(event.place_ids), Loan.closed_at.is_(None), Loan.id.not_in(still))
    for loan in session.execute(loans).scalars():
        loan.closed_at, loan.outcome = event.at, "returned"
    session.flush()


class WriteOff(NewEntry, tag="write-off", kw_only=True):
    """A job's own entry: a resident's loan is given up."""


def write_off_overdue(session: Session, now: datetime, zone: ZoneInfo) -> int:
    """Book residents' loans a week overdue as lost, in the name of whoever lent them (T61); returns how many."""
    statement = select(Loan).where(
        Loan.borrower == Borrower.RESIDENT, Loan.closed_at.is_(None), Loan.due_at < now - LOST_AFTER
    )
    # Controlled gear is written off before two people, not by a job (T96)
    controlled = select(Stock.place_id).join(Item, Item.id == Stock.item_id).where(Item.controlled, Stock.quantity > 0)
    statement = statement.where(Loan.id.not_in(controlled))
    loans = list(session.execute(statement).scalars())
    for loan in loans:
        lender = Caller(loan.lent_by_id, "", "", "zh", ())
        entry = WriteOff(id=derived_id(loan.id, "lost"))
        scene = Scene(session, lender, Moment(now, zone, time(0)), entry, no_labels)
        lost = standing_place_id(loan.depot_id, PlaceKind.LOST)
        out = session.execute(select(Stock).where(Stock.place_id == loan.id, Stock.quantity > 0)).scalars()
        reason = reasons.NOT_RETURNED(days=LOST_AFTER.days)
        move(scene, [Move(Kind.ADJUST, row.lot_id, row.quantity, loan.id, lost, reason) for row in out])
        loan.closed_at, loan.outcome = now, "lost"
    return len(loans)


def open_loans(session: Session, depot_id: UUID) -> list[Any]:
    """What is out on loan from a depot: (loan, lot id, quantity), the soonest due first."""
    statement = (
        select(Loan, Stock.lot_id, Stock.quantity)
        .join(Stock, Stock.place_id == Loan.id)
        .where(Loan.depot_id == depot_id, Loan.closed_at.is_(None), Stock.quantity > 0)
        .order_by(Loan.due_at, Loan.id)
    )
    return list(session.execute(statement).all())


def overdue(session: Session, depot_ids: Sequence[UUID], now: datetime) -> list[tuple[Loan, Decimal]]:
    """The loans of these depots that are past their time, with how much of each is still out."""
    statement = (
        select(Loan, func.sum(Stock.quantity))
        .join(Stock, Stock.place_id == Loan.id)
        .where(Loan.depot_id.in_(depot_ids), Loan.closed_at.is_(None), Loan.due_at < now, Stock.quantity > 0)
        .group_by(Loan.id)
        .order_by(Loan.due_at)
    )
    return [(loan, total) for loan, total in session.execute(statement)]


ENTRIES: Verbs = {Lend: lend, GiveBack: give_back}
