"""Fifty spreadsheets of other programs and of offices, and the books that each makes."""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import xlsxwriter
from sqlalchemy.orm import Session

from inventory.exchange.columns import Layout
from inventory.exchange.findings import Findings
from inventory.exchange.into_stock import IntoStock
from inventory.exchange.reading import go_through, read_layouts
from inventory.exchange.stock_fields import FIELDS
from tests.conftest import Town
from tests.inventory.exchange.files import table
from tests.inventory.exchange.forty_sheets import FORTY, Paper
from tests.inventory.exchange.ten_more_sheets import TEN

ALL = [*FORTY, *TEN]


def as_csv(paper: Paper, folder: Path) -> Path:
    encoding, _, delimiter = paper.csv.partition(" ")
    rows = [["" if cell is None else cell for cell in row] for row in paper.rows]
    return table(folder / f"{ALL.index(paper)}.csv", rows, encoding, delimiter)


def as_workbook(papers: list[Paper], path: Path) -> Path:
    """One workbook with a sheet for each: a file is tried by a process of its own, which costs time."""
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for paper in papers:
            sheet = book.add_worksheet(paper.name)
            for merged in paper.merged:
                sheet.merge_range(*merged, "")
            for number, row in enumerate(paper.rows):
                for column, cell in enumerate(row):
                    code = paper.formats.get((number, column))
                    look = book.add_format({"num_format": code}) if code else None
                    if isinstance(cell, (date, datetime)):
                        sheet.write_datetime(number, column, cell, look or day)
                    elif cell is not None:
                        sheet.write(number, column, cell, look)
            for number in paper.hidden:
                sheet.set_row(number, None, None, {"hidden": True})
            for number in paper.hidden_columns:
                sheet.set_column(number, number, None, None, {"hidden": True})
    return path


def laid_out(paper: Paper, layout: Layout) -> Layout:
    """The layout with what was said on the page."""
    columns = [
        msgspec.structs.replace(column, field=paper.columns.get(column.letter, column.field))
        for column in layout.columns
    ]
    return msgspec.structs.replace(layout, columns=columns, given=dict(paper.given))


def looked_through(session: Session, town: Town, path: Path, layout: Layout) -> tuple[list[Any], Findings]:
    clock = town.context.clock
    importer = IntoStock(session, town.callers["admin"], uuid4(), "x", clock.now(), clock.today())
    lines: list[Any] = []
    drop = importer.drop

    def dropped() -> None:
        for one in importer.taken:
            lot = one.facts.serial or one.facts.number
            ends = one.facts.expires_on.isoformat() if one.facts.expires_on else None
            lines.append((one.item.code, one.quantity, lot, ends))
        drop()

    importer.drop = dropped  # type: ignore[method-assign]  # what was taken is looked at before it is let go
    findings = go_through(path, [layout], FIELDS, importer, lambda *_: None, write=False)
    return lines, findings


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_of_fifty_spreadsheets_makes_the_books_it_means(town: Town, tmp_path: Path) -> None:
    assert (len(FORTY), len(TEN)) == (40, 10)
    papers = [paper for paper in ALL if not paper.csv]
    book = as_workbook(papers, tmp_path / "a.xlsx")
    found = {paper.name: (book, layout) for paper, layout in zip(papers, read_layouts("stock", book), strict=True)}
    for paper in ALL:
        if paper.csv:
            path = as_csv(paper, tmp_path)
            found[paper.name] = (path, read_layouts("stock", path)[0])
    wrong = []
    for paper in ALL:
        path, layout = found[paper.name]
        lines, findings = town.run(looked_through, town, path, laid_out(paper, layout))
        faults = [f"{fault.column}{fault.row}" for fault in findings.faults]
        meant = [(item, Decimal(quantity), lot, ends) for item, quantity, lot, ends in paper.lines]
        if (lines, faults) != (meant, list(paper.faults)):
            wrong.append((paper.name, lines, faults, [fault.told("en") for fault in findings.faults]))
    assert not wrong, "\n".join(map(str, wrong))
