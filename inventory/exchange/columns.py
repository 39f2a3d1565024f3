"""Which column of a file is which field: by the words in its header, and as people change it."""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from core.errors import bad_field
from core.languages import N_
from inventory.exchange.cells import Cell, Nothing, Wrong, fold, is_empty, shown
from inventory.exchange.sheets import Sheet, column_letter

WORDS = Path(__file__).with_name("columns.csv")
LEFT_OUT = "-"  # a column of which is known, or was said, that nothing of it is read
# What names a thing may stand beside its code or its other name: the first column that does will do
_NAMING = frozenset({"depot", "item", "profile", "unit", "unit_zh"})
HEADER_WITHIN = 15  # rows; above the header may stand a title and who filled it in
EXAMPLES = 10  # rows below the header that are looked at for examples
EXAMPLES_SHOWN = 3
_FIGURE = re.compile(r"[-+]?\d[\d,.]*%?|\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?", re.ASCII)
_AMOUNT = re.compile(r"数量|库存|数|件数|quantity|qty|amount|count|number|stock|in|of|no\.?|[\s_\-/:：]", re.IGNORECASE)
_AFTER_STROKE = re.compile(r"\s*[/／—,，、:：\-]\s*\S{1,8}\s*$")
_BRACKETS = re.compile(r"[(（\[【<][^)）\]】>]*[)）\]】>]")
_NOT_WORDS = re.compile(r"[\s_\-*:：.。/?]+")


class Column(msgspec.Struct, frozen=True):
    """A column of a sheet: where it stands, its header, and the field it is.

    ``LEFT_OUT``: it is not read, and that is right; empty: nobody has said what it is, as of a hidden column, or of one
    that holds something and has no header. ``examples`` are the first cells below the header, for who says it.
    """

    index: int
    letter: str
    header: str
    field: str = ""
    examples: list[str] = []


class Layout(msgspec.Struct, frozen=True):
    """How a sheet is read: the row of its header (from 1), and its columns. Without any field it is not read.

    A ``hidden`` sheet and hidden rows are read only where somebody has said so (``take_hidden``, X6). ``given``: what
    all rows say in a field for which the file has no column (X16). ``remembered``: the columns are as the same person
    said of a file with the same header.
    """

    sheet: str
    header_row: int
    columns: list[Column]
    hidden: bool = False
    hidden_rows: bool = False
    take_hidden: bool = False
    given: dict[str, str] = {}
    remembered: bool = False

    def fields(self) -> dict[str, Column]:
        return {column.field: column for column in self.columns if column.field not in ("", LEFT_OUT)}

    def unread(self) -> list[Column]:
        """The columns of which nobody has said what they are."""
        return [column for column in self.columns if not column.field]


def _word(header: str) -> str:
    return _NOT_WORDS.sub("", fold(header))


@cache
def words_of(subject: str) -> dict[str, str]:
    """From the folded words of a header to the field that they name."""
    found: dict[str, str] = {}
    with WORDS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["subject"] == subject:
                for word in (row["field"], *row["words"].split("|")):
                    found.setdefault(_word(word), row["field"])
    return found


def field_for(subject: str, header: str) -> str:
    """The field that a header names, with or without the remark in brackets or behind a stroke; empty if none."""
    words = words_of(subject)
    tried = (header, _BRACKETS.sub("", header), _AFTER_STROKE.sub("", header))
    return next((words[word] for said in tried if (word := _word(said)) in words), "")


def unit_in(header: str) -> list[str]:
    """The words in a header that may be the unit of its numbers, such as 数量（箱） or "Qty (boxes)" (X3)."""
    said = [part[1:-1].strip() for part in _BRACKETS.findall(header)]
    rest = _AMOUNT.sub("", _BRACKETS.sub("", header)).strip()
    return [word for word in (*said, rest) if word]


def recognise(subject: str, sheet: Sheet) -> Layout:
    """Find the header among the first rows, the one most of whose words are known, and what its columns are."""
    head: list[tuple[int, list[Cell]]] = []
    for number, row in sheet.rows:
        if number > HEADER_WITHIN + EXAMPLES:
            break
        head.append((number, row))
    best = first = Layout(sheet.name, 1, [])
    most = 0
    for number, row in head:
        if number > HEADER_WITHIN:
            break
        columns = _columns(subject, row, sheet)
        known = _known(columns) - sum(map(_is_figure, row))
        if known > most:
            best, most = Layout(sheet.name, number, columns), known
        if not first.columns and len(columns) > 1:
            unread = [msgspec.structs.replace(column, field="") for column in columns]
            first = Layout(sheet.name, number, unread)
    found = _with_other_row(subject, best, head, sheet) if most >= 2 else first
    rows = [row for number, row in head if number > found.header_row]
    if found is not first:
        found = _with_unnamed(found, rows, sheet)
    columns = [msgspec.structs.replace(column, examples=_examples(column.index, rows)) for column in found.columns]
    hidden = {"hidden": sheet.hidden, "hidden_rows": sheet.hidden_rows}
    return msgspec.structs.replace(found, columns=columns, **hidden)


def _columns(subject: str, row: Sequence[Cell], sheet: Sheet) -> list[Column]:
    columns, taken = [], set()
    for index, cell in enumerate(row):
        header = shown(cell)
        if not header:
            continue
        field = "" if index in sheet.hidden_columns else field_for(subject, header)
        if field in taken and field != LEFT_OUT:
            field = LEFT_OUT if field in _NAMING else ""
        columns.append(Column(index, column_letter(sheet.first_column + index), header, field))
        taken.add(field)
    return columns


def _known(columns: Sequence[Column]) -> int:
    return sum(1 for column in columns if column.field not in ("", LEFT_OUT))


def _is_figure(cell: Cell) -> bool:
    """What a header does not hold: a number or a date, as its cell or as text (X17)."""
    if isinstance(cell, str):
        return bool(_FIGURE.fullmatch(cell.strip()))
    return cell is not None


def _with_other_row(subject: str, best: Layout, head: Sequence[tuple[int, list[Cell]]], sheet: Sheet) -> Layout:
    """A header of two rows, some of whose columns are named in the other row: 物资 above 编码 and 名称."""
    rows = dict(head)
    for number in (best.header_row + 1, best.header_row - 1):
        row = rows.get(number)
        if row is None or any(map(_is_figure, row)):
            continue
        here = {column.index for column in best.columns if column.field}
        more = [column for column in _columns(subject, row, sheet) if column.index not in here]
        taken = set(best.fields())
        more = [column for column in more if column.field not in ("", *taken)]
        if not more or (number > best.header_row and not _belongs_below(best, row)):
            continue
        indexes = {column.index for column in more}
        kept = [column for column in best.columns if column.index not in indexes]
        columns = sorted([*kept, *more], key=lambda column: column.index)
        return Layout(best.sheet, max(number, best.header_row), columns)
    return best


def _with_unnamed(layout: Layout, rows: Sequence[Sequence[Cell]], sheet: Sheet) -> Layout:
    """The layout with the columns that hold something below no header, as the unit in 数量 | (nothing)."""
    headed = {column.index for column in layout.columns}
    held = {index for row in rows for index, cell in enumerate(row) if index not in headed and not is_empty(cell)}
    more = [Column(index, column_letter(sheet.first_column + index), "") for index in held]
    columns = sorted([*layout.columns, *more], key=lambda column: column.index)
    return msgspec.structs.replace(layout, columns=columns)


def _belongs_below(best: Layout, row: Sequence[Cell]) -> bool:
    """Whether the row below a header is its second one: it says nothing where the first is known, as under merged
    cells."""
    known = [column.index for column in best.fields().values()]
    return all(index >= len(row) or is_empty(row[index]) for index in known)


def _examples(index: int, rows: Sequence[Sequence[Cell]]) -> list[str]:
    cells = (row[index] for row in rows if index < len(row) and not is_empty(row[index]))
    return [shown(cell)[:40] for cell in islice(cells, EXAMPLES_SHOWN)]


@dataclass(frozen=True)
class Choice:
    """What somebody says a column is."""

    sheet: str
    index: int
    field: str


@dataclass(frozen=True)
class Said:
    """What somebody says of a file as a whole: of hidden rows, of fields that have no column, of sheets left out."""

    take_hidden: bool = False
    given: Mapping[str, str] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()  # names of sheets


def said_of(layouts: Sequence[Layout], said: Said, fields: Mapping[str, Callable[[Cell], Any]]) -> list[Layout]:
    """The layouts with what was said of the whole file; ``fields``: how a value is read of each that can be given one.

    Refuses (422) a value for another field, and one that cannot be read: it would be wrong in each row.
    """
    given = {name: value.strip() for name, value in said.given.items() if value.strip()}
    if unknown := set(given) - set(fields):
        raise bad_field("given", N_("{name} is not a field of this kind of file"), name=min(unknown))
    for name, value in given.items():
        try:
            fields[name](value)
        except Wrong as wrong:
            raise bad_field(f"given-{name}", wrong.message, **wrong.params) from None
        except Nothing:
            raise bad_field(f"given-{name}", N_("a quantity of 0: nothing to book")) from None
    changed = []
    for layout in layouts:
        columns = layout.columns
        if layout.sheet in said.skipped:
            columns = [msgspec.structs.replace(column, field=LEFT_OUT) for column in columns]
        changed.append(msgspec.structs.replace(layout, columns=columns, take_hidden=said.take_hidden, given=given))
    return changed


def rearranged(layouts: Sequence[Layout], choices: Sequence[Choice], known: set[str]) -> list[Layout]:
    """The layouts with columns as people say. Refuses (422) an unknown field, and one that stands twice in a sheet."""
    said = {(choice.sheet, choice.index): choice.field for choice in choices}
    if unknown := {field for field in said.values() if field not in {*known, "", LEFT_OUT}}:
        raise bad_field("columns", N_("{name} is not a field of this kind of file"), name=min(unknown))
    changed = [
        msgspec.structs.replace(
            layout,
            columns=[
                msgspec.structs.replace(column, field=said.get((layout.sheet, column.index), column.field))
                for column in layout.columns
            ],
        )
        for layout in layouts
    ]
    for layout in changed:
        fields = [column.field for column in layout.columns if column.field not in ("", LEFT_OUT)]
        for name in fields:
            if fields.count(name) > 1:
                raise bad_field("columns", N_("two columns are both said to be {name}; choose one"), name=name)
    return changed
