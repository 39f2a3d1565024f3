"""Putting dangerous goods down, and throwing them away (T99).

Whoever would break a cap, or put together what stands apart, is refused unless they give a reason; then, and for a late
fact, it is booked, and the place stands on the desk's list until it is put right. Nothing is asked of other gear.
"""

from decimal import Decimal

from sqlalchemy import select

from core.errors import Refusal, bad_field, conflict
from core.languages import N_
from core.quantities import write_quantity
from depots.models import STORAGE, PlaceKind
from inventory.booking.under_way import Booking
from inventory.booking.wishes import Asked
from inventory.catalogue.models import Hazard
from inventory.stock.hazards import Breach, read_places, stored
from inventory.stock.holdings import ItemFacts
from inventory.stock.lines import Spot


def check_hazard(
    booking: Booking, wish: Asked, item: ItemFacts, quantity: Decimal, target: Spot, source: Spot | None = None
) -> None:
    """Refuse (422, ``reason``) what a place should not hold, or not beside what is there."""
    if item.hazard_code is None or wish.late or wish.reason or booking.kind_at(target.place_id) not in STORAGE:
        return
    if target.depot_id not in booking.dangerous:
        booking.dangerous[target.depot_id] = stored(booking.session, [target.depot_id])
    there = booking.dangerous[target.depot_id]
    if item.hazard_code not in there.hazards:
        return
    read_places(booking.session, there, {target.place_id})
    amount = quantity * (item.hazard_per or 1)
    if source is not None and source.place_id in there.amounts:
        there.put(source.place_id, item.hazard_code, -amount)
    there.put(target.place_id, item.hazard_code, amount)
    for breach in there.breaches_by(target.place_id, item.hazard_code):
        raise _refusal(breach)


def _refusal(breach: Breach) -> Refusal:
    hazard, other = breach.hazard, breach.other
    if other is not None:
        message = N_("{hazard} and {other} are not kept together; choose another place, or give a reason")
        return bad_field("reason", message, hazard=_names(hazard), other=_names(other))
    return bad_field(
        "reason",
        N_("there would be {quantity} {unit} of {hazard} here, and {cap} is the most; give a reason to put it here"),
        quantity=write_quantity(breach.quantity),
        cap=write_quantity(breach.cap or Decimal(0)),
        unit=(hazard.unit_zh, hazard.unit_en),
        hazard=_names(hazard),
    )


def check_bin(booking: Booking, wish: Asked, item: ItemFacts, kind: PlaceKind) -> None:
    """Refuse (409) to throw away what has a way of its own to be disposed of: it is set apart first."""
    if item.hazard_code is None or wish.late or kind == PlaceKind.HOLD:
        return
    hazard = booking.session.execute(select(Hazard).where(Hazard.code == item.hazard_code)).scalar_one_or_none()
    if hazard is not None and hazard.disposal_en:
        raise conflict(
            "disposal-way",
            N_("this does not go into the bin: move it to the hold, set apart, and dispose of it from there: {way}"),
            extra={"hazard": hazard.code, "way_zh": hazard.disposal_zh, "way_en": hazard.disposal_en},
            way=(hazard.disposal_zh, hazard.disposal_en),
        )


def _names(hazard: Hazard) -> tuple[str, str]:
    return hazard.name_zh, hazard.name_en
