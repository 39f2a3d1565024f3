"""Files of tables: Excel workbooks and CSV in the encodings that offices use, read row by row."""

import csv
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import python_calamine

from core.errors import Refusal, bad_field
from core.languages import N_
from inventory.exchange.cells import Cell, Pointed, is_empty
from inventory.exchange.encodings import encoding_of
from inventory.exchange.probing import probe
from inventory.exchange.showing import BookLook, SheetLook, look_of, with_looks

LARGEST_FILE = 50_000_000  # bytes
LARGEST_UNPACKED = 600_000_000  # bytes of a workbook's parts: more would be a bomb
MOST_ROWS = 300_000
LONGEST_RECORD = 300_000  # characters
EXCEL = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
CSV = frozenset({".csv", ".txt", ".tsv"})
_POINTED = re.compile(r"\d{4}\.1", re.ASCII)  # what a number that was typed as 2027.10 is in a CSV file (X1)
_QUOTED = re.compile(r'"[^"]*"')
_TRIED = 40  # lines among which the delimiter is looked for


@dataclass(frozen=True)
class Sheet:
    """One table of a file. Rows are numbered as the spreadsheet does, from 1; so are columns, from ``first_column``.

    ``hidden_rows``: whether it has any; ``hidden_at`` holds those among the rows that were read. ``merged``: by column
    of a row's cells, the first and the last row of cells that are merged across rows. ``looked_into``: whether it is
    known what the sheet shows of its cells.
    """

    name: str
    rows: Iterator[tuple[int, list[Cell]]]
    total: int
    first_column: int = 0
    hidden: bool = False
    hidden_rows: bool = False
    hidden_columns: frozenset[int] = frozenset()  # of a row's cells
    hidden_at: set[int] = field(default_factory=set)
    merged: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    looked_into: bool = True
    since_1904: bool = False


def column_letter(index: int) -> str:
    """The name of a column in a spreadsheet: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def open_sheets(path: Path) -> list[Sheet]:
    """The sheets of a file, each to be gone through once. Refuses (413, 422) what is no readable table."""
    if path.stat().st_size > LARGEST_FILE:
        raise Refusal(413, "too-large", N_("this file is larger than 50 MB; split it"))
    suffix = path.suffix.lower()
    if suffix in EXCEL:
        return _workbook(path)
    if suffix in CSV:
        return [_csv(path)]
    raise bad_field("file", N_("this is neither an Excel workbook nor a CSV file"))


def _workbook(path: Path) -> list[Sheet]:
    unreadable = bad_field("file", N_("this workbook cannot be read: it is damaged or has a password"))
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as parts:
                if sum(part.file_size for part in parts.infolist()) > LARGEST_UNPACKED:
                    raise Refusal(413, "too-large", N_("this workbook unpacks to more than 600 MB; split it"))
        probe(path)
        look = look_of(path)
        book = python_calamine.load_workbook(path)
        visible = {about.name: about.visible for about in book.sheets_metadata}
        found = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError):
        raise unreadable from None
    shown = python_calamine.SheetVisibleEnum.Visible
    return [
        _sheet(sheet, look, hidden=visible.get(sheet.name, shown) != shown)
        for sheet in found
        if sheet.start is not None
    ]


def _sheet(sheet: python_calamine.CalamineSheet, book: BookLook | None, *, hidden: bool) -> Sheet:
    first_column = sheet.start[1] if sheet.start else 0
    look = book.sheets.get(sheet.name, SheetLook()) if book else SheetLook()
    hidden_at: set[int] = set()
    plain: Iterator[tuple[int, list[Cell]]] = (
        (number, list(row)) for number, row in enumerate(sheet.iter_rows(), start=1)
    )
    rows = with_looks(
        plain, look, since_1904=bool(book and book.since_1904), first_column=first_column, hidden=hidden_at
    )
    merged: dict[int, list[tuple[int, int]]] = {}
    for (first, left), (last, right) in sheet.merged_cell_ranges or ():
        for column in range(left, right + 1) if last > first else ():
            merged.setdefault(column - first_column, []).append((first + 1, last + 1))
    return Sheet(
        sheet.name,
        _counted(rows),
        sheet.total_height,
        first_column,
        hidden,
        look.hidden_rows,
        frozenset(column - first_column for column in look.hidden_columns),
        hidden_at,
        merged,
        looked_into=book is not None,
        since_1904=bool(book and book.since_1904),
    )


def _counted(rows: Iterator[tuple[int, list[Cell]]]) -> Iterator[tuple[int, list[Cell]]]:
    """The rows; refuses (413) more that hold something than a file may have. A blank at the end is none (X18)."""
    count = 0
    for number, cells in rows:
        if not all(map(is_empty, cells)):
            count += 1
            _check_rows(count)
            yield number, cells


def _check_rows(total: int) -> None:
    if total > MOST_ROWS:
        raise Refusal(413, "too-large", N_("this file has more than {most} rows; split it"), most=MOST_ROWS)


def _csv(path: Path) -> Sheet:
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="") as file:
        head = file.read(65536)
        total = head.count("\n")
        while part := file.read(1 << 20):
            total += part.count("\n")
    _check_rows(total)
    return Sheet("CSV", _csv_rows(path, encoding, _delimiter(head)), total + 1)


def _csv_rows(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[Cell]]]:
    with path.open(encoding=encoding, newline="") as file:
        records = _Records(file)
        reader = csv.reader(records, delimiter=delimiter)
        try:
            for number, row in enumerate(reader, start=1):
                records.begin()
                yield number, [Pointed(cell) if _POINTED.fullmatch(cell) else cell for cell in row]
        except csv.Error:
            raise bad_field(
                "file", N_("line {line} of this file is not CSV: a quotation mark may be missing"), line=reader.line_num
            ) from None


class _Records:
    """The lines of a file, as long as the record that they make together stays one that a table may have (B11)."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._number = 0
        self._length = 0

    def begin(self) -> None:
        """A record was read whole; the next begins."""
        self._length = 0

    def __iter__(self) -> "_Records":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self._length += len(line)
        if self._length > LONGEST_RECORD:
            message = N_("line {line} of this file is too long to be a row of a table")
            raise bad_field("file", message, line=self._number)
        return line


def _delimiter(head: str) -> str:
    """What divides the cells: what stands equally often in the most lines; a title above the table has none (X18)."""
    lines = [_QUOTED.sub("", line) for line in head.splitlines()[:_TRIED]]

    def sure(char: str) -> tuple[int, bool]:
        counts = Counter(number for line in lines if (number := line.count(char)))
        often, usual = max(((times * number, number) for number, times in counts.items()), default=(0, 0))
        return often, char == "," and usual > 0

    return max(",\t;，|", key=sure)
