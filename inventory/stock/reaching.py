"""What a caller names, looked up within what they may see, before anything else knows it (rule 10).

What lies outside does not exist for them: whoever asks here gets None, and refuses with the same words as for an id
that nobody ever made. Ids from outside pass through here and nowhere else; a test walks the verbs for others.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, True_, or_, select, true
from sqlalchemy.orm import Session, aliased
from sqlmodel import SQLModel

from depots.models import Depot, Place
from inventory.catalogue.models import Item
from inventory.stock.models import Lot, Movement, Stock
from people.policy import Act, Caller, reach

AnyDocument = TypeVar("AnyDocument", bound=SQLModel)
_balance: Any = aliased(Stock)
_site: Any = aliased(Depot)


def lots_within(caller: Caller, lot_id: Any) -> ColumnElement[bool]:
    """The condition that a lot has or had a balance at a depot where the caller may see, the outside included."""
    there = reach(caller, Act.SEE, _balance.depot_id, _site.district_code)
    if isinstance(there, True_):
        return true()
    statement = select(_balance.lot_id).join(_site, _site.id == _balance.depot_id).where(there)
    found: ColumnElement[bool] = statement.where(_balance.lot_id == lot_id).correlate_except(_balance, _site).exists()
    return found


def lots_reached(session: Session, caller: Caller, lot_ids: Collection[UUID]) -> dict[UUID, tuple[Lot, Item]]:
    """Those of these lots that lie within the caller's reach, with their items."""
    statement = select(Lot, Item).join(Item, Item.id == Lot.item_id)
    rows = session.execute(statement.where(Lot.id.in_(lot_ids), lots_within(caller, Lot.id)))
    return {lot.id: (lot, item) for lot, item in rows}


def in_own_hands(caller: Caller) -> ColumnElement[bool]:
    """The condition that a row of Place is the caller's own hands, at whichever depot.

    Whoever was moved to another depot still returns what they hold. This opens returns and nothing else.
    """
    columns: Any = Place
    found: ColumnElement[bool] = columns.person_id == caller.person_id
    return found


def hands_with(session: Session, caller: Caller, lot_id: UUID, place_id: UUID | None) -> Place | None:
    """The caller's own hands that hold some of this lot: the place named, else the one with the most."""
    statement = (
        select(Place)
        .join(Stock, Stock.place_id == Place.id)
        .where(Stock.lot_id == lot_id, Stock.quantity > 0, in_own_hands(caller))
        .order_by(Stock.quantity.desc(), Place.id)
        .limit(1)
    )
    if place_id is not None:
        statement = statement.where(Place.id == place_id)
    return session.execute(statement).scalar_one_or_none()


def lot_in(session: Session, place_id: UUID, lot_id: UUID) -> tuple[Lot, Item] | None:
    """The lot, if it lies or ever lay in this place: what is on the way to somebody is found within its transfer."""
    row = session.execute(
        select(Lot, Item)
        .join(Item, Item.id == Lot.item_id)
        .join(Stock, Stock.lot_id == Lot.id)
        .where(Lot.id == lot_id, Stock.place_id == place_id)
    ).first()
    return (row[0], row[1]) if row else None


def place_reached(session: Session, caller: Caller, place_id: UUID) -> Place | None:
    """The place with this id, at a depot where the caller may see."""
    return session.execute(
        select(Place)
        .join(Depot, Depot.id == Place.depot_id)
        .where(Place.id == place_id, reach(caller, Act.SEE, Depot.id, Depot.district_code))
    ).scalar_one_or_none()


def depot_reached(session: Session, caller: Caller, code: str, *, alone: bool = False) -> Depot | None:
    """The depot with this code, where the caller may see; ``alone`` locks its row against whatever arrives there."""
    statement = select(Depot).where(Depot.code == code, reach(caller, Act.SEE, Depot.id, Depot.district_code))
    if alone:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return session.execute(statement).scalar_one_or_none()


def document_reached(
    session: Session, caller: Caller, model: type[AnyDocument], document_id: UUID, *depot_ids: Any
) -> AnyDocument | None:
    """The document with this id, locked, if one of its depots (the columns ``depot_ids``) is where the caller sees."""
    columns: Any = model
    statement = select(model).where(columns.id == document_id, _of_ones_own(caller, depot_ids))
    statement = statement.with_for_update(of=columns).execution_options(populate_existing=True)
    return session.execute(statement).scalar_one_or_none()


def is_reached(session: Session, caller: Caller, model: type[SQLModel], document_id: UUID, *depot_ids: Any) -> bool:
    """Whether ``document_reached`` would find it; locks nothing."""
    columns: Any = model
    statement = select(columns.id).where(columns.id == document_id, _of_ones_own(caller, depot_ids))
    return session.execute(statement).first() is not None


def _of_ones_own(caller: Caller, depot_ids: Collection[Any]) -> ColumnElement[bool]:
    """The condition that one of these columns is a depot where the caller may see."""
    there = [
        select(_site.id)
        .where(_site.id == column, reach(caller, Act.SEE, _site.id, _site.district_code))
        .correlate_except(_site)
        .exists()
        for column in depot_ids
    ]
    return or_(*there)


def had_lain(session: Session, caller: Caller, lot_id: UUID, at: datetime) -> bool:
    """Whether by the book a lot lay within the caller's reach at this time, or had lain there before.

    A late fact is never refused for want of stock (rule 5), and therefore speaks of nothing else.
    """
    ends = or_(_site.id == Movement.from_depot_id, _site.id == Movement.to_depot_id)
    statement = (
        select(Movement.id)
        .join(_site, ends)
        .where(
            Movement.lot_id == lot_id,
            Movement.happened_at <= at,
            reach(caller, Act.SEE, _site.id, _site.district_code),
        )
    )
    return session.execute(statement.limit(1)).first() is not None
