"""Going through a file row by row: each cell is read as its field, each fault is told with where it stands."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, Protocol

from core.languages import N_, say
from inventory.exchange.cells import FAILED, Cell, Nothing, Wrong, day, fold, is_empty, shown
from inventory.exchange.columns import Column, Layout, recognise
from inventory.exchange.findings import (
    CARRIED,
    FOOTNOTE,
    HIDDEN_ROWS,
    HIDDEN_SHEET,
    NO_TABLE,
    ZERO,
    Fault,
    Findings,
)
from inventory.exchange.sheets import Sheet, open_sheets
from inventory.exchange.showing import is_first_of_month

BATCH = 5000  # rows written at once
_TOTALS = frozenset(
    {
        "合计",
        "总计",
        "小计",
        "共计",
        "本页合计",
        "本页小计",
        "累计",
        "总合计",
        "合计数",
        "总数",
        "total",
        "totals",
        "sum",
        "subtotal",
        "grandtotal",
    }
)
_BLANK_BELOW = frozenset({"以下空白", "以下为空白", "以下无", "以下无内容", "以下无正文"})
_PAGE = re.compile(r"第\s*\d+\s*页.{0,12}|page\s*\d+(\s*(of|/)\s*\d+)?", re.IGNORECASE)
_SIGNED = re.compile(
    r"(制表|填表|审核|复核|审批|批准|负责|盘点|保管|经办|监盘|交接|移交|接收|单位负责|填报|盖章|签字|签名|日期|备注|注|说明|联系)"
    r"[人员者单位]*(签字|签名|盖章|日期|电话)?\s*[:：]|(prepared|checked|approved|signed|counted)( by)?\s*:|notes?\s*:",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class FieldSpec:
    """A field that a kind of file has.

    ``carried``: what an empty cell says. "merged": what the cell says with which it is merged across rows; "down": what
    the last row above said that said anything (X13); empty: nothing, and a cell merged across rows is refused.
    ``given``: where a file has no column for it, all rows may be said to have one value (X16).
    """

    name: str
    label: str
    read: Callable[[Cell], Any]
    required: bool = False
    carried: Literal["", "merged", "down"] = "merged"
    given: bool = False


@dataclass(frozen=True)
class Row:
    """A row whose cells could all be read. Fields whose cell is empty are missing from ``values``.

    ``headers``: what stands above each field's column.
    """

    sheet: str
    number: int
    values: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str, otherwise: Any = None) -> Any:
        return self.values.get(name, otherwise)


class WrongField(Wrong):
    """A row that does not fit what is there, by one of its fields."""

    def __init__(self, field: str, message: str, mend: str, **params: Any) -> None:
        super().__init__(message, mend, **params)
        self.field = field


class Seen:
    """In which row of a file each key stood, so that none stands there twice."""

    def __init__(self, field: str) -> None:
        self.field = field
        self._rows: dict[Any, int] = {}

    def once(self, key: Any, row: Row) -> None:
        """Note a row's key. Raises WrongField on one that was there before."""
        if key in self._rows:
            raise WrongField(
                self.field,
                N_("{value} stands in row {row} already"),
                N_("take one of the two rows out"),
                value=row.get(self.field),
                row=self._rows[key],
            )
        self._rows[key] = row.number


class Importer(Protocol):
    """What takes the rows of one kind of file."""

    def take(self, row: Row) -> None:
        """Check a row against the book and keep it for writing; raises WrongField."""

    def write(self) -> None:
        """Enter the rows taken since the last time."""

    def drop(self) -> None:
        """Forget the rows taken since the last time: only looking."""

    def finish(self) -> dict[str, Any]:
        """What was (or would be) entered, in figures."""


Progress = Callable[[int, int], None]  # rows done, rows in all


def read_layouts(subject: str, path: Path) -> list[Layout]:
    """How each sheet of a file would be read."""
    return [recognise(subject, sheet) for sheet in open_sheets(path)]


def go_through(
    path: Path,
    layouts: Sequence[Layout],
    fields: Sequence[FieldSpec],
    importer: Importer,
    progress: Progress,
    *,
    write: bool,
) -> Findings:
    """Read every row of every sheet that has a layout; with ``write`` enter them, batch by batch.

    Memory does not grow with the rows. Nothing is undone here: whoever opened the transaction does that if there are
    faults.
    """
    findings = Findings()
    by_name = {layout.sheet: layout for layout in layouts}
    sheets = [(sheet, by_name[sheet.name]) for sheet in open_sheets(path) if sheet.name in by_name]
    sheets = [(sheet, layout) for sheet, layout in sheets if layout.fields()]
    total = sum(sheet.total for sheet, _ in sheets)
    done = 0
    if not sheets:
        findings.note(_no_table())
    missing = {sheet.name: _missing(layout, fields) for sheet, layout in sheets}
    copies: dict[bytes, str] = {}
    whole = any(not faults for faults in missing.values())
    for sheet, layout in sheets:
        if faults := missing[sheet.name]:
            if whole and len(faults) > 1:  # a legend beside the table
                findings.leave_out(NO_TABLE, 0)
                continue
            for fault in faults:
                findings.note(fault)
            continue
        table = Table(sheet, layout, fields, findings)
        for number, cells in table.rows():
            _take(table, number, cells, importer, findings)
            if findings.rows % BATCH == 0:
                _settle(importer, write=write and not findings.count)
            if findings.rows % 500 == 0:
                progress(min(done + number, total), total)
        _tell_copy(table, copies, findings)
        done += sheet.total
    _settle(importer, write=write and not findings.count)
    progress(total, total)
    return findings


def _tell_copy(table: "Table", copies: dict[bytes, str], findings: Findings) -> None:
    """Note a sheet that says word for word what another one says: its rows would be booked twice."""
    other = copies.setdefault(table.digest.digest(), table.sheet.name) if table.said else table.sheet.name
    if other != table.sheet.name:
        wrong = Wrong(
            N_("this sheet says the same as the sheet {other}"),
            N_("leave one of the two out, or delete it"),
            other=other,
        )
        findings.note(_fault(table.sheet.name, table.layout.header_row, Column(0, "", ""), None, wrong))


def _settle(importer: Importer, *, write: bool) -> None:
    if write:
        importer.write()
    else:
        importer.drop()


class Table:
    """The rows of a sheet that are data, and what each of their cells says for its field."""

    def __init__(self, sheet: Sheet, layout: Layout, fields: Sequence[FieldSpec], findings: Findings) -> None:
        columns = layout.fields()
        self.sheet, self.layout, self.findings = sheet, layout, findings
        self.specs = [(columns[spec.name], spec) for spec in fields if spec.name in columns]
        given = [spec for spec in fields if spec.name in layout.given and spec.name not in columns]
        self.given = {spec.name: spec.read(layout.given[spec.name]) for spec in given}
        self.headers = {spec.name: column.header for column, spec in self.specs}
        self._unread = layout.unread()
        self.said, self.digest = 0, blake2b(digest_size=16)  # rows of data, and all that they say
        self._above: dict[str, Cell] = {}  # what fields said last that are carried down
        self._merged: dict[tuple[int, int], Cell] = {}  # by column and first row

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """Rows of data with their numbers; what is left out is noted."""
        for number, cells in self.sheet.rows:
            if number <= self.layout.header_row or all(map(is_empty, cells)):
                continue
            for column, _ in self.specs:
                if self._merged_from(column.index, number) == number:
                    self._merged[column.index, number] = _at(cells, column.index)
            why = self._why_not(number, cells)
            if why is not None:
                self.findings.leave_out(why, number)
                continue
            self.findings.rows += 1
            self._note_unread(number, cells)
            self.said += 1
            self.digest.update(repr(cells).encode())
            yield number, cells

    def _why_not(self, number: int, cells: Sequence[Cell]) -> str | None:
        if not self.layout.take_hidden and self.sheet.hidden:
            return HIDDEN_SHEET
        if not self.layout.take_hidden and number in self.sheet.hidden_at:
            return HIDDEN_ROWS
        beside = is_total(cells) or says_nothing(cells) or self._is_header_again(cells) or self._is_signed(cells)
        return FOOTNOTE if beside else None

    def _is_header_again(self, cells: Sequence[Cell]) -> bool:
        """The header once more, as on each page of a printed list."""
        here = [column for column in self.layout.columns if column.index < len(cells)]
        return len(here) > 1 and all(shown(cells[column.index]) == column.header for column in here)

    def _is_signed(self, cells: Sequence[Cell]) -> bool:
        """Who made the list and who looked at it: words with a colon in a row that lacks what each row must say."""
        first = next((cell for cell in cells if not is_empty(cell)), None)
        if not isinstance(first, str) or not _SIGNED.match(first.strip()):
            return False
        return any(spec.required and is_empty(_at(cells, column.index)) for column, spec in self.specs)

    def cell(self, number: int, cells: Sequence[Cell], column: Column, spec: FieldSpec) -> Cell:
        """What a row says in a column: its own cell, or what the cell says that it is merged with (X13).

        Raises Wrong on an amount or a number of its own that stands for several rows.
        """
        cell = _at(cells, column.index)
        first = self._merged_from(column.index, number)
        if first is not None:
            whole = self._merged.get((column.index, first))
            if not spec.carried and not is_empty(whole):
                raise Wrong(
                    N_("this cell is merged across several rows; each row needs one of its own"),
                    N_("unmerge the cell and write what holds for each row"),
                )
            cell = whole if is_empty(cell) else cell
        if not self.sheet.looked_into and spec.read is day and is_first_of_month(cell):
            raise Wrong(
                N_("in this kind of file it cannot be seen whether {value} is the day or only the month"),
                N_("save the file as an Excel workbook (.xlsx), or write 2027-02 where only the month is known"),
                value=shown(cell),
            )
        if spec.carried == "down":
            if is_empty(cell) and spec.name in self._above:
                self.findings.leave_out(CARRIED, number)
                return self._above[spec.name]
            self._above[spec.name] = cell
        return cell

    def _merged_from(self, index: int, number: int) -> int | None:
        for first, last in self.sheet.merged.get(index, ()):
            if first <= number <= last:
                return first
        return None

    def _note_unread(self, number: int, cells: Sequence[Cell]) -> None:
        """Name the columns that hold something here and that nobody would read (T88), each once."""
        left = []
        for column in self._unread:
            cell = _at(cells, column.index)
            if is_empty(cell):
                left.append(column)
                continue
            wrong = Wrong(N_("the column {header} is not read"), N_("say which field it is, or that it is left out"),
                          header=column.header or column.letter)  # fmt: skip
            self.findings.note(_fault(self.sheet.name, number, column, cell, wrong))
        self._unread = left


def _at(cells: Sequence[Cell], index: int) -> Cell:
    return cells[index] if index < len(cells) else None


def _take(table: Table, number: int, cells: Sequence[Cell], importer: Importer, findings: Findings) -> None:
    values = dict(table.given)
    sheet, faults = table.sheet.name, []
    found: dict[str, tuple[Column, Cell]] = {}
    for column, spec in table.specs:
        cell = _at(cells, column.index)
        try:
            cell = table.cell(number, cells, column, spec)
            value = _value(spec, cell)
        except Nothing:
            findings.leave_out(ZERO, number)
            return
        except Wrong as wrong:
            faults.append(_fault(sheet, number, column, cell, wrong))
            continue
        found[spec.name] = (column, cell)
        if value is not None:
            values[spec.name] = value
    for fault in faults:
        findings.note(fault)
    if faults:
        return
    try:
        importer.take(Row(sheet, number, values, table.headers))
    except WrongField as wrong:
        column, cell = found.get(wrong.field, (Column(0, "", ""), None))
        findings.note(_fault(sheet, number, column, cell, wrong))


def _value(spec: FieldSpec, cell: Cell) -> Any:
    """What a cell says for its field; none where it is empty. Raises Wrong, also on a formula that failed (X5)."""
    if is_empty(cell):
        if spec.required:
            raise Wrong(N_("this must be filled in"), N_("fill it in, or take the whole row out"))
        return None
    if isinstance(cell, str) and cell.strip().upper() in FAILED:
        raise Wrong(
            N_("a formula in this cell has failed: {value}"),
            N_("mend the formula, or write what should stand here"),
            value=cell.strip(),
        )
    return spec.read(cell)


def _fault(sheet: str, number: int, column: Column, cell: Cell, wrong: Wrong) -> Fault:
    return Fault(sheet, number, column.letter, column.header, shown(cell), wrong.message, wrong.mend, wrong.params)


def _missing(layout: Layout, fields: Sequence[FieldSpec]) -> list[Fault]:
    columns = layout.fields()
    return [
        Fault(
            layout.sheet,
            layout.header_row,
            "",
            "",
            "",
            N_("the column {field} is missing"),
            N_("add the column, or say which of the columns it is"),
            {"field": (say("zh", spec.label), spec.label)},
        )
        for spec in fields
        if spec.required and spec.name not in columns and spec.name not in layout.given
    ]


def _no_table() -> Fault:
    return Fault(
        "",
        1,
        "",
        "",
        "",
        N_("no table with known column headers was found"),
        N_("put one row of headers above the data, or say which column is which"),
    )


def is_total(cells: Sequence[Cell]) -> bool:
    """A line of sums under the table is no data."""
    first = next((cell for cell in cells if not is_empty(cell)), None)
    return isinstance(first, str) and fold(first).rstrip(":") in _TOTALS


def says_nothing(cells: Sequence[Cell]) -> bool:
    """The number of a page; or that nothing stands below, with the number of its line at most."""
    said = [cell for cell in cells if not is_empty(cell)]
    if len(said) == 1 and isinstance(said[0], str) and _PAGE.fullmatch(said[0].strip()):
        return True
    return len(said) < 3 and any(isinstance(cell, str) and fold(cell) in _BLANK_BELOW for cell in said)
