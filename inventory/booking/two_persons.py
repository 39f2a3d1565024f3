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
from inventory.booking.keeping import leaving, load_digest
from inventory.booking.models import HandOut, MovementWitness
from inventory.catalogue.models import Item
from inventory.stock.events import UnwitnessedIssue
from inventory.stock.lines import Line
from people.policy import Caller

Pairs = list[tuple[Line, HandOut]]


def second_persons(session: Session, caller: Caller, lines: Sequence[Line], now: datetime) -> tuple[Pairs, list[Line]]:
    """For each of these lines that needs one the confirmed hand-out that covers it, used up by this; and the late
    lines that nobody has confirmed.

    Refuses (409) what nobody has confirmed. A late fact is never refused: an event tells that it had no witness.
    No query where no line needs one.
    """
    needed = leaving(session, lines)
    if not needed:
        return [], []
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
    unseen: list[Line] = []
    for line in needed:
        load = load_digest(session, line.lot_id) if line.holds else ""
        found = next((one for one, quantity in left.values() if _covers(one, quantity, line, load)), None)
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
        else:
            unseen.append(line)
    return pairs, unseen


def _covers(hand_out: HandOut, left: Decimal, line: Line, load: str) -> bool:
    if line.holds and (hand_out.lot_id != line.lot_id or hand_out.load != load):
        return False  # a vehicle or kit is confirmed with what is in it, and goes with just that
    return (
        hand_out.item_id == line.item_id
        and hand_out.depot_id == line.source.depot_id
        and hand_out.lot_id in (None, line.lot_id)
        and left >= line.quantity
        and hand_out.asked_at <= line.happened_at <= hand_out.ends_at
    )


def write_names(session: Session, caller: Caller, pairs: Pairs, unseen: Sequence[Line], now: datetime) -> None:
    """After posting: put the second name to each movement, and tell of the late ones that have none."""
    session.add_all(
        MovementWitness(movement_id=line.movement_id, hand_out_id=one.id, witness_id=one.witness_id)
        for line, one in pairs
        if one.witness_id is not None
    )
    for line in unseen:
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
