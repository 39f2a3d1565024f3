"""The one way into the book: whoever has decided lines hands them over here, and everything that goes with a movement
happens in the same transaction, in this order: witnesses, the ledger, their names, the clocks of the gear, and the call
for a recount where a fact was larger than the book."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from core.events import publish
from depots.models import PlaceKind
from depots.places import standing_place_id
from inventory.booking.doubting import doubt_times
from inventory.booking.keeping import HANDED_OUT
from inventory.booking.two_persons import second_persons, write_names
from inventory.clocks.following import follow
from inventory.stock.events import DiscrepancyBooked, DrawnForIncident, LeftReach
from inventory.stock.ledger import post
from inventory.stock.lines import Line
from people.policy import Caller


def settle(session: Session, caller: Caller, lines: Sequence[Line], now: datetime) -> None:
    """Post decided lines, all or none, with everything that follows from them."""
    pairs, unseen = second_persons(session, caller, lines, now)
    doubt_times(session, lines, now)
    post(session, lines, caller.person_id, now)
    write_names(session, caller, pairs, unseen, now)
    follow(session, lines)
    drawn = (one for one in lines if one.source.place_id != one.incident_id and _is_drawn(one))
    for incident_id in {one.incident_id for one in drawn if one.incident_id is not None}:
        publish(session, DrawnForIncident(incident_id))
    left = {line.source.place_id for line in lines if not (line.source.outside or line.source.in_reach)}
    if left:
        publish(session, LeftReach(left, now))
    for line in lines:
        if line.source.place_id == standing_place_id(line.source.depot_id, PlaceKind.DISCREPANCY):
            publish(session, DiscrepancyBooked(line.source.depot_id, line.item_id, line.lot_id, line.quantity, now))


def _is_drawn(line: Line) -> bool:
    """Handed out for a call-out, or moved to it by who keeps the gear: an approval did not speak of it."""
    return line.kind in HANDED_OUT or line.target.place_id == line.incident_id
