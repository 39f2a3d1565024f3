"""Chips and cells of lists whose rows are gear: where it lies, when it ends, whether it is ready."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Date, and_, case, func, literal_column

from core.languages import N_
from depots.models import Place, PlaceKind
from inventory.catalogue.models import Item
from inventory.fitness.rules import PLACES
from inventory.fitness.words import WHY_WORDS
from inventory.stock.models import Expiry, Lot
from inventory.stock.words import CONDITION_WORDS
from office.along import Way
from office.lists.common import BY_ITEM, one_of
from office.tables import Chip, Column, Reader

# Of a lot, in rows of lots and of balances alike
LOT_VALUES = (Lot.id.label("lot"), Lot.number, Lot.serial, Lot.usable_through, Lot.maker, Lot.made_on)
BAD = frozenset({"recalled", "unfit", "expired"})
NO_DAY: Any = literal_column("'9999-12-31'", Date)  # sorts behind every date; as ix_lot_use_by has it
USE_BY: Any = func.coalesce(Lot.usable_through, NO_DAY)
ENDS_WORDS = {
    "over": N_("expired"),
    "month": N_("ends within 30 days"),
    "quarter": N_("ends within 90 days"),
    "later": N_("ends later"),
    "unknown": N_("date missing"),
    "none": N_("no date"),
}
LIES_WORDS: dict[str, str] = {
    "reach": N_("on its shelf"),
    "incident": N_("at a call-out"),
    "away": WHY_WORDS["away"],
    **{why.value: WHY_WORDS[why] for why in PLACES.values()},
}
READY_WORDS: Mapping[str, str] = {"": N_("ready"), **WHY_WORDS}


def _ends(reader: Reader) -> Any:
    end, today = Lot.usable_through, reader.today
    return case(
        (Lot.expiry == Expiry.UNKNOWN, "unknown"),
        (end.is_(None), "none"),
        (end < today, "over"),
        (end <= today + timedelta(days=30), "month"),
        (end <= today + timedelta(days=90), "quarter"),
        else_="later",
    )


def _lies(_reader: Reader) -> Any:
    away = {kind: why.value for kind, why in PLACES.items()} | {PlaceKind.INCIDENT: "incident"}
    return case(*((Place.kind == kind, word) for kind, word in away.items()), (Place.in_reach, "reach"), else_="away")


def _ending(reader: Reader) -> Mapping[str, Any]:
    """As ``_ends``, by the index of the lots' last days."""
    today, known = reader.today, Lot.expiry != Expiry.UNKNOWN
    month, quarter = today + timedelta(days=30), today + timedelta(days=90)
    return {
        "unknown": Lot.expiry == Expiry.UNKNOWN,
        "none": and_(USE_BY >= NO_DAY, known),
        "over": and_(today > USE_BY, known),
        "month": and_(today <= USE_BY, month >= USE_BY, known),
        "quarter": and_(month < USE_BY, quarter >= USE_BY, known),
        "later": and_(quarter < USE_BY, USE_BY < NO_DAY, known),
    }


ENDS = Chip("ends", N_("Date"), _ends, ENDS_WORDS, where=one_of(_ending), ordered=True)
LIES = Chip("lies", N_("Where it is"), _lies, LIES_WORDS)
CONDITION = Chip(
    "condition", N_("Condition"), lambda _: Lot.condition, {one.value: word for one, word in CONDITION_WORDS.items()}
)
ITEM_COLUMN = Column(
    "item",
    N_("Item"),
    lambda row: (row.item_zh, row.item_en),
    link=lambda row: f"/lots/{row.lot}",
    sort=lambda _: Item.code,
    along=BY_ITEM,
    width=26,
)
CODE_COLUMN = Column("code", N_("Item code"), lambda row: row.item, "code", extra=True)
NUMBER_COLUMN = Column("number", N_("Lot or serial number"), lambda row: row.serial or row.number or "", "code")
DEPOT_COLUMN = Column(
    "depot",
    N_("Depot"),
    lambda row: (row.depot_zh, row.depot_en),
    link=lambda row: f"/depots/{row.depot}",
    width=24,
)
UNIT_COLUMN = Column("unit", N_("Unit"), lambda row: (row.unit_zh, row.unit_en), width=8)
ENDS_COLUMN = Column(
    "use_by",
    N_("Use by"),
    lambda row: row.usable_through,
    "date",
    sort=lambda _: (USE_BY, Lot.id),
    shape=(date, UUID),
    along=Way((Lot,)),
)
MAKER_COLUMN = Column("maker", N_("Maker"), lambda row: row.maker or "", extra=True, width=20)
MADE_COLUMN = Column("made", N_("Made on"), lambda row: row.made_on, "date", extra=True)
READY_COLUMN = Column(
    "ready",
    N_("State"),
    lambda row: READY_WORDS[row.why],
    "badge",
    mood=lambda row: "good" if not row.why else "bad" if row.why in BAD else "warn",
)
