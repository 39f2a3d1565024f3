"""What a recall found: where every piece lies, what was used and for which call-out, who has not answered."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from core.quantities import write_quantity
from depots.models import Depot, Place, PlaceKind
from inventory.catalogue.models import Item
from inventory.documents.models import Incident
from inventory.recalls.calling import the_recall
from inventory.recalls.models import Recall, RecallAnswer, RecallLot
from inventory.stock.models import Lot, Movement, Stock
from people.models import Person
from people.policy import Act, Caller, reach

GONE = (PlaceKind.CONSUMED, PlaceKind.DISPOSED, PlaceKind.LOST)
_source: Any = aliased(Place)


class Lying(msgspec.Struct, frozen=True):
    """So much of a lot lies in a place. ``kind`` tells store, vehicle, kit, loan (holder), incident or transit."""

    lot: UUID
    number: str | None
    maker: str | None
    sure: bool  # False: cannot be excluded
    depot: str
    depot_zh: str
    depot_en: str
    place: UUID
    kind: PlaceKind
    place_zh: str
    place_en: str
    quantity: str


class Gone(msgspec.Struct, frozen=True):
    """So much of a lot was used up, disposed of or lost at a depot, for a call-out where one is named."""

    lot: UUID
    number: str | None
    sure: bool
    depot: str
    depot_zh: str
    depot_en: str
    kind: PlaceKind
    incident: UUID | None
    incident_place: str | None
    quantity: str


class Answered(msgspec.Struct, frozen=True):
    """A depot that was asked, and its answer if it gave one."""

    depot: str
    depot_zh: str
    depot_en: str
    phone: str
    person: str | None
    answered_at: datetime | None
    note: str


class RecallRow(msgspec.Struct, frozen=True):
    """A recall as lists show it."""

    id: UUID
    item: str
    name_zh: str
    name_en: str
    maker: str
    number: str
    reason: str
    called_at: datetime
    released_at: datetime | None
    release_reason: str


class RecallView(msgspec.Struct, frozen=True):
    """A recall with all that it found, within the caller's reach."""

    recall: RecallRow
    lying: list[Lying]
    gone: list[Gone]
    answers: list[Answered]

    @property
    def silent(self) -> list[Answered]:
        return [answer for answer in self.answers if answer.answered_at is None]


def recalls(session: Session, most: int = 100) -> list[RecallRow]:
    """The recalls, those that stand first, then the newest. What is called back is no secret."""
    statement = (
        select(Recall, Item)
        .join(Item, Item.id == Recall.item_id)
        .order_by(Recall.released_at.is_not(None), Recall.called_at.desc(), Recall.id.desc())
        .limit(most)
    )
    return [_row(recall, item) for recall, item in session.execute(statement)]


def _row(recall: Recall, item: Item) -> RecallRow:
    return RecallRow(
        recall.id,
        item.code,
        item.name_zh,
        item.name_en,
        recall.maker,
        recall.number,
        recall.reason,
        recall.called_at,
        recall.released_at,
        recall.release_reason,
    )


def recall_view(session: Session, caller: Caller, recall_id: UUID) -> RecallView:
    """A recall in full. Eight queries, whatever the city's size."""
    recall = the_recall(session, recall_id, must_be_open=False)
    item = session.get_one(Item, recall.item_id)
    lots = {
        lot.id: (lot, sure)
        for lot, sure in session.execute(
            select(Lot, RecallLot.sure)
            .join(RecallLot, RecallLot.lot_id == Lot.id)
            .where(RecallLot.recall_id == recall.id)
        )
    }
    within = reach(caller, Act.SEE, Depot.id, Depot.district_code)
    return RecallView(
        _row(recall, item),
        _lying(session, lots, within),
        _gone(session, lots, within),
        _answers(session, recall, within),
    )


Lots = dict[UUID, tuple[Lot, bool]]


def _number(lot: Lot) -> str | None:
    return lot.number or lot.serial


def _lying(session: Session, lots: Lots, within: Any) -> list[Lying]:
    """Every balance inside depots: stores, kits, vehicles, loans, call-outs, on the way (T70)."""
    rows = session.execute(
        select(Stock.lot_id, Stock.quantity, Place, Depot)
        .join(Place, Place.id == Stock.place_id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(Stock.lot_id.in_(lots), ~Stock.outside, Stock.quantity > 0, within)
        .order_by(Depot.code, Place.position, Stock.lot_id)
    )
    found = []
    for lot_id, quantity, place, depot in rows:
        lot, sure = lots[lot_id]
        where = (depot.code, depot.name_zh, depot.name_en, place.id, place.kind, place.path_zh, place.path_en)
        found.append(Lying(lot_id, _number(lot), lot.maker, sure, *where, write_quantity(quantity)))
    return sorted(found, key=lambda row: not row.sure)


@dataclass(frozen=True)
class _Edge:
    """Where something left the books, and for which call-out."""

    lot_id: UUID
    depot_id: UUID
    kind: PlaceKind
    incident_id: UUID | None


def _gone(session: Session, lots: Lots, within: Any) -> list[Gone]:
    net = _net(session, lots)
    depots = {
        depot.id: depot
        for depot in session.execute(
            select(Depot).where(Depot.id.in_({edge.depot_id for edge in net}), within)
        ).scalars()
    }
    incidents = {edge.incident_id for edge in net if edge.incident_id}
    scenes = {
        incident_id: place
        for incident_id, place in session.execute(select(Incident.id, Incident.place).where(Incident.id.in_(incidents)))
    }
    found = []
    for edge, quantity in net.items():
        depot = depots.get(edge.depot_id)
        if depot is None:
            continue
        lot, sure = lots[edge.lot_id]
        scene = scenes.get(edge.incident_id) if edge.incident_id else None
        where = (depot.code, depot.name_zh, depot.name_en, edge.kind, edge.incident_id, scene)
        found.append(Gone(edge.lot_id, _number(lot), sure, *where, write_quantity(quantity)))
    return sorted(found, key=lambda row: (not row.sure, row.depot, str(row.incident)))


def _net(session: Session, lot_ids: Collection[UUID]) -> dict[_Edge, Decimal]:
    """What of the lots has left the books, counter-movements taken off."""
    net: dict[_Edge, Decimal] = defaultdict(Decimal)
    for sign, side, depot in (
        (1, Movement.to_place_id, Movement.to_depot_id),
        (-1, Movement.from_place_id, Movement.from_depot_id),
    ):
        # Used at a call-out's own place, or booked with the call-out's name on it
        at_scene = case((_source.kind == PlaceKind.INCIDENT, _source.id))
        incident = func.coalesce(Movement.incident_id, at_scene)
        rows = session.execute(
            select(Movement.lot_id, depot, Place.kind, incident, func.sum(Movement.quantity))
            .join(Place, Place.id == side)
            .join(_source, _source.id == Movement.from_place_id)
            .where(Movement.lot_id.in_(lot_ids), Place.kind.in_(GONE))
            .group_by(Movement.lot_id, depot, Place.kind, incident)
        )
        for lot_id, depot_id, kind, incident_id, quantity in rows:
            net[_Edge(lot_id, depot_id, kind, incident_id)] += sign * quantity
    return {edge: quantity for edge, quantity in net.items() if quantity > 0}


def _answers(session: Session, recall: Recall, within: Any) -> list[Answered]:
    """Who was asked, the silent ones first; depots that got such gear only later among them."""
    rows = session.execute(
        select(Depot, RecallAnswer, Person.name)
        .join(RecallAnswer, RecallAnswer.depot_id == Depot.id)
        .outerjoin(Person, Person.id == RecallAnswer.person_id)
        .where(RecallAnswer.recall_id == recall.id, within)
    ).all()
    found = [
        Answered(depot.code, depot.name_zh, depot.name_en, depot.phone, person, answer.answered_at, answer.note)
        for depot, answer, person in rows
    ]
    known = {answer.depot_id for _, answer, _ in rows}
    late = (
        select(Stock.depot_id)
        .join(RecallLot, RecallLot.lot_id == Stock.lot_id)
        .where(RecallLot.recall_id == recall.id, ~Stock.outside, Stock.quantity > 0)
    )
    for depot in session.execute(select(Depot).where(Depot.id.in_(late), Depot.id.not_in(known), within)).scalars():
        found.append(Answered(depot.code, depot.name_zh, depot.name_en, depot.phone, None, None, ""))
    return sorted(found, key=lambda answer: (answer.answered_at is not None, answer.depot))
