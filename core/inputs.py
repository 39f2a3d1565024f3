"""Texts that people and programs send: nothing that a database or a page would choke on."""

import re
import unicodedata
from datetime import date

from core.errors import bad_field
from core.languages import N_

_JOINERS = frozenset("\u200c\u200d")  # some scripts and pictures are written with them


def without_marks(text: str, keep: frozenset[str] = frozenset()) -> str:
    """The text without characters that nobody sees: zero-width blanks, byte order marks, directions (X7)."""
    if text.isascii():
        return text
    return "".join(char for char in text if unicodedata.category(char) != "Cf" or char in keep)


def clean_text(text: str, field: str, longest: int, *, required: bool = False) -> str:
    """The text without outer blanks and unseen marks, refused if too long or with control characters."""
    text = without_marks(text, _JOINERS).strip()
    if required and not text:
        raise bad_field(field, N_("this must be filled in"))
    if len(text) > longest:
        raise bad_field(field, N_("this is too long: at most {longest} characters"), longest=longest)
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\r\t" for char in text):
        raise bad_field(field, N_("this holds characters that cannot be shown or kept"))
    return text


def read_day(text: str, field: str) -> tuple[date, bool]:
    """A day as labels have it (``2027-02-15``), or the first of a month and that only the month is known (T26)."""
    found = re.fullmatch(r"(\d{4})[-./年](\d{1,2})(?:[-./月](\d{1,2})日?|月)?", text.strip(), re.ASCII)
    if found is None:
        raise bad_field(field, N_("write the date as 2027-02 or 2027-02-15"))
    year, month, day = int(found[1]), int(found[2]), found[3]
    try:
        return date(year, month, int(day or 1)), day is None
    except ValueError:
        raise bad_field(field, N_("there is no such date")) from None


def read_date(text: str, field: str) -> date | None:
    """A date as forms and addresses have it (ISO 8601); none for an empty text."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise bad_field(field, N_("write a date as 2026-11-30")) from None


def like(text: str) -> str:
    """A LIKE pattern that finds the text anywhere, its own wildcards taken literally (escape character ``\\\\``)."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
