"""Whether one label stands for a piece, a place or a depot."""

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from inventory.catalogue.models import Item, Tracking
from inventory.stock.models import Lot
from inventory.stock.verify import Check, Mended, Wrong, rows_of
from labels.codes.models import Label

_newer: Any = aliased(Label)


def _older() -> Any:
    """Labels that stand for a thing beside a newer one; the bags of a batch may each carry one."""
    same = or_(
        (Label.lot_id == _newer.lot_id) & (Item.tracking == Tracking.SERIAL),
        Label.place_id == _newer.place_id,
        Label.depot_id == _newer.depot_id,
    )
    newer = or_(
        _newer.created_at > Label.created_at, (_newer.created_at == Label.created_at) & (_newer.code > Label.code)
    )
    return (
        select(Label.code, _newer.code.label("by"))
        .outerjoin(Lot, Lot.id == Label.lot_id)
        .outerjoin(Item, Item.id == Lot.item_id)
        .join(_newer, same)
        .where(newer, Label.replaced_by.is_(None), _newer.replaced_by.is_(None))
        .order_by(_newer.created_at, _newer.code)
    )


def _find(session: Session) -> Wrong:
    return rows_of(session, _older(), lambda row: f"{row[0]} beside {row[1]}")


def _mend(session: Session) -> list[Mended]:
    newest = {row.code: row.by for row in session.execute(_older())}  # the newest of all comes last
    for code, by in newest.items():
        session.get_one(Label, code).replaced_by = by
    session.flush()
    return [Mended(code, "stands for the thing", f"replaced by {by}") for code, by in newest.items()]


ONE_LABEL = Check(
    "two labels stand for one thing",
    _find,
    "the newest stands, the others go on resolving: readyshelf verify --repair",
    _mend,
)
