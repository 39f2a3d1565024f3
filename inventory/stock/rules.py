"""Pure rules of stock: dates on labels, packs. No database, no clock."""

import calendar
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

TOLD_WITHIN = timedelta(days=366)  # what is told later than that has a wrong clock behind it
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
EXTINGUISHERS = "EXT"  # the category whose bodies are crushed or cut, with proof (XF 95-2015 7.3 to 7.5)


def add_months(day: date, months: int) -> date:
    """The same day so many months on, or the month's last day where it has no such day (T08, T19)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if day.day <= 28:  # every month has it
        return date(year, month + 1, day.day)
    return date(year, month + 1, min(day.day, _length(year, month + 1)))


def _length(year: int, month: int) -> int:
    """How many days a month has. ``calendar.monthrange`` works out a weekday as well, and takes four times as long."""
    return 29 if month == 2 and calendar.isleap(year) else _DAYS[month - 1]


def keeps_until(made_on: date, months: int, *, anniversary_counts: bool = True) -> date:
    """The last day of a shelf life. Some goods may be used on the anniversary itself, others end the day before (T08).

    A month that has no such day ends the life with its last day either way.
    """
    end = add_months(made_on, months)
    return end if anniversary_counts or end.day != made_on.day else end - timedelta(days=1)


def plain_number(text: str) -> str:
    """A serial number or maker as it is meant: no unseen characters, full-width ones as plain ones (B13)."""
    if text.isascii():  # plain already: of what is seen or unseen none of these is changed
        return text.strip()
    shown = (char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) != "Cf")
    return "".join(shown).strip()


def month_end(year: int, month: int) -> date:
    """The last day of a month: what 有效期至 2027-02 means (T01, T02). Raises ValueError: there is no such month."""
    return date(year, month, 1).replace(day=_length(year, month))


def usable_through(
    expires_on: date | None,
    opened_on: date | None = None,
    opened_life_days: int | None = None,
    made_on: date | None = None,
    retire_age_months: int | None = None,
    made_precision: str = "day",
) -> date | None:
    """The last day on which a lot may be used, or None if nothing limits it.

    Label, life after opening (T10: opening can only shorten) and scrap age from manufacture (XF 95-2015 7.1):
    the earliest decides. A stamp that names a month only (``made_precision``) counts through that month (T26).
    """
    ends = [expires_on] if expires_on else []
    if opened_on and opened_life_days is not None:
        ends.append(opened_on + timedelta(days=opened_life_days))
    if made_on and retire_age_months:
        end = add_months(made_on, retire_age_months)
        ends.append(month_end(end.year, end.month) if made_precision == "month" else end)
    return min(ends, default=None)


def cannot_be_right(happened_at: datetime, told_at: datetime, came_at: datetime | None) -> bool:
    """Whether a fact's time is absurd: days before the thing had come, or reported more than a year later (B22).

    A receipt may be told some hours after the first take; not a day.
    """
    return happened_at < told_at - TOLD_WITHIN or (came_at is not None and happened_at < came_at - timedelta(days=1))


def is_past(usable_through: date | None, today: date) -> bool:
    """Whether the last usable day is over (T29: both are dates in the depot's time zone)."""
    return usable_through is not None and usable_through < today


def split(wanted: Decimal, available: Sequence[Decimal]) -> list[Decimal] | None:
    """How much to take from each of several balances, in their order; None if together they are not enough."""
    taken = []
    for balance in available:
        part = min(wanted, balance)
        taken.append(part)
        wanted -= part
    return taken if wanted == 0 else None


@dataclass(frozen=True)
class Packs:
    """A quantity in packs and loose pieces (T58: 93 = 4 boxes 13 pieces)."""

    packs: int
    loose: Decimal


def in_packs(quantity: Decimal, pack_size: Decimal) -> Packs:
    """Split base units into whole packs and the rest."""
    packs = int(quantity // pack_size)
    return Packs(packs, quantity - packs * pack_size)


def fits_decimals(quantity: Decimal, decimals: int) -> bool:
    """Whether a quantity has no more places than its unit makes sense of (T59: extinguishers are whole)."""
    return quantity == quantity.quantize(Decimal(1).scaleb(-decimals))
