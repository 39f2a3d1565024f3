"""The shapes of the reference files, and reading them: every fault is named by file, row and column.

Rows are numbered as a spreadsheet does: the header is row 1.
"""

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inventory.reference.shapes import SHAPES, Shape

Row = dict[str, Any]
_CONTROL = re.compile(r"[\x00-\x1f]")


@dataclass(frozen=True)
class Damage:
    """One fault: where it stands and what is wrong."""

    file: str
    row: int
    column: str
    sentence: str

    def __str__(self) -> str:
        place = f", column {self.column}" if self.column else ""
        return f"{self.file}, row {self.row}{place}: {self.sentence}"


class DamagedFiles(Exception):
    """The files cannot be loaded; every fault found is listed, and nothing was changed."""

    def __init__(self, damages: list[Damage]) -> None:
        super().__init__("\n".join(str(damage) for damage in damages))
        self.damages = damages


@dataclass
class Reference:
    """The rows of all files, read and checked one by one and against each other."""

    rows: dict[str, list[Row]] = field(default_factory=dict)


def read_folder(folder: Path) -> Reference:
    """Read every reference file of a folder. Raises DamagedFiles with all faults of all files."""
    damages: list[Damage] = []
    reference = Reference()
    for name, shape in SHAPES.items():
        path = folder / f"{name}.csv"
        if path.exists():
            reference.rows[name] = _read_file(path, shape, damages)
        elif shape.needed:
            damages.append(Damage(path.name, 1, "", "the file is missing"))
    if len(reference.rows.get("city", [])) > 1:
        damages.append(Damage("city.csv", 3, "", "there is one city, in row 2"))
    if not damages:
        _check_links(reference, damages)
    if damages:
        raise DamagedFiles(damages)
    return reference


def _read_file(path: Path, shape: Shape, damages: list[Damage]) -> list[Row]:
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = path.read_bytes()[: error.start].count(b"\n") + 1
        damages.append(Damage(path.name, row, "", "the text is not UTF-8; save the file as CSV UTF-8"))
        return []
    lines = csv.reader(io.StringIO(content, newline=""))
    header = next(lines, [])
    missing = [column for column in shape.columns if column not in header and column not in shape.optional]
    damages += [Damage(path.name, 1, column, "the column is missing") for column in missing]
    if missing:
        return []
    rows: list[Row] = []
    seen: dict[tuple[Any, ...], int] = {}
    for cells in lines:
        row_number = len(rows) + 2
        values = _read_row(path.name, row_number, header, cells, shape, damages)
        key = tuple(values.get(column) for column in shape.key)
        if None not in key and key in seen:
            sentence = f"{' / '.join(map(str, key))} stands in row {seen[key]} already"
            damages.append(Damage(path.name, row_number, shape.key[-1], sentence))
        seen.setdefault(key, row_number)
        rows.append(values)
    return rows


def _read_row(file: str, number: int, header: list[str], cells: list[str], shape: Shape, damages: list[Damage]) -> Row:
    if len(cells) != len(header):
        damages.append(Damage(file, number, "", f"{len(cells)} cells where the header has {len(header)}"))
        return {}
    given = dict(zip(header, cells, strict=True))
    row: Row = {}
    for column, read in shape.columns.items():
        value = given.get(column, "").strip()
        if _CONTROL.search(value):
            damages.append(Damage(file, number, column, "this holds control characters"))
            continue
        try:
            row[column] = read(value)
        except ValueError as error:
            damages.append(Damage(file, number, column, str(error)))
    return row


_LINKS = (
    ("catalogue", "category", "categories", "code"),
    ("subdistricts", "district_code", "districts", "code"),
    ("par_levels", "item_code", "catalogue", "code"),
    ("kits", "kit_code", "catalogue", "code"),
    ("kits", "component_code", "catalogue", "code"),
    ("maintenance_plans", "item_code", "catalogue", "code"),
    ("checklists", "plan_id", "maintenance_plans", "plan_id"),
    ("synonyms", "item_code", "catalogue", "code"),
)


def _check_links(reference: Reference, damages: list[Damage]) -> None:
    """What one file names in another must be there."""
    rows = reference.rows
    for file, column, target, target_column in _LINKS:
        known = {row[target_column] for row in rows[target]}
        for number, row in enumerate(rows.get(file, []), start=2):
            if row[column] not in known:
                sentence = f"{row[column]!r} does not stand in {target}.csv"
                damages.append(Damage(f"{file}.csv", number, column, sentence))
    profiles = {row["code"] for name in ("station_types", "profile_tags") for row in rows[name]}
    known = {row["code"] for row in rows["catalogue"]}
    for file in ("needs", "capabilities"):
        for number, row in enumerate(rows.get(file, []), start=2):
            for code in set(row["items"].split()) - known:
                damages.append(Damage(f"{file}.csv", number, "items", f"{code!r} does not stand in catalogue.csv"))
    hazards = {row["code"] for row in rows.get("hazards", [])}
    for file, column in (("catalogue", "hazard"), ("hazards", "apart")):
        for number, row in enumerate(rows.get(file, []), start=2):
            for code in set((row.get(column) or "").split()) - hazards:
                damages.append(Damage(f"{file}.csv", number, column, f"{code!r} does not stand in hazards.csv"))
    groups = {row["any_of_group"] for row in rows["mandatory_profile"] if row["any_of_group"]}
    for file in ("mandatory_profile", "par_levels"):
        for number, row in enumerate(rows[file], start=2):
            if row["profile_code"] not in profiles:
                sentence = f"{row['profile_code']!r} is neither a station type nor an add-on"
                damages.append(Damage(f"{file}.csv", number, "profile_code", sentence))
            subject = row["item_code"]
            group = subject.removeprefix("GROUP:")
            if subject not in known and not (subject.startswith("GROUP:") and group in groups):
                sentence = f"{subject!r} is neither in catalogue.csv nor a group that any row names"
                damages.append(Damage(f"{file}.csv", number, "item_code", sentence))
