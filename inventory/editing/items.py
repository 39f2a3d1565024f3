"""Lines of the catalogue, entered and changed by officers of the city. What quantities mean stays under stock (B37)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased
from stdnum import ean

from core.audit import record
from core.errors import bad_field, conflict, not_found
from core.inputs import clean_text
from core.languages import N_
from core.quantities import read_quantity, write_quantity
from depots.models import ItemGroupMember, ItemGroupSize, Requirement
from inventory.catalogue.models import Category, Hazard, Item, KitLine, Tracking
from inventory.documents.models import PackCode
from inventory.editing.following import follow
from inventory.stock.locks import lock_items
from inventory.stock.meaning import require_same_meaning
from inventory.stock.models import Lot, Stock
from people.policy import Act, Caller, require_city

TEXTS = {  # the longest, and whether it must be filled in
    "name_zh": (100, True),
    "name_en": (150, True),
    "unit_zh": (20, True),
    "unit_en": (20, True),
    "pack_unit_zh": (20, False),
    "pack_unit_en": (20, False),
    "measure_zh": (20, False),
    "measure_en": (20, False),
    "hazards": (300, False),
    "hazards_zh": (300, False),
    "note": (500, False),
    "note_zh": (500, False),
    "source": (100, False),
}
NUMBERS = ("pack_size", "measure_per", "weight_kg", "hazard_per")
MONTHS = {"shelf_life_months": 1200, "retire_age_months": 1200, "opened_life_days": 3650, "reclaim_months": 1200}
FLAGS = (
    *("expires", "anniversary_counts", "consumable", "controlled", "hard_stop", "opened_counts"),
    "active",
)
HOLDERS = ("vehicle", "kit", "device")
MOST_WARNINGS, LATEST_WARNING = 8, 3650

_later: Any = aliased(Requirement)
_Text = Annotated[str, msgspec.Meta(max_length=1000)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=3650)]


class ItemEdit(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is said of an item; what is left out stays as it is. Numbers are decimal strings; null empties a field."""

    name_zh: _Text | UnsetType = UNSET
    name_en: _Text | UnsetType = UNSET
    category: _Text | UnsetType = UNSET
    unit_zh: _Text | UnsetType = UNSET
    unit_en: _Text | UnsetType = UNSET
    decimals: Annotated[int, msgspec.Meta(ge=0, le=3)] | UnsetType = UNSET
    tracking: Tracking | UnsetType = UNSET
    holds: _Text | UnsetType | None = UNSET
    gtin: _Text | UnsetType | None = UNSET
    pack_size: _Text | UnsetType | None = UNSET
    pack_unit_zh: _Text | UnsetType | None = UNSET
    pack_unit_en: _Text | UnsetType | None = UNSET
    measure_per: _Text | UnsetType | None = UNSET
    measure_zh: _Text | UnsetType | None = UNSET
    measure_en: _Text | UnsetType | None = UNSET
    weight_kg: _Text | UnsetType | None = UNSET
    sizes: _Text | UnsetType = UNSET
    expires: bool | UnsetType = UNSET
    shelf_life_months: _Count | UnsetType | None = UNSET
    anniversary_counts: bool | UnsetType = UNSET
    retire_age_months: _Count | UnsetType | None = UNSET
    opened_life_days: _Count | UnsetType | None = UNSET
    opened_counts: bool | UnsetType = UNSET
    warn_days: _Text | UnsetType = UNSET
    consumable: bool | UnsetType = UNSET
    reclaim_months: _Count | UnsetType | None = UNSET
    controlled: bool | UnsetType = UNSET
    hard_stop: bool | UnsetType = UNSET
    hazards: _Text | UnsetType = UNSET
    hazards_zh: _Text | UnsetType = UNSET
    hazard: _Text | UnsetType | None = UNSET
    hazard_per: _Text | UnsetType | None = UNSET
    note: _Text | UnsetType = UNSET
    note_zh: _Text | UnsetType = UNSET
    source: _Text | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class NewItem(ItemEdit, forbid_unknown_fields=True, kw_only=True):
    """An item that the catalogue does not have. Names, category, units and how it is tracked are needed."""

    code: _Text


def add_item(session: Session, caller: Caller, new: NewItem, now: datetime) -> Item:
    """Enter an item. Refuses (409) a code that there is, in whatever case."""
    code = clean_text(new.code, "code", 32, required=True)
    if any(char.isspace() or char in "/@|" for char in code) or code.upper().startswith("GROUP:"):
        raise bad_field("code", N_("a code has no blanks and none of / @ |, and does not begin with GROUP:"))
    for needed in ("name_zh", "category", "unit_zh", "tracking"):
        if getattr(new, needed) in (UNSET, ""):
            raise bad_field(needed, N_("this must be filled in"))
    require_city(caller, Act.APPROVE)
    if session.execute(select(Item.id).where(func.lower(Item.code) == code.lower())).first():
        raise conflict("item-exists", N_("there is an item with the code {code} already"), code=code)
    values = _read(session, new, None)
    values.setdefault("name_en", values["name_zh"])
    values.setdefault("unit_en", values["unit_zh"])
    values.setdefault("expires", values["tracking"] == Tracking.LOT and bool(values.get("shelf_life_months")))
    item = Item(code=code, **{"source": "city", **values})
    session.add(item)
    session.flush()
    record(session, caller.person_id, now, "item-added", "item", item.code, after=_facts(item, values))
    return item


def edit_item(session: Session, caller: Caller, code: str, edit: ItemEdit, now: datetime) -> Item:
    """Change an item; the gear that there is follows. Refuses (409) what would change what its quantities mean."""
    item = item_to_change(session, caller, code)
    values = _read(session, edit, item)
    changed = {name: value for name, value in values.items() if getattr(item, name) != value}
    require_same_meaning(session, [(item, changed)])
    _require_unused(session, item, changed)
    change_item(session, caller.person_id, item, changed, now)
    return item


def change_item(session: Session, by: UUID | None, item: Item, changed: dict[str, Any], now: datetime) -> None:
    """Give an item these values, which were looked at; what there is of it follows, and the trail has it."""
    if not changed:
        return
    before = _facts(item, changed)
    for name, value in changed.items():
        setattr(item, name, value)
    session.flush()
    follow(session, item, changed.keys())
    record(session, by, now, "item-changed", "item", item.code, before=before, after=_facts(item, changed))


def the_item(session: Session, code: str) -> Item:
    """The item with this code; 404 if there is none."""
    item = session.execute(select(Item).where(Item.code == code)).scalar_one_or_none()
    if item is None:
        raise not_found(N_("there is no item with the code {code}"), code=code)
    return item


def changeable(session: Session, caller: Caller, code: str) -> Item:
    """The item with this code, if the caller may change it. Refuses (404, 403, 409) none, another's, a merged one."""
    item = the_item(session, code)
    require_city(caller, Act.APPROVE)
    _require_standing(session, item)
    return item


def item_to_change(session: Session, caller: Caller, code: str) -> Item:
    """The same, held until the transaction ends: nobody else changes it meanwhile, or merges it into another."""
    item = changeable(session, caller, code)
    lock_items(session, [item.id], alone=True)
    session.refresh(item)
    _require_standing(session, item)
    return item


def _require_standing(session: Session, item: Item) -> None:
    """Refuse (409) to change a line that was merged: it stands only so that the past can be read."""
    if item.merged_into_id is not None:
        into = session.get_one(Item, item.merged_into_id).code
        raise conflict("merged", N_("this line was merged into {code}; change that one"), code=into)


def _facts(item: Item, names: Any) -> dict[str, Any]:
    return {name: _plain(getattr(item, name)) for name in names}


def _plain(value: Any) -> Any:
    return write_quantity(value) if isinstance(value, Decimal) else value


def _read(session: Session, edit: ItemEdit, item: Item | None) -> dict[str, Any]:
    """The columns that an edit gives, each looked at."""
    given = {name: value for name in edit.__struct_fields__ if (value := getattr(edit, name)) is not UNSET}
    given.pop("code", None)
    values: dict[str, Any] = {name: given[name] for name in (*FLAGS, "decimals", "tracking") if name in given}
    for name, (longest, needed) in TEXTS.items():
        if name in given:
            said = clean_text(given[name] or "", name, longest, required=needed)
            values[name] = said or None if name.startswith(("pack_", "measure_")) else said
    for name in NUMBERS:
        if name in given:
            values[name] = read_quantity(given[name].strip(), name) if (given[name] or "").strip() else None
    for name, most in MONTHS.items():
        if name in given:
            if (given[name] or 0) > most:
                raise bad_field(name, N_("this is more than {most}"), most=most)
            values[name] = given[name]
    if "category" in given:
        values["category_code"] = _known(session, Category, "category", given["category"])
    if "hazard" in given:
        values["hazard_code"] = _known(session, Hazard, "hazard", given["hazard"]) if given["hazard"] else None
    if "holds" in given:
        values["holds"] = _holds(given["holds"] or None, given.get("tracking") or (item.tracking if item else None))
    if "gtin" in given:
        values["gtin"] = free_gtin(session, given["gtin"] or "", "gtin", item)
    if "sizes" in given:
        values["sizes"] = read_sizes(given["sizes"])
    if "warn_days" in given:
        values["warn_days"] = read_warnings(given["warn_days"])
    if values.get("expires") and given.get("tracking", item.tracking if item else None) != Tracking.LOT:
        raise bad_field("expires", N_("only what is tracked by lot has a date to be asked for"))
    return values


def _known(session: Session, table: Any, field: str, code: str) -> str:
    if session.get(table, code.strip()) is None:
        raise bad_field(field, N_("this is not known"))
    return code.strip()


def _holds(said: str | None, tracking: Tracking | None) -> str | None:
    if said is None:
        return None
    if said not in HOLDERS:
        raise bad_field("holds", N_("this is not known"))
    if tracking != Tracking.SERIAL:
        raise bad_field("holds", N_("vehicles, kits and devices are tracked piece by piece"))
    return said


def free_gtin(session: Session, text: str, field: str, item: Item | None) -> str | None:
    """A maker's product code, fourteen digits; refused where it names another item (X8)."""
    digits = text.replace(" ", "").replace("-", "")
    if not digits:
        return None
    if not ean.is_valid(digits) or len(digits) > 14:
        raise bad_field(field, N_("this is no product code: 8 to 14 digits, the last of which checks the others"))
    gtin = digits.zfill(14)
    mine = item.id if item is not None else None
    named = select(Item.code).where(Item.gtin.in_((gtin, gtin.lstrip("0"))), Item.id != mine)
    packs = (
        select(Item.code)
        .join(PackCode, PackCode.item_id == Item.id)
        .where(PackCode.gtin == gtin, PackCode.item_id != mine)
    )
    other = session.execute(named.union(packs).limit(1)).scalar()
    if other is not None:
        raise bad_field(field, N_("this product code names {code} already"), code=other)
    return gtin


def read_sizes(text: str) -> str:
    """Sizes in order, between blanks (T49)."""
    sizes = text.replace(",", " ").replace("，", " ").replace("、", " ").split()
    if len(sizes) != len({size.casefold() for size in sizes}):
        raise bad_field("sizes", N_("a size is named twice"))
    if any(len(size) > 16 or "-" in size or "@" in size for size in sizes):
        raise bad_field("sizes", N_("a size is at most 16 characters, without - and @"))
    return clean_text(" ".join(sizes), "sizes", 200)


def read_warnings(text: str) -> str:
    """The days before an expiry at which to warn, the first warning first (T16)."""
    words = text.replace(",", " ").replace("，", " ").replace("、", " ").split()
    if not all(word.isascii() and word.isdigit() and int(word[:9]) > 0 for word in words):
        raise bad_field("warn_days", N_("write the days before the date, such as 90 30 7"))
    days = sorted({int(word) for word in words}, reverse=True)
    if len(days) > MOST_WARNINGS or (days and days[0] > LATEST_WARNING):
        raise bad_field("warn_days", N_("at most eight warnings, none earlier than ten years before"))
    return " ".join(map(str, days))


def _require_unused(session: Session, item: Item, changed: dict[str, Any]) -> None:
    """Refuse (409) to take away what is in use: a size, or the whole line."""
    gone = set(item.sizes.split()) - set(changed.get("sizes", item.sizes).split())
    if gone:
        lots = select(Lot.size).where(Lot.item_id == item.id, Lot.size.in_(gone))
        groups = select(ItemGroupSize.size).where(ItemGroupSize.item_id == item.id, ItemGroupSize.size.in_(gone))
        used = session.execute(lots.union(groups).limit(1)).scalar()
        if used is not None:
            raise conflict("in-use", N_("there is stock or a requirement of the size {size}"), size=used)
    if changed.get("active", True):
        return
    held = select(Stock.item_id).where(Stock.item_id == item.id, ~Stock.outside, Stock.quantity > 0)
    if session.execute(held.limit(1)).first():
        raise conflict("in-use", N_("there is stock of this item; it leaves the catalogue when there is none"))
    newer = select(_later.id).where(
        _later.profile_code == Requirement.profile_code,
        _later.subject == Requirement.subject,
        _later.valid_from > Requirement.valid_from,
    )
    asked = select(Requirement.item_id).where(
        Requirement.item_id == item.id, Requirement.minimum > 0, ~newer.correlate(Requirement).exists()
    )
    in_kit = select(KitLine.item_id).where(KitLine.item_id == item.id)
    in_group = select(ItemGroupMember.item_id).where(ItemGroupMember.item_id == item.id)
    uses: tuple[Any, ...] = (asked, in_kit, in_group)
    for named in uses:
        if session.execute(named.limit(1)).first():
            raise conflict("in-use", N_("a requirement, a group or a kit names this item; take it out there first"))
