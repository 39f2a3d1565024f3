"""What a workbook shows of its cells: which rows are hidden, which cells hold a failed formula, how dates look.

The reader of values (calamine) knows nothing of it, and without it a month becomes its first day (X2), a failed formula
an empty cell (X5), and a row that a filter hides is booked (X6). Of Office Open XML alone; sheets are read as a stream.
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal
from xml.parsers import expat

from core.errors import bad_field
from core.languages import N_
from inventory.exchange.cells import Cell, Month, Number, Year

AT_ONCE = 1 << 20  # bytes
Look = Literal["month", "year", "places2"]
# Formats that a workbook names by number alone; 27 to 58 are those of a Chinese Excel
_BUILT_IN: dict[int, Look] = {2: "places2", 4: "places2", 17: "month", **dict.fromkeys((27, 36, 50, 52, 57), "month")}
_NOT_SHOWN = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|[_*].')
_NOTEWORTHY = re.compile(rb"<(?:\w+:)?c\b[^>]*\bt=[\"']e[\"']")
# A formula of which no result is stored: a program wrote it, and no spreadsheet has calculated it yet
_UNCALCULATED = re.compile(rb"</?(?:\w+:)?f\b[^>]*>\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</|</(?:\w+:)?c>)")
NO_RESULT = "#CALC!"
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b[^>]*\bhidden=[\"'](?:1|true)[\"']")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_COLUMN_SAYS = re.compile(rb"\b(min|max|hidden)=[\"'](\w+)[\"']")
_STYLED = re.compile(rb"<(?:\w+:)?c\b[^>]*\bs=[\"'](\d+)[\"']")


@dataclass
class SheetLook:
    """How one sheet looks. ``hidden_rows``: whether it has any; which, is known row by row as they are read."""

    hidden_rows: bool = False
    hidden_columns: frozenset[int] = frozenset()  # from 0
    rows: Callable[[], "Iterator[RowLook]"] = lambda: iter(())


@dataclass
class RowLook:
    """A row (from 1): whether it is hidden, and the cells by column (from 0) of which something is to be known."""

    number: int
    hidden: bool = False
    looks: dict[int, Look] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)


@dataclass
class BookLook:
    """How a workbook looks, by the names of its sheets."""

    since_1904: bool = False
    sheets: dict[str, SheetLook] = field(default_factory=dict)


def look_of(path: Path) -> BookLook | None:
    """How a workbook looks; none of a format that cannot be looked into. Refuses (422) a damaged one."""
    if not zipfile.is_zipfile(path):
        return None
    try:
        with zipfile.ZipFile(path) as parts:
            if "xl/workbook.xml" not in parts.namelist():
                return None
            return _book(path, parts)
    except (expat.ExpatError, zipfile.BadZipFile, KeyError, ValueError, RuntimeError):
        raise bad_field("file", N_("this workbook cannot be read: it is damaged or has a password")) from None


def _book(path: Path, parts: zipfile.ZipFile) -> BookLook:
    book, named, targets = BookLook(), {}, {}

    def workbook(name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            book.since_1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            rel = next((value for key, value in attributes.items() if key.split(":")[-1] == "id"), "")
            named[attributes["name"]] = rel

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            target = attributes["Target"]
            targets[attributes["Id"]] = target[1:] if target.startswith("/") else f"xl/{target}"

    _parse(parts, "xl/workbook.xml", workbook)
    _parse(parts, "xl/_rels/workbook.xml.rels", relation)
    looks = _styles(parts)
    for name, rel in named.items():
        if targets.get(rel) in parts.namelist():
            book.sheets[name] = _sheet(path, parts, targets[rel], looks)
    return book


def _parse(parts: zipfile.ZipFile, part: str, start: Callable[[str, dict[str, str]], None]) -> None:
    parser = _parser(start)
    with parts.open(part) as file:
        while chunk := file.read(AT_ONCE):
            parser.Parse(chunk)
    parser.Parse(b"", True)


def _parser(start: Callable[[str, dict[str, str]], None]) -> expat.XMLParserType:
    parser = expat.ParserCreate()

    def refuse(*_: Any) -> None:
        raise ValueError("an entity")  # no workbook declares one: it is made to hurt

    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    return parser


def _styles(parts: zipfile.ZipFile) -> dict[int, Look]:
    """By the number of a cell's style, how it looks, where that matters."""
    if "xl/styles.xml" not in parts.namelist():
        return {}
    formats: dict[int, Look] = dict(_BUILT_IN)
    looks: dict[int, Look] = {}
    within, number = False, 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal within, number
        if name == "numFmt":
            look = look_of_format(attributes.get("formatCode", ""))
            formats.pop(int(attributes["numFmtId"]), None)
            if look:
                formats[int(attributes["numFmtId"])] = look
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            within = name == "cellXfs"
        elif name == "xf" and within:
            look = formats.get(int(attributes.get("numFmtId", 0)))
            if look:
                looks[number] = look
            number += 1

    _parse(parts, "xl/styles.xml", start)
    return looks


def look_of_format(code: str) -> Look | None:
    """What a number format shows: of a date only the month or the year, of a number two decimals."""
    if code.casefold().startswith("general"):
        return None
    shown = _NOT_SHOWN.sub("", code).split(";")[0].casefold()
    if "0" in shown or "#" in shown:
        return "places2" if re.search(r"0\.00(?!0)", shown) and "e" not in shown else None
    if "d" in shown or "h" in shown or "s" in shown:
        return None
    years = "y" in shown or "e" in shown
    return ("month" if "m" in shown else "year") if years else None


def _sheet(path: Path, parts: zipfile.ZipFile, part: str, looks: dict[int, Look]) -> SheetLook:
    """Go through a sheet's text quickly: most have nothing that their values do not say."""
    hidden = noteworthy = False
    rest = b""
    columns: set[int] = set()
    with parts.open(part) as file:
        while chunk := file.read(AT_ONCE):
            text, _, rest = (rest + chunk).rpartition(b">")
            columns |= _hidden_columns(text)
            hidden = hidden or _HIDDEN_ROW.search(text) is not None
            noteworthy = noteworthy or bool(_NOTEWORTHY.search(text) or _UNCALCULATED.search(text))
            if looks and not noteworthy:
                noteworthy = any(int(found[1]) in looks for found in _STYLED.finditer(text))
    if not hidden and not noteworthy:
        return SheetLook(hidden_columns=frozenset(columns))
    return SheetLook(hidden, frozenset(columns), lambda: _rows(path, part, looks))


def _hidden_columns(text: bytes) -> set[int]:
    """The columns, from 0, that a part of a sheet says are hidden."""
    found: set[int] = set()
    for column in _COLUMN.finditer(text):
        said = dict(_COLUMN_SAYS.findall(column[1]))
        if said.get(b"hidden") in (b"1", b"true"):
            found |= set(range(int(said[b"min"]) - 1, int(said[b"max"])))
    return found


def _rows(path: Path, part: str, looks: dict[int, Look]) -> Iterator[RowLook]:
    """The rows of a sheet, read as they are asked for."""
    done: list[RowLook] = []
    text: list[str] | None = None
    column, last = -1, 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal text, column, last
        if name == "row":
            last = int(attributes.get("r", last + 1))
            done.append(RowLook(last, attributes.get("hidden") in ("1", "true")))
            column = -1
        elif name == "c" and done:
            column = _column(attributes["r"]) if "r" in attributes else column + 1
            look = looks.get(int(attributes.get("s", 0)))
            if look:
                done[-1].looks[column] = look
            if attributes.get("t") == "e":
                done[-1].failed[column] = ""
        elif name == "f" and done:
            done[-1].failed.setdefault(column, NO_RESULT)  # until its result is seen
        elif name == "v" and done and column in done[-1].failed:
            text = []

    def end(name: str) -> None:
        nonlocal text
        if text is not None and name.rpartition(":")[2] == "v":
            _note_result(done[-1].failed, column, "".join(text))
            text = None

    def words(said: str) -> None:
        if text is not None:
            text.append(said)

    parser = _parser(start)
    parser.EndElementHandler, parser.CharacterDataHandler = end, words
    with zipfile.ZipFile(path) as parts, parts.open(part) as file:
        while chunk := file.read(AT_ONCE // 8):
            parser.Parse(chunk)
            yield from done[:-1]
            del done[:-1]
        parser.Parse(b"", True)
        yield from done


def _note_result(failed: dict[int, str], column: int, said: str) -> None:
    """What a formula came to: of one that failed, the words for it; of any other, that it has a result."""
    if failed[column] != NO_RESULT:
        failed[column] = said
    elif said.strip():
        del failed[column]


def _column(reference: str) -> int:
    index = 0
    for char in reference:
        if not char.isalpha():
            break
        index = index * 26 + ord(char.upper()) - 64
    return index - 1


def with_looks(
    rows: Iterable[tuple[int, list[Cell]]], look: SheetLook, *, since_1904: bool, first_column: int, hidden: set[int]
) -> Iterator[tuple[int, list[Cell]]]:
    """The rows with what their sheet shows of them; the numbers of hidden ones are added to ``hidden``."""
    looks = look.rows()
    ahead = next(looks, None)
    for number, cells in rows:
        while ahead is not None and ahead.number < number:
            ahead = next(looks, None)
        there = ahead if ahead is not None and ahead.number == number else None
        if there is not None and there.hidden:
            hidden.add(number)
        if there is not None or since_1904:
            cells = _as_shown(cells, there, since_1904=since_1904, first_column=first_column)
        yield number, cells


def _as_shown(cells: list[Cell], there: RowLook | None, *, since_1904: bool, first_column: int) -> list[Cell]:
    found = list(cells)
    for index, cell in enumerate(cells):
        look = there.looks.get(first_column + index) if there else None
        if there and first_column + index in there.failed:
            found[index] = there.failed[first_column + index] or "#N/A"
        elif isinstance(cell, float) and (look or since_1904):
            found[index] = _number(cell, look, since_1904=since_1904)
        elif look in ("month", "year") and isinstance(cell, date):
            kind = Month if look == "month" else Year
            found[index] = kind(cell.year, cell.month, cell.day)
    return found


def _number(value: float, look: Look | None, *, since_1904: bool) -> Number:
    number = Number(value)
    number.since_1904 = since_1904
    number.places = 2 if look == "places2" else None
    number.whole = "month" if look == "month" else "year" if look == "year" else ""
    return number


def is_first_of_month(cell: Cell) -> bool:
    """Whether a date may be a month of which a format shows no day: what is asked where none can be looked up (X2)."""
    return isinstance(cell, date) and cell.day == 1 and not (isinstance(cell, datetime) and cell.time().hour)
