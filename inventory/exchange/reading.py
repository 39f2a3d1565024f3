"""Going through a file row by row: each cell is read as its field, each fault is told with where it stands."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import msgspec

from core.languages import N_, say
from inventory.exchange.cells import Cell, Wrong, fold, is_empty, shown
from inventory.exchange.columns import Column, Layout, recognise
from inventory.exchange.sheets import open_sheets

MOST_FAULTS = 1000  # kept; more are counted
BATCH = 5000  # rows written at once
_TOTALS = frozenset({"合计", "总计", "小计", "total", "totals", "sum", "subtotal"})


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: where, what, and how to mend it (text ids with their params)."""

    sheet: str
    row: int
    column: str  # letter; empty: the whole row
    header: str
    value: str
    message: str
    mend: str
    params: dict[str, Any] = {}

    def told(self, language: str) -> tuple[str, str]:
        """What is wrong and how to mend it, in a language."""
        # kept as JSON, a pair of names in both languages comes back as a list
        params = {name: tuple(value) if isinstance(value, list) else value for name, value in self.params.items()}
        return say(language, self.message, **params), say(language, self.mend, **params)


@dataclass(frozen=True)
class FieldSpec:
    """A field that a kind of file has."""

    name: str
    label: str
    read: Callable[[Cell], Any]
    required: bool = False


@dataclass(frozen=True)
class Row:
    """A row whose cells could all be read. Fields whose cell is empty are missing from ``values``."""

    sheet: str
    number: int
    values: dict[str, Any]

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


@dataclass
class Findings:
    """The faults of a file: all counted, the first thousand kept."""

    count: int = 0
    faults: list[Fault] = field(default_factory=list)
    rows: int = 0

    def note(self, fault: Fault) -> None:
        self.count += 1
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)


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
    for sheet, layout in sheets:
        columns = layout.fields()
        if missing := _missing(layout, fields):
            for fault in missing:
                findings.note(fault)
            continue
        specs = [(columns[spec.name], spec) for spec in fields if spec.name in columns]
        unread = layout.unread()
        for number, cells in sheet.rows:
            done += 1
            if done % 500 == 0:
                progress(done, total)
            if number <= layout.header_row or all(map(is_empty, cells)) or _is_total(cells):
                continue
            findings.rows += 1
            unread = _told_unread(layout, unread, number, cells, findings)
            _take(sheet.name, number, cells, specs, importer, findings)
            if findings.rows % BATCH == 0:
                _settle(importer, write and not findings.count)
    _settle(importer, write and not findings.count)
    progress(total, total)
    return findings


def _settle(importer: Importer, write: bool) -> None:
    if write:
        importer.write()
    else:
        importer.drop()


def _take(
    sheet: str,
    number: int,
    cells: Sequence[Cell],
    specs: Iterable[tuple[Column, FieldSpec]],
    importer: Importer,
    findings: Findings,
) -> None:
    values: dict[str, Any] = {}
    before = findings.count
    found: dict[str, tuple[Column, Cell]] = {}
    for column, spec in specs:
        cell = cells[column.index] if column.index < len(cells) else None
        found[spec.name] = (column, cell)
        if is_empty(cell):
            if spec.required:
                wrong = Wrong(N_("this must be filled in"), N_("fill it in, or take the whole row out"))
                findings.note(_fault(sheet, number, column, cell, wrong))
            continue
        try:
            values[spec.name] = spec.read(cell)
        except Wrong as wrong:
            findings.note(_fault(sheet, number, column, cell, wrong))
    if findings.count > before:
        return
    try:
        importer.take(Row(sheet, number, values))
    except WrongField as wrong:
        column, cell = found.get(wrong.field, (Column(0, "", ""), None))
        findings.note(_fault(sheet, number, column, cell, wrong))


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
        if spec.required and spec.name not in columns
    ]


def _told_unread(
    layout: Layout, unread: list[Column], number: int, cells: Sequence[Cell], findings: Findings
) -> list[Column]:
    """Name the columns that hold something here and that nobody would read (T88); returns the others."""
    left = []
    for column in unread:
        cell = cells[column.index] if column.index < len(cells) else None
        if is_empty(cell):
            left.append(column)
            continue
        wrong = Wrong(N_("the column {header} is not read"), N_("say which field it is, or that it is left out"),
                      header=column.header)  # fmt: skip
        findings.note(_fault(layout.sheet, number, column, cell, wrong))
    return left


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


def _is_total(cells: Sequence[Cell]) -> bool:
    """A line of sums under the table is no data."""
    first = next((cell for cell in cells if not is_empty(cell)), None)
    return isinstance(first, str) and fold(first).rstrip(":") in _TOTALS
