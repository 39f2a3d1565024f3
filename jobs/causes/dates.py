"""Lots past or near their last usable day, those whose date is missing, and lot numbers with two dates."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from core.quantities import write_quantity
from inventory.catalogue.models import Item
from inventory.stock.models import Expiry, Lot, Stock
from jobs.causes.cause import Cause
from jobs.causes.kinds import AlertKind
from jobs.causes.rules import is_urgent, step_reached, warning_steps


def date_causes(session: Session, depot_ids: Collection[UUID], today: date, _now: datetime) -> list[Cause]:
    """Lots past or near their last usable day, by each item's own warning days; and those whose date should be there
    and is not (T09)."""
    words = session.execute(select(Item.warn_days).distinct()).scalars()
    near = [
        and_(Item.warn_days == word, Lot.usable_through <= today + timedelta(days=max(warning_steps(word), default=-1)))
        for word in words
    ]
    rows = session.execute(
        select(
            Stock.depot_id,
            Lot.id.label("lot_id"),
            Lot.usable_through,
            Item.id.label("item_id"),
            Item.code,
            Item.category_code,
            Item.controlled,
            Item.warn_days,
            Lot.expiry,
            func.sum(Stock.quantity).label("quantity"),
        )
        .select_from(Lot)
        .join(Stock, Stock.lot_id == Lot.id)
        .join(Item, Item.id == Lot.item_id)
        .where(
            Stock.depot_id.in_(depot_ids),
            ~Stock.outside,
            Stock.quantity > 0,
            or_(Lot.expiry == Expiry.UNKNOWN, *near),
        )
        .group_by(Stock.depot_id, Lot.id, Item.id)
    )
    return [cause for row in rows for cause in _causes_of(row, today)]


def _causes_of(row: Any, today: date) -> Iterator[Cause]:
    urgent = is_urgent(row.code, row.category_code, controlled=row.controlled)
    details = {"quantity": write_quantity(row.quantity)}
    if row.expiry == Expiry.UNKNOWN:
        name = f"undated:{row.lot_id}:{row.depot_id}"
        yield Cause(
            name,
            AlertKind.DATE_MISSING,
            row.depot_id,
            urgent=urgent,
            item_id=row.item_id,
            lot_id=row.lot_id,
            details=details,
        )
    step = step_reached(row.usable_through, today, row.warn_days) if row.usable_through is not None else None
    if step is not None:
        kind = AlertKind.EXPIRED if step == 0 else AlertKind.EXPIRING
        name = f"date:{row.lot_id}:{row.depot_id}"
        yield Cause(name, kind, row.depot_id, step, urgent, row.item_id, row.lot_id, row.usable_through, details)


def two_dates_causes(session: Session, depot_ids: Collection[UUID], _today: date, _now: datetime) -> list[Cause]:
    """Lots of one maker with one number and two dates: one is a slip. They stay apart until one is gone (T18)."""
    maker = func.coalesce(Lot.maker, "")
    held = [Stock.depot_id.in_(depot_ids), ~Stock.outside, Stock.quantity > 0, Lot.number.is_not(None)]
    batches = (
        select(Stock.depot_id, Lot.item_id, maker.label("maker"), Lot.number)
        .join(Lot, Lot.id == Stock.lot_id)
        .where(*held, Lot.expires_on.is_not(None))
        .group_by(Stock.depot_id, Lot.item_id, maker, Lot.number)
        .having(func.count(Lot.expires_on.distinct()) > 1)
        .subquery()
    )
    rows = session.execute(
        select(Stock.depot_id, Lot.id, Lot.number, Lot.expires_on, maker.label("maker"), Item)
        .join(Lot, Lot.id == Stock.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(
            batches,
            and_(
                batches.c.depot_id == Stock.depot_id,
                batches.c.item_id == Lot.item_id,
                batches.c.maker == maker,
                batches.c.number == Lot.number,
            ),
        )
        .where(*held, Lot.expires_on.is_not(None))
        .order_by(Lot.expires_on, Lot.id)
    )
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        found.setdefault((row.depot_id, row.Item.id, row.maker, row.number), []).append(row)
    return [_two_dates(batch) for batch in found.values()]


def _two_dates(batch: list[Any]) -> Cause:
    row, item = batch[0], batch[0].Item
    dates = sorted({other.expires_on.isoformat() for other in batch})
    said = f"{row.number}: {', '.join(dates)}"
    return Cause(
        f"two-dates:{min(other.id for other in batch)}:{row.depot_id}",
        AlertKind.TWO_DATES,
        row.depot_id,
        urgent=is_urgent(item.code, item.category_code, controlled=item.controlled),
        item_id=item.id,
        lot_id=batch[-1].id,
        details={"description_zh": said, "description_en": said},
    )
