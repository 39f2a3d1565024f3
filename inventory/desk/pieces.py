"""One requirement of a depot down to the pieces: which counted, which did not, and why."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.errors import not_found
from core.languages import N_
from core.quantities import write_quantity
from depots.models import Depot, ItemGroupMember, ItemGroupSize, Place, PlaceKind
from depots.places import visible_depot
from inventory.catalogue.measures import Measure
from inventory.catalogue.models import Item
from inventory.fitness.judging import why_column
from inventory.fitness.rules import READY
from inventory.readiness.dashboard import RequirementAnswer, RequirementLine, as_answer, explain
from inventory.readiness.reasons import held
from inventory.stock.models import Expiry, Lot, Stock
from people.policy import Caller


class Piece(msgspec.Struct, frozen=True):
    """A lot or piece in a place. ``reason``: why it does not count, empty if it does. Quantities in base units."""

    lot: UUID
    item: str
    item_zh: str
    item_en: str
    unit_zh: str
    unit_en: str
    number: str
    expiry: Expiry
    usable_through: date | None
    place: UUID
    place_zh: str
    place_en: str
    kind: PlaceKind
    quantity: str
    reason: str
    measure: Measure | None  # the quantity in the second measure (T60)
    size: str | None  # one of the item's sizes (T49)

    @property
    def counts(self) -> bool:
        return self.reason == READY


class Explained(msgspec.Struct, frozen=True):
    """A requirement with its pieces: those that do not count first. ``items``: which items count towards it."""

    depot: str
    depot_zh: str
    depot_en: str
    requirement: RequirementAnswer
    items: list[str]
    pieces: list[Piece]


def explain_pieces(session: Session, caller: Caller, code: str, subject: str, today: date) -> Explained:
    """What a depot has towards one of its requirements. 404 where it has no such requirement. Ten queries at most."""
    depot = visible_depot(session, caller, code)
    line = next((one for one in explain(session, depot.id, today) if one.subject == subject), None)
    if line is None:
        raise not_found(N_("this depot has no such requirement"))
    items = _items(session, line)
    sizes = _sizes(session, line)
    pieces = _pieces(session, depot, [item.id for item in items], today, sizes)
    answer = as_answer(line)
    codes = [item.code for item in items]
    return Explained(depot.code, depot.name_zh, depot.name_en, answer, codes, pieces)


def _items(session: Session, line: RequirementLine) -> list[Item]:
    """The items that count towards a requirement: the one, or those of the group (T86)."""
    statement = select(Item).order_by(Item.code)
    if line.subject.startswith("GROUP:"):
        group = line.subject.removeprefix("GROUP:")
        members = select(ItemGroupMember.item_id).where(ItemGroupMember.group_code == group)
        sized = select(ItemGroupSize.item_id).where(ItemGroupSize.group_code == group)
        return list(session.execute(statement.where(or_(Item.id.in_(members), Item.id.in_(sized)))).scalars())
    return list(session.execute(statement.where(Item.code == line.subject)).scalars())


def _sizes(session: Session, line: RequirementLine) -> list[str]:
    """The sizes that count, of a requirement that names any (T49)."""
    group = line.subject.removeprefix("GROUP:")
    return list(session.execute(select(ItemGroupSize.size).where(ItemGroupSize.group_code == group)).scalars())


def _pieces(session: Session, depot: Depot, item_ids: list[UUID], today: date, sizes: list[str]) -> list[Piece]:
    why = why_column(today).label("why")
    columns = (Lot, Item, Place, Stock.quantity, why)
    rows = session.execute(
        held(columns, depot.id)
        .where(Stock.item_id.in_(item_ids), *([Lot.size.in_(sizes)] if sizes else []))
        .order_by(Item.code, Place.position, Lot.usable_through, Lot.number, Lot.serial, Lot.id)
    ).all()
    pieces = [_piece(row) for row in rows]
    return sorted(pieces, key=lambda piece: piece.counts)


def _piece(row: Any) -> Piece:
    lot, item, place, quantity, said = row
    return Piece(
        lot.id,
        item.code,
        item.name_zh,
        item.name_en,
        item.unit_zh,
        item.unit_en,
        lot.serial or lot.number or "",
        lot.expiry,
        lot.usable_through,
        place.id,
        place.path_zh,
        place.path_en,
        place.kind,
        write_quantity(quantity),
        said,
        item.measured(quantity),
        lot.size,
    )
