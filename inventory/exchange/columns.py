"""Which column of a file is which field: by the words in its header, and as people change it."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from core.errors import bad_field
from core.languages import N_
from inventory.exchange.cells import Cell, fold, shown
from inventory.exchange.sheets import Sheet, column_letter

WORDS = Path(__file__).with_name("columns.csv")
LEFT_OUT = "-"  # a column of which is known, or was said, that nothing of it is read
# What names a thing may stand beside its code or its other name: the first column that does will do
_NAMING = frozenset({"depot", "item", "profile", "unit", "unit_zh"})
HEADER_WITHIN = 15  # rows; above the header may stand a title and who filled it in
_BRACKETS = re.compile(r"[(（\[【<][^)）\]】>]*[)）\]】>]")
_NOT_WORDS = re.compile(r"[\s_\-*:：.。/]+")


class Column(msgspec.Struct, frozen=True):
    """A column of a sheet: where it stands, its header, and the field it is.

    ``LEFT_OUT``: it is not read, and that is right; empty: nobody has said what it is.
    """

    index: int
    letter: str
    header: str
    field: str = ""


class Layout(msgspec.Struct, frozen=True):
    """How a sheet is read: the row of its header (from 1), and its columns. Without any field it is not read."""

    sheet: str
    header_row: int
    columns: list[Column]

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
    """The field that a header names, with or without the remark in brackets; empty if none."""
    words = words_of(subject)
    return words.get(_word(header)) or words.get(_word(_BRACKETS.sub("", header))) or ""


def recognise(subject: str, sheet: Sheet) -> Layout:
    """Find the header among the first rows, the one most of whose words are known, and what its columns are."""
    best = first = Layout(sheet.name, 1, [])
    most = 0
    for number, row in sheet.rows:
        if number > HEADER_WITHIN:
            break
        columns = _columns(subject, row, sheet.first_column)
        known = sum(1 for column in columns if column.field not in ("", LEFT_OUT))
        if known > most:
            best, most = Layout(sheet.name, number, columns), known
        if not first.columns and len(columns) > 1:
            unread = [msgspec.structs.replace(column, field="") for column in columns]
            first = Layout(sheet.name, number, unread)
    return best if most >= 2 else first


def _columns(subject: str, row: Sequence[Cell], first: int) -> list[Column]:
    columns, taken = [], set()
    for index, cell in enumerate(row):
        header = shown(cell)
        if not header:
            continue
        field = field_for(subject, header)
        if field in taken and field != LEFT_OUT:
            field = LEFT_OUT if field in _NAMING else ""
        columns.append(Column(index, column_letter(first + index), header, field))
        taken.add(field)
    return columns


@dataclass(frozen=True)
class Choice:
    """What somebody says a column is."""

    sheet: str
    index: int
    field: str


def rearranged(layouts: Sequence[Layout], choices: Sequence[Choice], known: set[str]) -> list[Layout]:
    """The layouts with columns as people say. Refuses (422) an unknown field, and one that stands twice in a sheet."""
    said = {(choice.sheet, choice.index): choice.field for choice in choices}
    if unknown := {field for field in said.values() if field not in {*known, "", LEFT_OUT}}:
        raise bad_field("columns", N_("{name} is not a field of this kind of file"), name=min(unknown))
    changed = [
        Layout(
            layout.sheet,
            layout.header_row,
            [
                msgspec.structs.replace(column, field=said.get((layout.sheet, column.index), column.field))
                for column in layout.columns
            ],
        )
        for layout in layouts
    ]
    for layout in changed:
        fields = [column.field for column in layout.columns if column.field not in ("", LEFT_OUT)]
        for field in fields:
            if fields.count(field) > 1:
                raise bad_field("columns", N_("two columns are both said to be {name}; choose one"), name=field)
    return changed
