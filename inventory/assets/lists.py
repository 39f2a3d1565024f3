"""The ledger of assets as a list, and what it is worth by depot, category and fund."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.languages import N_
from depots.models import Depot, Place
from inventory.assets.models import AssetFact
from inventory.assets.rules import book_value
from inventory.catalogue.models import Category, Item
from inventory.listing.listing import Asked, Listing, either, of
from inventory.stock.models import Lot, Stock
from people.policy import Act, reach

AT_ONCE = 2000


@dataclass(frozen=True)
class AssetLine:
    """So much of a lot in a place, with its asset facts. Amounts in yuan."""

    depot: str
    depot_zh: str
    depot_en: str
    place_zh: str
    place_en: str
    item: str
    item_zh: str
    item_en: str
    category_zh: str
    category_en: str
    serial: str
    number: str
    quantity: Decimal
    price: Decimal | None
    value: Decimal | None
    book: Decimal | None
    bought_on: date | None
    fund: str
    supplier: str
    warranty_until: date | None
    owner: str


@dataclass
class AssetSum:
    """What the assets of a depot, category and fund are worth together, in yuan."""

    depot: str
    depot_zh: str
    depot_en: str
    category_zh: str
    category_en: str
    fund: str
    lines: int = 0
    value: Decimal = Decimal(0)
    book: Decimal = Decimal(0)


def assets(session: Session, asked: Asked) -> Iterator[AssetLine]:
    """Every lot with asset facts that is at a depot within reach, by depot and item."""
    statement = (
        select(AssetFact, Stock.quantity, Lot.serial, Lot.number, Item, Category, Place, Depot)
        .join(Stock, Stock.lot_id == AssetFact.lot_id)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .join(Category, Category.code == Item.category_code)
        .join(Place, Place.id == Stock.place_id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(
            ~Stock.outside,
            Stock.quantity > 0,
            reach(asked.caller, Act.SEE, Depot.id, Depot.district_code),
        )
        .order_by(Depot.code, Item.code, Lot.id, Place.id)
    )
    if depot := asked.text("depot"):
        statement = statement.where(Depot.code == depot)
    for row in session.execute(statement.execution_options(yield_per=AT_ONCE)):
        yield _line(row, asked.today)


def _line(row: Any, today: date) -> AssetLine:
    fact, quantity, serial, lot_number, item, category, place, depot = row
    price = book = None
    if fact.price_fen is not None:
        price = Decimal(fact.price_fen) / 100
        book = Decimal(book_value(fact.price_fen, fact.bought_on, fact.life_years, today)) / 100
    return AssetLine(
        depot.code,
        depot.name_zh,
        depot.name_en,
        place.path_zh or place.name_zh,
        place.path_en or place.name_en,
        item.code,
        item.name_zh,
        item.name_en,
        category.name_zh,
        category.name_en,
        serial or lot_number or "",
        fact.number or "",
        quantity,
        price,
        None if price is None else (price * quantity).quantize(Decimal("0.01")),
        None if book is None else (book * quantity).quantize(Decimal("0.01")),
        fact.bought_on,
        fact.fund,
        fact.supplier,
        fact.warranty_until,
        fact.owner,
    )


def sums(session: Session, asked: Asked) -> Iterator[AssetSum]:
    """The same, added up by depot, category and fund."""
    found: dict[tuple[str, str, str], AssetSum] = {}
    for line in assets(session, asked):
        key = (line.depot, line.category_en, line.fund)
        about = (line.depot, line.depot_zh, line.depot_en, line.category_zh, line.category_en, line.fund)
        one = found.setdefault(key, AssetSum(*about))
        one.lines += 1
        one.value += line.value or 0
        one.book += line.book or 0
    yield from (found[key] for key in sorted(found))


ASSETS = Listing(
    "assets",
    N_("Ledger of assets"),
    (
        of("depot", N_("Depot code"), "code"),
        either("depot", N_("Depot")),
        either("place", N_("Place")),
        of("item", N_("Item code"), "code", 12),
        either("item", N_("Item")),
        either("category", N_("Category"), 14),
        of("serial", N_("Lot or serial number"), "code"),
        of("number", N_("Asset number"), "code"),
        of("quantity", N_("Quantity"), "number", 10),
        of("price", N_("Yuan apiece"), "number", 10),
        of("value", N_("Value as bought"), "number", 12),
        of("book", N_("Book value"), "number", 12),
        of("bought_on", N_("Bought on"), "date", 12),
        of("fund", N_("Fund"), width=16),
        of("supplier", N_("Supplier"), width=16),
        of("warranty_until", N_("Warranty until"), "date", 12),
        of("owner", N_("Owner"), width=16),
    ),
    assets,
)
VALUES = Listing(
    "asset-values",
    N_("Value of assets by depot, category and fund"),
    (
        of("depot", N_("Depot code"), "code"),
        either("depot", N_("Depot")),
        either("category", N_("Category"), 14),
        of("fund", N_("Fund"), width=16),
        of("lines", N_("Lines"), "number", 8),
        of("value", N_("Value as bought"), "number", 12),
        of("book", N_("Book value"), "number", 12),
    ),
    sums,
)
LISTINGS = [ASSETS, VALUES]
