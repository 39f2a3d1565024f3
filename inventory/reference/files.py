"""The shapes of the reference files, and reading them: every fault is named by file, row and column.

Rows are numbered as a spreadsheet does: the header is row 1.
"""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from inventory.clocks.terms import Anchor

Row = dict[str, Any]


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


def text(longest: int, required: bool = True) -> Callable[[str], str]:
    """A reader of texts up to a length."""

    def read(value: str) -> str:
        if required and not value:
            raise ValueError("this must be filled in")
        if len(value) > longest:
            raise ValueError(f"this is longer than {longest} characters")
        return value

    return read


def whole(value: str) -> int | None:
    """A whole number from 0, or nothing."""
    if not value:
        return None
    if not value.isascii() or not value.isdigit():
        raise ValueError(f"{value!r} is not a whole number")
    return int(value)


def number(value: str) -> Decimal:
    """A decimal from 0 with at most three places."""
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not found.is_finite() or found < 0 or found != round(found, 3):
        raise ValueError(f"{value!r} is not a number from 0 with at most three decimals")
    return found


def maybe_number(value: str) -> Decimal | None:
    """A decimal, or nothing."""
    return number(value) if value else None


def maybe_date(value: str) -> date | None:
    """A date such as 2024-03-31, or nothing."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise ValueError(f"{value!r} is not a date such as 2024-03-31") from None


def month_day(value: str) -> str:
    """A month and day such as 09-15, or nothing."""
    if value:
        try:
            date.fromisoformat(f"2024-{value}")
        except ValueError:
            raise ValueError(f"{value!r} is not a month and day such as 09-15") from None
    return value


def degrees(limit: float) -> Callable[[str], float]:
    """A reader of a coordinate within plus or minus ``limit`` degrees."""

    def read(value: str) -> float:
        try:
            found = float(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a coordinate") from None
        if not -limit <= found <= limit:
            raise ValueError(f"{value!r} lies outside {-limit:g} to {limit:g} degrees")
        return found

    return read


def one_of(*words: str) -> Callable[[str], str]:
    """A reader of one of some words."""

    def read(value: str) -> str:
        if value not in words:
            raise ValueError(f"{value!r} is none of {', '.join(word or '(empty)' for word in words)}")
        return value

    return read


@dataclass(frozen=True)
class Shape:
    """The columns of a file that are read, which of them may be missing, and what makes a row unique."""

    columns: Mapping[str, Callable[[str], Any]]
    key: tuple[str, ...]
    optional: frozenset[str] = frozenset()
    needed: bool = True  # the whole file


YES_NO = one_of("Y", "N", "")
_EXTRA = frozenset(
    [
        "decimals",
        "consumable",
        "controlled",
        "hard_stop",
        "opened_counts",
        "warn_days",
        "pack_size",
        "pack_unit_zh",
        "pack_unit_en",
    ]
)
_PLAN_EXTRA = frozenset(
    [
        "kind",
        "anchor_on",
        "season_from",
        "season_to",
        "off_interval",
        "off_unit",
        "crowded_types",
        "crowded_interval",
        "crowded_unit",
        "meter",
        "meter_interval",
        "grace_days",
    ]
)
SHAPES: dict[str, Shape] = {
    "categories": Shape({"code": text(8), "name_zh": text(50), "name_en": text(100)}, ("code",)),
    "districts": Shape({"code": text(8), "name_zh": text(50), "name_en": text(50)}, ("code",)),
    "subdistricts": Shape(
        {
            "code": text(16),
            "district_code": text(8),
            "name_zh": text(50),
            "name_en": text(50),
            "lat": degrees(90),
            "lon": degrees(180),
            "spread_km": number,
        },
        ("code",),
        needed=False,
    ),
    "station_types": Shape(
        {
            "code": text(8),
            "name_zh": text(50),
            "name_en": text(100),
            "count_2023_11": text(40, required=False),
            "what_it_is": text(500, required=False),
        },
        ("code",),
    ),
    "profile_tags": Shape({"code": text(8), "name_zh": text(50), "meaning": text(500, required=False)}, ("code",)),
    "catalogue": Shape(
        {
            "code": text(32),
            "name_zh": text(100),
            "name_en": text(150),
            "category": text(8),
            "unit_zh": text(20),
            "unit_en": text(20),
            "tracking_mode": one_of("ASSET", "LOT", "BULK", "KIT", "VEHICLE"),
            "shelf_life_months": whole,
            "retire_age_months": whole,
            "opened_life_days": whole,
            "life_note": text(500, required=False),
            "hazards": text(300, required=False),
            "source": text(100, required=False),
            "decimals": whole,
            "consumable": YES_NO,
            "controlled": YES_NO,
            "hard_stop": YES_NO,
            "opened_counts": YES_NO,
            "warn_days": text(40, required=False),
            "pack_size": maybe_number,
            "pack_unit_zh": text(20, required=False),
            "pack_unit_en": text(20, required=False),
        },
        ("code",),
        _EXTRA,
    ),
    "mandatory_profile": Shape(
        {
            "profile_code": text(8),
            "profile_kind": one_of("type", "add-on"),
            "level": one_of("MUST", "SHOULD"),
            "item_code": text(40),
            "item_zh": text(100, required=False),
            "item_en": text(100, required=False),
            "min_qty": number,
            "any_of_group": text(32, required=False),
            "combine_rule_with_addon": one_of("max", "sum"),
            "requirement_source": text(200, required=False),
            "quantity_source": text(50, required=False),
        },
        ("profile_code", "item_code"),
        frozenset({"item_zh", "item_en"}),
    ),
    "par_levels": Shape(
        {"profile_code": text(8), "item_code": text(32), "min_qty": number, "par_qty": number},
        ("profile_code", "item_code"),
    ),
    "kits": Shape(
        {"kit_code": text(32), "component_code": text(32), "qty": number, "role": text(20, required=False)},
        ("kit_code", "component_code"),
    ),
    "maintenance_plans": Shape(
        {
            "plan_id": text(16),
            "item_code": text(32),
            "task_zh": text(200),
            "task_en": text(200),
            "anchor": one_of(*Anchor),
            "first_after_months": whole,
            "interval": whole,
            "unit": one_of("month", "week", "day", "use", "shift"),
            "done_by": text(50, required=False),
            "blocks_use_when_overdue": YES_NO,
            "source": text(50, required=False),
            "clause": text(200, required=False),
            "confidence": text(50, required=False),
            "note": text(500, required=False),
            "kind": one_of("check", "service", "scrap", ""),
            "anchor_on": maybe_date,
            "season_from": month_day,
            "season_to": month_day,
            "off_interval": whole,
            "off_unit": one_of("month", "week", "day", ""),
            "crowded_types": text(40, required=False),
            "crowded_interval": whole,
            "crowded_unit": one_of("month", "week", "day", ""),
            "meter": one_of("hours", "cycles", "km", ""),
            "meter_interval": maybe_number,
            "grace_days": whole,
        },
        ("plan_id",),
        _PLAN_EXTRA,
    ),
    "checklists": Shape(
        {
            "plan_id": text(16),
            "key": text(24),
            "kind": one_of("yes_no", "reading", "choice", "photo"),
            "question_zh": text(200),
            "question_en": text(200),
            "low": maybe_number,
            "high": maybe_number,
            "unit": text(16, required=False),
            "choices": text(200, required=False),
            "good": text(200, required=False),
        },
        ("plan_id", "key"),
        needed=False,
    ),
    "synonyms": Shape({"item_code": text(32), "word": text(60)}, ("item_code", "word"), needed=False),
    "needs": Shape(
        {"code": text(24), "name_zh": text(60), "name_en": text(60), "words": text(500), "items": text(300)},
        ("code",),
        needed=False,
    ),
    "capabilities": Shape(
        {
            "capability": text(24),
            "name_zh": text(60),
            "name_en": text(60),
            "part": whole,
            "items": text(300),
            "quantity": number,
        },
        ("capability", "part"),
        needed=False,
    ),
}


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
        if any(ord(char) < 32 for char in value):
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
