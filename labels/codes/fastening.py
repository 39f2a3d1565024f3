"""Sticking labels on things: bound on the first scan, for ever; replaced, taken off; each with who, when and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, insert, select, update
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import bad_field, conflict, not_found
from core.inputs import clean_text
from core.languages import N_, say
from depots.models import Depot, Place
from inventory.catalogue.models import Item, Tracking
from inventory.faults.faults import Trouble, note_defect
from inventory.stock.models import Lot, Stock
from inventory.stock.reaching import depot_reached, lots_reached, place_reached
from labels.codes.binding import Bound, bound_reached, fresh_codes
from labels.codes.codes import read_scan
from labels.codes.event_models import LabelAct, LabelEvent
from labels.codes.models import Label
from people.policy import Act, Caller, may_at, require_at

LONGEST_REASON = 300


@dataclass(frozen=True)
class Thing:
    """What a label can be bound to: a lot (a batch or one piece), a place, or a depot; exactly one is set."""

    lot_id: UUID | None = None
    place_id: UUID | None = None
    depot_id: UUID | None = None

    def columns(self) -> dict[str, Any]:
        """As the columns of a label."""
        return {"lot_id": self.lot_id, "place_id": self.place_id, "depot_id": self.depot_id}


def thing_of(bound: Bound) -> Thing | None:
    """What a label is bound to, if to anything."""
    thing = Thing(bound.lot_id, bound.place_id, bound.depot_id)
    return thing if any(thing.columns().values()) else None


def thing_named(session: Session, caller: Caller, text: str) -> Thing:
    """The thing within reach that a text names: a code on it, the id of a lot or place, or a depot's code.

    Refuses (404, 422) what is not there or lies outside, alike.
    """
    text = text.strip()
    scan = read_scan(text)
    if scan.code is not None:
        bound = bound_reached(session, caller, scan.code)
        thing = thing_of(bound) if bound else None
        if thing is None:
            raise not_found(N_("this label is not bound to anything yet"))
        return thing
    try:
        thing_id = UUID(text)
    except ValueError:
        depot = depot_reached(session, caller, text)
        if depot is None:
            raise bad_field("to", N_("name the thing by a code on it, a place, or a depot's code")) from None
        return Thing(depot_id=depot.id)
    # A vehicle or kit is piece and place under one id: its label is the piece's
    if thing_id in lots_reached(session, caller, [thing_id]):
        return Thing(lot_id=thing_id)
    place = place_reached(session, caller, thing_id)
    if place is not None and not place.outside:
        return Thing(place_id=thing_id)
    raise not_found()


def bind(session: Session, caller: Caller, code: str, to: str, reason: str, now: datetime) -> Thing:
    """Bind a blank label to what ``to`` names. A code that was ever on a thing stays that thing's (T74).

    On a piece, a place or a depot the label replaces the one before, which goes on resolving for ever; a batch may
    carry several, one on each box.
    """
    bound = _label(session, caller, code)
    thing = thing_named(session, caller, to)
    require_keeper(session, caller, thing)
    reason = clean_text(reason, "reason", LONGEST_REASON)
    standing = thing_of(bound)
    if standing == thing:
        return thing
    if standing is not None:
        raise conflict(
            "bound", N_("this code belongs to another thing for ever; stick a label with a new code on this")
        )
    if _carries_one(session, thing):
        _replace_others(session, caller, code, thing, now, reason)
    if not _put_on(session, code, thing):
        raise conflict("bound", N_("somebody has just bound this label; look again"))
    _note(session, caller, code, LabelAct.BOUND, now, reason=reason, thing=thing)
    return thing


def _put_on(session: Session, code: str, thing: Thing) -> bool:
    """Bind a label that is still blank."""
    table = table_of(Label)
    blank = (table.c.lot_id.is_(None), table.c.place_id.is_(None), table.c.depot_id.is_(None))
    changed: Any = session.execute(update(table).where(table.c.code == code, *blank).values(**thing.columns()))
    return bool(changed.rowcount == 1)


def unbind(session: Session, caller: Caller, code: str, reason: str, now: datetime) -> None:
    """Take a label off its thing for good: torn, lost, or stuck on the wrong one. The reason is stored.

    Scanned, it still leads to the thing (T74). Another of the thing's labels stands for it from now on, else a new one.
    """
    bound = _label(session, caller, code)
    thing = thing_of(bound)
    reason = clean_text(reason, "reason", LONGEST_REASON, required=True)
    if thing is None:
        raise conflict("blank", N_("this label is not bound to anything yet"))
    require_keeper(session, caller, thing)
    if bound.replaced_by is not None:
        raise conflict("replaced", N_("another label has taken its place already"))
    table = table_of(Label)
    heir = _heir(session, code, thing)
    fresh = heir is None
    if heir is None:
        (heir,) = fresh_codes(session, 1)
        session.execute(insert(table).values(code=heir, created_at=now))
    # In this order: no two labels stand for the thing at any moment
    session.execute(update(table).where(table.c.code == code).values(replaced_by=heir))
    session.execute(update(table).where(table.c.code == heir).values(replaced_by=None))
    if fresh:
        _put_on(session, heir, thing)
    _note(session, caller, code, LabelAct.UNBOUND, now, reason=reason, thing=thing, how=heir)


def _heir(session: Session, code: str, thing: Thing) -> str | None:
    """The label that stands for a thing once this one is off: the newest other one that was never taken off."""
    same = [table_of(Label).c[name] == value for name, value in thing.columns().items() if value is not None]
    off = select(LabelEvent.id).where(LabelEvent.code == Label.code, LabelEvent.act == LabelAct.UNBOUND).exists()
    before = case((Label.replaced_by.is_(None), 0), (Label.replaced_by == code, 1), else_=2)
    found = session.execute(
        select(Label.code)
        .where(*same, Label.code != code, ~off)
        .order_by(before, Label.created_at.desc(), Label.code.desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


def set_outdoor(session: Session, caller: Caller, code: str, now: datetime, *, outdoor: bool) -> None:
    """Record whether a label sticks where the sun reaches it: thermal print fades there within a year or so (T84)."""
    thing = thing_of(_label(session, caller, code))
    if thing is None:
        raise conflict("blank", N_("this label is not bound to anything yet"))
    require_keeper(session, caller, thing)
    session.execute(update(table_of(Label)).where(Label.code == code).values(outdoor=outdoor))
    _note(session, caller, code, LabelAct.OUTDOOR if outdoor else LabelAct.INDOOR, now, reason="", thing=thing)


def report_mistaken(session: Session, caller: Caller, code: str, description: str, now: datetime) -> None:
    """Somebody scanned a label and says: this is not the thing that it names (T75). Asks the depot for a look.

    Nothing is taken out of service: the word stands as a report until a keeper has looked and closes it.
    """
    thing = thing_of(_label(session, caller, code))
    if thing is None:
        raise conflict("blank", N_("this label is not bound to anything yet"))
    description = clean_text(description, "description", LONGEST_REASON, required=True)
    depots = [depot for depot in depots_of(session, thing) if may_at(caller, Act.REPORT, depot.id, depot.district_code)]
    if not depots:
        raise not_found()
    told = say(caller.language, N_("{code}: the label is on another item: {what}"), code=code, what=description)
    trouble = Trouble(thing.lot_id, thing.place_id, told)
    note_defect(session, depots[0].id, trouble, now, person_id=caller.person_id)
    _note(session, caller, code, LabelAct.MISTAKEN, now, reason=description, thing=thing)


def _label(session: Session, caller: Caller, code: str) -> Bound:
    bound = bound_reached(session, caller, code)
    if bound is None:
        raise not_found(N_("no label with this code was ever made"))
    return bound


def depots_of(session: Session, thing: Thing) -> list[Depot]:
    if thing.depot_id is not None:
        return [session.get_one(Depot, thing.depot_id)]
    if thing.place_id is not None:
        statement = select(Depot).join(Place, Place.depot_id == Depot.id).where(Place.id == thing.place_id)
    else:
        here = select(Stock.depot_id).where(Stock.lot_id == thing.lot_id, ~Stock.outside, Stock.quantity > 0)
        statement = select(Depot).where(Depot.id.in_(here)).order_by(Depot.code)
    return list(session.execute(statement).scalars())


def require_keeper(session: Session, caller: Caller, thing: Thing) -> None:
    """The caller keeps (one of) the depots where the thing is; 404 or 403 otherwise, as the policy says."""
    depots = depots_of(session, thing)
    if any(may_at(caller, Act.KEEP, depot.id, depot.district_code) for depot in depots):
        return
    if not depots:
        raise not_found()
    require_at(caller, Act.KEEP, depots[0].id, depots[0].district_code)


def _carries_one(session: Session, thing: Thing) -> bool:
    if thing.lot_id is None:
        return True
    statement = select(Item.tracking).join(Lot, Lot.item_id == Item.id).where(Lot.id == thing.lot_id)
    return session.execute(statement).scalar_one() == Tracking.SERIAL


def _replace_others(session: Session, caller: Caller, code: str, thing: Thing, now: datetime, reason: str) -> None:
    table = table_of(Label)
    same = [table.c[name] == value for name, value in thing.columns().items() if value is not None]
    others = session.execute(
        update(table)
        .where(*same, table.c.code != code, table.c.replaced_by.is_(None))
        .values(replaced_by=code)
        .returning(table.c.code)
    ).scalars()
    for other in others.all():
        _note(session, caller, other, LabelAct.REPLACED, now, reason=reason, thing=thing, how=code)


def _note(
    session: Session,
    caller: Caller,
    code: str,
    act: LabelAct,
    now: datetime,
    *,
    reason: str,
    thing: Thing,
    how: str = "",
) -> None:
    session.add(
        LabelEvent(code=code, act=act, at=now, person_id=caller.person_id, how=how, reason=reason, **thing.columns())
    )
    session.flush()
