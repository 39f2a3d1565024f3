"""The catalogue as a file, under the headings that an import reads: out, edited in a spreadsheet, and in again."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.languages import N_
from inventory.catalogue.models import Item
from inventory.finding.models import Synonym
from inventory.listing.listing import Asked, Column, Listing, of
from inventory.stock.words import TRACKING_WORDS, YES_NO

HOLDER_WORDS = {"vehicle": N_("vehicle"), "kit": N_("kit"), "device": N_("device with a battery")}


class _Row:
    """An item with its words."""

    def __init__(self, item: Item, words: list[str]) -> None:
        self._item, self.words = item, " | ".join(words)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._item, name)


def _rows(session: Session, asked: Asked) -> Iterator[Any]:
    words: dict[UUID, list[str]] = defaultdict(list)
    for item_id, word in session.execute(select(Synonym.item_id, Synonym.word).order_by(Synonym.word)):
        words[item_id].append(word)
    statement = select(Item).where(Item.active).order_by(Item.code)
    for item in session.execute(statement).scalars():
        yield _Row(item, words[item.id])


def _flag(name: str, heading: str) -> Column:
    return Column(heading, lambda row, _language: YES_NO[getattr(row, name)], "word", 8)


CATALOGUE = Listing(
    "catalogue",
    N_("Catalogue with all that is said of its lines"),
    (
        of("code", N_("Item code"), "code"),
        of("name_zh", N_("Chinese name"), width=28),
        of("name_en", N_("English name"), width=28),
        of("category_code", N_("Category"), "code", 8),
        of("unit_zh", N_("Unit"), width=8),
        of("unit_en", N_("English unit"), width=8),
        Column(
            N_("Tracking"),
            lambda row, _: HOLDER_WORDS[row.holds] if row.holds else TRACKING_WORDS[row.tracking],
            "word",
        ),
        of("decimals", N_("Decimals"), "number", 8),
        of("gtin", N_("Product code"), "code"),
        of("pack_size", N_("Pieces in a box"), "number", 8),
        of("pack_unit_zh", N_("Name of the box"), width=8),
        of("pack_unit_en", N_("English name of the box"), width=8),
        of("measure_per", N_("Second measure in a unit"), "number", 8),
        of("measure_zh", N_("Second measure"), width=8),
        of("measure_en", N_("English second measure"), width=8),
        of("weight_kg", N_("Weight in kg"), "number", 8),
        of("sizes", N_("Sizes")),
        _flag("expires", N_("Has a date")),
        of("shelf_life_months", N_("Shelf life in months"), "number", 8),
        of("retire_age_months", N_("Scrap age in months"), "number", 8),
        _flag("anniversary_counts", N_("Usable on the anniversary of manufacture")),
        of("opened_life_days", N_("Days after opening"), "number", 8),
        _flag("opened_counts", N_("Counts when opened")),
        of("warn_days", N_("Warn so many days before"), "code", 10),
        _flag("consumable", N_("Is used up")),
        of("reclaim_months", N_("Reclaimed for so many months"), "number", 8),
        _flag("controlled", N_("Controlled gear")),
        _flag("hard_stop", N_("Never issued past its date")),
        of("hazards_zh", N_("Hazards")),
        of("hazards", N_("English hazards")),
        of("hazard_code", N_("Storage class"), "code", 10),
        of("hazard_per", N_("Storage class units in a unit"), "number", 8),
        of("words", N_("Other words"), width=30),
        of("note_zh", N_("Note"), width=30),
        of("note", N_("English note"), width=30),
    ),
    _rows,
)
