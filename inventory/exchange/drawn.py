"""A list's rows as a workbook or on paper: done beside the server, so this imports nothing of the database.

``rows`` are plain values as a cell takes them; each function returns how many there were.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from core.errors import Refusal
from core.languages import N_

MOST_ON_PAPER = 5000  # rows: some 120 pages
MOST_IN_WORKBOOK = 1_000_000  # rows that a sheet holds, the headings aside
LONGEST_CELL = 32_767  # characters, by Excel
LONGEST_NAME = 31  # of a sheet, by Excel
PAPER_MM = 277  # A4 across, without its margins


@dataclass(frozen=True)
class Head:
    """What stands around the rows: a title, a heading and a width (in characters) a column; on paper a foot as well,
    and who signs."""

    title: str
    headings: list[str]
    widths: list[int]
    foot: str = ""
    signatures: Sequence[str] = ()


def workbook(rows: Iterator[list[Any]], path: Path, head: Head) -> int:
    """Write an Excel workbook. Refuses (413) what no sheet holds."""
    import xlsxwriter  # slow to import: only for a workbook

    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet(head.title[:LONGEST_NAME])
        bold = book.add_format({"bold": True, "bottom": 1})
        words, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for index, (heading, width) in enumerate(zip(head.headings, head.widths, strict=True)):
            sheet.set_column(index, index, width + 2)
            sheet.write_string(0, index, heading, bold)
        sheet.freeze_panes(1, 0)
        number = 0
        for number, row in enumerate(rows, start=1):
            if number > MOST_IN_WORKBOOK:
                raise too_many(MOST_IN_WORKBOOK)
            for index, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(number, index, cell, moment)
                elif isinstance(cell, date):
                    sheet.write_datetime(number, index, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(number, index, cell[:LONGEST_CELL], words)
                elif cell is not None:
                    sheet.write_number(number, index, cell)
        sheet.autofilter(0, 0, number, len(head.headings) - 1)
    return number


def paper(rows: Iterator[list[str]], path: Path, head: Head) -> int:
    """Write a PDF, with a line for each who signs it. Refuses (413) what no stack of paper holds."""
    from inventory.exchange.paper import Paper  # slow to import (fpdf, fontTools): only for paper

    kept = list(islice(rows, MOST_ON_PAPER + 1))
    if len(kept) > MOST_ON_PAPER:
        raise too_many(MOST_ON_PAPER)
    widths = [PAPER_MM * width / sum(head.widths) for width in head.widths]
    sheet = Paper(head.title, head.foot, head.headings, widths)
    sheet.set_draw_color(190, 190, 190)
    sheet.add_page()
    for row in kept:
        sheet.row(row)
    if head.signatures:
        sheet.ln(10)
        for signature in head.signatures:
            sheet.cell(PAPER_MM / len(head.signatures), 6, f"{signature}: ______________")
    path.write_bytes(bytes(sheet.output()))
    return len(kept)


def too_many(most: int) -> Refusal:
    """413: more rows than the format holds."""
    message = N_("this list has more than {most} rows; narrow it, or take another format")
    return Refusal(413, "too-large", message, most=most)
