"""Moves that a document has decided: this much of this lot from here to there, locked, checked and posted.

What somebody wishes (a take, a loan, a basket) goes by ``basket.book_wishes``, where ``booking`` judges right, fitness
and which lot. What a document has judged itself (a return, a transfer, a count's difference) goes by ``move``.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from core.columns import among
from core.errors import bad_field, conflict
from core.events import publish
from core.languages import N_
from core.quantities import write_quantity
from depots.models import LYING, Place, PlaceKind
from depots.places import standing_place_id
from inventory.booking.at_hand import check_gone, check_not_sent, is_sent
from inventory.booking.choosing import by_its_transfer
from inventory.booking.posting import settle
from inventory.catalogue.models import Tracking
from inventory.stock.events import DiscrepancyBooked
from inventory.stock.holdings import CARRIERS, ItemFacts, LotView, lot_facts
from inventory.stock.lines import Line, Spot
from inventory.stock.locks import share_carriers
from inventory.stock.lots import elsewhere, where_are
from inventory.stock.models import Kind, Stock
from inventory.stock.rules import fits_decimals
from inventory.stock.sightings import Sighting, overtaken, seen_later, seen_since
from inventory.telling.scene import Scene


@dataclass(frozen=True)
class Move:
    """So much of a lot from one place to another, in base units."""

    kind: Kind
    lot_id: UUID
    quantity: Decimal
    source_id: UUID
    target_id: UUID
    reason: str = ""
    incident_id: UUID | None = None
    id: UUID | None = None  # of its movement, where a document must find it again; else one of the entry's
    seen_at: datetime | None = None  # when somebody saw it so; what is known of a single piece since goes before it
    field: str = "to"  # what the entry calls the target


def move(scene: Scene, moves: Sequence[Move], *, truth: bool = False, signed: bool = False) -> list[Line]:
    """Post the moves of a document, all or none; the document has checked that the caller may.

    Refuses (409) what is not there. With ``truth`` (a count, which is never argued with: T55), and for a late fact,
    what the book lacks comes out of the discrepancy of the depot instead, and a recount is asked for. With ``signed``
    two people have signed for just these moves; else controlled gear leaves before a second person only (T96).
    """
    if not moves:
        return []
    session = scene.session
    lots = lot_facts(session, {one.lot_id for one in moves})
    spots, carried, incidents, there = _under_locks(session, moves)
    never_refused = truth or scene.late
    if not truth:
        _check_carriers(scene, {one.target_id: one.field for one in moves if one.target_id in carried})
    where = where_are(session, lots) if never_refused or any(spots[one.source_id].outside for one in moves) else {}
    lines: list[Line] = []
    for one in _of_their_incidents(moves, incidents):
        item, lot = lots[one.lot_id]
        if not fits_decimals(one.quantity, item.decimals):
            raise bad_field("quantity", N_("this item is counted in whole numbers or with fewer decimals"))
        here = where.get(one.lot_id)
        later = None
        if never_refused and one.seen_at is not None and item.tracking == Tracking.SERIAL:
            later = seen_since(session, one.lot_id, one.seen_at)
        if later is not None:
            booked = _overtaken(scene, one, item, lot, spots, later, truth=truth)
        elif (
            here is not None
            and not here.outside
            and here.place_id != one.source_id
            and (never_refused or spots[one.source_id].outside)
        ):
            booked = _from_where_it_is(scene, one, item, lot, here, spots[one.target_id], truth=truth)
            there[here.place_id, one.lot_id] = Decimal(len(booked) == 0)
        else:
            booked = _lines(scene, one, item, lot, spots, there, never_refused=never_refused)
        if booked and item.tracking == Tracking.SERIAL and later is None:
            where = {**where, one.lot_id: booked[-1].target}
        lines += booked
    if not lines:
        return []
    if signed:
        lines = [replace(line, signed=True) for line in lines]
    settle(session, scene.caller, lines, scene.now)
    return lines


def _check_carriers(scene: Scene, into: dict[UUID, str]) -> None:
    """Refuse (409) to put something into a vehicle or kit that is nowhere any more, or on the way to another depot."""
    if into and not scene.late:
        check_gone(scene.session, into)
    for place_id, field in into.items():
        check_not_sent(scene.session, place_id, scene.happened_at, field)


def _of_their_incidents(moves: Sequence[Move], incidents: set[UUID]) -> list[Move]:
    """What goes to a call-out or comes from it belongs to it, whichever document moves it: else nobody restocks it."""
    told = []
    for one in moves:
        at = next((place for place in (one.source_id, one.target_id) if place in incidents), None)
        told.append(replace(one, incident_id=one.incident_id or at))
    return told


def _under_locks(
    session: Session, moves: Sequence[Move]
) -> tuple[dict[UUID, Spot], set[UUID], set[UUID], dict[tuple[UUID, UUID], Decimal]]:
    """The places as they stand once the locks are had, which are carried, which call-outs, and what lies there."""
    places = {place for one in moves for place in (one.source_id, one.target_id)}
    spots, carried, incidents = _spots(session, places)
    if carried:
        share_carriers(session, carried & {one.target_id for one in moves})
    there = _locked(session, moves)
    if carried:
        spots = _spots(session, places)[0]
    return spots, carried, incidents, there


def _spots(session: Session, place_ids: set[UUID]) -> tuple[dict[UUID, Spot], set[UUID], set[UUID]]:
    """These places, which of them are a vehicle or kit or stand in one, and which are call-outs."""
    around = aliased(Place)
    rows = session.execute(
        select(Place.id, Place.depot_id, Place.outside, Place.in_reach, Place.kind, around.kind)
        .outerjoin(around, around.id == Place.parent_id)
        .where(Place.id.in_(place_ids))
    ).all()
    carried = {row[0] for row in rows if {row[4], row[5]} & CARRIERS}
    incidents = {row[0] for row in rows if row[4] == PlaceKind.INCIDENT}
    return {row[0]: Spot(*row[:4]) for row in rows}, carried, incidents


def _locked(session: Session, moves: Sequence[Move]) -> dict[tuple[UUID, UUID], Decimal]:
    """The balances that the moves draw on, locked in the ledger's order (lot, place)."""
    pairs = {(one.source_id, one.lot_id) for one in moves}
    rows = session.execute(
        select(Stock.place_id, Stock.lot_id, Stock.quantity)
        .where(among((Stock.place_id, Stock.lot_id), pairs))
        .order_by(Stock.lot_id, Stock.place_id)
        .with_for_update()
    )
    there: dict[tuple[UUID, UUID], Decimal] = defaultdict(Decimal)
    there.update({(row[0], row[1]): row[2] for row in rows})
    return there


def _lines(
    scene: Scene,
    one: Move,
    item: ItemFacts,
    lot: LotView,
    spots: dict[UUID, Spot],
    there: dict[tuple[UUID, UUID], Decimal],
    *,
    never_refused: bool,
) -> list[Line]:
    source = spots[one.source_id]
    if source.outside:
        return [
            _line(scene, one, item, lot, one.quantity, source=source, target=spots[one.target_id], request_id=one.id)
        ]
    key = (one.source_id, one.lot_id)
    part = min(one.quantity, there[key])
    if part < one.quantity and not never_refused:
        raise conflict(
            "not-enough-stock",
            N_("there is not enough of {item}: {available} there"),
            extra={"available": write_quantity(there[key])},
            item=(item.name_zh, item.name_en),
            available=write_quantity(there[key]),
        )
    there[key] -= part
    there[(one.target_id, one.lot_id)] += one.quantity
    lines = (
        [_line(scene, one, item, lot, part, source=source, target=spots[one.target_id], request_id=one.id)]
        if part
        else []
    )
    if part < one.quantity:
        gap = Spot(standing_place_id(source.depot_id, PlaceKind.DISCREPANCY), source.depot_id, True, False)
        if gap.place_id != one.target_id:
            lines.append(_line(scene, one, item, lot, one.quantity - part, source=gap, target=spots[one.target_id]))
    return lines


def _overtaken(
    scene: Scene, one: Move, item: ItemFacts, lot: LotView, spots: dict[UUID, Spot], later: Sighting, *, truth: bool
) -> list[Line]:
    """A single piece that somebody has seen since is where that says.

    A count corrects nothing then, and nothing is missing. What is put down is undone as of the sighting; a document
    that would take it away from where it was seen (409) does not hold.
    """
    target, kind = spots[one.target_id], scene.session.get_one(Place, one.target_id).kind
    if truth or kind == PlaceKind.LOST:
        return []
    if kind not in LYING:
        raise seen_later()
    told = _line(scene, one, item, lot, one.quantity, source=spots[one.source_id], target=target)
    return overtaken(scene.session, told, later)


def _from_where_it_is(
    scene: Scene, one: Move, item: ItemFacts, lot: LotView, here: Spot, target: Spot, *, truth: bool
) -> list[Line]:
    """A single piece that was seen where the book has it not: it comes from where the book has it.

    Nothing where that is where it was seen, or where it was only missed: it is not lost, the book knows another place.
    What is on the way a count leaves there, and asks for somebody to look: its transfer says what became of it.
    """
    if target.outside or target.place_id == here.place_id:
        return []
    if here.depot_id != target.depot_id:
        raise elsewhere()
    if is_sent(scene.session, here.place_id, one.seen_at or scene.happened_at):
        if not truth:
            raise by_its_transfer("thing")
        publish(scene.session, DiscrepancyBooked(here.depot_id, item.item_id, one.lot_id, one.quantity, scene.now))
        return []
    return [_line(scene, one, item, lot, one.quantity, source=here, target=target)]


def _line(
    scene: Scene,
    one: Move,
    item: ItemFacts,
    lot: LotView,
    quantity: Decimal,
    *,
    source: Spot,
    target: Spot,
    request_id: UUID | None = None,
) -> Line:
    return Line(
        request_id=request_id or scene.next_id(),
        line=0,
        digest=scene.digest,
        kind=one.kind,
        item_id=item.item_id,
        item_code=item.code,
        lot_id=lot.lot_id,
        condition=lot.condition,
        quantity=quantity,
        source=source,
        target=target,
        happened_at=scene.happened_at,
        late=scene.late,
        reason=one.reason[:500],
        entered=f"{write_quantity(quantity)} piece",
        holds=lot.is_place,
        controlled=item.controlled,
        incident_id=one.incident_id,
    )
