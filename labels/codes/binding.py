"""What a code is bound to. Every lot, place and depot gets a code when it enters the book; no code is ever reused."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, Select, True_, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session, aliased

from core.columns import table_of
from core.events import Subscription
from core.prepared import Prepared, enter
from depots.events import DepotsCreated, PlaceCodesAsked, PlacesCreated
from depots.models import Depot, Place
from inventory.booking.wishes import Labelled
from inventory.documents.models import Transfer
from inventory.stock.events import CodesAsked, LotsCreated
from inventory.stock.models import Stock
from inventory.stock.reaching import in_own_hands, lots_within
from labels.codes.codes import Reading, new_code, read_scan
from labels.codes.models import Label
from people.policy import Act, Caller, reach

_receiver: Any = aliased(Depot)
_on_the_way: Any = aliased(Stock)


def _label_lots(session: Session, event: LotsCreated) -> None:
    _give(session, "lot_id", event.lot_ids, event.at)


def _label_places(session: Session, event: PlacesCreated) -> None:
    _give(session, "place_id", event.place_ids, event.at)


def _label_depots(session: Session, event: DepotsCreated) -> None:
    _give(session, "depot_id", event.depot_ids, event.at)


def _name_codes(session: Session, event: CodesAsked) -> None:
    event.codes.update(codes_of(session, Label.lot_id, event.lot_ids))


def _name_codes_of_places(session: Session, event: PlaceCodesAsked) -> None:
    event.codes.update(codes_of(session, Label.place_id, event.place_ids))


# Every new lot, place and depot gets its code in the transaction that enters it
SUBSCRIPTIONS: list[Subscription] = [
    (LotsCreated, _label_lots),
    (PlacesCreated, _label_places),
    (DepotsCreated, _label_depots),
    (CodesAsked, _name_codes),
    (PlaceCodesAsked, _name_codes_of_places),
]


def _give(session: Session, column: str, ids: Sequence[UUID], at: datetime) -> None:
    if not ids:
        return
    rows = [
        {"code": code, column: thing, "created_at": at}
        for code, thing in zip(fresh_codes(session, len(ids)), ids, strict=True)
    ]
    # Where another transaction draws one of the codes in this very moment, the verb runs anew
    enter(session, table_of(Label), rows)


def fresh_codes(session: Session, number: int) -> list[str]:
    """So many codes that stand on no label yet. Among hundreds of thousands, two random codes do meet now and then."""
    codes: set[str] = set()
    while len(codes) < number:
        drawn = {new_code() for _ in range(number - len(codes))}
        taken = session.execute(select(Label.code).where(Label.code.in_(drawn))).scalars()
        codes |= drawn - set(taken)
    return list(codes)


def within_reach(caller: Caller) -> ColumnElement[bool]:
    """The condition that what a label is bound to is at a depot that the caller may see.

    For a statement that joins Label with, as outer joins, Place and Depot (by the label's depot or its place's). A lot
    is where it has ever had a balance, the outside places of a depot included. Blank labels are nobody's secret.
    """
    everywhere = reach(caller, Act.SEE, Depot.id, Depot.district_code)
    if isinstance(everywhere, True_):
        return everywhere
    blank = and_(Label.lot_id.is_(None), Label.place_id.is_(None), Label.depot_id.is_(None))
    there = and_(Label.lot_id.is_(None), everywhere)
    return or_(blank, there, and_(Label.lot_id.is_not(None), lots_within(caller, Label.lot_id)), coming(caller))


def coming(caller: Caller) -> ColumnElement[bool]:
    """The condition that a label's lot is, or was, on the way to a depot that the caller may see."""
    return (
        select(_on_the_way.lot_id)
        .join(Transfer, Transfer.id == _on_the_way.place_id)
        .join(_receiver, _receiver.id == Transfer.to_depot_id)
        .where(
            _on_the_way.lot_id == Label.lot_id,
            reach(caller, Act.SEE, _receiver.id, _receiver.district_code),
        )
        .correlate(Label)
        .exists()
    )


class Bound(msgspec.Struct, frozen=True):
    """What a code is bound to: one of the three, or none yet."""

    code: str
    lot_id: UUID | None
    place_id: UUID | None
    depot_id: UUID | None
    replaced_by: str | None


_COLUMNS: tuple[Any, ...] = (Label.code, Label.lot_id, Label.place_id, Label.depot_id, Label.replaced_by)


def bound_to(session: Session, code: str) -> Bound | None:
    """What our code is bound to, or None where no such label was ever made. Old codes resolve for ever (T74)."""
    row = session.execute(select(*_COLUMNS).where(Label.code == code)).first()
    return Bound(*row) if row else None


def standing_for(session: Session, label: Bound) -> str | None:
    """The label that has replaced a label, if any has: the last of the chain (T74)."""
    standing, seen = label.replaced_by, {label.code}
    while standing is not None and standing not in seen:
        seen.add(standing)
        after = session.execute(select(Label.replaced_by).where(Label.code == standing)).scalar_one_or_none()
        if after is None:
            break
        standing = after
    return standing


_WITH_PLACES: Select[Any] = (
    select(*_COLUMNS)
    .select_from(Label)
    .outerjoin(Place, Place.id == Label.place_id)
    .outerjoin(Depot, Depot.id == func.coalesce(Label.depot_id, Place.depot_id))
    .where(Label.code.in_(bindparam("codes", expanding=True)))
)


@lru_cache(maxsize=512)
def _bound_for(caller: Caller) -> Prepared:
    """The statement for a caller, built once."""
    return Prepared(_WITH_PLACES.where(within_reach(caller)), ["codes"])


def bound_reached(session: Session, caller: Caller, code: str) -> Bound | None:
    """What our code is bound to within the caller's reach; None for what lies outside and for what was never made."""
    row = _bound_for(caller).first(session, {"codes": [code]})
    return Bound(*row) if row else None


def labelled(session: Session, caller: Caller, texts: Collection[str]) -> Labelled:
    """The lots and places within reach that the scanned or typed texts name.

    What is not ours, not bound, or bound to something outside the caller's reach is left out: to them it is one. What
    is in their own hands is named all the same.
    """
    codes = {text: scan.code for text in texts if (scan := read_scan(text)).reading == Reading.OURS and scan.code}
    if not codes:
        return Labelled({}, {})
    rows = _bound_for(caller).all(session, {"codes": sorted(set(codes.values()))})
    bound = {row.code: Bound(*row) for row in rows}
    unknown = set(codes.values()) - set(bound)
    if unknown:
        bound |= _held(session, caller, unknown)
    found = {text: bound[code] for text, code in codes.items() if code in bound}
    return Labelled(
        lots={text: label.lot_id for text, label in found.items() if label.lot_id},
        # a vehicle or kit carries one label: as a place it has its piece's id
        places={text: place for text, label in found.items() if (place := label.place_id or label.lot_id)},
    )


def _held(session: Session, caller: Caller, codes: Collection[str]) -> dict[str, Bound]:
    """What these codes are bound to of all that is in the caller's own hands: they may return it to any depot."""
    rows = session.execute(
        select(*_COLUMNS)
        .join(Stock, Stock.lot_id == Label.lot_id)
        .join(Place, Place.id == Stock.place_id)
        .where(Label.code.in_(codes), Stock.quantity > 0, in_own_hands(caller))
    )
    return {row.code: Bound(*row) for row in rows}


def codes_of(session: Session, column: Any, ids: Collection[UUID]) -> dict[UUID, str]:
    """The codes on things: ``column`` is Label.lot_id, Label.place_id or Label.depot_id. The newest where several."""
    rows = session.execute(
        select(column, Label.code).where(column.in_(ids), Label.replaced_by.is_(None)).order_by(Label.created_at)
    )
    return {thing: code for thing, code in rows}
