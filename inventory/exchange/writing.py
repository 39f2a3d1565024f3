"""Lists written to files: CSV, Excel and PDF. Rows are written as they are read: memory does not grow with them.

Words are never formulas (a name may begin with =), codes stay text with leading zeros (T93), Chinese stays Chinese.
"""

import csv
import io
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.apart import apart_over, unseen
from core.audit import record
from core.languages import say
from inventory.exchange.cells import guarded
from inventory.exchange.drawn import Head, paper, workbook
from inventory.listing.listing import Asked, Listing, as_words, value_of

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def write_list(session: Session, listing: Listing, asked: Asked, kind: str, target: IO[bytes]) -> int:
    """Write a list; returns its rows. Refuses (413) what no sheet or stack of paper holds."""
    rows = _values(listing, asked, listing.rows(session, asked))
    about = say(asked.language, "{about}", about=listing.about(session, asked)) if listing.about else ""
    if kind == "csv":
        return _csv(listing, asked, _in_any_encoding(rows), target)
    headings, widths = _headings(listing, asked), [column.width for column in listing.columns]
    title = say(asked.language, listing.title)
    with TemporaryDirectory(prefix="readyshelf-") as folder:
        path = Path(folder, "list")
        if kind == "xlsx":
            number = apart_over(_in_any_encoding(rows), unseen, workbook, path, Head(title, headings, widths))
        else:
            signed = [say(asked.language, signature) for signature in listing.signatures]
            titled = f"{title} · {about}" if about else title
            head = Head(titled, headings, widths, asked.today.isoformat(), signed)
            number = apart_over(_in_words(rows), unseen, paper, path, head)
        with path.open("rb") as made:
            shutil.copyfileobj(made, target)
    return number


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


def _in_words(rows: Iterable[list[Any]]) -> Iterator[list[str]]:
    """As a page shows them, each in one line."""
    for row in rows:
        yield [" ".join(as_words(cell).split()) for cell in row]
