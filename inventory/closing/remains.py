"""What is still at a depot that is to be closed: stock, what is open, labels and people."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from depots.models import LYING, Place, PlaceKind
from inventory.catalogue.models import Item, Tracking
from inventory.documents.models import Incident, Loan, Transfer
from inventory.faults.models import Defect, DefectState
from inventory.stock.count_models import Count, CountState
from inventory.stock.models import Condition, Lot, Stock
from inventory.upkeep.models import OPEN_STATES, Scrap, Service
from people.duties import not_over
from people.models import Assignment, Person, Role

SHOWN = 500


class Left(msgspec.Struct, frozen=True):
    """So much of a lot in a place of the depot. ``goes``: it lies there to be sent; what is lent or away comes back
    first. ``along``: it is in a vehicle or kit, and goes with that."""

    place: UUID
    place_zh: str
    place_en: str
    kind: PlaceKind
    lot: UUID
    item: str
    item_zh: str
    item_en: str
    unit_zh: str
    unit_en: str
    mark: str
    quantity: str
    single: bool
    holds: str | None
    controlled: bool
    condition: Condition
    goes: bool
    along: bool


class Duty(msgspec.Struct, frozen=True):
    """Somebody who has a role at this very depot."""

    person: UUID
    name: str
    account: str
    role: Role


class Remains(msgspec.Struct, frozen=True):
    """What is still there. Faults, unfinished counts, labels and people do not keep a depot from closing."""

    lines: list[Left]  # the first ones
    stock: int  # balances above zero
    loans: int
    incidents: int
    transfers: int
    services: int
    counts: int
    defects: int
    scraps: int
    people: list[Duty]

    @property
    def empty(self) -> bool:
        """Whether nothing stands against closing."""
        return not (self.stock or self.loans or self.incidents or self.transfers or self.services)

    @property
    def vehicles(self) -> int:
        return sum(line.holds == "vehicle" for line in self.lines)

    @property
    def kits(self) -> int:
        return sum(line.holds == "kit" for line in self.lines)


def remains(session: Session, depot_id: UUID, now: datetime) -> Remains:
    """What is still at a depot. Four queries, whatever it holds."""
    lines = left_lines(session, depot_id, SHOWN)
    counts = session.execute(select(*_counts(depot_id))).one()
    stock, loans, incidents, transfers, services, unfinished, defects, scraps = counts
    return Remains(
        lines=lines,
        stock=stock,
        loans=loans,
        incidents=incidents,
        transfers=transfers,
        services=services,
        counts=unfinished,
        defects=defects,
        scraps=scraps,
        people=_people(session, depot_id, now),
    )


def _counts(depot_id: UUID) -> list[Any]:
    def number(model: Any, *conditions: Any) -> Any:
        return select(func.count()).select_from(model).where(*conditions).scalar_subquery()

    either_side = or_(Transfer.from_depot_id == depot_id, Transfer.to_depot_id == depot_id)
    return [
        number(Stock, Stock.depot_id == depot_id, ~Stock.outside, Stock.quantity > 0),
        number(Loan, Loan.depot_id == depot_id, Loan.closed_at.is_(None)),
        number(Incident, Incident.depot_id == depot_id, Incident.closed_at.is_(None)),
        number(Transfer, either_side, Transfer.closed_at.is_(None)),
        number(Service, Service.depot_id == depot_id, Service.back_at.is_(None)),
        number(Count, Count.depot_id == depot_id, Count.state == CountState.OPEN),
        number(Defect, Defect.depot_id == depot_id, Defect.state != DefectState.CLOSED),
        number(Scrap, Scrap.depot_id == depot_id, Scrap.state.in_(OPEN_STATES)),
    ]


def _people(session: Session, depot_id: UUID, now: datetime) -> list[Duty]:
    rows = session.execute(
        select(Person.id, Person.name, Person.account, Assignment.role)
        .join(Assignment, Assignment.person_id == Person.id)
        .where(Assignment.depot_id == depot_id, not_over(now))
        .order_by(Assignment.role, Person.account)
    )
    return [Duty(*row) for row in rows]


def left_lines(session: Session, depot_id: UUID, limit: int | None = None) -> list[Left]:
    """What lies where in a depot, in shelf order. Two queries."""
    rows = session.execute(
        select(Stock.quantity, Place, Lot, Item)
        .join(Place, Place.id == Stock.place_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .where(Stock.depot_id == depot_id, ~Stock.outside, Stock.quantity > 0)
        .order_by(Place.position, Item.code, Lot.id)
        .limit(limit)
    ).all()
    carried = _carried(session, depot_id)
    return [
        Left(
            place.id,
            place.path_zh,
            place.path_en,
            place.kind,
            lot.id,
            item.code,
            item.name_zh,
            item.name_en,
            item.unit_zh,
            item.unit_en,
            lot.serial or lot.number or "",
            write_quantity(quantity),
            item.tracking == Tracking.SERIAL,
            item.holds,
            item.controlled,
            lot.condition,
            place.kind in LYING and place.id not in carried,
            place.id in carried,
        )
        for quantity, place, lot, item in rows
    ]


def _carried(session: Session, depot_id: UUID) -> Collection[UUID]:
    """The places on vehicles and in kits of which the piece itself is at the depot: they go where it goes."""
    rows = session.execute(
        select(Place.id, Place.parent_id, Place.kind, Stock.lot_id)
        .outerjoin(Stock, (Stock.lot_id == Place.id) & ~Stock.outside & (Stock.quantity > 0))
        .where(Place.depot_id == depot_id, ~Place.outside)
    ).all()
    carried = {row.id for row in rows if row.kind in (PlaceKind.VEHICLE, PlaceKind.KIT) and row.lot_id is not None}
    while more := {row.id for row in rows if row.parent_id in carried} - carried:
        carried |= more
    return carried
