"""What stands where: a row per lot and place, in shelf order."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.languages import N_
from depots.models import Depot, Place
from inventory.catalogue.models import Item
from inventory.fitness.judging import why_column
from inventory.stock.models import Lot, Stock
from office.along import Way
from office.lists.common import (
    CATEGORY,
    DEPOT,
    DISTRICT,
    ITEM,
    ITEM_VALUES,
    UNIT_VALUES,
    by_lots_of_items,
    depot_values,
    seen_at,
    words_of_depot,
    words_of_item,
    words_of_lot,
)
from office.lists.gear import (
    CODE_COLUMN,
    CONDITION,
    DEPOT_COLUMN,
    ENDS,
    ENDS_COLUMN,
    ITEM_COLUMN,
    LIES,
    LOT_VALUES,
    MADE_COLUMN,
    MAKER_COLUMN,
    NUMBER_COLUMN,
    READY_COLUMN,
    UNIT_COLUMN,
)
from office.lists.printing import printing, sizes_beside
from office.tables import Column, Join, Reader, Table
from people.policy import Act as May


def _within(reader: Reader) -> Sequence[Any]:
    """Balances above zero inside depots."""
    return (~Stock.outside, Stock.quantity > 0, seen_at(reader, Depot))


def _values(reader: Reader) -> Sequence[Any]:
    return (
        *ITEM_VALUES,
        *UNIT_VALUES,
        *depot_values(),
        Place.id.label("place"),
        Place.path_zh,
        Place.path_en,
        *LOT_VALUES,
        Stock.quantity,
        why_column(reader.today).label("why"),
    )


STOCK = Table(
    name="stock",
    title=N_("Stock"),
    path="/stock",
    key=(Stock.place_id, Stock.lot_id),
    key_shape=(UUID, UUID),
    base=Stock,
    joins=(
        Join(Depot, Depot.id == Stock.depot_id),
        Join(Place, Place.id == Stock.place_id),
        Join(Lot, Lot.id == Stock.lot_id),
        Join(Item, Item.id == Stock.item_id, few=by_lots_of_items(Stock.lot_id)),
    ),
    within=_within,
    values=_values,
    columns=(
        ITEM_COLUMN,
        CODE_COLUMN,
        NUMBER_COLUMN,
        DEPOT_COLUMN,
        Column(
            "place",
            N_("Place"),
            lambda row: (row.path_zh, row.path_en),
            link=lambda row: f"/places/{row.place}",
            sort=lambda _: (Depot.code, Place.position),
            shape=(str, int),
            along=Way((Depot,)),
            width=28,
        ),
        Column(
            "quantity",
            N_("Quantity"),
            lambda row: row.quantity,
            "number",
            sort=lambda _: Stock.quantity,
            shape=Decimal,
            width=10,
        ),
        UNIT_COLUMN,
        ENDS_COLUMN,
        READY_COLUMN,
        MAKER_COLUMN,
        MADE_COLUMN,
    ),
    chips=(LIES, ENDS, CONDITION, CATEGORY, DISTRICT, DEPOT, ITEM),
    words=(words_of_item(Stock.item_id), words_of_depot(Stock.depot_id), words_of_lot(Stock.lot_id)),
    order="place",
    acts=(printing(1),),
    acts_may=May.KEEP,
    beside=sizes_beside,
    empty=N_("Nothing is in stock."),
)
