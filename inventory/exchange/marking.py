"""A copy of a file with its faults in it: the cells coloured, what is wrong noted at each and at the row's end."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any

from core.languages import N_, say
from inventory.exchange.cells import Cell, Month, Number, Year
from inventory.exchange.columns import Layout
from inventory.exchange.findings import Fault
from inventory.exchange.sheets import Sheet, column_letter, open_sheets

_NOT_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\", "_"))  # of sheets, by Excel; other programs allow them
LONGEST_NAME = 31
REMARK = N_("What is wrong")  # the heading of the last column; a file that is brought in again leaves it out


def write_marked(
    path: Path, layouts: Sequence[Layout], faults: Sequence[Fault], language: str, target: IO[bytes]
) -> None:
    """Write a workbook with the rows of a file as they are read, its faults marked. Memory does not grow with it."""
    import xlsxwriter  # slow to import: only for a workbook

    by_sheet: dict[str, dict[int, list[Fault]]] = defaultdict(lambda: defaultdict(list))
    for fault in faults:
        by_sheet[fault.sheet][fault.row].append(fault)
    rows_above = {layout.sheet: layout.header_row for layout in layouts}
    sheets = open_sheets(path)
    options = {
        "date_1904": any(sheet.since_1904 for sheet in sheets),
        "nan_inf_to_errors": True,
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "in_memory": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        pen = _Pen(book, language)
        for sheet, name in zip(sheets, _names(sheets), strict=True):
            page = book.add_worksheet(name)
            if sheet.hidden:
                page.hide()
            _copy(sheet, page, pen, rows_above.get(sheet.name, 0), by_sheet.get(sheet.name, {}))


def _names(sheets: Sequence[Sheet]) -> list[str]:
    """The names of the sheets as Excel takes them: short, without its own marks, each once."""
    names: dict[str, str] = {}  # by what Excel holds for the same name
    for sheet in sheets:
        plain = name = sheet.name.translate(_NOT_IN_NAMES)[:LONGEST_NAME].strip("'") or "_"
        number = 1
        while name.lower() in names:
            number += 1
            name = f"{plain[: LONGEST_NAME - 4]}~{number}"
        names[name.lower()] = name
    return list(names.values())


class _Pen:
    """The formats of the copy."""

    def __init__(self, book: Any, language: str) -> None:
        self.language = language
        red = {"bg_color": "#FFC7CE", "font_color": "#9C0006"}
        codes = {"": "General", "day": "yyyy-mm-dd", "month": "yyyy-mm", "year": "yyyy", "two": "0.00"}
        shown = {name: {"num_format": code} for name, code in {**codes, "moment": "yyyy-mm-dd hh:mm"}.items()}
        self.plain = {name: book.add_format(look) for name, look in shown.items()}
        self.red = {name: book.add_format({**look, **red}) for name, look in shown.items()}
        self.bold = book.add_format({"bold": True, "font_color": "#9C0006"})

    def write(self, page: Any, row: int, column: int, cell: Cell, *, wrong: bool) -> None:
        look = (self.red if wrong else self.plain)[_look(cell)]
        if isinstance(cell, (date, datetime)):
            page.write_datetime(row, column, cell, look)
        elif isinstance(cell, bool):
            page.write_boolean(row, column, cell, look)
        elif isinstance(cell, (int, float)):
            page.write_number(row, column, float(cell), look)
        elif cell not in (None, ""):
            page.write_string(row, column, str(cell)[:32767], look)
        elif wrong:
            page.write_blank(row, column, None, look)


def _look(cell: Cell) -> str:
    if isinstance(cell, Month):
        return "month"
    if isinstance(cell, Year):
        return "year"
    if isinstance(cell, datetime) and cell.time() != time():
        return "moment"
    if isinstance(cell, date):
        return "day"
    return "two" if isinstance(cell, Number) and cell.places == 2 else ""


def _copy(sheet: Sheet, page: Any, pen: _Pen, header_row: int, faults: dict[int, list[Fault]]) -> None:
    widest = 0
    for number, cells in sheet.rows:
        widest = max(widest, len(cells))
        here = faults.get(number, [])
        wrong = {fault.column for fault in here}
        if number in sheet.hidden_at:
            page.set_row(number - 1, None, None, {"hidden": True})
        for index, cell in enumerate(cells):
            column = sheet.first_column + index
            pen.write(page, number - 1, column, cell, wrong=column_letter(column) in wrong)
        remark = sheet.first_column + widest
        if number == header_row and faults:
            page.write_string(number - 1, remark, say(pen.language, REMARK), pen.bold)
        elif here:
            told = "; ".join(f"{fault.column}: {' – '.join(fault.told(pen.language))}" for fault in here)
            page.write_string(number - 1, remark, told[:32767], pen.bold)
