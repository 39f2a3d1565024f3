"""What is in a kit or vehicle that is out is out with it: it is not on the shelf, at whatever depth (B14)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Refusal, conflict
from core.events import publish
from core.languages import N_
from depots.models import STORAGE, Place, PlaceKind
from depots.places import places_around
from inventory.booking.choosing import by_its_transfer
from inventory.booking.under_way import Booking
from inventory.booking.wishes import Asked
from inventory.stock.events import PutWithBorrower
from inventory.stock.holdings import NamedPlace
from inventory.stock.lines import Spot
from inventory.stock.models import Kind, Lot, Movement, Stock
from people.policy import Caller

_AWAY = frozenset({PlaceKind.WORKSHOP, PlaceKind.HOLD})  # at the depot's own disposal all the same
_TAKES_OUT = frozenset({Kind.ISSUE, Kind.OPEN, Kind.TRANSFER})


def check_taking(booking: Booking, wish: Asked, spot: Spot, kind: PlaceKind) -> None:
    """Refuse (409) to take out of a kit or vehicle that somebody else has out. A late fact tells what was done.

    Out of one that was on the way by then nothing comes but by its transfer.
    """
    if spot.in_reach or kind not in STORAGE:
        return
    check_not_sent(booking.session, spot.place_id, wish.happened_at, "from")
    if wish.late or wish.kind not in _TAKES_OUT:
        return
    place = _out_at(booking.session, spot.place_id)
    if place is None or place.person_id == booking.caller.person_id or place.id in (wish.target_id, wish.incident_id):
        return
    if place.kind not in _AWAY or wish.kind != Kind.TRANSFER:
        raise _out()


def check_putting(booking: Booking, wish: Asked, place: NamedPlace) -> None:
    """Refuse (409) to put something into a kit or vehicle that somebody else has borrowed, or that is on the way."""
    if place.spot.in_reach or place.kind not in STORAGE:
        return
    check_not_sent(booking.session, place.spot.place_id, wish.happened_at, "to")
    if wish.late:
        return
    there = {row.lot.lot_id for row in booking.holdings.rows if row.quantity > 0 and not row.spot.outside}
    check_gone(booking.session, {place.spot.place_id}, there)
    out = _out_at(booking.session, place.spot.place_id)
    if out is not None and out.kind == PlaceKind.HOLDER and out.person_id != booking.caller.person_id:
        raise _out()


def check_sending(session: Session, caller: Caller, place: Place, *, late: bool) -> None:
    """Refuse (409) a document that moves something out of a kit or vehicle that somebody else has out."""
    if late or place.in_reach or place.kind not in STORAGE:
        return
    out = _out_at(session, place.id)
    if out is not None and out.person_id != caller.person_id and out.kind not in _AWAY:
        raise _out()


def check_not_sent(session: Session, place_id: UUID, at: datetime, field: str) -> None:
    """Refuse (409) what is on the way to another depot at this place: it gets on and off by its transfer alone."""
    if is_sent(session, place_id, at):
        raise by_its_transfer(field)


def is_sent(session: Session, place_id: UUID, at: datetime) -> bool:
    """Whether a place is on the way to another depot, or is in a kit or vehicle that was on it by then.

    What is reported of a time before a kit left is booked: it left without that.
    """
    place = session.get_one(Place, place_id)
    if place.kind == PlaceKind.TRANSIT or place.in_reach or place.kind not in STORAGE:
        return place.kind == PlaceKind.TRANSIT
    out = _out_at(session, place_id)
    if out is None or out.kind != PlaceKind.TRANSIT:
        return False
    carriers = select(places_around([place_id]).c.id)
    left = select(Movement.id).where(
        Movement.lot_id.in_(carriers), Movement.to_place_id == out.id, Movement.happened_at <= at
    )
    return session.execute(left.limit(1)).first() is not None


def is_gone(session: Session, place_ids: Collection[UUID], there: Collection[UUID] = ()) -> bool:
    """Whether one of these is, or is in, a vehicle or kit that is in no place any more: lost, scrapped, used up.

    ``there``: those that this request has brought back.
    """
    inside = select(Stock.lot_id).where(Stock.lot_id == Lot.id, Stock.quantity > 0, ~Stock.outside)
    around = select(places_around(place_ids).c.id)
    gone = select(Lot.id).where(Lot.id.in_(around), Lot.id.not_in(there), ~inside.exists())
    return session.execute(gone.limit(1)).first() is not None


def check_gone(session: Session, place_ids: Collection[UUID], there: Collection[UUID] = ()) -> None:
    """Refuse (409) to put something into a vehicle or kit that is in no place any more."""
    if is_gone(session, place_ids, there):
        message = N_("this vehicle or kit is not in the books any more; enter it as found first")
        raise conflict("not-there", message)


def check_borrower(booking: Booking, place: NamedPlace) -> None:
    """Ask the loan that a place is, if it is one, whether it is still running."""
    if place.kind == PlaceKind.HOLDER and place.person_id is None:
        publish(booking.session, PutWithBorrower(place.spot.place_id))


def _out() -> Refusal:
    return conflict("kit-out", N_("this belongs to a kit or vehicle that is out; whoever has that out has all of it"))


def _out_at(session: Session, place_id: UUID) -> Place | None:
    """The hands, call-out or workshop where the outermost kit or vehicle around a place stands."""
    return session.execute(
        select(Place)
        .join(Stock, Stock.place_id == Place.id)
        .where(
            Stock.lot_id.in_(select(places_around([place_id]).c.id)),
            Stock.quantity > 0,
            ~Place.outside,
            Place.kind.not_in(STORAGE),
        )
        .limit(1)
    ).scalar_one_or_none()
