"""Files of tables: Excel workbooks and CSV in the encodings that offices use, read row by row."""

import codecs
import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import python_calamine

from core.errors import Refusal, bad_field
from core.languages import N_
from inventory.exchange.cells import Cell
from inventory.exchange.probing import probe

LARGEST_FILE = 50_000_000  # bytes
LARGEST_UNPACKED = 600_000_000  # bytes of a workbook's parts: more would be a bomb
MOST_ROWS = 300_000
LONGEST_RECORD = 300_000  # characters
EXCEL = frozenset({".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"})
CSV = frozenset({".csv", ".txt", ".tsv"})
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Sheet:
    """One table of a file. Rows are numbered as the spreadsheet does, from 1; so are columns, from ``first_column``."""

    name: str
    rows: Iterator[tuple[int, list[Cell]]]
    total: int
    first_column: int = 0


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
        book = python_calamine.load_workbook(path)
        found = [book.get_sheet_by_name(name) for name in book.sheet_names]
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError):
        raise unreadable from None
    sheets = []
    for sheet in found:
        if sheet.start is None:
            continue
        _check_rows(sheet.total_height)
        rows: Iterator[tuple[int, list[Cell]]] = ((n, list(row)) for n, row in enumerate(sheet.iter_rows(), start=1))
        sheets.append(Sheet(sheet.name, rows, sheet.total_height, sheet.start[1]))
    return sheets


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
                yield number, list(row)
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
    line = head.split("\n", 1)[0]
    return max(",\t;，", key=lambda char: (line.count(char), char == ","))


def encoding_of(path: Path) -> str:
    """The encoding of a text file: by its mark, else UTF-8 or GB18030, whichever it is to the last byte.

    Refuses (422) a file that is neither, or that would turn into characters that nobody writes.
    """
    with path.open("rb") as file:
        start = file.read(4)
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            if _decodes(path, encoding):
                return encoding
            raise _not_text()
    for encoding in ("utf-8", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    raise _not_text()


def _not_text() -> Refusal:
    return bad_field("file", N_("this text is neither UTF-8 nor GB18030; save the file as CSV UTF-8"))


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with io.TextIOWrapper(path.open("rb"), encoding=encoding, errors="strict", newline="") as file:
            while part := file.read(1 << 20):
                if encoding == "gb18030" and any(_odd(char) for char in set(part)):
                    return False
    except UnicodeError:
        return False
    return True


def _odd(char: str) -> bool:
    """A character that no office writes: what bytes of another encoding turn into when read as GB18030."""
    return unicodedata.category(char) in ("Cn", "Co", "Cs") or (
        unicodedata.category(char) == "Cc" and char not in "\t\r\n"
    )
