"""The rule of two persons, asked before any booking of controlled gear is posted (T96)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import conflict
from core.events import publish
from core.languages import N_
from core.quantities import write_quantity
from depots.models import PlaceKind
from depots.places import standing_place_id
from inventory.booking.models import HandOut, MovementWitness
from inventory.catalogue.models import Item
from inventory.stock.events import UnwitnessedIssue
from inventory.stock.lines import Line
from inventory.stock.models import Kind
from people.policy import Caller

HANDED_OUT = frozenset({Kind.ISSUE, Kind.CONSUME})
_WRITTEN_OFF = frozenset({Kind.DISPOSE, Kind.ADJUST})
Pairs = list[tuple[Line, HandOut]]


def leaves_keeping(line: Line) -> bool:
    """Whether controlled gear leaves the depot's keeping by this line, so that two people must have seen it.

    What comes back from somebody's hands, goes to the hold or the workshop, or is used up by who has it already, was
    witnessed when it left.
    """
    if not line.controlled:
        return False
    depot_id, source = line.source.depot_id, line.source
    kept = source.in_reach or source.place_id == standing_place_id(depot_id, PlaceKind.DISCREPANCY)
    if line.kind in HANDED_OUT:
        return kept
    if line.kind in _WRITTEN_OFF:
        return not source.outside
    set_aside = {standing_place_id(depot_id, kind) for kind in (PlaceKind.HOLD, PlaceKind.WORKSHOP)}
    return line.kind == Kind.TRANSFER and kept and not line.target.in_reach and line.target.place_id not in set_aside


def second_persons(session: Session, caller: Caller, lines: Sequence[Line], now: datetime) -> Pairs:
    """For each of these lines the confirmed hand-out that covers it; they are used up by this.

    Refuses (409) what nobody has confirmed. A late fact is never refused: an event tells that it had no witness.
    No query where no line needs one.
    """
    needed = [line for line in lines if leaves_keeping(line)]
    if not needed:
        return []
    hand_outs = session.execute(
        select(HandOut)
        .where(
            HandOut.asked_by_id == caller.person_id,
            HandOut.item_id.in_({line.item_id for line in needed}),
            HandOut.agreed,
            HandOut.used_at.is_(None),
            HandOut.ends_at >= min(line.happened_at for line in needed),
        )
        .order_by(HandOut.id)
        .with_for_update()
    ).scalars()
    left = {one.id: (one, one.quantity) for one in hand_outs}
    pairs: Pairs = []
    for line in needed:
        found = next((one for one, quantity in left.values() if _covers(one, quantity, line)), None)
        if found is not None:
            left[found.id] = (found, left[found.id][1] - line.quantity)
            found.used_at = now
            pairs.append((line, found))
        elif not line.late:
            item = session.get_one(Item, line.item_id)
            raise conflict(
                "witness-needed",
                N_("{item} is controlled gear: a second person confirms first, signed in by themselves"),
                extra={"item": line.item_code, "lot": str(line.lot_id), "quantity": write_quantity(line.quantity)},
                item=(item.name_zh, item.name_en),
            )
    return pairs


def _covers(hand_out: HandOut, left: Decimal, line: Line) -> bool:
    return (
        hand_out.item_id == line.item_id
        and hand_out.depot_id == line.source.depot_id
        and hand_out.lot_id in (None, line.lot_id)
        and left >= line.quantity
        and hand_out.asked_at <= line.happened_at <= hand_out.ends_at
    )


def write_names(session: Session, caller: Caller, lines: Sequence[Line], pairs: Pairs, now: datetime) -> None:
    """After posting: put the second name to each movement, and tell of the late ones that have none."""
    session.add_all(
        MovementWitness(movement_id=line.movement_id, hand_out_id=one.id, witness_id=one.witness_id)
        for line, one in pairs
        if one.witness_id is not None
    )
    named = {line.movement_id for line, _ in pairs}
    for line in lines:
        if leaves_keeping(line) and line.movement_id not in named:
            event = UnwitnessedIssue(
                line.movement_id,
                line.source.depot_id,
                line.item_id,
                line.lot_id,
                line.quantity,
                caller.person_id,
                caller.name,
                now,
            )
            publish(session, event)
    if pairs:
        session.flush()
