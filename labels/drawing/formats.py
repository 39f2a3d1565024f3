"""Sizes of labels as data: ``reference/label_formats.csv``, and what an administrator has made of them.

A format is a row, not code: how large the paper is, which symbol goes on it, what it says and in which order.
"""

import csv
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

import msgspec

from core.errors import Refusal, bad_field
from core.languages import N_
from core.settings import ROOT

FILE = ROOT / "reference" / "label_formats.csv"
FIELDS = ("name", "code", "depot", "place", "next_date", "phone", "number", "weight", "other_name")
NAMES = {
    "name": N_("name"),
    "code": N_("code"),
    "depot": N_("depot"),
    "place": N_("place"),
    "next_date": N_("next date"),
    "phone": N_("phone"),
    "number": N_("serial or batch number"),
    "weight": N_("weight"),
    "other_name": N_("name in the other language"),
}
A4_MM = (210.0, 297.0)
WITH_QUIET = 1.25  # a symbol's side with its quiet zones, in sides
LEAST_WORDS_MM = 8.0
# What can still be drawn and cut: narrower paper leaves no room for a code, wider does not pass a label printer
_RANGES: dict[str, tuple[float, float]] = {
    "width": (20, 110),
    "height": (12, 160),
    "symbol_mm": (8, 100),
    "bars_mm": (0, 30),
    "large": (2, 20),
    "small": (2, 20),
    "date_mm": (0, 20),
}


class Format(msgspec.Struct, frozen=True):
    """One size of label, in millimetres. ``says`` names what stands on it, the most important first."""

    code: str
    medium: Literal["roll", "sheet"]
    width: float
    height: float
    symbol: Literal["qr", "datamatrix"]
    symbol_mm: float  # its side at most, without its quiet zone
    bars_mm: float  # height of the Code128 for hand-held line scanners; 0: none
    large: float  # height of the letters of the name
    small: float  # height of all other letters
    says: tuple[str, ...]
    date_mm: float = 0  # height of the date's digits; 0: as small as all else
    columns: int = 1
    rows: int = 1
    left: float = 0  # of the first sticker, from the sheet's edge
    top: float = 0
    across: float = 0  # from one sticker to the next
    down: float = 0
    use: str = ""
    use_zh: str = ""

    @property
    def measures(self) -> str:
        """Width and height as pages show them."""
        return f"{self.width:g} × {self.height:g} mm"

    @property
    def per_page(self) -> int:
        """How many stickers a page has."""
        return self.columns * self.rows

    @property
    def page_mm(self) -> tuple[float, float]:
        """The paper: A4, or the label itself on a roll."""
        return A4_MM if self.medium == "sheet" else (self.width, self.height)

    def origin(self, position: int) -> tuple[float, float]:
        """Upper left corner of a sticker on its page; positions count from 0 in reading order."""
        row, column = divmod(position, self.columns)
        return self.left + column * self.across, self.top + row * self.down


@cache
def built_in() -> dict[str, Format]:
    """The formats of the reference file, by code. Raises ValueError naming row and fault if it is damaged."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["code"]: _format(number, row) for number, row in enumerate(rows, 2)}


def _format(number: int, row: Mapping[str, str]) -> Format:
    try:
        made = msgspec.convert(_named(row), Format, strict=False)
        check_format(made)
    except (KeyError, Refusal, msgspec.ValidationError) as fault:
        raise ValueError(f"{FILE.name}, row {number}: {fault}") from None
    return made


def _named(row: Mapping[str, str]) -> dict[str, Any]:
    plain = ("code", "medium", "symbol", "symbol_mm", "bars_mm", "date_mm", "columns", "rows", "use", "use_zh")
    in_mm = ("width", "height", "large", "small", "left", "top", "across", "down")
    named: dict[str, Any] = {name: row[name] for name in plain}
    return named | {name: row[f"{name}_mm"] for name in in_mm} | {"says": row["says"].split()}


def check_format(wanted: Format) -> None:
    """Refuse (422) a format that cannot be drawn, naming the field."""
    for name, (least, most) in _RANGES.items():
        if not least <= getattr(wanted, name) <= most:
            raise bad_field(name, N_("from {least} to {most} mm"), least=f"{least:g}", most=f"{most:g}")
    unknown = [field for field in wanted.says if field not in FIELDS]
    if unknown:
        raise bad_field("says", N_("a label does not know {unknown}"), unknown=", ".join(unknown))
    if "code" not in wanted.says:
        message = N_("the code must stand on every label, for it is what one types when the symbol is gone")
        raise bad_field("says", message)
    if wanted.symbol_mm > wanted.height - wanted.bars_mm:
        raise bad_field("symbol_mm", N_("the symbol is higher than the label"))
    if wanted.width - WITH_QUIET * wanted.symbol_mm < LEAST_WORDS_MM:
        raise bad_field("symbol_mm", N_("no room is left beside the symbol for the code in letters"))
    if wanted.medium == "sheet":
        ends = wanted.origin(wanted.per_page - 1)
        if ends[0] + wanted.width > A4_MM[0] or ends[1] + wanted.height > A4_MM[1]:
            raise bad_field("columns", N_("the stickers do not fit on A4"))


def of_size(size: str, own: Mapping[str, Format] | None = None) -> Format:
    """The format with this code. Refuses (422) an unknown one, naming those there are."""
    known = {**built_in(), **(own or {})}
    if size not in known:
        raise bad_field("size", N_("the sizes are {sizes}"), sizes=", ".join(known))
    return known[size]


def rolls() -> tuple[str, ...]:
    """The built-in formats of rolls."""
    return tuple(code for code, form in built_in().items() if form.medium == "roll")
