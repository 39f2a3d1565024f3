"""A list as a file: the columns that are shown, of the rows that fit, in their order."""

from collections.abc import Callable
from typing import Any

from inventory.listing.listing import Column as Written
from inventory.listing.listing import Listing
from office.reading import all_rows
from office.tables import Column, Reader, Table, Wanted

_KINDS = {"badge": "word"}


def listing_of(table: Table, reader: Reader, wanted: Wanted) -> Listing:
    """What is shown of a list, as something that can be written to a file."""
    columns = [
        Written(one.title, _value(one), _KINDS.get(one.kind, one.kind), one.width)
        for one in table.columns
        if wanted.shows(one)
    ]
    return Listing(table.name, table.title, columns, lambda session, _asked: all_rows(session, table, reader, wanted))


def _value(column: Column) -> Callable[[Any, str], Any]:
    def value(row: Any, language: str) -> Any:
        cell = column.cell(row)
        if isinstance(cell, tuple):
            return cell[0 if language == "zh" else 1]
        return None if cell == "" else cell

    return value
