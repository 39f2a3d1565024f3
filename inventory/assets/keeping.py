"""Asset facts of a lot, told and read within reach of who keeps or sees it."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import record
from core.bodies import check_date
from core.errors import bad_field, conflict, forbidden, not_found
from core.inputs import clean_text
from core.languages import N_
from depots.models import Depot
from inventory.assets.models import AssetFact
from inventory.assets.rules import book_value, read_fen, write_yuan
from inventory.catalogue.models import Item, Tracking
from inventory.stock.models import Lot, Stock
from people.policy import Act, Caller, may_at

TEXTS = {"fund": 100, "supplier": 100, "owner": 100}
LONGEST_LIFE = 100
_Text = Annotated[str, msgspec.Meta(max_length=1000)]


class AssetEdit(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is said of a lot; what is left out stays, null or an empty text empties. ``price``: yuan for a base unit."""

    number: _Text | UnsetType | None = UNSET
    price: _Text | UnsetType | None = UNSET
    bought_on: date | UnsetType | None = UNSET
    fund: _Text | UnsetType = UNSET
    supplier: _Text | UnsetType = UNSET
    warranty_until: date | UnsetType | None = UNSET
    owner: _Text | UnsetType = UNSET
    life_years: Annotated[int, msgspec.Meta(ge=1, le=LONGEST_LIFE)] | UnsetType | None = UNSET


class AssetView(msgspec.Struct, frozen=True):
    """Asset facts of a lot. Amounts are yuan for a base unit, as decimal strings."""

    lot: UUID
    item: str
    item_zh: str
    item_en: str
    serial: str | None
    lot_number: str | None
    number: str | None
    price: str | None
    book_value: str | None  # today
    bought_on: date | None
    fund: str
    supplier: str
    warranty_until: date | None
    owner: str
    life_years: int | None
    may_keep: bool


def _reached(session: Session, caller: Caller, lot_id: UUID) -> tuple[Lot, Item, bool]:
    """A lot that is at a depot within reach, and whether the caller keeps it there; 404 otherwise."""
    rows = session.execute(
        select(Lot, Item, Depot.id, Depot.district_code)
        .join(Item, Item.id == Lot.item_id)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Depot, Depot.id == Stock.depot_id)
        .where(Lot.id == lot_id, ~Stock.outside, Stock.quantity > 0)
    ).all()
    seen = [row for row in rows if may_at(caller, Act.SEE, row[2], row[3])]
    if not seen:
        raise not_found()
    # a batch lies at several depots, and its facts hold for all of it: who keeps each of them may tell them
    keeps = all(may_at(caller, Act.KEEP, row[2], row[3]) for row in rows)
    return seen[0][0], seen[0][1], keeps


def asset_view(session: Session, caller: Caller, lot_id: UUID, today: date) -> AssetView:
    """The asset facts of a lot within reach. Two queries."""
    lot, item, keeps = _reached(session, caller, lot_id)
    fact = session.get(AssetFact, lot_id)
    price = fact.price_fen if fact is not None else None
    worth = (
        book_value(price, fact.bought_on, fact.life_years, today) if fact is not None and price is not None else None
    )
    return AssetView(
        lot.id,
        item.code,
        item.name_zh,
        item.name_en,
        lot.serial,
        lot.number,
        fact.number if fact else None,
        None if price is None else write_yuan(price),
        None if worth is None else write_yuan(worth),
        fact.bought_on if fact else None,
        fact.fund if fact else "",
        fact.supplier if fact else "",
        fact.warranty_until if fact else None,
        fact.owner if fact else "",
        fact.life_years if fact else None,
        keeps,
    )


def put_asset(session: Session, caller: Caller, lot_id: UUID, edit: AssetEdit, now: datetime) -> AssetFact:
    """Record asset facts of a lot. Refuses (409) an asset number that another piece bears."""
    lot, item, keeps = _reached(session, caller, lot_id)
    if not keeps:
        raise forbidden(N_("your role does not allow this here"))
    session.execute(select(Lot.id).where(Lot.id == lot.id).with_for_update(key_share=True)).all()
    values = _read(session, edit, lot, item)
    fact = session.get(AssetFact, lot_id, populate_existing=True)
    before = {name: getattr(fact, name) if fact is not None else None for name in values}
    if fact is None:
        fact = AssetFact(lot_id=lot_id, changed_by_id=caller.person_id, changed_at=now)
        session.add(fact)
    changed = {name: value for name, value in values.items() if (before[name] or None) != (value or None)}
    if changed:
        for name, value in changed.items():
            setattr(fact, name, value)
        fact.changed_by_id, fact.changed_at = caller.person_id, now
        session.flush()
        told = {name: before[name] for name in changed}
        record(session, caller.person_id, now, "asset-facts", "lot", str(lot_id), before=told, after=changed)
    return fact


def _read(session: Session, edit: AssetEdit, lot: Lot, item: Item) -> dict[str, Any]:
    given = {name: value for name in edit.__struct_fields__ if (value := getattr(edit, name)) is not UNSET}
    values: dict[str, Any] = {
        name: clean_text(given[name] or "", name, longest) for name, longest in TEXTS.items() if name in given
    }
    for name in ("bought_on", "warranty_until", "life_years"):
        if name in given:
            values[name] = given[name]
            if isinstance(given[name], date):
                check_date(given[name], name)
    if "price" in given:
        values["price_fen"] = read_fen(given["price"], "price") if (given["price"] or "").strip() else None
    if "number" in given:
        values["number"] = number = clean_text(given["number"] or "", "number", 64) or None
        if number is not None and item.tracking != Tracking.SERIAL:
            raise bad_field("number", N_("only a single piece has an asset number"))
        other = select(AssetFact.lot_id).where(AssetFact.number == number, AssetFact.lot_id != lot.id)
        if number is not None and session.execute(other).first():
            raise conflict("asset-number", N_("another piece bears the asset number {number} already"), number=number)
    return values
