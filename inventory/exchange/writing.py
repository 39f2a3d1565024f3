"""Lists written to files: CSV, Excel and PDF. Rows are written as they are read: memory does not grow with them.

Words are never formulas (a name may begin with =), codes stay text with leading zeros (T93), Chinese stays Chinese.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import IO, Any

import xlsxwriter
from fpdf import FPDF
from sqlalchemy.orm import Session

from core.errors import Refusal
from core.fonts import chinese_font
from core.languages import N_, say
from inventory.exchange.cells import guarded
from inventory.listing.listing import Asked, Listing, as_words, value_of

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
MOST_ON_PAPER = 5000  # rows: some 120 pages
MOST_IN_WORKBOOK = 1_000_000  # rows that a sheet holds, the headings aside


def write_list(session: Session, listing: Listing, asked: Asked, kind: str, target: IO[bytes]) -> int:
    """Write a list; returns its rows. Refuses (413) what no sheet or stack of paper holds."""
    rows = _values(listing, asked, listing.rows(session, asked))
    about = say(asked.language, "{about}", about=listing.about(session, asked)) if listing.about else ""
    if kind == "csv":
        return _csv(listing, asked, rows, target)
    if kind == "xlsx":
        return _xlsx(listing, asked, rows, target)
    return _pdf(listing, asked, rows, target, about)


def _values(listing: Listing, asked: Asked, rows: Iterable[Any]) -> Iterator[list[Any]]:
    for row in rows:
        yield [value_of(column, row, asked) for column in listing.columns]


def _headings(listing: Listing, asked: Asked) -> list[str]:
    return [say(asked.language, column.heading) for column in listing.columns]


def _csv(listing: Listing, asked: Asked, rows: Iterable[list[Any]], target: IO[bytes]) -> int:
    target.write(b"\xef\xbb\xbf")  # without it spreadsheets take the text for the system's old encoding
    text = io.TextIOWrapper(target, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow(_headings(listing, asked))
    number = 0
    for row in rows:
        number += 1
        writer.writerow([guarded(cell) if isinstance(cell, str) else as_words(cell) for cell in row])
    text.detach()
    return number


def _xlsx(listing: Listing, asked: Asked, rows: Iterable[list[Any]], target: IO[bytes]) -> int:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet(say(asked.language, listing.title)[:31])
        bold = book.add_format({"bold": True, "bottom": 1})
        words, day = book.add_format({"num_format": "@"}), book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for index, column in enumerate(listing.columns):
            sheet.set_column(index, index, column.width + 2)
        sheet.freeze_panes(1, 0)
        for index, heading in enumerate(_headings(listing, asked)):
            sheet.write_string(0, index, heading, bold)
        number = 0
        for number, row in enumerate(rows, start=1):
            if number > MOST_IN_WORKBOOK:
                raise _too_many(MOST_IN_WORKBOOK)
            for index, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(number, index, cell, moment)
                elif isinstance(cell, date):
                    sheet.write_datetime(number, index, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(number, index, cell[:32767], words)
                elif cell is not None:
                    sheet.write_number(number, index, cell)
        sheet.autofilter(0, 0, number, len(listing.columns) - 1)
    return number


def _too_many(most: int) -> Refusal:
    message = N_("this list has more than {most} rows; narrow it, or take another format")
    return Refusal(413, "too-large", message, most=most)


class _Paper(FPDF):
    """A4 across, with the headings on every page."""

    def __init__(self, title: str, foot: str, headings: list[str], widths: list[float]) -> None:
        super().__init__("L", "mm", "A4")
        self.title_text, self.foot, self.headings, self.widths = title, foot, headings, widths
        self.add_font("words", fname=chinese_font())
        self.set_margins(10, 10)
        self.set_auto_page_break(True, 14)
        self.alias_nb_pages("{pages}")

    def header(self) -> None:
        self.set_font("words", size=12)
        self.cell(0, 7, self.title_text, new_x="LMARGIN", new_y="NEXT")
        self.set_font("words", size=7.5)
        self.set_fill_color(235, 235, 235)
        self.row(self.headings, fill=True)

    def footer(self) -> None:
        self.set_y(-11)
        self.set_font("words", size=7.5)
        self.cell(0, 5, f"{self.foot}    {self.page_no()} / {{pages}}", align="R")

    def row(self, cells: list[str], fill: bool = False) -> None:
        """One line of the table; what is too long for its cell goes on in the next lines."""
        lines = [self._wrapped(cell, width - 2) for cell, width in zip(cells, self.widths, strict=True)]
        height = 4 * max(map(len, lines)) + 1
        if self.will_page_break(height):
            self.add_page()
        x, y = self.get_x(), self.get_y()
        for cell, width in zip(lines, self.widths, strict=True):
            self.rect(x, y, width, height, style="DF" if fill else "D")
            for number, line in enumerate(cell):
                self.set_xy(x, y + 0.5 + 4 * number)
                self.cell(width, 4, line)
            x += width
        self.set_xy(self.l_margin, y + height)

    def _wrapped(self, said: str, width: float) -> list[str]:
        lines = [""]
        for char in said:
            if lines[-1] and self._width(lines[-1]) + self._width(char) > width:
                if len(lines) == 4:
                    lines[-1] = lines[-1][:-1] + "…"
                    break
                lines.append("")
            lines[-1] += char
        return lines

    def _width(self, said: str) -> float:
        return sum(1.35 if ord(char) < 0x2E80 else 2.65 for char in said)


def _pdf(listing: Listing, asked: Asked, rows: Iterator[list[Any]], target: IO[bytes], about: str) -> int:
    kept = list(islice(rows, MOST_ON_PAPER + 1))
    if len(kept) > MOST_ON_PAPER:
        raise _too_many(MOST_ON_PAPER)
    wide = sum(column.width for column in listing.columns)
    widths = [277 * column.width / wide for column in listing.columns]
    title = say(asked.language, listing.title) + (f" · {about}" if about else "")
    paper = _Paper(title, asked.today.isoformat(), _headings(listing, asked), widths)
    paper.set_draw_color(190, 190, 190)
    paper.add_page()
    for row in kept:
        paper.row([_printable(as_words(cell)) for cell in row])
    if listing.signatures:
        paper.ln(10)
        for signature in listing.signatures:
            paper.cell(277 / len(listing.signatures), 6, f"{say(asked.language, signature)}: ______________")
    target.write(bytes(paper.output()))
    return len(kept)


def _printable(said: str) -> str:
    return " ".join(said.split())
