"""Chips and words that many lists have: where, and of which item."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.languages import N_
from depots.models import Depot, District
from depots.scope import districts_within
from inventory.catalogue.models import Category, Item
from inventory.stock.models import Lot
from office.tables import Chip, Reader, Words

Names = Callable[[Session, Sequence[str]], Mapping[str, tuple[str, str]]]


def names_of(table: Any) -> Names:
    """The names, in Chinese and English, of rows of a table by their code."""

    def names(session: Session, codes: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        rows = session.execute(select(table.code, table.name_zh, table.name_en).where(table.code.in_(codes)))
        return {code: (zh, en) for code, zh, en in rows}

    return names


def districts_seen(session: Session, reader: Reader) -> list[str]:
    """The districts in which the caller has a depot to see."""
    return [row.code for row in districts_within(session, reader.caller)]


def _categories(session: Session, _reader: Reader) -> list[str]:
    return list(session.execute(select(Category.code).order_by(Category.position, Category.code)).scalars())


DISTRICT = Chip(
    "district", N_("District"), lambda _: Depot.district_code, names=names_of(District), known=districts_seen
)
DEPOT = Chip("depot", N_("Depot"), lambda _: Depot.code, names=names_of(Depot), many=True)
CATEGORY = Chip("category", N_("Category"), lambda _: Item.category_code, names=names_of(Category), known=_categories)
ITEM = Chip("item", N_("Item"), lambda _: Item.code, names=names_of(Item), many=True)


def words_of_item(item_id: Any) -> Words:
    """The names and the code of the item with this id."""
    return Words((Item.name_zh, Item.name_en, Item.code), item_id, Item.id)


def words_of_depot(depot_id: Any) -> Words:
    """The names and the code of the depot with this id."""
    return Words((Depot.name_zh, Depot.name_en, Depot.code), depot_id, Depot.id)


def words_of_lot(lot_id: Any) -> Words:
    """The number of the lot or piece with this id."""
    return Words((Lot.serial, Lot.number), lot_id, Lot.id)
