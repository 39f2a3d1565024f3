"""Lists written to files: CSV, Excel and PDF. Rows are written as they are read: memory does not grow with them.

Words are never formulas (a name may begin with =), codes stay text with leading zeros (T93), Chinese stays Chinese.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import IO, Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.audit import record
from core.errors import Refusal
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
        return _csv(listing, asked, _in_any_encoding(rows), target)
    if kind == "xlsx":
        return _xlsx(listing, asked, _in_any_encoding(rows), target)
    return _pdf(listing, asked, rows, target, about)


def parts_of(file: IO[bytes]) -> Iterator[bytes]:
    """A file in parts, closed behind the last."""
    with file:
        while part := file.read(1 << 16):
            yield part


def note_export(session: Session, by: UUID | None, now: datetime, name: str, asked: Asked) -> None:
    """Write down that a list left the house: which, as what, with which filters."""
    list_name, _, kind = name.rpartition(".")
    told = {"format": kind, "filters": asked.filters, "seen_as": asked.caller.account}
    record(session, by, now, "exported", "list", list_name, after=told)


def _in_any_encoding(rows: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """Paths with a sign that survives a CSV file of a Chinese Excel: GBK has no › (X10)."""
    for row in rows:
        yield [cell.replace("›", ">") if isinstance(cell, str) else cell for cell in row]


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
    import xlsxwriter  # slow to import: only for a workbook

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


def _pdf(listing: Listing, asked: Asked, rows: Iterator[list[Any]], target: IO[bytes], about: str) -> int:
    from inventory.exchange.paper import Paper  # slow to import (fpdf, fontTools): only for paper

    kept = list(islice(rows, MOST_ON_PAPER + 1))
    if len(kept) > MOST_ON_PAPER:
        raise _too_many(MOST_ON_PAPER)
    wide = sum(column.width for column in listing.columns)
    widths = [277 * column.width / wide for column in listing.columns]
    title = say(asked.language, listing.title) + (f" · {about}" if about else "")
    paper = Paper(title, asked.today.isoformat(), _headings(listing, asked), widths)
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
