"""Pure rules of reading cells: the many ways in which people write codes, dates, numbers and quantities.

A reader gives the value or raises ``Wrong``, which says what is wrong and how to mend it.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from core.inputs import without_marks
from core.languages import N_
from inventory.stock.rules import month_end

Cell = str | float | int | bool | date | datetime | time | timedelta | None

# A number that a spreadsheet made of a long code: its last digits are gone (T93)
_DAMAGED = re.compile(r"\d(\.\d+)?[eE]\+\d+", re.ASCII)
_QUANTITY = re.compile(r"(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s*(\D*)", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})\s*日?|\s*月?)", re.ASCII)
_REPUBLIC = re.compile(
    r"(?:中华)?民国\s*(\d{2,3})\s*[-/.年]\s*(\d{1,2})(?:\s*[-/.月]\s*(\d{1,2})\s*日?|\s*月?)", re.ASCII
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})", re.ASCII)
_ENGLISH = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[ ./-]*)?([A-Za-z]{3,9})\.?[ ,./-]*(?:(\d{1,2})(?:st|nd|rd|th)?,?[ -]+)?(\d{4})",
    re.ASCII | re.IGNORECASE,
)
_YEAR_THEN_WORD = re.compile(r"(\d{4})[ ./-]*([A-Za-z]{3,9})\.?(?:[ ./-]*(\d{1,2}))?", re.ASCII)
_MONTH_FIRST = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{4})", re.ASCII)
_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
# What a number cell makes of a month that was typed with a point (X1): 2027.10 is stored as 2027.1
_POINTED = re.compile(r"(\d{4})\.(\d{1,2})", re.ASCII)
# What a spreadsheet shows where a formula failed (X5)
FAILED = frozenset(
    {
        "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#FIELD!",
        "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#GETTING_DATA", "#PYTHON!", "#EXTERNAL!",
    }
)  # fmt: skip
# Excel counts days from here (its day 60, 29 February 1900, never was); only plausible dates are taken for one
_EXCEL_ZERO, _EXCEL_FIRST, _EXCEL_LAST = date(1899, 12, 30), 20_000, 80_000
_SINCE_1904 = timedelta(days=1462)  # by which a workbook of the 1904 system counts less (X18)
_NO_DATE = frozenset({"无", "无期限", "长期", "长期有效", "不过期", "none", "no expiry", "never", "n/a", "-", "—", "/"})
_UNKNOWN_DATE = frozenset({"不详", "未知", "不清", "看不清", "模糊", "unknown", "unreadable", "?", "??"})
_YES = frozenset({"是", "y", "yes", "true", "1", "√", "✓", "有"})
_NO = frozenset({"否", "n", "no", "false", "0", "×", "✗", "x", "无"})
_CONTROL = frozenset({"Cc", "Cs", "Cn"})
# Words for "there is none" where a code should stand
_NO_CODE = frozenset(
    {"", "无", "暂无", "没有", "不详", "未知", "-", "--", "—", "——", "/", "\\", "n/a", "na", "none", "nil"}
)


class Number(float):
    """A number cell, with what its sheet shows of it."""

    places: int | None = None  # decimals that its format shows
    since_1904 = False  # as a date it counts from 1904
    whole: Literal["", "month", "year"] = ""  # as a date only the month, or only the year, is shown


class Month(date):
    """A date cell of which its sheet shows the month alone (X2)."""


class Year(date):
    """A date cell of which its sheet shows the year alone (X2)."""


class Pointed(str):
    """A text of a CSV file that may have been a number: 2027.1 is January or October (X1)."""


class Wrong(Exception):
    """A cell that cannot be used: what is wrong and how to mend it, as text ids with their params."""

    def __init__(self, message: str, mend: str, **params: Any) -> None:
        super().__init__(message.format(**params))
        self.message, self.mend, self.params = message, mend, params


class Nothing(Exception):
    """A cell that says that its row has nothing to book: a quantity of 0 (X16)."""


@dataclass(frozen=True)
class Day:
    """A date as written: to the day or to the month (T01), or said to be unreadable (T09)."""

    on: date | None
    precision: str = "day"
    unknown: bool = False


def fold(text: str) -> str:
    """What two writings of the same word have in common: full-width forms, case and blanks do not count."""
    return "".join(unicodedata.normalize("NFKC", without_marks(text)).casefold().split())


def is_empty(cell: Cell) -> bool:
    """Whether nothing stands there."""
    return cell is None or (isinstance(cell, str) and not without_marks(cell).strip())


def shown(cell: Cell) -> str:
    """A cell as its sheet shows it, for telling a fault."""
    if isinstance(cell, Number) and cell.places:
        return f"{cell:.{cell.places}f}"
    if isinstance(cell, Month):
        return f"{cell:%Y-%m}"
    if isinstance(cell, Year):
        return f"{cell:%Y}"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return "" if cell is None else str(cell).strip()[:100]


def text(cell: Cell, longest: int, *, lines: bool = False) -> str:
    """Words, on one line unless it may be several (``lines``). The mark of ``guarded`` is taken off again."""
    if isinstance(cell, (datetime, date, time, timedelta)):
        raise Wrong(N_("this is a date where words are expected"), N_("format the column as text and write it anew"))
    said = unguarded(shown(cell) if not isinstance(cell, str) else without_marks(cell).strip())
    if any(unicodedata.category(char) in _CONTROL and char not in "\n\r\t" for char in said) or "\ufffd" in said:
        raise Wrong(
            N_("this holds characters that cannot be shown or kept"),
            N_("write it anew; if it looks garbled, save the file as CSV UTF-8 or as an Excel workbook"),
        )
    said = "\n".join(said.splitlines()) if lines else " ".join(said.split())
    if len(said) > longest:
        raise Wrong(
            N_("this is too long: at most {longest} characters"), N_("shorten it, or use the note"), longest=longest
        )
    return said


def guarded(said: str) -> str:
    """Words as a CSV file may hold them: a spreadsheet must not take them for a formula."""
    return f"'{said}" if said[:1] in ("=", "+", "-", "@", "\t", "\r") else said


def unguarded(said: str) -> str:
    """The words behind the mark of ``guarded``."""
    return said[1:] if said[:1] == "'" and said[1:2] in ("=", "+", "-", "@", "\t", "\r") else said


def code(cell: Cell, longest: int) -> str:
    """A code that must be kept letter by letter, its leading zeros too (T93).

    A number cell is refused: nobody can say whether it once began with zeros or had more digits.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        raise Wrong(
            N_("the spreadsheet keeps this code as a number; leading zeros and last digits may be lost"),
            N_("format the column as text and type the code anew, as it stands on the thing"),
        )
    said = text(cell, longest)
    if _DAMAGED.fullmatch(unicodedata.normalize("NFKC", said)):
        raise Wrong(
            N_("a spreadsheet has shortened this code ({value}); its last digits are lost"),
            N_("format the column as text and type the code anew, as it stands on the thing"),
            value=said,
        )
    return unicodedata.normalize("NFKC", said)


def listed(cell: Cell, longest: int) -> str:
    """A code that is looked up in a list: a whole number will do, for it is found there or it is not."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 10**15:
        return str(int(cell))
    return code(shown(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell, longest)


def phone(cell: Cell) -> str:
    """A telephone number; as a number cell only where no leading zero can be lost (eleven digits, a mobile's)."""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and 10**10 <= cell < 2 * 10**10:
        return str(int(cell))
    return code(cell, 32)


def product_code(cell: Cell) -> str:
    """A GTIN, as 8 to 14 digits with the right check digit; zeros lost in front do no harm to it."""
    digits = listed(cell, 20).replace(" ", "").replace("-", "")
    wrong = Wrong(
        N_("{value} is no product code: 8 to 14 digits, the last of which checks the others"),
        N_("type the digits under the maker's bar code"),
        value=shown(cell),
    )
    if not (digits.isascii() and digits.isdigit() and 1 < len(digits) <= 14):
        raise wrong
    digits = digits.zfill(14)
    if sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits)) % 10:
        raise wrong
    return digits


def measured(cell: Cell) -> tuple[Decimal, str] | None:
    """A number from 0 and what is written behind it, such as "１２ 瓶", "1,200", "3箱"; None where there is none."""
    bare = isinstance(cell, (bool, date, time, timedelta))
    found = None if bare else _QUANTITY.fullmatch(unicodedata.normalize("NFKC", _plain(cell)))
    return None if found is None else (Decimal(found[1].replace(",", "")), found[2].strip())


def quantity(cell: Cell) -> tuple[Decimal, str]:
    """A quantity above zero and the unit written behind it."""
    wrong = Wrong(
        N_("{value} is not a quantity above zero with at most three decimals"),
        N_("write a number such as 3 or 0.5; the unit may follow it"),
        value=shown(cell),
    )
    found = measured(cell)
    if found is None:
        raise wrong
    amount, unit = found
    if amount == 0:
        raise Nothing
    if not 0 < amount < 10**9 or amount != round(amount, 3):
        raise wrong
    return amount, unit


def number(cell: Cell) -> Decimal:
    """A number from 0 with at most three decimals."""
    amount, unit = measured(cell) or (Decimal(-1), "")
    if unit or not 0 <= amount < 10**9 or amount != round(amount, 3):
        raise Wrong(
            N_("{value} is not a number from 0 with at most three decimals"),
            N_("write a number such as 3 or 0.5"),
            value=shown(cell),
        )
    return amount


def whole(cell: Cell) -> int:
    """A whole number from 0."""
    amount = number(cell)
    if amount != amount.to_integral_value():
        raise Wrong(N_("{value} is not a whole number"), N_("write a whole number such as 12"), value=shown(cell))
    return int(amount)


def degrees(cell: Cell, limit: int) -> float:
    """A coordinate in degrees."""
    try:
        found = float(Decimal(unicodedata.normalize("NFKC", _plain(cell)).rstrip("°")))
    except InvalidOperation:
        found = 999.0
    if not -limit <= found <= limit:
        raise Wrong(
            N_("{value} is not a coordinate in degrees from -{limit} to {limit}"),
            N_("write it in decimal degrees, such as 12.3456"),
            value=shown(cell),
            limit=limit,
        )
    return found


def yes_no(cell: Cell) -> bool:
    """Yes or no."""
    said = fold(shown(cell))
    if said not in _YES | _NO:
        raise Wrong(N_("{value} is neither yes nor no"), N_("write 是 or 否, Y or N"), value=shown(cell))
    return said in _YES


def _plain(cell: Cell) -> str:
    """A number cell without the noise of binary fractions; a text cell as it stands."""
    if isinstance(cell, float):
        return f"{cell:.15g}" if abs(cell) < 10**15 else "?"
    return unguarded(shown(cell))


def day(cell: Cell) -> Day:
    """A date in any of the usual spellings: 2027-02-28, 2027/2, 2027年2月28日, 20270228, 28 Feb 2027, a date cell.

    Without a day it is the month's last (T01, T02), also where only the cell's format leaves the day out (X2). Words
    for "no date" and "unreadable" are understood (T09).
    """
    cell = _dated(cell)
    if isinstance(cell, Year):
        raise Wrong(
            N_("the sheet shows only the year {value} of this date"),
            N_("write the month too, as in 2027-02, or the day"),
            value=shown(cell),
        )
    if isinstance(cell, Month):
        return Day(month_end(cell.year, cell.month), "month")
    if isinstance(cell, datetime):
        return Day(cell.date())
    if isinstance(cell, date):
        return Day(cell)
    if isinstance(cell, (float, Pointed)):
        _refuse_lost_zero(cell)
    if isinstance(cell, (int, float)):
        cell = shown(cell)
    said = unicodedata.normalize("NFKC", without_marks(str(cell))).strip()
    if fold(said) in {fold(word) for word in _NO_DATE}:
        return Day(None)
    if fold(said) in {fold(word) for word in _UNKNOWN_DATE}:
        return Day(None, unknown=True)
    found = _written_day(re.sub(r"(?:T| +)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?$", "", said))
    if found is None or found.on is None or not 1950 <= found.on.year <= 2200:
        raise Wrong(
            N_("{value} is not a date that can be read without doubt"),
            N_("write it as 2027-02-28, or 2027-02 where only the month is known"),
            value=shown(cell),
        )
    return found


def _dated(cell: Cell) -> Cell:
    """A number that a spreadsheet counts a date by, as that date; any other cell as it is."""
    if isinstance(cell, bool) or not isinstance(cell, (int, float)):
        return cell
    since_1904 = isinstance(cell, Number) and cell.since_1904
    days = cell + _SINCE_1904.days if since_1904 else cell
    if not _EXCEL_FIRST <= days <= _EXCEL_LAST:
        return cell
    on = _EXCEL_ZERO + timedelta(days=int(days))
    kind = {"month": Month, "year": Year}.get(cell.whole, date) if isinstance(cell, Number) else date
    return kind(on.year, on.month, on.day)


def _refuse_lost_zero(cell: Cell) -> None:
    """Refuse a number such as 2027.1, unless its format shows two decimals: it was typed as 2027.1 or 2027.10 (X1)."""
    if isinstance(cell, Number) and cell.places:
        return
    found = _POINTED.fullmatch(_plain(cell))
    if found and found[2] == "1":
        raise Wrong(
            N_("the spreadsheet keeps this as the number {value}: it may be January or October of {year}"),
            N_("write {first} or {second}, in a column that is formatted as text"),
            value=shown(cell),
            year=found[1],
            first=f"{found[1]}-01",
            second=f"{found[1]}-10",
        )


def _written_day(said: str) -> Day | None:
    if said.isascii() and said.isdigit() and _EXCEL_FIRST <= int(said) <= _EXCEL_LAST:
        return Day(_EXCEL_ZERO + timedelta(days=int(said)))
    if found := _YEAR_FIRST.fullmatch(said) or _COMPACT.fullmatch(said):
        return _day_of(int(found[1]), int(found[2]), int(found[3]) if found[3] else None)
    if found := _REPUBLIC.fullmatch(said):  # its first year was 1912
        return _day_of(int(found[1]) + 1911, int(found[2]), int(found[3]) if found[3] else None)
    if found := _DAY_FIRST.fullmatch(said):
        first, second = int(found[1]), int(found[2])
        if first > 12 or first == second:  # else nobody can say which is the month
            return _day_of(int(found[3]), second, first)
        return _day_of(int(found[3]), first, second) if second > 12 else None
    if found := _MONTH_FIRST.fullmatch(said):
        return _day_of(int(found[2]), int(found[1]), None)
    if (found := _ENGLISH.fullmatch(said)) and (month := _month_called(found[2])):
        within = found[1] or found[3]
        return _day_of(int(found[4]), month, int(within) if within else None)
    if (found := _YEAR_THEN_WORD.fullmatch(said)) and (month := _month_called(found[2])):
        return _day_of(int(found[1]), month, int(found[3]) if found[3] else None)
    return None


def _month_called(word: str) -> int | None:
    """The month with this English name or the beginning of it, such as OCT, Sept or AUGUST (X11)."""
    return next((n for n, name in enumerate(_MONTHS, 1) if name.startswith(word.lower())), None)


def _day_of(year: int, month: int, within: int | None) -> Day | None:
    try:
        return Day(date(year, month, within)) if within is not None else Day(month_end(year, month), "month")
    except ValueError:
        return None


def own_code(cell: Cell, longest: int) -> str | None:
    """A number that names one batch or piece; none where the cell says in a word that there is none."""
    said = code(cell, longest)
    return None if fold(said) in _NO_CODE else said
