"""From what a person or program wishes to decided lines of the ledger: permission, defaults, choice of lot, refusals.

One request is one transaction: its wishes are read (``wishes``), the balances they speak of are locked (``holdings``),
each wish becomes lines, and the ledger posts them all or none.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.columns import table_of
from core.errors import Refusal, id_reused
from core.quantities import write_quantity
from inventory.booking.backdating import after_counts
from inventory.booking.deciding import decide
from inventory.booking.holdings import Holdings, lock_items, lock_lots
from inventory.booking.posting import settle
from inventory.booking.under_way import Booking
from inventory.booking.wishes import NO_LABELS, Asked, Labelled, Wish, at_line, read_wishes
from inventory.catalogue.models import Item
from inventory.catalogue.naming import codes_of_today
from inventory.stock.holdings import NamedPlace, named_places
from inventory.stock.lines import Line
from inventory.stock.locks import read_settled, share_carriers
from inventory.stock.models import Kind, Movement
from people.models import Person
from people.policy import Act, Caller

# What comes from outside needs no balance to take from
_ARRIVING = frozenset({Kind.RECEIVE})


class LineAnswer(msgspec.Struct, frozen=True):
    """One line of the ledger: so much of one lot from place to place."""

    id: UUID
    lot: UUID
    quantity: str
    source: UUID = msgspec.field(name="from")
    target: UUID = msgspec.field(name="to")


class MovementAnswer(msgspec.Struct, frozen=True):
    """A booked movement. It is the same however often it is asked for."""

    id: UUID
    kind: Kind
    item: str
    quantity: str
    lines: list[LineAnswer]
    person: str
    happened_at: datetime
    recorded_at: datetime
    late: bool
    reason: str


def book(
    session: Session,
    caller: Caller,
    wishes: Sequence[Wish],
    now: datetime,
    today: date,
    *,
    labelled: Labelled = NO_LABELS,
    act: Act | None = None,
) -> tuple[list[MovementAnswer], bool]:
    """Book the wishes of one request, all or nothing.

    Returns their answers in order, and whether any was new (False: every one had been booked before, exactly so).
    ``act`` is the right that is asked for, where it is not the kind's own.
    Refuses (409) an id that was used for another content, and what there is not enough of, with what there is.
    """
    asked = read_wishes(wishes, now, labelled)
    named = _named(session, caller, asked)
    holdings = read_settled(lambda: _lock(session, caller, asked, today), lambda found: _is_whole(found, asked))
    asked = _as_called_today(session, asked, holdings)
    booked: dict[UUID, MovementAnswer] = {}
    if holdings.repeated or not holdings.rows:
        booked = _already_booked(session, caller, asked)
    fresh = [wish for wish in asked if wish.request_id not in booked]
    if fresh:
        booking = Booking(session, caller, now, today, holdings, named, act)
        lines = _decide(booking, fresh, asked)
        settle(session, caller, lines, now)
        booked |= _answers(lines, caller, now)
    return [booked[wish.request_id] for wish in asked], bool(fresh)


def _is_whole(holdings: Holdings, asked: Sequence[Asked]) -> bool:
    """Whether something was found of all that leaves a place."""
    lots, items = {row.lot.lot_id for row in holdings.rows}, {row.item.code for row in holdings.rows}
    leaving = [wish for wish in asked if wish.kind not in _ARRIVING]
    return all(wish.lot_id in lots if wish.lot_id else wish.item_code in items for wish in leaving)


def _as_called_today(session: Session, asked: list[Asked], holdings: Holdings) -> list[Asked]:
    """The wishes with the codes of the lines that merged ones became: a phone may have stored the old code (rule 5)."""
    there = {row.item.code for row in holdings.rows}
    strange = {wish.item_code for wish in asked if wish.item_code and wish.item_code not in there}
    if not strange or not holdings.rows:  # of what the book has none, the code alone is looked up (``item_facts``)
        return asked
    today = codes_of_today(session, strange)
    return [replace(wish, item_code=today.get(wish.item_code or "", wish.item_code)) for wish in asked]


def _named(session: Session, caller: Caller, asked: Sequence[Asked]) -> dict[UUID, NamedPlace]:
    """Where the wishes put things. Vehicles and kits among them stay as they are from here on, and are read so."""
    ids = {place for wish in asked for place in (wish.target_id, wish.incident_id) if place}
    named = named_places(session, caller, ids)
    carriers = {place_id for place_id, place in named.items() if place.carried}
    if carriers:
        share_carriers(session, carriers)
        named |= named_places(session, caller, carriers)
    return named


def _lock(session: Session, caller: Caller, asked: Sequence[Asked], today: date) -> Holdings:
    requests = [wish.request_id for wish in asked]
    leaving = [wish for wish in asked if wish.kind not in _ARRIVING]
    lots = {wish.lot_id for wish in leaving if wish.lot_id}
    unnamed = [wish for wish in leaving if not wish.lot_id and wish.item_code]
    holdings = Holdings()
    if lots:
        sources, near = _places_named([wish for wish in leaving if wish.lot_id])
        holdings = lock_lots(session, caller, lots, places=sources, near=near, requests=requests, today=today)
    if unnamed:
        codes = {wish.item_code for wish in unnamed if wish.item_code}
        named = [wish.source_id or wish.goes_near for wish in unnamed]
        places, own = {place for place in named if place}, not all(named)
        more = lock_items(session, caller, codes, places=places, own=own, requests=requests, today=today)
        known = {(row.spot.place_id, row.lot.lot_id) for row in holdings.rows}
        holdings.rows += [row for row in more.rows if (row.spot.place_id, row.lot.lot_id) not in known]
        holdings.repeated |= more.repeated
    return holdings


def _places_named(wishes: Sequence[Asked]) -> tuple[set[UUID], set[UUID]]:
    """Where lots are taken from, if every wish says so; else the places whose depots bulk is taken from (T97)."""
    sources = [wish.source_id for wish in wishes]
    if all(sources):
        return {place for place in sources if place}, set()
    near = [wish.source_id or wish.goes_near for wish in wishes]
    return set(), {place for place in near if place} if all(near) else set()


def _decide(booking: Booking, fresh: Sequence[Asked], asked: Sequence[Asked]) -> list[Line]:
    there = {row.spot.place_id for row in booking.holdings.rows}
    sources = {wish.source_id for wish in fresh if wish.source_id and wish.source_id not in there}
    booking.named |= named_places(booking.session, booking.caller, sources - booking.named.keys())
    numbers = {wish.request_id: number for number, wish in enumerate(asked)}
    lines: list[Line] = []
    for wish in fresh:
        try:
            lines += after_counts(booking, wish, decide(booking, wish))
        except Refusal as refusal:
            raise at_line(refusal, numbers[wish.request_id], len(asked)) from None
    return lines


def _answers(lines: Sequence[Line], caller: Caller, now: datetime) -> dict[UUID, MovementAnswer]:
    answers: dict[UUID, MovementAnswer] = {}
    for line in lines:
        quantity = write_quantity(line.quantity)
        part = LineAnswer(line.movement_id, line.lot_id, quantity, line.source.place_id, line.target.place_id)
        answer = MovementAnswer(
            line.request_id,
            line.kind,
            line.item_code,
            quantity,
            [part],
            caller.account,
            line.happened_at,
            now,
            line.late,
            line.reason,
        )
        _gather(answers, answer)
    return answers


def _gather(answers: dict[UUID, MovementAnswer], answer: MovementAnswer) -> None:
    """Put a line's answer to those of its request: a request served from several lots has several lines."""
    before = answers.get(answer.id)
    if before is not None:
        # what a later fact has undone (``sightings``) is no more of it
        part = Decimal(answer.quantity) if answer.happened_at == before.happened_at else 0
        total = write_quantity(Decimal(before.quantity) + part)
        answer = msgspec.structs.replace(before, quantity=total, lines=[*before.lines, *answer.lines])
    answers[answer.id] = answer


def _already_booked(session: Session, caller: Caller, asked: Sequence[Asked]) -> dict[UUID, MovementAnswer]:
    digests = {wish.request_id: wish.digest for wish in asked}
    rows = session.execute(
        select(table_of(Movement), Item.code, Person.account)
        .join(Item, Item.id == Movement.item_id)
        .join(Person, Person.id == Movement.person_id)
        .where(Movement.request_id.in_(digests))
        .order_by(Movement.request_id, Movement.line)
    ).all()
    booked: dict[UUID, MovementAnswer] = {}
    for row in rows:
        if row.digest != digests[row.request_id] or row.person_id != caller.person_id:
            raise id_reused(row.request_id)
        _gather(booked, _recalled(row))
    return booked


def _recalled(row: Any) -> MovementAnswer:
    quantity = write_quantity(row.quantity)
    part = LineAnswer(row.id, row.lot_id, quantity, row.from_place_id, row.to_place_id)
    return MovementAnswer(
        row.request_id,
        row.kind,
        row.code,
        quantity,
        [part],
        row.account,
        row.happened_at,
        row.recorded_at,
        row.late,
        row.reason,
    )
