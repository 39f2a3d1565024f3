"""Lots: a row per batch or piece and depot that holds some of it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from core.languages import N_
from depots.models import Depot
from inventory.catalogue.models import Item
from inventory.fitness.judging import lot_column
from inventory.stock.models import Lot, Stock
from inventory.stock.words import TRACKING_WORDS
from office.lists.common import (
    CATEGORY,
    DEPOT,
    DISTRICT,
    ITEM,
    ITEM_VALUES,
    UNIT_VALUES,
    by_lots_of_items,
    depot_values,
    moment_column,
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
    LOT_VALUES,
    MADE_COLUMN,
    MAKER_COLUMN,
    NUMBER_COLUMN,
    READY_COLUMN,
    UNIT_COLUMN,
)
from office.lists.printing import printing, sizes_beside
from office.tables import Chip, Column, Join, Reader, Table
from people.policy import Act as May

_other: Any = aliased(Stock)


def _same(other: Any) -> Any:
    return (other.lot_id == Stock.lot_id, other.depot_id == Stock.depot_id, ~other.outside, other.quantity > 0)


def _within(reader: Reader) -> Sequence[Any]:
    """Of the balances that a depot has of a lot the first stands for all."""
    return (
        ~Stock.outside,
        Stock.quantity > 0,
        seen_at(reader, Depot),
        ~select(_other.lot_id).where(*_same(_other), _other.place_id < Stock.place_id).correlate(Stock).exists(),
    )


def _values(reader: Reader) -> Sequence[Any]:
    held = select(func.sum(_other.quantity)).where(*_same(_other)).correlate(Stock).scalar_subquery()
    return (
        *ITEM_VALUES,
        *UNIT_VALUES,
        *depot_values(),
        *LOT_VALUES,
        Lot.size,
        Lot.received_at,
        held.label("quantity"),
        lot_column(Stock.depot_id, reader.today).label("why"),
    )


TRACKING = Chip(
    "tracking", N_("Tracking"), lambda _: Item.tracking, {one.value: word for one, word in TRACKING_WORDS.items()}
)
LOTS = Table(
    name="lots",
    title=N_("Lots and pieces"),
    path="/lots",
    key=(Lot.id, Stock.depot_id),
    key_shape=(UUID, UUID),
    base=Stock,
    joins=(
        Join(Depot, Depot.id == Stock.depot_id),
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
        Column("quantity", N_("Quantity"), lambda row: row.quantity, "number", width=10),
        UNIT_COLUMN,
        ENDS_COLUMN,
        READY_COLUMN,
        Column("size", N_("Clothing size"), lambda row: row.size or "", extra=True, width=8),
        MAKER_COLUMN,
        MADE_COLUMN,
        moment_column("received", N_("Received"), "received_at", Lot.received_at, extra=True),
    ),
    chips=(
        ENDS,
        CONDITION,
        TRACKING,
        CATEGORY,
        DISTRICT,
        DEPOT,
        ITEM,
    ),
    words=(words_of_item(Stock.item_id), words_of_depot(Stock.depot_id), words_of_lot(Stock.lot_id)),
    order="use_by",
    acts=(printing(0),),
    acts_may=May.KEEP,
    beside=sizes_beside,
    empty=N_("Nothing is in stock."),
)
