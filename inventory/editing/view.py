"""A line of the catalogue with all that belongs to it, as its page and its route show it."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from inventory.catalogue.models import Item, KitLine, Tracking
from inventory.documents.models import PackCode
from inventory.editing.belongings import Pack
from inventory.editing.files import FileRow, files_of
from inventory.editing.items import the_item
from inventory.finding.models import Synonym
from inventory.stock.models import Lot


class PartRow(msgspec.Struct, frozen=True):
    """A line of a kit's list."""

    item: str
    item_zh: str
    item_en: str
    quantity: str
    role: str


class ItemView(msgspec.Struct, frozen=True):
    """All that the catalogue says of an item. Numbers are decimal strings."""

    id: UUID
    code: str
    name_zh: str
    name_en: str
    category: str
    unit_zh: str
    unit_en: str
    decimals: int
    tracking: Tracking
    holds: str | None
    gtin: str | None
    pack_size: str | None
    pack_unit_zh: str | None
    pack_unit_en: str | None
    measure_per: str | None
    measure_zh: str | None
    measure_en: str | None
    weight_kg: str | None
    sizes: str
    expires: bool
    shelf_life_months: int | None
    anniversary_counts: bool
    retire_age_months: int | None
    opened_life_days: int | None
    opened_counts: bool
    warn_days: str
    consumable: bool
    reclaim_months: int | None
    controlled: bool
    hard_stop: bool
    hazards: str
    hazards_zh: str
    hazard: str | None
    hazard_per: str | None
    note: str
    note_zh: str
    source: str
    active: bool
    in_use: bool  # there were lots of it: unit, decimals and tracking stay as they are
    words: list[str]
    packs: list[Pack]
    parts: list[PartRow]
    part_of: list[str]  # the kits in which it belongs
    merged_into: str | None  # the code of the line that it became
    took_in: list[str]  # the lines that became it
    files: list[FileRow]  # its pictures and papers


_RENAMED = {"category": "category_code", "hazard": "hazard_code"}
_OWN = ("in_use", "words", "packs", "parts", "part_of", "merged_into", "took_in", "files")


def item_view(session: Session, code: str) -> ItemView:
    """An item by its code; 404 if there is none. Eight queries, one more of a merged line."""
    item = the_item(session, code)
    names = [name for name in ItemView.__struct_fields__ if name not in _OWN]
    values = {name: _shown(getattr(item, _RENAMED.get(name, name))) for name in names}
    words = select(Synonym.word).where(Synonym.item_id == item.id).order_by(Synonym.word)
    packs = select(PackCode.gtin, PackCode.contains).where(PackCode.item_id == item.id).order_by(PackCode.gtin)
    parts = (
        select(Item.code, Item.name_zh, Item.name_en, KitLine.quantity, KitLine.role)
        .join(Item, Item.id == KitLine.item_id)
        .where(KitLine.kit_item_id == item.id)
        .order_by(Item.code)
    )
    kits = select(Item.code).join(KitLine, KitLine.kit_item_id == Item.id).where(KitLine.item_id == item.id)
    became = select(Item.code).where(Item.merged_into_id == item.id)
    return ItemView(
        **values,
        in_use=session.execute(select(Lot.id).where(Lot.item_id == item.id).limit(1)).first() is not None,
        words=list(session.execute(words).scalars()),
        packs=[Pack(gtin, write_quantity(contains)) for gtin, contains in session.execute(packs)],
        parts=[
            PartRow(part, zh, en, write_quantity(quantity), role)
            for part, zh, en, quantity, role in session.execute(parts)
        ],
        part_of=list(session.execute(kits.order_by(Item.code)).scalars()),
        merged_into=_code_of(session, item.merged_into_id),
        took_in=list(session.execute(became.order_by(Item.code)).scalars()),
        files=files_of(session, item.id),
    )


def _code_of(session: Session, item_id: UUID | None) -> str | None:
    return session.get_one(Item, item_id).code if item_id is not None else None


def _shown(value: Any) -> Any:
    return write_quantity(value) if isinstance(value, Decimal) else value
