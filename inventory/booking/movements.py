"""Reading the ledger: newest first, by cursor, within what the caller may see."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from core.columns import table_of
from core.paging import Page, page_of, read_cursor, typed_bound
from core.quantities import write_quantity
from depots.models import Depot, Place
from depots.places import path_at
from inventory.booking.models import MovementWitness
from inventory.catalogue.measures import Measure, measured
from inventory.catalogue.models import MEASURE, Item
from inventory.stock.models import Kind, Lot, Movement
from people.models import Person
from people.policy import Act, Caller, reach


class MovementRow(msgspec.Struct, frozen=True):
    """A line of the ledger as lists show it."""

    id: UUID
    request: UUID
    kind: Kind
    item: str
    item_zh: str
    item_en: str
    lot: UUID
    lot_number: str | None
    quantity: str
    unit_zh: str
    unit_en: str
    entered: str
    source: UUID = msgspec.field(name="from")
    source_zh: str = msgspec.field(name="from_zh")
    source_en: str = msgspec.field(name="from_en")
    target: UUID = msgspec.field(name="to")
    target_zh: str = msgspec.field(name="to_zh")
    target_en: str = msgspec.field(name="to_en")
    depot: str
    depot_zh: str
    depot_en: str
    person: str
    person_name: str
    witness: str | None  # the second person's name, of controlled gear (T96)
    happened_at: datetime
    recorded_at: datetime
    late: bool
    reason: str
    incident: UUID | None
    measure: Measure | None  # the quantity in the second measure (T60)


_into = aliased(Item)


class Filters(msgspec.Struct, frozen=True):
    """Which lines: all that are given must hold. Times are instants of recording, from inclusive, until exclusive."""

    depot: str | None = None
    place: UUID | None = None
    item: str | None = None
    lot: UUID | None = None
    person: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    incident: UUID | None = None
    id: UUID | None = None


def movements(
    session: Session, caller: Caller, filters: Filters, limit: int, cursor: str | None = None
) -> Page[MovementRow]:
    """A page of the ledger, newest first. A line is seen by whoever may see either of its depots."""
    statement = _lines(caller, filters).order_by(Movement.recorded_at.desc(), Movement.id.desc()).limit(limit + 1)
    after = read_cursor(cursor, tuple[datetime, UUID])
    if after is not None:
        columns = (Movement.recorded_at, Movement.id)
        statement = statement.where(tuple_(*columns) < typed_bound(after, columns))
    rows = list(session.execute(statement))
    return page_of(rows, limit, lambda row: (row.recorded_at, row.id), _shown)


def _lines(caller: Caller, filters: Filters) -> Any:
    source, target, depot, other = aliased(Place), aliased(Place), aliased(Depot), aliased(Depot)
    second = aliased(Person)
    return (
        select(
            table_of(Movement),
            Item.code.label("item"),
            Item.name_zh.label("item_zh"),
            Item.name_en.label("item_en"),
            *(Item.unit_zh, Item.unit_en, Lot.number, Lot.serial),
            path_at(source, Movement.from_depot_id, "zh").label("source_zh"),
            path_at(source, Movement.from_depot_id, "en").label("source_en"),
            path_at(target, Movement.to_depot_id, "zh").label("target_zh"),
            path_at(target, Movement.to_depot_id, "en").label("target_en"),
            depot.code.label("depot"),
            depot.name_zh.label("depot_zh"),
            depot.name_en.label("depot_en"),
            Person.account,
            Person.name.label("person_name"),
            second.name.label("witness"),
            *MEASURE,
        )
        .join(Item, Item.id == Movement.item_id)
        .join(Lot, Lot.id == Movement.lot_id)
        .join(source, source.id == Movement.from_place_id)
        .join(target, target.id == Movement.to_place_id)
        .join(depot, depot.id == Movement.from_depot_id)
        .join(other, other.id == Movement.to_depot_id)
        .join(Person, Person.id == Movement.person_id)
        .outerjoin(MovementWitness, MovementWitness.movement_id == Movement.id)
        .outerjoin(second, second.id == MovementWitness.witness_id)
        .where(
            or_(
                reach(caller, Act.SEE, depot.id, depot.district_code),
                reach(caller, Act.SEE, other.id, other.district_code),
            ),
            *_conditions(filters, depot, other),
        )
    )


def _conditions(filters: Filters, depot: Any, other: Any) -> list[Any]:
    conditions: list[Any] = []
    if filters.depot is not None:
        conditions.append(or_(depot.code == filters.depot, other.code == filters.depot))
    if filters.place is not None:
        conditions.append(or_(Movement.from_place_id == filters.place, Movement.to_place_id == filters.place))
    if filters.item is not None:
        became = select(_into.id).where(_into.code == filters.item).scalar_subquery()
        conditions.append(or_(Item.code == filters.item, Item.merged_into_id == became))  # under either name
    if filters.lot is not None:
        conditions.append(Movement.lot_id == filters.lot)
    if filters.person is not None:
        conditions.append(Person.account == filters.person)
    if filters.incident is not None:
        conditions.append(Movement.incident_id == filters.incident)
    if filters.id is not None:
        conditions.append(Movement.id == filters.id)
    if filters.since is not None:
        conditions.append(Movement.recorded_at >= filters.since)
    if filters.until is not None:
        conditions.append(Movement.recorded_at < filters.until)
    return conditions


def _shown(row: Any) -> MovementRow:
    return MovementRow(
        id=row.id,
        request=row.request_id,
        kind=row.kind,
        item=row.item,
        item_zh=row.item_zh,
        item_en=row.item_en,
        lot=row.lot_id,
        lot_number=row.number or row.serial,
        quantity=write_quantity(row.quantity),
        unit_zh=row.unit_zh,
        unit_en=row.unit_en,
        entered=row.entered,
        source=row.from_place_id,
        source_zh=row.source_zh,
        source_en=row.source_en,
        target=row.to_place_id,
        target_zh=row.target_zh,
        target_en=row.target_en,
        depot=row.depot,
        depot_zh=row.depot_zh,
        depot_en=row.depot_en,
        person=row.account,
        person_name=row.person_name,
        witness=row.witness,
        happened_at=row.happened_at,
        recorded_at=row.recorded_at,
        late=row.late,
        reason=row.reason,
        incident=row.incident_id,
        measure=measured(row.quantity, row.measure_per, row.measure_zh, row.measure_en),
    )
