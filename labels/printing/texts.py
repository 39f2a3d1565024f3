"""What stands on a label, gathered for one code or for a whole depot in shelf order."""

from collections.abc import Collection
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, select, union_all
from sqlalchemy.orm import Session, aliased

from core.errors import not_found
from core.languages import N_, say
from core.quantities import write_quantity
from depots.models import Depot, Place
from inventory.assets.models import AssetFact
from inventory.catalogue.models import Hazard, Item, Tracking, carries
from inventory.clocks.models import Due
from inventory.stock.models import Lot, Stock
from labels.codes.binding import within_reach
from labels.codes.models import Label
from labels.drawing.label_text import LabelText
from labels.printing.addresses import Addresses
from labels.printing.weights import PARTS_WEIGH, weight_of
from people.policy import Act, Caller, require_at

HOME: Any = aliased(Place)
# Where a lot lives, if it is at that depot: a kit or vehicle may have gone to another and left it behind
AT_HOME = (
    select(Stock.lot_id)
    .where(Stock.lot_id == Lot.id, Stock.depot_id == HOME.depot_id, ~Stock.outside, Stock.quantity > 0)
    .correlate(Lot, HOME)
    .exists()
)
# By when a single piece is to be checked next; what is loose or of a batch carries no such date
_check_by: Any = (
    select(func.min(Due.due_on))
    .where(Due.lot_id == Lot.id, Item.tracking == Tracking.SERIAL)
    .correlate(Lot, Item)
    .scalar_subquery()
    .label("check_by")
)
_COLUMNS: tuple[Any, ...] = (
    Label.code,
    func.coalesce(Item.name_zh, Place.name_zh, Depot.name_zh, "").label("name_zh"),
    func.coalesce(Item.name_en, Place.name_en, Depot.name_en, "").label("name_en"),
    Item.tracking,
    Item.holds,
    Hazard.name_zh.label("hazard_zh"),
    Hazard.name_en.label("hazard_en"),
    _check_by,
    Item.weight_kg,
    PARTS_WEIGH,
    Item.pack_size,
    Lot.number,
    Lot.serial,
    AssetFact.number.label("asset_number"),
    Lot.expires_on,
    Lot.expiry_precision,
    Lot.usable_through,
    Label.depot_id,
    Label.place_id,
    func.coalesce(Place.path_zh, HOME.path_zh, "").label("path_zh"),
    func.coalesce(Place.path_en, HOME.path_en, "").label("path_en"),
    Depot.code.label("depot_code"),
    Depot.name_zh.label("depot_zh"),
    Depot.name_en.label("depot_en"),
    Depot.phone,
)
_TEXTS: Select[Any] = (
    select(*_COLUMNS)
    .select_from(Label)
    .outerjoin(Lot, Lot.id == Label.lot_id)
    .outerjoin(Item, Item.id == Lot.item_id)
    .outerjoin(Hazard, and_(Hazard.code == Item.hazard_code, Hazard.warns))
    .outerjoin(AssetFact, AssetFact.lot_id == Lot.id)
    .outerjoin(Place, Place.id == Label.place_id)
    .outerjoin(HOME, (HOME.id == Lot.home_place_id) & AT_HOME)
    .outerjoin(Depot, Depot.id == func.coalesce(Label.depot_id, Place.depot_id, HOME.depot_id))
)
# The depot itself first, then its places and what lives in them, in shelf order
_SHELF_ORDER: tuple[Any, ...] = (
    Label.depot_id.is_(None),
    func.coalesce(Place.position, HOME.position, 99_999),
    Label.place_id.is_(None),
    Item.code,
    Label.code,
)


def _text(row: Any, addresses: Addresses, language: str) -> LabelText:
    depot = row.depot_code or ""
    if depot and row.depot_id is None:  # the depot's own label has its name above already
        depot = f"{depot} {row.depot_zh if language == 'zh' else row.depot_en}"
    return LabelText(
        url=addresses.of(row.code, asset=row.tracking == Tracking.SERIAL),
        code=row.code,
        name_zh=row.name_zh,
        name_en=row.name_en,
        depot=depot,
        place=row.path_zh if language == "zh" else row.path_en,
        number=_number(row, language),
        weight=_weight(row, language),
        next_date=_next_date(row, language),
        phone=row.phone or "",
        language=language,
        of_place=row.place_id is not None or row.holds in ("vehicle", "kit"),
        hazard=(row.hazard_zh if language == "zh" else row.hazard_en) or "",
    )


def _number(row: Any, language: str) -> str:
    if row.serial and row.asset_number:
        return say(language, N_("No. {number}, asset {asset}"), number=row.serial, asset=row.asset_number)
    if row.asset_number:
        return say(language, N_("Asset {asset}"), asset=row.asset_number)
    if row.serial:
        return say(language, N_("No. {number}"), number=row.serial)
    return say(language, N_("Batch {number}"), number=row.number) if row.number else ""


def _weight(row: Any, language: str) -> str:
    """What lies under the label: a piece; of a batch one and, packed, a box; a kit or vehicle with what belongs in it.

    What lies on a shelf changes under its label: the sheet for its door has it, as of the day of printing.
    """
    each: Decimal | None = row.weight_kg
    if each is None:
        return ""
    if carries(row.holds):
        whole = weight_of(row)
        if whole is None:
            return say(language, N_("{weight} kg empty"), weight=write_quantity(each))
        return f"{write_quantity(whole)} kg"
    if row.tracking == Tracking.SERIAL:
        return f"{write_quantity(each)} kg"
    if row.pack_size:
        box = write_quantity(each * row.pack_size)
        return say(language, N_("{weight} kg each, {box} kg a box"), weight=write_quantity(each), box=box)
    return say(language, N_("{weight} kg each"), weight=write_quantity(each))


def _next_date(row: Any, language: str) -> str:
    if row.usable_through is None:
        return say(language, N_("✓ Check by {month}"), month=row.check_by.strftime("%Y-%m")) if row.check_by else ""
    by_month = row.expiry_precision == "month" and row.usable_through == row.expires_on  # T01: as the maker printed it
    day = row.usable_through.strftime("%Y-%m" if by_month else "%Y-%m-%d")
    return say(language, N_("Use by {day}"), day=day)


def label_text(session: Session, caller: Caller, code: str, addresses: Addresses, language: str) -> LabelText:
    """What stands on the label with this code, its dates in the depot's calendar.

    Refuses (404) a code that was never made or whose thing is outside the caller's reach.
    """
    row = session.execute(_TEXTS.where(Label.code == code, within_reach(caller))).first()
    if row is None:
        raise not_found(N_("no label with this code was ever made, or it is not at one of your depots"))
    return _text(row, addresses, language)


def codes_text(session: Session, codes: Collection[str], addresses: Addresses, language: str) -> list[LabelText]:
    """What stands on the labels with these codes, in the order given, for the console, where no caller is asked.

    Refuses (404) when one of them was never made.
    """
    rows = {row.code: row for row in session.execute(_TEXTS.where(Label.code.in_(codes)))}
    for code in codes:
        if code not in rows:
            raise not_found(N_("no label with the code {code} was ever made"), code=code)
    return [_text(rows[code], addresses, language) for code in codes]


def codes_within_reach(session: Session, codes: Collection[str], caller: Caller | None) -> set[str]:
    """Those of the codes that were ever made and that the caller (None: the console) may see."""
    statement = _TEXTS.with_only_columns(Label.code).where(Label.code.in_(codes))
    if caller is not None:
        statement = statement.where(within_reach(caller))
    return set(session.execute(statement).scalars())


def codes_of_places(session: Session, caller: Caller, place_ids: Collection[UUID]) -> list[str]:
    """The codes that are on these places now, as far as the caller may see them, in shelf order."""
    on_places = (Label.place_id.in_(place_ids), Label.replaced_by.is_(None))
    statement = _TEXTS.with_only_columns(Label.code).where(*on_places, within_reach(caller))
    return list(session.execute(statement.order_by(Place.position, Label.code)).scalars())


def codes_of_lots(session: Session, caller: Caller, lot_ids: Collection[UUID]) -> list[str]:
    """The codes that are on these lots now, as far as the caller may see them, in shelf order."""
    on_lots = (Label.lot_id.in_(lot_ids), Label.replaced_by.is_(None))
    statement = _TEXTS.with_only_columns(Label.code).where(*on_lots, within_reach(caller))
    return list(session.execute(statement.order_by(*_SHELF_ORDER)).scalars())


def depot_texts(session: Session, caller: Caller, depot: Depot, addresses: Addresses, language: str) -> list[LabelText]:
    """The labels of a depot: its own, then its places, single pieces and batches, in shelf order."""
    require_at(caller, Act.SEE, depot.id, depot.district_code)
    return texts_of_depot(session, depot, addresses, language)


def texts_of_depot(session: Session, depot: Depot, addresses: Addresses, language: str) -> list[LabelText]:
    """As ``depot_texts``, for the console, where no caller is asked."""
    codes = list(session.execute(in_shelf_order(depot.id)).scalars())
    return [held_here(text, depot, language) for text in codes_text(session, codes, addresses, language)]


def held_here(text: LabelText, depot: Depot, language: str) -> LabelText:
    """The text as the depot tells it: a batch may lie at many depots, and a borrowed piece lives elsewhere."""
    if text.depot.split(" ")[0] == depot.code:
        return text
    name = depot.name_zh if language == "zh" else depot.name_en
    return replace(text, depot=f"{depot.code} {name}", place="", phone=depot.phone)


def in_shelf_order(depot_id: UUID) -> Select[Any]:
    """The codes of a depot's own labels: the depot's, then its places with what lives in them."""
    return (
        _TEXTS.with_only_columns(Label.code)
        .where(Label.code.in_(_codes_at(depot_id)), Label.replaced_by.is_(None))
        .order_by(*_SHELF_ORDER)
    )


def _codes_at(depot_id: UUID) -> Select[Any]:
    """The codes of a depot, its places and what it holds, each by its own index. Loose goods have none to stick."""
    held = (
        select(Stock.lot_id)
        .join(Item, Item.id == Stock.item_id)
        .where(Stock.depot_id == depot_id, ~Stock.outside, Stock.quantity > 0, Item.tracking != Tracking.BULK)
    )
    codes = union_all(
        select(Label.code).where(Label.depot_id == depot_id),
        select(Label.code).join(Place, Place.id == Label.place_id).where(Place.depot_id == depot_id, ~Place.outside),
        select(Label.code).where(Label.lot_id.in_(held)),
    ).subquery()
    return select(codes.c.code)
