"""A file read row by row without a database: what each row says, or what is wrong with it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from inventory.exchange.columns import Layout
from inventory.exchange.findings import Fault, Findings
from inventory.exchange.reading import Row, go_through, read_layouts
from inventory.exchange.subjects import SUBJECTS


@dataclass
class Rows:
    """Takes every row and books nothing."""

    taken: list[Row] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    layouts: list[Layout] = field(default_factory=list)

    def take(self, row: Row) -> None:
        self.taken.append(row)

    def write(self) -> None: ...

    def drop(self) -> None: ...

    def finish(self) -> dict[str, Any]:
        return {}

    @property
    def values(self) -> list[dict[str, Any]]:
        return [row.values for row in self.taken]

    @property
    def faults(self) -> list[Fault]:
        return self.findings.faults

    def notes(self) -> dict[str, int]:
        return {note.why: note.count for note in self.findings.notes()}


def read_file(path: Path, subject: str = "stock", **changes: Any) -> Rows:
    """Read a file as an import of its kind would; ``changes`` are made to each sheet's layout."""
    rows = Rows()
    layouts = [msgspec.structs.replace(layout, **changes) for layout in read_layouts(subject, path)]
    rows.layouts = layouts
    rows.findings = go_through(path, layouts, SUBJECTS[subject].fields, rows, lambda *_: None, write=False)
    return rows
