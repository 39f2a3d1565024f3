"""Items of the catalogue from a file: new ones are entered, known ones get the values that the file has."""

import re
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.audit import record
from core.columns import table_of
from core.errors import Refusal
from core.ids import new_id
from core.languages import N_
from inventory.catalogue.models import Category, Hazard, Item, Tracking
from inventory.documents.models import PackCode
from inventory.editing.following import follow
from inventory.editing.items import read_warnings
from inventory.exchange import cells
from inventory.exchange.cells import Cell, Wrong, fold
from inventory.exchange.journal import Journal
from inventory.exchange.known import Names, answers_for_city
from inventory.exchange.preview import Preview
from inventory.exchange.reading import FieldSpec, Row, Seen, WrongField
from inventory.exchange.weights import kilograms, weight
from inventory.finding.models import Synonym
from inventory.stock.meaning import CANNOT_CHANGE, WAY_OUT, changed_meaning, require_same_meaning
from inventory.stock.models import Lot
from people.policy import Caller

_TRACKING = {
    Tracking.SERIAL: ("serial", "序列号", "单件", "按件", "逐件", "一物一码", "asset", "piece", "piece by piece"),
    Tracking.LOT: ("lot", "批次", "批号", "按批", "按批次", "batch", "by lot"),
    Tracking.BULK: ("bulk", "散货", "数量", "按数量", "不跟踪", "quantity", "in bulk"),
}
_HOLDS = {
    "vehicle": ("vehicle", "车辆"),
    "kit": ("kit", "套装", "箱包"),
    "device": ("device", "设备", "带电池设备", "device with a battery"),
}


def _tracking(cell: Cell) -> tuple[Tracking, str | None]:
    said = fold(cells.shown(cell))
    for tracking, words in _TRACKING.items():
        if said in map(fold, words):
            return tracking, None
    for holds, words in _HOLDS.items():
        if said in map(fold, words):
            return Tracking.SERIAL, holds
    raise Wrong(
        N_("{value} is no way of tracking an item"),
        N_("write serial, lot or bulk (or vehicle, kit): 单件, 批次, 数量"),
        value=cells.shown(cell),
    )


def _warnings(cell: Cell) -> str:
    """Days before an expiry at which to warn, such as "90 30 7" or "90、30、7" (T16)."""
    try:
        return read_warnings(cells.listed(cell, 60).replace("/", " "))
    except Refusal as refusal:
        raise Wrong(
            N_("{value} are no days before a date"), N_("write them as 90 30 7"), value=cells.shown(cell)
        ) from refusal


def _decimals(cell: Cell) -> int:
    places = cells.whole(cell)
    if places > 3:
        raise Wrong(N_("{value} is more than three decimals"), N_("write 0, 1, 2 or 3"), value=cells.shown(cell))
    return places


def _words(cell: Cell) -> list[str]:
    found = [word.strip() for word in re.split(r"[|;；、\n]+", cells.text(cell, 2000)) if word.strip()]
    if any(len(word) > 60 for word in found):
        raise Wrong(N_("a word is longer than 60 characters"), N_("write the words with | between them"))
    return list({word.casefold(): word for word in found}.values())


def _sizes(cell: Cell) -> str:
    return " ".join(re.split(r"[\s,，、/]+", cells.text(cell, 200).strip()))


FIELDS = (
    FieldSpec("code", N_("Item code"), lambda cell: cells.code(cell, 32), required=True),
    FieldSpec("name_zh", N_("Chinese name"), lambda cell: cells.text(cell, 100), required=True),
    FieldSpec("name_en", N_("English name"), lambda cell: cells.text(cell, 150)),
    FieldSpec("category", N_("Category"), lambda cell: cells.listed(cell, 100), required=True),
    FieldSpec("unit_zh", N_("Unit"), lambda cell: cells.text(cell, 20), required=True),
    FieldSpec("unit_en", N_("English unit"), lambda cell: cells.text(cell, 20)),
    FieldSpec("tracking", N_("Tracking"), _tracking),
    FieldSpec("gtin", N_("Product code"), cells.product_code),
    FieldSpec("pack_size", N_("Pieces in a box"), cells.number),
    FieldSpec("pack_unit_zh", N_("Name of the box"), lambda cell: cells.text(cell, 20)),
    FieldSpec("pack_unit_en", N_("English name of the box"), lambda cell: cells.text(cell, 20)),
    FieldSpec("measure_per", N_("Second measure in a unit"), cells.number),
    FieldSpec("measure_zh", N_("Second measure"), lambda cell: cells.text(cell, 20)),
    FieldSpec("measure_en", N_("English second measure"), lambda cell: cells.text(cell, 20)),
    FieldSpec("weight_kg", N_("Weight in kg"), weight),
    FieldSpec("sizes", N_("Sizes"), _sizes),
    FieldSpec("expires", N_("Has a date"), cells.yes_no),
    FieldSpec("shelf_life_months", N_("Shelf life in months"), cells.whole),
    FieldSpec("retire_age_months", N_("Scrap age in months"), cells.whole),
    FieldSpec("anniversary_counts", N_("Usable on the anniversary of manufacture"), cells.yes_no),
    FieldSpec("opened_life_days", N_("Days after opening"), cells.whole),
    FieldSpec("opened_counts", N_("Counts when opened"), cells.yes_no),
    FieldSpec("consumable", N_("Is used up"), cells.yes_no),
    FieldSpec("reclaim_months", N_("Reclaimed for so many months"), cells.whole),
    FieldSpec("controlled", N_("Controlled gear"), cells.yes_no),
    FieldSpec("hard_stop", N_("Never issued past its date"), cells.yes_no),
    FieldSpec("hazards_zh", N_("Hazards"), lambda cell: cells.text(cell, 300)),
    FieldSpec("hazards", N_("English hazards"), lambda cell: cells.text(cell, 300)),
    FieldSpec("hazard", N_("Storage class"), lambda cell: cells.code(cell, 16)),
    FieldSpec("hazard_per", N_("Storage class units in a unit"), cells.number),
    FieldSpec("warn_days", N_("Warn so many days before"), _warnings),
    FieldSpec("decimals", N_("Decimals"), _decimals),
    FieldSpec("words", N_("Other words"), _words),
    FieldSpec("note_zh", N_("Note"), lambda cell: cells.text(cell, 500, lines=True)),
    FieldSpec("note", N_("English note"), lambda cell: cells.text(cell, 500, lines=True)),
)
_COLUMNS = {"category": "category_code", "hazard": "hazard_code"}
_LABELS = {_COLUMNS.get(spec.name, spec.name): spec.label for spec in FIELDS}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SAME = tuple(spec.name for spec in FIELDS if spec.name not in ("category", "tracking", "hazard", "words"))


def _in_its_language(values: dict[str, Any], name: str) -> None:
    """Put what a file says in one column alone where its letters belong: most files have one language."""
    zh = f"{name}_zh"
    if zh in values and name not in values and not _CHINESE.search(values[zh]):
        values[name] = values.pop(zh)
    elif name in values and zh not in values and _CHINESE.search(values[name]):
        values[zh] = values.pop(name)


class IntoCatalogue:
    """Takes the rows of a catalogue."""

    def __init__(self, session: Session, caller: Caller, run_id: UUID, now: datetime, today: date) -> None:
        self.session, self.journal = session, Journal(session, run_id)
        self.run_id, self.by, self.now = run_id, caller.person_id, now
        self.allowed = answers_for_city(caller)
        self.items = {fold(item.code): item for item in session.execute(select(Item)).scalars()}
        self.in_use = set(session.execute(select(Lot.item_id).distinct()).scalars())
        self.categories = Names()
        for category in session.execute(select(Category)).scalars():
            self.categories.add(category, category.code, category.name_zh, category.name_en)
        self.hazards = set(session.execute(select(Hazard.code)).scalars())
        self.gtins = {item.gtin.zfill(14): fold(item.code) for item in self.items.values() if item.gtin}
        packs = select(PackCode.gtin, Item.code).join(Item, Item.id == PackCode.item_id)
        self.gtins |= {gtin.zfill(14): fold(named) for gtin, named in session.execute(packs)}
        self.seen = Seen("code")
        self.preview = Preview(_LABELS)
        self.taken: list[dict[str, Any]] = []
        self.words: dict[str, list[str]] = {}
        self.wrote = False
        self.rows = 0

    def take(self, row: Row) -> None:
        if not self.allowed:
            raise WrongField(
                "code",
                N_("the catalogue holds for the whole city; you answer for a part of it"),
                N_("ask an officer of the city to bring this file in"),
            )
        code = row.get("code")
        self.seen.once(fold(code), row)
        there = self.items.get(fold(code))
        values = {name: row.get(name) for name in _SAME if name in row.values}
        for name in ("hazards", "note"):
            _in_its_language(values, name)
        values["category_code"] = self._category(row).code
        if "tracking" in row.values:
            values["tracking"], values["holds"] = row.get("tracking")
            if there is not None and there.tracking == values["tracking"]:
                values["holds"] = values["holds"] or there.holds  # a list says "piece by piece" of a kit, too
        if "hazard" in row.values:
            values["hazard_code"] = self._hazard(row.get("hazard"))
        if "weight_kg" in values:
            values["weight_kg"] = kilograms(row)
        for none_if_zero in ("pack_size", "measure_per", "hazard_per"):
            if values.get(none_if_zero) == 0:
                values[none_if_zero] = None
        if there is not None and there.merged_into_id is not None:
            self._leave(there, values, row)
            return
        if values.get("gtin"):
            self._one_gtin(values["gtin"], code)
        self._check_meaning(there, values)
        told = {**values, "code": there.code, "active": True} if there else values
        self.preview.compare(row.number, f"{code} {values['name_zh']}", there, told)
        if row.get("words"):
            self.words[code] = row.get("words")
        self.taken.append(values)
        self.rows += 1

    def _category(self, row: Row) -> Category:
        category = self.categories.get(row.get("category"))
        if category is None:
            raise WrongField(
                "category",
                N_("there is no category {value}"),
                N_("write the code or the name of a category of the catalogue"),
                value=row.get("category"),
            )
        return category

    def _leave(self, merged: Item, values: dict[str, Any], row: Row) -> None:
        """A merged line stands only so that the past can be read: it comes back as it went out, or not at all."""
        same = {**values, "code": merged.code}
        if row.get("words") or any(getattr(merged, name) != value for name, value in same.items()):
            raise WrongField(
                "code",
                N_("this line was merged into {code}; change that one"),
                N_("write the code of that line, or take the whole row out"),
                code=self.session.get_one(Item, merged.merged_into_id).code,
            )
        self.preview.compare(row.number, merged.code, merged, same)
        self.rows += 1

    def _one_gtin(self, gtin: str, code: str) -> None:
        """A product code names one item: a scan would open the wrong one (X8)."""
        if self.gtins.setdefault(gtin, fold(code)) != fold(code):
            raise WrongField(
                "gtin",
                N_("the product code {value} names another item"),
                N_("leave it with one of the two items, and empty the cell of the other"),
                value=gtin,
            )

    def _hazard(self, said: str | None) -> str | None:
        if said and said not in self.hazards:
            raise WrongField(
                "hazard",
                N_("there is no storage class {value}"),
                N_("write one of: {known}"),
                value=said,
                known=", ".join(sorted(self.hazards)),
            )
        return said or None

    def _check_meaning(self, item: Item | None, values: dict[str, Any]) -> None:
        if item is None:
            values.setdefault("tracking", Tracking.BULK)
            values.setdefault("name_en", values["name_zh"])
            values.setdefault("unit_en", values["unit_zh"])
            months = values.get("shelf_life_months")
            values.setdefault("expires", values["tracking"] == Tracking.LOT and months is not None)
        else:
            for name in changed_meaning(item, values) if item.id in self.in_use else ():
                raise WrongField(
                    "tracking" if name == "holds" else name,
                    CANNOT_CHANGE,
                    WAY_OUT,
                    value=getattr(item, name) or "",
                )

    def drop(self) -> None:
        self.taken.clear()
        self.words.clear()

    def write(self) -> None:
        self.wrote = True
        rows = []
        known = [(item, values) for values in self.taken if (item := self.items.get(fold(values["code"])))]
        require_same_meaning(self.session, known)
        for values in self.taken:
            item = self.items.get(fold(values["code"]))
            if item is None:
                rows.append(Item(id=new_id(), **values).model_dump())
            else:
                told = {**values, "code": item.code, "active": True}
                changed = [name for name, value in told.items() if getattr(item, name) != value]
                if self.journal.put(item, told):
                    self.session.flush()
                    follow(self.session, item, changed)
        if rows:
            self.session.execute(insert(table_of(Item)), rows)
            for row in rows:
                self.journal.note_new(table_of(Item), row)
        self._write_words({row["code"]: row["id"] for row in rows})
        self.journal.flush()
        self.drop()

    def _write_words(self, new: dict[str, UUID]) -> None:
        """Words are added to those that there are: a list of purchases knows but a few."""
        of = {code: new.get(code) or self.items[fold(code)].id for code in self.words}
        wanted = {(of[code], word) for code, said in self.words.items() for word in said}
        known = select(Synonym.item_id, Synonym.word).where(Synonym.item_id.in_(of.values()))
        there = {(item_id, word) for item_id, word in self.session.execute(known)} if of else set()
        for item_id, word in sorted(wanted - there, key=str):
            values = {"item_id": item_id, "word": word}
            self.session.add(Synonym(item_id=item_id, word=word))
            self.journal.note(table_of(Synonym), values, None, values)

    def finish(self) -> dict[str, Any]:
        told = {"rows": self.rows, **self.preview.counts}
        if self.wrote:
            told = {"rows": self.rows, "new": self.journal.new, "changed": self.journal.changed}
            record(self.session, self.by, self.now, "catalogue-imported", "import", str(self.run_id), after=told)
        return told | self.preview.told()
