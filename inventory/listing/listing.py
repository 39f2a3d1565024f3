"""A list that can be had as a file: one declaration of its columns and of how its rows are read.

The rows come from the verbs that the pages use, with their filters and their reach: nobody gets more than they may see.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core.errors import bad_field, not_found
from core.inputs import read_date
from core.languages import N_, say
from core.paging import Page
from core.quantities import write_quantity
from people.policy import Caller

AT_ONCE = 1000  # rows read at a time


@dataclass(frozen=True)
class Asked:
    """Who wants a list, in which language, and what of it."""

    caller: Caller
    language: str
    today: date
    zone: ZoneInfo
    filters: dict[str, str] = field(default_factory=dict)
    shift_at: time = time()  # when one shift follows the other (T30)
    now: datetime | None = None

    @property
    def at(self) -> datetime:
        """The instant of asking; of who knows only the day: its beginning."""
        return self.now or datetime.combine(self.today, time(), self.zone)

    def text(self, name: str) -> str | None:
        """A filter, or None where it is not set."""
        return self.filters.get(name, "").strip() or None

    def needed(self, name: str) -> str:
        """A filter that the list cannot do without."""
        value = self.text(name)
        if value is None:
            raise bad_field(name, N_("this must be filled in"))
        return value

    def id(self, name: str) -> UUID | None:
        """A filter that is an id."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return UUID(value)
        except ValueError:
            raise bad_field(name, N_("this is not an id")) from None

    def day(self, name: str) -> date | None:
        """A filter that is a date."""
        return read_date(self.text(name) or "", name)


@dataclass(frozen=True)
class Column:
    """A column: its heading (a text id), what kind of value it has, and how to get it from a row.

    ``kind``: text, code (kept letter by letter), number, date, moment (an instant, shown in the depots' time zone),
    word (a text id, shown in the reader's language). ``width`` is in letters.
    """

    heading: str
    value: Callable[[Any, str], Any]
    kind: str = "text"
    width: int = 14


@dataclass(frozen=True)
class Listing:
    """A list: its name in addresses, its title, its columns and its rows."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Callable[[Session, Asked], Iterator[Any]]
    about: Callable[[Session, Asked], tuple[str, str]] | None = None  # of what, in Chinese and English
    signatures: Sequence[str] = ()  # who signs the printed page, as text ids


def list_called(lists: Mapping[str, Listing], name: str) -> Listing:
    """The list with this name among those that can be had as files; 404 if there is none."""
    if name not in lists:
        raise not_found(N_("there is no list called {name}"), name=name[:40])
    return lists[name]


def of(name: str, heading: str, kind: str = "text", width: int = 14) -> Column:
    """A column that is a row's attribute."""
    return Column(heading, lambda row, _language: getattr(row, name), kind, width)


def either(name: str, heading: str, width: int = 24) -> Column:
    """A column that is a pair of attributes, such as name_zh and name_en."""
    return Column(heading, lambda row, language: getattr(row, f"{name}_{language}"), "text", width)


def words(name: str, heading: str, said: Mapping[Any, str], width: int = 12) -> Column:
    """A column that is one of a set of words."""
    return Column(heading, lambda row, _language: said[getattr(row, name)], "word", width)


def all_pages(page: Callable[[str | None], Page[Any]]) -> Iterator[Any]:
    """Every row of a list that is read page by page."""
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield from found.items
        cursor = found.next
        if cursor is None:
            return


def value_of(column: Column, row: Any, asked: Asked) -> Any:
    """A cell: a number as Decimal, int or float, a date, a local date and time without zone, or words."""
    value = column.value(row, asked.language)
    if value is None:
        return None
    if column.kind == "word":
        return say(asked.language, value)
    if column.kind == "moment":
        return value.astimezone(asked.zone).replace(tzinfo=None)
    if column.kind == "number":
        return value if isinstance(value, (int, float, Decimal)) else Decimal(value)
    return value if isinstance(value, date) else str(value)


def as_words(value: Any) -> str:
    """A cell as it is read."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, Decimal):
        return write_quantity(value)
    return value.isoformat() if isinstance(value, date) else str(value)
