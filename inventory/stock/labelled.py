"""The code on each lot of a list: the labels room above enters them, so that no program asks for it row by row."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import msgspec
from sqlalchemy.orm import Session

from core.events import publish
from core.paging import Page
from inventory.stock.events import CodesAsked

Asked = ParamSpec("Asked")
LabelledRow = TypeVar("LabelledRow", bound=msgspec.Struct)  # with a ``label``


def labelled(
    rows: Callable[Concatenate[Session, Asked], Page[LabelledRow]], lot: str = "lot"
) -> Callable[Concatenate[Session, Asked], Page[LabelledRow]]:
    """A list that has the code on the lot that each row names in its field ``lot``, if any. One query a page more."""

    def read(session: Session, /, *asked: Asked.args, **named: Asked.kwargs) -> Page[LabelledRow]:
        found = rows(session, *asked, **named)
        lots = [getattr(row, lot) for row in found.items]
        codes = CodesAsked({lot_id for lot_id in lots if lot_id is not None})
        if codes.lot_ids:
            publish(session, codes)
        pairs = zip(found.items, lots, strict=True)
        items = [msgspec.structs.replace(row, label=codes.codes.get(lot_id)) for row, lot_id in pairs]
        return msgspec.structs.replace(found, items=items)

    return read
