"""The code on each lot of a list: the labels room above enters them, so that no program asks for it row by row."""

from typing import TypeVar

import msgspec
from sqlalchemy.orm import Session

from core.events import publish
from core.paging import Page
from inventory.stock.events import CodesAsked

LabelledRow = TypeVar("LabelledRow", bound=msgspec.Struct)  # with a ``label``


def with_labels(session: Session, rows: Page[LabelledRow], lot: str = "lot") -> Page[LabelledRow]:
    """A page of rows with the code on the lot that each names in its field ``lot``, if any. One query."""
    lots = [getattr(row, lot) for row in rows.items]
    asked = CodesAsked({lot_id for lot_id in lots if lot_id is not None})
    if asked.lot_ids:
        publish(session, asked)
    labelled = zip(rows.items, lots, strict=True)
    items = [msgspec.structs.replace(row, label=asked.codes.get(lot_id)) for row, lot_id in labelled]
    return msgspec.structs.replace(rows, items=items)
