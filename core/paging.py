"""Lists by cursor: a page costs by what it shows, and nothing is skipped or shown twice while rows arrive."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter
from sqlalchemy import literal, tuple_

from core.errors import bad_field, not_found
from core.languages import N_

PAGE_DEFAULT = 50
PAGE_LARGEST = 200
# What a route takes of whoever asks for a page
Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_LARGEST, description="rows on a page")]
Cursor = Annotated[str | None, QueryParameter(description="the `next` of the page before")]
Row = TypeVar("Row")


class Page(msgspec.Struct, Generic[Row]):
    """One page of a list; ``next`` is the cursor of the following one, absent on the last."""

    items: list[Row]
    next: str | None = None


def write_cursor(*key: Any) -> str:
    """A cursor that stands after the row with this key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def read_cursor(cursor: str | None, shape: Any) -> Any:
    """The key in a cursor, as ``shape`` (a tuple type), or None for the first page.

    Raises a refusal naming the field ``cursor`` for anything that this list did not hand out.
    """
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=shape)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise bad_field("cursor", N_("this cursor is not one of this list's; start again without it")) from None


def page_of(rows: list[Any], limit: int, key: Any, shown: Any) -> "Page[Any]":
    """Cut ``limit + 1`` fetched rows into a page: ``key(row)`` is the cursor's tuple, ``shown(row)`` the answer's."""
    more = len(rows) > limit
    rows = rows[:limit]
    return Page([shown(row) for row in rows], write_cursor(*key(rows[-1])) if more else None)


def nth_page(rows: Sequence[Row], number: int, most: int) -> tuple[Sequence[Row], int]:
    """The rows of a page that is asked for by its number (from 1), and how many pages there are."""
    return rows[(number - 1) * most : number * most], max(1, -(-len(rows) // most))


def the_one(rows: Iterable[Row], key: str, value: object) -> Row:
    """The row of a short list that has this value; 404 if none has. What is long is looked up in the database."""
    for row in rows:
        if (row[key] if isinstance(row, dict) else getattr(row, key)) == value:
            return row
    raise not_found()


def typed_bound(after: tuple[Any, ...], columns: tuple[Any, ...]) -> Any:
    """A cursor's key as a row value of the columns' own types, to compare with."""
    return tuple_(*(literal(value, column.expression.type) for value, column in zip(after, columns, strict=True)))
