"""How much a row of a stock file brings: in the item's own unit or in boxes."""

from decimal import Decimal

from core.languages import N_
from inventory.catalogue.models import Item
from inventory.exchange.cells import fold
from inventory.exchange.columns import unit_in
from inventory.exchange.reading import Row, WrongField
from inventory.stock.rules import fits_decimals

_PIECES = frozenset({"个", "件", "只", "pc", "pcs", "piece", "pieces", "ea"})
# Of what is counted in pairs or boxes these may as well be the parts: 只 of gloves that are counted in 双
_PARTS = frozenset({"只", "pc", "pcs", "piece", "pieces"})
_OF_PARTS_ZH, _OF_PARTS_EN = frozenset("双对打盒箱"), ("pair", "dozen", "box", "carton")
# A carton holds several small boxes: neither word stands for the other
_CARTONS = frozenset({"箱", "整箱", "大箱", "carton", "cartons", "case", "cases"})
_SMALL_BOXES = frozenset({"盒"})
_ANY_BOXES = frozenset({"box", "boxes"})
_BOXES = _CARTONS | _SMALL_BOXES | _ANY_BOXES
# Words for one thing of a kind: a list may count 具 what the catalogue counts 个
_SINGLE = frozenset("个件只台具把支根条辆艘架顶床面张块枚部座") | {"pc", "pcs", "piece", "pieces", "ea", "each"}
# Units of other things: a column counted in one of them says nothing of an item that is not
_OTHER_UNITS = _SINGLE | frozenset("吨斤克升米套卷捆包袋桶瓶罐片双副对组打份托板扎盘粒") | {
    "公斤", "千克", "毫升", "千米", "平方米", "立方米", "kg", "g", "t", "l", "ml", "m", "set", "sets", "roll", "rolls",
    "pair", "pairs", "bag", "bags", "pack", "packs", "bottle", "bottles", "dozen", "pallet", "pallets",
}  # fmt: skip


def counts_boxes(row: Row, item: Item) -> bool:
    """Whether a row counts boxes. Refuses a unit that is none of the item's."""
    _, behind = row.get("quantity")
    unit = row.get("unit") or behind or unit_above(row, item)
    if not fold(unit) or is_own(unit, item):
        return False
    if fold(unit) not in _box_words(item):
        raise WrongField(
            _field(row),
            N_("{unit} is not a unit in which {item} is counted"),
            N_("count it in {own}"),
            unit=unit,
            item=(item.name_zh, item.name_en),
            own=(item.unit_zh, item.unit_en),
        )
    return True


def is_own(unit: str, item: Item) -> bool:
    """Whether a word stands for one of an item, as the catalogue counts it."""
    said = fold(unit)
    return said in _own_words(item) or (said in _SINGLE and fold(item.unit_zh) in _SINGLE)


def _writings(zh: str | None, en: str | None) -> frozenset[str]:
    """The folded words for a unit of the catalogue, where it names one: Chinese, English, English of several."""
    return frozenset(fold(word) for word in (zh, en, en and f"{en}s") if word)


def _own_words(item: Item) -> frozenset[str]:
    """The words for one of an item; a word that may mean a part of it is none."""
    own = _writings(item.unit_zh, item.unit_en)
    of_parts = item.unit_zh[:1] in _OF_PARTS_ZH or fold(item.unit_en).startswith(_OF_PARTS_EN)
    return own | (_PIECES - _PARTS if of_parts else _PIECES)


def _box_words(item: Item) -> frozenset[str]:
    """The words for a box of an item: those for its own kind of box, any where the catalogue names none."""
    named = _writings(item.pack_unit_zh, item.pack_unit_en)
    if not named:
        return _BOXES
    if named & _CARTONS:
        return named | _CARTONS | _ANY_BOXES
    return named | _SMALL_BOXES | _ANY_BOXES if named & (_SMALL_BOXES | _ANY_BOXES) else named


def unit_above(row: Row, item: Item, field: str = "quantity") -> str:
    """The unit that the column's header names, such as 数量（箱） (X3); no other word in it is taken for one."""
    own = _writings(item.unit_zh, item.unit_en) | _writings(item.pack_unit_zh, item.pack_unit_en)
    known = own | _PIECES | _BOXES | _OTHER_UNITS
    return next((word for word in unit_in(row.headers.get(field, "")) if fold(word) in known), "")


def no_box(row: Row, item: Item) -> WrongField:
    """What is said to who counts boxes of what has none."""
    return WrongField(
        _field(row),
        N_("no box size is known for {item}"),
        N_("count it in {own}"),
        item=(item.name_zh, item.name_en),
        own=(item.unit_zh, item.unit_en),
    )


def amount_of(row: Row, item: Item, box: Decimal) -> Decimal:
    """The quantity in base units. Refuses decimals that the item is not counted in."""
    amount = row.get("quantity")[0] * box
    if not fits_decimals(amount, item.decimals):
        raise WrongField(
            "quantity",
            N_("{item} is counted in whole numbers or with fewer decimals"),
            N_("write the quantity in {own} without the decimals"),
            item=(item.name_zh, item.name_en),
            own=(item.unit_zh, item.unit_en),
        )
    return Decimal(amount)


def _field(row: Row) -> str:
    return "unit" if row.get("unit") else "quantity"
