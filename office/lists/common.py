"""What many lists have: chips, words, values and columns of depot, item and moment, and the ids of bulk entries."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import false, or_, select
from sqlalchemy.orm import Session

from core.ids import derived_id
from core.languages import N_
from depots.models import Depot, District
from depots.scope import districts_within
from inventory.catalogue.models import Category, Item
from inventory.stock.models import Lot
from inventory.telling.forms import form_id
from office.along import Way
from office.tables import Chip, Column, Reader, Words
from people.policy import Act as May
from people.policy import reach

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


def types_seen(session: Session, reader: Reader) -> list[str]:
    """The types of the depots that the caller sees."""
    types = select(Depot.type_code).where(seen_at(reader, Depot)).distinct()
    return list(session.execute(types.order_by(Depot.type_code)).scalars())


def _categories(session: Session, _reader: Reader) -> list[str]:
    return list(session.execute(select(Category.code).order_by(Category.position, Category.code)).scalars())


DISTRICT = Chip(
    "district", N_("District"), lambda _: Depot.district_code, names=names_of(District), known=districts_seen
)
DEPOT = Chip("depot", N_("Depot"), lambda _: Depot.code, names=names_of(Depot), many=True)
CATEGORY = Chip("category", N_("Category"), lambda _: Item.category_code, names=names_of(Category), known=_categories)
ITEM = Chip("item", N_("Item"), lambda _: Item.code, names=names_of(Item), many=True)


ITEM_VALUES = (Item.code.label("item"), Item.name_zh.label("item_zh"), Item.name_en.label("item_en"))
UNIT_VALUES = (Item.unit_zh, Item.unit_en)


def depot_values(depot: Any = Depot, name: str = "depot") -> tuple[Any, ...]:
    """The code and names of a depot, as the values of a row called ``name``."""
    return (depot.code.label(name), depot.name_zh.label(f"{name}_zh"), depot.name_en.label(f"{name}_en"))


def seen_at(reader: Reader, *depots: Any) -> Any:
    """The condition that the reader may see one of these depots."""
    return or_(*(reach(reader.caller, May.SEE, depot.id, depot.district_code) for depot in depots))


# The order of the item's code: its lots lead on to the rows of any list that has a lot
BY_ITEM = Way((Item, Lot), (Lot.item_id == Item.id,))


def by_lots_of_items(lot_id: Any) -> Callable[[Any], Any]:
    """That a row's lot is one of such items: few lists have an index by item, each has one by lot."""
    return lambda items: lot_id.in_(select(Lot.id).where(Lot.item_id.in_(select(Item.id).where(items))))


def one_of(conditions: Callable[[Reader], Mapping[str, Any]]) -> Callable[[Reader, Sequence[str]], Any]:
    """A chip's filter by the conditions of its values; a value that there is not has no rows."""

    def fits(reader: Reader, values: Sequence[str]) -> Any:
        known = conditions(reader)
        return or_(false(), *(known[value] for value in values if value in known))

    return fits


def either_depot(*depot_ids: Any) -> Callable[[Reader, Sequence[str]], Any]:
    """A chip's filter by depot, where a row has several. Each is looked up by its own index."""

    def fits(_reader: Reader, codes: Sequence[str]) -> Any:
        ids = select(Depot.id).where(Depot.code.in_(codes))
        return or_(*(depot_id.in_(ids) for depot_id in depot_ids))

    return fits


def moment_column(
    name: str, title: str, of: str, column: Any = None, *, along: Way | None = None, extra: bool = False
) -> Column:
    """A column of the instants that rows have under ``of``. ``column``: what it is ordered by, if it is."""
    sort = None if column is None else lambda _: column
    cells: Any = {"kind": "moment", "shape": datetime, "width": 17}
    return Column(name, title, lambda row: getattr(row, of), sort=sort, along=along, extra=extra, **cells)


def first_of_lines(row: Any) -> tuple[str, str]:
    """The item that stands for a document's lines, and how many there are beside it."""
    more = f" +{row.lines - 1}" if row.lines > 1 else ""
    return f"{row.item_zh}{more}", f"{row.item_en}{more}"


def entry_id(said: Mapping[str, str], *parts: object) -> UUID:
    """The id of one of the entries that a bulk form makes: sent twice, each is booked once."""
    return derived_id(form_id({"id": said.get("form", "")}), *parts)


def words_of_item(item_id: Any) -> Words:
    """The names and the code of the item with this id."""
    return Words((Item.name_zh, Item.name_en, Item.code), item_id, Item.id)


def words_of_depot(depot_id: Any) -> Words:
    """The names and the code of the depot with this id."""
    return Words((Depot.name_zh, Depot.name_en, Depot.code), depot_id, Depot.id)


def words_of_lot(lot_id: Any) -> Words:
    """The number of the lot or piece with this id."""
    return Words((Lot.serial, Lot.number), lot_id, Lot.id)
